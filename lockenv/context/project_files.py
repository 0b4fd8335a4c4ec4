"""Read the files of a project: what declares it, and its locks. In: paths. Out: text, a Lock. Never: writing."""

from __future__ import annotations

from lockenv.errors import InputError
from lockenv.files.reading import read_file, refuse_link_out
from lockenv.lockfile.paths import relative
from lockenv.vocabulary.late import late
from lockenv.vocabulary.utf8 import utf8_text

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.files import atomic
    from lockenv.lockfile import conflict
    from lockenv.lockfile import text as lockfile_text
    from lockenv.lockfile.conflict import ConflictSides
    from lockenv.lockfile.lock import Lock
    from lockenv.project import charset
    from lockenv.vocabulary import origin
else:
    conflict = late("lockenv.lockfile.conflict")
    lockfile_text = late("lockenv.lockfile.text")
    charset = late("lockenv.project.charset")
    atomic = late("lockenv.files.atomic")
    origin = late("lockenv.vocabulary.origin")


def lock_at(path: str) -> Lock | None:
    """Return the lock at `path`; None when nothing is there. Raises InputError when it cannot be understood."""
    text = lock_text(path)
    return None if text is None else lockfile_text.read(text, relative(path))


def lock_text(path: str) -> str | None:
    """Return the text of the lock at `path`, whatever it says; None when nothing is there."""
    name = relative(path)
    try:
        content = read_file(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise atomic.machine_error(error, name, "read") from error
    return lockfile_text.decode(content, name)


def read_declared(path: str) -> str:
    """Return the text of a file that declares requirements: TOML is UTF-8, all else is read as pip reads it.

    Raises InputError and MachineError.
    """
    if path.endswith(".toml"):
        return read_text(path)
    refuse_link_out(path)
    try:
        return charset.text_of(_content(path))
    except ValueError as error:
        raise InputError(
            f"the file {error}", hint="save it as UTF-8", origin=origin.Origin(file=relative(path), line=1)
        ) from error


def read_text(path: str) -> str:
    """Return the UTF-8 text of `path`, without a byte-order mark. Raises InputError and MachineError."""
    content = _content(path)
    try:
        return utf8_text(content)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            "the file is not UTF-8 text", hint="save it as UTF-8", origin=origin.Origin(file=relative(path), line=line)
        ) from error


def _content(path: str) -> bytes:
    try:
        return read_file(path)
    except FileNotFoundError as error:
        raise InputError(f"{relative(path)} does not exist", hint="check the file name") from error
    except OSError as error:
        raise atomic.machine_error(error, relative(path), "read") from error


def parted(path: str) -> ConflictSides | None:
    """Return both sides of the lock at `path`; None when it is not there, is no text, or has no conflict markers.

    Raises InputError where it has, and a side is no lock.
    """
    try:
        text = lock_text(path)
    except InputError:
        return None
    return conflict.sides(text, relative(path)) if text is not None and conflict.has_markers(text) else None
