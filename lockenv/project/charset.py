"""How the bytes of a requirements file are text: as pip reads them.

Pure: bytes go in; text comes out, without a byte-order mark. A file that says nothing is UTF-8, on every machine.
"""

from __future__ import annotations

import codecs

from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # The mark of UTF-32 begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED: Final = lazy_pattern(rb"coding[:=]\s*([-\w.]+)")


def text_of(content: bytes) -> str:
    """Return the text of a requirements file. Raises ValueError, with what is wrong as its message."""
    name = next((name for mark, name in _MARKS if content.startswith(mark)), "") or _declared(content) or "utf-8"
    try:
        return content.decode(name)
    except LookupError as error:
        raise ValueError(f"declares the encoding {name[:40]!r}, which is not a text encoding") from error
    except ValueError as error:
        raise ValueError(f"is not text in {name.removesuffix('-sig').upper()}") from error


def _declared(content: bytes) -> str:
    # PEP 263: the magic comment is "either first or second line in the file".
    for line in content.split(b"\n", 2)[:2]:
        found = _DECLARED.search(line) if line.startswith(b"#") else None
        if found:
            return found[1].decode("ascii")
    return ""
