"""Cut the graph of a lock to the environments that are asked for.

In: a lock to explain, and what its user names. Out: a graph, or why there is none. Never: drawing.
"""

from __future__ import annotations

import os

from lockenv.errors import UsageError
from lockenv.lockfile.graph import at, within
from lockenv.lockfile.tree_view import ENDLESS
from lockenv.operations import output_file
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.context.settings import Settings
    from lockenv.environment import interpreters
    from lockenv.lockfile import coverage_matrix
    from lockenv.lockfile.graph import Graph
    from lockenv.operations.locked_graph import ExplainedLock
    from lockenv.vocabulary.target import Target
else:
    interpreters = late("lockenv.environment.interpreters")
    coverage_matrix = late("lockenv.lockfile.coverage_matrix")


def _target(request: str, found: ExplainedLock, settings: Settings) -> Target:
    return interpreters.find(
        request,
        requires_python=found.lock.requires_python,
        environ=settings.tools_environ,
        cache_dir=settings.cache,
        project_dir=found.project.directory,
    ).target


def narrowed(found: ExplainedLock, settings: Settings, *, environment: str = "", python: str = "") -> Graph | str:
    """Return the graph for the environments that are asked for, or a sentence on why the lock has nothing for them.

    `environment` is a title as `lockenv coverage` shows it, `python` an interpreter as `--python` names it. Raises
    UsageError where both are given, and MachineError where there is no such interpreter.
    """
    if environment and python:
        raise UsageError("--environment cannot be used with --python", hint="use one of them")
    if environment:
        region = coverage_matrix.find_environments(coverage_matrix.environments(found.lock), environment)
        if region is None:
            return f"{found.lock.file} covers no environment named `{environment}`; see `lockenv coverage`"
        return within(found.graph, region)
    if not python:
        return found.graph
    target = _target(python, found, settings)
    if found.graph.universe.without_extras_and_groups().evaluate(target.environment):
        return at(found.graph, target.environment)
    known = target.environment
    interpreter = f"{known['python_full_version']} on {known['sys_platform']} {known['platform_machine']}"
    return f"{found.lock.file} does not cover this interpreter (Python {interpreter})"


def read_depth(text: str) -> int:
    """Return how many packages deep a tree goes, as `--depth` says; no end for empty text. Raises UsageError."""
    if not text:
        return ENDLESS
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise UsageError(
            f"invalid value `{text}` for --depth; expected a positive number",
            hint="use --depth 1 for the project's own requirements",
        )
    return int(text)


def refuse_mixed(formats: Mapping[str, object], *, is_part: bool, has_depth: bool, against: str) -> None:
    """Raise UsageError for options that cannot be used together.

    `formats` are the options for a format with their values; `is_part` says whether only a part of the tree is asked
    for, `has_depth` whether it ends at some depth, `against` what it is compared with.
    """
    asked = [flag for flag, value in formats.items() if value]
    if len(asked) > 1:
        raise UsageError(f"{' and '.join(asked)} cannot be used together", hint="use one of them")
    if asked == ["--html"] and is_part:
        raise UsageError(
            "--html cannot be used with options that select packages",
            hint="remove the other options; the page can filter",
        )
    if against and asked != ["--html"]:
        raise UsageError("--against can only be used with --html", hint="run `lockenv diff` for the changes as text")
    if has_depth and asked and asked != ["--json"]:
        raise UsageError(f"--depth cannot be used with {asked[0]}", hint="name the packages to draw instead")


def refuse_file_of(found: ExplainedLock, path: str) -> None:
    """Raise UsageError where the page would be written to `path`, a file of the project that is explained."""
    output_file.refuse(found.project, os.path.abspath(path), f"--html {path}")
