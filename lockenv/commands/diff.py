"""`lockenv diff`: what changed between two locks, in files or in revisions of git."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import ExitCode, UsageError
from lockenv.lockfile.diff import diff
from lockenv.lockfile.diff import settings as compared
from lockenv.operations.diff import sides
from lockenv.report import lock_diff
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv diff` was asked."""

    revisions: list[str]
    markdown: bool
    json: bool
    lockfile: str


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Report every change; that there are some is no failure."""
    if options.markdown and options.json:
        raise UsageError("--markdown cannot be used with --json", hint="use one of them")
    old, new = sides(options.revisions, settings, options.lockfile)
    if old.lock is None and new.lock is None:
        raise UsageError(f"no lockfile in {old.name} or in {new.name}", hint="run `lockenv lock`")
    changes, settings_changed = diff(old.lock, new.lock), compared(old.lock, new.lock)
    if options.json:
        console.json(lock_diff.report(changes, settings_changed, old.name, new.name))
    elif options.markdown:
        file = new.lock.file if new.lock else old.lock.file if old.lock else ""
        console.data(lock_diff.markdown(changes, settings_changed, file))
    else:
        console.show(*lock_diff.figures(changes, settings_changed, f"{old.name} → {new.name}"))
    return ExitCode.YES
