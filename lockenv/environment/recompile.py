"""Tell which byte-code differs from what its source compiles to.

Runs by path inside the base interpreter (`python -I -S -B recompile.py`) and is never imported by lockenv: it uses the
standard library alone and what CPython 3.8, PyPy and everything later understand. Lines of JSON come in on standard
input, each the path of a compiled file, of its source, and the level of optimization; for each, `same` or `other` goes
out at once, so that what was answered stays known when hostile byte-code breaks the interpreter. Nothing is executed.
"""

from __future__ import annotations

import json
import marshal
import sys
from importlib.util import MAGIC_NUMBER

HEADER = 16
"""Bytes before the code (PEP 552)."""


def _is_same(compiled: str, source: str, optimize: int) -> bool:
    with open(compiled, "rb") as file:
        content = file.read()
    with open(source, "rb") as file:
        text = file.read()
    if content[: len(MAGIC_NUMBER)] != MAGIC_NUMBER:
        return False
    try:
        expected = compile(text, source, "exec", dont_inherit=True, optimize=optimize)
        # S302: what it says is only compared; a file that breaks this process is told by the one that started it.
        found = marshal.loads(content[HEADER:])  # noqa: S302
        return type(found) is type(expected) and bool(found == expected)
    except (EOFError, ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return False


def _main() -> None:
    for line in sys.stdin:
        compiled, source, optimize = json.loads(line)
        sys.stdout.write("same\n" if _is_same(compiled, source, optimize) else "other\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main()
