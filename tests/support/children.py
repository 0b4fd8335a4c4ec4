"""Do something in a process of its own, which may be killed on the way; `fork_server` forks it.

A fork of the process that runs the tests would copy the tables of all the memory that it has.
"""

from __future__ import annotations

import base64
import json
import os
import pickle
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockenv.errors import LockenvError
from lockenv.files import faults

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SCRIPT = Path(__file__).with_name("fork_server.py")
_ROOT = _SCRIPT.parent.parent.parent


def in_child(act: Callable[..., object], *args: object, fault: str) -> int:
    """Return the exit code of a process that does `act(*args)` under `fault`; negative for the signal that killed it.

    `act` is a function of a module, and `args` can be pickled. The code is 0 when it returns, that of a LockenvError
    that it raises, and 1 for any other error.
    """
    return exit_code(_guarded, act, args, fault)


def exit_code(act: Callable[..., int], *args: object) -> int:
    """Return the exit code of a process that ends with what `act(*args)` returns, or before; 1 when it raises.

    `act` is a function of a module, and `args` can be pickled.
    """
    call = base64.b64encode(pickle.dumps((act, args))).decode()
    with open(os.devnull, "rb") as nothing:
        request = {"call": call, "cwd": os.getcwd(), "env": dict(os.environ)}
        _, wait = ask(_server(os.getpid()), request, (nothing.fileno(), 2, 2))
    return wait()


def _guarded(act: Callable[..., object], args: tuple[object, ...], fault: str) -> int:
    faults.arm(fault)
    try:
        act(*args)
    except LockenvError as error:
        return int(error.exit_code)
    return 0


@cache
def _server(_process: int) -> socket.socket:
    """Return the connection to the process that forks for this one and can import the tests."""
    return start_server(str(_ROOT))


def start_server(*paths: str) -> socket.socket:
    """Return the connection to a new process that forks, which ends with this one and can import from `paths`."""
    mine, other = socket.socketpair()
    command = [sys.executable, "-P", str(_SCRIPT), str(other.fileno()), *paths]
    subprocess.Popen(command, pass_fds=[other.fileno()], stdin=subprocess.DEVNULL)
    other.close()
    return mine


def ask(
    server: socket.socket, request: Mapping[str, Any], streams: tuple[int, int, int]
) -> tuple[int, Callable[[], int]]:
    """Let `server` fork a process for `request`, with `streams` as its three; one at a time.

    Returns the number of the process, and what waits for its exit code.
    """
    socket.send_fds(server, [json.dumps(request).encode() + b"\n"], streams)
    answers = server.makefile()
    child = int(answers.readline())
    return child, lambda: int(answers.readline())
