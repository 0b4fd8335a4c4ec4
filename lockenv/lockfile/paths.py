"""Where locks are, and how messages name a path. Pure."""

from __future__ import annotations

import os

from lockenv.errors import UsageError

LOCK = "pylock.toml"


def check_lock_name(path: str) -> None:
    """Raise UsageError unless `path` may name a lock (PEP 751, "File Name")."""
    name = os.path.basename(path)
    middle = name.removeprefix("pylock.").removesuffix(".toml")
    if name != LOCK and (f"pylock.{middle}.toml" != name or not middle or "." in middle):
        raise UsageError(f"invalid lockfile name {name}", hint="use pylock.toml or pylock.NAME.toml")


def build_lock_path(lock: str) -> str:
    """Return where the lock of what builds the packages of `lock` is."""
    directory, name = os.path.split(lock)
    middle = name.removeprefix("pylock.").removesuffix(".toml") if name != LOCK else ""
    return os.path.join(directory, f"pylock.{middle}-build.toml" if middle else "pylock.build.toml")


def relative(path: str) -> str:
    """Return `path` as seen from where the program was started, or as it is when that is shorter."""
    try:
        seen = os.path.relpath(path)
    except ValueError:  # another drive on Windows
        return path
    return seen if len(seen) <= len(path) else path
