"""What is on the screen while a person waits: the real program on a real terminal, and a server that takes its time."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.server import Drip, LoopbackIndex
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
TERMINAL = {"TERM": "xterm-256color"}
DOWNLOAD = re.compile(r"\r(\S) downloading slow 1\.0  (?:\S+  )?(\d\.\d)/2\.0 MiB  \d+\.\d [KM]iB/s")


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    """Provide an index that sends a wheel of 2 MiB in about a second."""
    with LoopbackIndex() as index:
        slow = wheel("slow", files={"slow/data.bin": _noise(2 << 20)})
        index.add(slow)
        index.fail("/files/slow.*whl$", Drip(0.05, slow.size // 20), times=None)
        yield index


def _noise(size: int) -> bytes:
    """Return bytes that no compression makes fewer, the same each time."""
    import random

    return random.Random(0).randbytes(size)


@pytest.fixture
def project(index: LoopbackIndex, tmp_path: Path) -> Path:
    found = write_project(tmp_path / "project", ["slow"], index=index.url)
    assert lockenv("lock", cwd=found).code == 0
    return found


@pytest.mark.parametrize("columns", [50, 80, 200])
def test_download_shows_name_bytes_total_and_speed(project: Path, columns: int) -> None:
    from tests.support.terminal import screen, written

    code, output = written("sync", cwd=project, env=TERMINAL, columns=columns)

    shown = [float(done) for _, done in DOWNLOAD.findall(output)]
    assert code == 0
    assert len(set(shown)) > 1
    assert shown == sorted(shown)
    assert max(map(len, output.split("\r"))) < columns + 1
    assert "downloading" not in screen(output)


def test_pipe_gets_no_carriage_return_and_nothing_of_what_is_over_soon(project: Path) -> None:
    result = lockenv("sync", cwd=project)

    assert result.code == 0
    assert "downloading" not in result.err
    assert "\r" not in result.err


@pytest.mark.parametrize("args", [("sync", "--no-progress"), ("sync", "--quiet")], ids=" ".join)
def test_no_progress_is_shown_where_none_is_wanted(project: Path, args: tuple[str, ...]) -> None:
    from tests.support.terminal import written

    code, output = written(*args, cwd=project, env=TERMINAL)

    assert code == 0
    assert "downloading" not in output


def test_locale_c_gets_ascii_alone(project: Path) -> None:
    from tests.support.terminal import written

    code, output = written("sync", cwd=project, env={**TERMINAL, "LC_ALL": "C"})

    assert code == 0
    assert "downloading slow" in output
    assert output.isascii()
