"""Edit what a `pyproject.toml` declares, and nothing else in it.

Pure: the text of the file and what is to change go in; the new text comes out, every comment, key and space of the rest
as it was, line ends and a byte-order mark included. `tomlkit` makes tables that are missing; elements of arrays are put
into the text (`arrays`), because it loses commas among comments.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, Literal

from lockenv.errors import BugError, InputError, UsageError
from lockenv.project import arrays, messages
from lockenv.project.requested import RequestedRequirement, read
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import normalize

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import tomlkit
    from tomlkit import items

    from lockenv.project.positions import Path
    from lockenv.vocabulary.names import NormalizedName
else:
    tomlkit = late("tomlkit")
    items = late("tomlkit.items")

_MARK = "\ufeff"
_SHAPES: dict[tuple[str, ...], type] = {
    ("project",): dict,
    ("project", "optional-dependencies"): dict,
    ("project", "dynamic"): list,
    ("dependency-groups",): dict,
    ("tool",): dict,
    ("tool", "lockenv"): dict,
    ("tool", "lockenv", "workspace"): dict,
}
"""What is at the places that an edit goes through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedList:
    """The list of requirements that is edited."""

    kind: Literal["project", "extra", "group"] = "project"
    name: str = ""
    """Of the extra or the group, as the user spells it."""

    @property
    def key(self) -> str:
        """The list as messages name it."""
        return {"project": "project.dependencies", "extra": "extra", "group": "group"}[self.kind] + (
            f" {self.name}" if self.name else ""
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedFile:
    """The new text of a file."""

    text: str
    unbounded: tuple[NormalizedName, ...] = ()
    """What was not there before and is declared without versions now, each once."""


def added(text: str, file: str, place: EditedList, wanted: Sequence[RequestedRequirement]) -> EditedFile:
    """Return `text` with `wanted` declared at `place`: merged into what is there, or added to it.

    A requirement of the same name (PEP 503) and marker is the same requirement: it keeps its place, its spelling and
    its extras, and takes the versions asked for, if any. Raises UsageError where there is no such place and none can be
    made.
    """
    unbounded: dict[NormalizedName, None] = {}

    def change(plain: str) -> str:
        plain, path = _with_array(plain, file, place)
        for one in wanted:
            plain, is_new = _added(plain, path, one)
            if is_new and not (one.specifier or one.url):
                unbounded[one.normalized] = None
        return plain

    return EditedFile(text=edited(text, file, change), unbounded=tuple(unbounded))


def removed(text: str, file: str, place: EditedList, names: Sequence[str]) -> EditedFile:
    """Return `text` without any requirement of `names` at `place`. Raises UsageError for a name that is not there."""

    def change(plain: str) -> str:
        values = tomllib.loads(plain)
        found = _read(_listed(values, place))
        going = {normalize(name): name for name in names}
        known = {one.normalized for one in found if one}
        for name, written in going.items():
            if name not in known:
                raise _absent(values, file, place, written)
        for position in reversed(range(len(found))):
            one = found[position]
            if one and one.normalized in going:
                plain = arrays.deleted(plain, _path(values, place), position)
        return plain

    return EditedFile(text=edited(text, file, change))


def rebounded(
    text: str,
    file: str,
    specifier: Callable[[RequestedRequirement], str],
    names: Collection[NormalizedName],
    place: EditedList | None = None,
) -> str:
    """Return `text` in which each requirement of `names` has the specifier that `specifier` returns for it.

    In all lists, or at `place` alone; a requirement with a direct reference stays as it is.
    """

    def change(plain: str) -> str:
        values = tomllib.loads(plain)
        for where in (place,) if place is not None else _places(values):
            path = _path(values, where)
            for position, one in enumerate(_read(_listed(values, where))):
                if one is None or one.url or one.normalized not in names:
                    continue
                new = one.bounded(specifier(one))
                if new.specifier != one.specifier:
                    written = arrays.written(str(new), arrays.quoted(plain, path, position))
                    plain = arrays.replaced(plain, path, position, written)
        return plain

    return edited(text, file, change)


def declared_names(text: str, place: EditedList | None = None) -> frozenset[NormalizedName]:
    """Return the names of the requirements that `text` declares, in all lists or at `place` alone."""
    values = tomllib.loads(text.removeprefix(_MARK))
    places = (place,) if place is not None else _places(values)
    return frozenset(one.normalized for where in places for one in _read(_listed(values, where)) if one)


def declared_of(text: str, file: str, names: Collection[NormalizedName]) -> tuple[tuple[str, str], ...]:
    """Return all that `text` declares of `names`: the key of each list with the requirement in it, and each source.

    Raises InputError for what cannot be understood.
    """
    try:
        values = tomllib.loads(text.removeprefix(_MARK))
    except ValueError as error:
        raise InputError(f"{file} is not valid TOML: {error}", hint="fix it there") from error
    check_shape(values, file)
    found = [
        (place.key, str(one))
        for place in _places(values)
        for one in _read(_listed(values, place))
        if one and one.normalized in names
    ]
    own = values.get("tool", {}).get("lockenv", {})
    sources = own.get("sources", {}) if isinstance(own, dict) else {}
    if isinstance(sources, dict):
        found += [("sources", f"{name} {source}") for name, source in sources.items() if normalize(name) in names]
    return tuple(found)


def declaring(text: str, name: str, requires_python: str) -> str:
    """Return `text` with a `[project]` table before all others."""
    table = tomlkit.table()
    table["name"] = name
    table["version"] = "0.1.0"
    table["requires-python"] = requires_python
    table["dependencies"] = tomlkit.array()
    new = tomlkit.dumps({"project": table})
    mark = _MARK if text.startswith(_MARK) else ""
    rest = text.removeprefix(_MARK)
    ends = "\r\n" if "\r\n" in rest else "\n"
    whole = mark + new.replace("\n", ends) + (ends + rest if rest.strip() else rest)
    # A key above all tables would fall into the new one.
    return whole if _same(whole, rest) else mark + rest.rstrip("\r\n") + ends * 2 + new.replace("\n", ends)


def _same(whole: str, rest: str) -> bool:
    try:
        values = tomllib.loads(whole.removeprefix(_MARK))
    except tomllib.TOMLDecodeError:
        return False
    values.pop("project")
    return values == tomllib.loads(rest)


def edited(text: str, file: str, change: Callable[[str], str]) -> str:
    """Return `text` after `change`, which gets it without its mark and with plain line ends."""
    mark = _MARK if text.startswith(_MARK) else ""
    body = text.removeprefix(_MARK)
    plain = body.replace("\r\n", "\n")
    try:
        values = tomllib.loads(plain)
    except ValueError as error:
        raise InputError(f"{file} is not valid TOML: {error}", hint="fix it there") from error
    check_shape(values, file)
    new = change(plain)
    try:
        tomllib.loads(new)
    except ValueError as error:
        raise BugError(f"{file} cannot be edited safely: {error}", hint="edit it by hand, and report this") from error
    if new == plain:
        return text
    return mark + (_with_ends(new, body) if plain != body else new)


def check_shape(values: Mapping[str, Any], file: str) -> None:
    """Raise InputError where `file` has something else than a table or an array at a place that an edit goes through.

    It is edited before it is read for what it declares.
    """
    for path, kind in _SHAPES.items():
        found: Any = values
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        if found is not None and not isinstance(found, kind):
            what = "a table" if kind is dict else "an array"
            raise InputError(f"{file}: {messages.key_text(path)} is not {what}", hint=f"write {what} there")


def _with_ends(new: str, body: str) -> str:
    """Return `new` with the line ends that its lines have in `body`; a new line ends as the one before it."""
    from difflib import SequenceMatcher

    old, lines = body.split("\n"), new.split("\n")
    matcher = SequenceMatcher(None, [line.removesuffix("\r") for line in old], lines, autojunk=False)
    made: list[str] = []
    for tag, begin, end, start, stop in matcher.get_opcodes():
        if tag == "equal" and end < len(old):
            made += old[begin:end]
            continue
        # What was the last line had no end; it takes one where others follow it.
        kept = old[begin:-1] if tag == "equal" else []
        made += kept
        for number in range(start + len(kept), stop):
            has_return = (made or old)[-1 if made else 0].endswith("\r") and number < len(lines) - 1
            made.append(lines[number] + ("\r" if has_return else ""))
    return "\n".join(made)


def _with_array(text: str, file: str, place: EditedList) -> tuple[str, Path]:
    """Return `text` with an array at `place`, made where it is missing, and the path of the array."""
    values = tomllib.loads(text)
    path = _path(values, place)
    table: Any = values
    for key in path[:-1]:
        table = table.get(key, {})
    if path[-1] in table:
        return text, path
    if place.kind != "group" and "project" not in values:
        raise UsageError(
            f"{file} has no [project] table to add to", hint="run `lockenv init`, or add to a group with --group"
        )
    _refuse_dynamic(values, file, path)
    document = tomlkit.parse(text)
    there: Any = document
    for key in path[:-1]:
        if key not in there:
            there[key] = tomlkit.inline_table() if isinstance(there, items.InlineTable) else tomlkit.table()
        there = there[key]
    is_new_table = not there
    there[path[-1]] = tomlkit.array()
    is_block = not isinstance(there, items.InlineTable)
    if is_new_table and is_block and place.kind == "extra" and list(document)[-1] != "project":
        there.add(tomlkit.nl())  # a table follows the new one
    return tomlkit.dumps(document), path


def _refuse_dynamic(values: Mapping[str, Any], file: str, path: Path) -> None:
    """Raise UsageError for a new array under a key that is left to a build: few build backends add to one (PEP 808)."""
    if key := _dynamic(values, path):
        raise UsageError(
            f"{file} declares {key} as dynamic",
            hint=f"add it where the build reads it, or set {key} in [project] if the build backend adds to it",
        )


def _dynamic(values: Mapping[str, Any], path: Path) -> str:
    """Return the key of [project] at `path` where it is left to a build; empty otherwise."""
    table, key = values.get("project", {}), str(path[1])
    return key if path[0] == "project" and key not in table and key in table.get("dynamic", ()) else ""


def _path(values: Mapping[str, Any], place: EditedList) -> Path:
    """Return the path of the array at `place`, with the key as it is written where it is."""
    if place.kind == "project":
        return ("project", "dependencies")
    above: tuple[str, ...] = ("dependency-groups",)
    if place.kind == "extra":
        above = ("project", "optional-dependencies")
    table: Any = values
    for key in above:
        table = table.get(key, {})
    return (*above, next((key for key in table if normalize(key) == normalize(place.name)), place.name))


def _listed(values: Mapping[str, Any], place: EditedList) -> Sequence[object]:
    """Return what is at `place`; nothing where there is no such array."""
    table: Any = values
    for key in _path(values, place):
        table = table.get(key, {}) if isinstance(table, dict) else {}
    return table if isinstance(table, list) else ()


def _read(listed: Sequence[object]) -> list[RequestedRequirement | None]:
    return [read(element) if isinstance(element, str) else None for element in listed]


def _added(text: str, path: Path, wanted: RequestedRequirement) -> tuple[str, bool]:
    """Return `text` with `wanted` merged into the array at `path`, and whether it is new there."""
    found = _read(_at(text, path))
    for position, one in enumerate(found):
        if one and (one.normalized, one.canonical_marker) == (wanted.normalized, wanted.canonical_marker):
            merged = one.merged(wanted)
            if merged == one:
                return text, False
            written = arrays.written(str(merged), arrays.quoted(text, path, position))
            return arrays.replaced(text, path, position, written), False
    return arrays.inserted(text, path, _position(found, wanted), arrays.written(str(wanted))), True


def _at(text: str, path: Path) -> Sequence[object]:
    value: Any = tomllib.loads(text)
    for key in path:
        value = value[key]
    return value if isinstance(value, list) else ()


def _position(found: Sequence[RequestedRequirement | None], wanted: RequestedRequirement) -> int:
    """Return where `wanted` belongs: in order where there is an order, else at the end."""
    known = [one.normalized for one in found if one]
    if len(known) < 2 or len(known) < len(found) or known != sorted(known):
        return len(found)
    return sum(name <= wanted.normalized for name in known)


def _absent(values: Mapping[str, Any], file: str, place: EditedList, name: str) -> UsageError:
    """Return the error that says where else `name` is declared, or what is near to it."""
    for other in _places(values):
        if any(one and one.normalized == normalize(name) for one in _read(_listed(values, other))):
            option = {"project": "", "extra": f" --optional {other.name}", "group": f" --group {other.name}"}
            return UsageError(
                f"{name} is not in {place.key} of {file}, but in {other.key}",
                hint=f"run `lockenv remove {name}{option[other.kind]}`",
            )
    if key := _dynamic(values, _path(values, place)):
        return UsageError(f"{file} declares {key} as dynamic", hint="remove it where the build reads it")
    known = [one.normalized for one in _read(_listed(values, place)) if one]
    near = messages.suggestion(normalize(name), known)
    return UsageError(f"{name} is not in {place.key} of {file}{near}", hint=messages.declared_hint(name, known))


def _places(values: Mapping[str, Any]) -> list[EditedList]:
    extras = values.get("project", {}).get("optional-dependencies", {})
    groups = values.get("dependency-groups", {})
    return [
        EditedList(),
        *(EditedList(kind="extra", name=name) for name in extras),
        *(EditedList(kind="group", name=name) for name in groups),
    ]
