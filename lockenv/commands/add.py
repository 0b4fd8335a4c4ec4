"""`lockenv add`: declare requirements, lock them, install them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.builds import build_policy
from lockenv.commands.after_change import Target, finish
from lockenv.commands.changing import changed
from lockenv.errors import ExitCode, UsageError
from lockenv.operations import added_members, declare
from lockenv.operations.edit import adding
from lockenv.operations.lock_choice import of_list
from lockenv.operations.places import PlaceOptions, explained, listed, placed
from lockenv.project.requested import read_requested
from lockenv.report import outcome
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.project import bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv add` was asked."""

    requirements: list[str]
    files: list[str]
    from_index: str
    branch: str
    tag: str
    rev: str
    editable: bool
    to_group: str
    dev: bool
    optional: str
    bounds: bounds.Bounds
    dry_run: bool
    no_sync: bool
    venv: str
    allow_build: list[str]
    sources: dict[str, str]
    """Where the value of each option is from; empty for a default."""


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Add, or report why not; then nothing is changed."""
    if not (options.requirements or options.files):
        raise UsageError("nothing to add", hint="specify the requirements, such as `lockenv add 'idna>=3'`")
    found = declare.declaration(settings)
    place = declare.place(options, found)
    found, settings = of_list(place, found, settings)
    how = PlaceOptions(options.from_index, options.branch, options.tag, options.rev, options.editable)
    where = settings.script_directory or os.path.dirname(found.path)
    requirements, sources = placed(options.requirements, listed(options.files, settings, console, where), how, where)
    sources = {**added_members.sources(found, wanted := read_requested(requirements), settings), **sources}
    is_asked = options.sources["bounds"] == "command line"  # a default is for what is new alone

    def edit(declared: declare.Declaration) -> declare.Edit:
        return adding(declared, place, wanted, options.bounds, sources, is_rebounding=is_asked)

    names, dry_run = {one.normalized for one in wanted}, options.dry_run
    with explained(sources):
        answer = changed(edit, found, names, settings, console, dry_run=dry_run, allow_build=options.allow_build)
    command = build_policy.allowing(_command(options, settings), options.allow_build)
    code = outcome.report_changed(answer, console, command=command, name=found.name)
    if code is not ExitCode.YES or options.dry_run:
        return code
    target = Target(found.project, place, options.venv, no_sync=options.no_sync)
    return finish(target, outcome.reported(answer), settings, console)


def _command(options: Options, settings: Settings) -> str:
    """Return the command line that asks for the same, the builds that it allows left out."""
    from shlex import join

    words = ["lockenv", "add", *options.requirements, *(["--dev"] if options.dev else [])]
    words += ["--script", settings.script] if settings.script else []
    for flag, value in (("--group", options.to_group), ("--optional", options.optional), ("--venv", options.venv)):
        words += [flag, value] if value else []
    words += [word for file in options.files for word in ("-r", file)]
    named = (options.from_index, options.branch, options.tag, options.rev)
    for flag, value in zip(("--index", "--branch", "--tag", "--rev"), named, strict=True):
        words += [flag, value] if value else []
    words += ["--editable"] if options.editable else []
    words += ["--bounds", options.bounds] if options.bounds != "lower" else []
    return join([*words, *(["--no-sync"] if options.no_sync else [])])
