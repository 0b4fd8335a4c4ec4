"""Remember what an environment was last made from, so that nothing to do is found out in a few milliseconds.

In: digests of what decides a sync, and an environment. Out: whether it is as the last sync left it, and where it left
it, as far as a quick look finds (`verify` is what looks at every byte). A memory that cannot be read is no memory.
"""

from __future__ import annotations

import os
import time

from lockenv.environment.venv import UNFINISHED
from lockenv.errors import MachineError
from lockenv.files.reading import read_own
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.hashing import digest, sha256
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.environment.venv import Environment
    from lockenv.files import atomic, locks, ops
    from lockenv.sync import quick_look
    from lockenv.vocabulary import light_contextlib
else:
    light_contextlib = late("lockenv.vocabulary.light_contextlib")
    atomic = late("lockenv.files.atomic")
    locks = late("lockenv.files.locks")
    ops = late("lockenv.files.ops")
    quick_look = late("lockenv.sync.quick_look")

LeftOut = str
"""`project`: the project itself; `workspace`: it and the members; `local`: all that comes from this machine."""
FILE = "state"
_UNFINISHED = "state.new"
ASIDE = "aside"
"""The directory beside it that holds an environment which is being rebuilt."""
REMOVED = "removed"
"""The same, once the new environment is whole."""


@dataclass(frozen=True, slots=True)
class SyncDecision:
    """What decides what a sync does; each part is a digest."""

    lock: str
    """Of the lock's bytes."""
    declared: str
    """Of the bytes that declare the requirements."""
    choice: str
    """Of the options, of the version of lockenv, and of the lock of build tools where there is one."""


@dataclass(frozen=True, slots=True)
class SyncChoice:
    """What beside the default dependencies a sync installs, by normalized name, sorted."""

    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    """The members of a workspace that alone are installed with what they need; empty for all."""
    only: tuple[str, ...] = ()
    """The groups that alone are installed, without the project and what it requires itself; empty for no such limit."""
    left_out: tuple[str, ...] = ()
    """The packages that are not installed though all else selects them."""
    kinds_left_out: tuple[LeftOut, ...] = ()
    """The kinds of packages that are not installed."""

    @property
    def is_partial(self) -> bool:
        """Whether it leaves out what the project itself needs to run."""
        return bool(self.only or self.left_out or self.kinds_left_out)


@dataclass(frozen=True, slots=True)
class _Memory:
    """What the file says."""

    decision: SyncDecision
    root: str
    """Where the environment was."""
    moment: int
    """When it was as the last sync left it, in nanoseconds since the epoch."""
    choice: SyncChoice
    seen: tuple[str, ...]
    """The lines of a quick look."""


_HEAD = len(SyncDecision.__slots__) + 2 + len(SyncChoice.__slots__)


def last(environment: Environment) -> SyncDecision | None:
    """Return what decided the last sync, where the environment is as that left it and where that left it.

    Where nothing but byte-code came since, the memory is renewed, so that the next look is as quick again.
    """
    memory = _read(environment)
    if memory is None or not _is_in_place(environment, memory):
        return None
    try:
        if _is_unfinished(environment):
            return None
        now = quick_look.look_again(environment.root, memory.seen)
    except (OSError, ValueError):
        return None
    if now is None:
        return None
    if tuple(now) != memory.seen:
        _renew(environment, memory, replace(memory, seen=tuple(now)))
    return memory.decision


def chosen(environment: Environment) -> SyncChoice | None:
    """Return what was chosen in the last sync, whatever happened since."""
    memory = _read(environment)
    return None if memory is None else memory.choice


def moment(environment: Environment) -> int | None:
    """Return when a sync last left the environment, in nanoseconds since the epoch.

    None where none is remembered, or one that is still to come: either it is forged, or the clock was set back.
    """
    memory = _read(environment)
    return None if memory is None or memory.moment > time.time_ns() else memory.moment


def place(environment: Environment) -> str:
    """Return where the last sync left the environment; empty where none is remembered."""
    memory = _read(environment)
    return "" if memory is None else memory.root


def is_rebuild_unfinished(root: str) -> bool:
    """Return whether a rebuild of the environment at `root` was killed; see `rebuild`. Costs next to nothing."""
    return os.path.lexists(f"{root}/.lockenv/{ASIDE}") or os.path.lexists(f"{root}/.lockenv/{REMOVED}")


def _is_unfinished(environment: Environment) -> bool:
    """Return whether a killed change left something, of which the next one takes care."""
    return not set(UNFINISHED).isdisjoint(os.listdir(environment.records))


def _is_in_place(environment: Environment, memory: _Memory) -> bool:
    if memory.root == environment.root:
        return True
    try:
        return os.path.samefile(memory.root, environment.root)
    except OSError:
        return False


def last_look(environment: Environment, decision: SyncDecision) -> tuple[str, ...]:
    """Return the lines of the quick look that the last sync took; empty unless it was one with this `decision`."""
    memory = _read(environment)
    return () if memory is None or memory.decision != decision else memory.seen


def remember(
    environment: Environment,
    decision: SyncDecision,
    choice: SyncChoice,
    outside: Sequence[str] = (),
    like: Sequence[str] = (),
) -> None:
    """Note that `environment` now is what `decision` decides, with `choice`, and with the directories `outside` of it.

    In one that was just made, `like` are the lines of a quick look at another that was made with the same wheels; empty
    where there is none. Raises MachineError.

    The caller holds the environment's lock: what another process makes of the environment is not what is noted here.
    """
    now = time.time_ns()
    try:
        root = environment.root
        look = (quick_look.look_at_same(root, like) if like else None) or quick_look.look(root)
        seen = [*look, *map(quick_look.of_directory_outside, outside)]
        _write(environment, _Memory(decision, environment.root, now, choice, tuple(seen)))
    except OSError as error:
        raise atomic.machine_error(error, error.filename or environment.records) from error


def is_whole(environment: Environment) -> bool:
    """Return whether the memory is as it was written, or there is none."""
    return _read(environment) is not None or not os.path.lexists(f"{environment.records}/{FILE}")


def _renew(environment: Environment, old: _Memory, new: _Memory) -> None:
    """Write `new` in place of `old`, unless another process is changing the environment; it can be done next time."""
    lock = f"{environment.records}/lock"
    if os.access(lock, os.W_OK):
        with light_contextlib.suppress(OSError, MachineError), locks.hold(lock, timeout=0):
            if _read(environment) == old:
                _write(environment, new)


def _write(environment: Environment, memory: _Memory) -> None:
    names, decision = written_choice(memory.choice), memory.decision
    lines = [decision.lock, decision.declared, decision.choice, memory.root, str(memory.moment), *names, *memory.seen]
    text = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
    content = text + f"{digest(text)}\n".encode()
    with ops.Folder.open(environment.records, "sync", create=True) as records:
        records.replace(FILE, content, temporary=_UNFINISHED)


def written_choice(choice: SyncChoice) -> list[str]:
    """Return the lines that remember `choice`."""
    return [" ".join((field, *getattr(choice, field))) for field in SyncChoice.__slots__]


def read_choice(lines: Sequence[str]) -> SyncChoice | None:
    """Return the choice that `lines` remember; None where they are no such lines."""
    fields = [line.split(" ") for line in lines]
    if [words[0] for words in fields] != list(SyncChoice.__slots__):
        return None
    return SyncChoice(*(tuple(words[1:]) for words in fields))


def _read(environment: Environment) -> _Memory | None:
    """Return the memory; None where there is none, or it is not what was written.

    The digest of all other lines is in the last line of the file.
    """
    try:
        text, _, last = read_own(f"{environment.records}/{FILE}").removesuffix(b"\n").rpartition(b"\n")
        text += b"\n"
        # What an earlier version wrote is whole, though no digest of what decided is equal then.
        if last != digest(text).encode() and last != sha256(text).hexdigest().encode():
            return None
        lines = text.decode("utf-8", "surrogateescape").split("\n")[:-1]
        lock, declared, options, root, moment_ns, *names = lines[:_HEAD]
        choice = read_choice(names[: len(SyncChoice.__slots__)])
        if choice is None:
            return None
        return _Memory(SyncDecision(lock, declared, options), root, int(moment_ns), choice, tuple(lines[_HEAD:]))
    except (OSError, ValueError):
        return None
