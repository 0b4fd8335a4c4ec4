"""Install wheels that were just staged into an environment that is being created, with those who unpacked them.

As in `fresh_installation` there is nothing to undo: what fails leaves an unfinished creation, which is removed. In:
staged wheels of which nothing is installed yet, and a place. Out: their files, .dist-info included. Never: a file over
another, where two wheels have one at the same path; a choice.
"""

from __future__ import annotations

import json

from lockenv.errors import MachineError
from lockenv.fetch.worker_calls import is_forsaken
from lockenv.files.ops import Folder
from lockenv.sync import layout, wheel_files
from lockenv.sync.stored_wheel import StoredWheel
from lockenv.sync.walk import LABEL, CreationWalk
from lockenv.sync.wheel_store import WheelStore
from lockenv.vocabulary.selected import Selected

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.environment.venv import Environment
    from lockenv.fetch.worker_process import WorkerProcesses
    from lockenv.vocabulary.progress import Progress

    Staged = tuple[Selected, StoredWheel]

_WORTH_SHARING = 300
"""Files below which to ask another process costs more than it saves."""


def install(
    wheels: Sequence[Staged], store: WheelStore, workers: WorkerProcesses, environment: Environment, progress: Progress
) -> None:
    """Put all files of `wheels` in their places; `progress` advances by wheels.

    The caller holds the store and the environment, which is on the disk as an unfinished creation. Raises OSError or
    MachineError where a file cannot be put in its place, or another is there: then all of it has to go.
    """
    schemes = environment.schemes()
    own, *others = _shares(wheels, workers.free_copies)
    place = environment.root, environment.python, schemes
    questions = [json.dumps((store.cache_dir, place, [one.row() for one, _ in share])) for share in others]
    answers = [workers.promise(installed, question) for question in questions]
    with CreationWalk(environment.root, LABEL, schemes["purelib"]) as walk:
        for one, entry in own:
            _put(walk, one, entry, schemes, environment.python)
            progress.advance(1, one.name)
    for share, answer in zip(others, answers, strict=True):
        if answer() is None:
            raise MachineError("wheels could not be installed by another process", hint="run the command again")
        progress.advance(len(share))


def installed(question: str) -> bytes:
    """Put the files of the wheels in their places that `question` describes: what another process does."""
    cache_dir, (root, python, schemes), rows = json.loads(question)
    store = WheelStore(cache_dir)
    with CreationWalk(root, LABEL, schemes["purelib"]) as walk:
        for one in map(Selected.of_row, rows):
            entry = store.find(one.file.sha256, is_read_back=True) if one.file.sha256 else None
            if is_forsaken() or not isinstance(entry, StoredWheel):
                # The process that asked hears that it failed, and not why.
                raise InterruptedError
            _put(walk, one, entry, schemes, python)
    return b"installed"


def _put(walk: CreationWalk, one: Selected, entry: StoredWheel, schemes: dict[str, str], python: str) -> None:
    placed = layout.lay_out(one, entry, schemes)
    with Folder.open(entry.path, "store") as source:
        rows = wheel_files.put_files(walk, placed, source, python)
        wheel_files.put_metadata(walk, placed.claim, placed, source, rows)


def _shares(wheels: Sequence[Staged], copies: int) -> list[list[Staged]]:
    """Return `wheels` in as many parts of about as many files as there are processes; the first is for this one."""
    shares: list[list[Staged]] = [[] for _ in range(copies + 1)]
    lengths = [0] * len(shares)
    counted = [(sum(len(each.files) for each in entry.directories), (one, entry)) for one, entry in wheels]
    if sum(count for count, _ in counted) < _WORTH_SHARING:
        return [[*wheels]]
    for count, wheel in sorted(counted, key=lambda each: -each[0]):
        least = lengths.index(min(lengths)) if Selected.of_row(wheel[0].row()) == wheel[0] else 0
        shares[least].append(wheel)
        lengths[least] += count
    return [shares[0], *filter(None, shares[1:])]
