"""What of a wheel runs although nothing imports it, and what of it takes the name of something else.

Pure: wheels in the store go in; the names of files, and sentences for people, come out. Whether such code is wanted is
said by the project (`deny-startup-code`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from lockenv.errors import UnacceptedError
from lockenv.vocabulary import startup

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from lockenv.sync.stored_wheel import StoredWheel
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.selected import Selected

    Staged = Sequence[tuple[Selected, StoredWheel]]

SYSTEM_COMMANDS: Final = frozenset(
    """
    bash cat chmod chown cp curl dash docker env find git grep kill ls make mkdir mv node npm perl ps python python3 rm
    ruby scp sed sh ssh su sudo systemctl tar test wget which zsh
    """.split()  # noqa: SIM905 - a list of words
)
"""Commands that people and scripts expect from their system; an environment comes before it on PATH."""
_PROGRAMS = ("bin", "scripts")
_PROGRAM_ENDS = (".exe", ".bat", ".cmd", ".com")
_MODULE_ENDS = (".py", ".so", ".pyd")


def startup_files(stored: StoredWheel) -> tuple[str, ...]:
    """Return the files of a wheel that run whenever Python starts, sorted; empty for nearly every wheel."""
    found = {note.removesuffix(startup.RUNS) for note in stored.notes if note.endswith(startup.RUNS)}
    # What a path file says was looked at when the wheel was unpacked: many only name directories.
    listed = startup.startup_files(
        (directory.scheme, directory.path, [*directory.files.names]) for directory in stored.directories
    )
    found |= {path for scheme, path in listed if scheme not in startup.ROOTS or not path.endswith(".pth")}
    return tuple(sorted(found))


def refuse(staged: Staged, allowed: Collection[NormalizedName]) -> None:
    """Raise UnacceptedError where a wheel of a project that is not `allowed` to has code that runs at start."""
    found = [(one, files) for one, stored in staged if one.name not in allowed and (files := startup_files(stored))]
    if found:
        said = "; ".join(f"{one.title}: {', '.join(files)} would run whenever Python starts" for one, files in found)
        names = ", ".join(f'"{one.name}"' for one, _ in found)
        raise UnacceptedError(
            "startup-code",
            f"{said} (deny-startup-code)",
            hint=f"look into it; to accept it, add {names} to allow-startup-code under [tool.lockenv]",
        )


def shadows(staged: Staged) -> Iterator[str]:
    """Yield a sentence on each name that a wheel takes from the system, the standard library or another wheel."""
    owners: dict[str, str] = {}
    for one, stored in staged:
        for command in sorted(_commands(stored)):
            if command in SYSTEM_COMMANDS and command != one.name:
                yield f"{one.title} installs the command `{command}`, which shadows that of the system"
        for module in sorted(_modules(stored)):
            if module in sys.stdlib_module_names:
                yield f"{one.title} has the module `{module}`, as the standard library has"
            other = owners.setdefault(module, one.title)
            if other != one.title:
                yield f"{one.title} has the module `{module}`, as {other} has"


def _commands(stored: StoredWheel) -> set[str]:
    """Return what the programs of a wheel are called, as a system sees it that knows no cases."""
    found = {script.name for script in stored.scripts}
    for directory in stored.directories:
        if directory.scheme == "scripts" or (directory.scheme == "data" and directory.path.lower() in _PROGRAMS):
            found |= {*directory.files.names}
    lower = {name.lower() for name in found}
    return {name[:-4] if name.endswith(_PROGRAM_ENDS) else name for name in lower}


def _modules(stored: StoredWheel) -> set[str]:
    """Return the modules and packages at the root of a wheel; of packages, those that one distribution alone has."""
    found: set[str] = set()
    for directory in stored.directories:
        if directory.scheme not in ("purelib", "platlib") or "/" in directory.path:
            continue
        names = [*directory.files.names]
        if directory.path:
            found |= {directory.path} if "__init__.py" in names else set()
        else:
            found |= {name.partition(".")[0] for name in names if name.endswith(_MODULE_ENDS)}
    return found


def notes(staged: Staged) -> Iterable[str]:
    """Return what a person should know of these wheels before they are installed, a sentence each."""
    for one, stored in staged:
        known = set(stored.notes)
        unnamed = [path for path in startup_files(stored) if f"{path}{startup.RUNS}" not in known]
        yield from (f"{one.title}: {path}{startup.RUNS}" for path in unnamed)
    yield from shadows(staged)
