"""Start the program many times at the price of one: a process that has loaded it forks for each run.

Runs by path inside the interpreter of the tests (`python -P fork_server.py FD [PATH...]`), and never in the process of
the tests. A request may name a function of theirs to call instead of the program, found with the help of each PATH.
A run is a process of its own, with the directory, the environment and the streams that it would have when started by
itself; only what is loaded before `main` is shared. It speaks over a socket: a request is a line of JSON with the three
streams beside it; the answer is the exit code, negative for a signal as `subprocess` has it. It does not wait before a
failed request is sent again: how long the program does is a fact of the unit tests.
"""

from __future__ import annotations

import base64
import gc
import importlib
import io
import json
import os
import pickle
import pkgutil
import signal
import socket
import sys
from typing import Any, NoReturn

_LONGEST = 1 << 20
_USED = ("difflib", "encodings.cp437", "encodings.utf_8_sig", "packaging.requirements", "pyproject_hooks")
"""Modules that many runs load by themselves."""
_OTHERS = ("probe_script", "bytecode_worker", "network_namespace", "__main__")
"""Modules that are run by other interpreters, or as programs."""


def main(descriptor: int, *paths: str) -> None:
    """Answer requests until the tests close their end."""
    sys.path += paths
    load()
    gc.collect()
    gc.freeze()
    connection = socket.socket(fileno=descriptor)
    while True:
        request, streams, _, _ = socket.recv_fds(connection, _LONGEST, 3)
        if not request:
            return
        while not request.endswith(b"\n"):
            request += connection.recv(_LONGEST)
        found = json.loads(request)
        # Here, so that the modules it needs are loaded once.
        call = pickle.loads(base64.b64decode(found["call"])) if "call" in found else None
        child = os.fork()
        if not child:
            connection.close()
            gc.freeze()
            _run(found, streams, call)
        for stream in streams:
            os.close(stream)
        connection.sendall(f"{child}\n".encode())
        _, status = os.waitpid(child, 0)
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def load() -> None:
    """Load every module of the program that this interpreter runs, and some that it uses."""
    package = importlib.import_module("lockenv")
    for module in pkgutil.walk_packages(package.__path__, "lockenv."):
        if not module.name.endswith(_OTHERS):
            importlib.import_module(module.name)
    for name in _USED:
        importlib.import_module(name)
    # Each run would compile the patterns that it uses, for a third of its time; nothing depends on when that happens.
    lazy = type(importlib.import_module("lockenv.vocabulary.patterns").lazy_pattern(""))
    for one in gc.get_objects():
        if type(one) is lazy:
            one.match  # noqa: B018


def _run(request: dict[str, Any], streams: list[int], call: tuple[Any, Any] | None) -> NoReturn:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    for stream in streams:
        os.close(stream)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    sys.stdin, sys.stdout, sys.stderr = (
        io.TextIOWrapper(io.FileIO(0), "utf-8"),
        io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w")), "utf-8", line_buffering=os.isatty(1)),
        io.TextIOWrapper(io.BufferedWriter(io.FileIO(2, "w")), "utf-8", "backslashreplace", line_buffering=True),
    )
    try:
        if call:
            function, args = call
            sys.exit(function(*args))
        sys.argv = ["lockenv", *request["args"]]
        importlib.import_module("lockenv.cli").program(pause=lambda _: None)
    except SystemExit as end:
        code = end.code
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else bool(code))
    except BaseException:  # noqa: BLE001  # what ends a process otherwise
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
