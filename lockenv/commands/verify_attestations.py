"""`lockenv verify-attestations`: whether attestations prove who published the locked files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import ExitCode
from lockenv.operations.attestations import verify_attestations
from lockenv.report import attestations
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv verify-attestations` was asked."""

    json: bool
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Answer no where an attestation proves nothing, or another publisher than is locked."""
    found = verify_attestations(settings, options.requirements, options.lockfile, console)
    if options.json:
        console.json(attestations.report(found))
        return ExitCode.NO if found.failures else ExitCode.YES
    return attestations.show(found, console)
