"""What a sync changes, as a listener hears it. In: an InstallPlan, a Repair. Out: a sentence each. Never: a change."""

from __future__ import annotations

from lockenv.sync.plan import is_from
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.printable import duration, printable

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.sync.damage import Damage
    from lockenv.sync.plan import InstallPlan
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.progress import Listener


_NAMED = 3
"""How many damaged files of a distribution are named; `verify` names all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What is installed again."""

    asked: frozenset[NormalizedName]
    """What the user named, or all where no name was given."""
    damage: Damage
    """What lacks files, with their paths."""
    is_strange: bool = False
    """Whether nothing outside of the environment says that lockenv left it so: then all of it is installed again."""

    @property
    def names(self) -> frozenset[NormalizedName]:
        """The names of all of it."""
        return self.asked.union(self.damage)

    def reason(self, name: NormalizedName) -> str:
        """Return why `name` is installed again, in a few words."""
        paths = self.damage.get(name, ())
        if not paths:
            return "reinstalled" if not self.is_strange else "reinstalled: its origin is not recorded on this machine"
        named = ", ".join(printable(path.rpartition("/site-packages/")[2]) for path in paths[:_NAMED])
        more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
        return f"missing or changed: {named}{more}"


NOTHING = Repair(asked=frozenset(), damage={})


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
