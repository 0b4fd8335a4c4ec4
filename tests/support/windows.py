"""Have calls to the system behave as on Windows, for a process that ends afterwards or a `with` block.

A link to a directory here is a junction there; each file has mode 0666; a file that is open in this process can be
neither replaced nor removed; a name is found whatever its letter case; `st_nlink` of a listed file is 0; nothing is
resolved against an open directory. What Windows alone has (`msvcrt`, `winreg`, its kernel) is there, as far as lockenv
uses it. Paths keep their slashes: what a drive letter or a backslash does is a matter of `ntpath`, and of unit tests.
"""

from __future__ import annotations

import builtins
import ctypes
import fcntl
import os
import platform
import shutil
import stat
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from lockenv.vocabulary.dataclasses import replace
from tests.support.systems import assumed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lockenv.environment.interpreter import Interpreter

MOUNT_POINT = 0xA000_0003
"""IO_REPARSE_TAG_MOUNT_POINT, of a junction."""
SHARING_VIOLATION, ACCESS_DENIED, ALREADY_EXISTS, PRIVILEGE_NOT_HELD = 32, 5, 183, 1314
_BUSY = {fcntl.LOCK_SH: 0, fcntl.LOCK_EX: 2}


def windows_error(code: int, number: int, path: str) -> OSError:
    """Return the error that Python raises on Windows for the error `code` of its API."""
    error = OSError(number, os.strerror(number), path)
    error.winerror = code  # type: ignore[attr-defined]
    return error


class _Stat:
    """What Windows knows of a file: no owner, no mode, and a tag where it is a junction."""

    def __init__(self, found: os.stat_result, *, tag: int = 0, is_listed: bool = False) -> None:
        self._values = list(found)
        kind = stat.S_IFDIR if tag else stat.S_IFMT(found.st_mode)
        self._values[stat.ST_MODE] = kind | (0o777 if kind == stat.S_IFDIR else 0o666)
        self._more = {"st_mtime_ns": found.st_mtime_ns, "st_ctime_ns": found.st_ctime_ns, "st_reparse_tag": tag}
        self._nlink = 0 if is_listed else found.st_nlink

    def __reduce__(self) -> Any:
        # Newer versions of Python make no such value of fields that this system does not have.
        more = {name: value for name, value in self._more.items() if hasattr(os.stat_result, name)}
        return os.stat_result, (tuple(self._values), more)

    def __getattr__(self, name: str) -> Any:
        names = ("st_mode", "st_ino", "st_dev", "st_nlink", "st_uid", "st_gid", "st_size", "st_atime", "st_mtime")
        if name == "st_nlink":
            return self._nlink
        return self._more[name] if name in self._more else self._values[names.index(name)]


class _Entry:
    def __init__(self, entry: os.DirEntry[str], tag: int) -> None:
        self.name, self.path, self._entry, self._tag = entry.name, entry.path, entry, tag

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return bool(self._tag) or self._entry.is_dir(follow_symlinks=follow_symlinks)

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        return self._entry.is_file(follow_symlinks=follow_symlinks)

    def is_symlink(self) -> bool:
        return self._entry.is_symlink() and not self._tag

    def is_junction(self) -> bool:
        return bool(self._tag)

    def stat(self, *, follow_symlinks: bool = True) -> _Stat:
        tag = 0 if follow_symlinks else self._tag
        return _Stat(self._entry.stat(follow_symlinks=follow_symlinks), tag=tag, is_listed=True)


class _Listing:
    def __init__(self, entries: list[_Entry]) -> None:
        self._entries = iter(entries)

    def __iter__(self) -> _Listing:
        return self

    def __next__(self) -> _Entry:
        return next(self._entries)

    def __enter__(self) -> _Listing:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def close(self) -> None:
        pass


@dataclass
class Windows:
    """The state of the system that is pretended."""

    held: set[str] = field(default_factory=set)
    """Files that another program has loaded, such as a `.pyd`: they can be moved, and not removed or replaced."""
    busy: dict[str, int] = field(default_factory=dict)
    """Files that another program reads for so many more calls: they can be neither moved, removed nor replaced."""
    unlinkable: int = 0
    """The error of the Windows API with which no hard link can be made; 0 where they can."""
    registry: dict[str, dict[str, str]] = field(default_factory=dict)
    """The user's registry: values by key."""
    pauses: list[float] = field(default_factory=list)
    lock_error: int = 0
    """What a lock fails with; 0 where it does not."""
    console_mode: int | None = None
    """Of each stream; None where they are no console."""
    _own: dict[str, Any] = field(default_factory=dict)

    # What replaces functions of `os`

    def tag(self, path: Any) -> int:
        name = os.fspath(path) if not isinstance(path, int) else ""
        is_link = bool(name) and stat.S_ISLNK(self._own["lstat"](name).st_mode)
        return MOUNT_POINT if is_link and os.path.isdir(name) else 0

    def stat(self, path: Any, *, dir_fd: None = None, follow_symlinks: bool = True) -> Any:
        assert dir_fd is None
        path = self.existing(path)
        tag = 0 if follow_symlinks else self.tag(path)
        return _Stat(self._own["stat"](path, follow_symlinks=follow_symlinks), tag=tag)

    def lstat(self, path: Any, *, dir_fd: None = None) -> Any:
        return self.stat(path, dir_fd=dir_fd, follow_symlinks=False)

    def fstat(self, descriptor: int) -> Any:
        return _Stat(self._own["fstat"](descriptor))

    def scandir(self, path: Any = ".") -> _Listing:
        with self._own["scandir"](self.existing(path)) as entries:
            return _Listing([_Entry(entry, self.tag(entry.path)) for entry in entries])

    def open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: None = None) -> int:
        assert dir_fd is None
        path = self.existing(path)
        if os.path.isdir(path):
            raise windows_error(ACCESS_DENIED, 13, path)
        descriptor: int = self._own["open"](path, flags, mode)
        return descriptor

    def replace(self, old: Any, new: Any, **_: Any) -> None:
        self._refuse_busy(old, is_moved=True)
        self._refuse_busy(new)
        self._own["replace"](self.existing(old), self._kept_case(old, new))

    def rename(self, old: Any, new: Any, **_: Any) -> None:
        if os.path.lexists(self.existing(new)) and self.existing(new) != self.existing(old):
            raise windows_error(ALREADY_EXISTS, 17, new)
        self.replace(old, new)

    def unlink(self, path: Any, *, dir_fd: None = None) -> None:
        assert dir_fd is None
        path = self.existing(path)
        if stat.S_ISDIR(self._own["lstat"](path).st_mode):
            raise windows_error(ACCESS_DENIED, 13, path)
        self._refuse_busy(path)
        self._own["unlink"](path)

    def rmdir(self, path: Any, *, dir_fd: None = None) -> None:
        assert dir_fd is None
        self._own["rmdir"](self.existing(path))

    def mkdir(self, path: Any, mode: int = 0o777, *, dir_fd: None = None) -> None:
        assert dir_fd is None
        self._own["mkdir"](self.existing(path), mode)

    def listdir(self, path: Any = ".") -> list[str]:
        assert not isinstance(path, int)
        names: list[str] = self._own["listdir"](self.existing(path))
        return names

    def access(self, path: Any, mode: int, **_: Any) -> bool:
        return bool(self._own["access"](self.existing(path), mode & ~os.X_OK))

    def link(self, source: Any, name: Any, **_: Any) -> None:
        if self.unlinkable:
            raise windows_error(self.unlinkable, 22, name)
        self._own["link"](self.existing(source), self.existing(name))

    def symlink(self, _: Any, name: Any, *__: Any, **___: Any) -> None:
        raise windows_error(PRIVILEGE_NOT_HELD, 22, name)

    def junction(self, path: Any, target: Any) -> None:
        """Make the junction `path`, which points to the directory `target`: that needs no privilege."""
        self._own["symlink"](target, path)

    def opened(self, file: Any, *args: Any, **keywords: Any) -> Any:
        return self._own["builtin open"](file if isinstance(file, int) else self.existing(file), *args, **keywords)

    def existing(self, path: Any) -> str:
        """Return `path` with the letter case of what is there, as far as it is."""
        name: str = os.fspath(path)
        if not isinstance(path, (str, os.PathLike)) or self._exists(name):
            return name
        head, tail = os.path.split(name)
        if not tail:
            return name
        head = self.existing(head) if head not in ("", os.sep) else head
        try:
            names = self._own["listdir"](head or ".")
        except OSError:
            return name
        found = next((one for one in names if one.lower() == tail.lower()), tail)
        return os.path.join(head, found)

    def _exists(self, path: str) -> bool:
        try:
            self._own["lstat"](path)
        except (OSError, ValueError):
            return False
        return True

    def _kept_case(self, old: Any, new: Any) -> str:
        """Return where a move goes: over what has this name in another case, unless that is what is moved."""
        is_same = self.existing(new) == self.existing(old)
        return os.fspath(new) if is_same else self.existing(new)

    def _refuse_busy(self, path: Any, *, is_moved: bool = False) -> None:
        name = os.path.realpath(os.path.dirname(self.existing(path)))
        name = os.path.join(name, os.path.basename(self.existing(path)))
        if self.busy.get(name, 0) > 0:
            self.busy[name] -= 1
            raise windows_error(SHARING_VIOLATION, 13, name)
        if not is_moved and self._is_held(name):
            raise windows_error(ACCESS_DENIED, 13, name)
        if self._is_open(name):
            raise windows_error(SHARING_VIOLATION, 13, name)

    def _is_held(self, name: str) -> bool:
        inodes = {self._own["stat"](held).st_ino for held in self.held if self._exists(held)}
        return self._exists(name) and self._own["lstat"](name).st_ino in inodes

    def _is_open(self, name: str) -> bool:
        """Return whether this process has the file `name`, or one below it, open."""
        for descriptor in self._own["listdir"]("/proc/self/fd"):
            try:
                target = os.readlink(f"/proc/self/fd/{descriptor}")
            except OSError:
                continue
            if target == name or target.startswith(name + os.sep):
                return True
        return False

    def copyfile(self, source: Any, target: Any) -> Any:
        """Copy a file; a program, which is one by its name there, can be started."""
        self._own["copyfile"](source, target)
        os.chmod(target, 0o755)
        return target

    # What Windows alone has

    def modules(self) -> dict[str, ModuleType]:
        """Return modules that exist on Windows alone."""
        msvcrt, winreg = ModuleType("msvcrt"), ModuleType("winreg")
        vars(msvcrt)["get_osfhandle"] = lambda descriptor: descriptor
        vars(winreg).update(
            HKEY_CURRENT_USER="user",
            HKEY_LOCAL_MACHINE="machine",
            OpenKey=self._open_key,
            EnumKey=lambda key, number: self._below(key)[number],
            QueryInfoKey=lambda key: (len(self._below(key)), 0, 0),
            QueryValueEx=self._value,
        )
        return {"msvcrt": msvcrt, "winreg": winreg}

    @contextmanager
    def _open_key(self, hive: str, path: str) -> Iterator[str]:
        if hive != "user" or not any(f"{key}\\".startswith(f"{path}\\") for key in self.registry):
            raise FileNotFoundError(2, "no such key")
        yield path

    def _below(self, path: str) -> list[str]:
        found = {
            key.removeprefix(f"{path}\\").partition("\\")[0] for key in self.registry if key.startswith(f"{path}\\")
        }
        return sorted(found)

    def _value(self, path: str, name: str) -> tuple[str, int]:
        try:
            return self.registry[path][name], 1
        except KeyError:
            raise FileNotFoundError(2, "no such value") from None

    def kernel(self, name: str, *, use_last_error: bool) -> Any:
        """Return what lockenv calls of kernel32."""
        assert (name, use_last_error) == ("kernel32", True)
        return _Kernel(self)


class _Kernel:
    last_error = 0

    def __init__(self, windows: Windows) -> None:
        self._windows = windows

    def LockFileEx(self, handle: Any, flags: int, *_: Any) -> int:  # noqa: N802 - its name
        # On a byte of the file, as there: a lock that a fork of this process would share is none.
        if self._windows.lock_error:
            _Kernel.last_error = self._windows.lock_error
            return 0
        kind = fcntl.LOCK_EX if flags & 2 else fcntl.LOCK_SH
        try:
            fcntl.flock(handle.value or 0, kind | fcntl.LOCK_NB)
        except OSError:
            _Kernel.last_error = 33
            return 0
        return 1

    def GetConsoleMode(self, handle: Any, mode: Any) -> int:  # noqa: N802, ARG002 - its name
        if self._windows.console_mode is None:
            return 0
        mode._obj.value = self._windows.console_mode
        return 1

    def SetConsoleMode(self, handle: Any, mode: int) -> int:  # noqa: N802, ARG002 - its name
        if self._windows.console_mode is None or self._windows.console_mode & 0x100:
            return 0
        self._windows.console_mode = mode
        return 1


_OF_OS = (
    "stat",
    "lstat",
    "fstat",
    "scandir",
    "open",
    "replace",
    "rename",
    "unlink",
    "rmdir",
    "mkdir",
    "listdir",
    "access",
    "link",
)
_OF_POSIX = ("fchmod", "geteuid", "uname", "fork")
"""What Windows has no form of."""


@contextmanager
def windows(**state: Any) -> Iterator[Windows]:
    """Be on Windows in the `with` block, as far as this module says."""
    fake = Windows(**state)
    own = {name: getattr(os, name) for name in (*_OF_OS, *_OF_POSIX, "symlink")}
    fake._own = {**own, "builtin open": builtins.open, "copyfile": shutil.copyfile}
    absent = {name: sys.modules.pop(name, None) for name in ("msvcrt", "winreg")}
    machine = platform.machine
    sleep, by_descriptor = time.sleep, vars(shutil)["_use_fd_functions"]
    vars(shutil).update(_use_fd_functions=False, copyfile=fake.copyfile)
    try:
        with assumed("win32"):
            _install(fake)
            yield fake
    finally:
        for name, function in own.items():
            setattr(os, name, function)
        setattr(os, "remove", own["unlink"])  # noqa: B010
        setattr(builtins, "open", fake._own["builtin open"])  # noqa: B010
        time.sleep = sleep
        setattr(platform, "machine", machine)  # noqa: B010
        vars(shutil).update(_use_fd_functions=by_descriptor, copyfile=fake._own["copyfile"])
        for name in absent:
            sys.modules.pop(name, None)
        for name in ("WinDLL", "get_last_error"):
            delattr(ctypes, name)
        del sys.getwindowsversion  # type: ignore[attr-defined]


def _install(fake: Windows) -> None:
    replaced: Mapping[str, Callable[..., Any]] = {name: getattr(fake, name) for name in (*_OF_OS, "symlink")}
    for name, function in replaced.items():
        setattr(os, name, function)
    setattr(os, "remove", fake.unlink)  # noqa: B010
    for name in _OF_POSIX:
        delattr(os, name)
    setattr(builtins, "open", fake.opened)  # noqa: B010
    setattr(platform, "machine", lambda: "AMD64")  # noqa: B010
    setattr(time, "sleep", fake.pauses.append)  # noqa: B010
    sys.modules.update(fake.modules())
    ctypes.WinDLL = fake.kernel  # type: ignore[attr-defined]
    ctypes.get_last_error = lambda: _Kernel.last_error  # type: ignore[attr-defined]
    sys.getwindowsversion = lambda: (10, 0, 19045, 2, "")  # type: ignore[attr-defined]


def install(directory: Path, executable: str) -> Path:
    """Install a substitute of Python on Windows in `directory`, which `executable` runs behind; return its program."""
    nt = directory / "Lib/venv/scripts/nt"
    nt.mkdir(parents=True)
    (directory / "Lib/os.py").touch()
    own = Path(__file__).with_name("windows_python.py")
    starter = (
        "#!/bin/sh\n"
        'here=$(dirname "$0")\n'
        'if [ -f "$here/../pyvenv.cfg" ]; then PYTHONPATH=$here/../Lib/site-packages; export PYTHONPATH; fi\n'
        'case "$4" in *probe_script.py)\n'
        f'  exec {executable} -I -S -B {own} "$4" {directory};;\n'
        "esac\n"
        f'exec {executable} "$@"\n'
    )
    for program in (directory / "python.exe", nt / "venvlauncher.exe", nt / "venvwlauncher.exe"):
        program.write_text(starter)
        program.chmod(0o755)
    return directory / "python.exe"


def windows_interpreter(directory: Path, running: Interpreter) -> Interpreter:
    """Return what `running` would be on Windows, installed in `directory`."""
    return replace(
        running,
        executable=str(install(directory, running.executable)),
        prefix=str(directory),
        stdlib=str(directory / "Lib"),
        purelib="Lib/site-packages",
        scripts="Scripts",
    )
