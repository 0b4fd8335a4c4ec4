"""Find the bills of materials that wheels have in them, in the wheels that were installed from here before (PEP 770).

In: a part of a lock and a cache. Out: paths and digests. Never: a download, a claim about a wheel that is not there.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING

from lockenv.lockfile.bill_of_materials import EmbeddedBill
from lockenv.sync.stored_wheel import StoredWheel
from lockenv.sync.wheel_store import WheelStore
from lockenv.vocabulary.distribution import Wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.lockfile.subset import LockSubset


def embedded_bills(part: LockSubset, cache_dir: str) -> tuple[dict[str, tuple[EmbeddedBill, ...]], int]:
    """Return the bills of each wheel of `part` that is unpacked in the cache, by its sha256; and how many are not.

    Bills are sorted by path. Every file of these wheels was compared with what was unpacked. Raises MachineError.
    """
    store = WheelStore(cache_dir)
    found: dict[str, tuple[EmbeddedBill, ...]] = {}
    unknown = 0
    for entry in part.entries:
        for file, _ in entry.files:
            if not isinstance(file, Wheel):
                continue
            stored = store.find(file.sha256) if file.sha256 else None
            if isinstance(stored, StoredWheel):
                found[file.sha256 or ""] = tuple(sorted(_bills(stored), key=lambda one: one.path))
            else:
                unknown += 1
    return found, unknown


def _bills(stored: StoredWheel) -> Iterator[EmbeddedBill]:
    # PEP 770: "all files in the .dist-info/sboms directory MUST be SBOM documents", subdirectories among them.
    top = f"{stored.dist_info}/sboms"
    for directory in stored.directories:
        if directory.scheme != stored.root_scheme or not f"{directory.path}/".startswith(f"{top}/"):
            continue
        for file in directory.files:
            digest = binascii.a2b_base64(file.digest.replace("-", "+").replace("_", "/") + "=")
            yield EmbeddedBill(path=f"{directory.path}/{file.name}", sha256=digest.hex())
