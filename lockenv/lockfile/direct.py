"""Direct sources as a lock writes them: commits, directories and archives (pylock.toml specification).

Pure: a Direct goes in and the keys of its package entry come out, or the other way, checked. Never: a machine's own
path, a credential.
"""

from __future__ import annotations

from lockenv.lockfile import artifact
from lockenv.lockfile.inputs import without_user
from lockenv.lockfile.lock import direct_kind, filename_of
from lockenv.vocabulary.direct import Archive, Commit, Direct, Directory, is_local
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NoReturn

    from lockenv.lockfile.lock import Lock

_COMMIT = lazy_pattern(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ABSOLUTE = lazy_pattern(r"[/\\]|[A-Za-z]:")


def keys(direct: Direct) -> dict[str, Any]:
    """Return the key of a package entry that says where it comes from, with its value."""
    match direct:
        case Commit():
            place = "path" if is_local(direct.url) else "url"
            table: dict[str, Any] = {"type": "git", place: plain_url(direct.url), "requested-revision": direct.revision}
            return {"vcs": _full({**table, "commit-id": direct.commit, "subdirectory": direct.subdirectory})}
        case Directory():
            return {"directory": {"path": direct.path, **({"editable": True} if direct.editable else {})}}
        case Archive():
            place = "url" if "://" in direct.location else "path"
            table = {place: without_user(direct.location), "subdirectory": direct.subdirectory}
            if direct.size is not None:
                table["size"] = direct.size
            return {"archive": _full({**table, "hashes": {"sha256": direct.sha256}})}


def read(lock: Lock, position: int) -> tuple[Direct, artifact.Hashes]:
    """Return where package `position` comes from, and the hashes of an archive. Raises InputError at a fault."""
    package = lock.packages[position]
    kind = package.kind
    entry = _Entry(lock, position, kind, package.source)
    inner = entry.text("subdirectory")
    if inner and not artifact.inside(inner):
        entry.fail(f"the subdirectory {inner!r} is outside of the sources")
    match kind:
        case "vcs":
            return entry.commit(inner), ()
        case "directory":
            path = entry.path("path")
            return Directory(path=f"{path}/{inner}" if inner else path, editable=entry.flag("editable")), ()
    file, hashes = artifact.archive(lock, position)
    sha256 = file.sha256
    found = Archive(location=file.url, filename=file.filename, sha256=sha256, size=file.size, subdirectory=inner)
    return found, hashes


def source(lock: Lock, position: int) -> Direct | None:
    """Return where package `position` came from before a bundle carried it; None when none did, or it does not say."""
    recorded = lock.packages[position].own.get("source")
    kind = direct_kind(recorded) if isinstance(recorded, dict) else ""
    table = recorded[kind] if isinstance(recorded, dict) and kind else None
    if not isinstance(table, dict):
        return None
    entry = _Entry(lock, position, kind, table)
    inner = entry.text("subdirectory")
    if kind == "vcs":
        return entry.commit(inner)
    if kind != "archive":
        return None
    file = filename_of(table)
    return Archive(location=entry.text("path") or entry.text("url"), filename=file, subdirectory=inner)


class _Entry:
    def __init__(self, lock: Lock, position: int, kind: str, table: Mapping[str, Any]) -> None:
        self._lock = lock
        self._position = position
        self._kind = kind
        self._table = table

    def fail(self, message: str) -> NoReturn:
        self._lock.fail(self._position, self._kind, message)

    def text(self, key: str) -> str:
        value = self._table.get(key, "")
        if not isinstance(value, str):
            self.fail(f"{key} of its {self._kind} is not a string")
        # A value that begins with a dash would be an option of the version control program.
        if value.startswith("-") or any(char < " " for char in value):
            self.fail(f"{key} of its {self._kind} has the invalid value {value!r}")
        return value

    def flag(self, key: str) -> bool:
        value = self._table.get(key, False)
        if not isinstance(value, bool):
            self.fail(f"{key} of its {self._kind} is not true or false")
        return value

    def path(self, key: str) -> str:
        """Return a path from the lock; it may be of a directory next to it, never start from the root."""
        value = self.text(key).replace("\\", "/")
        if not value or _ABSOLUTE.match(value):
            self.fail(f"the {key} of its {self._kind} is not relative to the lockfile: {value!r}")
        return value

    def commit(self, subdirectory: str) -> Commit:
        if self.text("type") != "git":
            self.fail(f"it comes from a {self.text('type') or 'nameless'} repository, and only git is supported")
        commit, url = self.text("commit-id"), self.text("url")
        if not _COMMIT.fullmatch(commit):
            self.fail(f"its commit-id is not a full commit hash: {commit!r}")
        if not url:
            url = self.path("path")
            if not is_local(url):
                self.fail(f"its path is a URL: {url!r}")
        elif is_local(url):
            self.fail(f"its url is not the URL of a repository: {url!r}")
        return Commit(
            url=plain_url(url), revision=self.text("requested-revision"), commit=commit, subdirectory=subdirectory
        )


def plain_url(url: str) -> str:
    """Return the address of a repository without credentials: those of https, for the user of ssh is part of it."""
    return without_user(url) if url.startswith(("https:", "http:")) else url


def _full(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if value != ""}
