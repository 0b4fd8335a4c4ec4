"""`lockenv why-not NAME==V`: what keeps a version out of the lock.

From the lock where a requirement in it excludes a version that exists; else by a resolution with the pin added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.operations import locked_graph
from lockenv.operations.why_not import pin_of, why_not
from lockenv.report.why_not import show
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.errors import ExitCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv why-not` was asked."""

    pin: str
    resolve: bool
    json: bool
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Report what keeps out a version; that it is locked, or could be, is a yes."""
    pin = pin_of(options.pin)
    found = locked_graph.read(settings, options.requirements, options.lockfile, console)
    answer = why_not(pin, found, settings, console, is_resolving=options.resolve)
    return show(answer, pin, found, console, as_json=options.json)
