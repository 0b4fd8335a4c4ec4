"""What every reader of another tool's file returns, and the small things they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockenv.errors import InputError
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.names import Sha256, is_valid, normalize
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.pep440 import is_version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.vocabulary.names import NormalizedName

_SHA256 = lazy_pattern(r"sha256:([0-9A-Fa-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignPin:
    """A release that a file of another tool pins."""

    name: NormalizedName
    version: str
    """As that file spells it; a version (PEP 440)."""
    marker: str = ""
    """Where it is meant; empty for everywhere, or where the file does not say."""
    sha256: tuple[Sha256, ...] = ()
    """Of its files, as far as that file has them; sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignPins:
    """What a file of another tool pins."""

    file: str
    pins: tuple[ForeignPin, ...]
    """In the order of the file, each once."""
    python: str = ""
    """The Pythons it is for, as a specifier; empty where it does not say."""
    left: tuple[str, ...] = ()
    """What is no release of an index, a sentence each."""
    listed: tuple[str, ...] = ()
    """The requirements that it lists as a person wrote them, where it is such a list."""


def pinned(file: str, name: object, version: object, marker: object = "", hashes: Iterable[object] = ()) -> ForeignPin:
    """Return a pin, checked; of `hashes`, what is no `sha256:` is left out.

    Raises InputError for what is no name or no version.
    """
    if not isinstance(name, str) or not is_valid(name):
        raise InputError(f"{file} contains the invalid package name {name!r}", hint="create it again")
    if not isinstance(version, str) or not is_version(version):
        raise InputError(f"{file} pins {name} to {version!r}, which is not a version", hint="create it again")
    return ForeignPin(
        name=normalize(name),
        version=version,
        marker=marker if isinstance(marker, str) else "",
        sha256=tuple(sorted({Sha256(found[1].lower()) for one in hashes if (found := _SHA256.fullmatch(str(one)))})),
    )


def merged(pins: Iterable[ForeignPin]) -> tuple[ForeignPin, ...]:
    """Return `pins` in their order, each once: the hashes of those that are alike belong together."""
    found: dict[tuple[str, str, str], ForeignPin] = {}
    for one in pins:
        key = (one.name, one.version, one.marker)
        before = found.get(key)
        found[key] = one if before is None else replace(one, sha256=tuple(sorted({*before.sha256, *one.sha256})))
    return tuple(found.values())


def tables(value: object, file: str, key: str) -> list[dict[str, Any]]:
    """Return an array of tables; empty where it is missing. Raises InputError where it is something else."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise InputError(f"{file}: {key} is not an array of tables", hint="create it again with the tool that wrote it")
    return value


def table(value: object, file: str, key: str) -> dict[str, Any]:
    """Return a table; empty where it is missing. Raises InputError where it is something else."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InputError(f"{file}: {key} is not a table", hint="create it again with the tool that wrote it")
    return value


def fault(file: str, line: int, message: str, hint: str, source: str = "") -> InputError:
    """Return the error that says what is wrong with a line."""
    return InputError(message, hint=hint, origin=Origin(file=file, line=line, source=source))
