"""TOML as `tomllib` reads it, less what would keep it busy without end."""

from __future__ import annotations

import tomllib
from typing import Any

_DEEPEST = 100
"""Parts of a dotted key. `tomllib` takes time that grows with the square of their number."""


def loads(text: str) -> dict[str, Any]:
    """Give what `text` says.

    Raises ValueError (mostly `tomllib.TOMLDecodeError`, which says where and why) when it is not TOML or has a key of
    more than a hundred parts, RecursionError when it nests values too deeply.
    """
    if any(line.count(".") >= _DEEPEST and _is_deep(line) for line in text.split("\n")):
        raise ValueError(f"a key of more than {_DEEPEST} parts")
    return tomllib.loads(text)


def _is_deep(line: str) -> bool:
    """Tell whether so many parts of `line` between dots stand side by side that they may be those of a key."""
    run = 0
    for part in line.split("."):
        run = run + 1 if part and not part.isspace() else 0
        if run > _DEEPEST:
            return True
    return False
