"""Write names in place of paths that a person did not choose.

Pure: text and the names of paths go in, and text comes out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def renamed(text: str, names: Mapping[str, tuple[str, int]]) -> str:
    """Return `text` with the name of each path in `names` in its place.

    Each has what is added to the number of a line that follows the path.
    """
    paths = "|".join(re.escape(path) for path in sorted(names, key=len, reverse=True))

    def name(found: re.Match[str]) -> str:
        meant, shift = names[found["path"]]
        return f"{meant}:{int(found['line']) + shift}" if found["line"] else meant

    return re.sub(rf"(?P<path>{paths})(?::(?P<line>\d+))?", name, text)
