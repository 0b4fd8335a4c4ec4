"""Install wheels of the store into an environment that is being created, in several processes.

Until it has its pyvenv.cfg, an environment is an unfinished creation, which the next one begins again: all that is in
it may be put there at once, and no journal says how to undo it. Each process takes the wheel that is next, compares its
files with its manifest, or with the plan that was kept of it, and puts them in their places. In: wheels of which it is
known that nothing speaks against them, and that no two have a file at one path. Out: their files, .dist-info included.
Never: a choice; a file over another; a copy of this process without the lock of the environment, which it has with it,
as this process has it before.
"""

from __future__ import annotations

from itertools import chain

from lockenv.errors import MachineError
from lockenv.fetch import forked_call
from lockenv.fetch.forked_call import ForkedCall, NumberQueue
from lockenv.files.ops import Folder
from lockenv.sync import kept_plan
from lockenv.sync.link_plan import LinkPlan
from lockenv.sync.walk import LABEL, CreationWalk
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.late import late
from lockenv.vocabulary.progress import SILENT

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from lockenv.environment.venv import Environment
    from lockenv.fetch.forked_call import Beginning
    from lockenv.sync import kept_metadata, layout, stored_wheel, wheel, wheel_files
    from lockenv.sync.layout import Layout
    from lockenv.sync.stored_wheel import StoredWheel
    from lockenv.sync.wheel_store import WheelStore
    from lockenv.vocabulary.progress import Progress
    from lockenv.vocabulary.selected import Selected
else:
    # Where a plan was kept of every wheel, none of these is needed.
    kept_metadata = late("lockenv.sync.kept_metadata")
    layout = late("lockenv.sync.layout")
    stored_wheel = late("lockenv.sync.stored_wheel")
    wheel = late("lockenv.sync.wheel")
    wheel_files = late("lockenv.sync.wheel_files")

_WORTH_SHARING = 1 << 20
"""Bytes of archives below which a copy costs more than it saves."""
_SEPARATOR = "\0"
"""Between values: no path has it."""


class _Place(NamedTuple):
    """Where the wheels go."""

    root: str
    python: str
    """The interpreter that scripts name."""
    schemes: dict[str, str]
    """The directory of each, relative to the root."""


class FreshInstallation:
    """The installation of some wheels; the copies end with it at the latest."""

    def __init__(
        self, wheels: Sequence[Selected], store: WheelStore, kept: Sequence[str], *, is_read_back: bool
    ) -> None:
        """Make the copies, which compare wheels until they may begin. The caller holds the store and the environment.

        `kept` are the keys of what is kept of each wheel; without any of them what can be kept is kept.
        With `is_read_back` the entries of the wheels were looked at since the system was started.

        Raises MachineError for more wheels than can be shared out.
        """
        if len(wheels) > NumberQueue.MOST:
            raise MachineError(f"{len(wheels)} wheels are too many to be installed at once")
        self._wheels = wheels
        self._store = store
        self._kept = dict(zip([one.name for one in wheels], kept, strict=False))
        self._is_read_back = is_read_back
        self.has_kept_more = not kept and store.is_writable
        """Whether more is kept than was said, as far as this process knows."""
        self._early: list[tuple[Selected, LinkPlan | StoredWheel]] = []
        # The largest first, so that no process waits long for the one that has the last.
        self._queue = NumberQueue(sorted(range(len(wheels)), key=lambda number: -(wheels[number].file.size or 0)))
        length = sum(one.file.size or 0 for one in wheels)
        is_long = len(wheels) > 1 and length >= _WORTH_SHARING
        processes = forked_call.processes() if is_long else 1
        # No more than that, however long it takes until the copies may begin: what one has compared it also installs.
        self._most_early = 2 * length // (2 * processes + 1)
        self._place = _Place("", "", {})
        self._copies: list[ForkedCall] = []
        for _ in range(processes - 1):
            try:
                self._copies.append(ForkedCall(self._install, self._prepare))
            except OSError:
                break

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for copy in self._copies:
            copy.close()
        self._queue.close()

    def begin(self, environment: Environment) -> None:
        """Let the copies install into `environment`, which is known as an unfinished creation, on the disk."""
        self._place = _Place(environment.root, environment.python, environment.schemes())
        for copy in self._copies:
            copy.begin(_written(self._place))

    def finish(self, progress: Progress) -> None:
        """Do a part of it here, and come back when all is done; `progress` advances by wheels.

        Raises LockenvError or OSError where a wheel is not whole or cannot be put in its place.
        """
        count = self._put(self._place, progress)
        for copy in self._copies:
            copy.result()
        progress.advance(len(self._wheels) - count)

    def kept(self) -> tuple[str, ...]:
        """Return the keys of what is kept of each wheel now that all of them are installed; empty for none."""
        if not self._store.is_writable:
            return ("",) * len(self._wheels)  # what others keep there was not compared
        schemes, python = self._place.schemes, self._place.python
        return tuple(
            ""
            if one.file.sha256 is None
            else kept_metadata.seen(self._store.path(one.file.sha256), one, schemes, python)
            for one in self._wheels
        )

    def _prepare(self, beginning: Beginning) -> None:
        """Compare wheels: in a copy, which may not change anything yet."""
        length = 0
        for one in self._taken():
            self._early.append((one, self._found(one)))
            length += one.file.size or 0
            if length >= self._most_early or beginning.is_here():
                return

    def _install(self, said: str) -> None:
        """Do a part of it: in a copy, at the place that `said` says."""
        self._put(_read(said), SILENT)

    def _put(self, place: _Place, progress: Progress) -> int:
        """Install what was compared before, and then what is next until nothing is left; return how many."""
        count = 0
        with CreationWalk(place.root, LABEL, place.schemes["purelib"]) as walk:
            for one, found in self._compared():
                if forked_call.is_orphaned():
                    break
                if not (isinstance(found, LinkPlan) and self._link(walk, one, found, place)):
                    entry = self._whole(one) if isinstance(found, LinkPlan) else found
                    self._put_one(walk, layout.lay_out(one, entry, place.schemes), place)
                count += 1
                progress.advance(1, one.name)
        return count

    def _link(self, walk: CreationWalk, one: Selected, plan: LinkPlan, place: _Place) -> bool:
        """Link all files of a wheel to their places; False where its `plan` is for another place."""
        own = kept_plan.key(one, place.schemes, place.python if plan.names_python else "")
        if own != self._kept[one.name] or one.file.sha256 is None:
            return False
        with Folder.open(self._store.path(one.file.sha256), "store") as source:
            walk.link(source, plan)
        return True

    def _put_one(self, walk: CreationWalk, one: Layout, place: _Place) -> None:
        """Put all files of a wheel in their places, and keep what is written for it."""
        with Folder.open(one.stored.path, "store") as source:
            rows = wheel_files.put_files(walk, one, source, place.python)
            contents = wheel_files.put_metadata(walk, one.claim, one, source, rows)
            if kept_metadata.can_be_kept(one) and self._store.is_writable:
                python = place.python if kept_metadata.names_python(one) else ""
                own = kept_plan.key(one.selected, place.schemes, python)
                kept_metadata.keep(own, one, source, walk, contents, place.python)
                self.has_kept_more = True

    def _compared(self) -> Iterator[tuple[Selected, LinkPlan | StoredWheel]]:
        yield from self._early
        yield from ((one, self._found(one)) for one in self._taken())

    def _taken(self) -> Iterator[Selected]:
        """Return wheels, each of which one process alone gets."""
        return (self._wheels[number] for number in self._queue.taken())

    def _found(self, one: Selected) -> LinkPlan | StoredWheel:
        """Return the plan of a wheel, else its entry; every file of it was compared. Raises MachineError."""
        own = self._kept.get(one.name, "")
        plan = kept_plan.plan(own, self._store.path(one.file.sha256)) if own and one.file.sha256 else None
        return self._whole(one) if plan is None else plan

    def _whole(self, one: Selected) -> StoredWheel:
        """Return the entry of a wheel, which is as the store and the lock say. Raises MachineError for another."""
        entry = (
            self._store.find(one.file.sha256, is_read_back=self._is_read_back) if one.file.sha256 is not None else None
        )
        if (
            isinstance(entry, stored_wheel.StoredWheel)
            and not entry.faults
            and _is_release(entry, one)
            and one.file.size in (None, entry.size)
        ):
            return entry
        raise MachineError(f"the wheel {one.file.filename} in the store is not what was installed before")


def _written(place: _Place) -> str:
    return _SEPARATOR.join((place.root, place.python, *chain(*place.schemes.items())))


def _read(text: str) -> _Place:
    root, python, *schemes = text.split(_SEPARATOR)
    return _Place(root, python, dict(zip(schemes[::2], schemes[1::2], strict=True)))


def _is_release(entry: StoredWheel, one: Selected) -> bool:
    same = (entry.name, entry.version) == (one.name, one.version)
    return same or wheel.is_release(entry.name, entry.version, one.name, one.version)
