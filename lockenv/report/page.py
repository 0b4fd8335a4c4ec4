"""The page that shows the graph of a lock: one file, which asks no server for anything.

In: what the page shows, as values that JSON can hold, and the same as text for a browser without scripts. Out: HTML.
What comes from a lock is data in it and never code: a policy in the page lets its own script and style run, no other.
"""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files
from typing import TYPE_CHECKING

from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.printable import json_text

if TYPE_CHECKING:
    from collections.abc import Mapping

_SLOT = lazy_pattern(r"\{(title|text|lock|script|style|script-hash|style-hash)\}")


def page(lock: Mapping[str, object], *, title: str, text: str) -> str:
    """Return the page of `lock`: the same text for the same values."""
    script, style = asset("layout.js") + asset("tree.js"), asset("tree.css")
    parts = {
        "title": escaped(title),
        "text": escaped(text),
        "lock": _inert(json.dumps(lock, sort_keys=True, separators=(",", ":"))),
        "script": script,
        "style": style,
        "script-hash": content_source(script),
        "style-hash": content_source(style),
    }
    return _SLOT.sub(lambda slot: parts[slot[1]], asset("tree.html"))


def asset(name: str) -> str:
    """Return the text of a file beside this module, in `assets`."""
    return files("lockenv.report").joinpath("assets", name).read_text(encoding="utf-8")


def content_source(text: str) -> str:
    """Return how a content security policy names the one script or style that it lets in."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def escaped(text: str) -> str:
    """Return `text` as the text of an element or of a quoted attribute."""
    for mark, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(mark, entity)
    return text


def _inert(text: str) -> str:
    """Return JSON that no HTML parser takes for the end of its element (HTML standard, 4.12.1.3)."""
    return json_text(text).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
