"""What each package of a lock has for each environment, as a table and as JSON."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from lockenv.console.tables import Paragraph, Table
from lockenv.vocabulary.markers import marker_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockenv.console.tables import Figure, Parts, Style
    from lockenv.lockfile.coverage_matrix import Row, State
    from lockenv.operations.coverage import Coverage


_WORDS: dict[State, tuple[str, str, Style]] = {
    "wheel": ("wheel", "w", "good"),
    "build": ("build", "b", "fair"),
    "nothing": ("nothing", "x", "bad"),
    "absent": ("-", "-", "dim"),
}


_WIDEST = 14
"""Columns that a marker may take as a heading; longer ones are numbered and written below."""


def figures(found: Coverage) -> Iterator[Figure]:
    """Yield the table, and what explains it."""
    among, rows = found.environments, found.rows
    platforms = [(platform, len(list(some))) for platform, some in groupby(each.platform for each in among)]
    numbered = {platform: f"({number})" for number, (platform, _) in enumerate(platforms, 1) if len(platform) > _WIDEST}
    headings = (numbered.get(platform, platform.replace(" ", "\n")) for platform, _ in platforms)
    yield Table(headings=("package", *headings), rows=tuple(_row(row, platforms) for row in rows))
    for platform, mark in numbered.items():
        yield Paragraph(parts=((f"{mark} {platform}", "dim"),))
    pythons = list(dict.fromkeys(each.python for each in among if each.python))
    if any(len(set(states)) > 1 for row in rows for states in _parts(row, platforms)):
        letters = ", ".join(f"{letter} {state}" for state, (_, letter, _) in _WORDS.items())
        yield Paragraph(parts=((f"one letter for each Python where they differ: {letters}", "dim"),))
    if pythons:
        yield Paragraph(parts=((f"Pythons: {', '.join(pythons)}", "dim"),))
    for each in found.left_out:
        if each.sentence not in found.lacking:
            yield Paragraph(parts=((f"left out: {each.sentence}", "fair"),))


def _row(row: Row, platforms: Sequence[tuple[str, int]]) -> tuple[Parts, ...]:
    title: Parts = ((row.name, "name"), (f" {row.version}".rstrip(), "version"))
    return (title, *(_cell(states) for states in _parts(row, platforms)))


def _parts(row: Row, platforms: Sequence[tuple[str, int]]) -> Iterator[tuple[State, ...]]:
    at = 0
    for _, count in platforms:
        yield row.states[at : at + count]
        at += count


def _cell(states: Sequence[State]) -> Parts:
    if len(set(states)) == 1:
        word, _, style = _WORDS[states[0]]
        return ((word, style),)
    return tuple((_WORDS[state][1], _WORDS[state][2]) for state in states)


def report(lock: str, found: Coverage) -> dict[str, object]:
    """Return what `--json` prints."""
    return {
        "schema": 1,
        "lock": lock,
        "environments": [
            {"platform": each.platform, "python": each.python or None, "is_declared": each.is_declared}
            for each in found.environments
        ],
        "packages": [
            {"name": row.name, "version": row.version or None, "files": list(row.states)} for row in found.rows
        ],
        "left_out": [
            {"extra": None, "group": None, **({each.kind: each.name} if each.name else {})}
            | {"marker": marker_text(each.marker), "reason": each.reason}
            for each in found.left_out
        ],
    }
