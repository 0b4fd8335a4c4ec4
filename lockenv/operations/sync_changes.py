"""What a sync changes, as a listener hears it. In: an InstallPlan, a Repair. Out: a sentence each. Never: a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.sync.plan import is_from
from lockenv.vocabulary.printable import duration

if TYPE_CHECKING:
    from lockenv.operations.repair import Repair
    from lockenv.sync.plan import InstallPlan
    from lockenv.vocabulary.progress import Listener


def report_changes(change: InstallPlan, repair: Repair, listener: Listener) -> None:
    """Let `listener` hear each distribution that comes, goes or is replaced, with the reason, sorted by name."""
    gone = {one.name: one for one in change.remove}
    new = {one.name: one for one in change.install}
    for name in sorted({*gone, *new}):
        if name not in new:
            listener.change("-", f"{name} {gone[name].version}")
        elif name not in gone:
            listener.change("+", f"{name} {new[name].version}".rstrip())
        elif not new[name].version:
            # No version is known until it is built.
            listener.change("~", f"{name} {gone[name].version} (to be rebuilt)")
        elif gone[name].version != new[name].version:
            listener.change("~", f"{name} {gone[name].version} → {new[name].version}")
        elif name in repair.names and (gone[name].is_damaged or is_from(gone[name], new[name])):
            listener.change("~", f"{name} {new[name].version} ({repair.reason(name)})")
        else:
            # Of what loses files to others, or no longer does, other files are there than before.
            what = "different files" if is_from(gone[name], new[name]) else "different content"
            listener.change("~", f"{name} {new[name].version} ({'files were lost' if gone[name].is_damaged else what})")


def summary(change: InstallPlan, seconds: float) -> str:
    """Return the sentence that ends a sync: how many distributions came, changed and went."""
    gone, new = {one.name for one in change.remove}, {one.name for one in change.install}
    counts = {"installed": len(new - gone), "updated": len(new & gone), "removed": len(gone - new)}
    parts = [f"{verb} {count}" for verb, count in counts.items() if count]
    return f"{', '.join(parts)} in {duration(seconds)}".capitalize()
