"""The plain second engine: no search, only what is evident.

Duty: say where a region that the first engine left unsolved can be divided, and return the simplest true reason when it
cannot. In: a Region and the Model. Out: NoSolution. Never: a version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.resolve.engine_interface import NoSolution
from lockenv.resolve.hint import Hint
from lockenv.resolve.version_sets import positions
from lockenv.vocabulary import markers
from lockenv.vocabulary.markers import cofactor, marker_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.resolve.edges import RootEdge
    from lockenv.resolve.engine_interface import Region
    from lockenv.resolve.model import Model
    from lockenv.vocabulary.markers import Marker


def explain(region: Region, model: Model) -> NoSolution:
    """Return the markers that divide the region, and which requirements of the project nothing can meet."""
    separators: tuple[Marker, ...] | None = None
    reasons: list[str] = []
    hints: list[str] = []
    origins = []
    for edge in region.roots:
        reason, hint = _evident(edge, region, model)
        if reason:
            reasons.append(reason)
            if edge.marker is region.env:
                # What fails for the whole region fails in each part of it.
                separators = ()
            origins.append(edge.root.origin)
            hints += [hint] if hint else []
    if not reasons:
        asked = ", ".join(dict.fromkeys(str(edge.root.requirement) for edge in region.roots))
        reasons.append(f"no combination of versions was found that satisfies {asked} together")
        origins += [edge.root.origin for edge in region.roots]
    return NoSolution(
        separators=_separators(region, model) if separators is None else separators,
        reasons=tuple(reasons),
        hints=tuple(map(Hint.of, hints)),
        origins=tuple(dict.fromkeys(origins)),
    )


def _evident(edge: RootEdge, region: Region, model: Model) -> tuple[str, str]:
    """Return why no release meets a requirement of the project, whatever else is chosen, and what would help."""
    candidates = model.candidates(edge.name)
    if not candidates.is_known:
        near = model.catalog.near(edge.name)
        hint = f"did you mean {', '.join(near)}?" if near else ""
        return f"you require {edge.name}, which no index has", hint
    mask = candidates.mask(edge.specifier)
    if not mask:
        newest = ", ".join(candidates.versions[:3]) or "no releases"
        return f"you require {edge.name}{edge.specifier}, which does not exist; available: {newest}", ""
    if not mask & (~candidates.yanked | candidates.exact(edge.specifier)):
        return f"you require {edge.name}{edge.specifier}, of which every release is yanked", "pin it with =="
    coverage = model.coverage(edge.name)
    if edge.marker is region.env and all(
        coverage.honest(position).disjoint(region.env) for position in positions(mask)
    ):
        first = next(positions(mask))
        version, needed = candidates.versions[first], coverage.requires_python(first)
        if not needed:
            return (
                f"you require {edge.name}{edge.specifier}, and {edge.name} {version} has no file that serves here",
                "",
            )
        return f"you require {edge.name}{edge.specifier}, and {edge.name} {version} needs Python {needed}", ""
    return "", ""


def _separators(region: Region, model: Model) -> tuple[Marker, ...]:
    """Return the conditions met in the region that hold in a part of it, the simplest first."""
    found: dict[Marker, None] = {}
    for marker in (*(edge.marker for edge in region.roots), *_conditions(model)):
        inside = region.env & marker
        if inside is not markers.NEVER and inside is not region.env and marker.negatable:
            found[cofactor(marker, region.env)] = None
    return tuple(sorted(found, key=lambda marker: (len(marker_text(marker)), marker_text(marker))))


def _conditions(model: Model) -> Iterator[Marker]:
    """Yield the markers of the dependencies looked at so far, and where the releases looked at are served."""
    for name, position in sorted(model.looked_at):
        if model.unusable(name, position):
            continue
        yield model.coverage(name).honest(position)
        for edge in model.edges(name, position):
            yield from (edge.applies(extra) for extra in (None, *model.metadata(name, position).extras))
