"""Find where each value of a TOML document is written.

Pure: text that `tomllib` has accepted goes in; the offsets of every key and value come out, by path. One pass, no
recursion, no values: `tomllib` reads those. What cannot be followed is left out, never guessed.
"""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.patterns import lazy_pattern

Path = tuple[str | int, ...]
"""Keys and, within arrays, positions counted from 0."""


@dataclass(frozen=True, slots=True)
class ValueSpan:
    """The offsets of one value in the text, counted from 0."""

    key: int
    """Of the last key of its path; of the value itself for an element of an array."""
    value: int
    """Of its first character; of the key for a table that has a header or is made by dotted keys."""


_BLANK = lazy_pattern(r"(?:[ \t\r\n]+|#[^\n]*)*")
_KEY = lazy_pattern(r"([A-Za-z0-9_-]+)|'([^'\n]*)'|\"([^\"\\\n]*(?:\\.[^\"\\\n]*)*)\"")
_DOT = lazy_pattern(r"[ \t]*\.[ \t]*")
# A closing delimiter may follow one or two quotes that belong to a multi-line string (TOML 1.0, String).
SCALAR = lazy_pattern(
    r"\"\"\"[^\"\\]*(?:(?:\\[\s\S]|\"(?!\"\"))[^\"\\]*)*\"\"\"\"{0,2}"
    r"|'''[^']*(?:'(?!'')[^']*)*''''{0,2}"
    r"|\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\""
    r"|'[^'\n]*'"
    r"|[^\s,\[\]{}#\"'][^,\]}#\n]*"
)


class _LostError(Exception):
    """The text is not followed any further; what was found so far is kept."""


def spots(text: str) -> dict[Path, ValueSpan]:
    """Return the spot of every key, element and table header of `text`, in the order they are written.

    Empty for an empty document. Never raises: where the text cannot be followed, the spots found so far are returned.
    """
    scan = _Scan(text)
    try:
        scan.document()
    except _LostError:
        return scan.found
    return scan.found


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.found: dict[Path, ValueSpan] = {}
        self.elements: dict[Path, int] = {}
        """How many elements each array of tables has so far."""

    def document(self) -> None:
        table: Path = ()
        at = self.blank(0)
        while at < len(self.text):
            if self.text[at] == "[":
                table, at = self.header(at)
            else:
                path, at = self.key(at, table)
                at = self.value(at, path)
            at = self.blank(at)

    def blank(self, at: int) -> int:
        found = _BLANK.match(self.text, at)
        return found.end() if found else at

    def header(self, start: int) -> tuple[Path, int]:
        """Return the path of the table that a header opens, and the offset behind its line's last bracket."""
        is_element = self.text.startswith("[[", start)
        at = start + (2 if is_element else 1)
        path: Path = ()
        while True:
            name, at, begin = self.name(self.blank(at))
            path = (*path, name)
            dot = _DOT.match(self.text, at)
            if dot is None:
                break
            # A header that goes through an array of tables means its last element.
            path = self.last_element(path)
            at = dot.end()
        if is_element:
            self.found.setdefault(path, ValueSpan(begin, begin))
            self.elements[path] = self.elements.get(path, 0) + 1
        path = self.last_element(path)
        self.found.setdefault(path, ValueSpan(begin, begin))
        return path, self.blank(at) + (2 if is_element else 1)

    def last_element(self, path: Path) -> Path:
        count = self.elements.get(path)
        return path if count is None else (*path, count - 1)

    def name(self, at: int) -> tuple[str, int, int]:
        """Return the simple key at `at`, the offset behind it, and the offset it begins at."""
        found = _KEY.match(self.text, at)
        if found is None:
            raise _LostError
        bare, literal, basic = found.groups()
        name: str = bare or literal or basic or ""
        if basic and "\\" in basic:
            import tomllib

            try:
                name = tomllib.loads(f"key = {found[0]}")["key"]
            except tomllib.TOMLDecodeError as error:
                raise _LostError from error
        return name, found.end(), at

    def key(self, at: int, path: Path) -> tuple[Path, int]:
        """Return the path that the dotted key at `at` names from `path`, and the offset of its value."""
        while True:
            name, at, begin = self.name(at)
            path = (*path, name)
            self.found.setdefault(path, ValueSpan(begin, begin))
            dot = _DOT.match(self.text, at)
            if dot is None:
                break
            at = dot.end()
        at = self.blank(at)
        if not self.text.startswith("=", at):
            raise _LostError
        at = self.blank(at + 1)
        if at == len(self.text):
            raise _LostError
        self.found[path] = ValueSpan(begin, at)
        return path, at

    def value(self, at: int, path: Path) -> int:
        """Record what is inside the value at `at`, and return the offset behind it and the blanks that follow."""
        text = self.text
        around: list[tuple[Path, int]] = []
        """The containers around `at`, each with the position of its next element; -1 for an inline table."""
        while True:
            if text.startswith(("[", "{"), at):
                around.append((path, 0 if text[at] == "[" else -1))
                at = self.blank(at + 1)
            else:
                at = self.blank(self.behind_scalar(at))
            while around:
                if text.startswith(",", at):
                    at = self.blank(at + 1)
                if not text.startswith(("]", "}"), at):
                    break
                around.pop()
                at = self.blank(at + 1)
            if not around:
                return at
            parent, position = around[-1]
            if position < 0:
                path, at = self.key(at, parent)
            else:
                around[-1] = (parent, position + 1)
                path = (*parent, position)
                if at < len(text):
                    self.found[path] = ValueSpan(at, at)

    def behind_scalar(self, at: int) -> int:
        found = SCALAR.match(self.text, at)
        if found is None:
            raise _LostError
        return found.end()
