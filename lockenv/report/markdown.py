"""Text within GitHub-flavoured Markdown: what a lock or a server says is text there, and never markup. Pure."""

from __future__ import annotations

from lockenv.vocabulary.printable import printable

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def code(text: str) -> str:
    """Return `text` as code within a line or a cell: what a lock says can be no markup."""
    return f"`{_flat(text).replace('`', chr(39)).replace('|', chr(92) + '|')}`" if text else ""


def escaped(text: str) -> str:
    """Return `text` with every character that could be markup escaped."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>()#+!|~" else char for char in _flat(text))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table, its cells being Markdown."""
    yield f"| {' | '.join(headings)} |"
    yield f"|{'---|' * len(headings)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _flat(text: str) -> str:
    return printable("".join(char if char.isprintable() else " " for char in text))
