"""The lock as it was read: typed views of the TOML mapping, and where each part of it is in the file.

Frozen. Keys that lockenv does not know stay in the mapping, so that a re-lock keeps them. The views hold the mapping
and read a key when it is asked for: a command looks at few of the keys of a lock.
"""

from __future__ import annotations

from lockenv.errors import InputError
from lockenv.vocabulary.dataclasses import dataclass, field
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any, NoReturn

    from lockenv.vocabulary.names import ExtraName, GroupName, NormalizedName

_HEADER = lazy_pattern(r"^[ \t]*\[\[[ \t]*packages[ \t]*\]\]", "m")
RESTORE = "restore it from version control, or run `lockenv lock --upgrade`"
"""What to do about a lockfile that is none."""
KINDS = ("vcs", "directory", "archive")
"""The keys of an entry that no index serves, one for each kind of direct source."""


class LockEntry:
    """One entry of `[[packages]]`, whose structure was checked when the lock was read."""

    __slots__ = ("table",)

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.table = table
        """The entry as TOML, with the keys that lockenv does not know; nothing may change it."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LockEntry) and self.table == other.table

    __hash__ = None  # type: ignore[assignment]  # what a mapping holds has no hash

    @property
    def name(self) -> NormalizedName:
        """The name of the project."""
        name: NormalizedName = self.table["name"]
        return name

    @property
    def version(self) -> str:
        """The version that the entry states; empty where it states none, as that of a directory does not."""
        return str(self.table.get("version", ""))

    @property
    def locked_version(self) -> str:
        """The version, or else the one that its sources had when they were locked; empty where only a build says it."""
        return str(self.table.get("version") or self.own.get("version", ""))

    @property
    def title(self) -> str:
        """The name and the stated version, for a message."""
        return f"{self.table.get('name', '')} {self.table.get('version', '')}".strip()

    @property
    def marker(self) -> str | None:
        """The marker of the environments it is for; None for all that the lock covers."""
        marker: str | None = self.table.get("marker")
        return marker

    @property
    def requires_python(self) -> str:
        """The Pythons it admits; empty where it does not say."""
        return str(self.table.get("requires-python", ""))

    @property
    def index(self) -> str:
        """The URL of the index it comes from; empty where it does not say."""
        return str(self.table.get("index", ""))

    @property
    def dependencies(self) -> list[tuple[NormalizedName, str]]:
        """Each entry it depends on, by its name, and by its version where that is written, else an empty one."""
        tables: Sequence[Mapping[str, Any]] = self.table.get("dependencies", ())
        return [(table.get("name", ""), str(table.get("version", ""))) for table in tables]

    @property
    def wheels(self) -> Sequence[Mapping[str, Any]]:
        """The tables of its wheels, as they are written; `artifact.wheel` checks one."""
        wheels: Sequence[Mapping[str, Any]] = self.table.get("wheels", ())
        return wheels

    @property
    def sdist(self) -> Mapping[str, Any] | None:
        """The table of its source distribution, as it is written; `artifact.sdist` checks it."""
        return self.table.get("sdist")

    @property
    def archive(self) -> Mapping[str, Any] | None:
        """The table of the archive it comes from, as it is written; `artifact.archive` checks it."""
        return self.table.get("archive")

    @property
    def kind(self) -> str:
        """One of `KINDS`; empty for an entry with releases of an index."""
        return direct_kind(self.table)

    @property
    def source(self) -> Mapping[str, Any]:
        """The table of its direct source, as it is written; empty for an entry with releases of an index."""
        source: Mapping[str, Any] = self.table.get(self.kind, {})
        return source

    @property
    def is_released(self) -> bool:
        """Whether it has files of an index."""
        return bool(self.table.get("wheels")) or "sdist" in self.table

    def files(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the tables of its files, each with its key: the wheels, the sdist, the archive."""
        for number, table in enumerate(self.wheels):
            yield f"wheels[{number}]", table
        for key in ("sdist", "archive"):
            if key in self.table:
                yield key, self.table[key]

    @property
    def own(self) -> Mapping[str, Any]:
        """`[packages.tool.lockenv]`; empty where there is none."""
        return own(self.table) or {}

    @property
    def requires(self) -> tuple[str, ...]:
        """The requirements of the release that lockenv recorded, in the order of its metadata."""
        return tuple(str(text) for text in self.own.get("requires-dist", ()))

    @property
    def is_combined(self) -> bool:
        """Whether these requirements are those of several wheels that differ."""
        return self.own.get("combined") is True

    @property
    def yanked(self) -> str | None:
        """Why the release was yanked when it was locked; None when it was not."""
        yanked = self.own.get("yanked")
        return yanked if isinstance(yanked, str) else None

    @property
    def digest(self) -> str:
        """The digest that lockenv sealed it with; empty without one."""
        return str(self.own.get("digest", ""))


class LockInputs:
    """What a lock records that it was made from, under `[tool.lockenv.inputs]`.

    Nothing checks it when the lock is read: a property leaves out what is not of its type.
    """

    __slots__ = ("is_recorded", "table")

    def __init__(self, table: Mapping[str, Any] | None) -> None:
        self.is_recorded = table is not None
        """Whether the lock records inputs, be they empty."""
        self.table: Mapping[str, Any] = table or {}
        """The inputs as TOML; empty where none are recorded."""

    @property
    def requires_python(self) -> str:
        """The Pythons of the project."""
        return str(self.table.get("requires-python", ""))

    @property
    def indexes(self) -> tuple[Mapping[str, Any], ...]:
        """The tables of the indexes, in the order of the project."""
        return self._tables("indexes")

    @property
    def stated(self) -> tuple[Mapping[str, Any], ...]:
        """The tables of `dependency-metadata`."""
        return self._tables("dependency-metadata")

    @property
    def direct(self) -> Mapping[str, Any]:
        """The direct sources, by the name of their project."""
        return self.mapping("direct")

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the strings of the array `key`."""
        return tuple(each for each in self._array(key) if isinstance(each, str))

    def mapping(self, key: str) -> Mapping[str, Any]:
        """Return the table `key`; empty where there is none."""
        found = self.table.get(key)
        return found if isinstance(found, dict) else {}

    def _tables(self, key: str) -> tuple[Mapping[str, Any], ...]:
        return tuple(each for each in self._array(key) if isinstance(each, dict))

    def _array(self, key: str) -> list[Any]:
        found = self.table.get(key)
        return found if isinstance(found, list) else []


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
    _entries: list[LockEntry] = field(default_factory=list, repr=False, compare=False)

    @property
    def packages(self) -> Sequence[LockEntry]:
        """The entries of `[[packages]]`, in the order of the file."""
        if not self._entries:
            self._entries.extend(map(LockEntry, self.document["packages"]))
        return self._entries

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
        """The groups that are installed when none is requested."""
        groups: Sequence[GroupName] = self.document.get("default-groups", ())
        return groups

    @property
    def packages_in_conflict(self) -> Mapping[str, str]:
        """The packages that a conflict names, by the group that represents each."""
        found = self.inputs.table.get("packages", {})
        return found if isinstance(found, dict) else {}

    @property
    def created_by(self) -> str:
        """The tool that wrote it."""
        return str(self.document["created-by"])

    @property
    def own(self) -> Mapping[str, Any] | None:
        """`[tool.lockenv]`; None when another tool wrote the lock, or when it was stripped."""
        return own(self.document)

    @property
    def is_foreign(self) -> bool:
        """Whether it lacks `[tool.lockenv]`: then nothing says what its entries require."""
        return self.own is None

    @property
    def inputs(self) -> LockInputs:
        """What it was made from, as far as it records it."""
        recorded = (self.own or {}).get("inputs")
        return LockInputs(recorded if isinstance(recorded, dict) else None)

    def top(self, key: str) -> Origin:
        """Return where a key of the top level is."""
        head = self.text.find("[[")
        span = (0, head if head >= 0 else len(self.text)) if key in self.document else (-1, -1)
        return find(self.text, self.file, key, span, key)

    def place(self, position: int, key: str = "", near: str = "") -> Origin:
        """Return where `key` of package `position` is; `near` is a piece of its text that distinguishes it from others.

        The line is unknown where the file does not write packages as `[[packages]]`.
        """
        name = f"packages[{position}]{'.' if key else ''}{key}"
        return find(self.text, self.file, name, _after_header(self.text, position), near or key.partition("[")[0])

    def fail(self, position: int, key: str, message: str, *, near: str = "", hint: str = "") -> NoReturn:
        """Raise the InputError that says what is wrong with `key` of package `position`.

        Without a `hint`, it says how to get a lockfile that is right.
        """
        title = LockEntry(self.document["packages"][position]).title
        raise InputError(f"{title}: {message}", hint=hint or RESTORE, origin=self.place(position, key, near))


def own(table: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return `tool.lockenv` of a document or of a package entry; None when it has none."""
    tool = table.get("tool")
    mine = tool.get("lockenv") if isinstance(tool, dict) else None
    return mine if isinstance(mine, dict) else None


def direct_kind(table: Mapping[str, Any]) -> str:
    """Return which of `KINDS` a table has; empty for none."""
    for kind in KINDS:
        if kind in table:
            return kind
    return ""


def find(text: str, file: str, key: str, span: tuple[int, int], word: str) -> Origin:
    """Return the origin of `word` within `span` of `text`; only of `key` when it is not there."""
    start, end = span
    at = -1
    if word and start >= 0:
        import re

        match = re.compile(rf"^[ \t]*{re.escape(word)}(?=[ \t]*=)", re.MULTILINE).search(text, start, end)
        at = match.end() - len(word) if match else text.find(word, start, end)
    if at < 0:
        at = start
    if at < 0 or not text:
        return Origin(file=file, key=key)
    return at_offset(text, file, at, key)


def at_offset(text: str, file: str, offset: int, key: str = "") -> Origin:
    """Return the origin of the character at `offset` of `text`."""
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


def filename_of(table: Mapping[str, Any]) -> str:
    """Return the name of the file that `table` describes; empty when it does not say."""
    name = table.get("name")
    if name is None:
        # pylock.toml specification, packages.wheels.name: not required "when the last component of path/url would be
        # the same value".
        path = table.get("path")
        if path is not None:
            return str(path).replace("\\", "/").rpartition("/")[2]
        name = str(table.get("url", "")).partition("#")[0].partition("?")[0].rpartition("/")[2]
        if "%" in name:
            from urllib.parse import unquote

            return unquote(name)
    return str(name)
