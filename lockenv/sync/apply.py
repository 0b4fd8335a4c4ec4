"""Change an environment from what it holds to what is staged, wholly or not at all.

In: an InstallPlan whose wheels are in the store. Out: the changed environment. A failure restores the old environment
back; a kill leaves a journal from which `recover` does. Never: a download, a check of a wheel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.environment.venv import NEW, RECORDS
from lockenv.files.atomic import machine_error
from lockenv.files.ops import Folder
from lockenv.sync import journal, layout, paths
from lockenv.sync.journal import OLD, Journal
from lockenv.sync.journal_builder import draft
from lockenv.sync.placement import Placement
from lockenv.sync.plan import winners
from lockenv.sync.removal import recorded
from lockenv.sync.shared_files import listed, share
from lockenv.sync.walk import LABEL, DirectoryWalk
from lockenv.vocabulary.progress import SILENT, during

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockenv.environment.venv import Environment
    from lockenv.sync.layout import Layout
    from lockenv.sync.plan import InstallPlan
    from lockenv.sync.stage import StagedWheels
    from lockenv.vocabulary.manifest import Overwrites
    from lockenv.vocabulary.progress import Progress


def recover(root: str) -> bool:
    """Undo, or finish, an interrupted change of the environment at `root`; return whether there was one.

    The caller holds the environment's lock. Raises InputError when the journal cannot be understood.
    """
    path = f"{root}/{RECORDS}"
    try:
        with Folder.open(path, LABEL) as records:
            found = journal.read(records)
            if found is None:
                journal.tidy(records)
                records.unlink(journal.UNFINISHED)
                return False
        if found.phase == "done":
            journal.finish(root, found)
        else:
            journal.undo(root, found)
    except OSError as error:
        raise machine_error(error, error.filename or root) from error
    return True


def apply(
    plan: InstallPlan,
    staged: StagedWheels,
    environment: Environment,
    overwrites: Overwrites = (),
    progress: Progress = SILENT,
) -> tuple[str, ...]:
    """Make `environment` what `plan` says, all wheels to install being staged; return what the user should know.

    `overwrites` are those that the plan was made with; `progress` advances by wheels.

    The caller holds the environment's lock and has recovered it. Raises RefusedError when two distributions have
    different files at one path or a link is in the way, MachineError when the system refuses; then the environment is
    the old one.
    """
    directories = environment.schemes()
    layouts = [layout.lay_out(selected, stored, directories) for selected, stored in staged.wheels]
    root = environment.root
    try:
        with DirectoryWalk(root, LABEL) as walk:
            kept = listed(walk, directories["purelib"], plan.keep)
            if overwrites:
                layouts = _overwritten(walk, plan, layouts, directories["purelib"], overwrites)
            layouts = share(walk, layouts, kept, environment.python, overwrites)
            change, changed = draft(walk, plan, layouts, directories, kept)
        # Copies of this process are made before a thread draws what goes on.
        with Placement(environment, layouts) as placement, during(progress, "installing", len(layouts)):
            _carry_out(environment, change, placement, layouts, progress)
    except OSError as error:
        raise machine_error(error, error.filename or root) from error
    return tuple(f"{root}/{path} was kept, because it was modified after installation" for path in changed)


def _overwritten(
    walk: DirectoryWalk, plan: InstallPlan, layouts: Sequence[Layout], site: str, overwrites: Overwrites
) -> list[Layout]:
    """Return `layouts` without the files that `overwrites` has others win, which come now or stay."""
    coming = {one.selected.name: one for one in layouts}
    staying = {one.name: one for one in plan.keep}
    over = {name: winners(name, {*coming, *staying}, overwrites) for name in coming}
    taken = {
        name: layout.files(coming[name])
        if name in coming
        else {paths.folded(path) for path in recorded(walk, site, staying[name])}
        for name in sorted({name for names in over.values() for name in names})
    }
    return [
        layout.without(one, over[name], {path for each in over[name] for path in taken[each]})
        for name, one in coming.items()
    ]


def remove(found: Sequence[str], environment: Environment) -> None:
    """Take the files, links and directories `found`, whose paths a journal can hold, out of `environment`.

    The caller holds the environment's lock and has recovered it. Raises MachineError when the system refuses; then all
    of them are there.
    """
    floors = sorted(set(environment.schemes().values()) - {""})
    change = Journal(phase="changing", moved=tuple(found), created=(), claims=(), made=(), floors=tuple(floors))
    try:
        with Placement(environment, ()) as placement:
            _carry_out(environment, change, placement)
    except OSError as error:
        raise machine_error(error, error.filename or environment.root) from error


def _carry_out(
    environment: Environment,
    change: Journal,
    placement: Placement,
    layouts: Sequence[Layout] = (),
    progress: Progress = SILENT,
) -> None:
    root = environment.root
    try:
        with DirectoryWalk(root, LABEL) as walk:
            journal.write(walk.make(RECORDS), change)
    except KeyboardInterrupt:
        journal.undo(root, change)
        raise
    try:
        _change(environment, change, placement, layouts, progress)
    except BaseException:
        journal.undo(root, change)
        raise
    try:
        journal.finish(root, change)
    except KeyboardInterrupt:
        # Whoever interrupts the tidying up is heard once it is done; a second time, at once.
        journal.finish(root, change)
        raise


def _change(
    environment: Environment, change: Journal, placement: Placement, layouts: Sequence[Layout], progress: Progress
) -> None:
    root = environment.root
    with DirectoryWalk(root, LABEL) as walk, DirectoryWalk(root, LABEL) as records:
        _move_away(walk, records.make(f"{RECORDS}/{OLD}"), change.moved)
        new = records.make(f"{RECORDS}/{NEW}")
        placement.put(progress)
        for number, one in enumerate(layouts):
            directory, _, name = one.claim.rpartition("/")
            new.rename(str(number), walk.make(directory), name)
        if change.moved:
            journal.write(records.make(RECORDS), _done(change))


def _done(change: Journal) -> Journal:
    return Journal(phase="done", moved=change.moved, created=(), claims=(), made=(), floors=change.floors)


def _move_away(walk: DirectoryWalk, old: Folder, moved: Sequence[str]) -> None:
    for number, path in _claims_first(moved):
        folder, name = walk.split(path)
        if folder is not None:
            folder.rename(name, old, str(number))


def _claims_first(moved: Sequence[str]) -> Iterable[tuple[int, str]]:
    # A distribution must not claim to be there when a file of it is gone.
    return sorted(enumerate(moved), key=lambda item: (not item[1].endswith(".dist-info"), item[0]))
