"""What it takes to run a command in an environment.

An Environment, a command line and environment variables go in; the path of the program and the variables it is to be
started with come out. Nothing is started here, and no variable of this process is read or changed.
"""

from __future__ import annotations

import os

from lockenv.errors import UsageError
from lockenv.files.reading import read_file
from lockenv.vocabulary import system

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.environment.venv import Environment

PYTHON_FILES = (".py", ".pyw")


def command(environment: Environment, argv: Sequence[str], environ: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return the program that `argv[0]` names, the environment's own first, and the variables to start it with.

    A name with a separator is a path and is taken as it is. Raises UsageError when there is no such program.
    """
    if not argv:
        raise UsageError("a command is required", hint="for example, `lockenv run python`")
    variables = dict(environ)
    # A home for another interpreter would break this one; activation scripts remove it too.
    variables.pop("PYTHONHOME", None)
    # On macOS it names the program that an interpreter takes itself for.
    variables.pop("__PYVENV_LAUNCHER__", None)
    variables["VIRTUAL_ENV"] = environment.root
    variables["VIRTUAL_ENV_PROMPT"] = environment.prompt
    rest = [entry for entry in environ.get("PATH", os.defpath).split(os.pathsep) if entry != environment.scripts]
    variables["PATH"] = os.pathsep.join([environment.scripts, *rest])
    return _program(argv[0], variables, environment), variables


def is_python_file(name: str) -> bool:
    """Return whether `name` is the path of a file that Python is to run: such a file need not be executable."""
    return name.endswith(PYTHON_FILES) and os.path.isfile(name)


def has_metadata(path: str) -> bool:
    """Return whether the Python file at `path` looks as if it declared what it requires (PEP 723)."""
    try:
        content = read_file(path).removeprefix(b"\xef\xbb\xbf")
        return any(line.rstrip() == b"# /// script" for line in content.split(b"\n"))
    except OSError:
        return False  # Python reports what is wrong with it


def _program(name: str, variables: Mapping[str, str], environment: Environment) -> str:
    directories = [""] if os.path.dirname(name) else variables["PATH"].split(os.pathsep)
    endings = _endings(name, variables)
    for directory in directories:
        for ending in endings:
            path = os.path.join(directory, name + ending)
            if os.path.isfile(path) and os.access(path, os.X_OK):
                return os.path.abspath(path)
    if os.path.dirname(name) or name.endswith(PYTHON_FILES):
        raise _unusable(name)
    modules = (os.path.join(environment.purelib, name, "__main__.py"), os.path.join(environment.purelib, f"{name}.py"))
    is_module = any(map(os.path.isfile, modules))
    raise UsageError(
        f"program `{name}` was not found in the environment or on PATH",
        hint=f"it is a module: run `lockenv run -m {name}`"
        if is_module
        else "add the package that provides it with `lockenv add`",
    )


def _endings(name: str, variables: Mapping[str, str]) -> list[str]:
    """Return what is written behind `name` to find its file, in this order."""
    if not system.is_windows:
        return [""]
    known = [one for one in variables.get("PATHEXT", ".COM;.EXE;.BAT;.CMD").split(";") if one]
    # A file without an ending cannot be executed there: beside `npm.cmd` there is an `npm` for other systems.
    return ["", *known] if name.upper().endswith(tuple(one.upper() for one in known)) else [*known, ""]


def _unusable(path: str) -> UsageError:
    """Return why the file that the user names cannot be run."""
    if os.path.isdir(path):
        return UsageError(f"`{path}` is a directory, not a program", hint="specify a program in it")
    if os.path.isfile(path):
        return UsageError(
            f"`{path}` is not executable", hint=f"run `chmod +x {path}`, or specify the program that runs it"
        )
    from difflib import get_close_matches

    directory, name = os.path.split(path)
    try:
        there = sorted(os.listdir(directory or "."))
    except OSError:
        there = []
    near = get_close_matches(name, there, 1, 0.7)
    meant = f"; did you mean `{os.path.join(directory, near[0])}`?" if near else ""
    return UsageError(f"`{path}` does not exist{meant}", hint="check its path")
