"""What a project sets in `[tool.lockenv]`.

Pure: a document goes in; policy, indexes, sources and sets of conflicts come out. Every key is known, or refused with
the list of those that are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal, cast, get_args

from lockenv.errors import BugError
from lockenv.project import wording
from lockenv.vocabulary.manifest import Index, Policy, PrereleasePolicy
from lockenv.vocabulary.names import GroupName, NormalizedName, normalize

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lockenv.project.document import Document
    from lockenv.project.positions import Path
    from lockenv.vocabulary.requirement import Declared

INDEX_URL_HINT: Final = "write https://, http:// or file:// and the rest of its address, without ? and #"
TOOL: Final = ("tool", "lockenv")
KEYS: Final = (
    "environments",
    "required-environments",
    "prerelease",
    "exclude-newer",
    "allow-build",
    "no-build",
    "no-build-package",
    "no-binary",
    "no-binary-package",
    "constraints",
    "overrides",
    "default-groups",
    "conflicts",
    "index",
    "sources",
    "fork",
)
_INDEX_KEYS: Final = ("name", "url", "explicit")
_SOURCE_KEYS: Final = ("index",)
_LATER_SOURCES: Final = ("git", "url", "path", "editable", "workspace", "rev", "tag", "branch", "subdirectory")
_FORKS: Final = ("latest", "fewest")
_ALL: Final = ("*",)
# The variables of these markers are about a request to install, not about an environment.
_NO_ENVIRONMENT = re.compile(r"\b(extras?|dependency_groups)\b")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_URL = re.compile(r"(?:https?|file)://[^\s?#]+|\$\{[A-Z0-9_]+\}[^\s?#]*")


def index_url(text: str) -> str:
    """Give the simple root that `text` names, ending in one slash; empty when it is not the URL of an index."""
    return text.rstrip("/") + "/" if _URL.fullmatch(text) else ""


def check_keys(document: Document) -> None:
    """Raise InputError for a key that `[tool.lockenv]` does not have."""
    document.known_keys(TOOL, KEYS)


def policy(document: Document, now: str | None) -> Policy:
    """Give which releases may be chosen; `now` (RFC 3339) is what a relative cutoff counts back from."""
    cutoff, span = _cutoff(document, now)
    return Policy(
        prerelease=cast("PrereleasePolicy", _choice(document, "prerelease", get_args(PrereleasePolicy))),
        exclude_newer=cutoff,
        exclude_newer_span=span,
        allow_build=_allow_build(document),
        no_build=_packages(document, "no-build", "no-build-package"),
        no_binary=_packages(document, "no-binary", "no-binary-package"),
        fork=cast("Literal['latest', 'fewest']", _choice(document, "fork", _FORKS)),
    )


def environments(document: Document, key: str) -> tuple[str, ...]:
    """Give the markers in the array at `key`, canonical, in the order they are written."""
    markers = []
    for position, _ in enumerate(document.strings((*TOOL, key))):
        path = (*TOOL, key, position)
        marker = document.marker(path)
        found = _NO_ENVIRONMENT.search(_QUOTED.sub("", marker))
        if found:
            raise document.error(
                path, f"asks for `{found[0]}`, which is no property of an environment", hint=wording.MARKER_HINT
            )
        markers.append(marker)
    return tuple(markers)


def constraints(document: Document) -> tuple[Declared, ...]:
    """Give the constraints, in the order they are written."""
    declared = document.requirements((*TOOL, "constraints"))
    for position, constraint in enumerate(declared):
        if constraint.requirement.extras:
            raise document.error(
                (*TOOL, "constraints", position),
                "names extras, which a constraint cannot have",
                hint="constrain the versions alone, and name the extras where the project is required",
            )
    return declared


def overrides(document: Document) -> tuple[Declared, ...]:
    """Give the overrides, in the order they are written."""
    return document.requirements((*TOOL, "overrides"))


def default_groups(document: Document, groups: Collection[str]) -> tuple[GroupName, ...]:
    """Give the groups that are installed unasked, in the order they are written; `dev` alone when none are set."""
    path: Path = (*TOOL, "default-groups")
    if document.get(path, list) is None:
        return (GroupName("dev"),) if "dev" in groups else ()
    chosen: dict[GroupName, None] = {}
    for position, written in enumerate(document.strings(path)):
        name = GroupName(normalize(written))
        if name not in groups:
            raise _undeclared(document, (*path, position), "group", written, groups)
        chosen[name] = None
    return tuple(chosen)


def conflicts(
    document: Document, extras: Collection[str], groups: Collection[str]
) -> tuple[tuple[tuple[Literal["extra", "group"], str], ...], ...]:
    """Give the sets of extras and groups that are never installed together, as they are written."""
    path: Path = (*TOOL, "conflicts")
    found = []
    for position, _ in enumerate(document.array(path)):
        members: dict[tuple[Literal["extra", "group"], str], None] = {}
        for place, _ in enumerate(document.array((*path, position))):
            member = _member(document, (*path, position, place), extras, groups)
            if member in members:
                raise document.error(
                    (*path, position, place), f'names the {member[0]} "{member[1]}" again', hint="name it once"
                )
            members[member] = None
        if len(members) < 2:
            raise document.error((*path, position), "names fewer than two", hint="a conflict is between two or more")
        found.append(tuple(members))
    return tuple(found)


def indexes(document: Document) -> tuple[Index, ...]:
    """Give the indexes in the order they are declared, which is the order they are tried in."""
    path: Path = (*TOOL, "index")
    declared: dict[str, Index] = {}
    for position, _ in enumerate(document.array(path)):
        index = _index(document, (*path, position))
        if index.name and index.name in declared:
            raise document.error(
                (*path, position, "name"), f'is "{index.name}", as an index before it', hint="name each index once"
            )
        declared[index.name or f"[{position}]"] = index
    return tuple(declared.values())


def sources(document: Document, declared: Sequence[Index]) -> Mapping[NormalizedName, str]:
    """Give the name of the index that alone serves a project, for each project that names one."""
    path: Path = (*TOOL, "sources")
    names = [index.name for index in declared if index.name]
    found: dict[NormalizedName, str] = {}
    for written in document.table(path):
        place = (*path, written)
        name = normalize(document.name(place, written, at_key=True))
        if name in found:
            raise document.error(place, "gives the source of a project again", hint="give it once", at_key=True)
        found[name] = _source(document, place, names)
    return found


def _source(document: Document, path: Path, names: Sequence[str]) -> str:
    for key in document.table(path):
        if key in _LATER_SOURCES:
            raise document.error(
                (*path, key), "is not supported yet", hint='name an index, as { index = "internal" }', at_key=True
            )
    document.known_keys(path, _SOURCE_KEYS)
    name = document.string((*path, "index"))
    if name is None:
        raise document.error(path, "names no index", hint='write { index = "internal" }')
    if name not in names:
        raise _undeclared(document, (*path, "index"), "index", name, names)
    return name


def _index(document: Document, path: Path) -> Index:
    document.known_keys(path, _INDEX_KEYS)
    name = document.string((*path, "name")) or ""
    url = document.string((*path, "url"))
    explicit = document.boolean((*path, "explicit"))
    if url is None:
        raise document.error(path, "has no url", hint='write url = "https://…/simple/"')
    root = index_url(url)
    if not root:
        # What is there may hold a password, so that the message does not repeat it.
        raise document.error((*path, "url"), "is not the URL of an index", hint=INDEX_URL_HINT)
    if explicit and not name:
        raise document.error(path, "is explicit and has no name", hint="name it, so that sources can")
    return Index(name=name, url=root, explicit=explicit)


def _member(
    document: Document, path: Path, extras: Collection[str], groups: Collection[str]
) -> tuple[Literal["extra", "group"], str]:
    document.known_keys(path, ("extra", "group"))
    extra, group = document.string((*path, "extra")), document.string((*path, "group"))
    match extra, group:
        case str(written), None:
            if normalize(written) not in extras:
                raise _undeclared(document, (*path, "extra"), "extra", written, extras)
            return "extra", normalize(written)
        case None, str(written):
            if normalize(written) not in groups:
                raise _undeclared(document, (*path, "group"), "group", written, groups)
            return "group", normalize(written)
        case _:
            raise document.error(
                path, "names not exactly one of extra and group", hint='write { extra = "cpu" } or { group = "cpu" }'
            )


def _undeclared(document: Document, path: Path, what: str, written: str, valid: Collection[str]) -> Exception:
    plural = "indexes" if what == "index" else f"{what}s"
    return document.error(
        path,
        f'names the {what} "{written}", which is not declared{wording.suggestion(written, valid)}',
        hint=f"the {plural} are {', '.join(valid)}" if valid else f"the project declares no {plural}",
    )


def _cutoff(document: Document, now: str | None) -> tuple[str, str]:
    path: Path = (*TOOL, "exclude-newer")
    written: Any = document.get(path, object)
    if written is None:
        return "", ""
    from lockenv.project import cutoff

    if hasattr(written, "isoformat"):
        written = written.isoformat()
    elif not isinstance(written, str):
        written = document.string(path) or ""
    is_span = cutoff.is_span(written)
    if is_span and now is None:
        raise BugError("a relative exclude-newer was read without the clock")
    try:
        return cutoff.moment(written, now or ""), written if is_span else ""
    except ValueError as error:
        raise document.error(path, f"is not a cutoff: {error}", hint=cutoff.HINT) from error


def _choice(document: Document, key: str, valid: tuple[str, ...]) -> str:
    """Give the word at `key`, which is one of `valid`; the first of them when nothing is there."""
    written = document.string((*TOOL, key))
    if written is None:
        return valid[0]
    if written not in valid:
        raise document.error(
            (*TOOL, key),
            f'is "{written}", which is no choice{wording.suggestion(written, valid)}',
            hint=f"write {' or '.join(valid)}",
        )
    return written


def _allow_build(document: Document) -> tuple[str, ...]:
    path: Path = (*TOOL, "allow-build")
    if isinstance(document.get(path, object), bool):
        return _ALL if document.boolean(path) else ()
    return _names(document, path)


def _packages(document: Document, all_key: str, some_key: str) -> tuple[str, ...]:
    some = _names(document, (*TOOL, some_key))
    return _ALL if document.boolean((*TOOL, all_key)) else some


def _names(document: Document, path: Path) -> tuple[str, ...]:
    """Give the names in the array at `path`, normalized, sorted, each once."""
    names = enumerate(document.strings(path))
    return tuple(sorted({normalize(document.name((*path, position), name)) for position, name in names}))
