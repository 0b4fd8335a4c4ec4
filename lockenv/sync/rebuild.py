"""Make room for a new environment where one cannot be repaired, and lose nothing before the new one is whole.

In: the root of an environment. Out: its content aside, in its own `.lockenv`; put back when the new environment fails,
removed when it is whole. A kill leaves what is aside, and `recover` puts it back, or goes on removing it. Whoever calls
holds the environment's lock, which stays in its place.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from lockenv.environment.configuration import FILE
from lockenv.environment.fingerprint import is_bytecode, is_created
from lockenv.environment.installed import scan_directory
from lockenv.environment.venv import GARBAGE, LOCK, RECORD, RECORDS
from lockenv.errors import InputError
from lockenv.files.ops import Folder
from lockenv.files.reparse import is_directory, is_link
from lockenv.sync import garbage
from lockenv.sync.removal import recorded
from lockenv.sync.state import ASIDE, REMOVED
from lockenv.sync.walk import DirectoryWalk
from lockenv.vocabulary import system
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from lockenv.environment.installed import Installed

_LABEL = "sync"
_CONTENT = "content"
_RECORDS = "records"
_KEPT = "kept"
_WHOLE = "whole"
"""The file that says that all of the environment is aside: what is there now is of the new one."""
_OWN_DIRECTORY = lazy_pattern(
    r"(?:bin|Scripts|include|Include|lib|Lib|(?:lib|Lib)/(?:(?:python|pypy)[^/]*(?:/site-packages)?|site-packages))"
)


def is_environment(root: str) -> bool:
    """Return whether `root` is a virtual environment, however damaged, of which sync may make a new one."""
    if is_link(root) or os.path.isdir(f"{root}/conda-meta"):
        return False
    is_marked = any(_is_file(f"{root}/{name}") for name in (FILE, f"{RECORDS}/{RECORD}"))
    # Of an environment that a loss of power took to pieces, the lock may be all that says whose it was.
    is_ours = any(_is_file(f"{root}/{RECORDS}/{name}") for name in (RECORD, LOCK))
    return is_marked and (is_ours or bool(_sites(root)))


def distributions(root: str) -> tuple[Installed, ...]:
    """Return what is installed in any site-packages of the environment. Raises MachineError."""
    return tuple(installed for site in _sites(root) for installed in scan_directory(f"{root}/{site}"))


def strangers(root: str, replaced: Collection[Installed]) -> tuple[str, ...]:
    """Return what at `root` neither creating an environment nor one of the `replaced` distributions put there, sorted.

    The path of a directory that holds nothing else ends in `/`. Raises OSError.
    """
    owned: set[str] = set()
    with DirectoryWalk(root, _LABEL) as walk:
        for site in _sites(root):
            names = {installed.directory for installed in scan_directory(f"{root}/{site}")}
            for installed in replaced:
                if installed.directory in names:
                    with suppress(InputError):
                        owned.update(recorded(walk, site, installed), (f"{site}/{installed.directory}/RECORD",))
    parents = {path[:end] for path in owned for end in _slashes(path)}
    return tuple(sorted(_strange(root, "", owned, parents)))


def set_aside(root: str, keep: Collection[str]) -> None:
    """Move everything at `root` aside but the lock; `keep` are paths that `remove` brings back. Raises OSError."""
    with Folder.open(root, _LABEL) as top, Folder.open(f"{root}/{RECORDS}", _LABEL, create=True) as records:
        garbage.clear(records, REMOVED)
        records.mkdir(ASIDE)
        with records.enter(ASIDE) as aside:
            aside.mkdir(_CONTENT)
            aside.mkdir(_RECORDS)
            aside.replace(_KEPT, "\0".join(keep).encode("utf-8", "surrogateescape"), temporary=f"{_KEPT}.new")
            with aside.enter(_CONTENT) as content, aside.enter(_RECORDS) as old:
                # Without its pyvenv.cfg it is an environment for no one.
                for name in sorted(top.names(), key=lambda name: name != FILE):
                    if name != RECORDS:
                        top.rename(name, content, name)
                for name in records.names():
                    if name not in (LOCK, ASIDE, REMOVED, GARBAGE):
                        records.rename(name, old, name)
            aside.create(_WHOLE, b"")


def put_back(root: str) -> None:
    """Restore the environment as it was. Raises OSError."""
    with Folder.open(root, _LABEL) as top, Folder.open(f"{root}/{RECORDS}", _LABEL) as records:
        with records.enter(ASIDE) as aside:
            if aside.has(_WHOLE):
                _clear(top, (RECORDS,))
                _clear(records, (LOCK, ASIDE, GARBAGE))
                aside.unlink(_WHOLE)
            if aside.has(_RECORDS):
                with aside.enter(_RECORDS) as old:
                    for name in old.names():
                        old.rename(name, records, name)
            if aside.has(_CONTENT):
                with aside.enter(_CONTENT) as content:
                    for name in sorted(content.names(), key=lambda name: name == FILE):
                        content.rename(name, top, name)
        records.clear(ASIDE)


def remove(root: str) -> None:
    """Remove what is aside, but for what is kept, which goes back to its place unless something else is there.

    Raises OSError.
    """
    with Folder.open(f"{root}/{RECORDS}", _LABEL) as records:
        if records.has(ASIDE):
            records.rename(ASIDE, records, REMOVED)
        with records.enter(REMOVED) as removed, DirectoryWalk(root, _LABEL) as walk:
            kept = removed.read(_KEPT).decode("utf-8", "surrogateescape") if removed.has(_KEPT) else ""
            with DirectoryWalk(f"{removed.path}/{_CONTENT}", _LABEL) as old:
                for path in filter(None, kept.split("\0")):
                    _bring(old, walk, path.removesuffix("/"))
        garbage.clear(records, REMOVED)


def recover(root: str) -> None:
    """Undo what a killed process began, or finish it where the new environment was whole. Raises OSError."""
    if os.path.lexists(f"{root}/{RECORDS}/{ASIDE}"):
        put_back(root)
    elif os.path.lexists(f"{root}/{RECORDS}/{REMOVED}"):
        remove(root)


def _bring(old: DirectoryWalk, new: DirectoryWalk, path: str) -> None:
    folder, name = old.split(path)
    if folder is None or not folder.has(name):
        return
    target = new.make(path.rpartition("/")[0])
    if not target.has(name):
        folder.rename(name, target, name)


def _clear(folder: Folder, but: Collection[str]) -> None:
    for name in folder.names():
        if name not in but:
            folder.clear(name)


def _strange(root: str, directory: str, owned: Collection[str], parents: Collection[str]) -> Iterator[str]:
    with os.scandir(f"{root}/{directory}") as entries:
        found = [(f"{directory}/{entry.name}".lstrip("/"), is_directory(entry)) for entry in entries]
    for path, is_below in found:
        if path == RECORDS or path in owned or is_created(path):
            continue
        if not is_below:
            if not is_bytecode(path):
                yield path
        elif path in parents or path.endswith("/__pycache__") or _OWN_DIRECTORY.fullmatch(path):
            yield from _strange(root, path, owned, parents)
        else:
            yield f"{path}/"


def _sites(root: str) -> list[str]:
    """Return every site-packages of the environment, relative to it, links aside; sorted."""
    if system.is_windows:
        return [site for site in ("Lib/site-packages",) if os.path.isdir(f"{root}/{site}")]
    try:
        names = sorted(os.listdir(f"{root}/lib"))
    except OSError:
        return []
    found = [f"lib/{name}/site-packages" for name in names if name.startswith(("python", "pypy"))]
    return [site for site in found if os.path.isdir(f"{root}/{site}") and not _has_link(root, site)]


def _has_link(root: str, path: str) -> bool:
    return any(is_link(f"{root}/{path[:end]}") for end in (*_slashes(path), len(path)))


def _slashes(path: str) -> list[int]:
    return [at for at, character in enumerate(path) if character == "/"]


def _is_file(path: str) -> bool:
    return os.path.isfile(path) and not os.path.islink(path)
