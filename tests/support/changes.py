"""Change one thing in an environment, and put it back.

Each change is what a slip or an attacker could do to one path. `changes(root)` lists every one that applies; inside
`made(change, ...)` the environment differs by just that.
"""

from __future__ import annotations

import contextlib
import os
import py_compile
import shutil
import stat
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Kind = Literal[
    "byte",
    "removed",
    "mode",
    "linked",
    "retargeted",
    "added",
    "swapped script",
    "forged line",
    "injected .pth",
    "pyc in the cache",
    "pyc beside",
    "pyc without a source",
]


class Change(NamedTuple):
    """One change of one path."""

    kind: Kind
    path: str
    """What is changed or added, below the environment."""
    line: int = 0
    """Of a RECORD, the line that is forged."""


def changes(root: Path, tag: str) -> Iterator[Change]:
    """Give every change of every file below `root` but lockenv's records, by path; `tag` is the cache tag."""
    sites: set[Path] = set()
    for path in sorted(root.rglob("*")):
        told = path.relative_to(root).as_posix()
        if told.startswith(".lockenv/") or (path.is_dir() and not path.is_symlink()):
            if path.name == "site-packages":
                sites.add(path.relative_to(root))
            continue
        if path.is_symlink():
            yield from (Change("removed", told), Change("retargeted", told))
            continue
        yield from (Change("byte", told), Change("removed", told), Change("mode", told), Change("linked", told))
        yield Change("added", f"{told}.added")
        if told.startswith("bin/"):
            yield Change("swapped script", told)
        if path.name == "RECORD":
            yield from (Change("forged line", told, line) for line in range(len(path.read_bytes().splitlines())))
        if path.suffix == ".py":
            yield Change("pyc in the cache", f"{_folder(told)}__pycache__/{path.stem}.{tag}.pyc")
            yield Change("pyc beside", f"{told}c")
    for site in sorted(sites):
        yield Change("injected .pth", f"{site.as_posix()}/injected.pth")
        yield Change("pyc without a source", f"{site.as_posix()}/__pycache__/nothing.{tag}.pyc")


@contextlib.contextmanager
def made(change: Change, root: Path, aside: Path) -> Iterator[None]:
    """Have `root` differ by `change`; `aside` is a place outside, on the same filesystem, for what is replaced."""
    path = root / change.path
    kept = aside / "kept"
    if path.is_symlink() or path.exists():
        path.rename(kept)
        try:
            _replace(change, path, kept)
            yield
        finally:
            if path.is_symlink() or path.exists():
                path.unlink()
            kept.rename(path)
        return
    is_new = not path.parent.exists()
    path.parent.mkdir(exist_ok=True)
    try:
        _add(path, aside)
        yield
    finally:
        path.unlink()
        if is_new:
            path.parent.rmdir()


def _replace(change: Change, path: Path, kept: Path) -> None:
    """Put something else at `path`, whose file is at `kept`."""
    match change.kind:
        case "removed":
            return
        case "retargeted":
            path.symlink_to("/nowhere")
        case "linked":
            path.symlink_to(kept)
        case "mode":
            shutil.copy2(kept, path)
            path.chmod(stat.S_IMODE(path.stat().st_mode) ^ stat.S_IXUSR)
        case "swapped script":
            others = [one for one in sorted(path.parent.iterdir()) if one.is_file() and not one.is_symlink()]
            shutil.copy2(next(one for one in others if one.read_bytes() != kept.read_bytes()), path)
        case "forged line":
            lines = kept.read_bytes().splitlines(keepends=True)
            lines[change.line] = b"forged" + lines[change.line]
            _write_like(kept, path, b"".join(lines))
        case _:
            content = bytearray(kept.read_bytes() or b"\0")
            content[len(content) // 2] ^= 1
            _write_like(kept, path, bytes(content))


def _write_like(kept: Path, path: Path, content: bytes) -> None:
    """Write with the mode and the times of `kept`, as who wants to hide would."""
    path.write_bytes(content)
    shutil.copystat(kept, path)


def _add(path: Path, aside: Path) -> None:
    if path.suffix != ".pyc":
        path.write_text("import os\n", encoding="utf-8")
        return
    source = aside / "other.py"
    source.write_text("import os\nos.environ['CHANGED'] = '1'\n", encoding="utf-8")
    py_compile.compile(os.fspath(source), cfile=os.fspath(path), doraise=True)


def _folder(path: str) -> str:
    folder = path.rpartition("/")[0]
    return f"{folder}/" if folder else ""
