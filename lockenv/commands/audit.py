"""`lockenv audit`: the known vulnerabilities of what is locked; with `--fix`, the fewest pins raised that end them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lockenv.commands.each_lock import for_each
from lockenv.errors import ExitCode, UsageError
from lockenv.operations import load, lock_choice
from lockenv.operations.audit import Auditor
from lockenv.operations.raise_pins import raised
from lockenv.project.audit import AuditSettings, audit, osv_url
from lockenv.report import outcome, vulnerabilities
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.operations.audit import Report

_HINT = (
    "run `lockenv audit --fix` to upgrade vulnerable packages; accept the rest temporarily "
    "with `ignore`, which needs a reason and an expiry date"
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
