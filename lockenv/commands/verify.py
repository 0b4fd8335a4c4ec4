"""`lockenv verify`: every byte of the environment against the lock. Writes nothing, and downloads only on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.lockfile.select import NotCovered
from lockenv.operations import load
from lockenv.operations.verify import VerifyRequest, verify
from lockenv.report import verification
from lockenv.report.outcome import report_not_covered
from lockenv.vocabulary.dataclasses import dataclass, from_attributes

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.environment.verify import ByteCode
    from lockenv.errors import ExitCode
    from lockenv.operations.selection_options import SelectionOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv verify` was asked."""

    selection: SelectionOptions
    allow_extra: list[str]
    bytecode: ByteCode
    fetch: bool
    json: bool
    venv: str
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Answer yes or no, with every difference; what cannot be proved is no answer."""
    request = from_attributes(VerifyRequest, options)
    answer = verify(request, settings, console)
    if isinstance(answer, NotCovered):
        name = load.project(settings, options.requirements, options.lockfile).lock_name
        return report_not_covered(answer, name, console)
    return verification.show(answer, request, console, as_json=options.json, named_lock=settings.named_lock)
