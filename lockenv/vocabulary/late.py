"""Bind a module at the top of a file, and load it when it is first used.

A command starts quickly when it loads only what it needs. An import within a function does that as well, but hides
what a file depends on. So the import is written once, at the top, for readers, type checkers and import contracts, and
bound to a late module at run time:

    if TYPE_CHECKING:
        from lockenv.resolve import explain
    else:
        explain = late("lockenv.resolve.explain")

Python 3.15 has a statement for this, `lazy import` (PEP 810).
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

open_memory: Callable[[], Any] | None = None
"""Returns the memory of `text_memory`, or None. The program sets it here for each command, as the quick
ones need no memory, and so no module for it."""
at_end: list[Callable[[], None]] = []
"""What is called when a command has answered."""


class _Late:
    """What takes the place of a module that is loaded when one of its names is first read."""

    __slots__ = ("_module",)

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> object:
        # Asked each time: only the import itself waits for another thread that is still loading the module.
        __import__(self._module)
        return getattr(sys.modules[self._module], name)


def late(module: str) -> _Late:
    """Return what takes the place of `module` and imports it when one of its attributes is first read.

    A failed import raises then, as an import within a function would.
    """
    return _Late(module)
