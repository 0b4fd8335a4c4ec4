"""`lockenv check`: whether the lock is fresh, intact, valid and sound.

Offline unless asked; loads neither network nor search, and little where it is known that the answer is yes.
"""

from __future__ import annotations

from lockenv.errors import ExitCode, LockenvError
from lockenv.operations import known_answers
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late
from lockenv.vocabulary.printable import counted

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.commands import each_lock
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.operations import check, load, lock_choice
    from lockenv.operations.check import CheckReport
    from lockenv.report import findings
    from lockenv.report.findings import LockFindings
else:
    each_lock = late("lockenv.commands.each_lock")
    check = late("lockenv.operations.check")
    load = late("lockenv.operations.load")
    lock_choice = late("lockenv.operations.lock_choice")
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
    form = "json" if options.json else options.format
    is_plain = form == "text" and not (options.online or options.lock or options.lockfile or options.requirements)
    asked = known_answers.asked("check", settings) if is_plain else None
    if asked is not None and asked.is_answered:
        _say_yes(asked.project.lock_name, asked.packages, console)
        return ExitCode.YES
    locks = lock_choice.meant(options.lock, settings, is_single=bool(options.lockfile or options.requirements))
    found: list[LockFindings] = []
    reports: list[CheckReport] = []
    try:
        code = each_lock.for_each(locks, lambda one: _checked(options, one, console, found, reports), console)
    finally:
        if found and form != "text":
            findings.show_locks(found, form, settings, console, has_one=len(locks) == 1)
    # A project may have no other lock than a named one, which is not what was asked about.
    if asked is not None and locks == (settings,) and all(each.is_silent for each in reports):
        asked.remember(len(reports[0].lock.packages))
    return code


def _checked(
    options: Options, settings: Settings, console: Console, found: list[LockFindings], reports: list[CheckReport]
) -> ExitCode:
    """Check one lock, report to a person, and add what is found to `found`, and the report to `reports`."""
    project = load.project(settings, options.requirements, options.lockfile)
    try:
        report = check.check_project(project, check.CheckRequest(online=options.online), settings, console)
    except LockenvError as error:
        found.append(findings.LockFindings(project.lock_name, [findings.unanswered(error, project.lock_name)], None))
        raise
    found.append(findings.LockFindings(report.name, report.findings, report.freshness))
    reports.append(report)
    for note in report.lock.notes:
        console.note(note)
    if report.findings:
        findings.list_findings(report.findings, report.name, console)
    if report.is_good and not options.json and options.format == "text":
        _say_yes(report.name, len(report.lock.packages), console, is_fresh=report.is_known)
    return ExitCode.YES if report.is_good else ExitCode.NO


def _say_yes(name: str, packages: int, console: Console, *, is_fresh: bool = True) -> None:
    console.say(f"{name} is {'up to date, ' if is_fresh else ''}valid and sound ({counted(packages, 'package')})")
