"""The places that other tools' tables name for packages, and that `[tool.lockenv]` does not.

Pure: a document goes in; what a lock would miss comes out. A name that one of these tables takes from elsewhere, locked
from the default index, is whatever a stranger uploaded there under that name (dependency confusion).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.late import late
from lockenv.vocabulary.manifest import UnreadSource
from lockenv.vocabulary.names import NormalizedName, normalize
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from lockenv.project import direct
    from lockenv.project.document import Document
    from lockenv.project.positions import Path
    from lockenv.project.values import Values
    from lockenv.vocabulary.manifest import Index
else:
    direct = late("lockenv.project.direct")

_ELSEWHERE = ("git", "hg", "svn", "path", "url", "file", "source")
"""The keys by which a dependency of Poetry comes from elsewhere than its default index."""
_SETTINGS = {
    "constraint-dependencies": "constraints",
    "build-constraint-dependencies": "build-constraints",
    "override-dependencies": "overrides",
    "exclude-dependencies": "exclude-dependencies",
    "dependency-groups": "dependency-groups",
    "environments": "environments",
    "required-environments": "required-environments",
    "conflicts": "conflicts",
    "exclude-newer": "exclude-newer",
    "exclude-newer-package": "exclude-newer-package",
    "prerelease": "prerelease",
    "resolution": "resolution",
    "no-build": "no-build",
    "no-build-package": "no-build-package",
    "no-binary": "no-binary",
    "no-binary-package": "no-binary-package",
}
"""The settings of uv that decide what is locked, and what lockenv calls them."""
_PLAIN: tuple[object, ...] = (None, False, [], {}, "if-necessary-or-explicit", "highest", "explicit", "if-necessary")
"""Values that say what holds without them, or that have no counterpart."""
_NAME = lazy_pattern(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NO_WORKSPACE = "comes from a workspace, but this project is not a workspace root"
_UV_SOURCES = ("git", "url", "path", "index", "workspace")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A source of one project, or an index."""

    tool: str
    path: Path
    name: NormalizedName = NormalizedName("")
    index: str = ""
    """The name of an index."""
    url: str = ""
    obstacle: str = ""


def unread(
    document: Document, indexes: Iterable[Index], known: Collection[NormalizedName], own: Values | None
) -> tuple[UnreadSource, ...]:
    """Return what other tools' tables in a `pyproject.toml` say of places and nothing else says, as it is written.

    `indexes` are those that lockenv reads, `known` the projects whose source it reads, `own` its settings; None for a
    member of a workspace.
    """
    tables = document.root.get("tool")
    if not isinstance(tables, dict):
        return ()
    found = [place for tool, read in _READERS.items() if tool in tables for place in read(tables[tool], ("tool", tool))]
    # An empty array says that none of the indexes of other tools is meant.
    is_closed = own is not None and own.get(("index",), list) == []
    found = [place for place in found if not (place.url and is_closed)]
    if own is not None and own.get(("workspace",), dict) is None and "workspace" not in _table(tables, "uv"):
        found = [_outside(place, _table(_table(tables, "uv"), "sources")) for place in found]
    if own is None or own.get(("workspace",), dict) is not None:
        found = [place for place in found if place.name or place.url]
    return _lacking(document, found, indexes, known)


def _outside(place: _Place, sources: Mapping[str, Any]) -> _Place:
    """Return a place as it is where the project is of no workspace: one of uv's sources may be nowhere then."""
    value = sources.get(str(place.path[-1])) if place.path[1:-1] == ("uv", "sources") else None
    is_mate = isinstance(value, dict) and "workspace" in value
    return replace(place, obstacle=_NO_WORKSPACE) if is_mate and not place.obstacle else place


def overlooked(document: Document, own: Values) -> tuple[str, ...]:
    """Return the keys of other tools' tables that change what is locked and that `own` settings have no counterpart of.

    They are no danger, as the places are; what they mean is missing from the lock nevertheless.
    """
    tables = document.root.get("tool")
    if not isinstance(tables, dict):
        return ()
    groups = {normalize(name) for name in document.table(("dependency-groups",))}
    found = [f"tool.uv.{key}" for key in _settings(_table(tables, "uv"), own)]
    if own.get(("default-groups",), object) is None and _has_other_default_groups(_table(tables, "uv"), groups):
        found.append("tool.uv.default-groups")
    dev = next((some for name, some in document.table(("dependency-groups",)).items() if normalize(name) == "dev"), ())
    if not _names(_table(tables, "uv").get("dev-dependencies")) <= _names(dev):
        found.append("tool.uv.dev-dependencies")
    poetry, pdm = _table(tables, "poetry"), _table(tables, "pdm")
    lists = {
        "tool.poetry.dev-dependencies": ["dev"] if "dev-dependencies" in poetry else [],
        "tool.pdm.dev-dependencies": list(_table(pdm, "dev-dependencies")),
        "tool.poetry.group": list(_table(poetry, "group")),
    }
    found += [key for key, names in lists.items() if any(normalize(name) not in groups for name in names)]
    if "overrides" in _table(pdm, "resolution") and own.get(("overrides",), object) is None:
        found.append("tool.pdm.resolution.overrides")
    return tuple(found)


def overlooked_in_uv(document: Document, own: Values) -> tuple[str, ...]:
    """Return the keys of a `uv.toml` that change what is locked and that `own` settings have no counterpart of."""
    return tuple(_settings(document.root, own))


def _settings(uv: Mapping[str, Any], own: Values) -> Iterator[str]:
    """Yield the settings of uv that decide what is locked, where `own` say nothing of the same."""
    for key, counterpart in _SETTINGS.items():
        if uv.get(key) not in _PLAIN and own.get((counterpart,), object) is None:
            yield key


def _names(requirements: object) -> set[NormalizedName]:
    """Return the names of the projects that a list requires."""
    texts = requirements if isinstance(requirements, list) else []
    found = (_NAME.match(text) for text in texts if isinstance(text, str))
    return {normalize(each[0]) for each in found if each}


def _has_other_default_groups(uv: Mapping[str, Any], groups: Collection[str]) -> bool:
    """Return whether uv would install other groups unasked than lockenv, which like uv takes `dev` if there is one."""
    listed = uv.get("default-groups")
    if listed == "all":
        listed = list(groups)
    if not isinstance(listed, list):
        return False
    chosen = {normalize(name) for name in listed if isinstance(name, str)}
    return chosen != {"dev"}.intersection(groups)


def unread_in_uv(document: Document, indexes: Iterable[Index]) -> tuple[UnreadSource, ...]:
    """Return the indexes of a `uv.toml` that `indexes` do not have."""
    return _lacking(document, _uv(document.root, ()), indexes, ())


def is_index(url: str, name: str, index: Index) -> bool:
    """Return whether `index` is the one that another tool knows by `url` or `name`."""
    return bare(index.url) == bare(url) or bool(name and normalize(name) == normalize(index.name))


def bare(url: str) -> str:
    """Return what of `url` names an index: no user, no slash at the end."""
    scheme, colons, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{colons}{host.rpartition('@')[2]}{slash}{path}".rstrip("/").lower()


def _lacking(
    document: Document,
    found: Iterable[_Place],
    indexes: Iterable[Index],
    known: Collection[NormalizedName],
) -> tuple[UnreadSource, ...]:
    there = tuple(indexes)
    lacking = []
    for place in found:
        is_there = (
            any(is_index(place.url, place.index, index) for index in there)
            if place.url
            else bool(place.name) and place.name in known
        )
        if not is_there:
            lacking.append(
                UnreadSource(
                    tool=place.tool,
                    file=document.file,
                    path=place.path,
                    name=place.name,
                    url=place.url,
                    obstacle=place.obstacle,
                )
            )
    return tuple(lacking)


def _uv(table: object, path: Path) -> Iterator[_Place]:
    if not isinstance(table, dict):
        return
    for name, value in _table(table, "sources").items():
        yield _Place(tool="uv", path=(*path, "sources", name), name=normalize(name), obstacle=obstacle(value))
    for position, one in enumerate(_tables(table, "index")):
        if isinstance(one.get("url"), str) and not one.get("explicit"):
            yield _Place(
                tool="uv", path=(*path, "index", position), url=one["url"], index=str(one.get("name", "")).lower()
            )
    for key in ("index-url", "extra-index-url", "find-links"):
        written = table.get(key, ())
        for url in [written] if isinstance(written, str) else written if isinstance(written, list) else ():
            yield _Place(tool="uv", path=(*path, key), url=str(url))
    if "workspace" in table:
        yield _Place(tool="uv", path=(*path, "workspace"))


def obstacle(source: object) -> str:
    """Return why one value of `[tool.uv.sources]` has no counterpart in `[tool.lockenv.sources]`; empty if it has."""
    listed = source if isinstance(source, list) else [source]
    is_conditional = len(listed) != 1 or (
        isinstance(listed[0], dict) and any(key in listed[0] for key in direct.CONDITIONS)
    )
    return next((why for one in listed if (why := _why_not(one, is_conditional))), "")


def _why_not(source: object, is_conditional: bool) -> str:
    if not isinstance(source, dict):
        return "has a source that is not a table"
    if sum(key in source for key in _UV_SOURCES) != 1:
        return "has a source of an unknown kind"
    if is_conditional and "workspace" in source:
        return "is a workspace member in some environments only"
    return ""


def _poetry(table: object, path: Path) -> Iterator[_Place]:
    if not isinstance(table, dict):
        return
    for position, one in enumerate(_tables(table, "source")):
        if isinstance(one.get("url"), str) and one.get("priority") != "explicit":
            yield _Place(
                tool="Poetry", path=(*path, "source", position), url=one["url"], index=str(one.get("name", ""))
            )
    lists: list[tuple[str, ...]] = [("dependencies",), ("dev-dependencies",)]
    lists += [("group", name, "dependencies") for name in _table(table, "group")]
    for keys in lists:
        listed: Any = table
        for key in keys:
            listed = _table(listed, key)
        for name, value in listed.items():
            places = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
            if any(key in one for one in places for key in _ELSEWHERE):
                yield _Place(tool="Poetry", path=(*path, *keys, name), name=normalize(name), obstacle=_many(places))


def _many(places: list[Any]) -> str:
    return "has more than one source" if len(places) > 1 else ""


def _named(tool: str, key: str) -> Any:
    def read(table: object, path: Path) -> Iterator[_Place]:
        for position, one in enumerate(_tables(table if isinstance(table, dict) else {}, key)):
            if isinstance(one.get("url"), str):
                yield _Place(tool=tool, path=(*path, key, position), url=one["url"], index=str(one.get("name", "")))

    return read


_READERS = {"uv": _uv, "poetry": _poetry, "pdm": _named("PDM", "source"), "rye": _named("Rye", "sources")}


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _tables(table: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    value = table.get(key)
    return [one if isinstance(one, dict) else {} for one in value] if isinstance(value, list) else []
