"""Regular expressions that are compiled when they are first used.

Pure. A module names its patterns where it begins, and a command uses few of them: to compile the sixty of a `check`
took a third of its time, and those who use none need not even load `re`; nor those whose patterns are remembered.
"""

from __future__ import annotations

from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    import re
    from typing import Any, AnyStr

    from lockenv.vocabulary import compiled_patterns
else:
    compiled_patterns = late("lockenv.vocabulary.compiled_patterns")

_METHODS = ("fullmatch", "match", "search", "sub", "subn", "split", "findall", "finditer")


def lazy_pattern(text: AnyStr, flags: str = "") -> re.Pattern[AnyStr]:
    """Return what `re.compile` returns, in all that is asked of it; `flags` are letters, such as `im` for `(?im)`."""
    return _Unused(text, flags)  # type: ignore[return-value]  # it answers like one


class _Unused:
    """A pattern whose first use compiles it, and puts the methods of the compiled one in its place."""

    def __init__(self, text: str | bytes, flags: str) -> None:
        self._text = text
        self._flags = flags

    @property
    def source(self) -> str | bytes:
        """The text, and the flags in front of it."""
        if not self._flags:
            return self._text
        if isinstance(self._text, str):
            return f"(?{self._flags}){self._text}"
        return b"(?%b)%b" % (self._flags.encode(), self._text)

    def __getattr__(self, name: str) -> Any:
        # Asked only for what is not there yet. Protocols of Python (`__copy__`) are none of a pattern's.
        if name.startswith("_"):
            raise AttributeError(name)
        compiled = compiled_patterns.compiled(self.source)
        self.__dict__.update((method, getattr(compiled, method)) for method in _METHODS)
        return getattr(compiled, name)
