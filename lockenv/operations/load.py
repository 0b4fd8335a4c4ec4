"""Find a project on disk, and read what it declares and what it locked.

Duty: paths and bytes to Manifest and Lock. Never: writing, deciding.
"""

from __future__ import annotations

import os

from lockenv.errors import InputError, UsageError
from lockenv.files.reading import refuse_special
from lockenv.lockfile.paths import LOCK, check_lock_name, relative
from lockenv.operations import discovery
from lockenv.operations.found_project import Project, document, layers
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from lockenv.builds import dynamic_metadata, workspace
    from lockenv.context import access, env_vars, project_files, substitution
    from lockenv.context.settings import Settings
    from lockenv.fetch import local
    from lockenv.lockfile.lock import Lock
    from lockenv.operations import missing_places, named_locks, python_range
    from lockenv.project import document as project_document
    from lockenv.project import named_locks as project_named_locks
    from lockenv.project import pyproject as project_pyproject
    from lockenv.project import requirements as project_requirements
    from lockenv.project import requirements_settings
    from lockenv.project.conversion import setuptools
    from lockenv.vocabulary import manifest as vocabulary_manifest
    from lockenv.vocabulary.manifest import BuildStatement, Index, Manifest
    from lockenv.vocabulary.names import NormalizedName
else:
    project_files = late("lockenv.context.project_files")
    dynamic_metadata = late("lockenv.builds.dynamic_metadata")
    workspace = late("lockenv.builds.workspace")
    access = late("lockenv.context.access")
    env_vars = late("lockenv.context.env_vars")
    substitution = late("lockenv.context.substitution")
    local = late("lockenv.fetch.local")
    missing_places = late("lockenv.operations.missing_places")
    named_locks = late("lockenv.operations.named_locks")
    python_range = late("lockenv.operations.python_range")
    project_document = late("lockenv.project.document")
    project_named_locks = late("lockenv.project.named_locks")
    project_pyproject = late("lockenv.project.pyproject")
    project_requirements = late("lockenv.project.requirements")
    requirements_settings = late("lockenv.project.requirements_settings")
    setuptools = late("lockenv.project.conversion.setuptools")
    vocabulary_manifest = late("lockenv.vocabulary.manifest")

__all__ = [
    "PYPROJECT",
    "REQUIREMENTS",
    "SETTINGS",
    "Project",
    "document",
    "is_there",
    "layers",
    "located",
    "lock",
    "manifest",
    "nearest",
    "needed_lock",
    "project",
    "settings_alone",
    "with_itself",
]

PYPROJECT = "pyproject.toml"
REQUIREMENTS = "requirements.in"
SETTINGS = "lockenv.toml"


def project(
    settings: Settings, requirements: Sequence[str] = (), lockfile: str = "", *, is_text_only: bool = False
) -> Project:
    """Return the project that the user means: named files, else the nearest directory upwards that declares one.

    A directory declares a project by `pyproject.toml`, `requirements.in` or `pylock.toml`, in this order. A member of a
    workspace means the workspace, unless `--project` named the member. The lock may be a named one: `settings` name it,
    or `lockfile` is its path, which is enough where no project is. With `is_text_only` no lock is written, whose it may
    be. Raises UsageError when there is no project, for a lock whose name the standard does not allow, and for one that
    is not of `requirements`.
    """
    directory = settings.directory if requirements else _of_lockfile(settings, lockfile) or nearest(settings)
    if not (requirements or settings.is_named):
        directory = discovery.root(directory)
    lock = os.path.join(settings.directory, lockfile) if lockfile else settings.lock or os.path.join(directory, LOCK)
    check_lock_name(lock)
    pyproject, bare, own = (_there(directory, name) for name in (PYPROJECT, REQUIREMENTS, SETTINGS))
    found = Project(directory=directory, pyproject="", requirements=tuple(requirements), lock=lock, own_settings=own)
    if requirements:
        found = replace(found, beside=pyproject)
        if not (lockfile or settings.lock or is_text_only):
            named_locks.refuse_project(found, bare, is_declared=bool(pyproject) and _declares(pyproject))
    elif pyproject and not (bare and not _declares(pyproject)):
        found = replace(found, pyproject=pyproject, script_directory=settings.script_directory)
    else:
        found = replace(found, requirements=(relative(bare),) if bare else (), beside=pyproject)
    if lockfile or settings.named_lock:
        return named_locks.with_lock(found, settings, lockfile=lockfile, is_named=bool(requirements))
    return found


def manifest(
    found: Project,
    settings: Settings,
    locked: Lock | None = None,
    python: str = "",
    read: Callable[[str], str] | None = None,
    reported: BuildStatement | None = None,
) -> Manifest:
    """Return what `found` declares; `read` returns the text of its files where they are not to be read as they are.

    What a build `reported` of what the project leaves to it counts; else what `locked` holds of a build of the same.

    Requirements files cannot say which Pythons they are for: `python` does, else the old lock, else it is the minor
    version that lockenv runs on, and later ones; so for a `pyproject.toml` that does not say it. Raises InputError
    for what cannot be understood and MachineError for what cannot be read.
    """
    if python and found.named:
        raise UsageError(
            "--python cannot be used with a named lock",
            hint=f"set requires-python in [tool.lockenv.lock.{found.named}]",
        )
    if found.pyproject:
        if python:
            raise UsageError("--python can only be used with requirements files", hint="set project.requires-python")
        return _of_pyproject(found, settings, locked, read, reported)
    if not found.requirements:
        raise UsageError(
            f"{found.directory} declares no requirements",
            hint="create pyproject.toml or requirements.in, or use -r; `lockenv sync` installs from the lockfile",
        )
    return _of_requirements(found, settings, locked, python, read)


def _of_pyproject(
    found: Project,
    settings: Settings,
    locked: Lock | None,
    read: Callable[[str], str] | None,
    reported: BuildStatement | None,
) -> Manifest:
    text, file = (read or project_files.read_text)(found.pyproject), relative(found.pyproject)
    own = document(found.own_settings, read)

    def declared_by(build: BuildStatement | None) -> Manifest:
        return project_pyproject.manifest(
            text, file, now=settings.now, directory=found.start, reported=build, own=own, lock=found.named
        )

    declared = declared_by(reported)
    if declared.dynamic is not None:
        dynamic = dynamic_metadata.add_recorded(declared.dynamic, found.directory, text, locked)
        if dynamic.reported is not reported:
            declared = declared_by(dynamic.reported)
        declared = replace(declared, dynamic=dynamic)
    declared = located(replace(declared, text=text), found.start)
    if found.listed:
        declared = project_named_locks.with_requirements(declared, _listed(found.listed, found, settings, read))
    declared = _for_user(declared, settings)
    declared = _completed(declared, found, locked)
    if declared.requires_python and not declared.members:
        return declared
    return python_range.decided(declared, locked, found.directory, settings.tools_environ)


def _of_requirements(
    found: Project, settings: Settings, locked: Lock | None, python: str, read: Callable[[str], str] | None
) -> Manifest:
    declared = _listed(found.requirements, found, settings, read)
    if found.beside or found.own_settings:
        chosen = layers(found, read)
        beside = located(requirements_settings.settings_of(chosen, found.directory, settings.now), found.directory)
        if found.named:
            beside = project_named_locks.narrowed(beside, project_named_locks.named_lock(chosen, found.named), chosen)
            python = beside.requires_python
        declared = requirements_settings.combined(declared, beside)
    declared = _completed(_for_user(replace(declared, requires_python=python), settings), found, locked)
    return python_range.decided(declared, locked, found.directory, settings.tools_environ)


def _listed(files: tuple[str, ...], found: Project, settings: Settings, read: Callable[[str], str] | None) -> Manifest:
    """Return what requirements `files` declare."""
    permitted = substitution.PermittedVariables(env_vars.of_project(settings))
    try:
        declared = project_requirements.manifest(files, read or project_files.read_declared, permitted, found.directory)
    except InputError:
        permitted.check()  # what was withheld may be all that is wrong
        raise
    permitted.check()
    if declared.direct:
        missing_places.refuse_missing(declared.direct, found.directory)
    return located(declared, os.path.dirname(os.path.abspath(files[0])))


def _for_user(declared: Manifest, settings: Settings) -> Manifest:
    """Return `declared` with the user's indexes in place of the default one, where that would serve it.

    They are recorded in the lock like those of the project.
    """
    if not settings.user_indexes:
        return declared
    return replace(declared, indexes=access.with_users_indexes(declared.indexes, settings))


def settings_alone(found: Project, settings: Settings) -> vocabulary_manifest.Manifest:
    """Return what the settings of `found` say where no file there declares requirements, as beside a lock made with -r.

    Raises InputError.
    """
    if not (found.beside or found.own_settings):
        return vocabulary_manifest.Manifest()
    return located(requirements_settings.settings_of(layers(found), found.directory, settings.now), found.directory)


def _completed(declared: Manifest, found: Project, locked: Lock | None) -> Manifest:
    """Return `declared` with what only its directories can say."""
    if found.start != found.base:
        declared = replace(declared, root=os.path.relpath(found.start, found.base).replace(os.sep, "/"))
    if declared.has_direct or declared.workspace:
        declared = workspace.with_sources(declared, found.start, found.base, project_files.read_text)
    return with_itself(declared, found, {entry.name for entry in locked.packages}) if locked is not None else declared


def with_itself(declared: Manifest, found: Project, names: Collection[NormalizedName]) -> Manifest:
    """Return `declared` with the project itself among its sources where it is one of the locked `names`.

    It is one where something that it requires requires it, and it has one place like all that no index serves.
    """
    is_required = bool(declared.name) and declared.name in names
    if not is_required and declared.name not in declared.direct:
        return declared
    return workspace.with_itself(declared, found.directory, is_required=is_required)


def located(declared: Manifest, base: str) -> Manifest:
    """Return `declared` with the place of each index, and of each client certificate, that is relative to `base`."""
    if not any(_is_relative(index.url) or _is_relative(index.client_cert) for index in declared.indexes):
        return declared
    return replace(declared, indexes=tuple(_placed_index(index, base) for index in declared.indexes))


def _placed_index(index: Index, base: str) -> Index:
    if _is_relative(index.client_cert):
        index = replace(index, client_cert=os.path.join(base, index.client_cert))
    if not _is_relative(index.url):
        return index
    path = os.path.normpath(os.path.join(base, index.url))
    is_page = index.url.endswith((".html", ".htm"))
    return replace(index, place=local.url_of(path if is_page else f"{path}{os.sep}"))


def _is_relative(place: str) -> bool:
    return bool(place) and "://" not in place and not place.startswith("${")


def lock(found: Project) -> Lock | None:
    """Return the lock of `found`; None when it has none. Raises InputError when it cannot be understood."""
    return project_files.lock_at(found.lock)


def needed_lock(found: Project) -> Lock:
    """Return the lock of `found`. Raises InputError when it has none."""
    existing = lock(found)
    if existing is None:
        hint = named_locks.where(found) or "run `lockenv lock` and commit the lockfile"
        raise InputError(f"{found.lock_name} does not exist", hint=hint)
    return existing


LISTS = ("requirements.txt", "environment.yml", "environment.yaml")
"""Files that list requirements, which `import --declare` makes a project of."""


def _of_lockfile(settings: Settings, lockfile: str) -> str:
    """Return the directory of a lockfile that is there where no project is; empty otherwise."""
    path = os.path.join(settings.directory, lockfile)
    return os.path.dirname(path) if lockfile and os.path.isfile(path) and not is_there(settings) else ""


def is_there(settings: Settings) -> bool:
    """Return whether there is a project: in the directory of `settings`, or upwards."""
    return bool(discovery.nearest(settings.directory, (PYPROJECT, REQUIREMENTS, LOCK)))


def nearest(settings: Settings) -> str:
    """Return the nearest directory upwards that declares a project. Raises UsageError."""
    if not os.path.isdir(settings.directory):
        raise UsageError(f"the directory `{settings.directory}` does not exist", hint="check --project")
    found = discovery.nearest(settings.directory, (PYPROJECT, REQUIREMENTS, LOCK))
    if not found:
        raise UsageError(
            f"no {PYPROJECT}, {REQUIREMENTS} or {LOCK} found in {settings.directory} or its parent directories",
            hint=_hint(settings.directory),
        )
    return found


def _hint(start: str) -> str:
    """Return what to do where no project is declared in a way that lockenv reads."""
    if found := foreign(start):
        return f"run `lockenv import` to convert {found} to {PYPROJECT}"
    for name in LISTS:
        if _there(start, name):
            return f"run `lockenv import {name} --declare` to convert it to {PYPROJECT}"
    return "run `lockenv init` to create a project here, or use --project to choose one elsewhere"


def foreign(directory: str) -> str:
    """Return the name of the file by which pipenv or setuptools has a project in `directory`; empty where none has."""
    for name in ("Pipfile", "setup.py"):
        if _there(directory, name):
            return name
    path = _there(directory, "setup.cfg")
    return "setup.cfg" if path and setuptools.is_project(project_files.read_text(path)) else ""


def _there(directory: str, name: str) -> str:
    """Return the path of the file `name` in `directory`; empty where there is none, RefusedError for another thing."""
    path = os.path.join(directory, name)
    if os.path.isfile(path):
        return path
    refuse_special(path)
    return ""


def _declares(pyproject: str) -> bool:
    """Return whether `pyproject` declares requirements, and not only settings."""
    try:
        return not {"project", "dependency-groups"}.isdisjoint(
            project_document.Document(project_files.read_text(pyproject), relative(pyproject)).root
        )
    except InputError:
        return True  # what is wrong with it is reported when it is read for what it declares
