"""Find out what lockenv works with here, and what is in the way of `lock` and `sync`.

In: DoctorRequest. Out: Diagnosis. It asks each index once, tries what the file systems can do in directories that it
removes again, and changes nothing else. Never: printing; a password, or a part of one.
"""

from __future__ import annotations

import os
import platform
import sys
from functools import partial
from typing import TYPE_CHECKING

import lockenv
from lockenv.context.access import with_users_indexes
from lockenv.context.user_configuration import path_of
from lockenv.environment.interpreters import list_all
from lockenv.fetch.settings import CERTIFICATE_VARIABLES
from lockenv.fetch.transport import TransportError
from lockenv.fetch.trusted_certificates import trust
from lockenv.files.abilities import can_link, tried
from lockenv.files.git_program import run_git
from lockenv.files.programs import find_program
from lockenv.operations import configuration
from lockenv.operations.index_answers import index_answers
from lockenv.operations.obstacle import Obstacle, answered
from lockenv.operations.project_state import Examination
from lockenv.operations.synced import SyncRequest
from lockenv.vocabulary.dataclasses import dataclass, field
from lockenv.vocabulary.direct import Commit
from lockenv.vocabulary.progress import SILENT_LISTENER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.context.settings import Settings
    from lockenv.environment.interpreters import FoundInterpreter
    from lockenv.files.abilities import Abilities
    from lockenv.operations.configuration import Setting
    from lockenv.operations.index_answers import IndexAnswer
    from lockenv.operations.project_state import ProjectState
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.progress import Listener

DISTRIBUTION = "pylockenv"
"""What lockenv is called on an index."""
_ELSEWHERE = "choose a directory of your own with --cache-dir or LOCKENV_CACHE_DIR"
_OTHERS = ("CI", "CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")
_OTHER_TOOLS = ("PIP_", "UV_")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorRequest:
    """What to look at."""

    sources: Mapping[str, str] = field(default_factory=dict)
    """Where the value of each option of this run is from, by its `dest`."""
    venv: str = ""
    lockfile: str = ""
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The lockenv that runs, and the Python that runs it."""

    version: str
    distribution: str
    location: str
    """The directory of the package."""
    python: str
    implementation: str
    executable: str
    platform: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Which certificates connections trust."""

    file: str
    """Empty for the trust store of the system."""
    source: str
    """The option or variable that names the file; empty for the trust store of the system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """The git that lockenv starts; empty where there is none."""

    path: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSystems:
    """What the file systems that lockenv writes to can do."""

    cache: Abilities
    environment: Abilities
    """Of the directory in which the environment is, or would be."""
    can_link: bool
    """Whether a file of the cache can be linked into the environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """What is configured, and where."""

    path: str
    """Of the user's configuration."""
    is_there: bool
    """Whether the user has one."""
    settings: tuple[Setting, ...]
    """Those that someone set, secrets masked."""
    variables: tuple[str, ...]
    """The names of variables that are set, and that Python or other tools read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What lockenv works with, and what is in the way."""

    program: Program
    project: ProjectState
    file_systems: FileSystems
    is_offline: bool
    indexes: tuple[IndexAnswer, ...]
    certificates: Certificates
    git: Git
    pythons: tuple[FoundInterpreter, ...]
    """Those that environments can be created from, the preferred first."""
    configured: Configured
    obstacles: tuple[Obstacle, ...]
    """What is in the way of `lock` or `sync`."""


def doctor(request: DoctorRequest, settings: Settings, listener: Listener = SILENT_LISTENER) -> Diagnosis:
    """Return what lockenv works with in the project that `settings` mean, or without one."""
    obstacles: list[Obstacle] = []
    answered(lambda: settings.cache, obstacles)
    wanted = SyncRequest(venv=request.venv, lockfile=request.lockfile, requirements=request.requirements)
    examination = Examination(settings, wanted, obstacles)
    project = examination.state()
    return Diagnosis(
        program=_program(),
        project=project,
        file_systems=_file_systems(project, settings, obstacles),
        is_offline=settings.offline,
        certificates=_certificates(request, settings, obstacles),
        indexes=_indexes(examination.manifest, project, settings, listener, obstacles),
        git=_git(examination.manifest, settings, obstacles),
        pythons=answered(partial(_pythons, settings), obstacles) or (),
        configured=_configured(request, settings, obstacles),
        obstacles=tuple(obstacles),
    )


def _program() -> Program:
    return Program(
        version=lockenv.__version__,
        distribution=DISTRIBUTION,
        location=os.path.dirname(os.path.abspath(lockenv.__file__)),
        python=platform.python_version(),
        implementation=platform.python_implementation(),
        executable=sys.executable,
        platform=platform.platform(),
    )


def _file_systems(project: ProjectState, settings: Settings, obstacles: list[Obstacle]) -> FileSystems:
    place = project.directory or settings.directory
    root = os.path.dirname(os.path.abspath(project.environment)) if project.environment else place
    cache, beside = tried(settings.cache_path), tried(root)
    if cache.refusal:
        message = f"cannot write to the cache directory {cache.directory}: {cache.refusal}"
        obstacles.append(Obstacle(message=message, hint=_ELSEWHERE))
    if beside.refusal:
        message = f"cannot write to {beside.directory}: {beside.refusal}"
        obstacles.append(Obstacle(message=message, hint="change its owner or mode, or use --venv"))
    return FileSystems(cache=cache, environment=beside, can_link=can_link(settings.cache_path, root))


def _certificates(request: DoctorRequest, settings: Settings, obstacles: list[Obstacle]) -> Certificates:
    named = next((name for name in CERTIFICATE_VARIABLES if settings.environ.get(name)), "")
    if settings.cert:
        found = Certificates(file=settings.cert, source=request.sources.get("cert") or "--cert")
    else:
        found = Certificates(file=settings.environ.get(named, ""), source=named)
    if found.file:
        try:
            trust(found.file)
        except TransportError as fault:
            hint = "use --cert or SSL_CERT_FILE with a file of certificates in PEM format"
            obstacles.append(Obstacle(message=fault.reason, hint=hint))
    return found


def _indexes(
    manifest: Manifest | None,
    project: ProjectState,
    settings: Settings,
    listener: Listener,
    obstacles: list[Obstacle],
) -> tuple[IndexAnswer, ...]:
    """Return how the indexes answer: those of the project, or what serves one that declares none."""
    declared = manifest.indexes if manifest is not None else with_users_indexes((), settings)
    place = project.directory or settings.directory
    found = answered(partial(index_answers, declared, settings, place, listener), obstacles) or ()
    for each in found:
        if each.obstacle is not None and each.obstacle not in obstacles:
            obstacles.append(each.obstacle)
    return found


def _git(manifest: Manifest | None, settings: Settings, obstacles: list[Obstacle]) -> Git:
    """Return the git that is there; one that is missing is in the way of a project that takes sources from commits."""
    path = find_program("git", settings.tools_environ)
    if path is None:
        if manifest is not None and any(isinstance(each, Commit) for each in manifest.references()):
            message = "git was not found on PATH, and the project takes sources from git repositories"
            obstacles.append(Obstacle(message=message, hint="install git"))
        return Git()
    done = answered(lambda: run_git(["--version"], settings.tools_environ, network=False), obstacles)
    text = done.stdout.decode("utf-8", "replace").strip() if done is not None else ""
    return Git(path=path, version=text.removeprefix("git version "))


def _pythons(settings: Settings) -> tuple[FoundInterpreter, ...]:
    return list_all(environ=settings.tools_environ, cache_dir=settings.cache, project_dir=settings.directory)


def _configured(request: DoctorRequest, settings: Settings, obstacles: list[Obstacle]) -> Configured:
    found = answered(partial(configuration.in_effect, request.sources, settings), obstacles)
    if found is None:
        found = configuration.of_user(request.sources, settings)
    variables = (name for name in settings.environ if name in _OTHERS or name.startswith(_OTHER_TOOLS))
    return Configured(
        path=path_of(settings.environ),
        is_there=settings.user is not None,
        settings=tuple(one for one in found if one.source != configuration.DEFAULT),
        variables=tuple(sorted(variables)),
    )
