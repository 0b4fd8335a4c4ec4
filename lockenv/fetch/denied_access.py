"""Explain what a server requires that denies access: which index it is, and how it gets a login.

Pure: a status and the account of the index go in; the error for the user comes out, with no part of a login in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lockenv.errors import NetworkError
from lockenv.fetch.credentials import login_hint
from lockenv.fetch.urls import shown

if TYPE_CHECKING:
    from lockenv.fetch.credentials import Account
    from lockenv.fetch.urls import UrlPlace

DENIALS: Final = frozenset({401, 403, 407})
"""Statuses that a login may change (RFC 9110, sections 15.5.2, 15.5.4 and 15.5.8)."""
PROXY_LOGIN: Final = "407 Proxy Authentication Required: the proxy requires a login, or rejected the one it got"
PROXY_HINT: Final = (
    "put the login in the URL of the proxy, as in HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT, or in `proxies` of your "
    "configuration"
)


def denied_access(status: int, where: UrlPlace, account: Account | None, *, has_login: bool) -> NetworkError:
    """Return the error for one of `DENIALS` from `where`, the server of the index that `account` is for, if any.

    `has_login`: a login was sent.
    """
    what = f"{shown(where.url)} cannot be fetched: {status}"
    if status == 407:
        return NetworkError(f"{shown(where.url)} cannot be fetched: {PROXY_LOGIN}", hint=PROXY_HINT)
    server = f"index `{account.name}`" if account is not None and account.name else where.netloc
    title = "Unauthorized" if status == 401 else "Forbidden"
    if has_login:
        said = f"{server} rejected the login" if status == 401 else f"the login for {server} does not allow this"
        return NetworkError(
            f"{what} {title}: {said}", hint="correct the login; `lockenv config` shows where it comes from"
        )
    requires = "requires a login" if status == 401 else "denies access without a login"
    return NetworkError(f"{what} {title}: {server} {requires}", hint=login_hint(where, account))
