"""Core metadata: the headers of a METADATA or PKG-INFO file to what resolution needs of them.

Pure: the bytes of the file go in; a Metadata, or the compact text that a cache keeps of it, comes out. Never: the
description, the licence, or anything else that does not decide what is installed with what.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import InputError, RefusedError
from lockenv.index.versions import read
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.distribution import Metadata, NeedsBuild
from lockenv.vocabulary.names import ExtraName, NormalizedName, is_valid, normalize

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMIT = 16 << 20
"""Bytes of a metadata file that are read; an honest one is far smaller."""

_READ = frozenset(
    {"metadata-version", "name", "version", "requires-dist", "requires-python", "provides-extra", "dynamic"}
)
_DECISIVE = frozenset({"requires-dist", "requires-python", "provides-extra"})
_MAGIC = "metadata 1"
_BUILD = "build 1"


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields of a metadata file that resolution reads."""

    fields: Mapping[str, tuple[str, ...]]
    """By lower-case name; each value on one line."""

    def first(self, name: str) -> str:
        """Give the first value of a field; empty when it is absent."""
        return self.fields.get(name, ("",))[0]


def headers(content: bytes) -> Headers:
    """Give the fields that resolution reads; the order of each field's values is the file's."""
    fields: dict[str, list[str]] = {}
    values: list[str] | None = None
    text = content[:LIMIT].decode("utf-8", "replace").replace("\r\n", "\n").lstrip("\ufeff\n")
    for line in text.partition("\n\n")[0].split("\n"):
        if line[:1] in (" ", "\t"):
            if values:
                values[-1] = f"{values[-1]} {line.strip()}"
            continue
        name, colon, value = line.partition(":")
        if not colon:
            # A line that is no field ends the fields, as it does for the standard library's parser.
            break
        key = name.rstrip().lower()
        values = fields.setdefault(key, []) if key in _READ else None
        if values is not None:
            values.append(value.strip())
    return Headers({name: tuple(found) for name, found in fields.items()})


def compact(content: bytes, filename: str) -> bytes:
    """Give what a cache keeps of a wheel's METADATA.

    Raises InputError, naming `filename`, when the file has no name or version.
    """
    return _encoded(headers(content), filename)


def compact_source(content: bytes, filename: str) -> bytes:
    """Give what a cache keeps of a source distribution's PKG-INFO: its metadata, or why only a build could tell."""
    found = headers(content)
    # Core metadata specification, Dynamic: "If the value of Metadata-Version is 2.2 or greater and a field is not
    # marked Dynamic, then the value of the field in any wheel built from the sdist MUST match the value in the sdist".
    if not _is_at_least_2_2(found.first("metadata-version")):
        return compact_build(f"the metadata of {filename} is older than version 2.2, so that a build may change it")
    dynamic = sorted(_DECISIVE.intersection(field.lower() for field in found.fields.get("dynamic", ())))
    if dynamic:
        return compact_build(f"{filename} declares {', '.join(map(str.title, dynamic))} dynamic")
    return _encoded(found, filename)


def compact_build(reason: str) -> bytes:
    """Give what a cache keeps of a file whose metadata only a build could tell."""
    return f"{_BUILD}\n{reason}".encode()


def decode(payload: bytes, filename: str, name: NormalizedName, version: str) -> Metadata | NeedsBuild:
    """Give the metadata that `payload` keeps of `filename`, which the index lists as this name and version.

    A requirement that is not valid is given as it was written: whoever considers the release judges it. Raises
    RefusedError `metadata-mismatch` when the metadata is of another release.
    """
    lines = payload.decode().split("\n")
    if lines[0] == _BUILD:
        return NeedsBuild(reason=lines[1])
    _, found_name, found_version, requires_python, extras, *requires = lines
    if found_name != name or (found_version != version and read(found_version)[1] != read(version)[1]):
        raise RefusedError(
            "metadata-mismatch",
            f"{filename}: its metadata is that of {found_name} {found_version}",
            hint="the file is broken or a forgery: choose another version, and tell the index",
        )
    return Metadata(
        name=name,
        version=version,
        requires=tuple(requires),
        requires_python=requires_python,
        extras=tuple(map(ExtraName, extras.split("\t"))) if extras else (),
    )


def _encoded(found: Headers, filename: str) -> bytes:
    from lockenv.index.legacy import requirement, specifier

    name, version = found.first("name"), found.first("version")
    try:
        normalized_version = read(version)[0]
    except ValueError as error:
        raise InputError(f"{filename}: its metadata has no valid Version ({version[:60]!a})") from error
    if not is_valid(name):
        raise InputError(f"{filename}: its metadata has no valid Name ({name[:60]!a})")
    requires_python = specifier(found.first("requires-python")) or ""
    extras = dict.fromkeys(normalize(extra) for extra in found.fields.get("provides-extra", ()) if is_valid(extra))
    requires = (requirement(text) or text for text in found.fields.get("requires-dist", ()))
    return "\n".join(
        (_MAGIC, normalize(name), normalized_version, requires_python, "\t".join(extras), *requires)
    ).encode()


def _is_at_least_2_2(metadata_version: str) -> bool:
    major, _, minor = metadata_version.partition(".")
    return (major.isdecimal() and minor.isdecimal()) and (int(major), int(minor)) >= (2, 2)
