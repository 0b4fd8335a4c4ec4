"""`lockenv audit`: the known vulnerabilities of what is locked; with `--fix`, the fewest pins raised that end them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lockenv.commands.each_lock import for_each
from lockenv.errors import ExitCode, UsageError
from lockenv.operations import load, lock_choice
from lockenv.operations.audit import Auditor
from lockenv.operations.raise_pins import raised
from lockenv.project.audit import audit, osv_url
from lockenv.report import outcome, vulnerabilities
from lockenv.vocabulary.dataclasses import dataclass, replace

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.operations.audit import Report
    from lockenv.project.audit import AuditSettings

_HINT = (
    "run `lockenv audit --fix` to upgrade vulnerable packages; accept the rest temporarily "
    "with `[[tool.lockenv.audit.ignore]]`, which needs `id`, `reason` and `until`, a date"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv audit` was asked."""

    fix: bool
    dry_run: bool
    audit_format: Literal["text", "json", "sarif"]
    osv: str
    lock: list[str]
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Answer no when a vulnerability is known, of any lock that is meant, that the project does not accept."""
    is_single = bool(options.lockfile or options.requirements)
    locks = lock_choice.meant(options.lock, settings, is_single=is_single)
    reports: list[Report] = []
    code = for_each(locks, lambda one: _audited(options, one, console, reports, is_one=len(locks) == 1), console)
    if reports and options.audit_format == "sarif":
        console.json(vulnerabilities.as_sarif(*reports))
    elif reports and options.audit_format == "json":
        tables = [{"lock": each.lock.file, **vulnerabilities.as_json(each)} for each in reports]
        console.json(vulnerabilities.as_json(reports[0]) if len(locks) == 1 else {"schema": 1, "locks": tables})
    return code


def _audited(
    options: Options, settings: Settings, console: Console, reports: list[Report], *, is_one: bool
) -> ExitCode:
    """Audit one lock, report to a person, and add what is found in the end to `reports`."""
    project = load.project(settings, options.requirements, options.lockfile)
    auditor = Auditor(project, _settings(options, project), settings)
    lock = load.needed_lock(project)
    found = auditor.report(lock)
    if not is_one:
        console.say(f"{lock.file}:")
    if not options.fix or not found.counted:
        vulnerabilities.show(found, console, hint=_HINT)
    else:
        # What was found is reported before what becomes of it.
        vulnerabilities.show(found, console)
        fixed = raised(found, lock, project, auditor, settings, console, dry_run=options.dry_run)
        if fixed is not None:
            outcome.report_delivered(fixed.delivered, console)
            if fixed.build_lock:
                console.say(fixed.build_lock)
            found = auditor.report(fixed.lock)
            vulnerabilities.show(found, console, is_planned=options.dry_run)
    reports.append(found)
    return ExitCode.NO if found.counted else ExitCode.YES


def _settings(options: Options, project: load.Project) -> AuditSettings:
    declared = audit(load.layers(project))
    if not options.osv:
        return declared
    osv = osv_url(options.osv)
    if not osv:
        raise UsageError(f"--osv {options.osv} is not a URL", hint="use a URL such as https://…/v1/")
    return replace(declared, osv=osv)
