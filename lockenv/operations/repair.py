"""Decide what a sync installs again although it was installed from what the lock names.

In: an environment, what was chosen from the lock, the request. Out: a Repair. Never: a change.
"""

from __future__ import annotations

from lockenv.environment.installed import scan
from lockenv.environment.ownership import is_known
from lockenv.errors import UsageError
from lockenv.operations.sync_changes import NOTHING, Repair
from lockenv.sync import state
from lockenv.sync.session import damaged
from lockenv.vocabulary.direct import Directory
from lockenv.vocabulary.names import normalize

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.environment.installed import Installed
    from lockenv.environment.venv import Environment
    from lockenv.operations.synced import SyncRequest
    from lockenv.vocabulary.manifest import Overwrites
    from lockenv.vocabulary.selected import Selected


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
