"""What only Windows offers: locks of its own kind, its console and its registry.

In: descriptors and names. Out: plain answers. Only called where the system is Windows; modules that exist nowhere else
are loaded when they are used.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TextIO

_FAIL_IMMEDIATELY = 1
_EXCLUSIVE = 2
_HELD = (33, 997)
"""ERROR_LOCK_VIOLATION and ERROR_IO_PENDING: another process holds the lock."""
_ENABLE_VIRTUAL_TERMINAL_PROCESSING = 0x0004
"""Of SetConsoleMode: the console obeys escapes; without it they show as text."""


class _Overlapped(ctypes.Structure):
    """OVERLAPPED of the Windows API; only the offset counts here, and it is 0."""

    _fields_ = (
        ("internal", ctypes.c_void_p),
        ("internal_high", ctypes.c_void_p),
        ("offset", ctypes.c_uint32),
        ("offset_high", ctypes.c_uint32),
        ("event", ctypes.c_void_p),
    )


def _module(name: str) -> Any:
    return import_module(name)


def _kernel() -> Any:
    return getattr(ctypes, "WinDLL")("kernel32", use_last_error=True)  # noqa: B009 - it exists on Windows alone


def _handle(descriptor: int) -> ctypes.c_void_p:
    return ctypes.c_void_p(_module("msvcrt").get_osfhandle(descriptor))


def lock(descriptor: int, *, shared: bool) -> None:
    """Lock the first byte of an open file, with others that share it or alone, without waiting.

    Raises OSError, with EACCES where another process holds it. It is unlocked when the file is closed.
    """
    overlapped = _Overlapped()
    flags = _FAIL_IMMEDIATELY | (0 if shared else _EXCLUSIVE)
    if not _kernel().LockFileEx(_handle(descriptor), flags, 0, 1, 0, ctypes.byref(overlapped)):
        code = getattr(ctypes, "get_last_error")()  # noqa: B009 - it exists on Windows alone
        if code in _HELD:
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        raise OSError(errno.ENOLCK, f"{os.strerror(errno.ENOLCK)} (Windows error {code})")


def obeys_escapes(stream: TextIO, *, enable: bool = False) -> bool:
    """Return whether the console behind `stream` obeys escapes; with `enable`, have it do so first."""
    kernel, mode = _kernel(), ctypes.c_uint32()
    try:
        handle = _handle(stream.fileno())
    except (OSError, ValueError):
        return False
    if not kernel.GetConsoleMode(handle, ctypes.byref(mode)):
        return False
    wanted = mode.value | _ENABLE_VIRTUAL_TERMINAL_PROCESSING
    if enable and kernel.SetConsoleMode(handle, wanted):
        return True
    return mode.value == wanted


def version() -> str:
    """Return what distinguishes this release of Windows from another."""
    return str(tuple(getattr(sys, "getwindowsversion")()))  # noqa: B009 - it exists on Windows alone


def registry_keys(path: str) -> list[str]:
    """Return the names of the keys below `path`: in the user's registry, then in that of the machine."""
    names: list[str] = []
    winreg = _module("winreg")
    for hive in (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE):
        with contextlib.suppress(OSError), winreg.OpenKey(hive, path) as key:
            names += [winreg.EnumKey(key, number) for number in range(winreg.QueryInfoKey(key)[0])]
    return names


def registry_values(path: str, name: str) -> list[str]:
    """Return the texts that the user's own registry and the machine's have there, in this order; "" is the default."""
    found: list[str] = []
    winreg = _module("winreg")
    for hive in (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE):
        with contextlib.suppress(OSError), winreg.OpenKey(hive, path) as key:
            found.append(str(winreg.QueryValueEx(key, name)[0]))
    return found
