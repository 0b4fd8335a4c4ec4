"""The rooms that fill caches and environments change files through `lockenv.files` alone."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import lockenv

_ROOT = Path(lockenv.__file__).parent
_CHANGES = frozenset(
    {
        "chmod",
        "chown",
        "fchmod",
        "ftruncate",
        "link",
        "makedirs",
        "mkdir",
        "mkfifo",
        "remove",
        "removedirs",
        "rename",
        "renames",
        "replace",
        "rmdir",
        "symlink",
        "truncate",
        "unlink",
        "utime",
        "write",
    }
)


def changes(source: str) -> list[int]:
    """Return the lines on which a module changes files by itself."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names) if any(name.name in ("shutil", "tempfile", "pathlib") for name in names):
                found.append(node.lineno)
            case ast.ImportFrom(module="shutil" | "tempfile" | "pathlib"):
                found.append(node.lineno)
            case ast.Attribute(value=ast.Name(id="os"), attr=attribute) if attribute in _CHANGES:
                found.append(node.lineno)
            case ast.Attribute(value=ast.Name(id="os"), attr="O_WRONLY" | "O_RDWR" | "O_CREAT"):
                found.append(node.lineno)
            case ast.Call(func=ast.Name(id="open"), args=[_, ast.Constant(value=str(mode)), *_]) if set(mode) & {
                *"wax+"
            }:
                found.append(node.lineno)
            case _:
                pass
    return found


@pytest.mark.parametrize("path", sorted((_ROOT / "sync").glob("*.py")), ids=lambda path: path.stem)
def test_room_changes_no_file_by_itself(path: Path) -> None:
    assert changes(path.read_text(encoding="utf-8")) == []


def test_the_door_itself_would_be_found() -> None:
    assert changes((_ROOT / "files/ops.py").read_text(encoding="utf-8"))
