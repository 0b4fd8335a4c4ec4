"""What the attestations of a lock prove: to a person, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import ExitCode
from lockenv.report.shortened import cut
from lockenv.vocabulary.printable import counted, printable

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.operations.attestations import AttestationReport

SCHEMA = 1
"""Of the JSON; raised when a key changes its meaning or goes."""


def show(found: AttestationReport, console: Console) -> ExitCode:
    """Report every failure, or how many files are proved to be by how many publishers."""
    rest = f"; {counted(found.unattested, 'file')} without attestations" if found.unattested else ""
    if found.failures:
        lines = [
            (printable(f"{one.name} {one.version}: {one.filename}: {one.failure}"), None) for one in found.failures
        ]
        console.answer_no(
            f"{counted(len(found.failures), 'file')} of {found.file} not proved by attestations",
            cut(lines, "lockenv verify-attestations --json"),
            hint="find out why before installing them",
        )
        return ExitCode.NO
    publishers = {each for one in found.files for each in one.publishers}
    said = f"{counted(len(found.files), 'file')} proved to be from {counted(len(publishers), 'publisher')}"
    console.say(f"{found.file}: {said}{rest}")
    return ExitCode.YES


def report(found: AttestationReport) -> dict[str, object]:
    """Return everything as JSON values."""
    return {
        "schema": SCHEMA,
        "ok": not found.failures,
        "files": [
            {
                "name": one.name,
                "version": one.version,
                "file": one.filename,
                "publishers": [each.table() for each in one.publishers],
                "failure": one.failure,
            }
            for one in found.files
        ],
        "unattested": found.unattested,
    }
