"""What earlier runs made from texts: the values of a TOML document, compiled regular expressions.

Pure. The program offers a memory (`late.open_memory`); without one, as in a library, everything is made again. A value
depends on nothing but the text it was made from, this Python and this lockenv.
"""

from __future__ import annotations

from lockenv.vocabulary import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    class TextMemory(Protocol):
        """Keeps values by the texts that they were made from."""

        def recalled(self, kind: str, text: str) -> Any:
            """Return what was remembered; None for nothing."""

        def remember(self, kind: str, text: str, value: Any) -> None:
            """Remember `value`, if it can be, made of built-in types and not None."""


_opened: tuple[Callable[[], TextMemory | None] | None, TextMemory | None] = (None, None)


def memory() -> TextMemory | None:
    """Return the memory of this run, opened when it is first asked for; None where there is none."""
    global _opened  # noqa: PLW0603 - the state of the whole process
    if _opened[0] is not late.open_memory:
        _opened = (late.open_memory, late.open_memory() if late.open_memory is not None else None)
    return _opened[1]


def made(kind: str, text: str, make: Callable[[str], Any]) -> Any:
    """Return what `make` makes from `text`, if an earlier run did not; what it raises is raised, and not remembered.

    A text that may hold a password is not remembered either.
    """
    known = memory() if text and not _may_be_secret(text) else None
    if known is None:
        return make(text)
    value = known.recalled(kind, text)
    if value is None:
        value = make(text)
        known.remember(kind, text, value)
    return value


def _may_be_secret(text: str) -> bool:
    """Return whether `text` says anything of a password, or has a URL with a user in it."""
    # Up to the path, where an @ has a user in front of it (RFC 3986, section 3.2).
    return "password" in text.lower() or any("@" in url.partition("/")[0] for url in text.split("://")[1:])
