"""Rebuild an environment that cannot be repaired: one is a product of its lock.

In: where the environment is. Out: whether it can be used as it is, or why not; and a new one in its place. What is in
it that lockenv did not put there is named before it goes, and stays with `--inexact`.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lockenv.environment import doubt, ownership
from lockenv.environment.venv import BROKEN, LOCK, RECORDS, open_environment, other_view
from lockenv.errors import RefusedError, UsageError
from lockenv.files.atomic import machine_error
from lockenv.files.locks import hold
from lockenv.files.ops import Folder
from lockenv.files.reading import read_bounded
from lockenv.lockfile.paths import relative
from lockenv.operations.python_choice import OtherPythonError
from lockenv.sync import journal, rebuild, state
from lockenv.sync.walk import LABEL
from lockenv.vocabulary import system
from lockenv.vocabulary.late import late
from lockenv.vocabulary.printable import printable

if TYPE_CHECKING:
    import filecmp
    import shlex
    from collections.abc import Callable, Iterator, Sequence

    from lockenv.environment.installed import Installed
    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.venv import Environment
    from lockenv.vocabulary.progress import Listener
    from lockenv.vocabulary.selected import Selected
else:
    filecmp = late("filecmp")
    shlex = late("shlex")

_LONGEST = 65536
_PYTHON = re.compile(r"(?:python|pypy)[0-9.]*t?")


def usable(
    root: str, interpreter_of: Callable[[Environment | None], Interpreter], *, shows_base: bool = False
) -> tuple[Environment | None, Interpreter, str]:
    """Return the environment at `root`, None where one has to be made; its interpreter; and why it has to be rebuilt.

    The reason is empty for one that is used as it is, or is not there. `shows_base` says whether it is to show what
    its base interpreter has installed. Raises what `open_environment` and
    `interpreter_of` raise of what is no environment, or may not be used.
    """
    try:
        environment = open_environment(root)
        own = interpreter_of(environment)
        if environment is None:
            return None, own, ""
        if os.path.lexists(f"{environment.records}/{journal.FILE}"):
            with Folder.open(environment.records, LABEL) as records:
                journal.read(records)
    except (*BROKEN, journal.JournalError) as error:
        if not rebuild.is_environment(root):
            error.hint = f"remove {relative(root)}, or use --venv to choose another directory"
            raise
        return None, interpreter_of(None), error.message
    except OtherPythonError as error:
        if not rebuild.is_environment(root):
            raise UsageError(
                f"{relative(root)} cannot be rebuilt, as it is a link or not a virtual environment of its own; "
                f"{error.message}",
                hint="remove it, or choose another with --venv",
            ) from error
        return None, interpreter_of(None), error.message
    except OSError as error:
        raise machine_error(error, error.filename or root, "read") from error
    place = _made_for(environment)
    strange = _strange_program(environment, own) or other_view(environment, shows_base=shows_base)
    if (place or strange) and rebuild.is_environment(root):
        return None, own, f"it was created at {place}, which its scripts refer to" if place else strange
    return environment, own, ""


def distributions(root: str, broken: str) -> tuple[Installed, ...]:
    """Return what is installed in the environment at `root`; nothing unless it has to be rebuilt, as `broken` says."""
    return rebuild.distributions(root) if broken else ()


def distrust(environment: Environment) -> None:
    """Remove what `environment` says of its last sync, so that all of it is looked at. Raises MachineError."""
    try:
        with Folder.open(environment.records, LABEL, create=True) as records:
            records.clear(state.FILE)
            records.clear(doubt.FILE)
            records.clear(ownership.TOKEN)
    except OSError as error:
        raise machine_error(error, error.filename or environment.records) from error


def _strange_program(environment: Environment, own: Interpreter) -> str:
    """Return which interpreter in `environment` is not its own, for a message; empty for none."""
    if system.is_windows:
        return ""  # where they are launchers
    try:
        names = os.listdir(environment.scripts)
    except OSError as error:
        raise machine_error(error, environment.scripts, "read") from error
    for name in sorted(filter(_PYTHON.fullmatch, names)):
        path = os.path.join(environment.scripts, name)
        if not any(_is_same(path, base) for base in dict.fromkeys((own.executable, environment.base))):
            return f"its {os.path.relpath(path, environment.root)} is not {own.executable}"
    return ""


def _is_same(path: str, executable: str) -> bool:
    """Return whether `path` is a link to `executable`, or a copy of it."""
    try:
        return os.path.samefile(path, executable) or filecmp.cmp(path, executable, shallow=False)
    except OSError:
        return False


def recover(root: str, listener: Listener) -> None:
    """Undo or finish what a killed rebuild left at `root`. Raises MachineError."""
    with hold(f"{root}/{RECORDS}/{LOCK}", waiting=listener.say):
        try:
            rebuild.recover(root)
        except OSError as error:
            raise machine_error(error, error.filename or root) from error


@contextmanager
def rebuilding(
    root: str,
    reason: str,
    chosen: Sequence[Selected],
    listener: Listener,
    *,
    inexact: bool,
    dry_run: bool = False,
    done: Callable[[Environment | None], None] = lambda _: None,
) -> Iterator[None]:
    """Let the body make a new environment at `root`, whose lock is held; when it fails, the old one is put back.

    `done` is called when it is whole and what is kept is back in it. Raises MachineError where the system refuses.
    """
    names = {one.name for one in chosen}
    lock = f"{root}/{RECORDS}/{LOCK}"
    if not dry_run:
        _refuse_own(root)
    try:
        found = rebuild.distributions(root)
        replaced = [one for one in found if one.name in names] if inexact else found
        strange = rebuild.strangers(root, replaced)
        listener.say(f"{relative(root)} {'would be' if dry_run else 'is'} rebuilt: {reason}")
        if not inexact:
            for one in found:
                if one.name not in names:
                    listener.change("-", f"{one.name} {one.version}")
            for path in strange:
                listener.change("-", printable(path))
        if dry_run:
            yield
            return
        with hold(lock, waiting=listener.say):
            try:
                rebuild.set_aside(root, strange if inexact else ())
                yield
            except BaseException:
                rebuild.put_back(root)
                raise
            rebuild.remove(root)
            if strange and inexact:
                done(open_environment(root))
    except OSError as error:
        raise machine_error(error, error.filename or root) from error


def _refuse_own(root: str) -> None:
    """Raise UsageError where lockenv itself runs in the environment: it would lose what it still has to load."""
    if os.path.realpath(sys.prefix) == os.path.realpath(root):
        raise UsageError(
            f"lockenv itself is installed in {relative(root)}, which it cannot rebuild from within",
            hint="install lockenv in an environment of its own, and run it from there",
        )


def _made_for(environment: Environment) -> str:
    """Return the other directory that the environment's scripts were written for; empty where it is this one."""
    for place in (*_activated(environment), *filter(None, [state.place(environment)])):
        try:
            if os.path.samefile(place, environment.root):
                return ""
        except OSError:
            pass
        return place
    return ""


def _activated(environment: Environment) -> list[str]:
    """Return the directory that the script `activate` activates; none where it does not say one."""
    try:
        content = read_bounded(os.path.join(environment.scripts, "activate"), _LONGEST)
    except (OSError, RefusedError):
        return []
    text = content.decode("utf-8", "surrogateescape")
    for line in text.split("\n"):
        word = line.strip().removeprefix("export ")
        if word.startswith("VIRTUAL_ENV="):
            try:
                value = "".join(shlex.split(word.removeprefix("VIRTUAL_ENV=")))
            except ValueError:
                continue
            if os.path.isabs(value):
                return [value]
    return []
