"""Which environments the user means: `--python`, `--platform`, `--all`, or this machine.

In: options, and the interpreter of this machine where it is asked. Out: a marker for each environment.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Protocol

from lockenv.errors import UsageError
from lockenv.lockfile.subset import covered
from lockenv.operations.python_record import of_lock
from lockenv.vocabulary import system
from lockenv.vocabulary.late import late
from lockenv.vocabulary.markers import ALWAYS, NEVER, Marker, parse, python
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.context.settings import Settings
    from lockenv.environment import interpreters
    from lockenv.lockfile.lock import Lock
    from lockenv.operations.load import Project
else:
    interpreters = late("lockenv.environment.interpreters")

_VERSION = lazy_pattern(r"[0-9]{1,2}\.[0-9]{1,3}(\.[0-9]{1,3})?")
_MACHINE = lazy_pattern(r"[A-Za-z0-9_]+")
_SYSTEMS: Final = {"linux": "linux", "macos": "darwin", "windows": "win32"}
_NAMES: Final = {"win32": {"x86_64": "AMD64", "amd64": "AMD64", "arm64": "ARM64", "x86": "x86"}}
_HINT = "use SYSTEM-MACHINE, such as linux-x86_64, linux-aarch64, macos-arm64 or windows-x86_64"


class EnvironmentOptions(Protocol):
    """Options that say which environments are meant."""

    @property
    def for_python(self) -> Sequence[str]:
        """Versions of Python: 3.12 or 3.12.1."""

    @property
    def for_platform(self) -> Sequence[str]:
        """Platforms: linux-x86_64."""

    @property
    def all(self) -> bool:
        """Whether every environment of the lock is meant."""


def regions(
    options: EnvironmentOptions, lock: Lock, project: Project, settings: Settings
) -> tuple[tuple[str, Marker], ...]:
    """Return each environment that is meant, with what to call it: every Python on every platform named.

    What is not named is as on this machine. Raises UsageError for what names no environment, or none that the lock
    covers, and MachineError where this machine has no interpreter for the lock.
    """
    if options.all:
        if options.for_python or options.for_platform:
            raise UsageError("--all cannot be used with --python or --platform", hint="remove --python and --platform")
        return (("every environment", ALWAYS),)
    pythons = [(f"Python {text}", _python(text)) for text in dict.fromkeys(options.for_python)]
    platforms = [(text, _platform(text)) for text in dict.fromkeys(options.for_platform)]
    if not pythons:
        version, here = _here(lock, project, settings)
        pythons = [(f"Python {version}", _python(version))]
        platforms = platforms or [here]
    elif not platforms:
        import platform

        platforms = [_described(system.platform, platform.machine())]
    found = tuple((f"{name} on {where}", one & other) for name, one in pythons for where, other in platforms)
    reach = covered(lock)
    for name, region in found:
        if region & reach is NEVER:
            raise UsageError(f"{lock.file} does not cover {name}", hint="see `environments` in the lockfile")
    return found


def _python(text: str) -> Marker:
    found = _VERSION.fullmatch(text)
    if found is None:
        raise UsageError(
            f"invalid value `{text}` for --python; expected a Python version",
            hint="use a version such as 3.12 or 3.12.1",
        )
    return python(f"=={text}" if found[1] else f"=={text}.*") & parse("implementation_name == 'cpython'")


def _platform(text: str) -> Marker:
    name, _, machine = text.partition("-")
    system = _SYSTEMS.get(name)
    if system is None or not _MACHINE.fullmatch(machine):
        raise UsageError(f"invalid value `{text}` for --platform", hint=_HINT)
    known = _NAMES.get(system)
    if known is not None and machine not in known:
        raise UsageError(f"--platform {text}: {name} runs on {', '.join(known)}", hint=_HINT)
    return _described(system, known[machine] if known else machine)[1]


def _described(system: str, machine: str) -> tuple[str, Marker]:
    names = {value: key for key, value in _SYSTEMS.items()}
    marker = parse(f"sys_platform == '{system}' and platform_machine == '{machine}'")
    systems = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}
    if system in systems:
        os_name = "nt" if system == "win32" else "posix"
        marker &= parse(f"os_name == '{os_name}' and platform_system == '{systems[system]}'")
    return f"{names.get(system, system)}-{machine}", marker


def _here(lock: Lock, project: Project, settings: Settings) -> tuple[str, tuple[str, Marker]]:
    """Return the version of the interpreter that a sync would take, up to its minor number, and its platform."""
    found = interpreters.find(
        None,
        requires_python=lock.requires_python,
        environ=settings.tools_environ,
        cache_dir=settings.cache,
        project_dir=os.path.abspath(project.directory),
        locked=of_lock(lock),
    )
    environment = found.target.environment
    return environment["python_version"], _described(environment["sys_platform"], environment["platform_machine"])
