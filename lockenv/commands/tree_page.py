"""`lockenv tree --html`: the whole graph of a lock as a page, with what the cache knows of its packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import ExitCode
from lockenv.lockfile.paths import relative
from lockenv.operations import cached_knowledge, comparison, output_file
from lockenv.operations.tree import refuse_file_of
from lockenv.report import tree_page

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.operations.locked_graph import ExplainedLock


def write(found: ExplainedLock, path: str, against: str, settings: Settings, console: Console) -> ExitCode:
    """Write the page to `path`, or print it for `-`; with what changed since the lock `against`, where there is one."""
    if path != "-":
        refuse_file_of(found, path)
    compared = comparison.compared(found, against, settings) if against else None
    text = tree_page.whole(found, cached_knowledge.known_of(found, settings, console), compared)
    if path == "-":
        console.data(text)
    else:
        output_file.write(path, text)
        console.say(f"wrote {relative(path)}")
    return ExitCode.YES
