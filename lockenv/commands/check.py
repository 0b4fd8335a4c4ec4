"""`lockenv check`: whether the lock is fresh, intact, valid and sound.

Offline unless asked; loads neither network nor search.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.commands.each_lock import for_each
from lockenv.errors import ExitCode, LockenvError
from lockenv.operations import load, lock_choice
from lockenv.operations.check import CheckRequest, check_project
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late
from lockenv.vocabulary.printable import counted

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.report import findings
    from lockenv.report.findings import LockFindings
else:
    findings = late("lockenv.report.findings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv check` was asked."""

    online: bool
    json: bool
    format: str
    lock: list[str]
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Answer yes or no for each lock that is meant, with every reason for a no."""
    locks = lock_choice.meant(options.lock, settings, is_single=bool(options.lockfile or options.requirements))
    form = "json" if options.json else options.format
    found: list[LockFindings] = []
    try:
        return for_each(locks, lambda one: _checked(options, one, console, found), console)
    finally:
        if found and form != "text":
            findings.show_locks(found, form, settings, console, has_one=len(locks) == 1)


def _checked(options: Options, settings: Settings, console: Console, found: list[LockFindings]) -> ExitCode:
    """Check one lock, report to a person, and add what is found to `found`."""
    project = load.project(settings, options.requirements, options.lockfile)
    try:
        report = check_project(project, CheckRequest(online=options.online), settings, console)
    except LockenvError as error:
        found.append(findings.LockFindings(project.lock_name, [findings.unanswered(error, project.lock_name)], None))
        raise
    found.append(findings.LockFindings(report.name, report.findings, report.freshness))
    for note in report.lock.notes:
        console.note(note)
    if report.findings:
        findings.list_findings(report.findings, report.name, console)
    if report.is_good and not options.json and options.format == "text":
        console.say(f"{report.name} is up to date, valid and sound ({counted(len(report.lock.packages), 'package')})")
    return ExitCode.YES if report.is_good else ExitCode.NO
