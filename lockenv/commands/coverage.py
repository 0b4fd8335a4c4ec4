"""`lockenv coverage`: what each package of a lock has for each environment: a wheel, an sdist to build, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import ExitCode
from lockenv.operations import locked_graph
from lockenv.operations.coverage import coverage
from lockenv.report.coverage import figures, report
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv coverage` was asked."""

    json: bool
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Show the table; that a declared environment has no file of a package that it needs is a no."""
    found = locked_graph.read(settings, options.requirements, options.lockfile, console)
    answer = coverage(found.lock)
    if options.json:
        console.json(report(found.project.lock_name, answer))
    else:
        console.show(*figures(answer))
    if answer.lacking:
        console.answer_no(
            "packages have no file for a declared environment",
            [(sentence, None) for sentence in answer.lacking],
            hint="require versions that have a file for this environment, or change `environments`",
        )
    return ExitCode.NO if answer.lacking else ExitCode.YES
