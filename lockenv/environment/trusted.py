"""Decide which interpreters may be run: those of this machine, not those that a repository names.

The process environment and a project directory go in; candidates, or the interpreter of an environment, come out. One
that an environment names is run only where the search for interpreters finds it, where lockenv remembers this
environment with it, or where the user named it now.
"""

from __future__ import annotations

import os

from lockenv.environment import interpreter_locations
from lockenv.environment.configuration import REBUILD, LostInterpreterError
from lockenv.environment.interpreter import probe_resolved, resolved
from lockenv.environment.interpreter_locations import Candidate
from lockenv.environment.ownership import is_remembered
from lockenv.errors import InputError, MachineError, RefusedError
from lockenv.files.programs import checkouts, is_within

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.venv import Environment

_BASES = ("base", "root")
"""The names of conda's own environment."""


def candidates(environ: Mapping[str, str], project_dir: str) -> Iterator[Candidate]:
    """Return each executable that may be an interpreter, the preferred first; some may come twice.

    The active environment is first, also where it is in the project: then only if what it names as its base may be run.
    An active conda environment follows; the one that conda activates in each shell, `base`, is as good as others.
    """
    active = environ.get("VIRTUAL_ENV", "")
    if os.path.isabs(active):
        python = interpreter_locations.python_of(active)
        is_inside = is_within(active, checkouts(project_dir, environ))
        if not is_inside or _may_run(active, python, environ, project_dir):
            yield Candidate(python, "the active environment")
    conda = environ.get("CONDA_PREFIX", "")
    if os.path.isabs(conda) and environ.get("CONDA_DEFAULT_ENV", "") not in _BASES:
        python = interpreter_locations.python_of(conda)
        if os.path.isfile(python) and not is_within(python, checkouts(project_dir, environ)):
            yield Candidate(python, "the active conda environment")
    yield from interpreter_locations.candidates(environ, project_dir)


def _may_run(root: str, python: str, environ: Mapping[str, str], project_dir: str) -> bool:
    try:
        base = resolved(python)
    except (InputError, MachineError):
        return False
    return is_remembered(root, base, environ) or is_discovered(base, environ, project_dir)


def is_discovered(executable: str, environ: Mapping[str, str], project_dir: str) -> bool:
    """Return whether the search for interpreters finds `executable`, whose links are resolved; nothing is run."""
    for candidate in interpreter_locations.candidates(environ, project_dir):
        try:
            if resolved(candidate.executable) == executable:
                return True
        except (InputError, MachineError):
            continue
    return False


def interpreter(
    environment: Environment,
    *,
    cache_dir: str,
    environ: Mapping[str, str],
    project_dir: str,
    named: Collection[str] = (),
) -> Interpreter:
    """Return the interpreter of `environment`, whose target is what a lock is applied to.

    `named` are the executables that the user names now, links resolved. Raises RefusedError when the environment names
    an interpreter that nothing but itself speaks for, MachineError when it was replaced by one that does not fit.
    """
    base = resolved(environment.base)
    if not os.path.isfile(base):
        raise LostInterpreterError(
            f"the environment {environment.root} is broken: its interpreter {environment.base} no longer exists",
            hint=f"install Python {environment.version} there again, or {REBUILD}",
        )
    is_inside = is_within(base, (os.path.join(os.path.realpath(environment.root), ""),))
    is_allowed = base in named or is_remembered(environment.root, base, environ)
    if is_inside or not (is_allowed or is_discovered(base, environ, project_dir)):
        raise _refusal(environment, base, is_inside=is_inside)
    found = probe_resolved(base, cache_dir=cache_dir, environ=environ)
    was, now = (".".join(version.split(".")[:2]) for version in (environment.version, found.version))
    if was != now or found.implementation != environment.implementation:
        raise LostInterpreterError(
            f"the environment {environment.root} is broken: it was created for "
            f"{environment.implementation} {was}, but {environment.base} is now "
            f"{found.implementation} {now}",
            hint=REBUILD,
        )
    return found


def _refusal(environment: Environment, base: str, *, is_inside: bool) -> RefusedError:
    from shlex import quote

    remove = f"remove {environment.root} and run `lockenv sync`"
    if is_inside:
        what, hint = "which is part of the repository", remove
    else:
        what = "which is not a known interpreter on this machine, and was not used by lockenv to create the environment"
        hint = f"{remove}; if you trust that program, run `lockenv sync --python {quote(base)}`"
    return RefusedError(
        "environment-interpreter",
        f"the environment {environment.root} names {environment.base} as its interpreter, {what}; it was not run",
        hint=hint,
    )
