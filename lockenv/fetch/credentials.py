"""Who the user is for a server: logins from netrc files and keyrings, each sent to its own origin alone.

Accounts, one for each index that the user names, go in; the login for a place comes out, or None.
"""

from __future__ import annotations

import os
from _thread import allocate_lock
from typing import TYPE_CHECKING, Final

from lockenv.errors import InputError, MachineError
from lockenv.fetch.urls import origin, place
from lockenv.files.home import home
from lockenv.vocabulary import system
from lockenv.vocabulary.dataclasses import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lockenv.fetch.urls import UrlPlace

    Login = tuple[str, str]
    """User and password."""

VARIABLES: Final = "LOCKENV_INDEX_<NAME>_USERNAME, LOCKENV_INDEX_<NAME>_PASSWORD and LOCKENV_INDEX_<NAME>_URL"
"""What a user sets for an index, as hints say it: what the login is, and where it is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who the user is for one index."""

    url: str
    """Its simple root, without credentials."""
    name: str = ""
    """As the project or the user calls the index; empty for one without a name, and for a mirror."""
    variables: tuple[str, ...] = ()
    """The environment variables to set for a login, some with their value; none where the index has no name."""
    user: str = ""
    password: str = field(default="", repr=False)
    certificate: str = ""
    """A file with the certificate, and its key, that is shown to this origin when it asks; empty for none."""
    is_required: bool = False
    """True: it is asked with a login or not at all."""

    @property
    def login(self) -> Login | None:
        """User and password, either of which may be empty; None when there is neither."""
        return (self.user, self.password) if self.user or self.password else None


class LoginStore:
    """What is known of the user's logins, and what the keyring answers when it is asked. Safe in several threads."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        self._accounts: dict[str, list[Account]] = {}
        for account in accounts:
            self._accounts.setdefault(origin(account.url), []).append(account)
        self._from_keyring: dict[str, Login | None] = {}
        """What the keyring said, by the URL of the account."""
        self._lock = allocate_lock()

    def of(self, where: UrlPlace) -> Login | None:
        """Return the login for `where`. Raises InputError when it must have one and there is none."""
        account = self.account(where)
        if account is None:
            return None
        login = self._from_keyring.get(account.url) or account.login
        if login is None and account.is_required and not account.certificate:
            login = self.ask_keyring(where)
            if login is None:
                raise InputError(
                    f"the index {account.url} requires credentials (authenticate = true), but none were found",
                    hint=login_hint(where, account),
                )
        return login

    def ask_keyring(self, where: UrlPlace) -> Login | None:
        """Return the login that the user's keyring, asked once, has for `where`; None when a password is known."""
        account = self.account(where)
        if account is None or account.password:
            return None
        with self._lock:
            if account.url not in self._from_keyring:
                self._from_keyring[account.url] = from_keyring(account.url, account.user)
            return self._from_keyring[account.url]

    def account(self, where: UrlPlace) -> Account | None:
        """Return the account of the index, at the same origin, that `where` shares the most of its path with."""
        found = self._accounts.get(where.origin, ())
        if len(found) < 2:
            return found[0] if found else None
        return max(found, key=lambda account: (shared(place(account.url).target, where.target), bool(account.login)))


def login_hint(where: UrlPlace, account: Account | None) -> str:
    """Return how the user sets a login for the index at `where`."""
    if account is None:
        return (
            f"no index is declared at {where.netloc}, so no login is sent there; declare "
            f"{where.scheme}://{where.netloc}/ as an index with `name` and `explicit = true`, then set {VARIABLES}"
        )
    if account.variables:
        *first, last = account.variables
        return f"set {', '.join(first)} and {last}, or add its host to ~/.netrc or a keyring"
    return f"add its host to ~/.netrc or a keyring, or declare the index with a `name` and set {VARIABLES}"


def certificate_of(accounts: Iterable[Account], where: str) -> str:
    """Return the file with the client certificate for an origin; empty when there is none."""
    return next((each.certificate for each in accounts if each.certificate and origin(each.url) == where), "")


def netrc_path(environ: Mapping[str, str]) -> str:
    """Return the netrc file of the user: `NETRC`, or the usual place below the home directory; it may not exist."""
    return environ.get("NETRC") or os.path.join(home(environ), "_netrc" if system.is_windows else ".netrc")


def from_netrc(path: str, urls: Iterable[str]) -> dict[str, Login]:
    """Return user and password by origin, of those of `urls` whose host the file at `path` names.

    A netrc file knows hosts, not origins, so only the origins of URLs that the user named are served: another port of
    the same host gets nothing. `default` entries are not used. Raises InputError when the file cannot be understood.
    """
    if not os.path.isfile(path):
        return {}
    import netrc

    try:
        hosts = netrc.netrc(path).hosts
    except (netrc.NetrcParseError, OSError, UnicodeDecodeError) as error:
        # The parser's message may quote the file, so only the place is reported.
        line = getattr(error, "lineno", None)
        where = f"{path}:{line}" if line else path
        raise InputError(f"{where} is not a valid netrc file", hint="fix it, or unset NETRC") from error
    found = {}
    for url in urls:
        entry = hosts.get(place(url).host)
        if entry is not None:
            found[origin(url)] = (entry[0] or "", entry[2] or "")
    return found


def from_keyring(url: str, user: str) -> Login | None:
    """Return the login that the user's keyring has for `url`, or for its host; None without the package `keyring`.

    The names are those that other installers ask for. Raises MachineError when there is a keyring that fails.
    """
    try:
        import keyring
        from keyring.errors import NoKeyringError
    except ImportError:
        return None
    where = place(url)
    try:
        for service in (url, where.netloc):
            found = keyring.get_credential(service, user or None)
            if found is not None and found.password:
                return found.username or user, found.password
    except NoKeyringError:
        return None
    except Exception as error:
        # Its text may hold anything as well, so only the kind is reported.
        raise MachineError(
            f"cannot get the credentials for {where.netloc} from the keyring ({type(error).__name__})",
            hint=f"unlock it, or set {VARIABLES}",
        ) from error
    return None


def shared(root: str, target: str) -> int:
    """Return how many components two paths begin with alike."""
    count = 0
    for one, other in zip(root.split("/"), target.partition("?")[0].split("/"), strict=False):
        if one != other:
            break
        count += 1
    return count
