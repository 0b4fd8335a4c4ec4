"""What a user configures for all projects, in `lockenv.toml` of the user's configuration directory.

Pure: its document goes in; options, variables, indexes and proxies come out. No file of a project is read here: what
is in this one may use every variable and says where credentials go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lockenv.project import settings
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.late import late

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.project import python_archives as project_archives
    from lockenv.project.document import Document
    from lockenv.vocabulary.manifest import Index
    from lockenv.vocabulary.python_archive import PythonArchive
else:
    project_archives = late("lockenv.project.python_archives")

OPTIONS: Final[Mapping[str, type]] = {
    "allow-http": list,
    "bounds": str,
    "bytecode": str,
    "cache-dir": str,
    "cert": str,
    "color": str,
    "compile": bool,
    "mirror": list,
    "no-editable": bool,
    "no-progress": bool,
    "no-sync": bool,
    "offline": bool,
    "python-mirror": str,
    "quiet": bool,
    "verbose": bool,
}
"""Options of the command line whose default a user may set, and what their values are.

None is among them that a project decides, and none that lets code run.
"""
KEYS: Final = (*OPTIONS, "environments-dir", "index", "proxies", "python-archives", "variables")
PROXY_KEYS: Final = ("http", "https", "all", "no")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What a user configures for all projects."""

    document: Document
    options: Mapping[str, Any]
    """By the name of the option, without dashes before it."""
    variables: tuple[str, ...] = ()
    """The environment variables that files of a project may use."""
    indexes: tuple[Index, ...] = ()
    """They serve projects that declare none, but for explicit ones, which only say where credentials go."""
    environments: str = ""
    """The directory in which the environments of all projects are; empty for that of each project."""
    python_archives: tuple[PythonArchive, ...] = ()
    """The archives of Pythons that the user pins."""
    proxies: Mapping[str, str]
    """As written, by scheme; see `FetchSettings.proxies`."""


def configuration(document: Document) -> Configuration:
    """Return what `document` configures. Raises InputError for what cannot be understood."""
    document.known_keys((), KEYS)
    document.known_keys(("proxies",), PROXY_KEYS)
    options = {key: _option(document, key, kind) for key, kind in OPTIONS.items() if key in document.root}
    indexes = settings.indexes(document)
    for position, index in enumerate(indexes):
        if "://" not in index.url and not index.url.startswith("${"):
            raise document.error(
                ("index", position, "url"),
                "is relative, but does not belong to a project",
                hint=settings.INDEX_URL_HINT,
            )
    return Configuration(
        document=document,
        options=options,
        variables=tuple(document.strings(("variables",))),
        environments=document.string(("environments-dir",)) or "",
        python_archives=(project_archives.python_archives(document) if "python-archives" in document.root else ()),
        indexes=tuple(replace(index, is_users=True) for index in indexes),
        proxies={key: document.string(("proxies", key)) or "" for key in document.table(("proxies",))},
    )


def _option(document: Document, key: str, kind: type) -> Any:
    return list(document.strings((key,))) if kind is list else document.get((key,), kind)
