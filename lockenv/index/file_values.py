"""What single values of an entry of a JSON page mean (PEP 691, 592, 658, 714).

Pure: a value of any type goes in; one that can be trusted, or nothing, comes out.
"""

from __future__ import annotations

from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


_SHA256 = lazy_pattern(r"[0-9a-f]{64}")
_LARGEST = 1 << 50
_SPACED_KEY = lazy_pattern(r'"[ \t\r\n]+:')


def digest(text: Any) -> str:
    """Return a sha256 in lower case; empty when `text` is none."""
    if not isinstance(text, str):
        return ""
    lowered = text.lower()
    return lowered if _SHA256.fullmatch(lowered) else ""


def length(value: Any) -> int | None:
    """Return a size in bytes; None when `value` is none."""
    return value if type(value) is int and 0 <= value < _LARGEST else None


def sentence(text: str) -> str:
    """Return free text on one line, without control characters, cut to a readable length."""
    return " ".join("".join(char if char.isprintable() else " " for char in text[:500]).split())


def yanked(value: Any) -> str | None:
    """Return why a file is yanked, possibly empty; None when it is not.

    PEP 691: "Either a boolean to indicate if the file has been yanked, or an arbitrary, but non-empty, string".
    """
    if not value:
        return None
    return sentence(value) if isinstance(value, str) else ""


def advertised(value: Any) -> str:
    """Return what a page says of the metadata file of a file: its sha256, `true` without one, empty for none."""
    return (digest(value) or "true") if isinstance(value, str) else "true" if value is True else ""


def metadata_value(entry: dict[str, Any]) -> Any:
    """Return what an entry says that counts of its metadata file: a sha256, or whether there is one."""
    # PEP 714: `core-metadata` counts where it is present, `data-dist-info-metadata` where it is not.
    value = entry.get("core-metadata")
    if value is None:
        value = entry.get("data-dist-info-metadata")
    if not isinstance(value, dict):
        return value
    # One that states a hash of another kind is there as well.
    sha256 = value.get("sha256")
    return sha256 if isinstance(sha256, str) else True


def stated_metadata(entry: dict[str, Any]) -> str:
    """Return what an entry says of its metadata file: its sha256, `true` without one, empty for none."""
    return advertised(metadata_value(entry))


def ends_of_keys(text: str) -> int:
    """Return how many keys a JSON text seems to have; -1 where blanks follow one, so that they cannot be counted."""
    return -1 if _SPACED_KEY.search(text) else text.count('":')


def pairs_of_files(files: list[Any]) -> int:
    """Return how many pairs the entries of files have; too few where an entry is unusual."""
    try:
        hashes = [entry["hashes"] for entry in files]
        if not set(map(type, hashes)) <= {dict}:
            return 0
        count = sum(map(len, files)) + sum(map(len, hashes))
        for key in ("core-metadata", "data-dist-info-metadata", "dist-info-metadata"):
            count += sum([len(value) for entry in files if type(value := entry.get(key)) is dict])
    except (AttributeError, KeyError, TypeError):
        return 0
    return count
