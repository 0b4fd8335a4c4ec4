"""What a project of another tool declares, in the terms of `pyproject.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lockenv.project import messages
from lockenv.vocabulary.dataclasses import dataclass, field
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.project.positions import Path
    from lockenv.vocabulary.direct import DeclaredSource
    from lockenv.vocabulary.names import NormalizedName


_VARIABLE: Final = lazy_pattern(r"\$\{[A-Za-z0-9_]+\}")
_NEVER_IN_A_NAME: Final = lazy_pattern("[^A-Za-z0-9._-]+")
_CREDENTIALS: Final = (
    "set LOCKENV_INDEX_<NAME>_URL, LOCKENV_INDEX_<NAME>_USERNAME and LOCKENV_INDEX_<NAME>_PASSWORD, "
    "or write them into netrc"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnconvertedKey:
    """A key that has no counterpart."""

    file: str
    path: Path
    meaning: str
    """What it means to the tool that reads it, as a clause that follows the key."""

    def __str__(self) -> str:
        return f"{self.file}: `{messages.key_text(self.path)}` {self.meaning}"


@dataclass(slots=True, kw_only=True)
class Declarations:
    """What to write to a `pyproject.toml`, collected key by key."""

    file: str
    """The file that is read, as messages name it."""
    name: str = ""
    """Of the project, normalized; empty where nothing names it."""
    project: dict[str, Any] = field(default_factory=dict)
    """Keys of `[project]`, but those of requirements."""
    dependencies: list[str] = field(default_factory=list)
    extras: dict[str, list[str]] = field(default_factory=dict)
    groups: dict[str, list[str | dict[str, str]]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    """Keys of `[tool.lockenv]`."""
    direct: Mapping[NormalizedName, DeclaredSource] = field(default_factory=dict)
    """The sources that lines of requirements files name, each with its line."""
    build_system: dict[str, Any] = field(default_factory=dict)
    backend: dict[Path, Any] = field(default_factory=dict)
    """Keys of the build backend's own tables, each by its path."""
    left: list[UnconvertedKey] = field(default_factory=list)

    def leave(self, path: Path, meaning: str) -> None:
        """Note a key that has no counterpart, once."""
        one = UnconvertedKey(file=self.file, path=path, meaning=meaning)
        if all(other.path != path for other in self.left):
            self.left.append(one)

    def put(self, key: str, name: str, value: object) -> None:
        """Add an entry to a table of `[tool.lockenv]`, such as `sources`."""
        self.settings.setdefault(key, {})[name] = value

    def append(self, key: str, *values: object) -> None:
        """Add elements to an array of `[tool.lockenv]`, each once."""
        array = self.settings.setdefault(key, [])
        array.extend(value for value in values if value not in array)

    def url(self, url: str, path: Path) -> str:
        """Return the URL of an index without the credentials in it, which are named; variables stay."""
        scheme, colons, rest = url.partition("://")
        host, slash, tail = rest.partition("/")
        user, at, address = host.rpartition("@")
        if not at or not _VARIABLE.sub("", user).strip(":"):
            return url
        self.leave(path, f"contains credentials, which are not copied: {_CREDENTIALS}")
        return f"{scheme}{colons}{address}{slash}{tail}"


def table(value: object) -> Mapping[str, Any]:
    """Return `value` where it is a table, else an empty one."""
    return value if isinstance(value, dict) else {}


def tables(value: object) -> list[Mapping[str, Any]]:
    """Return the tables in an array; empty where it is none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def texts(value: object) -> list[str]:
    """Return the strings in an array, or the one string; empty where it is neither."""
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def safe_name(name: str) -> str:
    """Return `name` as setuptools writes it: each run of characters that no name may have is one hyphen.

    Empty where nothing is left.
    """
    return _NEVER_IN_A_NAME.sub("-", name).strip("-._")
