"""`lockenv why NAME`: the shortest chains of requirements that require a package, from the line that declares each."""

from __future__ import annotations

from lockenv.errors import ExitCode
from lockenv.lockfile.chains import chains
from lockenv.operations import locked_graph
from lockenv.report.why import figures, report
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.names import normalize

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.operations.selection_options import SelectionOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv why` was asked."""

    name: str
    selection: SelectionOptions
    json: bool
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Report why a package is in the lock; that it is not in there is a no."""
    found = locked_graph.read(settings, options.requirements, options.lockfile, console)
    name = normalize(options.name)
    graph = locked_graph.selected(found, found.graph, options.selection)
    nodes = graph.find(name)
    ways = [(node, chains(graph, node)) for node in nodes]
    if options.json:
        console.json(report(found, name, ways))
    if not nodes:
        where = " for this selection" if found.graph.find(name) else ""
        console.answer_no(f"{name} is not in {found.lock.file}{where}", hint=locked_graph.resembling(name, found.graph))
        return ExitCode.NO
    if not options.json:
        console.show(*(figure for node, some in ways for figure in figures(found, node, some)))
    return ExitCode.YES
