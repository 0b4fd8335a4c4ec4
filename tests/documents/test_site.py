"""The documentation is a site that builds without a warning, asks no other server for anything, and can be read.

What a browser has to show is skipped without Chromium.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from tests.documents.reference import DOCS
from tests.support.browser import FAINT, Browser, chromium

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("zensical", reason="the dependency group `docs` is not installed")
SEEN = pytest.mark.skipif(chromium() is None, reason="there is no chromium with a chromedriver")
_FETCHED = re.compile(r"<(?:script|link|img)\b[^>]*?(?:src|href)=\"?(?:https?:)?//")
_LISTED = re.compile(r"^ +- (?:.+: )?(\S+\.md)$", re.MULTILINE)
_PAGES = ("index.html", "tutorial.html", "reference/commands.html", "benchmarks.html", "security.html")
_WIDTHS = (360, 768, 1440)
_FOUND = """
const shown = () => [...document.querySelectorAll("*")]
  .flatMap((one) => (one.shadowRoot ? [...one.shadowRoot.querySelectorAll("a")] : []))
  .map((one) => one.href);
return new Promise((done) => {
  const look = () => (shown().some((one) => one.includes(arguments[0])) ? done(true) : requestAnimationFrame(look));
  look();
});
"""
"""Comes back when the search shows a link with the argument in it; the driver ends the wait after 30 seconds."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide the built site."""
    place = tmp_path_factory.mktemp("site")
    shutil.copytree(DOCS, place / "docs")
    shutil.copy(DOCS.parent / "mkdocs.yml", place)
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, "No issues found" in done.stdout + done.stderr) == (0, True), done.stderr
    return place / "build/site"


def test_every_page_is_in_it_and_in_its_navigation(site: Path) -> None:
    wanted = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    built = {path.relative_to(site).with_suffix(".md").as_posix() for path in site.rglob("*.html")}

    assert wanted - built == set()
    assert set(_LISTED.findall((DOCS.parent / "mkdocs.yml").read_text("utf-8"))) == wanted


def test_no_page_asks_another_server_for_anything(site: Path) -> None:
    found = {path.name: _FETCHED.findall(path.read_text("utf-8")) for path in site.rglob("*.html")}

    assert {name: urls for name, urls in found.items() if urls} == {}


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def window(site: Path) -> Iterator[tuple[Browser, str]]:
    """Provide a browser, and where the site is served."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(site))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with Browser() as browser:
            yield browser, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@SEEN
@pytest.mark.parametrize("page", _PAGES)
def test_page_needs_no_scrolling_to_the_side_and_no_other_server(window: tuple[Browser, str], page: str) -> None:
    browser, url = window
    browser.open(f"{url}/{page}")
    wide = []
    for width in _WIDTHS:
        browser.resize(width, 900)
        if browser.run("return document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(width)
    asked = browser.run("return performance.getEntriesByType('resource').map((one) => new URL(one.name).origin)")

    assert (wide, set(asked) - {url}, browser.messages()) == ([], set(), [])


@SEEN
@pytest.mark.parametrize("scheme", ["default", "slate"])
@pytest.mark.parametrize("page", _PAGES)
def test_text_can_be_distinguished_from_what_is_behind_it(window: tuple[Browser, str], page: str, scheme: str) -> None:
    browser, url = window
    browser.resize(1440, 900)
    if browser.run("return document.URL") != f"{url}/{page}":
        browser.open(f"{url}/{page}")
    browser.run(
        "const still = document.createElement('style');"
        "still.textContent = '* { transition: none !important; }';"
        "document.head.append(still);"
        "document.body.setAttribute('data-md-color-scheme', arguments[0]);",
        scheme,
    )

    assert browser.run(FAINT, ".md-container") == []


@SEEN
def test_search_finds_the_page_of_a_setting(window: tuple[Browser, str]) -> None:
    browser, url = window
    browser.resize(1440, 900)
    browser.open(f"{url}/index.html")
    browser.press("/")
    browser.press(*"allow-overwrite")

    # The index of the site is read by a worker, and what was typed first is looked for first.
    assert browser.run(_FOUND, "reference/settings.html")


@SEEN
def test_headings_can_be_linked_to(window: tuple[Browser, str]) -> None:
    browser, url = window
    browser.open(f"{url}/security.html#the-cache")

    top = browser.run("return document.getElementById('the-cache').getBoundingClientRect().top")
    link = browser.run("return document.querySelector('#the-cache .headerlink').getAttribute('href')")

    assert (0 <= top < 300, link) == (True, "#the-cache")
