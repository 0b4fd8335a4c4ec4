"""Locks in TOML: uv.lock, poetry.lock, pdm.lock and pylock.toml."""

from __future__ import annotations

from typing import Any

from lockenv.errors import InputError
from lockenv.project.foreign.pinned import ForeignPin, ForeignPins, merged, pinned, table, tables
from lockenv.vocabulary import toml

_ELSEWHERE = ("git", "hg", "svn", "bzr", "url", "path", "file", "directory")


def uv(text: str, file: str) -> ForeignPins:
    """Return what a uv.lock pins; the projects of its workspace are not pins."""
    document = _parsed(text, file, "version")
    found: list[ForeignPin] = []
    left: list[str] = []
    for package in tables(document.get("package"), file, "package"):
        source = table(package.get("source"), file, "source")
        if "virtual" in source or "editable" in source:
            continue
        if "registry" not in source:
            left.append(_left(package, next(iter(source), "elsewhere")))
            continue
        where = package.get("resolution-markers", [])
        markers = [f"({text})" for text in where if isinstance(text, str)] if isinstance(where, list) else []
        files = [package.get("sdist"), *tables(package.get("wheels"), file, "wheels")]
        hashes = [one.get("hash") for one in files if isinstance(one, dict)]
        found.append(pinned(file, package.get("name"), package.get("version"), " or ".join(markers), hashes))
    return _foreign(file, found, left, document.get("requires-python"))


def poetry(text: str, file: str) -> ForeignPins:
    """Return what a poetry.lock pins."""
    document = _parsed(text, file, "metadata")
    found: list[ForeignPin] = []
    left: list[str] = []
    for package in tables(document.get("package"), file, "package"):
        kind = table(package.get("source"), file, "source").get("type", "legacy")
        if kind != "legacy":
            left.append(_left(package, str(kind)))
            continue
        marker = package.get("markers", "")
        if isinstance(marker, dict):  # one for each group
            marker = " or ".join(f"({each})" for each in marker.values())
        hashes = [one.get("hash") for one in tables(package.get("files"), file, "files")]
        found.append(pinned(file, package.get("name"), package.get("version"), marker, hashes))
    return _foreign(file, found, left, table(document.get("metadata"), file, "metadata").get("python-versions"))


def pdm(text: str, file: str) -> ForeignPins:
    """Return what a pdm.lock pins; it has an entry for each set of extras, and they are one pin."""
    document = _parsed(text, file, "metadata")
    found: list[ForeignPin] = []
    left: list[str] = []
    for package in tables(document.get("package"), file, "package"):
        kind = next((key for key in _ELSEWHERE if key in package), "")
        if kind:
            left.append(_left(package, kind))
        else:
            hashes = [one.get("hash") for one in tables(package.get("files"), file, "files")]
            found.append(pinned(file, package.get("name"), package.get("version"), package.get("marker", ""), hashes))
    metadata = table(document.get("metadata"), file, "metadata")
    targets = [one.get("requires_python") for one in tables(metadata.get("targets"), file, "metadata.targets")]
    return _foreign(file, found, left, targets[0] if len(targets) == 1 else None)


def pylock(text: str, file: str) -> ForeignPins:
    """Return what a pylock.toml pins, whoever wrote it."""
    document = _parsed(text, file, "lock-version")
    found: list[ForeignPin] = []
    left: list[str] = []
    for package in tables(document.get("packages"), file, "packages"):
        kind = next((key for key in ("vcs", "directory", "archive") if key in package), "")
        if kind or "version" not in package:
            left.append(_left(package, kind or "elsewhere"))
        else:
            files = [package.get("sdist"), *tables(package.get("wheels"), file, "wheels")]
            tables_of = (one.get("hashes") for one in files if isinstance(one, dict))
            hashes = [f"sha256:{one.get('sha256')}" for one in tables_of if isinstance(one, dict)]
            found.append(pinned(file, package.get("name"), package["version"], package.get("marker", ""), hashes))
    return _foreign(file, found, left, document.get("requires-python"))


def _parsed(text: str, file: str, mark: str) -> dict[str, Any]:
    try:
        document = toml.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file} is not valid TOML: {error}", hint="create it again with its tool") from error
    if mark not in document:
        raise InputError(
            f"{file} is not in the format of its name: it has no {mark}", hint="specify the lockfile itself"
        )
    return document


def _foreign(file: str, found: list[ForeignPin], left: list[str], python: object) -> ForeignPins:
    return ForeignPins(
        file=file,
        pins=merged(found),
        python=python if isinstance(python, str) and python != "*" else "",
        left=tuple(dict.fromkeys(left)),
    )


def _left(package: dict[str, Any], kind: str) -> str:
    title = f"{package.get('name', 'a package')} {package.get('version', '')}".strip()
    return f"{title} comes from {kind}, not from an index"
