"""A program that prints or writes without end is stopped; what an honest one prints is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.files.bounded import GrowthLimit, run_bounded

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes cannot be waited for on Windows")
FLOOD = "import sys\nwhile True: sys.std{}.write('x' * 65536)"
WRITER = """
import sys
with open(sys.argv[1] + "/flood", "wb", 0) as stream:
    while stream.tell() < 1 << 32:
        stream.truncate(stream.seek(1 << 20, 1))
input_never = __import__("signal").pause()
"""


def test_output_and_exit_code_are_kept(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "import sys; print('out'); sys.stderr.write('err'); sys.exit(3)"]
    done = run_bounded(words, str(tmp_path), os.environ)

    assert done is not None
    assert (done.returncode, done.stdout, done.stderr) == (3, b"out\n", b"err")


@pytest.mark.parametrize("stream", ["out", "err"])
def test_endless_output_is_stopped(stream: str, tmp_path: Path) -> None:
    assert run_bounded([sys.executable, "-c", FLOOD.format(stream)], str(tmp_path), os.environ, printed=1 << 20) is None


def test_program_that_does_not_end_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run_bounded([sys.executable, "-c", "import signal; signal.pause()"], str(tmp_path), os.environ, seconds=0)


@pytest.mark.slow
def test_directory_that_grows_is_stopped(tmp_path: Path) -> None:
    growth = GrowthLimit(str(tmp_path), 1 << 20)

    assert run_bounded([sys.executable, "-c", WRITER, str(tmp_path)], "/", os.environ, growth) is None
    assert (tmp_path / "flood").stat().st_size > 1 << 20
