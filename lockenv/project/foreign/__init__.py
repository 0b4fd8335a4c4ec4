"""The locks and pinned lists of other tools.

Duty: find which releases they pin, and where. In: the text of a file, and its name. Out: a ForeignPins. Never: what a
release needs, a file's hash, a judgement of the pins.
"""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING

from lockenv.errors import UsageError
from lockenv.project.foreign import conda, lines, pipfile, tables
from lockenv.project.foreign.pinned import ForeignPins

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ForeignPins", "read"]

_KNOWN = "uv.lock, poetry.lock, pdm.lock, Pipfile.lock, pylock.toml, requirements.txt and environment.yml"


def read(text: str, file: str) -> ForeignPins:
    """Return what `file` pins; its name says whose it is. Raises UsageError for another, InputError at a fault."""
    reader = _reader(os.path.basename(file).lower())
    if reader is None:
        raise UsageError(f"cannot import {file}: unsupported file name", hint=f"supported files: {_KNOWN}")
    return reader(text, file)


def _reader(name: str) -> Callable[[str, str], ForeignPins] | None:
    stem, _, ending = name.rpartition(".")
    if ending in ("yml", "yaml"):
        return conda.read
    if ending in ("txt", "in"):
        return lines.read
    return {
        "uv.lock": tables.uv,
        "poetry.lock": tables.poetry,
        "pdm.lock": tables.pdm,
        "pipfile.lock": pipfile.read,
    }.get(name, tables.pylock if ending == "toml" and stem.partition(".")[0] == "pylock" else None)
