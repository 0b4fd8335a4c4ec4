"""Prove a lock from what is in it, remember proofs, and find what was changed since lockenv wrote it.

A proof depends on nothing but the lock's text, the inputs recorded in it and lockenv's version: what was proved once
need not be proved again, and so it is with the digests in the text. The memory is a cache of files that are named by a
digest of all this; without it the proof is done again.
"""

from __future__ import annotations

import os

from lockenv import __version__
from lockenv.errors import MachineError
from lockenv.lockfile.lock import find
from lockenv.vocabulary.hashing import blake2b
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_library import lru_cache

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.context.settings import Settings
    from lockenv.files import atomic
    from lockenv.lockfile import digest, validity
    from lockenv.lockfile import text as lockfile_text
    from lockenv.lockfile.lock import Lock
    from lockenv.resolve import lock_soundness
    from lockenv.vocabulary import finding
    from lockenv.vocabulary.finding import Finding
    from lockenv.vocabulary.manifest import Manifest
else:
    lockfile_text = late("lockenv.lockfile.text")
    atomic = late("lockenv.files.atomic")
    digest = late("lockenv.lockfile.digest")
    validity = late("lockenv.lockfile.validity")
    lock_soundness = late("lockenv.resolve.lock_soundness")
    finding = late("lockenv.vocabulary.finding")

_SOUND = ""
_INTACT = "-intact"
_CANONICAL = "-canonical"
_COMPOSED = "-composed"
"""What ends the names of the files that remember a fact."""
_RESTORE = "restore it from version control, or run `lockenv lock`"


def faults(lock: Lock, manifest: Manifest, settings: Settings) -> tuple[str, ...]:
    """Return why `lock`, whose inputs `manifest` meets, is no sound closure, a sentence each; see `findings`."""
    return tuple(found.sentence for found in findings(lock, manifest, settings) if found.level == "error")


def findings(lock: Lock, manifest: Manifest, settings: Settings) -> tuple[Finding, ...]:
    """Return why `lock`, whose inputs `manifest` meets, is no sound closure; empty when it is proved.

    A lock without the metadata of its packages (made by another tool) is only validated. Raises InputError for the
    first part of it that is not well-formed.
    """
    if _is_remembered(lock, settings, _SOUND):
        return ()
    validity.validate(lock)
    if lock.is_foreign:
        found: tuple[Finding, ...] = ()
    else:
        found = lock_soundness.unsound(lock, manifest)
    if not found:
        _remember(lock, settings, _SOUND)
    return found


def is_proved(lock: Lock, settings: Settings) -> bool:
    """Return whether it is remembered that `lock` is a sound closure, and so well-formed."""
    return _is_remembered(lock, settings, _SOUND)


def is_composed(lock: Lock, settings: Settings) -> bool:
    """Return whether it is remembered that this lockenv composed `lock`: it wrote each entry, and sealed it."""
    return _is_remembered(lock, settings, _COMPOSED)


def remember_composed(lock: Lock, settings: Settings) -> None:
    """Remember that this lockenv composed `lock`, whose text was written."""
    if not is_composed(lock, settings):
        _remember(lock, settings, _COMPOSED)


def objections(lock: Lock, manifest: Manifest | None, settings: Settings, *, is_stale: bool) -> list[Finding]:
    """Return what keeps `lock` from being installed, which is what `check` rejects of its contents; empty for nothing.

    The closure of a lock that `is_stale`, or of which nothing is declared, cannot be judged. That one covers less than
    is declared, as that of a bundle does, is no objection: whoever installs it asks for one environment, and is refused
    where that is not covered. Raises InputError.
    """
    found = alterations(lock, settings)
    if manifest is not None and manifest.is_known and not is_stale:
        judged = findings(lock, manifest, settings)
        found += [each for each in judged if each.level == "error" and each.rule != "not-covered"]
    return found


def rejected(lock: Lock, manifest: Manifest, settings: Settings) -> list[Finding]:
    """Return what `check` rejects of the contents of `lock`, whose inputs `manifest` meets; empty for nothing."""
    return alterations(lock, settings) + [each for each in findings(lock, manifest, settings) if each.level == "error"]


def is_intact(lock: Lock, settings: Settings) -> bool:
    """Return whether lockenv wrote `lock`, and nothing of it was changed since."""
    return lock.own is not None and not alterations(lock, settings)


def canonical_text(lock: Lock, settings: Settings) -> str:
    """Return the text that lockenv writes for what `lock` says: its own, unless someone else laid it out."""
    if _is_remembered(lock, settings, _CANONICAL):
        return lock.text
    text = lockfile_text.write(lock.document)
    if text == lock.text:
        _remember(lock, settings, _CANONICAL)
    return text


def alterations(lock: Lock, settings: Settings | None = None) -> list[Finding]:
    """Return what of `lock` was changed since lockenv wrote it; nothing where another tool did.

    Without `settings` nothing is remembered.
    """
    if settings is not None and _is_remembered(lock, settings, _INTACT):
        return []
    broken = digest.altered(lock)
    if broken is None and lock.created_by == "lockenv":
        broken = (-1,)
    if settings is not None and not broken:
        _remember(lock, settings, _INTACT)
    return [_alteration(lock, position) for position in broken or ()]


def _alteration(lock: Lock, position: int) -> Finding:
    if position < 0:
        start = lock.text.rfind("\n[tool.lockenv]")
        what, origin = lock.file, find(lock.text, lock.file, "tool.lockenv.digest", (start, len(lock.text)), "digest")
    else:
        package = lock.packages[position]
        what, origin = package.title, lock.place(position)
    return finding.Finding(
        rule="altered",
        level="error",
        sentence=f"{what} was changed since lockenv wrote it: its digest does not match",
        origin=origin,
        hint=_RESTORE,
    )


def _is_remembered(lock: Lock, settings: Settings, fact: str) -> bool:
    return os.path.exists(_memory(lock, settings, fact))


def _memory(lock: Lock, settings: Settings, fact: str) -> str:
    return os.path.join(settings.cache, "proofs-v1", _key(lock.text) + fact)


@lru_cache(maxsize=4)
def _key(text: str) -> str:
    found = blake2b(f"{__version__}\n".encode())
    found.update(text.encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def _remember(lock: Lock, settings: Settings, fact: str) -> None:
    try:
        atomic.replace(_memory(lock, settings, fact), b"")
    except MachineError:
        return  # a cache that cannot be written costs time, never an answer
