"""Compile regular expressions, or take what an earlier run compiled.

Pure. `re` and its compiler take 6 ms of a lock that needs thirty expressions. What comes out of the compiler is a list
of numbers, from which the interpreter makes the expression; these numbers are remembered (`text_memory`), for this very
build of Python. Where anything is unlike what is expected here, `re` compiles as always.
"""

from __future__ import annotations

import marshal
import sys

from lockenv.vocabulary import late, text_memory

TYPE_CHECKING = False

if TYPE_CHECKING:
    import re
    from typing import Any

_KIND = "expressions"
_codes: dict[str | bytes, bytes] = {}
"""What the interpreter makes each expression from, by its source; packed, as a command uses few of those of all."""
_memory: text_memory.TextMemory | None = None
"""Where `_codes` came from, and those that are new belong."""
_is_behind = False
"""Whether `_codes` has what it does not have."""


def compiled(source: str | bytes) -> re.Pattern[Any]:
    """Return what `re.compile` returns for `source`, which is one of those in lockenv's own text."""
    if text_memory.memory() is not _memory:
        _change_memory()
    if _memory is None or sys.implementation.name != "cpython":
        return _plainly(source)
    code = _codes.get(source)
    if code is not None:
        try:
            if (known := _made(code)).pattern == source:
                return known
        except (EOFError, ImportError, OverflowError, RuntimeError, TypeError, ValueError):
            pass  # numbers of another compiler, which a digest in the cache makes unlikely: compiled again
    return _recorded(source)


def _change_memory() -> None:
    global _memory, _is_behind  # noqa: PLW0603 - the state of the whole process
    _memory = text_memory.memory()
    _codes.clear()
    if _memory is not None:
        _codes.update(_memory.recalled(_KIND, "") or {})
    _is_behind = False


def _plainly(source: str | bytes) -> re.Pattern[Any]:
    import re

    return re.compile(source)


def _made(code: bytes) -> re.Pattern[Any]:
    module: Any = __import__("_sre")
    made: re.Pattern[Any] = module.compile(*marshal.loads(code))  # noqa: S302 - from the cache, as Python trusts its bytecode
    return made


def _recorded(source: str | bytes) -> re.Pattern[Any]:
    """Compile `source`, and have its numbers remembered when the command has answered."""
    global _is_behind
    try:
        from re import _compiler as compiler  # type: ignore[attr-defined]
        from types import FunctionType

        recorder = _Recorder(compiler._sre)
        # The compiler's own function, in a namespace where a recorder is in front of what makes expressions.
        compile_: Any = FunctionType(compiler.compile.__code__, {**vars(compiler), "_sre": recorder})
        pattern: re.Pattern[Any] = compile_(source, 0)
        code = marshal.dumps(tuple(map(_as_built_in, recorder.arguments)))
        is_same = _made(code) == pattern
    except Exception:  # noqa: BLE001 - another Python does it otherwise: then nothing is remembered
        return _plainly(source)
    if is_same:
        if not _is_behind:
            late.at_end.append(_remember)
        _codes[source], _is_behind = code, True
    return pattern


class _Recorder:
    """The module that makes expressions, which keeps what it was last called with."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self.arguments: tuple[Any, ...] = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def compile(self, *arguments: Any) -> Any:
        self.arguments = arguments
        return self._module.compile(*arguments)


def _as_built_in(value: Any) -> Any:
    """Return a list of named constants as one of numbers, and other subclasses as what they derive from."""
    if isinstance(value, list):
        return [int(each) for each in value]
    if isinstance(value, int):
        return int(value)
    return dict(value) if isinstance(value, dict) else value


def _remember() -> None:
    global _is_behind  # noqa: PLW0603 - the state of the whole process
    _is_behind = False
    if _memory is not None:
        _memory.remember(_KIND, "", _codes)
