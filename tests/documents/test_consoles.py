"""The console blocks of the tutorial and the how-tos show what the commands print.

`LOCKENV_RENEW_GOLDEN=1` rewrites the pages and fails, so that no one mistakes a renewal for a success.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import sys
from pathlib import Path

import pytest

from tests.documents import starts
from tests.documents.consoles import as_it_is
from tests.support.server import LoopbackIndex

DOCS = Path(__file__).parents[2] / "docs"
_HERE = (sys.platform, platform.machine())
_ELSEWHERE = {"explaining.md"}
"""Compared with the transcripts of terminals and pipes."""


@pytest.mark.skipif(_HERE != ("linux", "x86_64"), reason="the pages show what Linux on x86_64 shows")
@pytest.mark.skipif(shutil.which("git") is None, reason="git was not found on PATH")
@pytest.mark.parametrize("name", starts.PAGES)
def test_commands_print_what_the_page_says(name: str, tmp_path: Path) -> None:
    path = DOCS / name
    text = path.read_text("utf-8")
    with contextlib.ExitStack() as running:

        def index() -> LoopbackIndex:
            started = running.enter_context(LoopbackIndex())
            started.page_cache_control = "no-cache"
            return started

        reported = as_it_is(text, starts.desks(name, tmp_path, index), is_one=name in starts.ONE)

    if os.environ.get("LOCKENV_RENEW_GOLDEN") and reported != text:
        path.write_text(reported, "utf-8")
        pytest.fail(f"{name} was rewritten: look at the difference, then run without LOCKENV_RENEW_GOLDEN")
    assert reported == text, "LOCKENV_RENEW_GOLDEN=1 rewrites it"


def test_every_page_with_commands_is_run() -> None:
    found = {
        path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md") if "```console\n" in path.read_text("utf-8")
    }

    assert found - _ELSEWHERE == set(starts.PAGES)
