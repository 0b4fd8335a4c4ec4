"""Check one file entry of a lock and return it as a value.

In: the TOML table of a wheel or sdist, and the package it belongs to. Out: a Wheel or an Sdist with the digests that
must hold, or the InputError that points at the fault. Never: the file itself.
"""

from __future__ import annotations

from lockenv.lockfile.lock import filename_of
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.distribution import Sdist, Wheel, sdist_release
from lockenv.vocabulary.light_datetime import datetime
from lockenv.vocabulary.names import Sha256, normalize
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.pep440 import is_same_version

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NoReturn

    from lockenv.lockfile.lock import Lock, LockEntry

LENGTHS = {
    "md5": 32,
    "sha1": 40,
    "sha224": 56,
    "sha256": 64,
    "sha384": 96,
    "sha512": 128,
    "sha3_224": 56,
    "sha3_256": 64,
    "sha3_384": 96,
    "sha3_512": 128,
    "blake2b": 128,
    "blake2s": 64,
}
"""Digits of each algorithm of `hashlib.algorithms_guaranteed` that has a fixed length."""
WEAK = frozenset({"md5", "sha1"})
_HEX = lazy_pattern(r"[0-9A-Fa-f]+")
_URL = lazy_pattern(r"(?i:https?)://[^/?#\s\x00-\x20\x7f]+(?:[/?#][^\s\x00-\x20\x7f]*)?")
_FILE_URL = lazy_pattern(r"file://(?:/(?!\.\.(?:/|$))[^/?#\s\x00-\x20\x7f]+)+")
"""An absolute path without `..`."""
_ONE_COMPONENT = lazy_pattern(r"[^/\\\x00-\x1f\x7f]+")
_UNUSUAL = lazy_pattern(r"[%?#\\]")
"""In a URL: what makes its last component something else than the name of a file."""
_SDIST_ENDS = (".tar.gz", ".zip")

Hashes = tuple[tuple[str, str], ...]
"""(algorithm, lower-case digest), sorted; every one must hold."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file table, and where it is."""

    lock: Lock
    position: int
    key: str
    table: Mapping[str, Any]

    def fail(self, message: str, *, near: str = "", hint: str = "") -> NoReturn:
        for key in ("url", "path", "name"):
            value = self.table.get(key)
            if not near and isinstance(value, str):
                near = value
        self.lock.fail(self.position, self.key, message, near=near, hint=hint)


def version_in(name: str, project: str) -> str:
    """Return the version in the name of a wheel, or of an sdist of `project`, as written; empty where none is."""
    return name.split("-")[1] if name.endswith(".whl") else sdist_release(name, project)[1]


def wheel(lock: Lock, position: int, number: int) -> tuple[Wheel, Hashes]:
    """Return wheel `number` of package `position`, checked; raise InputError at a fault."""
    found: tuple[Wheel, Hashes] | None = lock.checked.get((position, number))
    if found is None:
        found = lock.checked[position, number] = _wheel(lock, position, number)
    return found


def _wheel(lock: Lock, position: int, number: int) -> tuple[Wheel, Hashes]:
    package = lock.packages[position]
    usual = _usual_wheel(package, package.wheels[number])
    if usual is not None:
        return usual
    entry = _Entry(lock, position, f"wheels[{number}]", package.wheels[number])
    name = _checked_filename(entry)
    parts = name.removesuffix(".whl").split("-")
    # Binary distribution format specification, File name convention.
    if not name.endswith(".whl") or len(parts) not in (5, 6):
        entry.fail(f"{name} is not the name of a wheel")
    _check_release(entry, name, parts[0], parts[1])
    hashes = _hashes(entry)
    url, size, moment = _location(entry), _size(entry), _moment(entry)
    return Wheel(filename=name, url=url, sha256=_sha256(hashes), size=size, upload_time=moment), hashes


def _usual_wheel(package: LockEntry, table: Mapping[str, Any]) -> tuple[Wheel, Hashes] | None:
    """Return the wheel that `table` describes as an index names most of them; None where more has to be looked at."""
    url, hashes, size, moment = table.get("url"), table.get("hashes"), table.get("size"), table.get("upload-time")
    sha256 = hashes.get("sha256") if type(hashes) is dict and len(hashes) == 1 else None
    if type(url) is not str or type(sha256) is not str or len(sha256) != LENGTHS["sha256"] or "path" in table:
        return None
    if _UNUSUAL.search(url) or not (_HEX.fullmatch(sha256) and _URL.fullmatch(url)) or "name" in table:
        return None
    name = url[url.rfind("/") + 1 :]
    parts = name.split("-")
    if not name.endswith(".whl") or len(parts) not in (5, 6) or parts[1] != package.table.get("version"):
        return None
    if (parts[0] != package.name and normalize(parts[0]) != package.name) or (type(size) is not int or size < 0):
        return None
    if type(moment) is not datetime:
        return None
    digest = Sha256(sha256.lower())
    when = moment.isoformat().replace("+00:00", "Z")
    return Wheel(filename=name, url=url, sha256=digest, size=size, upload_time=when), (("sha256", digest),)


def sdist(lock: Lock, position: int) -> tuple[Sdist, Hashes]:
    """Return the sdist of package `position`, checked; raise InputError at a fault."""
    entry = _Entry(lock, position, "sdist", lock.packages[position].table["sdist"])
    name = _checked_filename(entry)
    # Source distribution format specification, Source distribution file name.
    project, version = sdist_release(name, lock.packages[position].name)
    if not project:
        project, dash, version = _stem(name).rpartition("-")
        if not dash:
            entry.fail(f"{name} is not the name of an sdist")
    _check_release(entry, name, project, version)
    hashes = _hashes(entry)
    url, size, moment = _location(entry), _size(entry), _moment(entry)
    return Sdist(filename=name, url=url, sha256=_sha256(hashes), size=size, upload_time=moment), hashes


def archive(lock: Lock, position: int) -> tuple[Sdist, Hashes]:
    """Return the archive of package `position`, whatever it is, checked; raise InputError at a fault."""
    entry = _Entry(lock, position, "archive", lock.packages[position].table["archive"])
    name = _checked_filename(entry)
    hashes = _hashes(entry)
    url, size, moment = _location(entry), _size(entry), _moment(entry)
    return Sdist(filename=name, url=url, sha256=_sha256(hashes), size=size, upload_time=moment), hashes


def inside(path: str) -> bool:
    """Return whether a relative `path` stays below the directory it is relative to, on every system."""
    parts = path.replace("\\", "/").split("/")
    return bool(path) and parts[0] != "" and ":" not in parts[0] and ".." not in parts and "\0" not in path


def _stem(name: str) -> str:
    return next((name.removesuffix(end) for end in _SDIST_ENDS if name.endswith(end)), "")


def _checked_filename(entry: _Entry) -> str:
    for part in ("name", "url", "path"):
        if not isinstance(entry.table.get(part, ""), str):
            entry.fail(f"{part} of {entry.key} is not a string")
    name = filename_of(entry.table)
    if not name or name in (".", "..") or not _ONE_COMPONENT.fullmatch(name):
        entry.fail(f"{entry.key} has no usable file name: {name!r}")
    return name


_MOVE = "move the file below the directory of the lockfile, and name it by `path`, relative to that directory"
_RESTORE = "restore the lockfile from version control, or run `lockenv lock --upgrade`"


def _check_release(entry: _Entry, name: str, project: str, version: str) -> None:
    package = entry.lock.packages[entry.position]
    if project != package.name and normalize(project) != package.name:
        entry.fail(f"{name} belongs to {normalize(project)}", hint=_RESTORE)
    if "version" in package.table and not is_same_version(version, package.version):
        entry.fail(f"{name} belongs to version {version}", hint=_RESTORE)


def _location(entry: _Entry) -> str:
    """Return the URL, or the path relative to the lock."""
    path, url = entry.table.get("path"), entry.table.get("url")
    # pylock.toml specification, Installation: "If path is set, use it."
    if path is not None:
        if not isinstance(path, str) or not (inside(path) or _is_named(entry, path)):
            entry.fail(f"the path {path!r} leaves the directory of the lockfile", hint=_MOVE)
        return path.replace("\\", "/")
    if not isinstance(url, str):
        entry.fail(f"{entry.key} has neither url nor path")
    if not _URL.fullmatch(url) and not _is_in_declared_folder(entry.lock, url):
        hint = _MOVE if url.startswith("file:") else "create the lockfile again from an index with https URLs"
        entry.fail(f"the url {url!r} is not an https or http URL", hint=hint)
    return url


def _is_named(entry: _Entry, path: str) -> bool:
    """Return whether the project named this very archive for this package when the lock was made.

    Then it is the user who leads out of the directory of the lock, and not the lock; that the project names it still is
    judged with the other inputs.
    """
    below = path
    while below.startswith("../"):
        below = below.removeprefix("../")
    if entry.key != "archive" or not inside(below) or "\\" in path:
        return False
    name, recorded = entry.lock.packages[entry.position].name, entry.lock.inputs
    tables = [recorded.direct.get(name)]
    placed = recorded.mapping("places").get(name)
    tables += placed if isinstance(placed, list) else []
    return any(isinstance(table, dict) and table.get("archive") == path for table in tables)


def _is_in_declared_folder(lock: Lock, url: str) -> bool:
    """Return whether `url` leads into a folder that the project named by its `file:` URL when the lock was made."""
    if not _FILE_URL.fullmatch(url):
        return False
    roots = [index.get("url") for index in lock.inputs.indexes]
    return any(isinstance(root, str) and _FILE_URL.match(root) and url.startswith(root) for root in roots)


def _hashes(entry: _Entry) -> Hashes:
    hashes = entry.table.get("hashes")
    hint = "run `lockenv lock --upgrade`, so that every file has a sha256"
    if not isinstance(hashes, dict) or not hashes:
        entry.fail(f"{filename_of(entry.table) or entry.key} has no hash", hint=hint)
    known = []
    for algorithm, value in hashes.items():
        if not isinstance(value, str):
            entry.fail(f"the {algorithm} of {filename_of(entry.table)} is not a string")
        length = LENGTHS.get(algorithm.lower())
        if length is None:
            continue
        if len(value) != length or not _HEX.fullmatch(value):
            entry.fail(f"the {algorithm} of {filename_of(entry.table)} is not {length} hexadecimal digits", near=value)
        known.append((algorithm.lower(), value.lower()))
    # pylock.toml specification, packages.archive.hashes: "At least one secure algorithm from
    # hashlib.algorithms_guaranteed SHOULD always be included".
    if all(algorithm in WEAK for algorithm, _ in known):
        listed = ", ".join(sorted(hashes))
        entry.fail(f"{filename_of(entry.table)} has no secure hash, only {listed}", hint=hint)
    return tuple(sorted(known))


def _size(entry: _Entry) -> int | None:
    size = entry.table.get("size")
    if size is None:
        return None
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        entry.fail(f"the size of {filename_of(entry.table)} is {size!r}, not a number of bytes")
    return size


def _moment(entry: _Entry) -> str:
    moment = entry.table.get("upload-time")
    if moment is None:
        return ""
    if not isinstance(moment, datetime):
        entry.fail(f"the upload-time of {filename_of(entry.table)} is not a date and time")
    return moment.isoformat().replace("+00:00", "Z")


def _sha256(hashes: Hashes) -> Sha256 | None:
    return next((Sha256(value) for algorithm, value in hashes if algorithm == "sha256"), None)
