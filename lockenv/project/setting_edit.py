"""Add elements to a setting that is a list, in `lockenv.toml` or under `[tool.lockenv]`, and change nothing else.

Pure: the text of the file, the key and the elements go in; the new text comes out. What comes out is read again and
compared with what is expected, so that no edit changes another value.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from lockenv.errors import InputError
from lockenv.project import arrays
from lockenv.project.edit import edited
from lockenv.project.positions import spots
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.project.positions import Path, ValueSpan
    from lockenv.vocabulary.names import NormalizedName

_HEADER = lazy_pattern(r"[ \t]*\[")
_BEFORE_NAME = lazy_pattern(r"\[\[?[^\[\]{}=]*")
"""What comes before the last name of a header."""
_LINE_END = lazy_pattern(r"[^\n]*(?:\n|\Z)")


def listed(text: str, file: str, prefix: Path, key: str, elements: Sequence[str]) -> str:
    """Return `text` of `file` with `elements` in the array `key` of the table at `prefix`.

    Elements that are there already stay as they are; new ones are put in order where the array is in order, else at
    its end. A missing array or table is added; `false` in place of the array is replaced, `true` means everything
    and is left. Raises InputError for a file that is not TOML, or where the array cannot be edited.
    """

    def change(plain: str) -> str:
        before = tomllib.loads(plain)
        if _value(before, (*prefix, key)) is True:
            return plain
        try:
            new = _with_elements(plain, (*prefix, key), elements)
            after = tomllib.loads(new)
        except (tomllib.TOMLDecodeError, InputError) as error:
            raise _refusal(file, key, elements) from error
        if not _is_meant(before, after, (*prefix, key), elements):
            raise _refusal(file, key, elements)
        return new

    return edited(text, file, change)


def with_lists(text: str, file: str, path: Path, lists: Mapping[NormalizedName, Sequence[str]]) -> str:
    """Return `text` of `file` with `lists` among the arrays of the table at `path`, by the name of a package.

    The table may be inline, have a header or be missing; a name in it may be in another spelling. Raises as `listed`.
    """

    def change(plain: str) -> str:
        for name, elements in lists.items():
            plain = _with_list(plain, file, path, name, elements)
        return plain

    return edited(text, file, change)


def _with_list(text: str, file: str, path: Path, name: str, elements: Sequence[str]) -> str:
    before = tomllib.loads(text)
    table = _value(before, path)
    key = next((each for each in table if normalize(each) == name), name) if isinstance(table, dict) else name
    try:
        new = _with_name(text, path, key, elements)
        after = tomllib.loads(new)
    except (tomllib.TOMLDecodeError, InputError) as error:
        raise _refusal(file, f"{path[-1]}.{name}", elements) from error
    if not _is_meant(before, after, (*path, key), elements):
        raise _refusal(file, f"{path[-1]}.{name}", elements)
    return new


def _with_name(text: str, path: Path, key: str, elements: Sequence[str]) -> str:
    """Return `text` with `elements` in the array `key` of the table at `path`."""
    table = _value(tomllib.loads(text), path)
    if isinstance(table, dict) and (key in table or not _is_inline(text, path)):
        return _with_elements(text, (*path, key), elements)
    entry = f"{key} = [{', '.join(map(arrays.written, elements))}]"
    if not isinstance(table, dict):
        return _with_line(text, path[:-1], f"{path[-1]} = {{ {entry} }}\n")
    if table:
        at = arrays.behind(text, spots(text)[*path, [*table][-1]].value)
        return f"{text[:at]}, {entry}{text[at:]}"
    at = spots(text)[path].value + 1
    return f"{text[:at]} {entry} {text[at:].lstrip(' ')}"


def _is_inline(text: str, path: Path) -> bool:
    spot = spots(text).get(path)
    return spot is not None and spot.key != spot.value


def _with_elements(text: str, path: Path, elements: Sequence[str]) -> str:
    """Return `text` with `elements` in the array at `path`. Raises TOMLDecodeError or InputError where that fails."""
    value = _value(tomllib.loads(text), path)
    if not isinstance(value, list):
        text = _with_array(text, path[:-1], str(path[-1]), is_false=value is False)
    for element in elements:
        present = _value(tomllib.loads(text), path) or []
        if element not in present:
            text = arrays.inserted(text, path, _position(present, element), arrays.written(element))
    return text


def _with_array(text: str, prefix: Path, key: str, *, is_false: bool) -> str:
    """Return `text` with an empty array as the value of `key`, in the table at `prefix`, which is made if missing."""
    if is_false:
        spot = spots(text)[*prefix, key]
        return f"{text[: spot.value]}[]{text[spot.value + len('false') :]}"
    return _with_line(text, prefix, f"{key} = []\n")


def _with_line(text: str, prefix: Path, line: str) -> str:
    """Return `text` with `line` among those of the table at `prefix`, which is made if missing."""
    at = _behind_last_key(text, prefix)
    if at < 0:
        gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        return f"{text}{gap}[{'.'.join(map(str, prefix))}]\n{line}"
    if text[:at].strip() and not text[:at].endswith("\n"):
        line = f"\n{line}"
    if _HEADER.match(text, at):
        line = f"{line}\n"
    return f"{text[:at]}{line}{text[at:]}"


def _behind_last_key(text: str, prefix: Path) -> int:
    """Return the offset of the line behind the last one-line key of the table at `prefix`; -1 where it has no header.

    Without such a key, behind the header itself, or at the start of the text for the root. A value that goes on over
    several lines is not looked behind: what is added then comes before it.
    """
    found = spots(text)
    headers = sorted(spot.key for path, spot in found.items() if _is_header(text, path, spot))
    at = 0
    if prefix:
        own = found.get(prefix)
        if own is None or own.key not in headers or text[_line_start(text, own.key) : own.key].strip().startswith("[["):
            return -1
        at = _line_end(text, own.key)
    end = next((offset for offset in headers if offset >= at), len(text))
    for path, spot in sorted(found.items(), key=lambda item: item[1].key):
        if path[:-1] == prefix and len(path) > len(prefix) and at <= spot.key < end:
            behind = _line_end(text, spot.key)
            if _is_whole(text[spot.key : behind]):
                at = behind
    return at


def _is_header(text: str, path: Path, spot: ValueSpan) -> bool:
    before = text[_line_start(text, spot.key) : spot.key].strip()
    return isinstance(path[-1], str) and spot.key == spot.value and _BEFORE_NAME.fullmatch(before) is not None


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    found = _LINE_END.match(text, at)
    return found.end() if found else len(text)


def _is_whole(line: str) -> bool:
    try:
        tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _value(values: Any, path: Path) -> Any:
    for part in path:
        values = values.get(part) if isinstance(values, dict) else None
    return values


def _position(present: Sequence[object], element: str) -> int:
    names = [name for name in present if isinstance(name, str)]
    if len(names) < len(present) or names != sorted(names):
        return len(present)
    return sum(name <= element for name in names)


def _is_meant(before: dict[str, Any], after: dict[str, Any], path: Path, elements: Sequence[str]) -> bool:
    """Return whether `after` is `before` with the `elements` in the array at `path`."""
    old, value = _value(before, path), _value(after, path)
    expected = {*(old if isinstance(old, list) else ()), *elements}
    return isinstance(value, list) and set(value) == expected and _without(before, path) == _without(after, path)


def _refusal(file: str, key: str, elements: Sequence[str]) -> InputError:
    return InputError(
        f"{file} has a form that lockenv cannot edit",
        hint=f"add {', '.join(arrays.written(each) for each in elements)} to `{key}` by hand",
    )


def _without(values: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return `values` without what is at `path`, and without the tables on the way that hold nothing else."""
    head, *rest = path
    inner = values.get(str(head))
    if not rest:
        return {key: value for key, value in values.items() if key != head}
    kept = _without(inner, tuple(rest)) if isinstance(inner, dict) else {}
    others = {key: value for key, value in values.items() if key != head}
    return {**others, head: kept} if kept else others  # type: ignore[dict-item]
