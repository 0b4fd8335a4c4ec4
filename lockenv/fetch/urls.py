"""URLs, as far as fetching cares: whose origin they have, what they may reach, how they are shown.

Pure: text goes in and comes out. Credentials never come out of `shown`.
"""

from __future__ import annotations

from lockenv.errors import InputError
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_library import lru_cache
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    from urllib import parse as url_parse
else:
    url_parse = late("urllib.parse")

_PORTS = {"http": 80, "https": 443}
_UNSAFE = lazy_pattern(r"[\x00-\x20\x7f\\]")
_NAME = lazy_pattern(r"\w[\w.-]*|[0-9a-f:.]+(?:%\w+)?")
"""A host: its name, in the letters of any script, or an address. Hints write it into commands."""
_LOOPBACK = lazy_pattern(r"127(\.\d{1,3}){3}")
_HOST = lazy_pattern(r"(?:\[[^\]]*\]|[^/:?#]*)(?::\d{0,5})?(?:[/?#]|$)")
_USERINFO = lazy_pattern(r"(?<=://)[^/?#@]*(?:@[^/?#@]*)*@")


class UrlPlace(NamedTuple):
    """Where a URL points."""

    scheme: str
    host: str
    """Lower case, an IPv6 address without its brackets."""
    port: int
    target: str
    """Path and query, as a request line writes them."""

    @property
    def origin(self) -> str:
        """Scheme, host and port, the port always written."""
        return f"{self.scheme}://{self._literal}:{self.port}"

    @property
    def url(self) -> str:
        """The whole, without credentials, the port only where it is not the scheme's own."""
        return f"{self.scheme}://{self.netloc}{self.target}"

    @property
    def netloc(self) -> str:
        """Host and port, the port only where it is not the scheme's own."""
        return self._literal if self.port == _PORTS[self.scheme] else f"{self._literal}:{self.port}"

    @property
    def _literal(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def is_loopback(self) -> bool:
        """Return whether it stays on this machine."""
        return self.host in ("localhost", "::1") or _LOOPBACK.fullmatch(self.host) is not None


@lru_cache(maxsize=4096)
def place(url: str) -> UrlPlace:
    """Return where `url` points; raises InputError unless it is a well-formed http or https URL."""
    try:
        parts = url_parse.urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError as error:
        # What the parser refused may be a part of a password, so that it is not repeated.
        hint = "percent-encode special characters in the user name and password, and check the host and port"
        raise InputError(f"{shown(url)} is not a valid URL", hint=hint) from error
    if parts.scheme not in _PORTS:
        raise InputError(f"{shown(url)} cannot be fetched: only https and http URLs are supported", hint="use https")
    if not _NAME.fullmatch(host) or _UNSAFE.search(url):
        what = "it has no host, or contains an invalid character"
        raise InputError(f"{shown(url)} is not a valid URL: {what}", hint="use the form https://host/path")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return UrlPlace(parts.scheme, host, port, _quoted(target))


def origin(url: str) -> str:
    """Return the origin of `url`, to which alone its credentials belong."""
    return place(url).origin


def joined(base: str, reference: str) -> str:
    """Return `reference` as seen from `base`, without fragment and without credentials."""
    return without_userinfo(url_parse.urldefrag(url_parse.urljoin(base, reference)).url)


def beside(url: str, suffix: str) -> str:
    """Return the URL of the file that has the name of the one at `url` and `suffix` behind it; no fragment."""
    path, mark, query = url.partition("#")[0].partition("?")
    return f"{path}{suffix}{mark}{query}"


def without_userinfo(url: str) -> str:
    """Return `url` without the user and password it may carry."""
    return _USERINFO.sub("", url, count=1) if "@" in url else url


def userinfo(url: str) -> tuple[str, str] | None:
    """Return the user and password that `url` carries, decoded; None when it carries none."""
    found = _USERINFO.search(url) if "@" in url else None
    if found is None:
        return None
    parts = url_parse.urlsplit(url)
    return url_parse.unquote(parts.username or ""), url_parse.unquote(parts.password or "")


def shown(url: str) -> str:
    """Return `url` for a message: credentials masked, control characters escaped, cut to a readable length.

    A query is masked as well: servers that redirect to another put what proves the right to read there.
    """
    masked = _USERINFO.sub("****@", url, count=1) if "@" in url else url
    scheme, mark, rest = masked.partition("://")
    # Where there is no host and port, there may be a password with a slash or a colon.
    masked = masked if _HOST.match(rest) else f"{scheme}{mark}****"
    bare, mark, _ = masked.partition("?")
    masked = f"{bare}?****" if mark else bare
    text = masked if masked.isprintable() else ascii(masked)[1:-1]
    return text if len(text) <= 300 else f"{text[:300]}..."


def _quoted(target: str) -> str:
    if target.isascii():
        return target
    return url_parse.quote(target, safe="/%?&=+:;,@!$'()*~#[]")
