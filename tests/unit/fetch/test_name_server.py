"""A real name server and the system's resolver, in a network namespace of their own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def namespace() -> list[str]:
    """The command that runs another one in namespaces of its own."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("there is no unshare to make a network namespace with")
    command = [unshare, "--user", "--map-root-user", "--mount", "--net"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not allow network namespaces")
    return command


@pytest.mark.parametrize(
    ("loses", "asked"),
    [
        pytest.param(0, "1 1 40\n", id="prompt"),
        # The first look-up is never answered, and the system's resolver would ask again from its port after 5 s.
        pytest.param(1, "2 2 40\n", id="lost"),
    ],
)
def test_forty_connections_ask_the_name_server(namespace: list[str], tmp_path: Path, loses: int, asked: str) -> None:
    configuration = tmp_path / "resolv.conf"
    configuration.write_text("nameserver 127.0.0.1\n")
    program = [sys.executable, "-m", "tests.support.name_server", str(configuration), str(loses)]
    done = subprocess.run([*namespace, *program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)

    assert (done.stdout, done.stderr) == (asked, "")
