"""The specifier that a policy writes for a version that was found.

Pure: versions and the name of a policy go in, a specifier comes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from lockenv.vocabulary.pep440 import read_version, version_key

if TYPE_CHECKING:
    from collections.abc import Collection

Bounds = Literal["lower", "major", "minor", "exact", "none"]
POLICIES: Final = ("lower", "major", "minor", "exact", "none")
"""The first is the default."""


def specifier(policy: Bounds, versions: Collection[str]) -> str:
    """Return what admits `versions`, of which there is one at least; empty where nothing says it.

    `major` ends below the next release whose first number that is not zero is higher, `minor` below the next release
    of the number behind it; `exact` means a single version and is empty for more of them.
    """
    ordered = sorted(versions, key=version_key)
    lowest = read_version(ordered[0])[0]
    # Clauses other than `==` name no local version.
    floor = f">={lowest.partition('+')[0]}"
    match policy:
        case "lower":
            return floor
        case "major" | "minor":
            return f"{floor},<{_next(ordered[-1], 0 if policy == 'major' else 1)}"
        case "exact":
            return f"=={lowest}" if len(ordered) == 1 else ""
        case "none":
            return ""


def _next(text: str, further: int) -> str:
    """Return the release after a version that differs at its first number that is not zero, or `further` behind it."""
    from packaging.version import Version

    version = Version(text)
    release = version.release
    first = next((at for at, number in enumerate(release) if number), len(release) - 1)
    place = first + further
    numbers = [*release, *[0] * (place + 1 - len(release))][: place + 1]
    numbers[place] += 1
    epoch = f"{version.epoch}!" if version.epoch else ""
    return epoch + ".".join(map(str, numbers))
