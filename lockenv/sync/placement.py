"""Put the files of wheels in their places: links to the store, scripts, and the .dist-info beside them.

In: layouts, and an environment whose journal has them. Out: every file outside of the .dist-info directories in its
place, and these directories, complete, as `.lockenv/new/<n>`. Where there are many files, copies of this process do
their share, or threads where it cannot be copied. Never: a choice, a check of a wheel.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lockenv.environment.venv import NEW, RECORDS
from lockenv.fetch import forked_call
from lockenv.fetch.forked_call import ForkedCall
from lockenv.fetch.worker_calls import processors
from lockenv.files.ops import Folder
from lockenv.sync import wheel_files
from lockenv.sync.walk import LABEL, DirectoryWalk
from lockenv.vocabulary.late import late
from lockenv.vocabulary.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

    from lockenv.environment.venv import Environment
    from lockenv.fetch import parallel
    from lockenv.fetch.parallel import Task
    from lockenv.sync.layout import Layout
    from lockenv.vocabulary.progress import Progress

    Share = list[tuple[int, Layout]]
    """Layouts, each with its place in the order of all."""
else:
    parallel = late("lockenv.fetch.parallel")

_WORTH_SHARING = 400
"""Files below which sharing the work costs more than it saves."""
_PORTIONS = 8
_DIRECTORY = 2
"""How many links take the time of a directory that is made."""
_WHEEL = 20
"""How many take the time of what is written for each wheel."""


class Placement:
    """The files of some wheels that are about to be put in their places; close it when they are, or are not to be.

    The copies of this process are made with it: before any thread runs, and before anything is changed.
    """

    def __init__(self, environment: Environment, layouts: Sequence[Layout]) -> None:
        self._environment = environment
        count = sum(len(files) for one in layouts for _, _, files in one.places)
        self._is_long = count >= _WORTH_SHARING
        shares = _shares(layouts, forked_call.processes() if self._is_long else 1)
        self._own = shares.pop()
        self._others: list[tuple[ForkedCall, int]] = []
        for share in shares:
            try:
                self._others.append((ForkedCall(partial(_put_in_copy, environment, share)), len(share)))
            except OSError:
                self._own += share

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for call, _ in self._others:
            call.close()

    def put(self, progress: Progress) -> None:
        """Put all files in their places; `progress` advances by wheels. When it raises, no one is at work any more."""
        if not self._others:
            self._put_here(progress)
            return
        try:
            for call, _ in self._others:
                call.begin()
            _put(self._environment, self._own, progress)
            for call, count in self._others:
                call.result()
                progress.advance(count)
        finally:
            # Whoever undoes the change must be alone.
            for call, _ in self._others:
                call.close()

    def _put_here(self, progress: Progress) -> None:
        """Do all of it in this process, in threads when there are many files."""
        cores = processors()
        if cores == 1 or not self._is_long:
            _put(self._environment, self._own, progress)
            return
        pool = parallel.Pool(cores)
        # Small portions, so that no core waits for the one that got the largest wheels.
        portions = [self._own[first::_PORTIONS] for first in range(_PORTIONS)]
        tasks: list[Task[None]] = []
        try:
            for portion in portions:
                tasks.append(pool.submit(partial(_put, self._environment, portion)))  # noqa: PERF401 - one may fail
            for task, portion in zip(tasks, portions, strict=True):
                task.result()
                progress.advance(len(portion))
        finally:
            # Those who have begun, too, where no thread can be started for another.
            for task in tasks:
                task.settle()


def _shares(layouts: Sequence[Layout], count: int) -> list[Share]:
    """Return `layouts`, numbered, in `count` shares of about as much work each."""
    shares: list[Share] = [[] for _ in range(count)]
    works = [0] * count
    numbered = [(_work(one), number, one) for number, one in enumerate(layouts)]
    # The largest first, each to whom has least to do.
    for work, number, one in sorted(numbered, key=lambda each: -each[0]) if count > 1 else numbered:
        least = works.index(min(works))
        works[least] += work
        shares[least].append((number, one))
    return shares


def _work(layout: Layout) -> int:
    """Return how long it takes to put a wheel in its place, in links of a file."""
    files = sum(len(files) for _, _, files in layout.places) + sum(len(files) for _, files in layout.metadata)
    return files + _DIRECTORY * (len(layout.places) + len(layout.metadata)) + _WHEEL


def _put_in_copy(environment: Environment, share: Share, _said: str) -> None:
    _put(environment, share)


def _put(environment: Environment, share: Share, progress: Progress = SILENT) -> None:
    root = environment.root
    with (
        DirectoryWalk(root, LABEL) as walk,
        DirectoryWalk(root, LABEL) as records,
        DirectoryWalk(records.make(f"{RECORDS}/{NEW}").path, LABEL) as new,
    ):
        for number, one in share:
            if forked_call.is_orphaned():
                return
            progress.advance(0, one.selected.name)
            with Folder.open(one.stored.path, "store") as source:
                lines = wheel_files.put_files(walk, one, source, environment.python)
                wheel_files.put_metadata(new, str(number), one, source, lines)
            progress.advance()
