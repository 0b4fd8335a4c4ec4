"""Create virtual environments (PEP 405), in milliseconds and without starting Python.

A directory and an Interpreter go in; an Environment that `python -m venv --without-pip` could have made comes out.
Written below that directory alone, under the environment's lock. Until pyvenv.cfg, the last file, is in its place, the
directory is known as an unfinished creation, which the next one begins again.
"""

from __future__ import annotations

import errno
import os

from lockenv.environment.configuration import FILE
from lockenv.environment.venv import (
    CREATING,
    LOCK,
    RECORD,
    RECORDS,
    Environment,
    default_prompt,
    open_environment,
)
from lockenv.errors import BugError, InputError, MachineError, UsageError
from lockenv.files import faults
from lockenv.files.locks import hold
from lockenv.files.ops import Folder
from lockenv.files.reparse import is_link
from lockenv.vocabulary import system
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.hashing import sha256
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_contextlib import nullcontext, suppress

TYPE_CHECKING = False

if TYPE_CHECKING:
    import shutil
    from collections.abc import Callable

    from lockenv.environment import activation, doubt, launchers
    from lockenv.environment.interpreter import Interpreter
    from lockenv.files import atomic
    from lockenv.vocabulary import plain_json
else:
    shutil = late("shutil")
    activation = late("lockenv.environment.activation")
    doubt = late("lockenv.environment.doubt")
    launchers = late("lockenv.environment.launchers")
    atomic = late("lockenv.files.atomic")
    plain_json = late("lockenv.vocabulary.plain_json")

_NO_LINKS = frozenset({errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP})
"""What systems say of a link that the file system cannot hold; in this directory a file has been created before."""
SHOWS_BASE = "system-site-packages"
"""The key of the record that is there where an environment shows what its base interpreter has."""
_DIRECTORY_MODE = 0o755
_FILE_MODE = 0o644


class FoundEnvironmentError(InputError):
    """An environment is where one was to be created: perhaps another process has just created it."""


def include_directory() -> str:
    """Return the name of the directory of an environment in which headers are."""
    return "Include" if system.is_windows else "include"


def create(
    path: str, interpreter: Interpreter, *, prompt: str = "", is_held: bool = False, shows_base: bool = False
) -> Environment:
    """Return the new environment at `path`, which is missing, empty, or left by a creation that was killed.

    Without a `prompt`, shells show the name of the directory, or for `.venv` of the one above. When another process
    is creating it, its environment is waited for and returned; with `is_held` the caller holds its lock. One that
    `shows_base` can import what is installed in its base interpreter.

    Raises InputError when something is there, UsageError for
    a path no environment can have, MachineError when the system refuses; then everything created is removed.
    """
    root = os.path.abspath(path)
    refuse_unusable(root, interpreter, prompt)
    if open_environment(root) is not None:
        raise FoundEnvironmentError(
            f"{root} is already a virtual environment; nothing was changed", hint="remove it first"
        )
    was_there = os.path.isdir(root)
    try:
        make_directories(os.path.join(root, RECORDS))
        lock = os.path.join(root, RECORDS, LOCK)
        with suppress(FileExistsError):
            write_file(lock, b"")
        with nullcontext() if is_held else hold(lock):
            if open_environment(root) is None:
                written = what_is_written(root, interpreter, prompt or default_prompt(root), shows_base=shows_base)
                _create(root, interpreter, written, was_there=was_there)
    except OSError as error:
        if not was_there:
            remove_vacant(root)
        raise failure(error, root) from error
    return opened(root)


def opened(root: str) -> Environment:
    """Return the environment that was created at `root`."""
    created = open_environment(root)
    if created is None:
        raise BugError(f"the environment {root} was created but cannot be found")
    return created


def failure(error: OSError, root: str) -> MachineError:
    """Return the error that says why there is no environment at `root`."""
    # A link is the second of its names; what is opened within a directory has no place in its own.
    names = (error.filename2, error.filename)
    where = next((name for name in names if isinstance(name, str) and os.path.isabs(name)), root)
    is_denied = error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
    known = "" if is_denied else atomic.machine_error(error, root).hint
    return MachineError(
        f"cannot create the environment {root}: {where}: {error.strerror or error}",
        hint=known or "make the directory writable, or use --venv to choose another",
    )


def _create(root: str, interpreter: Interpreter, written: WrittenFiles, *, was_there: bool) -> None:
    try:
        _write(root, interpreter, written)
    except BaseException:
        undo(root, was_there=was_there)
        raise


def refuse_unusable(root: str, interpreter: Interpreter, prompt: str) -> None:
    """Refuse what PATH, pyvenv.cfg or a shell cannot hold, and an interpreter without what Windows needs."""
    if os.pathsep in root:
        raise UsageError(
            f"cannot create an environment at {root}: its path contains {os.pathsep!r}, which "
            "separates entries of PATH",
            hint="use --venv to choose another directory",
        )
    if system.is_windows:
        launchers.launchers(interpreter)
    for name, value, hint in (
        ("environment", root, "use --venv to choose another directory"),
        ("interpreter", interpreter.executable, "use --python to choose another"),
        ("prompt", prompt, "rename the directory of the project"),
    ):
        if any(ord(character) < 32 for character in value):
            raise UsageError(f"the {name} {value!r} contains a control character", hint=hint)
        # What replaces bytes that are no text (PEP 383) can be written into no pyvenv.cfg.
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise UsageError(f"the {name} {value!a} is not UTF-8 text, as pyvenv.cfg is", hint=hint)


def _write(root: str, interpreter: Interpreter, written: WrittenFiles) -> None:
    """Write everything, pyvenv.cfg first under another name and last under its own."""
    claim(root, written, lambda records: doubt.dispel(records, doubt.Inspection.SIZES))
    _clear(root)
    make_places(root, interpreter)
    fill(root, written)
    finish(root)


def claim(root: str, written: WrittenFiles, note: Callable[[Folder], None]) -> None:
    """Have it on the disk that `root` is an unfinished creation, and what `note` writes."""
    path = os.path.join(root, RECORDS, CREATING)
    _unlink(path)
    with Folder.open(os.path.join(root, RECORDS), "venv") as records:
        # Before the first flush: where the disk has a journal, that takes all of it with it.
        note(records)
        write_file(path, written.files[FILE], durable=True)
        records.flush()
    atomic.flush_directory(root)


def make_places(root: str, interpreter: Interpreter) -> None:
    """Make the directories that distributions are installed into."""
    scripts = os.path.join(root, interpreter.scripts)
    for directory in (os.path.join(root, interpreter.purelib), scripts, os.path.join(root, include_directory())):
        make_directories(directory)


def fill(root: str, written: WrittenFiles) -> None:
    """Write everything but pyvenv.cfg."""
    for name, target in written.links.items():
        _link(target, os.path.join(root, name))
    for name, source in written.copies.items():
        shutil.copyfile(source, os.path.join(root, name))
    for name, content in written.files.items():
        if name != FILE:
            write_file(os.path.join(root, name), content)
    write_file(os.path.join(root, RECORDS, RECORD), written.record)


def finish(root: str) -> None:
    """Put pyvenv.cfg in its place."""
    # From here on this is an environment.
    faults.reach("venv.rename")
    os.rename(os.path.join(root, RECORDS, CREATING), os.path.join(root, FILE))


class WrittenFiles(NamedTuple):
    """What creation writes; paths are relative to the environment."""

    links: dict[str, str]
    """Each with what it points to."""
    files: dict[str, bytes]
    """All but the record; the modes are 0644."""
    record: bytes
    copies: dict[str, str]
    """On Windows: programs, each with the file of the interpreter that it is a copy of. They are not in the record."""


def what_is_written(root: str, interpreter: Interpreter, prompt: str, *, shows_base: bool) -> WrittenFiles:
    """Return what creating the environment `root` writes: the same at any time. Raises MachineError.

    That is where the interpreter has no launchers, which Windows needs.
    """
    copies = launchers.launchers(interpreter) if system.is_windows else {}
    links = {} if system.is_windows else _links(interpreter)
    scripts = activation.scripts(root, os.path.join(root, interpreter.scripts), prompt)
    texts = {os.path.join(interpreter.scripts, name): text for name, text in scripts.items()}
    texts |= {".gitignore": "*\n", FILE: _configuration(interpreter, prompt, shows_base=shows_base)}
    files = {name: text.encode(errors="surrogateescape") for name, text in texts.items()}
    record = _record(interpreter, prompt, links, files, shows_base=shows_base)
    return WrittenFiles(links, files, record, copies)


def _links(interpreter: Interpreter) -> dict[str, str]:
    """Return the links of the environment, each path relative to it with what it points to."""
    minor = ".".join(interpreter.version.split(".")[:2])
    names = [f"python{minor}", "python3"]
    if interpreter.is_free_threaded:
        names.append(f"python{minor}t")
    if interpreter.implementation == "pypy":
        names += [f"pypy{minor}", "pypy3", "pypy"]
    links = {os.path.join(interpreter.scripts, "python"): interpreter.executable}
    links |= {os.path.join(interpreter.scripts, name): "python" for name in names}
    # As the standard library does: "create lib64 as a symlink to lib on 64-bit non-OS X POSIX".
    if interpreter.is_64bit and not system.is_macos:
        links["lib64"] = "lib"
    return links


def _configuration(interpreter: Interpreter, prompt: str, *, shows_base: bool) -> str:
    keys = {
        "home": os.path.dirname(interpreter.executable),
        "include-system-site-packages": "true" if shows_base else "false",
        "version": interpreter.version,
        "implementation": interpreter.target.environment["platform_python_implementation"],
        "prompt": prompt,
        "executable": interpreter.executable,
    }
    return "".join(f"{key} = {value}\n" for key, value in keys.items())


def _record(
    interpreter: Interpreter, prompt: str, links: dict[str, str], contents: dict[str, bytes], *, shows_base: bool
) -> bytes:
    record = {
        "interpreter": {
            "executable": interpreter.executable,
            "implementation": interpreter.implementation,
            "version": interpreter.version,
        },
        "prompt": prompt,
        **({SHOWS_BASE: True} if shows_base else {}),
        "links": {name.replace(os.sep, "/"): links[name] for name in sorted(links)},
        "files": {name.replace(os.sep, "/"): sha256(contents[name]).hexdigest() for name in sorted(contents)},
    }
    return (plain_json.dumped(record, indent=1) + "\n").encode()


def make_directories(path: str) -> None:
    """Make `path` and what is missing above it, with modes that no umask changes."""
    if not os.path.isdir(path):
        make_directories(os.path.dirname(path))
        faults.reach("venv.mkdir")
        # Another process that creates the same environment may have been faster.
        with suppress(FileExistsError):
            os.mkdir(path)
            os.chmod(path, _DIRECTORY_MODE)


def write_file(path: str, content: bytes, *, durable: bool = False) -> None:
    """Create a file, mode 0644."""
    faults.reach("venv.create")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    with open(os.open(path, flags, _FILE_MODE), "wb", buffering=0) as file:
        if content:
            faults.write("venv.write", file.fileno(), content)
            file.write(content)
        if durable:
            faults.reach("venv.fsync")
            os.fsync(file.fileno())
    os.chmod(path, _FILE_MODE)


def _link(target: str, path: str) -> None:
    """Make `path` a link to `target`. Raises MachineError where the file system has no links."""
    try:
        faults.reach("venv.symlink")
        os.symlink(target, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        raise MachineError(
            f"cannot create the environment: {os.path.dirname(path)} is on a file system without symbolic links "
            f"({error.strerror or error})",
            hint="use --venv to choose a directory on another file system, or set `environments-dir` in your own file",
        ) from error


def _unlink(path: str) -> None:
    faults.reach("venv.unlink")
    with suppress(FileNotFoundError):
        os.unlink(path)


def _clear(root: str) -> None:
    """Remove what a killed creation left, except the lock."""
    for name in os.listdir(root):
        path = os.path.join(root, name)
        if name == RECORDS:
            _unlink(os.path.join(path, RECORD))
        elif os.path.isdir(path) and not is_link(path):
            shutil.rmtree(path)
        else:
            _unlink(path)


def discard(environment: Environment) -> bool:
    """Remove an environment that this process created, as far as the system lets us; return whether it is gone.

    It is kept when something is installed in it: then another process has been faster with what failed here.
    """
    with suppress(OSError, MachineError), hold(os.path.join(environment.records, LOCK)):
        if not os.listdir(environment.purelib):
            # Without its pyvenv.cfg, what a kill leaves is known as an unfinished creation.
            os.rename(os.path.join(environment.root, FILE), os.path.join(environment.records, CREATING))
            shutil.rmtree(environment.root)
            return True
    return False


def undo(root: str, *, was_there: bool) -> None:
    """Remove what was created, as far as the system lets us; what stays is known as an unfinished creation."""
    with suppress(OSError):
        if was_there:
            _clear(root)
            for name in (CREATING, doubt.FILE):
                _unlink(os.path.join(root, RECORDS, name))
        else:
            shutil.rmtree(root)


def remove_vacant(root: str) -> None:
    """Remove `root` when it holds nothing but an empty directory of records."""
    for directory in (os.path.join(root, RECORDS), root):
        with suppress(OSError):
            os.rmdir(directory)
