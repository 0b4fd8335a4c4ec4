"""`lockenv tree --html` shows what the cache knows, and with `--against` what changed; it sends no request."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.endtoend.test_audit import GHSA, publishes
from tests.support.browser import FAINT, Browser, chromium
from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.repository import commit, repository
from tests.support.server import LoopbackIndex
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

SEEN = pytest.mark.skipif(chromium() is None, reason="there is no chromium with a chromedriver")
_IGNORE = {"ignore": [{"id": "GHSA-x", "reason": "we pour <slowly>", "until": "2099-01-01"}]}


class Written(NamedTuple):
    """A page, and what happened while it was written."""

    page: Path
    err: str
    asked: list[str]
    """The paths of all requests meanwhile."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Provide the page of a project that was audited, against what it was before."""
    project = tmp_path_factory.mktemp("known") / "teahouse"
    with LoopbackIndex() as index:
        index.add_all(
            wheel("kettle", "1.0", requires=["element"], about=["License-Expression: MIT"]),
            wheel(
                "kettle",
                "1.4",
                requires=["element"],
                about=["License-Expression: MIT OR Apache-2.0", "Project-URL: Home Page, https://kettle.example/"],
            ),
            wheel("kettle", "2.0"),
            wheel("element", "1.0", about=["License-Expression: MIT"]),
            wheel("thermos", "1.0", requires=["cork", "element"]),
            wheel("cork", "1.0"),
            wheel("whistle", "0.5"),
        )
        write_project(project, ["kettle==1.0", "thermos"], index=index.url, name="teahouse")
        assert lockenv("lock", cwd=project).code == 0
        (project / "pylock.toml").rename(project / "before.toml")
        write_project(project, ["kettle<2", "whistle"], index=index.url, name="teahouse", tool={"audit": _IGNORE})
        assert lockenv("lock", cwd=project).code == 0
        publishes(
            index, {"kettle/1.4": [GHSA], "element/1.0": [{**GHSA, "id": "GHSA-x", "aliases": [], "link": "file:/x"}]}
        )
        assert lockenv("audit", cwd=project, env={"LOCKENV_NOW": "2026-11-29T00:00:00Z"}).code == 1
        count = len(index.paths)
        done = lockenv("tree", "--html", "page.html", "--against", "before.toml", cwd=project)
        assert done.code == 0, done.err
        return Written(project / "page.html", done.err, index.paths[count:])


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


@pytest.fixture
def browser(window: Browser, written: Written) -> Browser:
    """Provide the browser with the page just opened."""
    window.emulate(1440, "light")
    window.open("about:blank")
    window.open(written.page.as_uri())
    return window


def shown(browser: Browser) -> list[str]:
    return [" ".join(text.split()) for text in browser.texts("#packages button")]


def show(browser: Browser, words: str) -> None:
    browser.run(
        "const list = document.getElementById('show');"
        "list.value = [...list.options].find((one) => one.text === arguments[0]).value;"
        "list.dispatchEvent(new Event('change', { bubbles: true }));",
        words,
    )


def test_page_is_written_without_a_request(written: Written) -> None:
    assert (written.err, written.asked) == ("wrote page.html\n", [])


def test_page_that_nothing_is_known_for_is_written_too(written: Written, tmp_path: Path) -> None:
    done = lockenv("tree", "--html", "-", cwd=written.page.parent, env={"LOCKENV_CACHE_DIR": str(tmp_path / "empty")})

    assert (done.code, done.err, '"license"' in done.out, '"name":"kettle"' in done.out) == (0, "", False, True)


def test_lock_is_compared_with_a_revision_as_by_diff(written: Written) -> None:
    project = written.page.parent
    repository(project)
    commit(project, "locked")

    done = lockenv("tree", "--html", "-", "--against", "HEAD", cwd=project)
    nowhere = lockenv("tree", "--html", "-", "--against", "nowhere", cwd=project)
    alone = lockenv("tree", "--against", "HEAD", cwd=project)

    assert '"summary":"no changes"' in done.out
    assert '"name":"pylock.toml at HEAD"' in done.out
    assert (nowhere.code, nowhere.err) == (2, lockenv("diff", "nowhere", cwd=project).err)
    assert (alone.code, "run `lockenv diff`" in alone.err) == (2, True)


@SEEN
def test_list_marks_changes_newer_versions_and_vulnerabilities(browser: Browser) -> None:
    if folder := os.environ.get("LOCKENV_SCREENSHOTS"):
        browser.screenshot(Path(folder, "known.png"))

    assert shown(browser) == [
        "cork 1.0-",
        "element 1.0",
        "kettle 1.0 → 1.4~↑!",
        "thermos 1.0-",
        "whistle 0.5+",
    ]
    assert browser.texts("#count") == ["3 packages in pylock.toml, 2 removed"]
    assert browser.texts("#facts") == [
        "1 added, 2 removed, 1 changed since before.toml · 1 with a known vulnerability · 1 with a newer version"
    ]
    assert browser.role_and_name("#packages button[data-package='1'] .vulnerable") == ("image", "1 known vulnerability")


@SEEN
def test_details_of_a_package_state_what_is_known(browser: Browser) -> None:
    browser.type("#search", "kettle\ue007")

    facts = dict(zip(browser.texts("aside dt"), browser.texts("aside dd"), strict=True))
    day = re.sub(r"\d{4}-\d\d-\d\d", "DAY", facts.pop("Vulnerabilities"))
    named = {"License": "MIT OR Apache-2.0", "Project": "https://kettle.example/", "Newer version": "2.0"}
    assert (facts, day) == (named, "1 known on DAY")
    assert browser.texts("aside li")[:2] == [
        "kettle 1.0 → 1.4",
        "GHSA-aaaa-bbbb-cccc CVE-2026-1, PYSEC-2026-1\nlib reads what it should not\nfixed in 0.9, 1.2, 2.1",
    ]
    assert browser.run("return [...document.querySelectorAll('aside dd a, aside li a')].map((one) => one.href)") == [
        "https://kettle.example/",
        GHSA["link"],
    ]


@SEEN
def test_ignored_vulnerability_states_the_reason_and_links_are_of_the_web(browser: Browser) -> None:
    browser.type("#search", "element\ue007")

    assert "ignored until 2099-01-01: we pour <slowly>" in browser.texts("aside li")[0]
    assert (
        browser.run("return document.querySelectorAll('aside li a, .node.vulnerable[data-package=\"0\"]').length") == 0
    )


@SEEN
@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("with a known vulnerability (1)", ["kettle 1.0 → 1.4~↑!"]),
        ("removed (2)", ["cork 1.0-", "thermos 1.0-"]),
        ("MIT (1)", ["element 1.0"]),
    ],
)
def test_show_narrows_the_list_and_marks_the_graph(browser: Browser, words: str, left: list[str]) -> None:
    show(browser, words)

    assert shown(browser) == left
    assert len(browser.texts(".node.found")) == len(left)


@SEEN
def test_removed_package_hangs_where_it_was_required(browser: Browser) -> None:
    browser.type("#search", "cork\ue007")

    assert browser.texts("aside li") == ["cork 1.0", "thermos 1.0\ncork before"]
    assert browser.texts(".node.up") == ["thermos1.0-"]
    assert browser.run("return document.querySelectorAll('.edge.former').length") == 2


@SEEN
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_page_can_be_read_on_every_screen(window: Browser, written: Written, width: int, scheme: str) -> None:
    window.emulate(width, scheme)
    window.messages()
    window.open("about:blank")
    window.open(written.page.as_uri())
    if folder := os.environ.get("LOCKENV_SCREENSHOTS"):
        window.screenshot(Path(folder, f"known-{width}-{scheme}.png"))
    faint = window.run(FAINT, "body")
    window.run("document.querySelector('#packages button[data-package=\"1\"]').click()")
    if folder:
        window.screenshot(Path(folder, f"chosen-{width}-{scheme}.png"))

    wide = window.run("return document.documentElement.scrollWidth > document.documentElement.clientWidth")
    asked = window.run("return performance.getEntriesByType('resource').length")
    assert (faint, window.run(FAINT, "aside"), wide, asked, window.messages()) == ([], [], False, 0, [])
