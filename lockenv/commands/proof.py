"""Prove a lock from what stands in it, and remember proofs.

A proof depends on nothing but the lock's text, the inputs recorded in it and lockenv's version: what was proved once
need not be proved again. The memory is a cache; without it the proof is made anew.
"""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

from lockenv import __version__

if TYPE_CHECKING:
    from lockenv.commands.settings import Settings
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.finding import Finding
    from lockenv.vocabulary.manifest import Manifest


def faults(lock: Lock, manifest: Manifest, settings: Settings) -> tuple[str, ...]:
    """Give why `lock`, whose inputs `manifest` meets, is no sound closure, a sentence each; see `findings`."""
    return tuple(found.sentence for found in findings(lock, manifest, settings) if found.level == "error")


def findings(lock: Lock, manifest: Manifest, settings: Settings) -> tuple[Finding, ...]:
    """Give why `lock`, whose inputs `manifest` meets, is no sound closure; empty when it is proved.

    A lock without the metadata of its packages (made by another tool) is only validated. Raises InputError for the
    first part of it that is not well-formed.
    """
    memory = _memory(lock, settings)
    if os.path.exists(memory):
        return ()
    from lockenv.lockfile.validity import validate

    validate(lock)
    if lock.own is None:
        found: tuple[Finding, ...] = ()
    else:
        from lockenv.commands.soundness import unsound

        found = unsound(lock, manifest)
    if not found:
        _remember(memory)
    return found


def _memory(lock: Lock, settings: Settings) -> str:
    key = sha256(f"{__version__}\n{lock.text}".encode("utf-8", "surrogatepass")).hexdigest()
    return os.path.join(settings.cache, "proofs-v1", key)


def _remember(memory: str) -> None:
    from lockenv.errors import MachineError
    from lockenv.files.atomic import replace

    try:
        replace(memory, b"")
    except MachineError:
        return  # a cache that cannot be written costs time, never an answer
