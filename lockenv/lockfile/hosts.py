"""Which hosts the files of a lock may come from, where the project says so (`allowed-hosts`)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lockenv.errors import RefusedError
from lockenv.vocabulary.finding import Finding
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockenv.lockfile.lock import Lock, LockEntry

_SHORT = lazy_pattern(r"[A-Za-z0-9._-]+@([A-Za-z0-9.-]+):(?!//)")
"""Of the address of a repository as ssh takes it: `git@code.example:path`."""
_PORT = lazy_pattern(r":[0-9]+$")


def foreign(lock: Lock, allowed: Sequence[str]) -> list[Finding]:
    """Return the files of `lock` whose URL has a host that `allowed` does not name; local files have none."""
    found = []
    for position, package in enumerate(lock.packages):
        seen = set()
        for key, url in _urls(package):
            host = host_of(url)
            if host in seen or is_allowed(host, allowed):
                continue
            seen.add(host)
            found.append(
                Finding(
                    rule="host",
                    level="error",
                    sentence=f"{package.name} {package.version} comes from {host or url}, which is not in "
                    "allowed-hosts",
                    origin=lock.place(position, key, url),
                    hint="find out why, then run `lockenv lock --refresh`, or add the host to allowed-hosts",
                )
            )
    return found


def refuse(lock: Lock, allowed: Sequence[str]) -> None:
    """Raise RefusedError for the first file of `lock` that comes from a host that `allowed` does not name."""
    for finding in foreign(lock, allowed):
        raise RefusedError("host-not-allowed", f"{finding.origin}: {finding.sentence}", hint=finding.hint)


def host_of(url: str) -> str:
    """Return host and port of `url`, lower-case, as an entry of allowed-hosts is written; empty for none."""
    short = _SHORT.match(url)
    if short:
        return short[1].lower()
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    name = parts.hostname or ""
    return f"[{name}]{port}" if ":" in name else f"{name}{port}" if name else ""


def is_allowed(host: str, allowed: Sequence[str]) -> bool:
    """Return whether one of `allowed` names `host`: itself, without its port, or as `*.` and its parent domain."""
    bare = host.rpartition(":")[0] if _PORT.search(host) else host
    names = {host, bare}
    return bool(host) and any(each in names or (each[0] == "*" and bare.endswith(each[1:])) for each in allowed)


def _urls(package: LockEntry) -> Iterator[tuple[str, str]]:
    vcs = [("vcs", package.source)] if package.kind == "vcs" else []
    for key, table in (*package.files(), *vcs):
        url = str(table.get("url", ""))
        # Of a repository the URL is taken where there is one, of a file its path.
        is_used = "path" not in table or (key == "vcs" and url)
        if is_used and not url.startswith("file:"):
            yield key, url
