"""`lockenv outdated`: which packages of a lock have newer versions, within the requirements and at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockenv.console.tables import Paragraph, Table
from lockenv.errors import ExitCode
from lockenv.operations import load, locked_graph
from lockenv.report import explanation, outcome
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.pep440 import version_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockenv.console import Console
    from lockenv.console.tables import Figure, Parts
    from lockenv.context.settings import Settings
    from lockenv.index.catalog import Catalog
    from lockenv.lockfile.graph import Node
    from lockenv.operations.locked_graph import Locked
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import NeedsPermission, Resolution, Unsolvable


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv outdated` was asked."""

    json: bool
    lockfile: str
    requirements: list[str]


class _Behind(NamedTuple):
    """A package that has newer versions than the locked one."""

    node: Node
    compatible: str | None
    """What an upgrade of everything would lock in its place; None when it would lock none."""
    latest: str | None
    """The newest there is; None when its index has no release of it, or no index serves it."""


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """List them; that there is any is a no."""
    found = locked_graph.read(settings, options.requirements, options.lockfile, console)
    manifest = found.manifest or load.manifest(found.project, settings, found.lock)
    answer = _answer(found, manifest, settings, console)
    if not isinstance(answer, list):
        if options.json:
            told = {"schema": 1, "lock": found.project.lock_name, "outdated": None, **explanation.refusal(answer)}
            console.json(told)
        return outcome.tell_refusal(answer, console)
    if options.json:
        console.json(_report(found, answer))
    elif answer:
        console.show(*_figures(answer))
    else:
        console.say(f"every package of {found.lock.file} is the newest there is")
    return ExitCode.NO if answer else ExitCode.YES


def _answer(
    found: Locked, manifest: Manifest, settings: Settings, console: Console
) -> list[_Behind] | Unsolvable | NeedsPermission:
    from lockenv.operations.what_if import asking
    from lockenv.vocabulary.pin import Resolution

    with asking(found.project, manifest, found.lock, settings, console) as inquiry:
        answer = inquiry.solve()
        if not isinstance(answer, Resolution):
            return answer
        inquiry.index.expect((node.name, (), "") for node in found.graph.nodes if not node.source)
        return list(_behind(found, answer, inquiry.index, manifest))


def _behind(found: Locked, answer: Resolution, index: Catalog, manifest: Manifest) -> Iterator[_Behind]:
    from lockenv.resolve.newest import newest

    for node in found.graph.nodes:
        if not node.version:
            continue
        serving = [pin.version for pin in answer.pins if pin.name == node.name and not pin.marker.disjoint(node.area)]
        compatible = max(filter(None, serving), key=version_key, default=None)
        latest = None if node.source else newest(node.name, node.version, node.area, index, manifest.policy)
        if any(each is not None and version_key(each) > version_key(node.version) for each in (compatible, latest)):
            yield _Behind(node, compatible, latest)


def _figures(behind: Sequence[_Behind]) -> Iterator[Figure]:
    rows = tuple(_row(each) for each in behind)
    yield Table(headings=("package", "locked", "compatible", "latest"), rows=rows)
    if any(each.compatible not in (None, each.node.version) for each in behind):
        yield Paragraph(parts=(("`lockenv lock -U` locks what is compatible", "dim"),))
    held = next((each for each in behind if each.latest and each.latest != each.compatible), None)
    if held:
        yield Paragraph(
            parts=((f"`lockenv why-not {held.node.name}=={held.latest}` tells what holds a version back", "dim"),)
        )


def _row(each: _Behind) -> tuple[Parts, ...]:
    node = each.node
    title: Parts = ((node.name, "name"), *explanation.marked(node.marker))
    compatible: Parts = ((each.compatible or "not needed", "fair" if each.compatible != node.version else "dim"),)
    latest: Parts = ((each.latest or "not there", "good" if each.latest == each.compatible else "bad"),)
    return title, ((node.version, "version"),), compatible, latest


def _report(found: Locked, behind: Sequence[_Behind]) -> dict[str, object]:
    return {
        "schema": 1,
        "lock": found.project.lock_name,
        "outdated": [
            {
                "name": each.node.name,
                "version": each.node.version,
                "marker": each.node.marker or None,
                "compatible": each.compatible,
                "latest": each.latest,
            }
            for each in behind
        ],
    }
