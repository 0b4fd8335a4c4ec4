"""What fetching is allowed, and how patient it is.

Pure: the caller reads the environment once and passes it in; nothing here looks at it by itself.
"""

from __future__ import annotations

import time

from lockenv.vocabulary.dataclasses import dataclass, field

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lockenv.fetch.credentials import Account
    from lockenv.fetch.urls import UrlPlace
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.run_log import RunLog

PAGE_LIMIT = 64 << 20
DOWNLOAD_LIMIT = 4 << 30
UNSTATED_LIMIT = 1 << 30
ONLINE = "run the command without `--offline`"
"""What to do where only a server could answer."""
CERTIFICATE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""The environment variables that name a file of trusted certificates; the first that is set counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """How bytes are fetched; times in seconds, sizes in bytes."""

    cache_dir: str
    offline: bool = False
    """True: answer from the cache whatever its age, and open no socket."""
    refresh: bool = False
    refresh_packages: frozenset[NormalizedName] = frozenset()
    """Of which what is kept is not used before the server is asked whether it changed; `refresh` means all."""
    """True: ask the server about every cached page, however fresh."""
    connections: int = 16
    """At once, over all servers."""
    connect_timeout: float = 10
    first_byte: float = 15
    """From the request to the end of the response's head."""
    late: float = 0.5
    """No request is sent a second time, on another connection, before so long; see `fetch/usual_wait`."""
    minimum_rate: int = 1024
    """Bytes a second, over each `rate_window`."""
    rate_window: float = 20
    patience: float = 300
    """So long a body may be waited for at the `minimum_rate`; beyond that it must keep the `average_rate`."""
    average_rate: int = 32 << 10
    """Bytes a second, over all that was waited for beyond `patience`."""
    tries: int = 4
    budget: float = 60
    """From the first try to the start of the last."""
    timeout_budget: float = 30
    """After this long a try that timed out is the last."""
    longest_wait: float = 20
    """A server that asks for a longer wait (`Retry-After`) is not waited for."""
    redirects: int = 5
    page_limit: int = PAGE_LIMIT
    """Of one page or metadata file, decoded."""
    framing_limit: int = 1 << 18
    """What an answer may have beside its body: heads, chunk sizes, trailers."""
    download_limit: int = DOWNLOAD_LIMIT
    """Of one file whose size the lock, the index or its server states."""
    unstated_limit: int = UNSTATED_LIMIT
    """Of one file whose size nothing states."""
    allow_http: tuple[str, ...] = ()
    """Hosts that may be accessed over plain HTTP, beside loopback."""
    accounts: Callable[[], Sequence[Account]] = tuple
    """Returns the login for each index, which is sent to its own origin only; asked when a server is."""
    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Proxy URL by scheme (`http`, `https`, `all`), and hosts to reach directly under `no`."""
    folders: tuple[str, ...] = ()
    """Directories in which a file whose hash is known is looked for before it is fetched."""
    base: str = ""
    """The directory, absolute, that relative paths of files are seen from."""
    certificates: str = ""
    """A file of trusted certificates; empty for the system's trust store."""
    log: RunLog | None = None
    """Hears of each request and each answer of the cache; None for no one."""
    pause: Callable[[float], None] = time.sleep
    """Waits before the next try."""

    @property
    def archives(self) -> str:
        """The directory of whole wheels and source distributions, each named by its sha256."""
        return f"{self.cache_dir}/archives"

    def are_plain_for(self, where: UrlPlace) -> bool:
        """Return whether requests to `where` stay within this machine, and need nothing but the URL."""
        if where.scheme != "http" or not where.is_loopback:
            return False
        if self.refresh or self.proxies.keys() - {"no"} or self.log is not None:
            return False
        return not any(account.login or account.certificate or account.is_required for account in self.accounts())


def environment_proxies(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the proxies that `environ` names, for `FetchSettings.proxies`; lower-case names win."""
    found: dict[str, str] = {}
    for scheme in ("http", "https", "all", "no"):
        # A CGI server sets HTTP_PROXY from the request header "Proxy", so the upper-case name is not trusted there.
        upper = "" if scheme == "http" and "REQUEST_METHOD" in environ else environ.get(f"{scheme}_proxy".upper(), "")
        value = environ.get(f"{scheme}_proxy", "") or upper
        if value:
            found[scheme] = value
    return found


def environment_certificates(environ: Mapping[str, str]) -> str:
    """Return the bundle of trusted certificates that `environ` names, for `FetchSettings.certificates`."""
    return next((environ[name] for name in CERTIFICATE_VARIABLES if environ.get(name)), "")
