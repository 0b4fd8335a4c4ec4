"""Core metadata: the headers of a METADATA or PKG-INFO file to what resolution needs of them.

Pure: the bytes of the file go in; a Metadata, or the compact text that a cache keeps of it, comes out; and the
license and the project's page, for people. Never: the description, or anything else that does not decide what is
installed with what.
"""

from __future__ import annotations

from lockenv.errors import InputError, RefusedError
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.distribution import Metadata, NeedsBuild, sdist_release
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import ExtraName, NormalizedName, is_valid, normalize
from lockenv.vocabulary.pep440 import read_version

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lockenv.index import legacy
    from lockenv.index import license_and_page as descriptive
    from lockenv.vocabulary import licenses
else:
    legacy = late("lockenv.index.legacy")
    descriptive = late("lockenv.index.license_and_page")
    licenses = late("lockenv.vocabulary.licenses")

LIMIT = 16 << 20
"""Bytes of a metadata file that are read; an honest one is far smaller."""

_READ = frozenset(
    {
        *("metadata-version", "name", "version", "requires-dist", "requires-python", "provides-extra", "dynamic"),
        *("license-expression", "license", "classifier", "home-page", "project-url"),
    }
)
_DECISIVE = frozenset({"requires-dist", "requires-python", "provides-extra"})
OTHER_VERSION = "choose another version, and report this one to the index"
_LONGEST_VALUE = 1 << 16
_LONGEST_DECISIVE = 1 << 20
"""Characters of one field that decides what is installed, and of all of them; honest files have a tenth of either."""
_LONGEST_VERSION = 100
"""Characters of a Metadata-Version that can mean something."""
_MAGIC = "metadata 4"
_NAMED_LICENSE = "metadata 3"
"""What an older lockenv keeps: the same, with the license as one text for people."""
_WITHOUT_LICENSE = "metadata 1"
"""What one before keeps: the same without the license and the project's page."""
_BUILD = "build 2"
_CURRENT = tuple(f"{each}\n".encode() for each in (_MAGIC, _BUILD))
_READABLE = (*_CURRENT, *(f"{each}\n".encode() for each in (_NAMED_LICENSE, _WITHOUT_LICENSE)))


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields of a metadata file that resolution reads."""

    fields: Mapping[str, tuple[str, ...]]
    """By lower-case name; each value on one line."""

    def first(self, name: str) -> str:
        """Return the first value of a field; empty when it is absent."""
        return self.fields.get(name, ("",))[0]


def headers(content: bytes) -> Headers:
    """Return the fields that resolution reads; the order of each field's values is the file's."""
    fields: dict[str, list[list[str]]] = {}
    values: list[list[str]] | None = None
    text = content[:LIMIT].decode("utf-8", "replace").replace("\r\n", "\n").lstrip("\ufeff\n")
    for line in text.partition("\n\n")[0].split("\n"):
        if line[:1] in (" ", "\t"):
            if values:
                values[-1].append(line.strip())
            continue
        name, colon, value = line.partition(":")
        if not colon:
            # A line that is no field ends the fields, as it does for the standard library's parser.
            break
        key = name.rstrip().lower()
        values = fields.setdefault(key, []) if key in _READ else None
        if values is not None:
            values.append([value.strip()])
    return Headers({name: tuple(map(" ".join, found)) for name, found in fields.items()})


def compact(content: bytes, filename: str) -> bytes:
    """Return what a cache keeps of a wheel's METADATA.

    Raises InputError, naming `filename`, when the file has no name or version, or requirements beyond all measure.
    """
    return _encoded(headers(content), filename)


def compact_headers(found: Headers, filename: str) -> bytes:
    """Return what a cache keeps of metadata that was not read from a METADATA file; as `compact`."""
    return _encoded(found, filename)


def compact_source(content: bytes, filename: str, project: Callable[[str], Headers | str] | None = None) -> bytes:
    """Return what a cache keeps of a source distribution: its metadata, or why only a build could know it.

    `content` is its PKG-INFO; `project` returns what its pyproject.toml declares of this version, and is asked where
    PKG-INFO is not enough.
    """
    found = headers(content)
    reason = _why_not_static(found, filename)
    if not reason:
        return _encoded(found, filename)
    name, version = found.first("name"), found.first("version")
    return _declared(project(version) if project is not None else "", reason, filename, name, version)


def compact_bare(filename: str, project: Callable[[str], Headers | str]) -> bytes:
    """Return what a cache keeps of a source distribution without PKG-INFO: what `project` declares, or the reason.

    Name and version are those of `filename`, which the index lists them under; as `compact_source` for the rest.
    """
    name, version = sdist_release(filename)
    return _declared(project(version), f"{filename} contains no PKG-INFO", filename, name, version)


def _declared(declared: Headers | str, reason: str, filename: str, name: str, version: str) -> bytes:
    """Return what a pyproject.toml declares of a release, or that a build is needed: for `reason`, and why it is."""
    if isinstance(declared, Headers):
        if _is_same_release(declared.first("name"), declared.first("version"), name, version):
            return _encoded(declared, filename)
        declared = "its pyproject.toml is for a different release"
    return compact_build(f"{reason}, and {declared}" if declared else reason, name, version)


def _why_not_static(found: Headers, filename: str) -> str:
    """Return why a build may report other metadata than the PKG-INFO `found`; empty when it must report the same."""
    # Core metadata specification, Dynamic: "If the value of Metadata-Version is 2.2 or greater and a field is not
    # marked Dynamic, then the value of the field in any wheel built from the sdist MUST match the value in the sdist".
    if not _is_at_least_2_2(found.first("metadata-version")):
        return f"the metadata of {filename} is older than version 2.2, so a build may change it"
    dynamic = sorted(_DECISIVE.intersection(field.lower() for field in found.fields.get("dynamic", ())))
    return f"{filename} declares {', '.join(map(str.title, dynamic))} as dynamic" if dynamic else ""


def compact_build(reason: str, name: str, version: str) -> bytes:
    """Return what a cache keeps of a file that says that it is this release, and no more without a build."""
    return "\n".join((_BUILD, reason, name, version)).encode()


def is_metadata_of(content: bytes, filename: str) -> bool:
    """Return whether `content` is metadata of the release that the wheel `filename` is of."""
    name, dash, rest = filename.partition("-")
    found = headers(content)
    own = found.first("name")
    if _is_excessive(found):
        return False
    return bool(dash) and is_valid(own) and _is_same_release(own, found.first("version"), name, rest.partition("-")[0])


def is_current(payload: bytes, *, has_license: bool = False) -> bool:
    """Return whether `payload` is of a form that is read now; with `has_license`, of one that keeps what it says."""
    return payload.startswith(_CURRENT if has_license else _READABLE)


def is_static(payload: bytes) -> bool:
    """Return whether `payload` is metadata, and not why only a build could know it."""
    return not payload.startswith(_BUILD.encode())


def decode_any(payload: bytes, filename: str) -> Metadata | NeedsBuild:
    """Return the metadata that `payload` keeps of `filename`, of whichever release they are."""
    name, version = payload.decode().split("\n")[1:3] if is_static(payload) else payload.decode().split("\n")[2:4]
    return decode(payload, filename, NormalizedName(name), version)


def decode(payload: bytes, filename: str, name: NormalizedName, version: str) -> Metadata | NeedsBuild:
    """Return the metadata that `payload` keeps of `filename`, which the index lists as this name and version.

    A requirement that is not valid is returned as it was written: whoever considers the release judges it. Raises
    RefusedError `metadata-mismatch` when the metadata is of another release.
    """
    lines = payload.decode().split("\n")
    if lines[0] == _BUILD:
        _, reason, found_name, found_version = lines
        check_release(found_name, found_version, name, version, filename)
        return NeedsBuild(reason=reason)
    magic, found_name, found_version, requires_python, extras, *requires = lines
    check_release(found_name, found_version, name, version, filename)
    return Metadata(
        name=name,
        version=version,
        requires=tuple(requires if magic == _WITHOUT_LICENSE else requires[2:]),
        requires_python=requires_python,
        extras=tuple(map(ExtraName, extras.split("\t"))) if extras else (),
        license=requires[0] if magic == _MAGIC else "",
    )


def license_and_page(payload: bytes) -> tuple[str, str]:
    """Return the license that the kept metadata `payload` names, in its words, and the URL of the project's page.

    Either is empty where the metadata names none, or the page is not on the web.
    """
    magic, *lines = payload.decode().split("\n", 7)
    if magic == _MAGIC:
        return licenses.of_line(lines[4]).named, lines[5]
    return (lines[4], lines[5]) if magic == _NAMED_LICENSE else ("", "")


def check_release(found_name: str, found_version: str, name: NormalizedName, version: str, filename: str) -> None:
    """Raise RefusedError unless the metadata of `filename` is that of this release."""
    if not _is_same_release(found_name, found_version, name, version):
        stated = ascii(f"{found_name} {found_version}".strip())[1:-1][:200]
        raise RefusedError(
            "metadata-mismatch",
            f"{filename}: its metadata {f'is for {stated}' if stated else 'states neither a name nor a version'}",
            hint="the file is broken or forged; choose another version, and report this one to the index",
        )


def _is_same_release(name: str, version: str, other_name: str, other_version: str) -> bool:
    if name == other_name and version == other_version:
        return True
    try:
        return normalize(name) == normalize(other_name) and read_version(version)[1] == read_version(other_version)[1]
    except ValueError:
        return False


def _is_excessive(found: Headers) -> bool:
    """Return whether the fields that decide what is installed are longer than any honest ones."""
    lengths = [len(value) for name in _DECISIVE for value in found.fields.get(name, ())]
    return max(lengths, default=0) > _LONGEST_VALUE or sum(lengths) > _LONGEST_DECISIVE


def _encoded(found: Headers, filename: str) -> bytes:
    if _is_excessive(found):
        raise InputError(
            f"{filename}: its metadata has a requirement of more than {_LONGEST_VALUE} characters, or more than "
            f"{_LONGEST_DECISIVE} characters of requirements",
            hint=OTHER_VERSION,
        )
    name, version = found.first("name"), found.first("version")
    try:
        normalized_version = read_version(version)[0]
    except ValueError as error:
        raise InputError(
            f"{filename}: its metadata has no valid Version ({version[:60]!a})", hint=OTHER_VERSION
        ) from error
    if not is_valid(name):
        raise InputError(f"{filename}: its metadata has no valid Name ({name[:60]!a})", hint=OTHER_VERSION)
    requires_python = legacy.specifier(found.first("requires-python")) or ""
    extras = dict.fromkeys(normalize(extra) for extra in found.fields.get("provides-extra", ()) if is_valid(extra))
    requires = (legacy.requirement(text) or text for text in found.fields.get("requires-dist", ()))
    known = (normalize(name), normalized_version, requires_python, "\t".join(extras))
    described = (descriptive.license_in(found.fields).line(), descriptive.page_in(found.fields))
    return "\n".join((_MAGIC, *known, *described, *requires)).encode()


def _is_at_least_2_2(metadata_version: str) -> bool:
    major, _, minor = metadata_version.partition(".")
    # A number of thousands of digits is no version, and Python would refuse to read it.
    is_version = major.isdecimal() and minor.isdecimal() and len(metadata_version) < _LONGEST_VERSION
    return is_version and (int(major), int(minor)) >= (2, 2)
