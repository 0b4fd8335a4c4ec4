"""`lockenv diff`: what changed between two locks, in files or in revisions of git."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import ExitCode, UsageError
from lockenv.lockfile.diff import diff
from lockenv.lockfile.diff import settings as compared
from lockenv.operations import lock_choice
from lockenv.operations.diff import names_file, sides
from lockenv.operations.release_facts import facts
from lockenv.report import lock_diff
from lockenv.vocabulary.dataclasses import NamedTuple, dataclass

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.lockfile.diff import Change, Setting
    from lockenv.operations.diff import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv diff` was asked."""

    revisions: list[str]
    markdown: bool
    json: bool
    lock: list[str]
    lockfile: str


class _Compared(NamedTuple):
    """Two locks, and what changed between them."""

    old: Side
    new: Side
    changes: tuple[Change, ...]
    settings: tuple[Setting, ...]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Report every change; that there are some is no failure."""
    if options.markdown and options.json:
        raise UsageError("--markdown cannot be used with --json", hint="use one of them")
    is_single = bool(options.lockfile) or names_file(options.revisions, settings)
    locks = lock_choice.meant(options.lock, settings, is_single=is_single)
    pairs = [sides(options.revisions, one, options.lockfile) for one in locks]
    there = [pair for pair in pairs if pair[0].lock is not None or pair[1].lock is not None]
    if not there:
        old, new = pairs[0]
        raise UsageError(f"no lockfile in {old.name} or in {new.name}", hint="run `lockenv lock`")
    found = [_compared(*pair) for pair in there]
    if options.json:
        reports = [lock_diff.report(one.changes, one.settings, one.old.name, one.new.name) for one in found]
        console.json(reports[0] if len(locks) == 1 else {"schema": lock_diff.SCHEMA, "locks": reports})
    elif options.markdown:
        console.data("\n".join(_markdown(one, settings) for one in found))
    else:
        for one in found:
            console.show(*lock_diff.figures(one.changes, one.settings, f"{one.old.name} → {one.new.name}"))
    return ExitCode.YES


def _compared(old: Side, new: Side) -> _Compared:
    return _Compared(old, new, diff(old.lock, new.lock), compared(old.lock, new.lock))


def _markdown(one: _Compared, settings: Settings) -> str:
    file = one.new.lock.file if one.new.lock else one.old.lock.file if one.old.lock else ""
    known = facts(one.changes, one.new.lock, settings.directory, settings) if one.new.lock is not None else {}
    return lock_diff.markdown(one.changes, one.settings, file, settings.now, known)
