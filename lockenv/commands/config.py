"""`lockenv config`: every setting in effect, and where it comes from; secrets are masked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.context.user_configuration import path_of
from lockenv.errors import ExitCode, UsageError
from lockenv.operations.configuration import in_effect
from lockenv.report.configuration import lines, report
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.console import Console
    from lockenv.context.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv config` was asked."""

    config_words: Sequence[str]
    json: bool
    sources: Mapping[str, str]
    """Where the value of each option of this run is from."""


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Print them all; or, asked for `path`, where the user's configuration is or would be."""
    path = path_of(settings.environ)
    words = list(options.config_words)
    if words not in ([], ["path"]):
        raise UsageError(f"`lockenv config` has no argument `{words[0]}`", hint="see `lockenv config --help`")
    if words:
        if options.json:
            console.json({"schema": 1, "path": path})
        else:
            console.data(f"{path}\n")
        return ExitCode.YES
    found = in_effect(options.sources, settings)
    if options.json:
        console.json(report(found, path, is_there=settings.user is not None))
        return ExitCode.YES
    console.say(f"your configuration: {path}{'' if settings.user is not None else ' (not found)'}")
    console.data("".join(f"{line}\n" for line in lines(found)))
    return ExitCode.YES
