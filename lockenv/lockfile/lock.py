"""The lock as it was read: the TOML mapping, and where each part of it stands in the file.

Frozen. Keys that lockenv does not know stay in the mapping, so that a re-lock keeps them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

from lockenv.errors import InputError
from lockenv.vocabulary.dataclasses import dataclass, field
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.vocabulary.names import ExtraName, GroupName

_HEADER = lazy_pattern(r"^[ \t]*\[\[[ \t]*packages[ \t]*\]\]", "m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A lock whose structure was checked when it was read (pylock.toml specification)."""

    document: Mapping[str, Any]
    """The whole TOML mapping; nothing may change it."""
    file: str = "pylock.toml"
    """The file as the user would name it."""
    text: str = field(default="", repr=False, compare=False)
    """What was read; empty for a lock that was composed and not read."""
    notes: tuple[str, ...] = field(default=(), compare=False)
    """What the user should know, a sentence each."""
    checked: dict[tuple[int, int], Any] = field(default_factory=dict, repr=False, compare=False)
    """Wheels that were read from the document already, by package and number: they are most of a lock."""

    @property
    def packages(self) -> Sequence[Mapping[str, Any]]:
        """The entries of `[[packages]]`, in the order of the file."""
        packages: Sequence[Mapping[str, Any]] = self.document["packages"]
        return packages

    @property
    def environments(self) -> Sequence[str]:
        """The markers of the environments it covers; empty when it does not say."""
        environments: Sequence[str] = self.document.get("environments", ())
        return environments

    @property
    def requires_python(self) -> str:
        """The Python versions it covers; empty when it does not say."""
        return str(self.document.get("requires-python", ""))

    @property
    def extras(self) -> Sequence[ExtraName]:
        """The extras it supports."""
        extras: Sequence[ExtraName] = self.document.get("extras", ())
        return extras

    @property
    def groups(self) -> Sequence[GroupName]:
        """The dependency groups it supports, default groups included."""
        public: Sequence[GroupName] = self.document.get("dependency-groups", ())
        return [*public, *(group for group in self.default_groups if group not in public)]

    @property
    def default_groups(self) -> Sequence[GroupName]:
        """The groups that are installed when nobody asks for any."""
        groups: Sequence[GroupName] = self.document.get("default-groups", ())
        return groups

    @property
    def created_by(self) -> str:
        """The tool that wrote it."""
        return str(self.document["created-by"])

    @property
    def own(self) -> Mapping[str, Any] | None:
        """`[tool.lockenv]`; None when another tool wrote the lock, or when it was stripped."""
        return own(self.document)

    def top(self, key: str) -> Origin:
        """Give where a key of the top level stands."""
        head = self.text.find("[[")
        span = (0, head if head >= 0 else len(self.text)) if key in self.document else (-1, -1)
        return find(self.text, self.file, key, span, key)

    def place(self, position: int, key: str = "", near: str = "") -> Origin:
        """Give where `key` of package `position` stands; `near` is a piece of its text that tells it from others.

        The line is unknown where the file does not write packages as `[[packages]]`.
        """
        name = f"packages[{position}]{'.' if key else ''}{key}"
        return find(self.text, self.file, name, _after_header(self.text, position), near or key.partition("[")[0])

    def fail(self, position: int, key: str, message: str, *, near: str = "", hint: str = "") -> NoReturn:
        """Raise the InputError that says what is wrong with `key` of package `position`."""
        package = self.packages[position]
        title = f"{package.get('name', '')} {package.get('version', '')}".strip()
        raise InputError(f"{title}: {message}", hint=hint, origin=self.place(position, key, near))


def own(table: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Give `tool.lockenv` of a document or of a package entry; None when it has none."""
    tool = table.get("tool")
    mine = tool.get("lockenv") if isinstance(tool, dict) else None
    return mine if isinstance(mine, dict) else None


def find(text: str, file: str, key: str, span: tuple[int, int], word: str) -> Origin:
    """Give the origin of `word` within `span` of `text`; only of `key` when it is not there."""
    start, end = span
    at = -1
    if word and start >= 0:
        match = re.compile(rf"^[ \t]*{re.escape(word)}(?=[ \t]*=)", re.MULTILINE).search(text, start, end)
        at = match.end() - len(word) if match else text.find(word, start, end)
    if at < 0:
        at = start
    if at < 0 or not text:
        return Origin(file=file, key=key)
    return at_offset(text, file, at, key)


def at_offset(text: str, file: str, offset: int, key: str = "") -> Origin:
    """Give the origin of the character at `offset` of `text`."""
    begin = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    return Origin(
        file=file,
        key=key,
        line=text.count("\n", 0, offset) + 1,
        column=offset - begin + 1,
        source=text[begin : end if end >= 0 else len(text)].rstrip("\r"),
    )


def _after_header(text: str, position: int) -> tuple[int, int]:
    headers = [match.start() for match in _HEADER.finditer(text)]
    if not 0 <= position < len(headers):
        return -1, -1
    following = headers[position + 1] if position + 1 < len(headers) else len(text)
    return headers[position], following
