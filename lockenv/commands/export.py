"""`lockenv export`: the lock as requirements with hashes, or as a bill of materials. The lock itself stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lockenv.errors import ExitCode
from lockenv.lockfile.paths import relative
from lockenv.lockfile.select import NotCovered
from lockenv.operations.export import Exported, ExportRequest, export
from lockenv.operations.usable import NotUsable
from lockenv.report import outcome
from lockenv.vocabulary.dataclasses import dataclass, from_attributes
from lockenv.vocabulary.printable import counted

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.operations.selection_options import SelectionOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv export` was asked."""

    export_format: Literal["requirements", "cyclonedx", "spdx", "pylock", "conda"]
    output: str
    no_hashes: bool
    no_editable: bool
    embedded_sboms: bool
    selection: SelectionOptions
    for_python: list[str]
    for_platform: list[str]
    here: bool
    frozen: bool
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Write what was asked for, or report why not; a stale lock is refused."""
    answer = export(from_attributes(ExportRequest, options), settings, console)
    match answer:
        case NotUsable():
            return outcome.report_not_usable(answer, console)
        case NotCovered(reasons=reasons):
            console.answer_no("cannot export the lockfile", [(reason, None) for reason in reasons])
            return ExitCode.NO
        case Exported(path=""):
            console.data(answer.text)
        case Exported():
            console.say(f"wrote {relative(answer.path)} ({counted(answer.packages, 'package')})")
    return ExitCode.YES
