"""What a directory of sources says of itself in its `pyproject.toml`: its name, and where its requirements come from.

Pure: the file's text goes in; a Member comes out, its paths relative to the root of the lock.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from lockenv.project import includes
from lockenv.project.direct import from_table, is_conditional, places
from lockenv.project.document import Document
from lockenv.project.layers import TOOL
from lockenv.project.pyproject import unread_places
from lockenv.project.references import ALWAYS_REQUIRED, References
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.direct import moved
from lockenv.vocabulary.names import NormalizedName, normalize
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.places import moved_places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lockenv.project.positions import Path
    from lockenv.vocabulary.direct import DeclaredSource
    from lockenv.vocabulary.manifest import Index, UnreadSource
    from lockenv.vocabulary.names import GroupName
    from lockenv.vocabulary.origin import Origin
    from lockenv.vocabulary.places import Place
    from lockenv.vocabulary.requirement import Declared


_NAME: Final = lazy_pattern(r"\s*[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A project in a directory."""

    name: NormalizedName
    """Empty where its `pyproject.toml` has no `[project]` table."""
    version: str
    """Empty where only a build knows it."""
    sources: Mapping[NormalizedName, str]
    """The names of the indexes that serve its requirements, where it names any."""
    direct: Mapping[NormalizedName, DeclaredSource]
    """Where its requirements come from that no index serves."""
    places: Mapping[NormalizedName, tuple[Place, ...]]
    """Where its requirements come from that have sources for some environments only."""
    of_workspace: tuple[tuple[NormalizedName, Origin], ...]
    """Its requirements that are members of the workspace, as it says."""
    names: frozenset[NormalizedName]
    """The projects that it and its groups require, with extras or without, as far as its file says."""
    groups: Mapping[GroupName, tuple[Declared, ...]]
    """Its dependency groups, without URLs; none for what is no member of the workspace."""
    bare: tuple[Declared, ...] | None
    """What it requires, where it says so without a `[build-system]`; None for what is built like any other project."""
    unread: tuple[UnreadSource, ...]
    """The places that only tables of other tools name."""


def member(
    text: str, file: str, directory: str, prefix: str, indexes: Sequence[Index] = (), *, has_groups: bool = False
) -> Member:
    """Return what the `pyproject.toml` with `text` says, which errors call `file` and which is in `directory`.

    `prefix` is `directory` as the root of the lock sees it; `indexes` are those of the root. Dependency groups are only
    read where it `has_groups` that count. Raises InputError.
    """
    document = Document(text, file)
    references = References(directory)
    # What one of its extras requires is taken from the same source as if it were always required.
    groups = includes.groups(document) if has_groups else {}
    references.of_lists({ALWAYS_REQUIRED: (*_declared(document), *chain(*groups.values()))})
    sources: dict[NormalizedName, str] = {}
    mates = []
    for written in document.table((*TOOL, "sources")):
        place = (*TOOL, "sources", written)
        name = normalize(document.name(place, written, at_key=True))
        value = document.table((*TOOL, "sources"))[written]
        if is_conditional(value):
            references.places[name] = places(document, place, directory, value)
            if any(each.kind for each in references.places[name]):
                raise document.error(
                    place,
                    "is for an extra or a group, which only the workspace root can declare",
                    hint="move it to [tool.lockenv.sources] of the workspace root",
                )
            continue
        direct = from_table(document, place, directory)
        if direct is not None:
            references.add(name, direct, document.origin(place))
        elif document.get((*place, "workspace"), bool):
            mates.append((name, document.origin(place)))
        else:
            sources[name] = document.string((*place, "index")) or ""
    table = document.table(("project",))
    written_name = document.string(("project", "name")) if table else None
    is_static = "version" not in document.array(("project", "dynamic")) if table else False
    return Member(
        name=normalize(document.name(("project", "name"), written_name)) if written_name else NormalizedName(""),
        version=(document.string(("project", "version")) or "") if is_static else "",
        sources=sources,
        direct={name: replace(each, direct=moved(each.direct, prefix)) for name, each in references.sourced.items()},
        places={name: moved_places(some, prefix) for name, some in references.places.items()},
        of_workspace=tuple(mates),
        names=frozenset(chain(_names(document), (each.requirement.name for each in chain(*groups.values())))),
        groups={name: without_urls(some) for name, some in groups.items()},
        bare=_bare(document),
        unread=unread_places(document, indexes, (*sources, *references.sourced, *references.places)),
    )


def without_urls(declared: Iterable[Declared]) -> tuple[Declared, ...]:
    """Return requirements without the places that they name, which are noted elsewhere."""
    return tuple(replace(each, requirement=replace(each.requirement, url="")) for each in declared)


def _bare(document: Document) -> tuple[Declared, ...] | None:
    table = document.table(("project",))
    if "version" not in table or "dynamic" in table or "build-system" in document.root:
        return None
    if document.get(("tool", "uv", "package"), bool):
        return None
    path: Path = ("project", "dependencies")
    return tuple(document.requirement((*path, position)) for position, _ in enumerate(document.strings(path)))


def _lists(document: Document) -> list[Path]:
    extras: Path = ("project", "optional-dependencies")
    return [("project", "dependencies"), *((*extras, extra) for extra in document.table(extras))]


def _names(document: Document) -> Iterator[NormalizedName]:
    for path in _lists(document):
        for text in document.strings(path):
            if found := _NAME.match(text):
                yield normalize(found[0].strip())


def _declared(document: Document) -> Iterator[Declared]:
    """Return the requirements that carry a URL."""
    for path in _lists(document):
        for position, text in enumerate(document.strings(path)):
            # What else is wrong with a requirement is reported when its metadata is read.
            if "@" in text:
                yield document.requirement((*path, position))
