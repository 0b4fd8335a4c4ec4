"""Name the command that accepts the faults of wheels which were refused.

Pure. In: an error, and the command line. Out: the error, with a hint that can be run as it is. Never: a URL of the
command line that has a login.
"""

from __future__ import annotations

from lockenv.sync.wheel_faults import FaultyWheelError

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.errors import LockenvError

_READ_ONLY = ("frozen", "check", "dry_run")
"""With these, `sync` changes no settings."""


def advise(error: LockenvError, name: str, words: Sequence[str], values: Mapping[str, object]) -> None:
    """Have `error` name a command where it is the refusal of faults; `words` are the command line of `name`."""
    if not isinstance(error, FaultyWheelError):
        return
    options = [word for fault in error.needed for word in ("--accept-fault", fault)]
    error.hint = error.hint_with(_command(name, words, values, options))


def _command(name: str, words: Sequence[str], values: Mapping[str, object], options: Sequence[str]) -> str:
    from shlex import join

    is_read_only = name == "sync" and any(values.get(each) for each in _READ_ONLY)
    if "accept_fault" not in values or is_read_only or any("://" in word and "@" in word for word in words):
        return join(["lockenv", "sync", *options])
    at = words.index("--") if "--" in words else len(words)
    return join(["lockenv", *words[:at], *options, *words[at:]])
