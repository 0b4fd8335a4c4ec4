"""The specifier that a policy writes for a version that was found.

Pure: versions and the name of a policy go in, a specifier comes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Collection

    from packaging.version import Version

Bounds = Literal["lower", "major", "minor", "exact", "none"]
POLICIES: Final = ("lower", "major", "minor", "exact", "none")
"""The first is the default."""


def specifier(policy: Bounds, versions: Collection[str]) -> str:
    """Return what admits `versions`, of which there is one at least; empty where nothing says it.

    `major` ends below the next release whose first number that is not zero is higher, `minor` below the next release
    of the number behind it; `exact` means a single version and is empty for more of them.
    """
    from packaging.version import Version

    ordered = sorted(map(Version, versions))
    lowest = ordered[0].public
    match policy:
        case "lower":
            return f">={lowest}"
        case "major" | "minor":
            return f">={lowest},<{_next(ordered[-1], 0 if policy == 'major' else 1)}"
        case "exact":
            return f"=={ordered[0]}" if len(ordered) == 1 else ""
        case "none":
            return ""


def _next(version: Version, further: int) -> str:
    """Return the release after `version` that differs at its first number that is not zero, or `further` behind it."""
    release = version.release
    first = next((at for at, number in enumerate(release) if number), len(release) - 1)
    place = first + further
    numbers = [*release, *[0] * (place + 1 - len(release))][: place + 1]
    numbers[place] += 1
    epoch = f"{version.epoch}!" if version.epoch else ""
    return epoch + ".".join(map(str, numbers))
