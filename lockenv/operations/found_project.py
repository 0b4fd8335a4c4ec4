"""A project as it is found on disk: what declares it, its settings and its environment. Never: what it requires."""

from __future__ import annotations

import os

from lockenv.lockfile.paths import relative
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockenv.context import project_files
    from lockenv.context.settings import Settings
    from lockenv.environment import ownership
    from lockenv.files import reparse
    from lockenv.project import document as project_document
    from lockenv.project import layers as project_layers
    from lockenv.project import settings as project_settings
    from lockenv.project.layers import Layers
    from lockenv.vocabulary import hashing
else:
    project_files = late("lockenv.context.project_files")
    ownership = late("lockenv.environment.ownership")
    reparse = late("lockenv.files.reparse")
    project_document = late("lockenv.project.document")
    project_layers = late("lockenv.project.layers")
    project_settings = late("lockenv.project.settings")
    hashing = late("lockenv.vocabulary.hashing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Where a project is; every path is absolute."""

    directory: str
    pyproject: str
    """Empty when requirements files declare it, or nothing does."""
    requirements: tuple[str, ...]
    """Requirements files as the user named them, relative to where the program was started."""
    lock: str
    beside: str = ""
    """The `pyproject.toml` beside requirements files, read for its settings alone; empty for none."""
    own_settings: str = ""
    """The `lockenv.toml`; empty for none."""
    named: str = ""
    """The name of the lock, of those that the project declares beside its own; empty for its own."""
    listed: tuple[str, ...] = ()
    """Requirements files that the named lock lists beside what `pyproject` declares."""

    script_directory: str = ""
    """Where the Python file is whose metadata is the text of `pyproject`, which is in the cache; empty for none."""

    @property
    def start(self) -> str:
        """The directory that paths in the declaration are seen from."""
        return self.script_directory or self.directory

    @property
    def is_declared(self) -> bool:
        """Whether any file declares requirements."""
        return bool(self.pyproject or self.requirements)

    @property
    def base(self) -> str:
        """The directory that paths in the lock are seen from."""
        return os.path.dirname(self.lock)

    @property
    def lock_name(self) -> str:
        """The lock as messages name it."""
        return relative(self.lock)


def document(path: str, read: Callable[[str], str] | None = None) -> project_document.Document | None:
    """Return the TOML document at `path`, whose text `read` returns; None for an empty path. Raises InputError."""
    if not path:
        return None
    return project_document.Document((read or project_files.read_text)(path), relative(path))


def layers(found: Project, read: Callable[[str], str] | None = None) -> Layers:
    """Return the settings of `found`. Raises InputError for one that is set twice, or is none.

    Of a project that is looked at through other requirements files, those about its extras and groups are left out.
    """
    pyproject = document(found.pyproject or found.beside, read)
    is_other = pyproject is not None and bool(found.beside) and "project" in pyproject.root
    chosen = project_layers.of_project(
        pyproject,
        document(found.own_settings, read),
        (*project_settings.ABOUT_LISTS, "workspace") if is_other else (),
        found.named,
    )
    chosen.check_keys(project_settings.KEYS)
    return chosen


def environment_path(project: Project, settings: Settings, venv: str) -> str:
    """Return where the environment of `project` is: `.venv` unless named, or `.venv-NAME` for its lock NAME.

    A user may keep those of all projects in one directory, each called after its project and where that is.
    Raises RefusedError for a `.venv` that is a link, unless the user named the environment by it before.
    """
    if venv:
        return os.path.join(settings.directory, venv)
    user = settings.user
    if user is not None and user.environments:
        root = _central(project, user.environments)
    else:
        root = os.path.join(project.directory, f".venv-{project.named}" if project.named else ".venv")
    if reparse.is_link(root):
        ownership.refuse_foreign_link(root, settings.environ)
    return root


def _central(project: Project, directory: str) -> str:
    """Return where in `directory` the environment of `project` is."""
    place = os.path.realpath(project.directory)
    digest = hashing.sha256(os.fsencode(place)).hexdigest()[:12]
    return os.path.join(directory, "-".join(filter(None, (os.path.basename(place), digest, project.named))))
