"""How long an answer may be used unasked, and how a server is asked whether it is still so (RFC 9110, RFC 9111).

Pure: what a server said goes in; a moment, or the headers of the next request, come out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.fetch.http_cache import LONGEST_AGE
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.fetch.http_cache import CachedResponse

_MAX_AGE = lazy_pattern(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,10})")


def conditions(entry: CachedResponse) -> dict[str, str]:
    """Return the headers that ask whether a page is still what `entry` keeps of it; none where that cannot be asked."""
    # RFC 9110 section 13.1.3: "A recipient MUST ignore If-Modified-Since if the request contains an If-None-Match".
    if entry.status != 200:
        return {}
    if entry.etag:
        return {"If-None-Match": entry.etag}
    return {"If-Modified-Since": entry.modified} if entry.modified else {}


def fresh_until(headers: Mapping[str, str], now: float) -> float:
    """Return until when an answer may be used unasked; -1 when it must not be kept."""
    directives = headers.get("cache-control", "").lower()
    if "no-store" in directives:
        return -1
    allowed = _MAX_AGE.search(directives)
    if allowed is None or "no-cache" in directives:
        return 0
    # RFC 9111 section 4.2.3: a cache on the way has held the answer for `Age` seconds already.
    age = headers.get("age", "").strip()
    return now + min(int(allowed[1]), LONGEST_AGE) - (int(age) if age.isdecimal() and len(age) < 10 else 0)


def plain(value: str) -> str:
    """Return a validator as it can be kept; empty for one that cannot."""
    return value if value.isprintable() and "\t" not in value and len(value) < 1000 else ""
