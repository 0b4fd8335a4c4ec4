"""The licenses of a lock, as a table, as Markdown and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.console.tables import Paragraph, Table
from lockenv.vocabulary.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.console.tables import Figure, Parts
    from lockenv.operations.licenses import LicenseList, LicenseReport

SCHEMA = 1
"""Of the JSON; raised when a key changes its meaning or goes."""
_BASES = {
    "expression": "License-Expression",
    "text": "License",
    "classifiers": "classifiers",
    "project": "exception of the project",
    "cache": "metadata in the cache",
    "none": "",
}


def figures(found: LicenseList) -> Iterator[Figure]:
    """Yield the table, and how many packages have which license."""
    yield Table(headings=("package", "version", "license", "from", ""), rows=tuple(map(_row, found.packages)))
    counts: dict[str, int] = {}
    for one in found.packages:
        counts[one.license or "unknown"] = counts.get(one.license or "unknown", 0) + 1
    text = ", ".join(f"{counts[name]} {name}" for name in sorted(counts, key=lambda name: (-counts[name], name)))
    yield Paragraph(parts=((text, "dim"),))
    if not found.is_recorded:
        text = "as far as the cache knows; a table [tool.lockenv.licenses] makes `lockenv lock` record licenses"
        yield Paragraph(parts=((text, "dim"),))


def _row(one: LicenseReport) -> tuple[Parts, ...]:
    verdict: Parts = ()
    if one.decision is not None and one.decision.verdict != "accepted":
        verdict = ((one.decision.verdict if one.decision.verdict == "unknown" else "not accepted", "bad"),)
    return (
        ((one.name, "name"),),
        ((one.version, "version"),),
        ((one.license or "unknown", "plain" if one.license else "dim"),),
        ((_BASES[one.basis], "dim"),),
        verdict,
    )


def markdown(found: LicenseList) -> str:
    """Return the same as a table of GitHub-flavoured Markdown."""
    rows = [
        f"| {_cell(one.name)} | {_cell(one.version)} | {_cell(one.license or 'unknown')} | {_BASES[one.basis]} "
        f"| {one.decision.verdict if one.decision else ''} |\n"
        for one in found.packages
    ]
    head = "| package | version | license | from | verdict |\n|---|---|---|---|---|\n"
    return f"### Licenses of {_cell(found.file)}\n\n{head}{''.join(rows)}"


def _cell(text: str) -> str:
    shown = "".join(f"\\{char}" if char in "\\|<>`*_[]" else char for char in printable(" ".join(text.split())))
    return shown or " "


def report(found: LicenseList) -> dict[str, object]:
    """Return what `--json` prints."""
    return {
        "schema": SCHEMA,
        "lock": found.file,
        "recorded": found.is_recorded,
        "ok": found.is_accepted,
        "packages": [
            {
                "name": one.name,
                "version": one.version or None,
                "license": one.license or None,
                "expression": one.expression or None,
                "from": one.basis,
                "verdict": one.decision.verdict if one.decision else None,
                "reason": (one.decision.reason or None) if one.decision else None,
                "exception": _exception(one),
            }
            for one in found.packages
        ],
    }


def _exception(one: LicenseReport) -> dict[str, object] | None:
    exception = one.decision.exception if one.decision else None
    if exception is None:
        return None
    return {
        "license": exception.license or None,
        "allow": list(exception.allow),
        "reason": exception.reason,
        "until": exception.until,
    }
