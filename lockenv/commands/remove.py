"""`lockenv remove`: require projects no longer, lock without them, uninstall them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.commands.after_change import Target, finish
from lockenv.commands.changing import changed
from lockenv.errors import ExitCode, UsageError
from lockenv.operations import declare
from lockenv.operations.edit import removing
from lockenv.operations.lock_choice import of_list
from lockenv.report import outcome
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.names import is_valid, normalize

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv remove` was asked."""

    names: list[str]
    to_group: str
    dev: bool
    optional: str
    dry_run: bool
    no_sync: bool
    venv: str


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Remove all of the names, or report why not; then nothing is changed."""
    if not options.names:
        raise UsageError("nothing to remove", hint="specify the packages to remove")
    for name in options.names:
        if not is_valid(name):
            raise UsageError(f"`{name}` is not a package name", hint="specify only the name, without a version")
    found = declare.declaration(settings)
    place = declare.place(options, found)
    found, settings = of_list(place, found, settings)
    names = set(map(normalize, options.names))
    answer = changed(
        lambda declared: removing(declared, place, options.names),
        found,
        names,
        settings,
        console,
        dry_run=options.dry_run,
    )
    code = outcome.report_changed(answer, console, command="lockenv lock", name=found.name)
    if code is not ExitCode.YES or options.dry_run:
        return code
    target = Target(found.project, None, options.venv, no_sync=options.no_sync)
    return finish(target, outcome.reported(answer), settings, console)
