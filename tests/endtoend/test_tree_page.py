"""`lockenv tree --html`: the page in a real browser, searched, filtered, walked with keys. Skipped without Chromium."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockenv.report.page import page as composed
from tests.endtoend.teahouse import teahouse
from tests.support.browser import Browser, chromium
from tests.support.program import lockenv
from tests.support.server import LoopbackIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(chromium() is None, reason="there is no chromium with a chromedriver")

LIST = "#packages button"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide the page of the teahouse."""
    with LoopbackIndex() as index:
        project = teahouse(tmp_path_factory.mktemp("page") / "teahouse", index)
    result = lockenv("tree", "--html", "tree.html", cwd=project)
    assert (result.code, result.out, result.err) == (0, "", "wrote tree.html\n")
    return project / "tree.html"


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    """Provide a browser for all tests: starting one takes longer than all of them."""
    with Browser() as browser:
        yield browser


@pytest.fixture
def browser(window: Browser, page: Path) -> Browser:
    """Provide the browser with the page just opened."""
    window.resize(1400, 900)
    window.open("about:blank")
    window.open(page.as_uri())
    return window


def shown(browser: Browser) -> list[str]:
    return [" ".join(text.split()) for text in browser.texts(LIST)]


def drawn(browser: Browser) -> list[str]:
    return sorted(browser.run("return [...document.querySelectorAll('.node')].map((one) => one.textContent)"))


def choose(browser: Browser, environment: str) -> None:
    browser.run(
        "const list = document.getElementById('environment');"
        "list.value = [...list.options].find((one) => one.text === arguments[0]).value;"
        "list.dispatchEvent(new Event('change', { bubbles: true }));",
        environment,
    )


def test_page_asks_no_server_and_breaks_no_rule_of_its_own(browser: Browser) -> None:
    resources = browser.run("return performance.getEntriesByType('resource').map((one) => one.name)")

    assert (resources, browser.messages()) == ([], [])


def test_every_package_is_listed_and_drawn_with_the_project(browser: Browser) -> None:
    if folder := os.environ.get("LOCKENV_SCREENSHOTS"):
        browser.screenshot(Path(folder, "tree.png"))

    assert shown(browser) == [
        "cell 3.2",
        "cup 4.0",
        "element 1.1",
        "kettle 1.4",
        "leaf 0.3",
        "resin 1.0",
        "saucer 4.0",
        "scale 1.9",
        "scale 2.0",
        "shortbread 3.1",
        "spring 0.1",
        "taster 3.0",
        "tray 2.2",
        "whistle 0.5",
    ]
    assert drawn(browser) == sorted([*(text.replace(" ", "") for text in shown(browser)), "teahouse"])
    assert browser.texts("#count") == ["14 packages in pylock.toml"]


def test_search_narrows_the_list_marks_the_graph_and_says_how_many(browser: Browser) -> None:
    browser.type("#search", "Sc")

    assert shown(browser) == ["scale 1.9", "scale 2.0"]
    assert browser.texts(".node.found") == ["scale1.9", "scale2.0"]
    assert browser.texts("#count") == ["2 of 14 packages in pylock.toml"]


def test_search_shows_the_ways_from_the_project_to_what_is_found(browser: Browser) -> None:
    browser.type("#search", "resin")

    faded = {one.replace(" ", "") for one in browser.texts(".node.faded")}
    lines = browser.run("return document.querySelectorAll('.edge:not(.faded)').length")

    assert (browser.texts(".node.up"), "tray2.2" in faded, "kettle1.4" in faded, lines) == (["tray2.2"], False, True, 2)


def test_whole_graph_is_seen_at_first_in_a_window_that_is_smaller(window: Browser, page: Path) -> None:
    window.resize(900, 420)
    window.open("about:blank")
    window.open(page.as_uri())

    seen = window.run(
        "const room = document.getElementById('scroll');"
        "const graph = document.getElementById('graph').getBoundingClientRect();"
        "const drawn = document.getElementById('graph').viewBox.baseVal;"
        "return [graph.width <= room.clientWidth, graph.height <= room.clientHeight, graph.width < drawn.width];"
    )

    assert seen == [True, True, True]


def test_package_says_where_its_files_are_and_how_large(browser: Browser) -> None:
    browser.type("#search", "kettle\ue007")

    assert re.fullmatch(
        r"from http://127\.0\.0\.1:[0-9]+/simple/kettle/, [0-9.]+ k?B( to [0-9.]+ k?B)?", browser.texts("aside p")[0]
    )


def test_search_for_nothing_that_is_there_says_so(browser: Browser) -> None:
    browser.type("#search", "teapot")

    assert (shown(browser), browser.texts("#none")) == ([], ["No package fits."])


def test_enter_in_the_search_shows_the_first_package_with_its_requirers(browser: Browser) -> None:
    browser.type("#search", "resin\ue007")

    assert browser.texts("aside h2") == ["resin 1.0"]
    assert browser.texts("aside li") == ["tray 2.2\nresin>=1 with the extra lacquer"]
    assert browser.run("return decodeURIComponent(location.hash)") == "#resin 1.0"


def test_declaration_is_reported_with_its_file_and_line(browser: Browser) -> None:
    browser.type("#search", "kettle\ue007")

    assert browser.texts("aside li")[:2] == [
        "pyproject.toml:6 (project.dependencies[0])\nkettle>=1",
        "pyproject.toml:15 (dependency-groups.dev[1]) (group dev)\nkettle",
    ]


def test_environment_leaves_what_is_installed_there(browser: Browser) -> None:
    everything = shown(browser)
    choose(browser, "windows x86_64 3.14")

    assert shown(browser) == [each for each in everything if each != "scale 1.9"]

    choose(browser, "linux x86_64 3.11")

    assert shown(browser) == [each for each in everything if each not in ("cell 3.2", "scale 2.0", "whistle 0.5")]
    assert len(drawn(browser)) == len(shown(browser)) + 1


def test_group_and_extra_that_are_left_out_take_their_packages_with_them(browser: Browser) -> None:
    for section in ("group dev", "extra biscuits"):
        browser.click(f"#sections input[value='{section}']")

    assert not {"taster 3.0", "shortbread 3.1", "leaf 0.3"} & {*shown(browser)}
    assert "kettle 1.4" in shown(browser)


def test_only_what_is_joined_to_a_package_is_drawn_on_demand(browser: Browser) -> None:
    browser.type("#search", "resin\ue007")
    browser.click("#only")

    assert drawn(browser) == ["resin1.0", "teahouse", "tray2.2"]


def test_keys_walk_along_the_requirements(browser: Browser) -> None:
    browser.run("document.querySelector('.node[aria-label^=\"tray\"]').focus()")
    browser.press("Right", "Enter")
    below = browser.texts("aside h2")
    browser.press("Left", "Enter")

    assert (below, browser.texts("aside h2")) == (["cup 4.0"], ["tray 2.2"])

    browser.press("Escape")

    assert browser.texts("aside h2") == []


def test_link_to_a_package_shows_it(window: Browser, page: Path) -> None:
    window.open("about:blank")
    window.open(f"{page.as_uri()}#cup")

    assert window.texts("aside h2") == ["cup 4.0"]
    assert window.texts("#packages button[aria-current='true']") == ["cup\n4.0"]


def test_mouse_reaches_the_packages_of_the_graph(browser: Browser) -> None:
    browser.click(".node[aria-label^='saucer']")

    assert browser.texts("aside h2") == ["saucer 4.0"]


def test_assistive_technology_learns_what_everything_is(browser: Browser) -> None:
    reported = {
        selector: browser.role_and_name(selector) for selector in ("#search", "#environment", "nav", "aside", "#fit")
    }

    assert reported == {
        "#search": ("searchbox", "Search"),
        "#environment": ("combobox", "Environment"),
        "nav": ("navigation", "Packages"),
        "aside": ("complementary", "The chosen package"),
        "#fit": ("button", "Fit the graph into the window"),
    }
    assert browser.role_and_name(".node[data-package='1']") == ("button", "cup 4.0, requires 1, required by 3")


def test_one_package_of_the_graph_can_be_reached_with_the_tab_key(browser: Browser) -> None:
    assert browser.run("return document.querySelectorAll('.node[tabindex=\"0\"]').length") == 1


def test_narrow_window_needs_no_scrolling_to_the_side(browser: Browser) -> None:
    browser.resize(500, 800)

    assert browser.run("return document.documentElement.scrollWidth <= window.innerWidth")


def test_text_of_a_lock_is_never_code(window: Browser, tmp_path: Path) -> None:
    harm = "</script><script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">"
    package = {"name": "a", "version": harm, "marker": harm, "files": []}
    requirement: dict[str, object] = {"source": None, "target": 0, "text": harm, "extras": [], "via": []}
    requirement |= {"condition": harm, "section": harm, "written": harm, "environments": [], "always": True}
    lock = {"title": harm, "lock": harm, "environments": [], "packages": [package], "requirements": [requirement]}
    file = tmp_path / "harm.html"
    file.write_text(composed(lock, title=harm, text=harm), encoding="utf-8")
    window.messages()

    window.open(f"{file.as_uri()}#a")

    assert window.run("return [document.title, document.images.length]") == [harm, 0]
    assert window.texts("aside h2") == [f"a {harm}"]
    assert window.messages() == []
