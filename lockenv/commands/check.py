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
    from lockenv.operations.check import CheckReport
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
    if len(locks) == 1:
        return _checked(options, locks[0], console)
    form = "json" if options.json else options.format
    collected: list[LockFindings] = []
    code = for_each(locks, lambda one: _collected(options, one, console, collected), console)
    if form != "text":
        findings.show_several(collected, form, settings, console)
    return code


def _checked(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Check the one lock that is meant."""
    project = load.project(settings, options.requirements, options.lockfile)
    form = "json" if options.json else options.format
    try:
        report = check_project(project, CheckRequest(online=options.online), settings, console)
    except LockenvError as error:
        if form != "text":
            findings.show([findings.unanswered(error, project.lock_name)], form, settings, console)
        raise
    code = _reported(report, console)
    if form != "text":
        findings.show(report.findings, form, settings, console, report.freshness)
    elif report.is_good:
        _say_good(report, console)
    return code


def _collected(options: Options, settings: Settings, console: Console, collected: list[LockFindings]) -> ExitCode:
    """Check one of several locks; what is found goes to `collected`."""
    project = load.project(settings)
    try:
        report = check_project(project, CheckRequest(online=options.online), settings, console)
    except LockenvError as error:
        unanswered = findings.unanswered(error, project.lock_name)
        collected.append(findings.LockFindings(project.lock_name, [unanswered], None))
        raise
    collected.append(findings.LockFindings(report.name, report.findings, report.freshness))
    code = _reported(report, console)
    if report.is_good:
        _say_good(report, console)
    return code


def _reported(report: CheckReport, console: Console) -> ExitCode:
    for note in report.lock.notes:
        console.note(note)
    if report.findings:
        findings.tell(report.findings, report.name, console)
    return ExitCode.YES if report.is_good else ExitCode.NO


def _say_good(report: CheckReport, console: Console) -> None:
    console.say(f"{report.name} is up to date, valid and sound ({counted(len(report.lock.packages), 'package')})")
