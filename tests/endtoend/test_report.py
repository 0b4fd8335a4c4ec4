"""`lockenv report`: one page on a lock, from what the lock and the cache know; it sends no request."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.endtoend.test_audit import GHSA, publishes
from tests.endtoend.test_direct import ok
from tests.support.browser import FAINT, Browser, chromium
from tests.support.program import Result, lockenv
from tests.support.projects import write_project
from tests.support.repository import commit, repository
from tests.support.server import LoopbackIndex
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

SEEN = pytest.mark.skipif(chromium() is None, reason="there is no chromium with a chromedriver")
TODAY = {"LOCKENV_NOW": "2026-11-29T12:00:00Z"}
_TOOL = {
    "audit": {"ignore": [{"id": "GHSA-x", "reason": "we pour <slowly>", "until": "2099-01-01"}]},
    "licenses": {"deny": ["AGPL-*"]},
    "allow-build": ["made"],
}
_PUBLISHER = 'attestation-identities = [{ kind = "GitHub", repository = "tea/kettle", workflow = "release.yml" }]\n'


class Reviewed(NamedTuple):
    """A project whose lock is reviewed, and what was asked of the index meanwhile."""

    project: Path
    done: Result
    asked: list[str]


def reported(*args: str, cwd: Path) -> Result:
    done = lockenv("report", *args, cwd=cwd, env=TODAY)
    assert done.code == 0, done.err
    return done


def as_json(project: Path, *args: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(reported("--json", *args, cwd=project).out)
    return found


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Reviewed:
    """Provide the page of a lock with a vulnerability, a denied license, a build, and what changed since HEAD."""
    project = tmp_path_factory.mktemp("report") / "teahouse"
    with LoopbackIndex() as index:
        index.add_all(
            wheel("kettle", "1.0", about=["License-Expression: MIT"]),
            wheel("kettle", "1.4", requires=["element"], about=["License-Expression: MIT"]),
            wheel("element", "1.0", about=["License-Expression: AGPL-3.0-only"]),
            wheel("whistle", "0.5", tag="py3-none-win_amd64"),
            sdist("made"),
        )
        requires = ["kettle<1.2", "made", "whistle; sys_platform == 'win32'"]
        write_project(project, requires, index=index.url, name="teahouse", tool=_TOOL)
        repository(project)
        ok("lock", cwd=project)
        commit(project, "locked")
        write_project(project, ["kettle", *requires[1:]], index=index.url, name="teahouse", tool=_TOOL)
        assert lockenv("lock", "--upgrade", cwd=project).code == 0
        publishes(index, {"kettle/1.4": [GHSA], "element/1.0": [{**GHSA, "id": "GHSA-x", "aliases": []}]})
        assert lockenv("audit", cwd=project, env=TODAY).code == 1
        count = len(index.paths)
        done = reported("--html", "page.html", "--against", "HEAD", cwd=project)
        return Reviewed(project, done, index.paths[count:])


def test_page_is_written_without_a_request(reviewed: Reviewed) -> None:
    assert (reviewed.done.out, reviewed.done.err, reviewed.asked) == ("", "wrote page.html\n", [])


def test_report_names_the_lockfile_by_its_digest(reviewed: Reviewed) -> None:
    found = as_json(reviewed.project)

    digest = hashlib.sha256((reviewed.project / "pylock.toml").read_bytes()).hexdigest()
    assert (found["lock"], found["project"], found["day"]) == ("pylock.toml", "teahouse", "2026-11-29")
    assert found["sha256"] == digest
    assert digest in (reviewed.project / "page.html").read_text()


def test_findings_begin_with_the_gravest(reviewed: Reviewed) -> None:
    found = as_json(reviewed.project)["concerns"]

    assert [(one["level"], one["package"], one["text"].partition(";")[0]) for one in found] == [
        ("error", "element 1.0", "is licensed under AGPL-3.0-only, which is denied"),
        (
            "error",
            "kettle 1.4",
            "has GHSA-aaaa-bbbb-cccc (CVE-2026-1, PYSEC-2026-1): lib reads what it should not",
        ),
        ("warning", "made 1.0", "names no license"),
        ("warning", "made 1.0", "has no wheel: installing it runs its build, which the project allows"),
        ("warning", "whistle 0.5", "names no license"),
        ("note", "", "what builds need is locked in pylock.build.toml, which is not part of this report"),
        ("note", "element 1.0", "has GHSA-x: lib reads what it should not"),
    ]


def test_release_says_where_it_is_from_and_who_requires_it(reviewed: Reviewed) -> None:
    packages = {one["name"]: one for one in as_json(reviewed.project, "--against", "HEAD")["packages"]}

    chosen = ("version", "required_by", "license", "change", "wheels", "must_be_built")
    assert [[packages[name][key] for key in chosen] for name in ("element", "kettle", "made")] == [
        ["1.0", ["kettle"], "AGPL-3.0-only", "added", 1, False],
        ["1.4", ["the project"], "MIT", "changed", 1, False],
        ["1.0", ["the project"], "", "", 0, True],
    ]


def test_what_is_not_known_is_said(reviewed: Reviewed, tmp_path: Path) -> None:
    done = lockenv("report", "--json", cwd=reviewed.project, env={**TODAY, "LOCKENV_CACHE_DIR": str(tmp_path)})

    found = json.loads(done.out)
    assert found["unknown"] == [
        "vulnerabilities of 4 of 4 packages: `lockenv audit` asks for them",
        "upload time of 4 of 4 packages: the index does not state it",
        "publisher of 4 of 4 packages: the lockfile names none",
        "license of 2 of 4 packages: neither the lockfile nor the cache has it",
        "code that runs whenever Python starts: the lockfile records it with `deny-startup-code`",
    ]


def test_age_and_publisher_are_those_of_the_lock(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("kettle"))
    project = write_project(tmp_path / "project", ["kettle"], index=index.url)
    ok("lock", cwd=project)
    lock = project / "pylock.toml"
    text = re.sub(r"(?m)size = \d+", r"\g<0>, upload-time = 2026-11-26T09:00:00Z", lock.read_text())
    lock.write_text(text.replace('\nversion = "1.0"\n', f'\nversion = "1.0"\n{_PUBLISHER}', 1))

    found = as_json(project)

    (release,) = found["packages"]
    assert (release["last_upload"], release["publishers"]) == (
        "2026-11-26",
        ["GitHub tea/kettle (workflow release.yml)"],
    )
    assert found["concerns"] == [
        {"level": "warning", "package": "kettle 1.0", "text": "has a file that was uploaded on 2026-11-26, 3 days ago"}
    ]


def test_publisher_that_is_not_the_required_one_is_a_problem(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("kettle"))
    project = write_project(tmp_path / "project", ["kettle"], index=index.url)
    ok("lock", cwd=project)
    rule = {"publishers": {"kettle": {"repository": "tea/kettle"}}}
    write_project(project, ["kettle"], index=index.url, tool=rule)

    found = as_json(project)["concerns"]

    assert ("error", "kettle 1.0") in [(one["level"], one["package"]) for one in found]


@pytest.mark.parametrize(("allowed", "level"), [([], "error"), (["kettle"], "note")], ids=["denied", "allowed"])
def test_code_that_runs_at_start_is_named(tmp_path: Path, index: LoopbackIndex, allowed: list[str], level: str) -> None:
    index.add(wheel("kettle", files={"kettle.pth": "import kettle\n", "kettle.py": ""}))
    tool = {"deny-startup-code": True, "allow-startup-code": ["kettle"]}
    project = write_project(tmp_path / "project", ["kettle"], index=index.url, tool=tool)
    ok("lock", cwd=project)
    write_project(project, ["kettle"], index=index.url, tool={**tool, "allow-startup-code": allowed})

    found = as_json(project)

    assert [(one["level"], one["package"], "kettle.pth" in one["text"]) for one in found["concerns"]] == [
        (level, "kettle 1.0", True)
    ]
    assert found["packages"][0]["startup_code"] == ["kettle.pth"]


def test_release_that_passed_the_cutoff_says_why(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("kettle"))
    project = write_project(tmp_path / "project", ["kettle"], index=index.url)
    ok("lock", cwd=project)
    lock = project / "pylock.toml"
    lock.write_text(
        lock.read_text().replace("[packages.tool.lockenv]\n", '[packages.tool.lockenv]\npast-cutoff = "G-1"\n')
    )

    found = as_json(project)["concerns"]

    assert [(one["level"], one["package"], "G-1" in one["text"]) for one in found] == [("note", "kettle 1.0", True)]


def test_markdown_begins_with_the_findings_and_has_every_package(reviewed: Reviewed) -> None:
    text = reported("--against", "HEAD", cwd=reviewed.project).out

    assert text.startswith("### Review of `pylock.toml`: 4 packages, 2 problems, 3 to check, 2 notes\n")
    assert "| problem | `element 1.0` | is licensed under AGPL-3.0-only, which is denied" in text
    assert "### `changes since pylock.toml at HEAD`: 1 added, 1 changed" in text
    assert text.index("<details>") < text.index("| `whistle 0.5` where `sys_platform == 'win32'` |")
    assert reported("--markdown", "--against", "HEAD", cwd=reviewed.project).out == text


def test_same_lock_cache_and_day_make_the_same_page(reviewed: Reviewed) -> None:
    page = (reviewed.project / "page.html").read_text()

    assert reported("--html", "-", "--against", "HEAD", cwd=reviewed.project).out.rstrip("\n") == page.rstrip("\n")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--html", "x.html", "--json"), "--html cannot be used with --json"),
        (("--html", "pylock.toml"), "pylock.toml"),
        (("--against", "nowhere"), "nowhere"),
    ],
)
def test_mistakes_are_refused(reviewed: Reviewed, args: tuple[str, ...], message: str) -> None:
    before = (reviewed.project / "pylock.toml").read_bytes()

    done = lockenv("report", *args, cwd=reviewed.project)

    assert (done.code, message in done.err) == (2, True)
    assert (reviewed.project / "pylock.toml").read_bytes() == before


def test_text_of_a_lock_is_text_in_the_page(reviewed: Reviewed) -> None:
    page = (reviewed.project / "page.html").read_text()

    assert "we pour &lt;slowly&gt;" in page
    assert re.findall(r"<script|<img|<iframe|<link|\son\w+=|src=|url\(|@import", page) == []


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


@SEEN
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_page_can_be_read_on_every_screen(window: Browser, reviewed: Reviewed, width: int, scheme: str) -> None:
    window.emulate(width, scheme)
    window.messages()
    window.open("about:blank")
    window.open((reviewed.project / "page.html").as_uri())
    if folder := os.environ.get("LOCKENV_SCREENSHOTS"):
        window.screenshot(Path(folder, f"report-{width}-{scheme}.png"))

    wide = window.run("return document.documentElement.scrollWidth > document.documentElement.clientWidth")
    asked = window.run("return performance.getEntriesByType('resource').length")
    assert (window.run(FAINT, "body"), wide, asked, window.messages()) == ([], False, 0, [])


@SEEN
def test_assistive_technology_gets_sections_and_headings_of_rows(window: Browser, reviewed: Reviewed) -> None:
    window.open((reviewed.project / "page.html").as_uri())

    assert window.texts("h2") == [
        "Findings",
        "Not known",
        "Changes since pylock.toml at HEAD",
        "Packages",
        "Publishers",
        "Licenses",
        "Known vulnerabilities",
        "Decision",
    ]
    assert window.role_and_name("#packages") == ("region", "Packages")
    assert window.texts("#packages tbody th")[0].splitlines() == ["element 1.0", "added"]
    assert window.run("return [...document.querySelectorAll('#vulnerabilities a')].map((one) => one.href)") == [
        GHSA["link"],
        GHSA["link"],
    ]


@SEEN
def test_page_is_printed_with_room_for_a_signature(window: Browser, reviewed: Reviewed) -> None:
    window.open((reviewed.project / "page.html").as_uri())

    assert window.texts("#sign dt") == ["Reviewed by", "Date", "Decision", "Signature"]
    assert window.printed()[:5] == b"%PDF-"
