"""`lockenv import`: convert the project of another tool; lock with the pins of its lock, each lost one named."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from lockenv.builds import build_lock_resolver, build_policy
from lockenv.context.project_files import read_text
from lockenv.errors import ExitCode, UsageError
from lockenv.lockfile.cutoffs import settled
from lockenv.operations import conversion, declare, load
from lockenv.operations.allowed_builds import AllowedBuilds
from lockenv.operations.delivery import deliver
from lockenv.operations.resolving import NewLock, UpgradeChoice, resolve
from lockenv.project.foreign import ForeignPins, read
from lockenv.report import build_permission, outcome
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.pin import NeedsPermission
from lockenv.vocabulary.printable import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import Pin, Resolution, Unsolvable


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv import` was asked."""

    files: list[str]
    declare: bool
    python: str
    dry_run: bool
    allow_build: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Convert the project, or lock with the pins of a file, or tell why not."""
    if len(options.files) > 1:
        raise UsageError("one file is imported at a time", hint=f"run `lockenv import {options.files[0]}` first")
    if not options.files or conversion.is_project(options.files[0]):
        file = options.files[0] if options.files else ""
        return conversion.run(file, settings, console, dry_run=options.dry_run)
    return _locked(options, options.files[0], settings, console)


def _locked(options: Options, file: str, settings: Settings, console: Console) -> ExitCode:
    """Lock with the pins of `file`, or tell why not."""
    foreign = read(read_text(file), file)
    if options.declare:
        return _declared(foreign, options, settings, console)
    project = load.project(settings)
    if not project.is_declared:
        from lockenv.operations.adopt import LISTS

        raise UsageError(
            f"{project.directory} declares no requirements, and {foreign.file} tells pins alone",
            hint=f"declare them in pyproject.toml; for {LISTS}, --declare does it",
        )
    old = load.lock(project)
    python = options.python or ("" if project.pyproject else foreign.python)
    allowed = AllowedBuilds(project, options.allow_build)
    manifest = settled(load.manifest(allowed.project, settings, old, python, allowed.read), old)
    answers: list[Resolution] = []

    def noted(answer: Resolution) -> Manifest:
        answers.append(answer)
        return manifest

    answer = resolve(manifest, old, project, UpgradeChoice(), settings, console, noted, preferences(foreign, old))
    if isinstance(answer, NeedsPermission) and (more := build_permission.granted(answer, console)):
        return run(replace(options, allow_build=[*options.allow_build, *more]), settings, console)
    if not isinstance(answer, NewLock):
        return outcome.tell_refusal(answer, console, command=_command(options))
    build_permission.note_unbuilt(answer.unbuilt, console, _command(options))
    with nullcontext() if options.dry_run else allowed.written(console):
        outcome.tell_delivered(deliver(answer, old, project, settings, dry_run=options.dry_run), console)
    if not options.dry_run and (done := build_lock_resolver.deliver(answer.build_lock, project.lock)):
        console.say(done)
    tell(foreign, answers[0], manifest, settings, console)
    return ExitCode.YES


def _command(options: Options) -> str:
    """Return the command line that asks for the same."""
    from shlex import join

    words = ["lockenv", "import", *options.files, *(["--declare"] if options.declare else [])]
    words += ["--python", options.python] if options.python else []
    return build_policy.allowing(join(words), options.allow_build)


def preferences(foreign: ForeignPins, old: Lock | None) -> tuple[Pin, ...]:
    """Give the pins that are to stay: those of the file, then those of the old lock for what it does not have."""
    from lockenv.lockfile.pins import pins
    from lockenv.vocabulary.markers import ALWAYS, NEVER, WORLD, parse
    from lockenv.vocabulary.pin import Pin

    found = []
    for one in foreign.pins:
        try:
            marker = parse(one.marker) if one.marker else ALWAYS
        except ValueError:
            marker = ALWAYS  # where it was meant only decides between two versions of one name
        if marker & WORLD is not NEVER:
            found.append(Pin(name=one.name, version=one.version, marker=marker))
    names = {one.name for one in foreign.pins}
    return (*found, *(pin for pin in (pins(old) if old else ()) if pin.name not in names))


def tell(foreign: ForeignPins, answer: Resolution, manifest: Manifest, settings: Settings, console: Console) -> None:
    """Tell how many of the pins stay, and of each other one why not."""
    from lockenv.vocabulary.pep440 import is_same_version

    chosen: dict[str, list[str]] = {}
    for pin in answer.pins:
        chosen.setdefault(pin.name, []).append(pin.version)
    lost = [
        one
        for one in foreign.pins
        if not any(is_same_version(one.version, version) for version in chosen.get(one.name, ()))
    ]
    for sentence in foreign.left:
        console.warn(sentence)
    # No index is asked for what comes from elsewhere.
    asked = [one.name for one in lost if one.name in chosen and one.name not in manifest.direct]
    offered = _offered(asked, manifest, settings) if asked else {}
    for one in lost:
        if one.name not in chosen:
            reason = "nothing requires it"
        elif not any(is_same_version(one.version, version) for version in offered.get(one.name, ())):
            reason = f"no index has it; {' and '.join(chosen[one.name])} was chosen"
        else:
            reason = f"it does not fit; {' and '.join(chosen[one.name])} was chosen"
        console.warn(f"{one.name} {one.version} was not kept: {reason}")
    console.say(f"kept {len(foreign.pins) - len(lost)} of {counted(len(foreign.pins), 'pin')} of {foreign.file}")


def _offered(names: Sequence[str], manifest: Manifest, settings: Settings) -> dict[str, tuple[str, ...]]:
    """Give the versions that the indexes have."""
    from lockenv.context.access import catalog, fetcher
    from lockenv.vocabulary.names import normalize

    with fetcher(settings, manifest.indexes, base=settings.directory) as source:
        index = catalog(manifest, settings, source)
        found = {}
        for name in dict.fromkeys(names):
            releases = index.releases(normalize(name))
            found[name] = tuple(releases.versions) if releases else ()
        return found


def _declared(foreign: ForeignPins, options: Options, settings: Settings, console: Console) -> ExitCode:
    """Declare what the file lists, in a new project or in a group of the one that there is, and lock it."""
    from lockenv.operations.adopt import begun

    found, text, left = begun(foreign, options.python, settings)
    answers: list[Resolution] = []

    def edited(answer: Resolution | None) -> str:
        answers.extend([answer] if answer else [])
        return text

    def attempt(granted: tuple[str, ...]) -> declare.ChangedDeclaration | Unsolvable | NeedsPermission:
        return declare.change(
            found,
            edited,
            settings,
            console,
            dry_run=options.dry_run,
            preferred=preferences(foreign, None),
            allow_build=(*options.allow_build, *granted),
        )

    answer = build_permission.answered(attempt, console)
    code = outcome.tell_changed(answer, console, command=_command(options), name=found.name)
    for one in left:
        console.warn(str(one))
    if answers:
        manifest = load.manifest(found.project, settings, read=lambda _: text)
        # But for packages of conda, what does not come from an index is declared now.
        is_conda = options.files[0].endswith((".yml", ".yaml"))
        tell(foreign if is_conda else replace(foreign, left=()), answers[0], manifest, settings, console)
    return code
