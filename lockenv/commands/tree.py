"""`lockenv tree`: what a lock holds, and what requires what; on a terminal, as text, as JSON or as a page."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.errors import ExitCode, UsageError
from lockenv.lockfile.graph import around, at, within
from lockenv.lockfile.paths import relative
from lockenv.operations import locked_graph
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.names import normalize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.lockfile.graph import Graph
    from lockenv.operations.locked_graph import Locked
    from lockenv.vocabulary.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv tree` was asked."""

    names: list[str]
    invert: bool
    depth: str
    environment: str
    python: str
    html: str
    json: bool
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Draw the tree; a name that the lock does not have, or an interpreter that it does not cover, is a no."""
    depth = _depth(options.depth)
    if options.html and (
        options.json or options.names or options.invert or options.depth or options.environment or options.python
    ):
        raise UsageError("--html writes the whole graph", hint="leave the other options away; the page can filter")
    found = locked_graph.read(settings, options.requirements, options.lockfile, console)
    if options.html:
        return _page(options.html, found, console)
    graph = _narrowed(found, options, settings)
    if isinstance(graph, str):
        return _no(found, options, graph, "", console)
    names = [normalize(name) for name in options.names]
    for name in names:
        if not graph.named(name):
            where = " there" if found.graph.named(name) else ""
            reason = f"{found.lock.file} has no {name}{where}"
            return _no(found, options, reason, locked_graph.resembling(name, graph), console)
    _tell(found, graph, names, depth, options, console)
    return ExitCode.YES


def _no(found: Locked, options: Options, reason: str, hint: str, console: Console) -> ExitCode:
    """Tell why there is nothing to draw."""
    if options.json:
        from lockenv.lockfile.graph import Graph
        from lockenv.report import tree

        console.json(tree.report(found, Graph(nodes=(), edges=(), universe=found.graph.universe), _asked(options)))
    console.answer_no(reason, hint=hint)
    return ExitCode.NO


def _tell(found: Locked, graph: Graph, names: Sequence[str], depth: int, options: Options, console: Console) -> None:
    from lockenv.report import tree

    if options.json:
        shown = around(graph, names, invert=options.invert) if names else graph
        console.json(tree.report(found, shown, _asked(options)))
    else:
        console.show(*tree.figures(found, graph, names, depth, invert=options.invert))


def _depth(text: str) -> int:
    from lockenv.lockfile.tree_view import ENDLESS

    if not text:
        return ENDLESS
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise UsageError(
            f"--depth {text}: not a number of packages", hint="write 1 for what the project itself requires"
        )
    return int(text)


def _target(request: str, found: Locked, settings: Settings) -> Target:
    from lockenv.environment.interpreters import find

    return find(
        request,
        requires_python=found.lock.requires_python,
        environ=settings.tools_environ,
        cache_dir=settings.cache,
        project_dir=found.project.directory,
    ).target


def _narrowed(found: Locked, options: Options, settings: Settings) -> Graph | str:
    """Give the graph for the environments that are asked for, or why the lock has nothing for them."""
    if options.environment and options.python:
        raise UsageError("--environment and --python both say where", hint="give one of them")
    if options.environment:
        from lockenv.lockfile.coverage_matrix import environments, named

        region = named(environments(found.lock), options.environment)
        if region is None:
            return f"{found.lock.file} covers no environment called {options.environment!r}; see `lockenv coverage`"
        return within(found.graph, region)
    if not options.python:
        return found.graph
    target = _target(options.python, found, settings)
    if found.graph.universe.without_extras_and_groups().evaluate(target.environment):
        return at(found.graph, target.environment)
    known = target.environment
    told = f"{known['python_full_version']} on {known['sys_platform']} {known['platform_machine']}"
    return f"{found.lock.file} does not cover this interpreter (Python {told})"


def _page(path: str, found: Locked, console: Console) -> ExitCode:
    from lockenv.console.tables import plain
    from lockenv.lockfile.tree_view import ENDLESS
    from lockenv.report.page import page
    from lockenv.report.tree import figures
    from lockenv.report.tree_page import content, title

    drawn = plain(tuple(figures(found, found.graph, (), ENDLESS, invert=False)))
    text = page(content(found), title=title(found), text=drawn)
    if path == "-":
        console.data(text)
        return ExitCode.YES
    from lockenv.files.atomic import replace

    if os.path.abspath(path) in (found.project.lock, found.project.pyproject):
        raise UsageError(f"--html {path} would take the place of the project's own file", hint="name another file")
    replace(path, text.encode())
    console.say(f"wrote {relative(path)}")
    return ExitCode.YES


def _asked(options: Options) -> str:
    return options.environment or options.python
