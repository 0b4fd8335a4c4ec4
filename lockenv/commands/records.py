"""What built wheels were, recorded in the lock of what builds: another machine tells when it builds other bytes.

A record never changes what is installed: `[tool]` tables must not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockenv.errors import InputError
from lockenv.vocabulary.distribution import Wheel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.commands.gather import Project
    from lockenv.commands.settings import Settings
    from lockenv.console import Console
    from lockenv.environment.probe import Interpreter
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import Selected
    from lockenv.vocabulary.target import Target

_KEY = "built"
_SOURCE = "sdist"


def recorded(lock: Lock | None, one: Selected, target: Target) -> str:
    """Give the sha256 that `lock`, of build tools, records of what `one` builds in `target`; empty for none."""
    from lockenv.commands.built import place
    from lockenv.commands.tools import group_of

    of_one = _records(lock).get(group_of(one.name, one.version), {})
    return str(of_one.get(place(target), "")) if of_one.get(_SOURCE) == one.file.sha256 else ""


def carried(document: dict[str, Any], old: Lock | None) -> dict[str, Any]:
    """Give `document`, of a lock of build tools, with the records of `old` where both build with the same."""
    kept = {group: _records(old)[group] for group in document["dependency-groups"] if group in _records(old)}
    if old is None or not kept or old.packages != document["packages"]:
        return document
    return _with(document, kept)


def record(project: Project, manifest: Manifest, settings: Settings, console: Console) -> None:
    """Build here all that `project` needs built for this Python, and record what the wheels are.

    Raises InputError where the lock does not cover it.
    """
    from lockenv.commands import gather, tools
    from lockenv.environment.interpreters import find
    from lockenv.files.atomic import replace
    from lockenv.lockfile.digest import sealed_text

    lock, before = gather.needed_lock(project), tools.read(project.lock)
    if before is None:
        console.say("nothing is built, so nothing is recorded")
        return
    interpreter = find(
        None,
        requires_python=lock.requires_python,
        environ=settings.environ,
        cache_dir=settings.cache,
        project_dir=settings.directory,
    )
    new = _records_of(lock, project, manifest, interpreter, settings, console)
    # What was built for others stands beside it, as long as it is of the same sources.
    merged = {group: _merged(_records(before).get(group, {}), mine) for group, mine in new.items()}
    document = _with(before.document, {**_records(before), **merged})
    path = gather.build_lock(project.lock)
    replace(path, sealed_text(document).encode(), durable=True)
    console.say(f"recorded {len(new)} built wheel{'' if len(new) == 1 else 's'} in {gather.relative(path)}")


def _records_of(
    lock: Lock, project: Project, manifest: Manifest, interpreter: Interpreter, settings: Settings, console: Console
) -> dict[str, dict[str, str]]:
    from lockenv.commands import tools
    from lockenv.commands.access import fetcher
    from lockenv.commands.building import Workshop
    from lockenv.commands.built import place, told
    from lockenv.commands.elsewhere import prepare

    chosen, target = _chosen(lock, interpreter.target), interpreter.target
    new: dict[str, dict[str, str]] = {}
    with fetcher(settings, manifest.indexes, base=project.base) as source:
        prepare(source, chosen, manifest.indexes, settings)
        workshop = Workshop(manifest, interpreter, settings, console, source, tools.tools(project.lock))
        for one in chosen:
            digest = workshop.wheel(one, told(lock, one)).file.sha256
            new[tools.group_of(one.name, one.version)] = {
                _SOURCE: str(one.file.sha256),
                place(target): str(digest),
            }
    return new


def _chosen(lock: Lock, target: Target) -> Sequence[Selected]:
    """Give the source distributions that `lock` selects for `target` with every extra and group."""
    from lockenv.lockfile.select import NotCovered, select

    answer = select(lock, target, lock.extras, lock.groups)
    if isinstance(answer, NotCovered):
        raise InputError(f"what is built for this Python cannot be told: {'; '.join(answer.reasons)}")
    return tuple(one for one in answer.files if not isinstance(one.file, Wheel))


def _merged(before: Mapping[str, Any], mine: dict[str, str]) -> dict[str, Any]:
    return {**before, **mine} if before.get(_SOURCE) == mine[_SOURCE] else mine


def _records(lock: Lock | None) -> Mapping[str, Mapping[str, Any]]:
    found = ((lock.own if lock else None) or {}).get(_KEY, {})
    return found if isinstance(found, dict) and all(isinstance(each, dict) for each in found.values()) else {}


def _with(document: Mapping[str, Any], records: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    tool = document["tool"]
    return {**document, "tool": {**tool, "lockenv": {**tool["lockenv"], _KEY: records}}}
