"""How the program ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.program import PYTHON, environment

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
def test_output_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [PYTHON, "-m", "lockenv", "cache", "dir"],
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert (done.returncode, done.stderr) == (2, "error: cannot write to standard output: No space left on device\n")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_reader_that_is_gone_ends_the_program_in_silence(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f"({PYTHON} -m lockenv cache dir; echo $? >code) | true"],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    assert (tmp_path / "code").read_text() in ("0\n", "141\n")  # written before the reader went, or after
