"""`lockenv import`: convert the project of another tool; lock with the pins of its lock, each lost one named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.context.project_files import read_declared, read_text
from lockenv.errors import ExitCode, UsageError
from lockenv.operations import conversion
from lockenv.operations.adopt import listing
from lockenv.operations.declare import ChangedDeclaration
from lockenv.operations.import_pins import ImportRequest, declare_listed, import_pins, kept
from lockenv.operations.lock import Locked
from lockenv.project.foreign import ForeignPins, read
from lockenv.report import build_permission, imported, outcome
from lockenv.vocabulary.dataclasses import dataclass, from_attributes, replace
from lockenv.vocabulary.pin import NeedsPermission

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.vocabulary.pin import Unsolvable


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv import` was asked."""

    files: list[str]
    declare: bool
    python: str
    dry_run: bool
    allow_build: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Convert the project, or lock with the pins of a file, or report why not."""
    if len(options.files) > 1:
        raise UsageError(
            "only one file can be imported at a time", hint=f"run `lockenv import {options.files[0]}` first"
        )
    if not options.files or conversion.is_project(options.files[0]):
        file = options.files[0] if options.files else ""
        return conversion.run(file, settings, console, dry_run=options.dry_run)
    file = options.files[0]
    foreign = read((read_declared if file.lower().endswith((".txt", ".in")) else read_text)(file), file)
    return (_declared if options.declare else _locked)(foreign, options, settings, console)


def _locked(foreign: ForeignPins, options: Options, settings: Settings, console: Console) -> ExitCode:
    """Lock with the pins of a file, or report why not."""
    answer = import_pins(foreign, from_attributes(ImportRequest, options), settings, console)
    if isinstance(answer, NeedsPermission) and (more := build_permission.granted(answer, console)):
        return run(replace(options, allow_build=[*options.allow_build, *more]), settings, console)
    if not isinstance(answer, Locked):
        return outcome.report_refusal(answer, console, command=imported.command(options))
    build_permission.note_unbuilt(answer.new.unbuilt, console, imported.command(options))
    outcome.report_locked(answer, console)
    if answer.delivered is not None:
        imported.show(kept(foreign, answer.new, answer.delivered.new, settings), console)
    return ExitCode.YES


def _declared(foreign: ForeignPins, options: Options, settings: Settings, console: Console) -> ExitCode:
    """Declare what the file lists, in a new project or in a group of the one that there is, and lock it."""
    found = listing(foreign, options.python, settings)
    request = from_attributes(ImportRequest, options)

    def attempt(granted: tuple[str, ...]) -> ChangedDeclaration | Unsolvable | NeedsPermission:
        allowed = replace(request, allow_build=(*request.allow_build, *granted))
        return declare_listed(found, allowed, settings, console)

    answer = build_permission.answered(attempt, console)
    code = outcome.report_changed(answer, console, command=imported.command(options), name=found.declaration.name)
    for one in found.left:
        console.warn(str(one))
    if isinstance(answer, ChangedDeclaration):
        # But for packages of conda, what does not come from an index is declared now.
        is_conda = foreign.file.endswith((".yml", ".yaml"))
        pins = foreign if is_conda else replace(foreign, left=())
        imported.show(kept(pins, answer.new, answer.delivered.new, settings), console)
    return code
