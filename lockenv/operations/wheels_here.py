"""Find what of a lock only a build can install into the environment of the project on this machine.

A sync would refuse it: whoever locks should know. In: a lock that was made, or pins that wait for other builds. Out:
releases. Never: a reason not to lock, a change. Names of wheels are compared as text first: no interpreter is looked
for where the likely one has a wheel of everything.
"""

from __future__ import annotations

import os
import sys

from lockenv.errors import LockenvError
from lockenv.lockfile.lock import filename_of
from lockenv.operations.found_project import environment_path
from lockenv.vocabulary import system
from lockenv.vocabulary.dataclasses import NamedTuple, replace
from lockenv.vocabulary.late import late
from lockenv.vocabulary.markers import ALWAYS, parse
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.pep440 import contains
from lockenv.vocabulary.pin import UnbuiltRelease

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockenv.context.settings import Settings
    from lockenv.environment import configuration, interpreters, python_pin, venv
    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.interpreters import PythonOfLock
    from lockenv.lockfile import conditions
    from lockenv.lockfile import select as lockfile_select
    from lockenv.lockfile.lock import Lock
    from lockenv.operations import python_choice, python_record
    from lockenv.operations.load import Project
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import NeedsPermission
else:
    configuration = late("lockenv.environment.configuration")
    python_pin = late("lockenv.environment.python_pin")
    conditions = late("lockenv.lockfile.conditions")
    lockfile_select = late("lockenv.lockfile.select")
    interpreters = late("lockenv.environment.interpreters")
    venv = late("lockenv.environment.venv")
    python_choice = late("lockenv.operations.python_choice")
    python_record = late("lockenv.operations.python_record")

_CONFIGURATION = "pyvenv.cfg"
"""The file that makes a directory an environment (PEP 405)."""
_PIN = ".python-version"
_MINOR = lazy_pattern(r"3\.[0-9]{1,2}")
"""What most pins request."""
_SYSTEMS = {"linux": "linux", "darwin": "macosx", "win32": "win"}
"""How the tags of a system begin, or what is in them, by `sys.platform`."""


class Offer(NamedTuple):
    """A release that is locked, or about to be, with wheels that do not serve everyone."""

    name: NormalizedName
    version: str
    marker: str | Marker | None
    """Where it is installed, as a lock or as a resolution says it; None for everywhere."""
    wheels: tuple[str, ...]
    """The names of its wheels."""


class PythonInputs(NamedTuple):
    """What decides which Python a sync would use, beside the project, and where it could be used."""

    requires_python: str
    is_recorded: bool
    """Whether the lock records, or is to record, one."""
    recorded: PythonOfLock | None
    covered: Callable[[], Marker]
    """Returns the environments of the lock."""


def lacking(lock: Lock, partly: Sequence[int], project: Project, settings: Settings) -> tuple[UnbuiltRelease, ...]:
    """Return those of the packages at `partly` that have no wheel for the Python that a sync here would use, by name.

    Extras and groups count as if all were installed. Nothing where no Python can be found: a sync says why.
    """
    is_recorded = "python" in (lock.own or {})
    recorded = python_record.of_lock(lock) if is_recorded else None
    asked = PythonInputs(lock.requires_python, is_recorded, recorded, lambda: conditions.universe(lock))
    offers = [
        Offer(package.name, package.version, package.marker, tuple(map(filename_of, package.wheels)))
        for package in (lock.packages[position] for position in partly)
    ]
    return _lacking(offers, asked, project, settings)


def with_all(answer: NeedsPermission, manifest: Manifest, project: Project, settings: Settings) -> NeedsPermission:
    """Return `answer` with those of its pins, too, that only a build can install here, for a sync that follows."""
    known, may_build = {one.name for one in answer.packages}, manifest.policy.may_build
    offers = [
        Offer(pin.name, pin.version, pin.marker, tuple(wheel.filename for wheel in pin.wheels))
        for pin in answer.pins
        if pin.sdist is not None and pin.wheels and not (pin.name in known or may_build(pin.name))
    ]
    asked = PythonInputs(manifest.requires_python, bool(manifest.python), None, lambda: ALWAYS)
    more = _lacking(offers, asked, project, settings)
    packages = sorted((*answer.packages, *more), key=lambda one: (one.name, one.version))
    return replace(answer, packages=tuple(packages), old_below="" if more else answer.old_below)


def with_note(answer: NeedsPermission, manifest: Manifest, project: Project, settings: Settings) -> NeedsPermission:
    """Return `answer` with a note on what `with_all` would add: who answers it and syncs here is asked for no more."""
    known = set(answer.packages)
    more = [one for one in with_all(answer, manifest, project, settings).packages if one not in known]
    if not more:
        return answer
    titles = ", ".join(f"{one.name} {one.version}" for one in more)
    options = " ".join(f"--allow-build {one.name}" for one in more)
    why = more[0].reason.removeprefix("it has ")
    have = "has" if len(more) == 1 else "have"
    said = f"{titles} {have} {why}; to install here, allow the build with `{options}` too"
    return replace(answer, notes=(*answer.notes, said))


def _lacking(
    offers: Sequence[Offer], asked: PythonInputs, project: Project, settings: Settings
) -> tuple[UnbuiltRelease, ...]:
    try:
        likely = _likely_version(asked, project, settings)
        unlikely = [one for one in offers if not (likely and _is_done(one, likely))]
        return _without_wheel(unlikely, _interpreter(asked, project, settings), asked.covered()) if unlikely else ()
    except LockenvError:
        return ()


def _likely_version(asked: PythonInputs, project: Project, settings: Settings) -> str:
    """Return the version of the CPython that an environment has or would get; empty where that is unclear."""
    if asked.is_recorded:
        return ""
    root = environment_path(project, settings, "")
    found = configuration.read_configuration(root) if os.path.lexists(os.path.join(root, _CONFIGURATION)) else None
    if found is not None:
        is_cpython = found.get("implementation", "cpython").lower() == "cpython"
        return configuration.python_version(found) if is_cpython else ""
    if _is_pinned(project.directory):
        request = python_pin.pinned(project.directory, settings.environ)[0]
        return f"{request}.0" if _MINOR.fullmatch(request) else ""
    version = "{}.{}.{}".format(*sys.version_info)
    is_admitted = not asked.requires_python or contains(asked.requires_python, version)
    return version if is_admitted and sys.implementation.name == "cpython" else ""


def _is_pinned(directory: str) -> bool:
    """Return whether there may be a `.python-version` for `directory`: most have none, which costs little to see."""
    above = os.path.dirname(directory)
    return os.path.lexists(os.path.join(directory, _PIN)) or (above != directory and _is_pinned(above))


def _is_done(one: Offer, version: str) -> bool:
    """Return whether a release seems to have a wheel for CPython of this `version` here, or is not installed in it."""
    return _is_served(one, version.split(".")[1]) or not _is_needed(one, version)


def _is_needed(one: Offer, version: str) -> bool:
    """Return whether CPython of this `version` may need a release here."""
    here = {"python_full_version": version, "implementation_name": "cpython", "sys_platform": system.platform}
    try:
        return _where(one).evaluate(here)
    except (KeyError, ValueError):
        return True  # it depends on more


def _where(one: Offer) -> Marker:
    """Return where a release is installed, whatever extras and groups are. Raises ValueError for a faulty marker."""
    marker = parse(one.marker) if isinstance(one.marker, str) else one.marker
    return ALWAYS if marker is None else marker.without_extras_and_groups()


def _is_served(one: Offer, minor: str) -> bool:
    """Return whether some wheel of a release seems to serve CPython 3.`minor` on this machine."""
    family = _SYSTEMS.get(system.platform, system.platform)
    machine = os.uname().machine if hasattr(os, "uname") else ""
    # What is built with one of the two C libraries of Linux does not run with the other.
    other = "musllinux" if "CS_GNU_LIBC_VERSION" in getattr(os, "confstr_names", ()) else "manylinux"
    own = f"-cp3{minor}-"
    for name in one.wheels:
        if own not in name and "-abi3-" not in name and "-none-" not in name:
            continue
        rest, _, platform = name.removesuffix(".whl").rpartition("-")
        rest, _, abi = rest.rpartition("-")
        is_machine = machine in platform or "universal2" in platform
        is_here = platform == "any" or (family in platform and is_machine and not platform.startswith(other))
        if is_here and _serves(rest.rpartition("-")[2], abi, minor):
            return True
    return False


def _serves(python: str, abi: str, minor: str) -> bool:
    """Return whether a wheel with these tags serves CPython 3.`minor`, for the simple tags that most have."""
    if python == f"cp3{minor}":
        return not abi.endswith("t")
    if abi == "abi3":
        lowest = python.removeprefix("cp3")
        return lowest.isdecimal() and int(lowest) <= int(minor)
    return abi == "none" and python in ("py3", "py2.py3")


def _interpreter(asked: PythonInputs, project: Project, settings: Settings) -> Interpreter:
    """Return the interpreter that a sync would use. Raises what the search for it raises."""
    choice = python_choice.PythonChoice(
        request="",
        requires_python=asked.requires_python,
        directory=project.directory,
        settings=settings,
        locked=asked.recorded,
    )
    try:
        environment = venv.open_environment(environment_path(project, settings, ""))
        return choice.interpreter(environment)
    except (python_choice.OtherPythonError, *venv.BROKEN):
        return choice.interpreter(None)


def _without_wheel(offers: Sequence[Offer], interpreter: Interpreter, covered: Marker) -> tuple[UnbuiltRelease, ...]:
    """Return those of `offers` that `interpreter` needs, where that is `covered`, and has no wheel of."""
    target = interpreter.target
    ranks = {tag: rank for rank, tag in enumerate(target.tags)}
    reason = f"it has no wheel for {interpreters.record_of(interpreter).title} on this machine"
    return tuple(
        UnbuiltRelease(name=one.name, version=one.version, reason=reason)
        for one in offers
        if lockfile_select.best_name(one.wheels, ranks) is None
        and (_where(one) & covered.without_extras_and_groups()).evaluate(target.environment)
    )
