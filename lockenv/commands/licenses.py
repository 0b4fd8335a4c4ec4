"""`lockenv licenses`: what is locked under which license, and which of them the project accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lockenv.errors import ExitCode
from lockenv.operations.licenses import licenses_of
from lockenv.report import licenses
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv licenses` was asked."""

    licenses_format: Literal["text", "json", "markdown"]
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """List them; one that the project does not accept is a no."""
    found = licenses_of(settings, options.requirements, options.lockfile, console)
    match options.licenses_format:
        case "json":
            console.json(licenses.report(found))
        case "markdown":
            console.data(licenses.markdown(found))
        case _:
            console.show(*licenses.figures(found))
    return ExitCode.YES if found.is_accepted else ExitCode.NO
