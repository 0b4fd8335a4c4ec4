"""Functions for another process to call."""

from __future__ import annotations

import os
from pathlib import Path


def content(path: str) -> bytes:
    return Path(path).read_bytes()


def number_of_process(path: str = "") -> bytes:
    """Return the number of the process that is called, when the file at `path`, if any, is read."""
    if path:
        content(path)
    return str(os.getpid()).encode()
