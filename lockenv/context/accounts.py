"""Who the user is for the indexes and mirrors of a run: accounts, each bound to where the user sends it.

A project chooses the names and the URLs of its indexes, so that neither says where a secret may go: what the variables
of an index hold goes to the origin that the user gave with them (`LOCKENV_INDEX_<NAME>_URL`, or an index of that name
in the user's configuration), and a certificate from outside the project likewise. Nothing is sent here.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from lockenv.context.env_vars import check_variables, expanded, of_user, variables_for
from lockenv.context.substitution import replaced, substituted
from lockenv.errors import InputError, UsageError
from lockenv.fetch.credentials import Account, from_netrc, netrc_path, shared
from lockenv.fetch.local import is_local
from lockenv.fetch.urls import origin, place, shown, userinfo, without_userinfo
from lockenv.vocabulary.manifest import Index

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockenv.context.settings import Settings

_NO_INDEX: Final = Index(name="", url="")
"""Whose a mirror is, or what replaces an index: nothing belongs to it that belongs to an index."""
_KEYS: Final = ("USERNAME", "PASSWORD", "CLIENT_CERT")


def accounts(declared: Sequence[Index], asked: Sequence[Index], settings: Settings, base: str) -> tuple[Account, ...]:
    """Return who the user is for each index and mirror on a server, in the order in which they are `asked`.

    A login is taken from the variables of the index, else from its URL, else from the URL of an index that the user
    configures for the same origin, else from netrc. `base` is the directory of the project. Raises UsageError, which
    names all of them, for variables that the user does not allow, and for credentials that are bound to another origin.
    """
    check_variables(asked, settings)
    own = {(index.name, index.url) for index in declared}
    urls = [(expanded(index, settings), index if (index.name, index.url) in own else _NO_INDEX) for index in asked]
    for index in asked:
        urls += [(substituted(mirror, variables_for(index, settings)), _NO_INDEX) for mirror in index.mirrors]
    urls += [(substituted(mirror, of_user(settings)), _NO_INDEX) for mirror in settings.mirrors]
    servers = [(url, index) for url, index in urls if not is_local(url)]
    _check_bound(servers, settings, base)
    kept = from_netrc(netrc_path(settings.environ), [url for url, _ in servers])

    def account(url: str, index: Index) -> Account:
        user, password = (
            _login(index, settings) or userinfo(url) or _configured(url, settings) or kept.get(origin(url), ("", ""))
        )
        return Account(
            url=without_userinfo(url),
            name=index.name,
            variables=_required_variables(url, index, settings),
            user=user,
            password=password,
            certificate=_certificate(index, settings),
            is_required=index.authenticate,
        )

    return tuple(account(*server) for server in servers)


def login_of(index: Index, settings: Settings, *, is_replacement: bool) -> tuple[tuple[str, str] | None, str]:
    """Return the user and password for `index`, and where they are from; None where no one is known before it asks.

    Raises UsageError for variables that are not allowed, and for credentials that are not bound.
    """
    url = expanded(index, settings)
    if is_local(url):
        return None, ""
    owner = _NO_INDEX if is_replacement else index
    _check_bound([(url, owner)], settings, settings.directory)
    if login := _login(owner, settings):
        return login, f"{owner.variable('USERNAME')} and {owner.variable('PASSWORD')}"
    if login := userinfo(url):
        return login, "its URL"
    if login := _configured(url, settings):
        return login, "an index of your configuration"
    path = netrc_path(settings.environ)
    kept = from_netrc(path, [url])
    return kept.get(origin(url)), path


def _login(index: Index, settings: Settings) -> tuple[str, str] | None:
    """Return the user and password that the environment holds for `index`; None for neither."""
    user, password = (_variable(index, key, settings) for key in ("USERNAME", "PASSWORD"))
    return (user, password) if user or password else None


def _configured(url: str, settings: Settings) -> tuple[str, str] | None:
    """Return the user and password in the URL of the user's index at the origin of `url`, the nearest one."""
    at = place(url)
    found = [
        (shared(place(root).target, at.target), login)
        for root in (expanded(index, settings) for index in settings.user_indexes)
        if not is_local(root) and place(root).origin == at.origin and (login := userinfo(root))
    ]
    return max(found)[1] if found else None


def _required_variables(url: str, index: Index, settings: Settings) -> tuple[str, ...]:
    """Return the variables that the user sets so that a login is sent to `index` at `url`; none without a name."""
    if not index.name:
        return ()
    login = (index.variable("USERNAME"), index.variable("PASSWORD"))
    if index.is_users or _binding(index, settings) == origin(url):
        return login
    where = place(url)
    return (*login, _assignment(index.variable("URL"), f"{where.scheme}://{where.netloc}/"))


def _certificate(index: Index, settings: Settings) -> str:
    own = replaced(index.client_cert, variables_for(index, settings)) if index.client_cert else ""
    return _variable(index, "CLIENT_CERT", settings) or own


def _variable(index: Index, key: str, settings: Settings) -> str:
    return settings.environ.get(index.variable(key), "") if index.name else ""


def _check_bound(servers: Iterable[tuple[str, Index]], settings: Settings, base: str) -> None:
    """Raise UsageError for credentials that nothing binds to the origin where the project has their index."""
    problems, settled = [], []
    for url, index in servers:
        given = _given(index, settings, base)
        if not given or _binding(index, settings) == origin(url):
            continue
        where, bound = place(url), _binding(index, settings)
        are = "is" if len(given) == 1 else "are"
        it_belongs, them = ("it belongs", "it") if len(given) == 1 else ("they belong", "them")
        why = f"{it_belongs} to {bound}" if bound else f"no server is set for {them}"
        called = f"index `{index.name}`" if index.name else "an index without a name"
        problems.append(f"{' and '.join(given)} {are} not sent to {where.origin} ({called}): {why}")
        setting = _assignment(index.variable("URL"), f"{where.scheme}://{where.netloc}/")
        settled.append(
            f"set {setting}" if index.name else "set the certificate with the environment variable of a named index"
        )
    if problems:
        raise UsageError(
            "; ".join(problems),
            hint=f"to send them there, {' and '.join(settled)}",
        )


def _given(index: Index, settings: Settings, base: str) -> list[str]:
    """Return what there is for `index` that the user must bind, as messages call it."""
    if index.is_users:
        return []
    found = [index.variable(key) for key in _KEYS if _variable(index, key, settings)]
    if index.client_cert and not _variable(index, "CLIENT_CERT", settings):
        # A link in the project may point to a certificate of the user as well.
        path = os.path.realpath(os.path.join(base, _certificate(index, settings)))
        if not path.startswith(os.path.join(os.path.realpath(base), "")):
            found.append(f"the client certificate {path}")
    return found


def _binding(index: Index, settings: Settings) -> str:
    """Return the origin that the user sets for what belongs to `index`; empty for none."""
    variable = index.variable("URL")
    given = settings.environ.get(variable, "")
    if not given:
        named = (each for each in settings.user_indexes if each.name and each.variable("URL") == variable)
        return next((origin(expanded(each, settings)) for each in named), "")
    try:
        return origin(substituted(given, of_user(settings)))
    except InputError as error:
        raise UsageError(
            f"{variable} is {shown(given)}, which is not a URL", hint="use a URL such as https://index.example/"
        ) from error


def _assignment(variable: str, value: str) -> str:
    from shlex import quote

    return f"{variable}={quote(value)}"
