"""Commands that are cut off from the network, met with a real listener on this machine's own loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.backend.failure import advice
from lockenv.backend.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONNECT = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)"
ECHO = """\
import socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
server.accept()[0].sendall(b"heard")
print(client.recv(9).decode())
"""


@pytest.fixture
def port() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield str(listening.getsockname()[1])


@pytest.fixture
def apart() -> Runner:
    reported: list[str] = []
    runner = Runner(note=reported.append)
    runner.run([sys.executable, "-c", ""])
    if reported:
        pytest.skip(reported[0])
    return runner


def test_what_listens_on_this_machine_is_out_of_reach(apart: Runner, port: str) -> None:
    assert apart.run([sys.executable, "-c", CONNECT, port], stderr=subprocess.DEVNULL) == (1, True)


def test_what_is_allowed_reaches_it(port: str) -> None:
    assert Runner(is_allowed=True).run([sys.executable, "-c", CONNECT, port]) == (0, False)


def test_command_speaks_to_itself(apart: Runner, tmp_path: Path) -> None:
    with open(tmp_path / "out", "wb") as out:
        assert apart.run([sys.executable, "-c", ECHO], stdout=out) == (0, True)

    assert (tmp_path / "out").read_text() == "heard\n"


def test_directory_variables_and_owner_of_files_stay_as_they_are(apart: Runner, tmp_path: Path) -> None:
    ask = "import os; open('made', 'w').write(f\"{os.getuid()} {os.getgid()} {os.environ['SAID']}\")"

    assert apart.run([sys.executable, "-c", ask], cwd=tmp_path, env={"SAID": "so"}) == (0, True)

    made = tmp_path / "made"
    assert made.read_text() == f"{os.getuid()} {os.getgid()} so"
    assert (made.stat().st_uid, made.stat().st_gid) == (os.geteuid(), os.getegid())


def test_command_holds_nothing_that_would_start_it_again(apart: Runner, tmp_path: Path) -> None:
    ask = "import os; print(sorted(os.listdir('/proc/self/fd'))[:-1])"

    with open(tmp_path / "out", "wb") as out:
        apart.run([sys.executable, "-c", ask], stdout=out)

    assert (tmp_path / "out").read_text() == "['0', '1', '2']\n"


def test_exit_code_is_that_of_the_command(apart: Runner) -> None:
    assert apart.run([sys.executable, "-c", "raise SystemExit(7)"]) == (7, True)


def test_machine_that_refuses_is_reported_once_and_runs_it_despite_that(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[str] = []
    runner = Runner(note=reported.append)
    monkeypatch.setattr(sys, "executable", "")

    ended = [runner.run([os.path.join(sys.exec_prefix, "bin", "python"), "-c", "raise SystemExit(7)"]) for _ in "ab"]

    assert ended == [(7, False), (7, False)]
    assert reported == ["builds can access the network on this machine: no interpreter can be started in it"]


def test_advice_for_a_build_without_a_network_says_so() -> None:
    allow = (
        "it ran without network access; allow it once with `--build-network`, "
        "or always with `build-network = true` under [tool.lockenv]"
    )

    assert advice("curl: (6) Could not resolve host: x", was_cut=True).startswith(allow)
    assert advice("npm error code EAI_AGAIN", was_cut=True).startswith(allow)
    assert f"or report this to its authors; {allow}" in advice("broken", was_cut=True)
    assert "network" not in advice("Could not resolve host: x")
