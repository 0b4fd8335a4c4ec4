"""Write declarations into the text of a `pyproject.toml`.

Pure: text and a Declarations go in, the new text comes out, everything that was there as it was, comments included.
What the file says already wins; what contradicts it is named.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, Final

from lockenv.errors import InputError
from lockenv.project import arrays, edit, messages
from lockenv.project.conversion.declarations import Declarations, UnconvertedKey
from lockenv.project.conversion.sections import literal, put
from lockenv.project.layers import TOOL
from lockenv.project.positions import spots
from lockenv.project.pyproject import manifest
from lockenv.project.requested import read
from lockenv.project.unread import bare
from lockenv.vocabulary.names import normalize

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lockenv.project.document import Document
    from lockenv.project.positions import Path
    from lockenv.project.requested import RequestedRequirement

_EXTRAS: Final = ("project", "optional-dependencies")
_GROUPS: Final = ("dependency-groups",)
_ORDER: Final = ("name", "version", "description", "readme", "requires-python", "license", "authors", "maintainers")
"""The order of the keys of a new `[project]`; others follow as they come."""


def converted(text: str, file: str, found: Declarations, now: str, own: Document | None = None) -> str:
    """Return `text` with what was `found`, as lockenv can read it; what it cannot read is added to what is left.

    `now` (RFC 3339) is what relative cutoffs count back from; `own` is a `lockenv.toml`, whose settings stay as they
    are. Raises InputError for what was wrong before.
    """
    for key in [key for key in found.settings if own and key in own.root]:
        found.leave((*TOOL, key), "is already in lockenv.toml, which is not changed; complete it there")
        del found.settings[key]
    while True:
        new = written(text, file, found)
        try:
            manifest(new, file, now=now, own=own)
        except InputError as error:
            if not _is_taken_out(new, file, found, error):
                raise
        else:
            return new


def _is_taken_out(text: str, file: str, found: Declarations, error: InputError) -> bool:
    """Take what `error` points at in `text` out of what was `found`, and return whether it was there."""
    key = error.origin.key if error.origin else ""
    path = next((path for path in spots(text.removeprefix("\ufeff")) if messages.key_text(path) == key), ())
    holder, place = _holder(found, path)
    if holder is None or not place:
        return False
    value = _at(tomllib.loads(text.removeprefix("\ufeff")), place)
    if isinstance(holder, list):
        if value not in holder:
            return False
        holder.remove(value)
        found.settings = {key: one for key, one in found.settings.items() if one is not holder or holder}
    elif place[-1] in holder:
        del holder[place[-1]]
    else:
        return False
    reason = error.message.removeprefix(f"{key} ")
    found.left.append(UnconvertedKey(file=file, path=place, meaning=f"cannot be `{_shown(value)}`: it {reason}"))
    return True


def _holder(found: Declarations, path: Path) -> tuple[Any, Path]:
    """Return the table or list that what is at `path` was collected in, and the path of the whole entry."""
    match path:
        case ("tool", "lockenv", str(key), *_) if key in found.settings:
            holder = found.settings[key]
            is_within = isinstance(holder, (dict, list)) and len(path) > 3
            return (holder, path[:4]) if is_within else (found.settings, path[:3])
        case ("project", "dependencies", int(), *_):
            return found.dependencies, path[:3]
        case ("project", "optional-dependencies", str(extra), int(), *_):
            return found.extras.get(extra), path[:4]
        case ("dependency-groups", str(group), int(), *_):
            return found.groups.get(group), path[:3]
        case ("project", str(key), *_):
            return found.project, path[:2]
    return None, ()


def _shown(value: object) -> str:
    return messages.without_secrets(value if isinstance(value, str) else literal(value))


def written(text: str, file: str, found: Declarations) -> str:
    """Return `text` with what was `found`; what contradicts it is added to what is left.

    Raises InputError where the file is written in a way that cannot be edited.
    """

    def change(plain: str) -> str:
        _check_shapes(tomllib.loads(plain), file, found)
        for path, value in _missing(tomllib.loads(plain), found):
            plain = _put(plain, path, value, file)
        return plain

    if not text.strip():
        return change("")
    return edit.edited(text, file, change)


def _check_shapes(values: Mapping[str, Any], file: str, found: Declarations) -> None:
    """Raise InputError where `values` have something else where a table or an array that was `found` is to be added."""
    added: dict[Path, object] = {(*TOOL, key): value for key, value in found.settings.items()}
    added |= {_written(values, _EXTRAS, extra): listed for extra, listed in found.extras.items()}
    added |= {_written(values, _GROUPS, group): listed for group, listed in found.groups.items()}
    for path, value in added.items():
        old = _at(values, path)
        for kind, what in ((dict, "a table"), (list, "an array")):
            if isinstance(value, kind) and old is not None and not isinstance(old, kind):
                raise InputError(f"{file}: {messages.key_text(path)} is not {what}", hint=f"write {what} there")


def _put(text: str, path: Path, value: Any, file: str) -> str:
    """Return `text` with `value` at `path`: elements for an array that is there, else a new key."""
    old = _at(tomllib.loads(text), path)
    if not isinstance(old, list) or (path[0] == "tool" and all(isinstance(one, dict) for one in value)):
        new = put(text, path, value)
    else:
        new = text
        for element in value:
            new = arrays.inserted(new, path, len(_at(tomllib.loads(new), path)), literal(element))
    if _at(_loaded(new), path) != ([*old, *value] if isinstance(old, list) else value):
        raise InputError(
            f"{file} has a form that lockenv cannot edit at {messages.key_text(path)}",
            hint=f"add {messages.key_text(path)} by hand and run the command again",
        )
    return new


def _loaded(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except ValueError:
        return {}


def _missing(values: Mapping[str, Any], found: Declarations) -> Iterator[tuple[Path, Any]]:
    """Yield what `values` lack: for an array that is there the elements to add, for another key its value."""
    yield from _missing_in_project(values, found)
    for group, listed in found.groups.items():
        yield from _missing_in_list(values, _written(values, _GROUPS, group), listed)
    if found.build_system and "build-system" not in values:
        for key, value in found.build_system.items():
            yield ("build-system", key), value
    yield from ((path, value) for path, value in found.backend.items() if _at(values, path) is None)
    for key, value in found.settings.items():
        yield from _missing_in_settings(values, (*TOOL, key), value, found)


def _missing_in_project(values: Mapping[str, Any], found: Declarations) -> Iterator[tuple[Path, Any]]:
    there = _at(values, ("project",)) or {}
    dynamic = there.get("dynamic", [])
    for key, value in sorted(found.project.items(), key=_rank):
        if key not in there and key not in dynamic:
            yield from _entries(("project", key), value)
    is_computed = "dependencies" in found.project.get("dynamic", ())
    if found.dependencies or (found.project and not is_computed):
        yield from _missing_in_list(values, ("project", "dependencies"), found.dependencies)
    for extra, listed in found.extras.items():
        yield from _missing_in_list(values, _written(values, _EXTRAS, extra), listed)


def _rank(item: tuple[str, Any]) -> int:
    return _ORDER.index(item[0]) if item[0] in _ORDER else len(_ORDER)


def _entries(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    """Yield the keys of the tables that have headers of their own, as one is used to see them."""
    if isinstance(value, dict) and value and path[1] in ("scripts", "gui-scripts", "urls", "entry-points"):
        for key, one in value.items():
            yield from _entries((*path, key), one)
    else:
        yield path, value


def _written(values: Mapping[str, Any], path: tuple[str, ...], name: str) -> Path:
    """Return the path of the entry `name` of a table, with its key as it is written where it is there."""
    there = _at(values, path) or {}
    return (*path, next((key for key in there if normalize(key) == normalize(name)), name))


def _missing_in_list(values: Mapping[str, Any], path: Path, listed: Sequence[Any]) -> Iterator[tuple[Path, Any]]:
    """Yield the requirements that the list at `path` lacks; those of a name and marker that it has are there."""
    old = _at(values, path)
    if old is None:
        yield path, list(listed)
        return
    known = {_key(one) for one in old}
    new = [one for one in listed if _key(one) not in known]
    if new:
        yield path, new


def _key(one: object) -> object:
    wanted: RequestedRequirement | None = read(one) if isinstance(one, str) else None
    return (wanted.normalized, wanted.canonical_marker) if wanted else repr(one)


def _missing_in_settings(
    values: Mapping[str, Any], path: Path, value: Any, found: Declarations
) -> Iterator[tuple[Path, Any]]:
    old = _at(values, path)
    if old is None:
        if isinstance(value, dict) and path[-1] != "audit":
            yield from (((*path, key), one) for key, one in value.items())
        else:
            yield path, value
    elif isinstance(old, dict):
        names = {normalize(str(key)) for key in old}
        yield from (((*path, key), one) for key, one in value.items() if normalize(key) not in names)
    elif isinstance(old, list):
        new = [one for one in value if not any(_is_same(one, other) for other in old)]
        if new:
            yield path, new
    elif old != value:
        found.leave(path, f"is `{old}`, but is `{value}` in {found.file}; [tool.lockenv] is not changed")


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict) and "url" in one:
        return bare(str(one["url"])) == bare(str(other.get("url", ""))) or (
            "name" in one and one["name"] == other.get("name")
        )
    return bool(one == other or (isinstance(one, str) and _key(one) == _key(other)))


def _at(values: Any, path: Path) -> Any:
    for key in path:
        if isinstance(values, dict):
            values = values.get(key)
        elif isinstance(values, list) and isinstance(key, int) and key < len(values):
            values = values[key]
        else:
            return None
    return values
