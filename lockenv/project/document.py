"""A TOML document of the user, and where each of its values is written.

Pure: text goes in; values, origins and errors that point at the text come out.
"""

from __future__ import annotations

try:
    from _bisect import bisect_left  # where `bisect` has it from: one module less
except ImportError:
    from bisect import bisect_left

from lockenv.errors import InputError
from lockenv.project import messages
from lockenv.project.positions import spots
from lockenv.project.values import Values
from lockenv.vocabulary import text_memory
from lockenv.vocabulary.late import late
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from lockenv.project.positions import Path, ValueSpan
    from lockenv.vocabulary import toml
else:
    toml = late("lockenv.vocabulary.toml")

# tomllib ends each message with the place, in words.
_TOML_ERROR = lazy_pattern(r"(?P<reason>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", "s")
_DECLARED_TWICE = lazy_pattern(r"Cannot declare \(.*\) twice")
_BREAK = lazy_pattern("\n")


def _repeated(reason: str, line: str) -> str:
    """Return which key `line` repeats, where that is the `reason` of tomllib, which does not name it; else nothing."""
    if reason == "Cannot overwrite a value":
        return f"`{line.partition('=')[0].strip()}` already has a value"
    return f"`{line.strip()}` is declared twice" if _DECLARED_TWICE.fullmatch(reason) else ""


def _values(text: str) -> dict[str, Any]:
    return toml.loads(text)  # loaded for a text that no earlier run has read


class Document(Values):
    """The text and the values of one TOML file."""

    __slots__ = ("_breaks", "_spots", "_text", "file", "root")

    def __init__(self, text: str, file: str) -> None:
        """Read `text`; raises InputError, which points at the character, when it is not TOML."""
        self.file = file
        """As the user would name it."""
        self._text = text.removeprefix("\ufeff")
        self._spots: Mapping[Path, ValueSpan] | None = None
        self._breaks: Sequence[int] | None = None
        try:
            self.root: Mapping[str, Any] = text_memory.made("toml", self._text, _values)
        except ValueError as error:  # TOMLDecodeError, or a number of more digits than Python reads
            raise self._not_toml(str(error)) from error
        except RecursionError as error:
            raise InputError(f"{file} is nested too deeply", hint="use fewer levels") from error

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._text!r}, {self.file!r})"

    def origin(self, path: Path, *, at_key: bool = False, inside: int = -1) -> Origin:
        """Return where the value at `path` is written, or what it is the value of is declared as dynamic.

        `at_key` points at its key instead; `inside` points at one character of a string, counted from 0. What is
        not certain is left unknown: line 0.
        """
        if self._spots is None:
            self._spots = spots(self._text)
        spot = self._spots.get(path)
        if spot is None:
            left = self._spots.get(self._dynamic(path)) if path else None
            key = messages.key_text(path)
            return Origin(file=self.file, key=key) if left is None else self._at(left.value, key)
        offset = spot.key if at_key else spot.value if inside < 0 else self._pointed(path, spot.value, inside)
        return self._at(offset, messages.key_text(path))

    def _dynamic(self, path: Path) -> Path:
        """Return where the key of [project] that `path` is below is declared as dynamic; empty where it is not."""
        project = self.root.get("project")
        listed = project.get("dynamic") if isinstance(project, dict) and path[0] == "project" else None
        is_there = isinstance(listed, list) and len(path) > 1 and path[1] in listed
        return ("project", "dynamic", listed.index(path[1])) if listed and is_there else ()

    def get(self, path: Path, kind: type) -> Any:
        """Return the value at `path`, which is of `kind` (str, bool, list or dict); None when nothing is there."""
        value: Any = self.root
        for position, key in enumerate(path):
            if isinstance(value, dict):
                value = value.get(key)
            elif isinstance(value, list) and isinstance(key, int):
                value = value[key]
            else:
                self.wrong_type(path[:position], value, dict)
            if value is None:
                return None
        if not isinstance(value, kind):
            self.wrong_type(path, value, kind)
        return value

    def label(self, path: Path) -> str:
        """Return how messages name what is at `path`; the file itself for the root."""
        return messages.key_text(path) or self.file

    def _not_toml(self, message: str) -> InputError:
        found = _TOML_ERROR.fullmatch(message)
        reason = found["reason"] if found else message
        if found and found["line"]:
            before = self._text.split("\n", int(found["line"]) - 1)
            offset = len(self._text) - len(before[-1]) + int(found["column"]) - 1
        else:
            offset = len(self._text.rstrip())
        if "\n<<<<<<<" in f"\n{self._text}":
            return InputError(
                f"{self.file} has unresolved merge conflict markers",
                hint="resolve the conflict there, then run `lockenv lock`",
                origin=self._at(f"\n{self._text}".index("\n<<<<<<<"), ""),
            )
        origin = self._at(offset, "")
        reason = _repeated(reason, origin.source) or f"{reason[:1].lower()}{reason[1:]}"
        return InputError(f"{self.file} is not valid TOML: {reason}", hint="fix it there", origin=origin)

    def _pointed(self, path: Path, offset: int, inside: int) -> int:
        """Return the offset of one character of the string written at `offset`.

        `offset` itself when escapes hide it.
        """
        value = self.get(path, str)
        quotes = 3 if self._text.startswith(('"""', "'''"), offset) else 1
        body = offset + quotes
        if quotes == 3 and self._text.startswith(("\n", "\r\n"), body):
            body = self._text.index("\n", body) + 1
        return body + inside if self._text.startswith(value, body) else offset

    def _at(self, offset: int, key: str) -> Origin:
        text = self._text
        if self._breaks is None:
            self._breaks = [found.start() for found in _BREAK.finditer(text)]
        before = bisect_left(self._breaks, offset)
        start = self._breaks[before - 1] + 1 if before else 0
        end = self._breaks[before] if before < len(self._breaks) else len(text)
        source = messages.without_secrets(text[start:end].removesuffix("\r"))
        return Origin(file=self.file, key=key, line=before + 1, column=offset - start + 1, source=source)
