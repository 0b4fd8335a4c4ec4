"""A TOML document of the user: its values, checked for their types, each with where it is written.

Pure: text goes in; typed values, origins and errors that point at the text come out. It knows TOML, requirements,
specifiers and markers, and nothing of what a project means by them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Any, NoReturn

from lockenv.errors import InputError
from lockenv.project import wording
from lockenv.vocabulary import toml
from lockenv.vocabulary.names import is_valid
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.requirement import Declared, parse, parse_marker, parse_specifier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.project.positions import Path, Spot

# tomllib ends each message with the place, in words.
_TOML_ERROR = re.compile(
    r"(?P<reason>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL
)
_WORDS = {str: "a string", bool: "true or false", list: "an array", dict: "a table"}


class Document:
    """The text and the values of one TOML file."""

    __slots__ = ("_breaks", "_spots", "_text", "file", "root")

    def __init__(self, text: str, file: str) -> None:
        """Read `text`; raises InputError, which points at the character, when it is not TOML."""
        self.file = file
        """As the user would name it."""
        self._text = text.removeprefix("\ufeff")
        self._spots: Mapping[Path, Spot] | None = None
        self._breaks: Sequence[int] | None = None
        try:
            self.root: Mapping[str, Any] = toml.loads(self._text)
        except ValueError as error:  # TOMLDecodeError, or a number of more digits than Python reads
            raise self._not_toml(str(error)) from error
        except RecursionError as error:
            raise InputError(f"{file} is nested too deeply to be read", hint="write it flat") from error

    def origin(self, path: Path, *, at_key: bool = False, inside: int = -1) -> Origin:
        """Give where the value at `path` is written.

        `at_key` points at its key instead; `inside` points at one character of a string, counted from 0. What cannot be
        told for sure is left unknown: line 0.
        """
        if self._spots is None:
            from lockenv.project.positions import spots

            self._spots = spots(self._text)
        spot = self._spots.get(path)
        if spot is None:
            return Origin(file=self.file, key=wording.key_text(path))
        offset = spot.key if at_key else spot.value if inside < 0 else self._pointed(path, spot.value, inside)
        return self._at(offset, wording.key_text(path))

    def error(self, path: Path, message: str, *, hint: str = "", at_key: bool = False, inside: int = -1) -> InputError:
        """Give the error that says `message` of the value at `path`; the message begins with the name of its key."""
        origin = self.origin(path, at_key=at_key, inside=inside)
        return InputError(f"{wording.key_text(path)} {message}", hint=hint, origin=origin)

    def get(self, path: Path, kind: type) -> Any:
        """Give the value at `path`, which is of `kind` (str, bool, list or dict); None when nothing is there."""
        value: Any = self.root
        for position, key in enumerate(path):
            if isinstance(value, dict):
                value = value.get(key)
            elif isinstance(value, list) and isinstance(key, int):
                value = value[key]
            else:
                self._wrong_type(path[:position], value, dict)
            if value is None:
                return None
        if not isinstance(value, kind):
            self._wrong_type(path, value, kind)
        return value

    def string(self, path: Path) -> str | None:
        """Give the string at `path`; None when nothing is there."""
        value: str | None = self.get(path, str)
        return value

    def boolean(self, path: Path) -> bool:
        """Give the boolean at `path`; False when nothing is there."""
        return bool(self.get(path, bool))

    def array(self, path: Path) -> Sequence[Any]:
        """Give the array at `path`; empty when nothing is there."""
        return self.get(path, list) or ()

    def table(self, path: Path) -> Mapping[str, Any]:
        """Give the table at `path`; empty when nothing is there."""
        return self.get(path, dict) or {}

    def strings(self, path: Path) -> Sequence[str]:
        """Give the array of strings at `path`; empty when nothing is there."""
        values = self.array(path)
        for position, value in enumerate(values):
            if not isinstance(value, str):
                self._wrong_type((*path, position), value, str)
        return values

    def requirement(self, path: Path) -> Declared:
        """Give the requirement that the string at `path` writes; raises InputError when it is none."""
        text: str = self.get(path, str)
        try:
            parsed = parse(text)
        except ValueError as error:
            raise self._unreadable(path, "requirement", error, wording.requirement_hint(text)) from error
        return Declared(requirement=parsed, origin=self.origin(path))

    def requirements(self, path: Path) -> tuple[Declared, ...]:
        """Give the requirements in the array at `path`, in its order; empty when nothing is there."""
        return tuple(self.requirement((*path, position)) for position in range(len(self.strings(path))))

    def specifier(self, path: Path) -> str:
        """Give the canonical text of the version specifier at `path`; empty when nothing is there."""
        text = self.string(path) or ""
        try:
            return parse_specifier(text)
        except ValueError as error:
            raise self._unreadable(path, "version specifier", error, wording.specifier_hint(text)) from error

    def marker(self, path: Path) -> str:
        """Give the canonical text of the environment marker at `path`; raises InputError when it is none."""
        try:
            return parse_marker(self.get(path, str))
        except ValueError as error:
            raise self._unreadable(path, "environment marker", error, wording.MARKER_HINT) from error

    def name(self, path: Path, text: str, *, at_key: bool = False) -> str:
        """Give `text`, which is written at `path`, when it may name a project, an extra or a group."""
        if is_valid(text):
            return text
        raise self.error(
            path,
            f'cannot be named "{text}"' if at_key else f'is "{text}", which is not a valid name',
            hint="write letters, digits, and between them `-`, `_` or `.`",
            at_key=at_key,
        )

    def known_keys(self, path: Path, valid: Sequence[str]) -> None:
        """Raise InputError when the table at `path` has a key that is not among `valid`."""
        for key in self.table(path):
            if key not in valid:
                place = wording.key_text(path)
                raise InputError(
                    f'{place} has no key "{key}"{wording.suggestion(key, valid)}',
                    hint=f"the keys of {place} are {', '.join(valid)}",
                    origin=self.origin((*path, key), at_key=True),
                )

    def _unreadable(self, path: Path, what: str, error: ValueError, hint: str) -> InputError:
        reason, inside = wording.reason_and_offset(error, self.get(path, str))
        return self.error(path, f"is not a valid {what}: {reason}", hint=hint, inside=inside)

    def _wrong_type(self, path: Path, value: Any, kind: type) -> NoReturn:
        found = _WORDS.get(type(value)) or f"`{value}`"
        raise self.error(path, f"is {found}, not {_WORDS[kind]}", hint=f"write {_WORDS[kind]}")

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
                hint="keep what both sides need there, then run `lockenv lock`",
                origin=self._at(f"\n{self._text}".index("\n<<<<<<<"), ""),
            )
        return InputError(
            f"{self.file} is not valid TOML: {reason[:1].lower()}{reason[1:]}",
            hint="correct it there",
            origin=self._at(offset, ""),
        )

    def _pointed(self, path: Path, offset: int, inside: int) -> int:
        """Give the offset of one character of the string written at `offset`; `offset` itself when escapes hide it."""
        value = self.get(path, str)
        quotes = 3 if self._text.startswith(('"""', "'''"), offset) else 1
        body = offset + quotes
        if quotes == 3 and self._text.startswith(("\n", "\r\n"), body):
            body = self._text.index("\n", body) + 1
        return body + inside if self._text.startswith(value, body) else offset

    def _at(self, offset: int, key: str) -> Origin:
        text = self._text
        if self._breaks is None:
            self._breaks = [found.start() for found in re.finditer("\n", text)]
        before = bisect_left(self._breaks, offset)
        start = self._breaks[before - 1] + 1 if before else 0
        end = self._breaks[before] if before < len(self._breaks) else len(text)
        source = wording.without_secrets(text[start:end].removesuffix("\r"))
        return Origin(file=self.file, key=key, line=before + 1, column=offset - start + 1, source=source)
