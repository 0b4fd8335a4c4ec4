"""`lockenv coverage`: what each package of a lock has for each environment: a wheel, an sdist to build, or nothing."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from lockenv.console.tables import Paragraph, Table
from lockenv.errors import ExitCode
from lockenv.lockfile.conditions import left_out
from lockenv.lockfile.coverage_matrix import coverage, declared_in, environments
from lockenv.operations import locked_graph
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockenv.console import Console
    from lockenv.console.tables import Figure, Parts, Style
    from lockenv.context.settings import Settings
    from lockenv.lockfile.coverage_matrix import Environment, Row, State
    from lockenv.vocabulary.pin import Uncovered

_WORDS: dict[State, tuple[str, str, Style]] = {
    "wheel": ("wheel", "w", "good"),
    "build": ("build", "b", "fair"),
    "nothing": ("nothing", "x", "bad"),
    "absent": ("-", "-", "dim"),
}
_WIDEST = 14
"""Columns that a marker may take as a heading; longer ones are numbered and told below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv coverage` was asked."""

    json: bool
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Show the table; that a declared environment has no file of a package that it needs is a no."""
    found = locked_graph.read(settings, options.requirements, options.lockfile, console)
    among = environments(found.lock)
    rows = coverage(found.lock, among)
    lacking = [
        f"{row.name} {row.version} has no file for {each.title}"
        for row in rows
        for each, state in zip(among, row.states, strict=True)
        if state == "nothing" and each.is_declared
    ]
    missing = left_out(found.lock)
    declared = declared_in(found.lock).values()
    lacking += [
        each.sentence
        for each in missing
        if not each.name and any(not each.marker.disjoint(marker) for marker in declared)
    ]
    if options.json:
        console.json(_report(found.project.lock_name, among, rows, missing))
    else:
        console.show(*_figures(among, rows, [each.sentence for each in missing if each.sentence not in lacking]))
    if lacking:
        console.answer_no(
            "a declared environment cannot be installed",
            [(sentence, None) for sentence in lacking],
            hint="require versions that have a file for it, or change `environments`",
        )
    return ExitCode.NO if lacking else ExitCode.YES


def _figures(among: Sequence[Environment], rows: Sequence[Row], missing: Sequence[str]) -> Iterator[Figure]:
    platforms = [(platform, len(list(some))) for platform, some in groupby(each.platform for each in among)]
    told = {platform: f"({number})" for number, (platform, _) in enumerate(platforms, 1) if len(platform) > _WIDEST}
    headings = (told.get(platform, platform.replace(" ", "\n")) for platform, _ in platforms)
    yield Table(headings=("package", *headings), rows=tuple(_row(row, platforms) for row in rows))
    for platform, mark in told.items():
        yield Paragraph(parts=((f"{mark} {platform}", "dim"),))
    pythons = list(dict.fromkeys(each.python for each in among if each.python))
    if any(len(set(states)) > 1 for row in rows for states in _parts(row, platforms)):
        letters = ", ".join(f"{letter} {state}" for state, (_, letter, _) in _WORDS.items())
        yield Paragraph(parts=((f"where Pythons differ, one letter each: {letters}", "dim"),))
    if pythons:
        yield Paragraph(parts=((f"Pythons: {', '.join(pythons)}", "dim"),))
    for sentence in missing:
        yield Paragraph(parts=((f"left out: {sentence}", "fair"),))


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


def _report(
    lock: str, among: Sequence[Environment], rows: Sequence[Row], missing: Sequence[Uncovered]
) -> dict[str, object]:
    return {
        "schema": 1,
        "lock": lock,
        "environments": [
            {"platform": each.platform, "python": each.python or None, "is_declared": each.is_declared}
            for each in among
        ],
        "packages": [{"name": row.name, "version": row.version or None, "files": list(row.states)} for row in rows],
        "left_out": [
            {"extra": None, "group": None, **({each.kind: each.name} if each.name else {})}
            | {"marker": each.marker.text(), "reason": each.reason}
            for each in missing
        ],
    }
