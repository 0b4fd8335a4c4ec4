"""Regular expressions that are compiled when they are first used.

Pure. A module names its patterns where it begins, and a command uses few of them: to compile the sixty of a `check`
took a third of its time, and those who use none need not even load `re`.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    import re
    from typing import Any, AnyStr

_METHODS = ("fullmatch", "match", "search", "sub", "subn", "split", "findall", "finditer")


def lazy_pattern(text: AnyStr, flags: str = "") -> re.Pattern[AnyStr]:
    """Return what `re.compile` returns, in all that is asked of it; `flags` are letters, such as `im` for `(?im)`."""
    return _Unused(text, flags)  # type: ignore[return-value]  # it answers like one


class _Unused:
    """A pattern whose first use compiles it, and puts the methods of the compiled one in its place."""

    def __init__(self, text: str | bytes, flags: str) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        # Asked only for what is not there yet. Protocols of Python (`__copy__`) are none of a pattern's.
        if name.startswith("_"):
            raise AttributeError(name)
        compiled = _compiled(self._text, self._flags)
        self.__dict__.update((method, getattr(compiled, method)) for method in _METHODS)
        return getattr(compiled, name)


def _compiled(text: str | bytes, flags: str) -> re.Pattern[Any]:
    import re

    if not flags:
        return re.compile(text)
    return re.compile(f"(?{flags}){text}" if isinstance(text, str) else b"(?%b)%b" % (flags.encode(), text))
