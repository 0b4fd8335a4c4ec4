"""`lockenv export`: the lock as requirements with hashes, or as a bill of materials. The lock itself stays."""

from __future__ import annotations

import os
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Literal

from lockenv.errors import ExitCode
from lockenv.lockfile import subset
from lockenv.lockfile.paths import relative
from lockenv.lockfile.select import NotCovered
from lockenv.operations import load
from lockenv.operations.environments import regions
from lockenv.operations.selection import asked
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.markers import NEVER
from lockenv.vocabulary.printable import counted, json_text

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.lockfile.lock import Lock
    from lockenv.sync.state import Choice
    from lockenv.vocabulary.manifest import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv export` was asked."""

    export_format: Literal["requirements", "cyclonedx"]
    output: str
    no_hashes: bool
    extra: list[str]
    all_extras: bool
    group: list[str]
    all_groups: bool
    no_default_groups: bool
    for_python: list[str]
    for_platform: list[str]
    here: bool
    frozen: bool
    lockfile: str
    requirements: list[str]

    @property
    def all(self) -> bool:
        """Whether every environment of the lock is meant: where none is named."""
        return not (self.for_python or self.for_platform or self.here)


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Write what was asked for, or tell why not; a stale lock is refused."""
    project = load.project(settings, options.requirements, options.lockfile)
    lock = load.needed_lock(project)
    manifest = load.manifest(project, settings, lock) if project.is_declared else None
    if manifest is not None and not options.frozen:
        from lockenv.report import lock_check

        if lock_check.usable(lock, manifest, project.lock_name, settings, console) is not ExitCode.YES:
            return ExitCode.NO
    is_asked = manifest is not None and manifest.is_known and not options.frozen
    choice = asked(options, lock, manifest.default_groups if manifest and is_asked else None)
    _check_known(lock, choice)
    chosen = regions(options, lock, project, settings)
    region = reduce(or_, (marker for _, marker in chosen), NEVER) & subset.choice(lock, choice.extras, choice.groups)
    answer = subset.part(lock, region)
    if isinstance(answer, NotCovered):
        console.answer_no("this cannot be exported", [(reason, None) for reason in answer.reasons])
        return ExitCode.NO
    _tell_unhashed(options, answer, console)
    title = " and ".join(name for name, _ in chosen) + _described(choice)
    path = os.path.join(settings.directory, options.output) if options.output not in ("", "-") else ""
    back = os.path.relpath(project.base, os.path.dirname(path) or settings.directory).replace(os.sep, "/")
    text = _text(options, lock, answer, title, manifest, choice, (project.base, back))
    if not path:
        console.data(text)
        return ExitCode.YES
    from lockenv.files.atomic import replace

    replace(path, text.encode())
    count = len(answer.entries)
    console.say(f"wrote {relative(path)} ({counted(count, 'package')})")
    return ExitCode.YES


def _tell_unhashed(options: Options, answer: subset.Part, console: Console) -> None:
    """Tell what keeps pip from a file that has hashes."""
    if options.export_format != "requirements" or options.no_hashes:
        return
    from lockenv.lockfile.requirements_txt import without_hash

    names = ", ".join(entry.name for entry in without_hash(answer))
    if names:
        console.warn(f"pip refuses hashes beside commits and directories ({names}): export with --no-hashes for it")


def _check_known(lock: Lock, choice: Choice) -> None:
    from lockenv.lockfile.select import check_known

    check_known("extra", choice.extras, lock.extras)
    check_known("group", choice.groups, lock.groups)


def _text(
    options: Options,
    lock: Lock,
    answer: subset.Part,
    title: str,
    manifest: Manifest | None,
    choice: Choice,
    place: tuple[str, str],
) -> str:
    from lockenv.index.default import DEFAULT_INDEX

    if options.export_format == "requirements":
        from lockenv.lockfile.requirements_txt import Form, requirements

        base, back = place
        form = Form(
            title=f"{os.path.basename(lock.file)} for {title}",
            default_index=DEFAULT_INDEX,
            has_hashes=not options.no_hashes,
            back=back,
            base=base.replace(os.sep, "/"),
        )
        return requirements(answer, form)
    import json

    from lockenv.lockfile.cyclonedx import bill

    direct: set[str] = set()
    if manifest is not None:
        extras = [listed for name, listed in manifest.extras.items() if name in choice.extras]
        groups = [listed for name, listed in manifest.groups.items() if name in choice.groups]
        direct = {one.requirement.name for listed in (manifest.dependencies, *extras, *groups) for one in listed}
    document = bill(
        lock,
        answer,
        project=manifest.name if manifest else "",
        direct=direct,
        default_index=DEFAULT_INDEX,
        assuming=answer.region,
    )
    return json_text(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def _described(choice: Choice) -> str:
    parts = [f"extra {name}" for name in choice.extras] + [f"group {name}" for name in choice.groups]
    return f", with {', '.join(parts)}" if parts else ""
