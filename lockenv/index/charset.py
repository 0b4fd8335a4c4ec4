"""How the bytes of an HTML page are text (HTML standard, section 13.2.3.2, "Determining the character encoding").

Pure: bytes and a content type go in; text comes out. What neither says is UTF-8. Never: an encoding in which readers
see different markup, such as UTF-7 and ISO-2022-JP.
"""

from __future__ import annotations

import codecs
from typing import Final

from lockenv.vocabulary.patterns import lazy_pattern

_PRESCAN: Final = 1024
"""Bytes in which a page names its own encoding."""
_IN_TYPE: Final = lazy_pattern(r";\s*charset\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s;]+))", "i")
_IN_META: Final = lazy_pattern(rb"<meta\b[^>]*?\bcharset\s*=\s*[\"']?\s*([^\s\"'/>;]+)", "i")
_UTF_16: Final = frozenset({"utf-16", "utf-16-le", "utf-16-be"})
_KNOWN: Final = _UTF_16 | {
    *("utf-8", "ascii", "iso8859-1", "cp866", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "cp874"),
    *(f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)),
    *(f"cp125{page}" for page in range(9)),
    *("gbk", "gb2312", "gb18030", "big5", "euc_jp", "shift_jis", "euc_kr"),
}
"""Encodings of the web (Encoding standard, section 4.2), as Python calls them."""


def text_of(content: bytes, kind: str) -> str:
    """Return the text of a page with the content type `kind`. Raises ValueError, with what is wrong as its message."""
    label = "utf-8" if content.startswith(codecs.BOM_UTF8) else _said_in_type(kind) or _said_in_page(content)
    name = _name(label or "utf-8")
    if name not in _KNOWN:
        raise ValueError(f"its charset {label[:40]!a} is not supported")
    if name == "utf-8":
        name = "utf-8-sig"
    # The Encoding standard has one decoder for these labels; file names are ASCII in each of them.
    elif name == "ascii":
        name = "iso8859-1"
    try:
        return content.decode(name)
    except ValueError as error:
        shown = "UTF-8" if name == "utf-8-sig" else label
        raise ValueError(f"it is not {shown}") from error


def _said_in_type(kind: str) -> str:
    found = _IN_TYPE.search(kind)
    return next(filter(None, found.groups()), "").strip() if found else ""


def _said_in_page(content: bytes) -> str:
    found = _IN_META.search(content, 0, _PRESCAN)
    label = found[1].decode("ascii", "replace") if found else ""
    # "If charset is UTF-16BE/LE, then set charset to UTF-8": the page could not be read so far if it were.
    return "utf-8" if _name(label) in _UTF_16 else label


def _name(label: str) -> str:
    try:
        return codecs.lookup(label.strip()).name if label.isascii() else ""
    except (LookupError, ValueError):
        return ""
