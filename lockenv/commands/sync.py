"""`lockenv sync`: make the environment equal the lock."""

from __future__ import annotations

import os

from lockenv.environment.ownership import remembered
from lockenv.environment.venv import BROKEN, open_environment
from lockenv.errors import ExitCode, InputError, UsageError
from lockenv.files.reading import read_file
from lockenv.operations import load
from lockenv.sync import state
from lockenv.vocabulary.dataclasses import dataclass, replace

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.environment.venv import Environment
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.finding import Finding
    from lockenv.vocabulary.manifest import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv sync` was asked."""

    extra: list[str]
    all_extras: bool
    group: list[str]
    all_groups: bool
    no_default_groups: bool
    package: list[str]
    python: str
    find_links: list[str]
    from_dir: str
    frozen: bool
    check: bool
    dry_run: bool
    inexact: bool
    prune_unowned: bool
    reinstall: bool
    names: list[str]
    compile: bool
    no_project: bool
    no_editable: bool
    allow_empty: bool
    allow_build: list[str]
    venv: str
    lockfile: str
    requirements: list[str]


_ONCE = frozenset({"reinstall", "names"})
"""Options that say what to do now, and nothing of what the environment is to hold."""


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Sync, or tell what would change; a stale lock is refused."""
    if options.names and not options.reinstall:
        raise UsageError(
            f"sync takes the names of packages with --reinstall alone, and got {' '.join(options.names)}",
            hint="run `lockenv sync --reinstall NAME`, or `lockenv add NAME` for what is not in the lock",
        )
    if options.allow_build:
        return _allowed(options, settings, console)
    project = load.project(settings, options.requirements, options.lockfile)
    root = environment_path(project, settings, options.venv)
    decision = _decision(options, project)
    environment = _opened(root, console)
    # Files that belong to nothing come unnoticed: only the full way finds them.
    is_short = decision and decision.declared and not (options.prune_unowned or options.reinstall)
    if (
        environment
        and is_short
        and state.last(environment) == decision
        and remembered(root, settings.environ)
        and stands(environment)
    ):
        console.say(f"{load.relative(root)} is in sync")
        return ExitCode.YES
    return _whole(options, project, root, decision, settings, console)


def _whole(
    options: Options,
    project: load.Project,
    root: str,
    decision: state.Decision | None,
    settings: Settings,
    console: Console,
) -> ExitCode:
    """Read the lock and what is declared, and sync, or report what would change."""
    lock = load.needed_lock(project)
    for note in lock.notes:
        console.note(note)
    manifest = load.manifest(project, settings, lock) if project.is_declared else None
    if not _is_installable(lock, manifest, project, settings, console, is_frozen=options.frozen):
        return ExitCode.NO
    from lockenv.operations.sync import Session

    said = manifest if manifest is not None else load.settings_alone(project, settings)
    session = Session(
        options=options,
        settings=settings,
        console=console,
        project=project,
        lock=lock,
        overwrites=said.allow_overwrite,
        accepted=said.accept_faults,
        stated=said.stated,
        policy=said.policy,
    )
    answer = session.synchronise(root, manifest, decision)
    if isinstance(answer, ExitCode):
        return answer
    from lockenv.builds import build_policy

    if not options.frozen and (more := build_policy.granted(answer, console)):
        return run(replace(options, allow_build=list(more)), settings, console)
    return build_policy.refuse(answer, console, command=_command(options, project))


def _is_installable(
    lock: Lock,
    manifest: Manifest | None,
    project: load.Project,
    settings: Settings,
    console: Console,
    *,
    is_frozen: bool,
) -> bool:
    """Return whether `lock` may be installed; why it may not is reported. Raises RefusedError for a host."""
    if manifest is not None and manifest.allowed_hosts:
        from lockenv.builds.build_lock import read
        from lockenv.lockfile.hosts import refuse

        for each in filter(None, (lock, read(project.lock) if manifest.has_builds else None)):
            refuse(each, manifest.allowed_hosts)
    if not is_frozen and manifest is not None:
        from lockenv.report import outcome

        if outcome.tell_freshness(lock, manifest, project.lock_name, console) is not ExitCode.YES:
            return False
    found = _objections(lock, manifest, settings, is_frozen=is_frozen)
    if found:
        from lockenv.report.findings import tell

        tell(found, project.lock_name, console)
    return not found


def _opened(root: str, console: Console) -> Environment | None:
    """Return the environment at `root`; None also for one that has to be rebuilt."""
    if state.is_rebuild_unfinished(root):
        from lockenv.operations.rebuild import recover

        recover(root, console)
    try:
        return open_environment(root)
    except BROKEN:
        return None


def _objections(lock: Lock, manifest: Manifest | None, settings: Settings, *, is_frozen: bool) -> list[Finding]:
    """Return what keeps `lock` from being installed; what is not frozen was found fresh before."""
    from lockenv.lockfile.freshness import compare
    from lockenv.lockfile.verdicts import Stale
    from lockenv.operations.proof import objections

    is_stale = is_frozen and manifest is not None and isinstance(compare(lock, manifest), Stale)
    return objections(lock, manifest, settings, is_stale=is_stale)


def _allowed(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Lock with builds allowed that were not, and sync then."""
    if options.frozen or options.check or options.dry_run:
        raise UsageError(
            "--allow-build changes the settings and the lock, which --frozen, --check and --dry-run forbid",
            hint="leave it out, or run `lockenv lock --allow-build NAME` first",
        )
    from lockenv.commands import lock
    from lockenv.operations.declare import PLAIN

    asked = replace(PLAIN, allow_build=options.allow_build, requirements=options.requirements, output=options.lockfile)
    code = lock.run(asked, settings, console)
    return code if code is not ExitCode.YES else run(replace(options, allow_build=[]), settings, console)


def _command(options: Options, project: load.Project) -> str:
    """Return the command line to which the builds to allow are added.

    Where nothing says what was locked, it names the requirements file that is there.
    """
    from shlex import join

    # A sync that leaves the lock as it is cannot allow anything.
    words = ["lockenv", "lock" if options.frozen else "sync"]
    is_there = os.path.isfile(os.path.join(project.directory, "requirements.txt"))
    files = options.requirements or ([] if project.is_declared else ["requirements.txt" if is_there else "FILE"])
    chosen: list[tuple[str, list[str]]] = [("-r", files)]
    if options.frozen:
        chosen += [("-o", [options.lockfile] if options.lockfile else [])]
    else:
        chosen += [("--extra", options.extra), ("--group", options.group), ("--package", options.package)]
        chosen += [
            (flag, [value])
            for flag, value in (("-l", options.lockfile), ("--python", options.python), ("--venv", options.venv))
            if value
        ]
        flags = ("all_extras", "all_groups", "no_default_groups", "no_project", "no_editable", "inexact")
        words += [f"--{flag.replace('_', '-')}" for flag in flags if getattr(options, flag)]
    return join([*words, *(word for flag, values in chosen for value in values for word in (flag, value))])


def environment_path(project: load.Project, settings: Settings, venv: str) -> str:
    """Return where the environment of `project` is: `.venv` unless named.

    Raises RefusedError for a `.venv` that is a link, unless the user named the environment by it before.
    """
    if venv:
        return os.path.join(settings.directory, venv)
    root = os.path.join(project.directory, ".venv")
    if os.path.islink(root):
        from lockenv.environment.ownership import refuse_foreign_link

        refuse_foreign_link(root, settings.environ)
    return root


def existing_environment(project: load.Project, settings: Settings, venv: str) -> Environment:
    """Give the environment of `project`. Raises InputError when there is none."""
    root = environment_path(project, settings, venv)
    environment = open_environment(root)
    if environment is None:
        raise InputError(f"there is no environment {load.relative(root)}", hint="run `lockenv sync`")
    return environment


def stands(environment: Environment) -> bool:
    """Return whether `environment` has what the last change put there, as far as this has to be looked at again."""
    from lockenv.environment.doubt import Doubt, doubt

    if doubt(environment.records) is Doubt.NONE:
        return True
    from lockenv.sync.inspection import is_whole

    return is_whole(environment)


def _decision(options: Options, project: load.Project) -> state.Decision | None:
    """Give what decides this sync; None where nothing is to be changed, or something cannot be read."""
    if options.check or options.dry_run:
        return None
    from lockenv import __version__

    fields = sorted(set(Options.__slots__) - _ONCE)
    chosen = [f"{field}={getattr(options, field)!r}" for field in fields]
    tools = load.build_lock(project.lock)
    try:
        if os.path.isfile(tools):
            chosen.append(f"build={_digest(tools)}")
        return state.Decision(
            lock=_digest(project.lock),
            declared=declared(project),
            choice=state.digest("\n".join([__version__, *chosen]).encode("utf-8", "surrogateescape")),
        )
    except OSError:
        return None  # the full way tells what is wrong with the file


def declared(project: load.Project) -> str:
    """Give a digest of the files that declare the requirements, and how the project itself is built.

    Empty where only reading them whole would tell.
    """
    if not project.is_declared:
        return state.digest(b"")
    from lockenv.builds.source_digests import build_digest, requirements_digest

    digest = build_digest(project.directory) if project.pyproject else requirements_digest(project.requirements)
    beside = [path for path in (project.beside, project.own_settings) if path]
    if not digest or not beside:
        return digest
    return state.digest("\n".join((digest, *(_digest(path) for path in beside))).encode())


def _digest(path: str) -> str:
    return state.digest(read_file(path))
