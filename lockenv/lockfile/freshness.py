"""Judge whether a lock still answers what the project declares.

Pure: a Lock and a Manifest go in; a verdict comes out that names each difference. What is equal in meaning is fresh;
no index and no resolver is asked, so a change counts as still satisfied only where the lock alone shows it.
"""

from __future__ import annotations

from lockenv.lockfile.inputs import inputs
from lockenv.lockfile.verdicts import Fresh, Loosened, Stale, Unknown
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.lockfile import differences as lockfile_differences
    from lockenv.lockfile.lock import Lock
    from lockenv.lockfile.verdicts import Freshness
    from lockenv.vocabulary.manifest import Manifest
else:
    lockfile_differences = late("lockenv.lockfile.differences")


def compare(lock: Lock, manifest: Manifest) -> Freshness:
    """Return the verdict on `lock` for what `manifest` declares; differences are in the order of the inputs."""
    mine = lock.own
    recorded = mine.get("inputs") if mine is not None else None
    if mine is None or not isinstance(recorded, dict):
        return Unknown(
            reason=f"{lock.file} (created by {lock.created_by}) does not record its inputs, so it is "
            "unknown whether it is up to date"
        )
    if mine.get("schema") != 1:
        return Unknown(
            reason=f"{lock.file} was created by another version of lockenv, so it is unknown whether it is up to date"
        )
    current = inputs(manifest)
    if current == recorded and ("python" in mine or not manifest.python):
        return Fresh()
    found = lockfile_differences.differences(lock, recorded, current, manifest)
    if not found:
        return Fresh()
    if all(each.is_satisfied for each in found):
        return Loosened(differences=found)
    return Stale(differences=tuple(sorted(found, key=lambda each: each.is_satisfied)))
