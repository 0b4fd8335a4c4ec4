"""`lockenv check`: whether the lock is fresh, intact, valid and sound.

Offline unless asked; loads neither network nor search.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import ExitCode, LockenvError
from lockenv.operations import load
from lockenv.operations.check import CheckRequest, check_project
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late
from lockenv.vocabulary.printable import counted

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.report import findings
else:
    findings = late("lockenv.report.findings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv check` was asked."""

    online: bool
    json: bool
    format: str
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Answer yes or no, with every reason for a no."""
    project = load.project(settings, options.requirements, options.lockfile)
    form = "json" if options.json else options.format
    try:
        report = check_project(project, CheckRequest(online=options.online), settings, console)
    except LockenvError as error:
        if form != "text":
            findings.show([findings.unanswered(error, project.lock_name)], form, settings, console)
        raise
    for note in report.lock.notes:
        console.note(note)
    if report.findings:
        findings.tell(report.findings, report.name, console)
    if report.is_good and form == "text":
        console.say(f"{report.name} is up to date, valid and sound ({counted(len(report.lock.packages), 'package')})")
    if form != "text":
        findings.show(report.findings, form, settings, console, report.freshness)
    return ExitCode.YES if report.is_good else ExitCode.NO
