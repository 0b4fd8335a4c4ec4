"""Who the user is for a server: credentials from a netrc file, for the origins the caller names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.errors import InputError
from lockenv.fetch.urls import origin, place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def netrc_path(environ: Mapping[str, str]) -> str:
    """Give the netrc file of the user: `NETRC`, or the usual place below the home directory; it may not exist."""
    home = environ.get("HOME") or environ.get("USERPROFILE") or ""
    name = "_netrc" if os.name == "nt" else ".netrc"
    return environ.get("NETRC") or (os.path.join(home, name) if home else "")


def from_netrc(path: str, urls: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Give user and password by origin, of those of `urls` whose host the file at `path` names.

    A netrc file knows hosts, not origins, so only the origins of URLs that the user named are served: another port of
    the same host gets nothing. `default` entries are not used. Raises InputError when the file cannot be understood.
    """
    if not os.path.isfile(path):
        return {}
    import netrc

    try:
        hosts = netrc.netrc(path).hosts
    except (netrc.NetrcParseError, OSError, UnicodeDecodeError) as error:
        # The parser's message may quote the file, so only the place is told.
        line = getattr(error, "lineno", None)
        where = f"{path}:{line}" if line else path
        raise InputError(f"{where} is not a netrc file that can be read", hint="correct it or unset NETRC") from error
    found = {}
    for url in urls:
        entry = hosts.get(place(url).host)
        if entry is not None:
            found[origin(url)] = (entry[0] or "", entry[2] or "")
    return found
