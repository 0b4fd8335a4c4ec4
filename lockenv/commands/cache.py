"""`lockenv cache`: where the cache is, how large, whether it is whole; and less of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from lockenv.errors import ExitCode
from lockenv.sync.wheel_store import Store
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.printable import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.console import Console
    from lockenv.context.settings import Settings

_ARCHIVES = "archives"
_PART = lazy_pattern(
    r"archives|built|(?:store|proofs|interpreters)-v\d+|(?:metadata|releases|pages|build-requires|built-metadata)-\d+"
)
"""The directories of the cache, old forms included: nothing else is looked at or removed."""
_KEPT = lazy_pattern(r"store-v\d+")
"""Holds locks, whose files must never be removed; what it stores is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv cache` was asked."""

    action: Literal["dir", "size", "prune", "clean", "verify"]
    json: bool


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Do what was asked; `verify` answers no when something is damaged."""
    # An absent one is empty, and stays absent; `dir` answers whatever is there.
    path = settings.cache_path
    cache = settings.cache if options.action != "dir" and os.path.lexists(path) else path
    match options.action:
        case "dir":
            report: dict[str, object] = {"directory": path}
            text, code = path, ExitCode.YES
        case "size":
            sizes = _sizes(cache)
            report = {"bytes": sum(sizes.values()), "parts": sizes}
            for part, size in sizes.items():
                console.say(f"{_human(size):>12}  {part}")
            text, code = str(sum(sizes.values())), ExitCode.YES
        case "prune" | "clean":
            report = _remove(cache, console, everything=options.action == "clean")
            text, code = "", ExitCode.YES
        case "verify":
            bad = _damaged(cache)
            report, text = {"damaged": bad}, "".join(f"{path}\n" for path in bad).rstrip("\n")
            code = _tell_damaged(bad, cache, console)
    if options.json:
        console.json({"schema": 1, "ok": code is ExitCode.YES, **report})
    elif text:
        console.data(f"{text}\n")
    return code


def _parts(cache: str) -> list[str]:
    names = os.listdir(cache) if os.path.isdir(cache) else []
    return sorted(name for name in names if _PART.fullmatch(name) and not os.path.islink(f"{cache}/{name}"))


def _sizes(cache: str) -> dict[str, int]:
    """Give the bytes of each part, by its name."""
    return {part: sum(_lengths(f"{cache}/{part}")) for part in _parts(cache)}


def _lengths(directory: str) -> Iterator[int]:
    for root, _, names in os.walk(directory):
        for name in names:
            try:
                yield os.lstat(os.path.join(root, name)).st_size
            except FileNotFoundError:
                continue  # another process removed it meanwhile


def _remove(cache: str, console: Console, *, everything: bool) -> dict[str, object]:
    """Remove what no environment uses, or everything; tell and give how much that was."""
    from lockenv.sync.store_check import prune
    from lockenv.sync.store_gc import in_use, prune_archives

    before = sum(_sizes(cache).values())
    store = Store(cache)
    keep = frozenset() if everything else in_use(store)
    wheels = len(prune(store, keep)) if os.path.isdir(store.root) else 0
    archives = len(prune_archives(store, f"{cache}/{_ARCHIVES}", keep)) if os.path.isdir(f"{cache}/{_ARCHIVES}") else 0
    if everything:
        _clear(cache)
    freed = before - sum(_sizes(cache).values())
    console.say(f"removed {_human(freed)}: {counted(wheels, 'unpacked wheel')}, {counted(archives, 'archive')}")
    return {"bytes": freed, "wheels": wheels, "archives": archives}


def _clear(cache: str) -> None:
    """Remove the parts that are only remembered answers, and can be at any time."""
    from lockenv.files.atomic import machine_error
    from lockenv.files.ops import Folder

    names = [name for name in _parts(cache) if name != _ARCHIVES and not _KEPT.fullmatch(name)]
    if not names:
        return
    try:
        with Folder.open(cache, "store") as folder:
            for name in names:
                folder.clear(name)
    except OSError as error:
        raise machine_error(error, error.filename or cache) from error


def _damaged(cache: str) -> list[str]:
    """Give the path below `cache` of each archive and each unpacked wheel that is not what it was."""
    from lockenv.sync.store_check import damaged
    from lockenv.sync.store_gc import damaged_archives

    store = Store(cache)
    bad = [f"{_ARCHIVES}/{name}" for name in damaged_archives(f"{cache}/{_ARCHIVES}")]
    bad += [f"{os.path.basename(store.root)}/{sha256[:2]}/{sha256}" for sha256 in damaged(store)]
    return bad


def _tell_damaged(bad: list[str], cache: str, console: Console) -> ExitCode:
    if not bad:
        console.say(f"every archive and every unpacked wheel in {cache} is whole")
        return ExitCode.YES
    console.answer_no(
        f"damaged in {cache}: {len(bad)} of its archives and unpacked wheels",
        hint="nothing will be installed from them: whoever needs one renews it",
    )
    return ExitCode.NO


def _human(size: int) -> str:
    amount = float(size)
    for unit in ("bytes", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"
