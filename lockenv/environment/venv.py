"""Virtual environments (PEP 405): created without starting Python, opened without asking it.

A directory goes in, an Environment comes out. Creating writes below that directory alone; opening writes nothing, runs
nothing and follows no link inside it. What is installed is not looked at here.
"""

from __future__ import annotations

import os

from lockenv.environment.configuration import (
    FILE,
    REBUILD,
    DamagedEnvironmentError,
    LostInterpreterError,
    base_executable,
    python_version,
    read_configuration,
)
from lockenv.errors import InputError, MachineError, RefusedError
from lockenv.files.reparse import is_link
from lockenv.vocabulary import system
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.files import atomic
else:
    atomic = late("lockenv.files.atomic")

RECORDS = ".lockenv"
"""The directory in an environment that holds what lockenv needs to know about it."""
CREATING = "pyvenv.cfg.new"
"""The file in `RECORDS` that exists while an environment is being created, and in the end becomes its pyvenv.cfg."""
RECORD = "environment.json"
"""The file in `RECORDS` that lists what creation wrote, so that `verify` can compare."""
LOCK = "lock"
"""The file in `RECORDS` that whoever changes the environment holds."""
GARBAGE = "garbage"
"""The directory in `RECORDS` of files that were in use when they were taken away: on Windows, and on NFS."""
NEW = "new"
"""The directory in `RECORDS` in which a change makes the .dist-info of what it installs."""
UNFINISHED = ("journal", "journal.new", "state.new", "boot.new", "aside", "removed")
"""What is in `RECORDS` after a change that was killed, until the next one."""

BROKEN = (DamagedEnvironmentError, LostInterpreterError)
"""What is raised of an environment that cannot be repaired, and that `sync` rebuilds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A virtual environment on this machine; every path is absolute."""

    root: str
    python: str
    """The executable inside it."""
    base: str
    """The executable of the interpreter it was made from."""
    version: str
    """Of the interpreter when it was made, such as `3.11.7`."""
    implementation: str
    """`cpython`, `pypy`."""
    purelib: str
    platlib: str
    """The same directory as `purelib`: in an environment `lib64` is a link to `lib`."""
    scripts: str
    include: str
    """Where the headers of distributions go, each in a directory of its name."""
    data: str
    records: str
    """The directory of lockenv's own files."""
    prompt: str
    sees_system_packages: bool

    def schemes(self) -> dict[str, str]:
        """Return the directory of each scheme, relative to the root and with `/` between components.

        That of `headers` is the one above the distributions' own. Raises MachineError for one outside of the root.
        """
        directories = {
            "purelib": self.purelib,
            "platlib": self.platlib,
            "scripts": self.scripts,
            "headers": self.include,
            "data": self.data,
        }
        return {scheme: _relative(self.root, path) for scheme, path in directories.items()}


def _relative(root: str, path: str) -> str:
    relative = os.path.relpath(path, root).replace(os.sep, "/")
    if relative.split("/")[0] == "..":
        raise MachineError(f"{path} is outside the environment {root}", hint=f"remove {root} and run `lockenv sync`")
    return "" if relative == "." else relative


def open_environment(path: str) -> Environment | None:
    """Return the environment at `path`; None where there is nothing, an empty directory or an unfinished creation.

    Raises InputError for a directory that is something else, RefusedError when parts of it are links that lead out, one
    of `BROKEN` when its own files are damaged, or its interpreter, or that of its base, is gone.
    """
    root = os.path.abspath(path)
    configuration = read_configuration(root)
    if configuration is None:
        # What a clone brings may be this link alone: creation would write where it leads.
        _refuse_link(os.path.join(root, RECORDS), root)
        if _is_vacant(root):
            return None
        # Where another process has created it meanwhile, it has its configuration by now.
        configuration = read_configuration(root)
        if configuration is None:
            raise _not_an_environment(root)
    scripts = os.path.join(root, "Scripts" if system.is_windows else "bin")
    purelib = _find_purelib(root, configuration)
    environment = described(root, configuration, purelib, scripts)
    _refuse_links(environment)
    if not os.path.exists(environment.python):
        raise _without_python(environment)
    if not os.path.isdir(purelib):
        raise DamagedEnvironmentError(f"the environment {root} is damaged: it has no {purelib}", hint=REBUILD)
    return environment


def other_view(environment: Environment, *, shows_base: bool) -> str:
    """Return why `environment` shows packages of its base, or does not, for a message; empty where that is right.

    One that another tool made so may stay so.
    """
    if environment.sees_system_packages == shows_base:
        return ""
    if shows_base:
        return "it does not show the packages of its base, as `system-site-packages` says"
    is_ours = os.path.lexists(os.path.join(environment.records, RECORD))
    return "it shows the packages of its base, and `system-site-packages` is not set" if is_ours else ""


def default_prompt(root: str) -> str:
    """Return what a shell shows while the environment is active: for `.venv`, the directory it is in.

    For `.venv-docs` it is that name and `docs`.
    """
    directory, name = os.path.split(os.path.abspath(root))
    if name.startswith(".venv-") and os.path.basename(directory):
        return f"{os.path.basename(directory)}-{name.removeprefix('.venv-')}"
    return os.path.basename(directory) or name if name.startswith(".") or name == "venv" else name


def described(root: str, configuration: Mapping[str, str], purelib: str, scripts: str) -> Environment:
    """Return the environment at `root` with such keys in its pyvenv.cfg; the paths are absolute."""
    version = python_version(configuration)
    directory = os.path.basename(os.path.dirname(purelib))
    known = configuration.get("implementation", "").lower()
    implementation = known or ("pypy" if directory.startswith("pypy") else "cpython")
    return Environment(
        root=root,
        python=os.path.join(scripts, "python.exe" if system.is_windows else "python"),
        base=base_executable(configuration),
        version=version,
        implementation=implementation,
        purelib=purelib,
        platlib=purelib,
        scripts=scripts,
        include=os.path.join(root, "include", "site", f"python{_minor(version)}"),
        data=root,
        records=os.path.join(root, RECORDS),
        prompt=configuration.get("prompt", "").strip("'\"") or default_prompt(root),
        sees_system_packages=configuration.get("include-system-site-packages", "").lower() == "true",
    )


def _without_python(environment: Environment) -> LostInterpreterError:
    if not os.path.lexists(environment.python):
        return LostInterpreterError(
            f"the environment {environment.root} is broken: {environment.python} no longer exists", hint=REBUILD
        )
    target = os.path.realpath(environment.python)
    return LostInterpreterError(
        f"the environment {environment.root} is broken: its interpreter {target} no longer exists",
        hint=f"install Python {environment.version} there again, or {REBUILD}",
    )


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _is_vacant(root: str) -> bool:
    """Return whether an environment may be created at `root`: nothing of anybody else is there."""
    try:
        names = os.listdir(root)
    except FileNotFoundError:
        return not is_link(root)
    except OSError:
        return False
    return set(names) <= {RECORDS} or os.path.isfile(os.path.join(root, RECORDS, CREATING))


def _not_an_environment(root: str) -> InputError:
    hint = "use --venv to choose another directory"
    if not os.path.isdir(root):
        return InputError(f"{root} is not a directory; nothing was changed", hint=hint)
    if os.path.isdir(os.path.join(root, "conda-meta")):
        return InputError(
            f"{root} is managed by conda and is not a virtual environment; nothing was changed", hint=hint
        )
    if _holds_standard_library(root):
        return InputError(f"{root} is a Python installation, not a virtual environment; nothing was changed", hint=hint)
    if os.path.isfile(os.path.join(root, RECORDS, RECORD)):
        return DamagedEnvironmentError(f"the environment {root} is damaged: it has no {FILE}", hint=REBUILD)
    return InputError(f"{root} is not a virtual environment (it has no {FILE}); nothing was changed", hint=hint)


def _holds_standard_library(root: str) -> bool:
    """Return whether `root` is the prefix of an interpreter, such as `/usr`, whatever files were put there."""
    if system.is_windows:
        return os.path.isfile(os.path.join(root, "Lib", "os.py"))
    library = os.path.join(root, "lib")
    return any(
        name.startswith(("python", "pypy")) and os.path.isfile(os.path.join(library, name, "os.py"))
        for name in _names(library)
    )


def _names(directory: str) -> list[str]:
    """Return the names in `directory`; none where there is no such directory."""
    try:
        return os.listdir(directory)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise atomic.machine_error(error, directory, "read") from error


def _find_purelib(root: str, configuration: Mapping[str, str]) -> str:
    if _holds_standard_library(root):
        raise _not_an_environment(root)
    if system.is_windows:
        return os.path.join(root, "Lib", "site-packages")
    library = os.path.join(root, "lib")
    names = [name for name in _names(library) if name.startswith(("python", "pypy"))]
    minor = _minor(python_version(configuration))
    # Its interpreter looks into that directory alone. Who writes no version has no other one either.
    fitting = [name for name in names if not minor or name in (f"python{minor}", f"python{minor}t", f"pypy{minor}")]
    if len(fitting) != 1:
        raise DamagedEnvironmentError(
            f"the environment {root} is damaged: {library} should contain one directory for Python "
            f"{minor}, but contains {', '.join(sorted(names)) or 'none'}",
            hint=REBUILD,
        )
    return os.path.join(library, fitting[0], "site-packages")


def _refuse_links(environment: Environment) -> None:
    """Refuse an environment whose own directories are links: writing there would change what is elsewhere."""
    parent = os.path.dirname(environment.purelib)
    for directory in (os.path.dirname(parent), parent, environment.purelib, environment.scripts, environment.records):
        if directory != environment.root:
            _refuse_link(directory, environment.root)


def _refuse_link(directory: str, root: str) -> None:
    if is_link(directory):
        raise RefusedError(
            "environment-link",
            f"{directory} is a link to {os.path.realpath(directory)}, not a directory of the environment; "
            "nothing was changed",
            hint=f"remove {root} and run `lockenv sync`",
        )
