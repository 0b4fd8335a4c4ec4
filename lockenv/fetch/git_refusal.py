"""Explain why git could not read a repository, and what the user can do about it.

Pure: what git printed goes in; a sentence and a hint come out. git runs with LC_ALL=C, so that its words are known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lockenv.fetch.urls import shown
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNKNOWN_LOGIN = lazy_pattern(r"could not read (?:Username|Password) for |requested URL returned error: 401")
_WRONG_LOGIN = lazy_pattern(r"Authentication failed for |Permission denied \(|requested URL returned error: 403")
_LONGEST: Final = 300
"""Characters of what git prints that a message shows."""


def git_refusal(printed: str, address: str) -> tuple[str, str]:
    """Return the sentence and the hint for the standard error of a git that failed to read `address`."""
    lines: Sequence[str] = printed.strip().split("\n")
    # Advice may follow what is wrong.
    reason = next((line for line in lines if line.startswith("fatal: ")), lines[-1]).removeprefix("fatal: ")
    check = f"check with `git ls-remote {shown(address)}`"
    if _UNKNOWN_LOGIN.search(printed):
        return (
            f"git cannot read {shown(address)}: the server requires a login, and git has no valid one for it",
            f"add the login to a credential helper of git or to ~/.netrc, or use an ssh URL; {check}",
        )
    if _WRONG_LOGIN.search(printed):
        return (
            f"git cannot read {shown(address)}: the server rejected git's login or key",
            f"correct git's login or key for this server, or ask for access to the repository; {check}",
        )
    return (
        f"git cannot read {shown(address)}: {shown(reason[:_LONGEST])}",
        f"{check}; lockenv uses git's credentials and keys",
    )
