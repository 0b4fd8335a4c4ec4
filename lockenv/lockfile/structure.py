"""Check the shape of a lock: what every reader of it relies on, and no more.

A no-op `sync` pays for this, so the files of the packages are not looked at here; `artifact` checks those that are
selected, `validity` checks all. In: the TOML mapping. Out: notes, or the InputError that points at the fault.
"""

from __future__ import annotations

from lockenv.errors import InputError
from lockenv.lockfile.lock import RESTORE
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NoReturn

    from lockenv.lockfile.lock import Lock

_VERSION = lazy_pattern(r"([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:\.0+)*")
_NORMALIZED = lazy_pattern(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TOP: dict[str, type] = {"requires-python": str, "created-by": str, "packages": list, "tool": dict}
_TOP_LISTS = ("environments", "extras", "dependency-groups", "default-groups")
_PACKAGE: dict[str, type] = {
    "name": str,
    "version": str,
    "marker": str,
    "requires-python": str,
    "dependencies": list,
    "vcs": dict,
    "directory": dict,
    "archive": dict,
    "index": str,
    "sdist": dict,
    "wheels": list,
    "attestation-identities": list,
    "tool": dict,
}
_LONGEST = 4000
"""Characters of a version, and of a specifier: Python reads no number of more than 4,300 digits."""
_TABLES = ("dependencies", "wheels", "attestation-identities")
_DIRECT = ("vcs", "directory", "archive")
_WORDS = {str: "a string", list: "an array", dict: "a table", bool: "a boolean", int: "an integer", float: "a float"}


def check(lock: Lock) -> tuple[str, ...]:
    """Return notes on a well-formed `lock`; raise InputError at the first fault."""
    document = lock.document
    notes = _check_version(lock)
    for key in ("created-by", "packages"):
        if key not in document:
            _fail(lock, key, f"the lockfile has no {key}")
    for key, kind in _TOP.items():
        if key in document and not isinstance(document[key], kind):
            _fail(lock, key, f"{key} is {_word(document[key])}, not {_WORDS[kind]}")
    if len(document.get("requires-python", "")) > _LONGEST:
        _fail(lock, "requires-python", f"requires-python has more than {_LONGEST} characters")
    for key in _TOP_LISTS:
        items = document.get(key, [])
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            _fail(lock, key, f"{key} is not an array of strings")
    for extra in document.get("extras", ()):
        if not _NORMALIZED.fullmatch(extra):
            _fail(lock, "extras", f"the extra {extra!r} is not normalized")
    for position, package in enumerate(document["packages"]):
        if not isinstance(package, dict):
            _fail(lock, "packages", f"packages[{position}] is {_word(package)}, not a table")
        _check_package(lock, position, package)
    return notes


def _check_version(lock: Lock) -> tuple[str, ...]:
    version = lock.document.get("lock-version")
    if version is None:
        hint = f"it is not a pylock.toml, or is truncated; {RESTORE}"
        _fail(lock, "lock-version", "the lockfile has no lock-version", hint=hint)
    if not isinstance(version, str):
        _fail(lock, "lock-version", f'lock-version is {_word(version)}, not a string such as "1.0"')
    match = _VERSION.fullmatch(version)
    if match is None:
        _fail(lock, "lock-version", f"lock-version {version!r} is not a version")
    # "If a tool doesn't support a major version, it MUST raise an error." (pylock.toml specification, lock-version)
    if int(match[1]) != 1:
        _fail(
            lock,
            "lock-version",
            f"the lockfile uses format version {version}, but this version of lockenv supports version 1",
            hint="use a newer version of lockenv",
        )
    if int(match[2] or 0):
        return (f"{lock.file} uses format version {version}; features newer than 1.0 are ignored",)
    return ()


def _check_package(lock: Lock, position: int, package: Mapping[str, Any]) -> None:
    name = package.get("name")
    if not isinstance(name, str):
        _fail_package(lock, position, "name", "has no name" if name is None else "has a name that is not a string")
    if not _NORMALIZED.fullmatch(name):
        _fail_package(lock, position, "name", f"has the name {name!r}, which is not normalized")
    for key, value in package.items():
        kind = _PACKAGE.get(key)
        if kind is not None and not isinstance(value, kind):
            _fail_package(lock, position, key, f"has {key} as {_word(value)}, not {_WORDS[kind]}")
        if kind is str and key in ("version", "requires-python") and len(value) > _LONGEST:
            _fail_package(lock, position, key, f"has {key} of more than {_LONGEST} characters")
        if key in _TABLES and not {dict}.issuperset(map(type, value)):
            _fail_package(lock, position, key, f"has {key} that is not an array of tables")
    direct = [key for key in _DIRECT if key in package]
    released = "sdist" in package or package.get("wheels")
    if not direct and not released:
        _fail_package(lock, position, "", "has no file and no other source")
    if len(direct) + bool(released) > 1:
        sources = [*direct, *(key for key in ("sdist", "wheels") if key in package)]
        _fail_package(lock, position, sources[0], f"has more than one source: {', '.join(sources)}")


def _fail_package(lock: Lock, position: int, key: str, message: str) -> NoReturn:
    name = lock.document["packages"][position].get("name")
    subject = name if isinstance(name, str) and _NORMALIZED.fullmatch(name) else f"packages[{position}]"
    raise InputError(f"{subject} {message}", hint=RESTORE, origin=lock.place(position, key))


def _fail(lock: Lock, key: str, message: str, *, hint: str = RESTORE) -> NoReturn:
    raise InputError(message, hint=hint, origin=lock.top(key))


def _word(value: object) -> str:
    return _WORDS.get(type(value), "a date or time")
