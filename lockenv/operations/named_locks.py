"""The locks that a project declares beside its own, which they are, and whether one of them is meant.

In: a Project, and what the user names. Out: the Project with that lock. Never: a change.
"""

from __future__ import annotations

import os

from lockenv.context.project_files import read_text
from lockenv.errors import UsageError
from lockenv.files.reading import read_file
from lockenv.lockfile.paths import LOCK, relative
from lockenv.operations.found_project import layers as settings_of
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.context.settings import Settings
    from lockenv.lockfile import inputs as lockfile_inputs
    from lockenv.lockfile.lock import Lock
    from lockenv.operations.found_project import Project
    from lockenv.project import document, layers, messages, named_locks
    from lockenv.project.layers import Layers
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.origin import Origin
else:
    lockfile_inputs = late("lockenv.lockfile.inputs")
    document = late("lockenv.project.document")
    layers = late("lockenv.project.layers")
    messages = late("lockenv.project.messages")
    named_locks = late("lockenv.project.named_locks")


def file_name(name: str) -> str:
    """Return the file of the lock `name` (PEP 751, "File Name")."""
    return f"pylock.{name}.toml"


def with_lock(found: Project, settings: Settings, *, lockfile: str, is_named: bool) -> Project:
    """Return `found` with the lock that is meant: the one that `settings` name, or whose path `lockfile` is.

    With `is_named` the user named the requirements files. Raises UsageError for a name that the project does not
    declare, and for a lock of something else; InputError for settings that cannot be understood.
    """
    name = settings.named_lock
    if name:
        if lockfile or is_named:
            other = "--lockfile" if lockfile else "--requirements"
            raise UsageError(f"--lock and {other} cannot be used together", hint=f"--lock {name} implies both")
        declared = declared_in(found)
        if declared is None or name not in named_locks.names(declared):
            raise _unknown(name, declared, found)
        return _of(found, name)
    if not lockfile:
        return found
    directory, file = os.path.split(found.lock)
    middle = file.removeprefix("pylock.").removesuffix(".toml")
    if file == LOCK or os.path.realpath(directory) != os.path.realpath(found.directory):
        return found
    declared = declared_in(found)
    if declared is None or middle not in named_locks.names(declared):
        return found
    if is_named:
        raise UsageError(
            f"{relative(found.lock)} is the lockfile of {_table(declared, middle)}",
            hint=f"use --lock {middle}, or another --lockfile",
        )
    return _of(found, middle)


def refuse_project(found: Project, own: str, *, is_declared: bool) -> None:
    """Raise UsageError where the lock of `found`, of files that the user named, is that of the project in its place.

    `own` is the `requirements.in` there, empty for none; with `is_declared`, `pyproject.toml` declares a project.
    """
    whose = "pyproject.toml" if is_declared else relative(own)
    if not is_declared and (not own or any(os.path.realpath(each) == own for each in found.requirements)):
        return
    raise UsageError(
        f"{found.lock_name} is the lockfile of {whose}, not of {', '.join(found.requirements)}",
        hint=_lock_of_its_own(found),
    )


def refuse_other(found: Project, old: Lock, manifest: Manifest) -> None:
    """Raise UsageError where `old` is the lock of other requirements than those of the files that the user named.

    It is where none of the projects that it was made for is among those of `manifest`.
    """
    if old.own is None:
        return
    before = {one.requirement.name for one in lockfile_inputs.recorded_manifest(old.own, old.file).dependencies}
    now = {one.requirement.name for one in manifest.dependencies}
    if before and now and before.isdisjoint(now):
        raise UsageError(
            f"{found.lock_name} locks {', '.join(sorted(before)[:3])}{', …' if len(before) > 3 else ''}, "
            f"which {', '.join(found.requirements)} does not require",
            hint=f"{_lock_of_its_own(found)}; `--lockfile {LOCK}` replaces it",
        )


def _lock_of_its_own(found: Project) -> str:
    """Return how to lock the requirements files of `found` apart from the project: by the name they have, or a file."""
    declared = declared_in(found)
    wanted = {os.path.realpath(each) for each in found.requirements}
    for name in named_locks.names(declared) if declared is not None else ():
        one = _of(replace(found, requirements=()), name)
        if wanted and wanted <= {os.path.realpath(each) for each in (*one.listed, *one.requirements)}:
            return f"use `--lock {name}`, the named lock that they belong to"
    files = " ".join(f"-r {each}" for each in found.requirements)
    return f"use `{files} --lockfile {file_of(found.requirements)}`, or declare a named lock: [tool.lockenv.lock.NAME]"


def file_of(requirements: Sequence[str]) -> str:
    """Return the lock to propose for requirements files, whose first one it is called after."""
    stem = os.path.splitext(os.path.basename(requirements[0]))[0].replace(".", "-") or "other"
    return file_name(f"{stem}-lock" if stem == "build" or stem.endswith("-build") else stem)


def where(found: Project) -> str:
    """Return the named locks of a project that declares nothing else, for a hint; empty where it has its own lock."""
    declared = None if found.named or declares_itself(found) else declared_in(found)
    known = named_locks.names(declared) if declared is not None else ()
    return f"use --lock NAME: the project declares the locks {', '.join(known)}" if known else ""


def place(found: Project, key: str) -> Origin | None:
    """Return where the named lock of `found` writes, or wrote, the input `key`; None where the project does."""
    chosen = settings_of(found)
    setting = "index" if key == "indexes" else key.partition(".")[0]
    if chosen.is_of_lock(setting):
        return chosen.origin((setting,), at_key=True)
    is_listed = key == "dependencies" and not named_locks.named_lock(chosen, found.named).is_whole
    return chosen.origin((layers.LOCKS, found.named), at_key=True) if is_listed else None


def declares_itself(found: Project) -> bool:
    """Return whether the project declares more than settings, so that it has a lock of its own."""
    if not found.pyproject:
        return bool(found.requirements)
    root = document.Document(read_text(found.pyproject), relative(found.pyproject)).root
    tool = root.get("tool")
    tables = [tool.get(each) for each in ("lockenv", "uv", "rye")] if isinstance(tool, dict) else []
    is_root = any(isinstance(table, dict) and "workspace" in table for table in tables)
    return is_root or not {"project", "dependency-groups"}.isdisjoint(root)


def declared_in(found: Project) -> Layers | None:
    """Return the settings of `found` where they declare named locks, else None, mostly without parsing them."""
    paths = [path for path in (found.own_settings, found.pyproject or found.beside) if path]
    if not any(_may_declare(path) for path in paths):
        return None
    chosen = settings_of(found)
    return chosen if chosen.has((layers.LOCKS,)) else None


def _may_declare(path: str) -> bool:
    try:
        content = read_file(path)
    except OSError:
        return True  # whoever reads it whole reports what is wrong
    return layers.may_have_locks(content)


def _of(found: Project, name: str) -> Project:
    """Return `found` with its lock `name`."""
    found = replace(found, named=name, lock=os.path.join(found.directory, file_name(name)))
    if found.pyproject and not declares_itself(found):
        found = replace(found, pyproject="", beside=found.pyproject)
    lock = named_locks.named_lock(settings_of(found), name)
    listed = tuple(relative(os.path.join(found.directory, *each.split("/"))) for each in lock.requirements)
    if found.pyproject:
        return replace(found, listed=listed)
    return replace(found, requirements=(*(found.requirements if lock.has_project else ()), *listed))


def _unknown(name: str, declared: Layers | None, found: Project) -> UsageError:
    known = named_locks.names(declared) if declared is not None else ()
    place = relative(found.pyproject or found.beside or found.own_settings or found.directory)
    return UsageError(
        f"{place} declares no lock `{name}`{messages.suggestion(name, known)}",
        hint=f"its named locks are {', '.join(known)}" if known else f"declare it in [tool.lockenv.lock.{name}]",
    )


def _table(declared: Layers, name: str) -> str:
    return f"[{declared.label((layers.LOCKS, name))}]"
