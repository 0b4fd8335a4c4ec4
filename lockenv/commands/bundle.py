"""`lockenv bundle`: every file that some environments need, with a lock of them, for machines without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import ExitCode
from lockenv.lockfile.paths import relative
from lockenv.operations.bundle import FILENAME, Bundled, BundleRequest, Lacking, bundle
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
    """What `lockenv bundle` was asked."""

    directory: str
    for_python: list[str]
    for_platform: list[str]
    all: bool
    selection: SelectionOptions
    find_links: list[str]
    with_lockenv: bool
    frozen: bool
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Put the files and the lock into the directory, or report why not. A stale lock is refused."""
    answer = bundle(from_attributes(BundleRequest, options), settings, console)
    match answer:
        case NotUsable():
            return outcome.report_not_usable(answer, console)
        case Lacking():
            console.answer_no(
                f"{answer.name} does not lock everything that a bundle for {answer.title} needs",
                [(reason, None) for reason in answer.reasons],
                hint="choose other environments with --python and --platform",
            )
            return ExitCode.NO
        case Bundled():
            name = relative(answer.directory)
            console.say(f"{name} contains {counted(answer.files, 'file')} for {answer.title}")
            same = "" if options.selection.is_silent else " with the same selection"
            named = f" --lock {settings.named_lock}" if settings.named_lock else ""
            program = f"python3 {name}/{FILENAME}" if options.with_lockenv else "lockenv"
            console.say(f"run `{program} sync --from {name}{named}`{same} to install from it without network access")
            return ExitCode.YES
