"""Find the interpreter that a request and a project agree on.

A request (`3.12`, `pypy3.10`, a path, `>=3.10`, or none) and the project's requires-python go in, an Interpreter comes
out. Executables are run only to ask what they are, and only until one fits. Nothing is installed or downloaded.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from lockenv.environment.interpreter import Interpreter, probe, resolved
from lockenv.environment.interpreter_locations import Candidate, on_path, pyenv_version, python_of
from lockenv.environment.python_pin import pinned
from lockenv.environment.trusted import candidates
from lockenv.errors import InputError, MachineError, UsageError
from lockenv.files.programs import checkouts, is_within
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.pep440 import clauses, contains, names_prerelease, python_admits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lockenv.vocabulary.run_log import RunLog

_OPTION = "--python"
_HINT = "install one, or use --python to specify its path"
_IMPLEMENTATIONS = {
    "": "",
    "py": "",
    "python": "",
    "cp": "cpython",
    "cpython": "cpython",
    "pp": "pypy",
    "pypy": "pypy",
    "graalpy": "graalpy",
}
_NAMED = lazy_pattern(r"([a-z]*)[-@]?(?:(\d+(?:\.\d+){0,2}(?:(?:a|b|rc)\d+)?)(t?)(?:-[\w.+-]*)?)?", "a")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundInterpreter:
    """An interpreter and what holds it (`PATH`, `pyenv`)."""

    interpreter: Interpreter
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What an interpreter has to be; empty fields ask for nothing."""

    text: str = ""
    """The request as it was written."""
    asked_by: str = ""
    """Who asked: `--python` or a file."""
    implementation: str = ""
    version: str = ""
    """The first parts of the version."""
    specifier: str = ""
    is_free_threaded: bool = False

    def fits(self, interpreter: Interpreter) -> bool:
        """Return whether `interpreter` is what is asked for, whatever the project says."""
        return (
            self.implementation in ("", interpreter.implementation)
            and self.is_free_threaded == interpreter.is_free_threaded
            and _agree(self.version, interpreter.version, is_whole=True)
            and _answers(self.specifier, interpreter.version)
        )

    def may_fit(self, candidate: Candidate) -> bool:
        """Return whether it is worth asking `candidate`, by its name alone."""
        return _agree(self.version, candidate.hint, is_whole=False)


def find(
    request: str | None,
    *,
    requires_python: str,
    environ: Mapping[str, str],
    cache_dir: str,
    project_dir: str,
    log: RunLog | None = None,
) -> Interpreter:
    """Return the first interpreter that is what `request` asks for and that `requires_python` admits.

    Without a request, the nearest `.python-version` at or above `project_dir` asks. Raises UsageError when the request
    makes no sense or contradicts `requires_python`, MachineError with everything found when none fits. The `log` hears
    which was chosen, and why.
    """
    asked_by = _OPTION
    if request is None:
        request, asked_by = pinned(project_dir, environ)
    finder = _Finder(
        environ=environ, cache_dir=cache_dir, project_dir=project_dir, requires_python=requires_python, log=log
    )
    if request and _is_path(request):
        return finder.at(request, asked_by)
    of_pyenv = pyenv_version(request, environ) if asked_by != _OPTION else None
    if of_pyenv is not None and not is_within(of_pyenv.executable, checkouts(project_dir, environ)):
        return finder.admitted(finder.probed(of_pyenv.executable), request, asked_by)
    wanted = _wanted(request, asked_by)
    if wanted is None:
        return finder.find_program(request, asked_by)
    return finder.search(wanted)


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
    return tuple(finder.usable(candidates(environ, project_dir)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finder:
    environ: Mapping[str, str]
    cache_dir: str
    project_dir: str
    requires_python: str
    log: RunLog | None = None

    def probed(self, executable: str) -> Interpreter:
        return probe(executable, cache_dir=self.cache_dir, environ=self.environ)

    def at(self, request: str, asked_by: str) -> Interpreter:
        path = os.path.abspath(os.path.expanduser(request))
        if asked_by != _OPTION:
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
        is_allowed = asked_by == _OPTION
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
                hint="request another Python, or change requires-python in pyproject.toml",
            )
        return self.chosen(interpreter, f"{asked_by} requests {request}")

    def chosen(self, interpreter: Interpreter, why: str) -> Interpreter:
        """Return `interpreter`, and report it."""
        if self.log is not None:
            self.log.step(f"chosen Python {interpreter.version}: {interpreter.executable} ({why})")
        return interpreter

    def search(self, wanted: _Wanted) -> Interpreter:
        asked = (each for each in candidates(self.environ, self.project_dir) if wanted.may_fit(each))
        rejected: Interpreter | None = None
        for found in self.usable(asked):
            if wanted.fits(found.interpreter):
                if _is_admitted(self.requires_python, found.interpreter.version):
                    return self.chosen(found.interpreter, self._why(found.place, wanted))
                rejected = rejected or found.interpreter
            if self.log is not None:
                self.log.detail(f"passed over Python {found.interpreter.version}: {found.interpreter.executable}")
        if rejected is not None and wanted.text:
            return self.admitted(rejected, wanted.text, wanted.asked_by)
        raise self._none_fits(wanted)

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
                yield FoundInterpreter(interpreter=interpreter, place=candidate.place)

    def _none_fits(self, wanted: _Wanted) -> MachineError:
        everything = self.usable(candidates(self.environ, self.project_dir))
        known = ", ".join(f"{each.interpreter.executable} ({each.interpreter.version})" for each in everything)
        asked = f"{wanted.asked_by} requests Python {wanted.text}" if wanted.text else ""
        required = f"the project requires Python {self.requires_python}" if self.requires_python else ""
        reason = " and ".join(part for part in (asked, required) if part) or "a Python interpreter is required"
        return MachineError(
            f"{reason}, but no matching interpreter was found; available: {known or 'none'}", hint=_HINT
        )


def _is_path(request: str) -> bool:
    if request.startswith("~="):
        return False
    return request.startswith(("~", ".")) or os.sep in request or bool(os.altsep and os.altsep in request)


def _wanted(request: str, asked_by: str) -> _Wanted | None:
    """Return what `request` asks for; None when it is the name of a program. Raises UsageError for a bad specifier."""
    if request[:1] in ("<", ">", "=", "!", "~"):
        try:
            clauses(request)
        except ValueError as error:
            raise UsageError(f"{asked_by} requests `{request}`, which is not a version specifier") from error
        return _Wanted(text=request, asked_by=asked_by, specifier=request)
    found = _NAMED.fullmatch(request.lower())
    if found is None or found[1] not in _IMPLEMENTATIONS:
        return None
    version = found[2] or ""
    if re.fullmatch(r"[23]\d+", version):
        # The short form of wheel tags: `312`, `cp312`.
        version = f"{version[0]}.{version[1:]}"
    return _Wanted(
        text=request,
        asked_by=asked_by,
        implementation=_IMPLEMENTATIONS[found[1]],
        version=version,
        is_free_threaded=bool(found[3]),
    )


def _agree(asked: str, version: str, *, is_whole: bool) -> bool:
    """Return whether `version` begins with the parts of `asked`; one that is not whole may also be cut short."""
    left, right = asked.split(".") if asked else [], version.split(".") if version else []
    length = len(left) if is_whole else min(len(left), len(right))
    return left[:length] == right[:length]


def _answers(specifier: str, version: str) -> bool:
    """Return whether `version` answers a request for `specifier`, which counts pre-releases if it names one."""
    return contains(specifier, version) if names_prerelease(specifier) else python_admits(specifier, version)


def _is_admitted(requires_python: str, version: str) -> bool:
    """Return whether `requires_python` admits `version`; raise InputError when it is not a specifier."""
    try:
        return python_admits(requires_python, version)
    except ValueError as error:
        raise InputError(f"requires-python is `{requires_python}`, which is not a version specifier") from error
