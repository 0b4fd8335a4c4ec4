"""UTF-8 text that may begin with a byte-order mark.

Pure. Python's own codec for it, `utf-8-sig`, is a module that would be loaded for this alone.
"""

from __future__ import annotations

MARK = b"\xef\xbb\xbf"
"""The byte-order mark, U+FEFF in UTF-8."""


def utf8_text(content: bytes) -> str:
    """Return the text of `content` without its mark. Raises UnicodeDecodeError, which counts bytes after the mark."""
    return content.removeprefix(MARK).decode()
