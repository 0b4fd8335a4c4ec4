"""`lockenv doctor`: what lockenv works with here, as a page for a bug report, and what is in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import ExitCode
from lockenv.operations.doctor import DoctorRequest, doctor
from lockenv.report.doctor import report, show
from lockenv.vocabulary.dataclasses import dataclass, from_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.console import Console
    from lockenv.context.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv doctor` was asked."""

    json: bool
    venv: str
    lockfile: str
    requirements: list[str]
    sources: Mapping[str, str]
    """Where the value of each option of this run is from."""


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Print the page; the answer is no where something is in the way of `lock` or `sync`."""
    found = doctor(from_attributes(DoctorRequest, options), settings, console)
    if not options.json:
        return show(found, console)
    console.json(report(found))
    return ExitCode.NO if found.obstacles else ExitCode.YES
