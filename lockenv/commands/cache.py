"""`lockenv cache`: where the cache is, how large, whether it is whole; and less of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from lockenv.errors import ExitCode
from lockenv.operations.cache import damaged, remove, sizes
from lockenv.report.cache import report_damaged, report_removed, report_sizes
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv cache` was asked."""

    action: Literal["dir", "size", "prune", "clean", "verify"]
    json: bool


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Do what was asked; `verify` answers no when something is damaged."""
    # An absent one is empty, and stays absent; `dir` answers whatever is there.
    path = settings.cache_path
    cache = settings.cache if options.action != "dir" and os.path.lexists(path) else path
    match options.action:
        case "dir":
            report: dict[str, object] = {"directory": path}
            text, code = path, ExitCode.YES
        case "size":
            found = sizes(cache)
            report = {"bytes": sum(found.values()), "parts": found}
            text, code = report_sizes(found, console), ExitCode.YES
        case "prune" | "clean":
            removed = remove(cache, everything=options.action == "clean", now=settings.now)
            report = removed._asdict()
            text, code = report_removed(removed, console), ExitCode.YES
        case "verify":
            bad = damaged(cache)
            report, text = {"damaged": bad}, "\n".join(bad)
            code = report_damaged(bad, cache, console)
    if options.json:
        console.json({"schema": 1, "ok": code is ExitCode.YES, **report})
    elif text:
        console.data(f"{text}\n")
    return code
