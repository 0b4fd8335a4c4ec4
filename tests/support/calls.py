"""Functions for another process to call."""

from __future__ import annotations

from pathlib import Path


def content(path: str) -> bytes:
    return Path(path).read_bytes()
