"""Record which releases run code whenever Python starts, where the project denies that.

In: the document of a new lock, the old lock. Out: the document with the names of such files. One wheel of each new
release is looked into, in parts and beside each other; `sync` looks into the very wheels that it installs.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from lockenv.index.startup_code import startup_files
from lockenv.lockfile.lock import filename_of
from lockenv.lockfile.startup_code import KEY, SETTING, recorded
from lockenv.vocabulary.printable import counted
from lockenv.vocabulary.progress import during

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.fetch.fetcher import Fetcher
    from lockenv.lockfile.lock import Lock, LockEntry
    from lockenv.vocabulary.progress import Listener


def with_startup_code(
    document: dict[str, Any], old: Lock | None, source: Fetcher, listener: Listener
) -> dict[str, Any]:
    """Return `document` with the files that run whenever Python starts, read where the old lock has other bytes.

    What cannot be looked into in parts is noted and left to `sync`. Raises NetworkError.
    """
    known = _by_hash(old) if old is not None and SETTING in old.inputs.table else {}
    tables, tasks = [dict(table) for table in document["packages"]], []
    for table in tables:
        wheel = _representative(table)
        if wheel is None:
            continue
        digest = str(wheel["hashes"].get("sha256", ""))
        if digest in known:
            _put(table, recorded(known[digest]))
            continue
        url = str(wheel.get("url") or wheel.get("path"))
        tasks.append((table, source.pool.submit(partial(startup_files, url, filename_of(wheel), digest, source))))
    with during(listener.progress(), f"looking into {counted(len(tasks), 'wheel')}"):
        for table, task in tasks:
            found = task.result()
            if found is None:
                listener.note(f"{table['name']}: its wheel cannot be looked into in parts, which is left to sync")
            _put(table, found or ())
    return {**document, "packages": tables}


def _representative(table: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the wheel that is looked into: one for every platform where there is one."""
    wheels: list[Mapping[str, Any]] = table.get("wheels", [])
    return next((wheel for wheel in wheels if filename_of(wheel).endswith("-any.whl")), wheels[0] if wheels else None)


def _by_hash(old: Lock) -> dict[str, LockEntry]:
    """Return the entries by the sha256 of the wheel that was looked into."""
    found = {}
    for package in old.packages:
        wheel = _representative(package.table)
        if wheel is not None:
            found[str(wheel.get("hashes", {}).get("sha256", ""))] = package
    return found


def _put(table: dict[str, Any], files: tuple[str, ...]) -> None:
    if files:
        own = {**table.get("tool", {}).get("lockenv", {}), KEY: list(files)}
        table["tool"] = {**table.get("tool", {}), "lockenv": own}
