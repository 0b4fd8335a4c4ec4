"""`lockenv python list`: the interpreters that environments can be made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lockenv.environment.interpreters import list_all
from lockenv.errors import ExitCode
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv python` was asked."""

    action: Literal["list"]
    json: bool


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """List them, the preferred first; none at all is a no."""
    found = list_all(environ=settings.tools_environ, cache_dir=settings.cache, project_dir=settings.directory)
    rows = [
        (one.interpreter.version, one.interpreter.implementation, one.place, one.interpreter.executable)
        for one in found
    ]
    if options.json:
        fields = ("version", "implementation", "place", "executable")
        console.json({"schema": 1, "interpreters": [dict(zip(fields, row, strict=True)) for row in rows]})
    else:
        widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
        for row in rows:
            padded = [text.ljust(width) for text, width in zip(row, widths, strict=False)]
            console.data("  ".join([*padded, row[3]]) + "\n")
    if not rows:
        console.answer_no("no Python interpreter found that can create an environment")
    return ExitCode.YES if rows else ExitCode.NO
