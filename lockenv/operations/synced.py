"""Whether an environment is as its last sync left it: the quick look of `sync`, `run` and `shell`.

In: a SyncRequest, a Project, an Environment. Out: what decides a sync, and whether that still holds. Never: a change.
"""

from __future__ import annotations

import os
import sys

from lockenv import __version__
from lockenv.environment.python_pin import is_surely_met, pinned
from lockenv.environment.venv import open_environment
from lockenv.errors import InputError, MachineError
from lockenv.files.reading import read_file
from lockenv.lockfile.paths import build_lock_path, relative
from lockenv.operations import load
from lockenv.operations.found_project import environment_path
from lockenv.operations.selection_options import SelectionOptions
from lockenv.sync import state
from lockenv.vocabulary import hashing
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.builds import source_digests
    from lockenv.context import project_files
    from lockenv.context.settings import Settings
    from lockenv.environment import doubt as environment_doubt
    from lockenv.environment import installed
    from lockenv.environment import interpreter as environment_interpreter
    from lockenv.environment.venv import Environment
    from lockenv.operations.load import Project
    from lockenv.project import settings as project_settings
    from lockenv.sync import inspection, plan
    from lockenv.vocabulary.progress import Listener
else:
    project_files = late("lockenv.context.project_files")
    source_digests = late("lockenv.builds.source_digests")
    environment_doubt = late("lockenv.environment.doubt")
    environment_interpreter = late("lockenv.environment.interpreter")
    installed = late("lockenv.environment.installed")
    project_settings = late("lockenv.project.settings")
    inspection = late("lockenv.sync.inspection")
    plan = late("lockenv.sync.plan")


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRequest:
    """What an environment is to hold, and what to do about it."""

    selection: SelectionOptions = SelectionOptions()
    python: str = ""
    find_links: tuple[str, ...] = ()
    from_dir: str = ""
    frozen: bool = False
    check: bool = False
    dry_run: bool = False
    inexact: bool = False
    prune_unowned: bool = False
    reinstall: bool = False
    names: tuple[str, ...] = ()
    compile: bool = False
    no_editable: bool = False
    allow_empty: bool = False
    venv: str = ""
    lockfile: str = ""
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """The answer "yes": the environment holds what the lock selects."""

    name: str
    """The environment as messages name it."""
    kept: int | None = None
    """How many distributions it has, where a sync had nothing to change; else None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WouldChange:
    """What a sync that changes nothing found: it would change something."""

    verdict: str
    """A clause."""
    hint: str = ""
    """What to do, if a sync does not help."""


_RECORDS_PYTHON = b"\n[tool.lockenv.python]\n"
"""In the text of a lock that records a Python."""
_ONCE = frozenset({"reinstall", "names"})
"""What to do now, which says nothing of what the environment is to hold."""


def note_active(root: str, settings: Settings, listener: Listener) -> None:
    """Report that an environment is active that is neither the one of the project, at `root`, nor lockenv's own.

    Whoever names the lock or a script means no environment that is active. One of the cache is that of a script or of
    `run --with`, in which another command was started.
    """
    active = settings.environ.get("VIRTUAL_ENV", "")
    if settings.lock or not active:
        return
    place = os.path.realpath(active)
    is_cached = place.startswith(os.path.join(os.path.realpath(settings.cache_path), ""))
    if not is_cached and place not in (os.path.realpath(root), os.path.realpath(sys.prefix)):
        listener.note(f"VIRTUAL_ENV names {active}, not {relative(root)}, and is ignored; use --active to use it")


def existing_environment(project: Project, settings: Settings, venv: str) -> Environment:
    """Return the environment of `project`. Raises InputError when there is none."""
    root = environment_path(project, settings, venv)
    environment = open_environment(root)
    if environment is None:
        command = f"lockenv sync --lock {project.named}" if project.named else "lockenv sync"
        raise InputError(f"the environment {relative(root)} does not exist", hint=f"run `{command}`")
    return environment


def is_as_left(environment: Environment) -> bool:
    """Return whether `environment` has what the last change put there, as far as this has to be looked at again."""
    if environment_doubt.doubt(environment.records) is environment_doubt.Inspection.NONE:
        return True
    return inspection.is_whole(environment)


def decision(request: SyncRequest, project: Project, environ: Mapping[str, str]) -> state.SyncDecision | None:
    """Return what decides this sync; None where nothing is to be changed, or something cannot be read."""
    if request.check or request.dry_run:
        return None

    fields = sorted(set(SyncRequest.__slots__) - _ONCE)
    chosen = [f"{field}={getattr(request, field)!r}" for field in fields]
    if not request.python and (pin := pinned(project.directory, environ)[0]):
        chosen.append(f"pin={pin!r}")
    tools = build_lock_path(project.lock)
    try:
        if os.path.isfile(tools):
            chosen.append(f"build={_digest(tools)}")
        return state.SyncDecision(
            lock=_digest(project.lock),
            declared=_frozen(declared(project)) if request.frozen else declared(project),
            choice=hashing.digest("\n".join([__version__, *chosen]).encode("utf-8", "surrogateescape")),
        )
    except OSError:
        return None  # the full way reports what is wrong with the file


def declared(project: Project) -> str:
    """Return a digest of the files that declare the requirements, and how the project itself is built.

    Empty where only reading them whole would show it.
    """
    if not project.is_declared:
        return hashing.digest(b"")
    digest = (
        source_digests.build_digest(project.directory)
        if project.pyproject
        else source_digests.requirements_digest(project.requirements)
    )
    parts = [_digest(path) for path in (project.beside, project.own_settings) if path]
    if project.listed:
        listed = source_digests.requirements_digest(project.listed)
        digest = listed and digest
        parts.append(listed)
    if not digest or not parts:
        return digest
    return hashing.digest("\n".join((digest, *parts)).encode())


def _digest(path: str) -> str:
    return hashing.digest(read_file(path))


def is_of_locked_python(environment: Environment, project: Project, settings: Settings) -> bool:
    """Return whether the interpreter of `environment` still has the version it was created with, if that is recorded.

    An update of the system may put another one in its place.
    """
    if _RECORDS_PYTHON not in read_file(project.lock):
        return True
    try:
        own = environment_interpreter.probe(environment.base, cache_dir=settings.cache, environ=settings.tools_environ)
    except MachineError:
        return False
    return own.version == environment.version


def is_as_synced(environment: Environment, project: Project, settings: Settings, *, is_frozen: bool = False) -> bool:
    """Return whether the lock, what is declared and `environment` are as the last sync left them.

    Its Python has to be what the nearest `.python-version` asks for. With `is_frozen` it makes no difference what is
    declared, as long as the same files win where distributions overlap and nothing is provided by the base.
    """
    if not is_surely_met(pinned(project.directory, settings.environ)[0], environment):
        return False
    last = state.last(environment)
    try:
        if last is None or last.lock != _digest(project.lock):
            return False
    except OSError:
        return False
    now = declared(project)
    if is_frozen:
        is_same = last.declared in (now, _frozen(now)) or _heeds_overwrites(environment, project)
    else:
        is_same = bool(now) and last.declared == now
    return is_same and is_as_left(environment) and is_of_locked_python(environment, project, settings)


def _frozen(declared: str) -> str:
    """Return what a sync with `frozen` remembers of what is `declared`: the lock may not answer it."""
    return declared and hashing.digest(f"frozen {declared}".encode())


def _heeds_overwrites(environment: Environment, project: Project) -> bool:
    """Return whether each distribution lost files to those that the project, which has changed, has win them."""
    present = installed.scan(environment)
    paths = [path for path in (project.pyproject, project.beside, project.own_settings) if path]
    texts = [project_files.read_text(path) for path in paths]
    if environment.sees_system_packages or any("system-site-packages" in text for text in texts):
        return False  # a sync looks at what the base provides
    is_set = any("allow-overwrite" in text for text in texts)
    if not is_set and not any(one.overwritten_by for one in present):
        return True
    there, overwrites = {one.name for one in present}, project_settings.allow_overwrite(load.layers(project))
    return all(one.overwritten_by == plan.winners(one.name, there, overwrites) for one in present)
