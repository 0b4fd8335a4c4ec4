"""`${VAR}` in what a project names: replaced when it is used, never where it is recorded.

A project may come from a stranger, who chooses both the variable and the server that its value is sent to: in a file of
a project only those variables are replaced that the user allows (`LOCKENV_VARIABLES`, or the user's configuration). In
what the user writes, every variable is.

A value goes into a URL as what it is: between `://` and `@` it is a user or a password, whatever characters it has.
"""

from __future__ import annotations

from lockenv.errors import UsageError
from lockenv.fetch.urls import shown
from lockenv.project.messages import is_secret
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    import re
    from collections.abc import Collection, Iterable, Mapping


ALLOWED = "LOCKENV_VARIABLES"
"""The environment variable that lists the variables which files of a project may use."""

_VARIABLE = lazy_pattern(r"\$\{([A-Z0-9_]+)\}")
_PARTS = lazy_pattern(r"(?P<scheme>[a-z]+://)(?P<user>[^/]*@)?(?P<host>[^/]*)(?P<path>.*)", "s")
# RFC 3986, section 3.2.1: userinfo is unreserved characters, percent-encoded ones, sub-delims and ":".
_USERINFO = lazy_pattern(r"(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*")
_URL = lazy_pattern(r"(?:https?|file)://[^\s?#\\]+")


@dataclass(frozen=True, slots=True)
class Variables:
    """The process environment, as far as a text may use it."""

    environ: Mapping[str, str]
    allowed: Collection[str] | None
    """The names that may be used; None for all, in what the user writes."""

    def check(self, texts: Iterable[str]) -> None:
        """Raise UsageError, which names every variable in `texts` that the user does not allow, if there is any."""
        uses: dict[str, dict[str, None]] = {}
        for text in [text for text in texts if "${" in text]:
            for match in _VARIABLE.finditer(text):
                if not self.allows(match[1]):
                    uses.setdefault(match[1], {})[_shown(text)] = None
        if uses:
            places = dict.fromkeys(place for found in uses.values() for place in found)
            raise refusal(uses, f"in {_listed(places)}", self)

    def allows(self, name: str) -> bool:
        """Return whether the variable `name` may be used."""
        return self.allowed is None or name in self.allowed


class PermittedVariables:
    """The environment as requirements files may use it: a mapping that notes what it is asked for and withholds."""

    def __init__(self, variables: Variables) -> None:
        self._variables = variables
        self.withheld: dict[str, None] = {}
        """The names of variables that are set and may not be used, in the order they were asked for."""

    def get(self, name: str) -> str | None:
        """Return the value of the variable `name`; None where it is not set, or may not be used."""
        found = self._variables.environ.get(name)
        if found and not self._variables.allows(name):
            self.withheld[name] = None
            return None
        return found

    def check(self) -> None:
        """Raise UsageError when anything was withheld."""
        if self.withheld:
            raise refusal(self.withheld, "in its requirements files", self._variables)


def refusal(names: Iterable[str], where: str, variables: Variables) -> UsageError:
    """Return the error for the variables `names`, which a project uses and the user does not allow."""
    wanted = list(names)
    unset = [name for name in wanted if not variables.environ.get(name)]
    every = " ".join([*(variables.allowed or ()), *wanted])
    setting = f"{ALLOWED}='{every}'" if " " in every else f"{ALLOWED}={every}"
    plural = "s" if len(wanted) > 1 else ""
    return UsageError(
        f"the project uses the environment variable{plural} {_listed(wanted)} {where}, which "
        f"{'are' if plural else 'is'} not allowed",
        hint=f"to allow the project to use {'them' if plural else 'it'}, set {setting}"
        + (f"; {_listed(unset)} must be set too" if unset else ""),
    )


def substituted(text: str, variables: Variables) -> str:
    """Return `text`, the URL of an index, with each `${VAR}` replaced.

    Raises UsageError for a variable that is not allowed or not set, for one in the path that is secret by its name, and
    where what comes out is no URL.
    """
    if "${" not in text:
        return text
    parts = _PARTS.fullmatch(text)
    if parts is None:
        return _checked(text, replaced(text, variables))
    for match in _VARIABLE.finditer(parts["host"] + parts["path"]):
        if is_secret(match[1]):
            raise UsageError(
                f"{_shown(text)} has the secret {match[0]} in its path, which would be stored in the "
                "lockfile and the cache",
                hint="put it before the host, as in https://user:${VAR}@host/, or name the index and set its "
                "environment variables",
            )
    user = _VARIABLE.sub(lambda match: _encoded(_value(match, text, variables)), parts["user"] or "")
    rest = _VARIABLE.sub(lambda match: _value(match, text, variables), parts["host"] + parts["path"])
    return _checked(text, f"{parts['scheme']}{user}{rest}")


def replaced(text: str, variables: Variables) -> str:
    """Return `text` with each `${VAR}` replaced as it is.

    Raises UsageError for a variable that is not allowed, or not set.
    """
    return _VARIABLE.sub(lambda match: _value(match, text, variables), text) if "${" in text else text


def _checked(text: str, url: str) -> str:
    if not _URL.fullmatch(url):
        # What came out may hold a password, so that the message does not repeat it.
        raise UsageError(
            f"{_shown(text)} is not a valid index URL after expanding its environment variables",
            hint="set them so that it is an https:// URL, special characters percent-encoded",
        )
    return url


def _value(match: re.Match[str], text: str, variables: Variables) -> str:
    if not variables.allows(match[1]):
        variables.check([text])
    found = variables.environ.get(match[1])
    if not found:
        raise UsageError(
            f"{_shown(text)} uses the environment variable {match[1]}, which is not set", hint=f"set {match[1]}"
        )
    return found.rstrip("/") if match.string.startswith("/", match.end()) else found


def _encoded(value: str) -> str:
    """Return `value` as it may come before a host; one that may already is taken as encoded."""
    if _USERINFO.fullmatch(value):
        return value
    from urllib.parse import quote

    return quote(value, safe=":")


def _shown(text: str) -> str:
    return shown(text)


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
