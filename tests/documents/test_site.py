"""The documentation is a site that builds without a warning and asks no other server for anything."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.documents.reference import DOCS

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("mkdocs", reason="the dependency group `docs` is not installed")
_FETCHED = re.compile(r"<(?:script|link|img)\b[^>]*?(?:src|href)=\"?(?:https?:)?//")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide the built site."""
    place = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(place)]
    done = subprocess.run(command, cwd=DOCS.parent, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    return place


def test_every_page_is_in_it(site: Path) -> None:
    wanted = {path.relative_to(DOCS).with_suffix(".html").as_posix() for path in DOCS.rglob("*.md")}

    assert wanted - {path.relative_to(site).as_posix() for path in site.rglob("*.html")} == set()


def test_no_page_asks_another_server_for_anything(site: Path) -> None:
    found = {path.name: _FETCHED.findall(path.read_text("utf-8")) for path in site.rglob("*.html")}

    assert {name: urls for name, urls in found.items() if urls} == {}
