"""Raise the bounds of a declared requirement to a version, in the manner in which they are written.

Pure: a specifier as it was written and versions go in; the specifier with the same kinds of bounds comes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

    from packaging.version import Version

_LIMITS: Final = ("===", "==", "~=", "<=", "<")
"""What keeps newer versions out; the longer first, so that none is taken for the beginning of another."""
_OTHERS: Final = ("!=", ">=", ">")


def relaxed(specifier: str) -> str:
    """Return `specifier` without what keeps newer versions out: its lower bounds, and the versions it excludes.

    An exact or a compatible version becomes a lower bound.
    """
    kept = []
    for operator, version in _clauses(specifier):
        if operator in _OTHERS:
            kept.append(f"{operator}{version}")
        elif operator in ("===", "==", "~="):
            kept.append(f">={version.removesuffix('.*')}")
    return ",".join(kept)


def raised(specifier: str, versions: Collection[str]) -> str:
    """Return `specifier` with its bounds raised to `versions`, one at least; no bound is lowered.

    A lower bound becomes the lowest of the versions; an upper bound that excludes the highest becomes the next version
    with as many numbers. A single version stays one where there is one only; `specifier` as it is where not.
    """
    from packaging.version import Version

    ordered = sorted(map(Version, versions))
    clauses = _clauses(specifier)
    if len(ordered) > 1 and any(operator in ("==", "===") and not text.endswith(".*") for operator, text in clauses):
        return specifier
    written = [_raised(operator, text, ordered[0], ordered[-1]) for operator, text in clauses]
    return ",".join(dict.fromkeys(written))


def _raised(operator: str, text: str, lowest: Version, highest: Version) -> str:
    from packaging.version import Version

    same = f"{operator}{text}"
    if operator in ("==", "===") and not text.endswith(".*"):
        return f"{operator}{lowest}"
    bound = Version(text.removesuffix(".*"))
    count = len(bound.release)
    match operator:
        case ">=":
            return f">={lowest.public}" if lowest > bound else same
        case ">" if lowest > bound:
            return f">={lowest.public}"
        case "~=" if lowest > bound:
            return f"~={lowest.public if lowest.is_prerelease else _numbers(lowest, max(count, 2))}"
        case "==":
            return f"=={_numbers(lowest, count)}.*"
        case "<=" if highest > bound:
            return f"<={highest.public}"
        case "<" if Version(highest.base_version) >= bound:
            return f"<{_numbers(highest, count, further=1)}"
    return same


def _numbers(version: Version, count: int, *, further: int = 0) -> str:
    """Return the first `count` numbers of `version`, the last of them `further` on."""
    numbers = [*version.release, *[0] * count][:count]
    numbers[-1] += further
    epoch = f"{version.epoch}!" if version.epoch else ""
    return epoch + ".".join(map(str, numbers))


def _clauses(specifier: str) -> list[tuple[str, str]]:
    """Return each clause of `specifier` as its operator and its version, in the order they are written."""
    found = []
    for clause in filter(None, (part.strip() for part in specifier.split(","))):
        operator = next(each for each in (*_LIMITS, *_OTHERS) if clause.startswith(each))
        found.append((operator, clause.removeprefix(operator).strip()))
    return found
