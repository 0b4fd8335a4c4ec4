"""Whether a lock answers what is declared, as a listener hears it."""

from __future__ import annotations

from lockenv.lockfile.verdicts import Fresh, Loosened, Stale, Unknown

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.lockfile.verdicts import Freshness
    from lockenv.vocabulary.progress import Listener

LOCK_AGAIN = "run `lockenv lock` and commit the change"


def heard(freshness: Freshness, name: str, listener: Listener) -> Stale | None:
    """Return the verdict on the lock `name` where it is stale; what changed and is satisfied, or unknown, is heard."""
    match freshness:
        case Stale():
            return freshness
        case Loosened(differences=differences):
            changes = (f"  {each.sentence}{f' [{each.origin}]' if each.origin else ''}" for each in differences)
            listener.say(f"{name} still satisfies the requirements, which changed:", *changes)
        case Unknown(reason=reason):
            listener.note(reason)
        case Fresh():
            pass
    return None
