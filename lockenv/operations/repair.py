"""Decide what a sync installs again although it was installed from what the lock names.

In: an environment, what was chosen from the lock, the request. Out: a Repair. Never: a change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.environment.installed import scan
from lockenv.environment.ownership import is_known
from lockenv.errors import UsageError
from lockenv.sync import state
from lockenv.sync.session import damaged
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.direct import Directory
from lockenv.vocabulary.names import NormalizedName, normalize
from lockenv.vocabulary.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.environment.installed import Installed
    from lockenv.environment.venv import Environment
    from lockenv.operations.synced import SyncRequest
    from lockenv.sync.damage import Damage
    from lockenv.vocabulary.manifest import Overwrites
    from lockenv.vocabulary.pin import Selected

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


def repairing(
    environment: Environment | None, chosen: Sequence[Selected], request: SyncRequest, environ: Mapping[str, str]
) -> Repair:
    """Return what of `chosen` is to be installed again in `environment`.

    All of it in an environment that this user's lockenv did not leave there: it may have come with the repository, and
    what it says of itself, RECORDs included, proves nothing.
    Raises UsageError for a name that is not among `chosen`, MachineError when the environment cannot be read.
    """
    names = {one.name for one in chosen}
    asked = frozenset(normalize(name) for name in request.names) if request.names else frozenset(names)
    if request.reinstall and (unknown := asked - names):
        raise UsageError(
            f"--reinstall: packages that this sync does not install: {', '.join(sorted(unknown))}",
            hint="run `lockenv tree` to list the locked packages",
        )
    if environment is None:
        return NOTHING

    if not is_known(environment.root, environ) or state.moment(environment) is None:
        return Repair(asked=frozenset(names), damage={}, is_strange=True)
    damage = damaged(environment, scan(environment), chosen)
    return Repair(asked=asked if request.reinstall else frozenset(), damage=damage)


def is_there(one: Selected, present: Sequence[Installed], overwrites: Overwrites) -> bool:
    """Return whether a directory is installed as it is now: its build is not looked for again.

    What may lose files to others, or has, may have to be installed again for what becomes of these.
    """
    return (
        isinstance(one.direct, Directory)
        and all(loser != one.name for _, loser in overwrites)
        and any((found.name, found.sha256, found.overwritten_by) == (one.name, one.origin, ()) for found in present)
    )
