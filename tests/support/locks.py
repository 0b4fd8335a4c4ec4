"""Read locks with `packaging` alone."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from packaging.pylock import Pylock

if TYPE_CHECKING:
    from pathlib import Path


def read_lock(path: Path) -> Pylock:
    """Return the lock in a file, or in `pylock.toml` of a directory."""
    file = path / "pylock.toml" if path.is_dir() else path
    return Pylock.from_dict(tomllib.loads(file.read_text(encoding="utf-8")))


def pins(path: Path) -> list[str]:
    """Return `name version` of each entry, in the order of the lock."""
    return [f"{package.name} {package.version}" for package in read_lock(path).packages]
