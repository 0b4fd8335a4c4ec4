"""Change an environment from what it holds to what is staged, wholly or not at all.

In: an InstallPlan whose wheels are in the store. Out: the changed environment. A failure restores the old environment
back; a kill leaves a journal from which `recover` does. Never: a download, a check of a wheel.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from lockenv.fetch.parallel import Pool
from lockenv.files.atomic import machine_error
from lockenv.files.ops import Folder
from lockenv.sync import entrypoints, generated_files, journal, layout, paths, record
from lockenv.sync.journal import LABEL, NEW, OLD, RECORDS, Journal
from lockenv.sync.journal_builder import draft
from lockenv.sync.plan import winners
from lockenv.sync.removal import recorded
from lockenv.sync.shared_files import listed, share
from lockenv.sync.walk import DirectoryWalk
from lockenv.vocabulary.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockenv.environment.venv import Environment
    from lockenv.sync.layout import Layout
    from lockenv.sync.plan import InstallPlan
    from lockenv.sync.stage import StagedWheels
    from lockenv.sync.stored_wheel import StoredFile
    from lockenv.vocabulary.manifest import Overwrites
    from lockenv.vocabulary.progress import Progress

_WORTH_THREADS = 400
"""Files below which starting threads costs more than it saves."""
_PORTIONS = 8


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
    directories = layout.schemes(environment)
    layouts = [layout.lay_out(selected, stored, directories) for selected, stored in staged.wheels]
    root = environment.root
    try:
        with DirectoryWalk(root, LABEL) as walk:
            kept = listed(walk, directories["purelib"], plan.keep)
            if overwrites:
                layouts = _overwritten(walk, plan, layouts, directories["purelib"], overwrites)
            layouts = share(walk, layouts, kept, environment.python, overwrites)
            change, changed = draft(walk, plan, layouts, directories, kept)
        _carry_out(environment, change, layouts, progress)
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
    floors = sorted(set(layout.schemes(environment).values()) - {""})
    change = Journal(phase="changing", moved=tuple(found), created=(), claims=(), made=(), floors=tuple(floors))
    try:
        _carry_out(environment, change, ())
    except OSError as error:
        raise machine_error(error, error.filename or environment.root) from error


def _carry_out(
    environment: Environment, change: Journal, layouts: Sequence[Layout], progress: Progress = SILENT
) -> None:
    root = environment.root
    try:
        with DirectoryWalk(root, LABEL) as walk:
            journal.write(walk.make(RECORDS), change)
    except KeyboardInterrupt:
        journal.undo(root, change)
        raise
    try:
        _change(environment, change, layouts, progress)
    except BaseException:
        journal.undo(root, change)
        raise
    try:
        journal.finish(root, change)
    except KeyboardInterrupt:
        # Whoever interrupts the tidying up is heard once it is done; a second time, at once.
        journal.finish(root, change)
        raise


def _change(environment: Environment, change: Journal, layouts: Sequence[Layout], progress: Progress) -> None:
    root = environment.root
    with DirectoryWalk(root, LABEL) as walk, DirectoryWalk(root, LABEL) as records:
        _move_away(walk, records.make(f"{RECORDS}/{OLD}"), change.moved)
        new = records.make(f"{RECORDS}/{NEW}")
        _put_all(environment, layouts, progress)
        for number, one in enumerate(layouts):
            directory, _, name = one.claim.rpartition("/")
            new.rename(str(number), walk.make(directory), name)
        journal.write(records.make(RECORDS), _done(change))


def _put_all(environment: Environment, layouts: Sequence[Layout], progress: Progress) -> None:
    """Put the files of all wheels in their places, on every core when there are many."""
    numbered = list(enumerate(layouts))
    cores = os.cpu_count() or 1
    if cores == 1 or sum(len(files) for one in layouts for _, _, files in one.places) < _WORTH_THREADS:
        _put(environment, numbered, progress)
        return

    pool = Pool(cores)
    # Small portions, so that no core waits for the one that got the largest wheels.
    portions = [numbered[first::_PORTIONS] for first in range(_PORTIONS)]
    tasks = [pool.submit(partial(_put, environment, portion)) for portion in portions]
    try:
        for task, portion in zip(tasks, portions, strict=True):
            task.result()
            progress.advance(len(portion))
    finally:
        # Whoever undoes the change must be alone.
        for task in tasks:
            task.settle()


def _put(environment: Environment, numbered: Sequence[tuple[int, Layout]], progress: Progress = SILENT) -> None:
    with DirectoryWalk(environment.root, LABEL) as walk, DirectoryWalk(environment.root, LABEL) as records:
        new = records.make(f"{RECORDS}/{NEW}")
        for number, one in numbered:
            progress.advance(0, one.selected.name)
            with Folder.open(one.stored.path, "store") as source:
                lines = _put_files(walk, one, source, environment.python)
                _put_metadata(new, str(number), one, source, lines)
            progress.advance()


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


def _put_files(walk: DirectoryWalk, one: Layout, source: Folder, python: str) -> list[str]:
    """Link the files of a wheel outside its .dist-info, and return their RECORD rows."""
    lines: list[str] = []
    add = lines.append
    for path, scheme, files in one.places:
        target = walk.make(path)
        prefix = generated_files.prefix(one.site, path)
        is_there = partial(_is_there, one, path)
        if scheme == "scripts":
            for file in files:
                add(_put_script(target, file, source, python, prefix, is_there=is_there(file.name)))
            continue
        for file in files:
            if not (one.shared and is_there(file.name)):
                _link(target, file, source)
            add(record.line(prefix + file.name, file.digest, file.witness[1]))
    if one.stored.scripts:
        target = walk.make(one.scripts)
        prefix = generated_files.prefix(one.site, one.scripts)
        for script in one.stored.scripts:
            name = entrypoints.file_name(script.name)
            content = entrypoints.content(script, python)
            if not _is_there(one, one.scripts, name):
                target.create(name, content, generated_files.SCRIPT_MODE)
            add(generated_files.row(prefix + name, content))
    return lines


def _link(target: Folder, file: StoredFile, source: Folder) -> None:
    """Put a file of a wheel as it is in the store, or a copy where its mode is another there."""
    if file.is_linkable:
        target.link(file.name, source, file.item)
    else:
        target.copy(file.name, source, file.item, file.mode)


def _is_there(one: Layout, directory: str, name: str) -> bool:
    """Return whether a file of a wheel is put by another, or was there before."""
    return (f"{directory}/{name}" if directory else name) in one.shared


def _put_script(target: Folder, file: StoredFile, source: Folder, python: str, prefix: str, *, is_there: bool) -> str:
    """Put a script of a wheel in its place, naming the interpreter where it asks for it; return its RECORD row.

    One that `is_there` has its row alone.
    """
    with source.reader(file.item) as descriptor:
        is_asking = os.read(descriptor, len(generated_files.ASKING)) == generated_files.ASKING
    # A program of a hundred megabytes is no script, and is not read as one.
    rewritten = generated_files.script(source.read(file.item), python) if is_asking else None
    if rewritten is None:
        if not is_there:
            _link(target, file, source)
        return record.line(prefix + file.name, file.digest, file.size)
    if not is_there:
        target.create(file.name, rewritten, generated_files.SCRIPT_MODE)
    return generated_files.row(prefix + file.name, rewritten)


def _put_metadata(new: Folder, item: str, one: Layout, source: Folder, lines: list[str]) -> None:
    """Make the .dist-info of a wheel under the name `item`; `lines` are the RECORD rows of its other files."""
    name = one.stored.dist_info
    with DirectoryWalk(new.path, LABEL) as walk:
        walk.make(item)
        for directory, files in one.metadata:
            target = walk.make(f"{item}/{directory}" if directory else item)
            prefix = f"{name}/{directory}/" if directory else f"{name}/"
            for file in files:
                _link(target, file, source)
                lines.append(record.line(prefix + file.name, file.digest, file.size))
        target = walk.make(item)
        for own, content in generated_files.metadata(one.selected, winners=one.winners):
            target.create(own, content, generated_files.FILE_MODE)
            lines.append(generated_files.row(f"{name}/{own}", content))
        lines.append(record.line(f"{name}/RECORD", "", 0))
        target.create("RECORD", record.compose(lines))
