"""Write small JSON documents without `json`, which takes 4 ms to load with what it loads.

Pure. In: objects, arrays, texts, truth values and null. Out: the very text that `json.dumps` returns. What has anything
in it that is not plain, such as a number or a letter of another script, `json` writes itself.
"""

from __future__ import annotations

from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    import json
    from typing import Any
else:
    json = late("json")

_CONSTANTS = {True: "true", False: "false", None: "null"}


class _NotPlainError(Exception):
    """A value that is left to `json`."""


def dumped(content: object, *, indent: int | None = None, sort_keys: bool = False) -> str:
    """Return what `json.dumps` returns, and raise what it raises."""
    try:
        return _written(content, "\n", indent, sort_keys=sort_keys)
    except (_NotPlainError, RecursionError):
        return json.dumps(content, indent=indent, sort_keys=sort_keys)


def _written(content: Any, line: str, indent: int | None, *, sort_keys: bool) -> str:
    """Return the text of `content`; `line` begins a line of the level that it is on. Raises _NotPlainError."""
    kind = type(content)  # what derives from one of these may be written in another way
    if kind is str:
        return _quoted(content)
    if kind is bool or content is None:
        return _CONSTANTS[content]
    below = line if indent is None else line + " " * indent
    if kind is list:
        parts = [_written(each, below, indent, sort_keys=sort_keys) for each in content]
        return _enclosed("[", parts, "]", line, below, indent)
    if kind is not dict:
        raise _NotPlainError
    quoted = {key: _quoted(key) for key in content}
    parts = [
        f"{quoted[key]}: {_written(content[key], below, indent, sort_keys=sort_keys)}"
        for key in (sorted(content) if sort_keys else content)
    ]
    return _enclosed("{", parts, "}", line, below, indent)


def _enclosed(begin: str, parts: list[str], end: str, line: str, below: str, indent: int | None) -> str:
    if not parts:
        return begin + end
    if indent is None:
        return f"{begin}{', '.join(parts)}{end}"
    return f"{begin}{below}{f',{below}'.join(parts)}{line}{end}"


def _quoted(text: Any) -> str:
    if type(text) is not str or not text.isascii() or not text.isprintable() or '"' in text or "\\" in text:
        raise _NotPlainError
    return f'"{text}"'
