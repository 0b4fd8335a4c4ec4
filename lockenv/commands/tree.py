"""`lockenv tree`: what a lock holds, and what requires what; on a terminal, as text, JSON, a page or a diagram."""

from __future__ import annotations

from lockenv.errors import ExitCode
from lockenv.lockfile.graph import around
from lockenv.operations import locked_graph
from lockenv.operations.tree import narrowed, read_depth, refuse_mixed
from lockenv.report import tree
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import normalize

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.commands import tree_page
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.operations.selection_options import SelectionOptions
    from lockenv.report import diagram
else:
    tree_page = late("lockenv.commands.tree_page")
    diagram = late("lockenv.report.diagram")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv tree` was asked."""

    names: list[str]
    invert: bool
    depth: str
    no_dedupe: bool
    environment: str
    python: str
    selection: SelectionOptions
    html: str
    against: str
    mermaid: bool
    dot: bool
    json: bool
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Draw the tree; a name that the lock does not have, or an interpreter that it does not cover, is a no."""
    depth = read_depth(options.depth)
    others = (options.names, options.invert, options.depth, options.no_dedupe, options.environment, options.python)
    formats = {"--html": options.html, "--mermaid": options.mermaid, "--dot": options.dot, "--json": options.json}
    is_part = any(others) or not options.selection.is_silent
    refuse_mixed(formats, is_part=is_part, has_depth=bool(options.depth), against=options.against)
    found = locked_graph.read(settings, options.requirements, options.lockfile, console)
    if options.html:
        return tree_page.write(found, options.html, options.against, settings, console)
    graph = narrowed(found, settings, environment=options.environment, python=options.python)
    as_data = options.environment or options.python if options.json else None
    if isinstance(graph, str):
        return tree.report_none(found, graph, "", console, as_data)
    graph = locked_graph.selected(found, graph, options.selection)
    names = [normalize(name) for name in options.names]
    for name in names:
        if not graph.find(name):
            where = " for this environment or selection" if found.graph.find(name) else ""
            reason, hint = f"{name} is not in {found.lock.file}{where}", locked_graph.resembling(name, graph)
            return tree.report_none(found, reason, hint, console, as_data)
    if as_data is not None:
        shown = around(graph, names, invert=options.invert) if names else graph
        console.json(tree.report(found, shown, as_data))
    elif options.mermaid or options.dot:
        shown = around(graph, names, invert=options.invert) if names else graph
        console.data((diagram.mermaid if options.mermaid else diagram.dot)(found.title, shown))
    else:
        figures = tree.figures(found, graph, names, depth, invert=options.invert, is_whole=options.no_dedupe)
        console.show(*figures)
    return ExitCode.YES
