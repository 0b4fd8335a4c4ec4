"""Find the interpreter that a request and a project agree on.

A request (`3.12`, `pypy3.10`, a path, `>=3.10`, or none) and the project's requires-python go in, an Interpreter comes
out. Executables are run only to ask what they are, and only until one fits. Nothing is installed or downloaded.
"""

from __future__ import annotations

import os
import sys

from lockenv.environment.interpreter import Interpreter, probe, resolved
from lockenv.environment.interpreter_locations import Candidate, on_path, pyenv_version, python_of
from lockenv.environment.python_pin import pinned
from lockenv.environment.trusted import candidates
from lockenv.errors import InputError, LockenvError, MachineError, UsageError
from lockenv.files.programs import checkouts, is_within
from lockenv.vocabulary.dataclasses import dataclass, field, replace
from lockenv.vocabulary.late import late
from lockenv.vocabulary.pep440 import python_admits
from lockenv.vocabulary.python_request import PythonRequest, begins_with, python_request

TYPE_CHECKING = False

if TYPE_CHECKING:
    import shlex
    from collections.abc import Iterable, Iterator, Mapping

    from lockenv.vocabulary import locked_python
    from lockenv.vocabulary.locked_python import LockedPython
    from lockenv.vocabulary.run_log import RunLog
else:
    shlex = late("shlex")
    locked_python = late("lockenv.vocabulary.locked_python")

_OPTION = "--python"
_REQUEST = "use a version such as 3.12, or a specifier such as >=3.11"
_HINT = "install one, or use --python to specify its path"
_HINT_WITHOUT_OPTION = "install one, or put it on PATH"
_CONTRADICTION = "request another Python, or change requires-python in pyproject.toml"
_PATCHES = 100
"""More than any version of Python has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundInterpreter:
    """An interpreter and what holds it (`PATH`, `pyenv`)."""

    interpreter: Interpreter
    place: str
    is_second_choice: bool
    """Whether who names no implementation gets any other that fits before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonOfLock:
    """The Python that a lock records, and the lock as messages name it."""

    recorded: LockedPython
    lock: str

    def is_of(self, interpreter: Interpreter) -> bool:
        """Return whether `interpreter` has the recorded implementation and version."""
        return self.recorded.is_same(record_of(interpreter))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What an interpreter has to be."""

    text: str = ""
    """The request as it was written; empty for none."""
    asked_by: str = ""
    """Who asked: `--python`, a file or a setting."""
    request: PythonRequest = field(default_factory=PythonRequest)
    sentence: str = ""
    """Who asks for what, in other words than usual."""
    hint: str = _HINT
    """What to do where there is none."""

    def fits(self, interpreter: Interpreter) -> bool:
        """Return whether `interpreter` is what is asked for, whatever the project says."""
        return self.request.admits(
            interpreter.implementation, interpreter.version, is_free_threaded=interpreter.is_free_threaded
        )

    def may_fit(self, candidate: Candidate) -> bool:
        """Return whether it is worth asking `candidate`, by its name alone."""
        return begins_with(self.request.version, candidate.hint, is_whole=False)


def find(
    request: str | None,
    *,
    requires_python: str,
    environ: Mapping[str, str],
    cache_dir: str,
    project_dir: str,
    log: RunLog | None = None,
    locked: PythonOfLock | None = None,
    has_option: bool = True,
    option: str = _OPTION,
) -> Interpreter:
    """Return the first interpreter that is what `request` asks for, that `requires_python` admits and that is `locked`.

    Without a request and without one that a lock records, the nearest `.python-version` at or above `project_dir` asks.
    Raises UsageError when the request makes no sense or contradicts `requires_python` or `locked`, MachineError with
    everything found when none fits. The `log` hears which was chosen, and why. Without `has_option`, the command that
    is run has no `--python` for interpreters, and no hint names it. `option` is what messages call the request.
    """
    asked_by = option
    finder = _Finder(
        environ=environ,
        cache_dir=cache_dir,
        project_dir=project_dir,
        requires_python=requires_python,
        log=log,
        locked=locked,
        has_option=has_option,
        option=option,
    )
    if request is None:
        request, asked_by = pinned(project_dir, environ)
        if locked is not None:
            return finder.of_lock(locked, request, asked_by)
    if request and _is_path(request):
        return finder.at(request, asked_by)
    of_pyenv = pyenv_version(request, environ) if asked_by != option else None
    if of_pyenv is not None and not is_within(of_pyenv.executable, checkouts(project_dir, environ)):
        return finder.admitted(finder.probed(of_pyenv.executable), request, asked_by)
    wanted = _wanted(request, asked_by)
    if wanted is None:
        return finder.find_program(request, asked_by)
    return finder.search(wanted)


def find_declared(
    request: str, *, requires_python: str, environ: Mapping[str, str], cache_dir: str, project_dir: str
) -> Interpreter:
    """Return the first interpreter that is what the setting `python` of a project asks for; raises as `find` does."""
    finder = _Finder(environ=environ, cache_dir=cache_dir, project_dir=project_dir, requires_python=requires_python)
    wanted = _wanted(request, "the setting `python`")
    if wanted is None:
        raise UsageError(f"the setting `python` is `{request}`, which is not a version or a specifier", hint=_REQUEST)
    shown = request.removesuffix(".*") if wanted.request.version else request
    return finder.search(replace(wanted, hint=_hint(wanted.request.implementation, shown)))


def record_of(interpreter: Interpreter) -> LockedPython:
    """Return `interpreter` as a lock records it."""
    markers = interpreter.target.environment
    return locked_python.LockedPython(
        implementation=interpreter.implementation,
        version=interpreter.version,
        is_free_threaded=interpreter.is_free_threaded,
        platform=f"{markers['sys_platform']}-{markers['platform_machine']}".lower(),
        build=interpreter.build,
    )


def is_what_is_requested(request: str, interpreter: Interpreter, *, requires_python: str) -> bool:
    """Return whether `interpreter` is a Python that `request` asks for, and that `requires_python` admits.

    An empty request asks for nothing more. False also for a path or the name of a program, which only `find` can
    answer. Raises UsageError for a bad specifier, InputError for a bad `requires_python`.
    """
    wanted = None if _is_path(request) else _wanted(request, _OPTION)
    is_wanted = wanted is not None and (not request or wanted.fits(interpreter))
    return is_wanted and _is_admitted(requires_python, interpreter.version)


def list_all(*, environ: Mapping[str, str], cache_dir: str, project_dir: str) -> tuple[FoundInterpreter, ...]:
    """Return every interpreter on this machine that can be used, the preferred first, each once."""
    finder = _Finder(environ=environ, cache_dir=cache_dir, project_dir=project_dir, requires_python="")
    return tuple(sorted(finder.usable(candidates(environ, project_dir)), key=lambda found: found.is_second_choice))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finder:
    environ: Mapping[str, str]
    cache_dir: str
    project_dir: str
    requires_python: str
    log: RunLog | None = None
    locked: PythonOfLock | None = None
    has_option: bool = True
    option: str = _OPTION
    """What messages call a request of the command line, which alone may name a path or a program."""

    def probed(self, executable: str) -> Interpreter:
        return probe(executable, cache_dir=self.cache_dir, environ=self.environ)

    def at(self, request: str, asked_by: str) -> Interpreter:
        path = os.path.abspath(os.path.expanduser(request))
        if asked_by != self.option:
            # A file that came with a checkout must not choose which program of it is run.
            raise UsageError(
                f"{asked_by} requests {request}, which is a path; only {_OPTION} may use a path",
                hint=f"use a version there, or run with {_OPTION} {request}",
            )
        executable = python_of(path) if os.path.isdir(path) else path
        if not os.path.isfile(executable):
            raise MachineError(f"{asked_by} requests {request}, but there is no Python at {executable}", hint=_HINT)
        return self.admitted(self.probed(executable), request, asked_by)

    def find_program(self, request: str, asked_by: str) -> Interpreter:
        # A file that came with a checkout must not choose which program is run.
        is_allowed = asked_by == self.option
        candidate = next(on_path(self.environ, self.project_dir, request), None) if is_allowed else None
        if candidate is None:
            raise UsageError(
                f"{asked_by} requests `{request}`, which is not a version, a specifier, a path or a program on PATH",
                hint="use, for example, 3.12, pypy3.10, '>=3.11', or the path of a Python",
            )
        return self.admitted(self.probed(candidate.executable), request, asked_by)

    def admitted(self, interpreter: Interpreter, request: str, asked_by: str) -> Interpreter:
        """Return `interpreter`; raises UsageError when the project does not admit it."""
        if not _is_admitted(self.requires_python, interpreter.version):
            raise UsageError(
                f"{asked_by} requests {request}, which is Python {interpreter.version} at "
                f"{interpreter.executable}, but the project requires Python {self.requires_python}",
                hint=_of_one_patch(self.requires_python) or _CONTRADICTION,
            )
        if self.locked is not None and not self.locked.is_of(interpreter):
            raise _other_than_locked(
                f"{asked_by} requests {request}, which is {record_of(interpreter).title}", self.locked
            )
        return self.chosen(interpreter, f"{asked_by} requests {request}")

    def chosen(self, interpreter: Interpreter, why: str) -> Interpreter:
        """Return `interpreter`, and report it."""
        if self.log is not None:
            self.log.step(f"chosen Python {interpreter.version}: {interpreter.executable} ({why})")
        return interpreter

    def of_lock(self, locked: PythonOfLock, pin: str, pinned_by: str) -> Interpreter:
        """Return an interpreter that is `locked`. Raises UsageError where `pin` of a file asks for another version."""
        recorded = locked.recorded
        asked = _wanted(pin, pinned_by) if pin and not _is_path(pin) else None
        if asked is not None and not asked.request.admits(
            recorded.implementation, recorded.version, is_free_threaded=recorded.is_free_threaded
        ):
            raise _other_than_locked(f"{pinned_by} requests {pin}", locked)
        return self.search(
            _Wanted(
                text=recorded.title,
                asked_by=locked.lock,
                request=PythonRequest(
                    implementation=recorded.implementation,
                    version=recorded.version,
                    is_free_threaded=recorded.is_free_threaded,
                ),
                sentence=f"{locked.lock} records {recorded.title}",
                hint=_hint(recorded.implementation, recorded.request),
            )
        )

    def search(self, wanted: _Wanted) -> Interpreter:
        asked = (each for each in candidates(self.environ, self.project_dir) if wanted.may_fit(each))
        rejected: Interpreter | None = None
        second: FoundInterpreter | None = None
        for found in self.usable(asked):
            if wanted.fits(found.interpreter):
                if self._admits(found.interpreter):
                    if wanted.request.implementation or not found.is_second_choice:
                        return self.chosen(found.interpreter, self._why(found.place, wanted))
                    second = second or found
                rejected = rejected or found.interpreter
            if self.log is not None:
                self.log.detail(f"passed over Python {found.interpreter.version}: {found.interpreter.executable}")
        if second is not None:
            return self.chosen(second.interpreter, self._why(second.place, wanted))
        if rejected is not None and wanted.text:
            return self.admitted(rejected, wanted.text, wanted.asked_by)
        raise self._none_fits(wanted)

    def _admits(self, interpreter: Interpreter) -> bool:
        is_locked = self.locked is None or self.locked.is_of(interpreter)
        return is_locked and _is_admitted(self.requires_python, interpreter.version)

    def _why(self, place: str, wanted: _Wanted) -> str:
        """Return why the first interpreter that fits was chosen, which was found at `place`."""
        asked = f"{wanted.asked_by} requests {wanted.text}" if wanted.text else ""
        required = f"the project requires {self.requires_python}" if self.requires_python else ""
        return "; ".join(filter(None, (f"{place}: the first that fits", asked, required)))

    def usable(self, asked: Iterable[Candidate]) -> Iterator[FoundInterpreter]:
        """Return the interpreters behind `asked`, each once; what cannot be used is left out."""
        seen: set[str] = set()
        for candidate in asked:
            try:
                path = resolved(candidate.executable)
                if path in seen:
                    continue
                seen.add(path)
                interpreter = self.probed(path)
            except (MachineError, InputError):
                continue
            if interpreter.executable == path or interpreter.executable not in seen:
                seen.add(interpreter.executable)
                # `pypy3.9` is a name for who asks for PyPy; `python3` is whatever a person has put there.
                has_version = candidate.hint != "" and candidate.executable != sys.executable
                is_second = has_version and interpreter.implementation != "cpython"
                yield FoundInterpreter(interpreter=interpreter, place=candidate.place, is_second_choice=is_second)

    def _none_fits(self, wanted: _Wanted) -> LockenvError:
        if wanted.asked_by == self.option and not self._may_admit(wanted.request.version):
            return UsageError(
                f"{wanted.asked_by} requests Python {wanted.text}, but the project requires Python "
                f"{self.requires_python}",
                hint=_of_one_patch(self.requires_python) or _CONTRADICTION,
            )
        everything = tuple(self.usable(candidates(self.environ, self.project_dir)))
        known = ", ".join(f"{each.interpreter.executable} ({each.interpreter.version})" for each in everything)
        asked = wanted.sentence or (f"{wanted.asked_by} requests Python {wanted.text}" if wanted.text else "")
        is_required = self.requires_python and not wanted.sentence
        required = f"the project requires Python {self.requires_python}" if is_required else ""
        reason = " and ".join(part for part in (asked, required) if part) or "a Python interpreter is required"
        return MachineError(
            f"{reason}, but no matching interpreter was found; available: {known or 'none'}",
            hint=_of_one_patch(self.requires_python) or self._hint(wanted, everything),
        )

    def _may_admit(self, version: str) -> bool:
        """Return whether the project may admit a Python whose version begins with `version`, two parts or more."""
        patches = [version] if version.count(".") != 1 else [f"{version}.{patch}" for patch in range(_PATCHES)]
        return "." not in version or any(_is_admitted(self.requires_python, each) for each in patches)

    def _hint(self, wanted: _Wanted, everything: Iterable[FoundInterpreter]) -> str:
        """Return what to do where none of `everything` is `wanted`.

        For a pin: to pin one that is here, of the same minor version if there is one. Not every command that reads the
        pin has `--python`.
        """
        if wanted.hint != _HINT:
            return wanted.hint
        if wanted.text and wanted.asked_by != self.option:
            usual = [each.interpreter.version for each in everything if not each.is_second_choice]
            versions = [version for version in usual if _is_admitted(self.requires_python, version)]
            near = sorted(versions, key=lambda version: _minor(version) != _minor(wanted.request.version))
            if near:
                return f"install it, or run `lockenv python pin {_minor(near[0])}` to use Python {near[0]}"
        return _HINT if self.has_option else _HINT_WITHOUT_OPTION


def _of_one_patch(requires_python: str) -> str:
    """Return what to write in place of a clause such as `==3.11`, which means 3.11.0 alone; empty without one."""
    for clause in requires_python.split(","):
        version = clause.strip().removeprefix("==").strip()
        if clause.strip().startswith("==") and version.count(".") == 1 and version.replace(".", "").isdecimal():
            return f"`=={version}` admits {version}.0 alone; set requires-python to `=={version}.*`, and lock again"
    return ""


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _is_path(request: str) -> bool:
    if request.startswith("~="):
        return False
    return request.startswith(("~", ".")) or os.sep in request or bool(os.altsep and os.altsep in request)


def _wanted(request: str, asked_by: str) -> _Wanted | None:
    """Return what `request` asks for; None when it is the name of a program. Raises UsageError for a bad specifier."""
    try:
        found = python_request(request)
    except ValueError as error:
        raise UsageError(f"{asked_by} requests `{request}`, which is not a version specifier", hint=_REQUEST) from error
    return None if found is None else _Wanted(text=request, asked_by=asked_by, request=found)


def _hint(implementation: str, request: str) -> str:
    """Return what to do where no interpreter is the one that a project asks for: lockenv installs CPython alone."""
    if implementation in ("", "cpython"):
        return f"run `lockenv python install {shlex.quote(request)}`"
    return f"install {request} with your system's tools, or change the setting `python`"


def _other_than_locked(sentence: str, locked: PythonOfLock) -> UsageError:
    return UsageError(
        f"{sentence}, but {locked.lock} records {locked.recorded.title}",
        hint=f"request {locked.recorded.request}, or change the setting `python` and run `lockenv lock`",
    )


def _is_admitted(requires_python: str, version: str) -> bool:
    """Return whether `requires_python` admits `version`; raise InputError when it is not a specifier."""
    try:
        return not requires_python or python_admits(requires_python, version)
    except ValueError as error:
        raise InputError(
            f"requires-python is `{requires_python}`, which is not a version specifier",
            hint="use clauses separated by commas, such as >=3.11,<4",
        ) from error
