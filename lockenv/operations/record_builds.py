"""`lockenv lock --record-builds`: build what must be built, and record in the lock of build tools what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.builds import build_lock, build_records, cache_keys
from lockenv.builds.build_lock_resolver import ResolvedBuildDependencies
from lockenv.builds.builder import WheelBuilder
from lockenv.builds.wheel_cache import read_locked_metadata
from lockenv.context.access import fetcher
from lockenv.context.mirrors import prepare
from lockenv.environment.interpreters import find
from lockenv.errors import InputError
from lockenv.files import atomic
from lockenv.lockfile.digest import sealed_text
from lockenv.lockfile.paths import build_lock_path, relative
from lockenv.lockfile.select import NotCovered, select
from lockenv.operations import load
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.distribution import Wheel
from lockenv.vocabulary.printable import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockenv.context.settings import Settings
    from lockenv.environment.interpreter import Interpreter
    from lockenv.lockfile.lock import Lock
    from lockenv.operations.load import Project
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.progress import Listener
    from lockenv.vocabulary.selected import Selected
    from lockenv.vocabulary.target import Target


def record(project: Project, manifest: Manifest, settings: Settings, listener: Listener) -> str:
    """Build here all that `project` needs built for this Python, and record what the wheels are; return what was done.

    Raises InputError where the lock does not cover it.
    """
    lock, own = load.needed_lock(project), build_lock.read(project.lock)
    if own is None:
        return "nothing was built, so nothing was recorded"
    interpreter = find(
        None,
        requires_python=lock.requires_python,
        environ=settings.tools_environ,
        cache_dir=settings.cache,
        project_dir=settings.directory,
        has_option=False,
    )
    place, count = cache_keys.place(interpreter.target), 0
    for one, digest in _built(lock, project, manifest, interpreter, settings, listener):
        group = build_lock.group_of(one.name, one.version)
        own = replace(own, document=build_records.added(own, group, str(one.file.sha256), place, digest), text="")
        count += 1
    path = build_lock_path(project.lock)
    atomic.replace(path, sealed_text(own.document).encode(), durable=True)
    return f"recorded {counted(count, 'built wheel')} in {relative(path)}"


def _built(
    lock: Lock, project: Project, manifest: Manifest, interpreter: Interpreter, settings: Settings, listener: Listener
) -> Iterator[tuple[Selected, str]]:
    """Return each source distribution with the sha256 of the wheel that it builds here."""
    chosen = _chosen(lock, interpreter.target)
    with fetcher(settings, manifest.indexes, base=project.base) as source:
        prepare(source, chosen, manifest.indexes, settings)
        workshop = WheelBuilder(
            manifest,
            lambda: interpreter,
            settings,
            listener,
            source,
            build_lock.tools(project.lock),
            ResolvedBuildDependencies(manifest, settings, source),
        )
        for one in chosen:
            said = None if manifest.states_requirements(one.name, one.version) else read_locked_metadata(lock, one)
            yield one, str(workshop.wheel(one, said).file.sha256)


def _chosen(lock: Lock, target: Target) -> Sequence[Selected]:
    """Return the releases that `lock` selects for `target` as sources, with every extra and group.

    Commits and directories are left out: they have no digest that others could compare.
    """
    answer = select(lock, target, lock.extras, lock.groups)
    if isinstance(answer, NotCovered):
        raise InputError(
            f"cannot determine what is built for this Python: {'; '.join(answer.reasons)}",
            hint="use a Python that the lockfile is for, with --python",
        )
    return tuple(one for one in answer.files if one.direct is None and not isinstance(one.file, Wheel))
