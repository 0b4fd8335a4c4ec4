"""Change an environment from what it holds to what is staged, wholly or not at all.

In: an InstallPlan whose wheels are in the store. Out: the changed environment. A failure gives the old environment
back; a kill leaves a journal from which `recover` does. Never: a download, a check of a wheel.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Literal

from lockenv.errors import InputError, RefusedError
from lockenv.files.atomic import machine_error
from lockenv.files.ops import Folder
from lockenv.sync import entrypoints, journal, layout, record, written
from lockenv.sync.journal import LABEL, NEW, OLD, RECORDS, Journal
from lockenv.sync.removal import owned, recorded
from lockenv.sync.walk import Walk, order

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence, Set

    from lockenv.environment.installed import Installed
    from lockenv.environment.venv import Environment
    from lockenv.sync.layout import Layout
    from lockenv.sync.plan import InstallPlan
    from lockenv.sync.stage import Staged
    from lockenv.sync.store import StoredFile

_IS_WINDOWS = os.name == "nt"
_WORTH_THREADS = 400
"""Files below which starting threads costs more than it saves."""
_PORTIONS = 8


def recover(root: str) -> bool:
    """Undo, or finish, an interrupted change of the environment at `root`; tell whether there was one.

    The caller holds the environment's lock. Raises InputError when the journal cannot be understood.
    """
    path = f"{root}/{RECORDS}"
    try:
        with Folder.open(path, LABEL) as records:
            found = journal.read(records)
            if found is None:
                records.unlink(journal.UNFINISHED)
                return False
        if found.phase == "done":
            journal.finish(root, found)
        else:
            journal.undo(root, found)
    except OSError as error:
        raise machine_error(error, error.filename or root) from error
    return True


def apply(plan: InstallPlan, staged: Staged, environment: Environment) -> tuple[str, ...]:
    """Make `environment` what `plan` says, all wheels to install being staged; give what the user should know.

    The caller holds the environment's lock and has recovered it. Raises RefusedError when two distributions want one
    path or a link is in the way, MachineError when the system refuses; then the environment is the old one.
    """
    directories = layout.schemes(environment)
    layouts = [layout.lay_out(selected, stored, directories) for selected, stored in staged.wheels]
    layout.check_apart(layouts)
    root = environment.root
    try:
        with Walk(root, LABEL) as walk:
            change, changed = _survey(walk, plan, layouts, directories)
        _carry_out(environment, change, layouts)
    except OSError as error:
        raise machine_error(error, error.filename or root) from error
    return tuple(f"{root}/{path} was kept: it is not what was installed" for path in changed)


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


def _carry_out(environment: Environment, change: Journal, layouts: Sequence[Layout]) -> None:
    with Walk(environment.root, LABEL) as walk:
        journal.write(walk.make(RECORDS), change)
    try:
        _change(environment, change, layouts)
    except BaseException:
        journal.undo(environment.root, change)
        raise
    journal.finish(environment.root, change)


# Before the change


def _survey(
    walk: Walk, plan: InstallPlan, layouts: Sequence[Layout], directories: dict[str, str]
) -> tuple[Journal, list[str]]:
    """Give the journal of the change, and the files of removed distributions that stay; nothing is written."""
    site = directories["purelib"]
    shared = _listed_by_kept(walk, site, plan) if any(one.sha256 is None for one in (*plan.remove, *plan.keep)) else {}
    moved: dict[str, None] = {}
    changed: list[str] = []
    for installed in plan.remove:
        own = owned(walk, site, installed, shared.keys())
        moved |= dict.fromkeys(own.paths)
        changed.extend(own.changed)
    created, made = _new_paths(walk, layouts, moved.keys())
    claims = [one.claim for one in layouts]
    moved, present = _out_of_the_way(walk, sorted((*created, *claims), key=order), moved)
    if present:
        _refuse_kept(walk, site, plan, layouts, present)
    # What nobody owned and would be overwritten is taken away as well, so that a failure gives it back.
    moved |= dict.fromkeys(present)
    change = Journal(
        phase="changing",
        moved=tuple(moved),
        created=tuple(created),
        claims=tuple(claims),
        made=tuple(made),
        floors=tuple(sorted(set(directories.values()) - {""})),
    )
    return change, [path for path in changed if path not in moved]


def _new_paths(walk: Walk, layouts: Sequence[Layout], moved: Set[str]) -> tuple[list[str], list[str]]:
    """Give the new files in directories that are there, and the topmost directories that are not.

    A directory is not there either where one of the files that are to be `moved` away is.
    """
    wanted: dict[str, list[str]] = {}
    for one in layouts:
        for directory, names in layout.by_directory(one):
            wanted.setdefault(directory, []).extend(names)
    created: list[str] = []
    made: list[str] = []
    for directory in sorted(wanted, key=order):
        if made and (directory + "/").startswith(made[-1] + "/"):
            continue
        if (replaced := _replaced(directory, moved)) is not None:
            made.append(replaced)
            continue
        if walk.at(directory) is not None:
            created.extend(f"{directory}/{name}" if directory else name for name in wanted[directory])
            continue
        missing = directory
        while (parent := missing.rpartition("/")[0]) and walk.at(parent) is None:
            missing = parent
        made.append(missing)
    return created, made


def _replaced(directory: str, moved: Set[str]) -> str | None:
    """Give the path at or above `directory` that is to be moved away; None when nothing of it is."""
    end = 0
    while end >= 0:
        end = directory.find("/", end + 1)
        if (path := directory[:end] if end >= 0 else directory) in moved:
            return path
    return None


def _out_of_the_way(walk: Walk, wanted: Iterable[str], moved: dict[str, None]) -> tuple[dict[str, None], list[str]]:
    """Give what is moved away so that the files `wanted` have their places, and what else stands at these.

    A directory all of whose files are moved is moved as a whole where a file takes its place.
    """
    present = []
    for path in wanted:
        if path in moved:
            continue
        match _standing(walk, path):
            case "file":
                present.append(path)
            case "directory" if path.endswith(".dist-info"):
                present.append(path)
            case "directory":
                _refuse_others(walk, path, moved.keys())
                moved = {one: None for one in moved if not one.startswith(path + "/")} | {path: None}
            case "nothing":
                pass
    return moved, present


def _standing(walk: Walk, path: str) -> Literal["nothing", "file", "directory"]:
    folder, name = walk.split(path)
    try:
        mode = folder.stat(name).st_mode if folder is not None else None
    except FileNotFoundError:
        mode = None
    if mode is None:
        return "nothing"
    return "directory" if stat.S_ISDIR(mode) else "file"


def _refuse_others(walk: Walk, directory: str, moved: Set[str]) -> None:
    """Raise RefusedError when something in `directory`, where a file is needed, is not to be moved away."""
    folder = walk.at(directory)
    names = folder.names() if folder is not None else []
    for path in [f"{directory}/{name}" for name in names]:
        if _standing(walk, path) == "directory":
            _refuse_others(walk, path, moved)
        elif path not in moved:
            raise RefusedError(
                "target-link",
                f"{walk.root.path}/{directory} is a directory where a file is needed, and {path} stays in it",
                hint="remove it, or create the environment anew",
            )


def _listed_by_kept(walk: Walk, site: str, plan: InstallPlan) -> dict[str, Installed]:
    """Give what the distributions that stay list in their RECORD, as far as they have one."""
    found: dict[str, Installed] = {}
    for installed in plan.keep:
        with suppress(InputError):
            found |= dict.fromkeys(recorded(walk, site, installed), installed)
    return found


def _refuse_kept(walk: Walk, site: str, plan: InstallPlan, layouts: Sequence[Layout], present: Collection[str]) -> None:
    """Raise RefusedError when a file that would be overwritten is one of a distribution that stays."""
    kept = _listed_by_kept(walk, site, plan)
    for path in present:
        if other := kept.get(path):
            new = next(one.selected for one in layouts if path in layout.owned(one))
            raise RefusedError(
                "path-owned-twice",
                f"{path}: {new.name} {new.version} and {other.name} {other.version} would both be this path",
                hint="lock only one of them, or another version of one of them",
            )


# The change


def _change(environment: Environment, change: Journal, layouts: Sequence[Layout]) -> None:
    root = environment.root
    with Walk(root, LABEL) as walk, Walk(root, LABEL) as records:
        _move_away(walk, records.make(f"{RECORDS}/{OLD}"), change.moved)
        new = records.make(f"{RECORDS}/{NEW}")
        _put_all(environment, layouts)
        for number, one in enumerate(layouts):
            directory, _, name = one.claim.rpartition("/")
            new.rename(str(number), walk.make(directory), name)
        journal.write(records.make(RECORDS), _done(change))


def _put_all(environment: Environment, layouts: Sequence[Layout]) -> None:
    """Put the files of all wheels in their places, on every core when there are many."""
    numbered = list(enumerate(layouts))
    cores = os.cpu_count() or 1
    if cores == 1 or sum(len(files) for one in layouts for _, _, files in one.places) < _WORTH_THREADS:
        _put(environment, numbered)
        return
    from lockenv.fetch.parallel import Pool

    pool = Pool(cores)
    # Small portions, so that no core waits for the one that got the largest wheels.
    tasks = [pool.submit(partial(_put, environment, numbered[first::_PORTIONS])) for first in range(_PORTIONS)]
    try:
        for task in tasks:
            task.result()
    finally:
        # Whoever undoes the change must be alone.
        for task in tasks:
            task.settle()


def _put(environment: Environment, numbered: Sequence[tuple[int, Layout]]) -> None:
    with Walk(environment.root, LABEL) as walk, Walk(environment.root, LABEL) as records:
        new = records.make(f"{RECORDS}/{NEW}")
        for number, one in numbered:
            with Folder.open(one.stored.path, "store") as source:
                lines = _put_files(walk, one, source, environment.python)
                _put_metadata(new, str(number), one, source, lines)


def _done(change: Journal) -> Journal:
    return Journal(phase="done", moved=change.moved, created=(), claims=(), made=(), floors=change.floors)


def _move_away(walk: Walk, old: Folder, moved: Sequence[str]) -> None:
    for number, path in _claims_first(moved):
        folder, name = walk.split(path)
        if folder is not None:
            folder.rename(name, old, str(number))


def _claims_first(moved: Sequence[str]) -> Iterable[tuple[int, str]]:
    # A distribution must not claim to be there when a file of it is gone.
    return sorted(enumerate(moved), key=lambda item: (not item[1].endswith(".dist-info"), item[0]))


def _put_files(walk: Walk, one: Layout, source: Folder, python: str) -> list[str]:
    """Link the files of a wheel outside its .dist-info, and give their RECORD rows."""
    lines: list[str] = []
    add = lines.append
    for path, scheme, files in one.places:
        target = walk.make(path)
        prefix = written.prefix(one.site, path)
        link = target.link
        if scheme == "scripts":
            for file in files:
                add(_put_script(target, file, source, python, prefix))
            continue
        for file in files:
            link(file.name, source, file.item)
            add(record.line(prefix + file.name, file.digest, file.witness[1]))
    if one.stored.scripts:
        target = walk.make(one.scripts)
        prefix = written.prefix(one.site, one.scripts)
        for script in one.stored.scripts:
            name = entrypoints.file_name(script.name, is_windows=_IS_WINDOWS)
            content = entrypoints.content(script, python, is_windows=_IS_WINDOWS)
            target.create(name, content, written.SCRIPT_MODE)
            add(written.row(prefix + name, content))
    return lines


def _put_script(target: Folder, file: StoredFile, source: Folder, python: str, prefix: str) -> str:
    """Put a script of a wheel in its place, naming the interpreter where it asks for it; give its RECORD row."""
    content = source.read(file.item)
    rewritten = written.script(content, python)
    if rewritten is None:
        target.link(file.name, source, file.item)
        return record.line(prefix + file.name, file.digest, file.size)
    target.create(file.name, rewritten, written.SCRIPT_MODE)
    return written.row(prefix + file.name, rewritten)


def _put_metadata(new: Folder, item: str, one: Layout, source: Folder, lines: list[str]) -> None:
    """Make the .dist-info of a wheel under the name `item`; `lines` are the RECORD rows of its other files."""
    name = one.stored.dist_info
    with Walk(new.path, LABEL) as walk:
        walk.make(item)
        for directory, files in one.metadata:
            target = walk.make(f"{item}/{directory}" if directory else item)
            prefix = f"{name}/{directory}/" if directory else f"{name}/"
            for file in files:
                target.link(file.name, source, file.item)
                lines.append(record.line(prefix + file.name, file.digest, file.size))
        target = walk.make(item)
        for own, content in written.metadata(one.selected):
            target.create(own, content, written.FILE_MODE)
            lines.append(written.row(f"{name}/{own}", content))
        lines.append(record.line(f"{name}/RECORD", "", 0))
        target.create("RECORD", record.compose(lines))
