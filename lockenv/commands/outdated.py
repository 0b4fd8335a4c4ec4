"""`lockenv outdated`: which packages of a lock have newer versions, within the requirements and at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import ExitCode
from lockenv.operations import locked_graph
from lockenv.operations.outdated import outdated
from lockenv.report import explanation, outcome
from lockenv.report.outdated import figures, report
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv outdated` was asked."""

    json: bool
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """List them; that there is any is a no."""
    found = locked_graph.read(settings, options.requirements, options.lockfile, console)
    answer = outdated(found, settings, console)
    if not isinstance(answer, list):
        if options.json:
            data = {"schema": 1, "lock": found.project.lock_name, "outdated": None, **explanation.refusal(answer)}
            console.json(data)
        return outcome.report_refusal(answer, console)
    if options.json:
        console.json(report(found, answer))
    elif answer:
        console.show(*figures(answer))
    else:
        console.say(f"every package in {found.lock.file} is up to date")
    return ExitCode.NO if answer else ExitCode.YES
