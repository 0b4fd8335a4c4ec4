"""Install again what a lock is known to select, where nothing that decides it has changed.

A sync that made a new environment, and had nothing to report but that, remembers what it installed: a line for each
wheel, in a file of the cache that is named by all that decides a sync (`known_answers`). Where the same is asked again
and there is no environment, neither the lock nor what is declared has to be understood again. In: a SyncRequest, a
project, settings. Out: Synced, or None: then the full way is gone. Never: a download, a build, a change of an
environment that is there, a wheel whose files were not compared with its entry in the store.
"""

from __future__ import annotations

import os
from itertools import chain
from time import monotonic

from lockenv.environment.python_pin import first_looked_at
from lockenv.environment.venv import open_environment
from lockenv.errors import LockenvError
from lockenv.files import boot
from lockenv.lockfile.paths import relative
from lockenv.operations import known_answers
from lockenv.operations.synced import Synced, decision
from lockenv.sync import state
from lockenv.sync.state import SyncChoice
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.hashing import blake2b
from lockenv.vocabulary.late import late
from lockenv.vocabulary.printable import python_title
from lockenv.vocabulary.progress import during
from lockenv.vocabulary.selected import Selected

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.context.settings import Settings
    from lockenv.environment import interpreter as environment_interpreter
    from lockenv.environment import ownership, unfinished_environment
    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.unfinished_environment import UnfinishedEnvironment
    from lockenv.lockfile.lock import Lock
    from lockenv.operations import finishing, python_choice, sync_changes
    from lockenv.operations.finishing import SyncCompletion
    from lockenv.operations.known_answers import LockQuestion
    from lockenv.operations.load import Project
    from lockenv.operations.synced import SyncRequest
    from lockenv.sync import fresh_installation, plan, wheel_store
    from lockenv.sync.fresh_installation import FreshInstallation
    from lockenv.sync.state import SyncDecision
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.progress import Listener
else:
    environment_interpreter = late("lockenv.environment.interpreter")
    ownership = late("lockenv.environment.ownership")
    unfinished_environment = late("lockenv.environment.unfinished_environment")
    finishing = late("lockenv.operations.finishing")
    python_choice = late("lockenv.operations.python_choice")
    sync_changes = late("lockenv.operations.sync_changes")
    fresh_installation = late("lockenv.sync.fresh_installation")
    plan = late("lockenv.sync.plan")
    wheel_store = late("lockenv.sync.wheel_store")

_FORM = "4 "
"""Of what the file says: what another form of it begins with is no answer."""
_SEPARATOR = "\t"
"""Between the values of a line."""
_NOTHING_KEPT = "-"
"""In the place of a key."""
_CHOICES = len(SyncChoice.__slots__)
"""Lines of a choice."""


class NoteListener:
    """A listener that passes on what it hears, and knows whether that was only what was done."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.is_plain = True
        self.change, self.progress = listener.change, listener.progress

    def say(self, text: str, *more: str) -> None:
        """Hear what was done; with `more` of it, what else there is to know."""
        self.is_plain = self.is_plain and not more
        self._listener.say(text, *more)

    def note(self, text: str) -> None:
        """Hear what a person should know."""
        self.is_plain = False
        self._listener.note(text)

    def warn(self, text: str, *more: str) -> None:
        """Hear what a person should look at."""
        self.is_plain = False
        self._listener.warn(text, *more)


@dataclass(frozen=True, slots=True)
class _Memory:
    """What a sync installed into a new environment."""

    interpreter: str
    """The digest of all that the interpreter said of itself."""
    requires_python: str
    """What the lock requires."""
    choice: SyncChoice
    wheels: tuple[Selected, ...]
    seen: tuple[str, ...]
    """The lines of a quick look at that environment."""
    boot: str
    """The run of the system in which all of this was so."""
    kept: tuple[str, ...] = ()
    """The keys of what is kept of each of the wheels; none where that is not known."""


def asked(request: SyncRequest, project: Project, settings: Settings) -> LockQuestion | None:
    """Return what `request` asks of the lock of `project`; None where nothing of it is remembered."""
    if request.reinstall or request.prune_unowned or request.check or request.dry_run:
        return None
    return known_answers.question(f"sync {request!r}", project, settings)


def remember(
    question: LockQuestion,
    lock: Lock,
    manifest: Manifest,
    completion: SyncCompletion,
    wheels: Sequence[Selected],
    root: str,
) -> None:
    """Remember that `wheels` were installed into the environment `root`, which was made for them.

    Not where there was more to report, or more decides than `question` names.
    """
    is_plain = isinstance(completion.listener, NoteListener) and completion.listener.is_plain
    is_lasting = known_answers.is_lasting(manifest) and not (
        manifest.allow_overwrite or manifest.shows_base or manifest.provided or "python" in (lock.own or {})
    )
    made_by, seen = environment_interpreter.identity(completion.interpreter), _last_look(root, completion.decision)
    memory = _Memory(made_by, lock.requires_python, completion.choice, tuple(wheels), seen, boot.current())
    content = _written(memory, question) if is_plain and is_lasting and question.content != b"" else None
    if content is not None and _read(content, question) == memory:
        question.remember(len(lock.packages), content)


def _last_look(root: str, decision: SyncDecision | None) -> tuple[str, ...]:
    """Return what the sync with this `decision` saw at its end; empty where another process came after it."""
    try:
        environment = open_environment(root)
    except LockenvError:
        return ()
    return () if environment is None or decision is None else state.last_look(environment, decision)


def install(
    question: LockQuestion,
    root: str,
    request: SyncRequest,
    settings: Settings,
    listener: Listener,
    started: float,
) -> Synced | None:
    """Make the environment `root`, which is missing, hold what is known to be selected; None where nothing is known.

    None also where anything is not as it was then: nothing is left, and the full way finds out and reports.
    """
    memory = _read(question.content, question)
    if memory is None:
        return None
    store = wheel_store.WheelStore(settings.cache)
    if not _is_on_one_disk(store.root, os.path.dirname(os.path.abspath(root))):
        return None
    with unfinished_environment.held(root) as is_vacant, store.held():
        if not is_vacant:
            return None
        try:
            # Before anything else: what is compared first is compared while the rest is made ready here.
            is_read_back = boot.is_current(memory.boot)
            kept = memory.kept if is_read_back else ()
            with fresh_installation.FreshInstallation(memory.wheels, store, kept, is_read_back=is_read_back) as wheels:
                interpreter = _same_interpreter(memory, request, question.project, settings)
                if interpreter is None:
                    return None
                unfinished = unfinished_environment.UnfinishedEnvironment(root, interpreter)
                unfinished.begin()
                wheels.begin(unfinished.environment)
                # While the copies are at work.
                decided = _unchanged(question, request)
                if decided is None:
                    return None
                completion = finishing.SyncCompletion(
                    request=request,
                    settings=settings,
                    listener=listener,
                    interpreter=interpreter,
                    decision=decided,
                    choice=memory.choice,
                    repair=sync_changes.NOTHING,
                    like=memory.seen,
                )
                _fill(unfinished, wheels, len(memory.wheels), completion)
                made_of = python_title(interpreter.implementation, interpreter.version)
                listener.say(f"created {relative(root)} with {made_of}")
                # While the copies end. Where this fails, the full way finds it out again.
                completion.settle(unfinished.environment, is_new=True)
                if wheels.has_kept_more:
                    _remember_kept(question, memory, wheels.kept())
        except FileExistsError:
            question.remember(question.packages)  # that nothing is known: two wheels have a file at one path
            return None
        except (LockenvError, OSError):
            return None
    return _reported(memory, unfinished.environment.root, completion, started)


def _remember_kept(question: LockQuestion, memory: _Memory, kept: tuple[str, ...]) -> None:
    """Remember what is `kept` of the wheels of `memory`, in this run of the system."""
    content = _written(replace(memory, boot=boot.current(), kept=kept), question)
    if content is not None:
        question.remember(question.packages, content)


def _same_interpreter(
    memory: _Memory, request: SyncRequest, project: Project, settings: Settings
) -> Interpreter | None:
    """Return the interpreter that is chosen now; None where it is not the one of `memory`. Raises LockenvError."""
    own = _own_interpreter(request, project, settings)
    if own is not None and environment_interpreter.identity(own) == memory.interpreter:
        return own
    # The one of `memory` is known to be what the lock requires: this is asked only where another one comes first.
    for required in ("", memory.requires_python):
        chosen = python_choice.PythonChoice(
            request=request.python, requires_python=required, directory=project.directory, settings=settings
        ).interpreter(None)
        is_same = environment_interpreter.identity(chosen) == memory.interpreter
        if is_same:
            return chosen
    return None


def _own_interpreter(request: SyncRequest, project: Project, settings: Settings) -> Interpreter | None:
    """Return the interpreter that is looked at first, as far as that is known. Raises LockenvError."""
    first = first_looked_at(request.python, project.directory, settings.environ)
    if not first:
        return None
    # Every directory of PATH is looked at for the variables of a program that is run.
    known = environment_interpreter.remembered(first, cache_dir=settings.cache)
    return known or environment_interpreter.probe(first, cache_dir=settings.cache, environ=settings.tools_environ)


def _is_on_one_disk(*directories: str) -> bool:
    """Return whether files can be linked between `directories`, as far as that is known; False for a missing one."""
    try:
        return len({os.stat(directory).st_dev for directory in directories}) == 1
    except OSError:
        return False


def _unchanged(question: LockQuestion, request: SyncRequest) -> SyncDecision | None:
    """Return what decides this sync; None where any of it changed since `question` was asked. Raises LockenvError."""
    decided = decision(request, question.project, question.settings.environ)
    again = known_answers.question(question.command, question.project, question.settings)
    return decided if again == question else None


def _fill(unfinished: UnfinishedEnvironment, wheels: FreshInstallation, count: int, completion: SyncCompletion) -> None:
    """Have `unfinished` be an environment of this user that holds `wheels`, of which there are `count`.

    Raises LockenvError or OSError; what was put there is no environment then.
    """
    unfinished.fill()
    environment = unfinished.environment
    base = environment_interpreter.resolved(environment.base)
    ownership.remember(environment.root, base, completion.settings.environ)
    progress = completion.listener.progress()
    with during(progress, "installing", count):
        wheels.finish(progress)
    unfinished.finish()


def _reported(memory: _Memory, root: str, completion: SyncCompletion, started: float) -> Synced:
    """Report what came into the environment `root`."""
    listener, name = completion.listener, relative(root)
    if not memory.wheels:
        return Synced(name=name, kept=0)
    done = plan.InstallPlan(install=memory.wheels)
    sync_changes.report_changes(done, completion.repair, listener)
    listener.say(sync_changes.summary(done, monotonic() - started))
    return Synced(name=name)


def _written(memory: _Memory, question: LockQuestion) -> bytes | None:
    """Return the file that remembers `memory`; None where one of its values has a separator of that file in it."""
    kept = [own or _NOTHING_KEPT for own in memory.kept] or [""] * len(memory.wheels)
    rows = [(*one.row(), word) for one, word in zip(memory.wheels, kept, strict=True)]
    values = [memory.interpreter, memory.requires_python, memory.boot, *state.written_choice(memory.choice)]
    values.append(str(len(rows)))
    if any(_SEPARATOR in value or "\n" in value for value in chain(values, *rows)):
        return None
    text = "".join(f"{line}\n" for line in (*values, *map(_SEPARATOR.join, rows), *memory.seen))
    content = text.encode("utf-8", "surrogateescape")
    return _signature(content, question) + b"\n" + content


def _signature(content: bytes, question: LockQuestion) -> bytes:
    """Return what `content` begins with as the answer to `question`: the answer to another one begins otherwise."""
    found = blake2b(f"{_FORM}{question.digest}".encode())
    found.update(content)
    return found.hexdigest().encode()


def _read(content: bytes | None, question: LockQuestion) -> _Memory | None:
    """Return what the file says; None where it is not as it was written to answer `question`."""
    digest, _, body = (content or b"").partition(b"\n")
    if not body or _signature(body, question) != digest:
        return None
    interpreter, requires_python, run, *lines = body.decode("utf-8", "surrogateescape").split("\n")[:-1]
    choice = state.read_choice(lines[:_CHOICES])
    end = _CHOICES + 1 + int(lines[_CHOICES])
    rows = [line.split(_SEPARATOR) for line in lines[_CHOICES + 1 : end]]
    kept = tuple(word.removeprefix(_NOTHING_KEPT) for *_, word in rows if word)
    if choice is None:
        return None
    wheels = tuple(Selected.of_row(row[:-1]) for row in rows)
    return _Memory(interpreter, requires_python, choice, wheels, tuple(lines[end:]), run, kept)
