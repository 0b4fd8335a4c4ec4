"""Where locks are, and how messages name a path. Pure."""

from __future__ import annotations

import os

from lockenv.errors import UsageError

LOCK = "pylock.toml"


def check_lock_name(path: str) -> None:
    """Raise UsageError unless `path` may name a lock (PEP 751, "File Name")."""
    if not is_lock_name(path):
        raise UsageError(f"invalid lockfile name {os.path.basename(path)}", hint="use pylock.toml or pylock.NAME.toml")


def is_lock_name(path: str) -> bool:
    """Return whether `path` may name a lock (PEP 751, "File Name")."""
    name, middle = os.path.basename(path), middle_of(path)
    return name == LOCK or (f"pylock.{middle}.toml" == name and bool(middle) and "." not in middle)


def middle_of(path: str) -> str:
    """Return NAME of a lock at `path` that is named `pylock.NAME.toml`; empty for `pylock.toml`."""
    name = os.path.basename(path)
    return "" if name == LOCK else name.removeprefix("pylock.").removesuffix(".toml")


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
