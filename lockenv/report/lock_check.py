"""Whether the lock that is there may be relied on: `lockenv lock --check`, and what writes something made from it.

In: the lock and what is declared. Out: yes, or no with the reasons. Never: a request, or a change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.builds import build_lock
from lockenv.errors import ExitCode
from lockenv.operations import proof
from lockenv.operations.freshness import MEND
from lockenv.report import outcome

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.lockfile.lock import Lock
    from lockenv.operations import load
    from lockenv.vocabulary.finding import Finding
    from lockenv.vocabulary.manifest import Manifest


def checked(
    old: Lock | None, manifest: Manifest, project: load.Project, settings: Settings, console: Console
) -> ExitCode:
    """Return whether the lock, and that of what builds need, answer `manifest` and are as lockenv wrote them."""
    code = outcome.tell_freshness(old, manifest, project.lock_name, console)
    if code is not ExitCode.YES or old is None:
        return code
    if rejected := proof.rejected(old, manifest, settings):
        return _refuse(rejected, project.lock_name, console)
    found = build_lock.faults(old, project.lock, manifest) if not old.is_foreign else ()
    if found:
        heading = f"what builds need is not locked with {project.lock_name}"
        console.answer_no(heading, [(fault, None) for fault in found], hint=MEND)
    return ExitCode.NO if found else ExitCode.YES


def usable(lock: Lock, manifest: Manifest, name: str, settings: Settings, console: Console) -> ExitCode:
    """Return whether `lock`, called `name`, answers `manifest` and holds nothing that `sync` would not install."""
    code = outcome.tell_freshness(lock, manifest, name, console)
    if code is not ExitCode.YES:
        return code
    found = proof.objections(lock, manifest, settings, is_stale=False)
    return _refuse(found, name, console) if found else ExitCode.YES


def _refuse(found: list[Finding], name: str, console: Console) -> ExitCode:
    from lockenv.report.findings import tell

    tell(found, name, console)
    return ExitCode.NO
