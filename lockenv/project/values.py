"""Values of the user's TOML, checked for their types, each error with the place at fault.

Pure. It knows TOML, requirements, specifiers and markers, and nothing of what a project means by them. What reads the
values, one document or several, comes from those that derive from it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from lockenv.errors import InputError
from lockenv.project import messages
from lockenv.vocabulary.names import is_valid
from lockenv.vocabulary.requirement import Declared, parse, parse_marker, parse_specifier

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, NoReturn

    from lockenv.project.positions import Path
    from lockenv.vocabulary.origin import Origin

_WORDS = {str: "a string", bool: "true or false", list: "an array", dict: "a table"}


class Values(ABC):
    """Values by their paths."""

    __slots__ = ()

    @abstractmethod
    def get(self, path: Path, kind: type) -> Any:
        """Return the value at `path`, which is of `kind` (str, bool, list or dict); None when nothing is there."""

    @abstractmethod
    def origin(self, path: Path, *, at_key: bool = False, inside: int = -1) -> Origin:
        """Return where the value at `path` is written; see Document."""

    @abstractmethod
    def label(self, path: Path) -> str:
        """Return how messages name what is at `path`."""

    def error(self, path: Path, message: str, *, hint: str = "", at_key: bool = False, inside: int = -1) -> InputError:
        """Return the error that says `message` of the value at `path`; the message begins with the name of its key."""
        origin = self.origin(path, at_key=at_key, inside=inside)
        return InputError(f"{self.label(path)} {message}", hint=hint, origin=origin)

    def string(self, path: Path) -> str | None:
        """Return the string at `path`; None when nothing is there."""
        value: str | None = self.get(path, str)
        return value

    def boolean(self, path: Path) -> bool:
        """Return the boolean at `path`; False when nothing is there."""
        return bool(self.get(path, bool))

    def array(self, path: Path) -> Sequence[Any]:
        """Return the array at `path`; empty when nothing is there."""
        return self.get(path, list) or ()

    def table(self, path: Path) -> Mapping[str, Any]:
        """Return the table at `path`; empty when nothing is there."""
        return self.get(path, dict) or {}

    def strings(self, path: Path) -> Sequence[str]:
        """Return the array of strings at `path`; empty when nothing is there."""
        values = self.array(path)
        for position, value in enumerate(values):
            if not isinstance(value, str):
                self.wrong_type((*path, position), value, str)
        return values

    def requirement(self, path: Path) -> Declared:
        """Return the requirement that the string at `path` writes; raises InputError when it is none."""
        text: str = self.get(path, str)
        try:
            parsed = parse(text)
        except ValueError as error:
            raise self._unreadable(path, "requirement", error, messages.requirement_hint(text)) from error
        return Declared(requirement=parsed, origin=self.origin(path))

    def requirements(self, path: Path) -> tuple[Declared, ...]:
        """Return the requirements in the array at `path`, in its order; empty when nothing is there."""
        return tuple(self.requirement((*path, position)) for position in range(len(self.strings(path))))

    def specifier(self, path: Path) -> str:
        """Return the canonical text of the version specifier at `path`; empty when nothing is there."""
        text = self.string(path) or ""
        try:
            return parse_specifier(text)
        except ValueError as error:
            raise self._unreadable(path, "version specifier", error, messages.specifier_hint(text)) from error

    def marker(self, path: Path) -> str:
        """Return the canonical text of the environment marker at `path`; raises InputError when it is none."""
        try:
            return parse_marker(self.get(path, str))
        except ValueError as error:
            raise self._unreadable(path, "environment marker", error, messages.MARKER_HINT) from error

    def name(self, path: Path, text: str, *, at_key: bool = False) -> str:
        """Return `text`, which is written at `path`, when it may name a project, an extra or a group."""
        if is_valid(text):
            return text
        raise self.error(
            path,
            f'cannot be named "{text}"' if at_key else f'is "{text}", which is not a valid name',
            hint="use letters and digits, separated by `-`, `_` or `.`",
            at_key=at_key,
        )

    def known_keys(self, path: Path, valid: Sequence[str]) -> None:
        """Raise InputError when the table at `path` has a key that is not among `valid`."""
        for key in self.table(path):
            if key not in valid:
                place = self.label(path)
                raise InputError(
                    f'{place} has no key "{key}"{messages.suggestion(key, valid)}',
                    hint=f"the keys of {place} are {', '.join(valid)}",
                    origin=self.origin((*path, key), at_key=True),
                )

    def _unreadable(self, path: Path, what: str, error: ValueError, hint: str) -> InputError:
        reason, inside = messages.reason_and_offset(error, self.get(path, str))
        return self.error(path, f"is not a valid {what}: {reason}", hint=hint, inside=inside)

    def wrong_type(self, path: Path, value: Any, kind: type) -> NoReturn:
        """Raise InputError for the value at `path`, which is not of `kind`."""
        found = _WORDS.get(type(value)) or f"`{value}`"
        raise self.error(path, f"is {found}, not {_WORDS[kind]}", hint=f"write {_WORDS[kind]}")
