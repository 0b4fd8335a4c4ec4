"""Become a command that reaches no network: a program in one file, which lockenv's own interpreter runs.

Where a descriptor is and a command go in. Linux puts the process into a network namespace with nothing but a loopback,
and then the command takes its place: no code of a build environment runs before the network is gone. That keeps what
builds do by habit away from the network and is no prison: the superuser finds a way out, and sockets with a path are
files.

It is started for each hook of each build, so that it loads next to nothing.
"""

from __future__ import annotations

import os
import sys

_NEW_USERS, _NEW_NETWORK = 0x10000000, 0x40000000
"""CLONE_NEWUSER, CLONE_NEWNET of <linux/sched.h>."""
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1
"""SIOCGIFFLAGS, SIOCSIFFLAGS of <linux/sockios.h>; IFF_UP of <linux/if.h>."""
_REQUEST = "16sh22x"
"""struct ifreq: a name, then flags."""
DONE = b"+"
"""What is written before the command begins; anything else says why it does not."""


def _leave() -> None:
    """Leave every network. Raises OSError where the kernel refuses; the process is then of no use."""
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        _unshare(_NEW_NETWORK)
    else:
        _unshare(_NEW_USERS | _NEW_NETWORK)
        # user_namespaces(7): "writing "deny" to the /proc/[pid]/setgroups file before writing to /proc/[pid]/gid_map".
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as stream:
                stream.write(text)
    _raise_loopback()


def _unshare(flags: int) -> None:
    if hasattr(os, "unshare"):  # from Python 3.12 on
        os.unshare(flags)
        return
    import ctypes

    if ctypes.CDLL(None, use_errno=True).unshare(flags):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _raise_loopback() -> None:
    """Bring the loopback up: programs that speak to themselves go on to work."""
    import _socket  # `socket` itself takes as long to load as the interpreter to start
    import fcntl
    import struct

    asking = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    _, flags = struct.unpack(_REQUEST, fcntl.ioctl(asking.fileno(), _GET_FLAGS, struct.pack(_REQUEST, b"lo", 0)))
    fcntl.ioctl(asking.fileno(), _SET_FLAGS, struct.pack(_REQUEST, b"lo", flags | _UP))
    asking.close()


def _become(report: int, command: list[str]) -> None:
    """Become `command` without a network, or write to `report` why not."""
    os.set_inheritable(report, False)
    try:
        _leave()
    except (OSError, ImportError, AttributeError) as error:
        os.write(report, str(getattr(error, "strerror", None) or error or type(error).__name__).encode())
        return
    os.write(report, DONE)
    os.execv(command[0], command)  # noqa: S606 - what lockenv starts


if __name__ == "__main__":
    _become(int(sys.argv[1]), sys.argv[2:])
