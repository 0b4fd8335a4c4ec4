"""Text that others chose, on its way to a terminal, a log or a file: one line that can be nothing but text.

Pure. What a lock, an index, a repository, a file name or a server says is never more than a part of a line: it begins
no line of its own, steers no terminal, turns no text around, and commands no service that reads logs. Also how
messages write numbers, sizes, times and Pythons.
"""

from __future__ import annotations

_QUOTED = "\n  | "
"""Begins a line of what a build printed, below the sentence that it explains."""
_SPELLED = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}
"""How those who make them spell the names of implementations."""


def printable(text: str) -> str:
    """Return `text` as one line, with what cannot be printed as an escape: line ends, controls, marks of direction."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
    return _without_commands(text, "\\x23") if "##" in text else text


def sentence(text: str) -> str:
    """Return `text` as `printable` does, but for lines that quote a build: each stays one, behind its bar."""
    if "\n" not in text:
        return printable(text)
    return _QUOTED.join(map(printable, text.split(_QUOTED)))


def line(text: str) -> str:
    """Return `text`, a whole line, so that no service takes its beginning for a command."""
    if "::" in text and text.lstrip().startswith("::"):
        return text.replace("::", "\\x3a:", 1)
    return text


def json_text(text: str) -> str:
    """Return `text`, which is JSON, with escapes for what cannot be printed within its strings: the same JSON."""
    if "##" in text:
        text = _without_commands(text, "\\u0023")
    return text if text.isascii() else "".join(map(_escaped, text))


def counted(number: int, one: str, several: str = "") -> str:
    """Return `number` with the word for what is counted: `one` for one; else `several`, or `one` with an s."""
    return f"{number} {one if number == 1 else several or f'{one}s'}"


def sized(size: int) -> str:
    """Return `size`, a number of bytes, in the unit that suits it: `12.3 MiB`."""
    amount = float(size)
    for unit in ("bytes", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"


def duration(seconds: float) -> str:
    """Return how long something took, as `40ms`, `0.4s`, `12.3s` or `2m 05s`."""
    if seconds < 0.0995:
        return f"{max(1, round(seconds * 1000))}ms"
    if seconds < 59.95:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m {rest:02}s"


def python_title(implementation: str, version: str, *, is_free_threaded: bool = False) -> str:
    """Return a Python for a message: `CPython 3.12.7`."""
    threading = " (free-threaded)" if is_free_threaded else ""
    return f"{_SPELLED.get(implementation, implementation)} {version}{threading}"


def _without_commands(text: str, escape: str) -> str:
    # Services that run builds take `##[...]` and `##vso[...]` for a command wherever it is in a line of a log.
    for mark in ("##[", "##vso["):
        while (at := text.lower().find(mark)) >= 0:
            text = f"{text[: at + 1]}{escape}{text[at + 2 :]}"
    return text


def _escaped(char: str) -> str:
    if char == "\n" or char.isprintable():
        return char
    # RFC 8259 section 7: what is beyond the basic plane is a pair of surrogates.
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
