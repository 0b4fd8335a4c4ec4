"""Note what `no-build` and `no-build-package` keep at a lower version, whatever requires it included.

The question is answered once more as if every release without a wheel could be built. No source distribution is read
for that, and nothing of it is locked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.context.access import catalog
from lockenv.resolve.solve import solve
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.pep440 import version_key
from lockenv.vocabulary.pin import NeedsPermission, Unsolvable
from lockenv.vocabulary.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockenv.context.settings import Settings
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index.direct import DirectCatalog
    from lockenv.resolve.problem import Problem
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import Pin, Resolution
    from lockenv.vocabulary.progress import Listener


def note_held_back(
    answer: Resolution,
    question: Problem,
    manifest: Manifest,
    asked: DirectCatalog,
    settings: Settings,
    source: Fetcher,
    listener: Listener,
) -> None:
    """Note each package of `answer` whose version would be higher without `no-build`; nothing where there is none."""
    free = replace(manifest, policy=replace(manifest.policy, no_build=()))
    indexes = catalog(free, settings, source, reads_sdists=False)
    other = solve(replace(question, policy=free.policy), asked.over(indexes), SILENT, has_hints=False)
    if isinstance(other, Unsolvable):
        return
    lower = list(_lower(answer.pins, other.pins))
    if not lower:
        return
    key = "no-build" if "*" in manifest.policy.no_build else "no-build-package"
    unbuilt = other.packages if isinstance(other, NeedsPermission) else ()
    cause = f"; {', '.join(f'{one.name} {one.version}' for one in unbuilt)} must be built" if unbuilt else ""
    listener.note(f"`{key}` holds back {', '.join(lower)}{cause}")


def _lower(pins: Iterable[Pin], others: Iterable[Pin]) -> Iterator[str]:
    """Return each name of which `pins` have a lower version than `others`, with both, by name."""
    here, there = _newest(pins), _newest(others)
    for name in sorted(here.keys() & there.keys()):
        if version_key(here[name]) < version_key(there[name]):
            yield f"{name} {here[name]} ({there[name]} without it)"


def _newest(pins: Iterable[Pin]) -> dict[NormalizedName, str]:
    found: dict[NormalizedName, str] = {}
    for pin in pins:
        if pin.version and (pin.name not in found or version_key(found[pin.name]) < version_key(pin.version)):
            found[pin.name] = pin.version
    return found
