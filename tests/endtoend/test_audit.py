"""`audit`: what the index and an OSV server know of the locked releases, what is borne, and what raising ends."""

from __future__ import annotations

import http.server
import json
import threading
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.program import Result, lockenv
from tests.support.projects import write_project
from tests.support.server import Answer, LoopbackIndex, Status
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

GHSA: dict[str, Any] = {
    "id": "GHSA-aaaa-bbbb-cccc",
    "aliases": ["CVE-2026-1", "PYSEC-2026-1"],
    "summary": "lib reads what it should not",
    "details": "Long.",
    "fixed_in": ["0.9", "1.2", "2.1"],
    "link": "https://osv.example/GHSA-aaaa-bbbb-cccc",
    "source": "osv",
    "withdrawn": None,
}
WITHDRAWN = {**GHSA, "id": "GHSA-dddd-eeee-ffff", "aliases": [], "withdrawn": "2026-01-01T00:00:00Z"}


def publishes(index: LoopbackIndex, known: Mapping[str, list[dict[str, Any]]]) -> None:
    """Make the index publish the vulnerabilities of `name/version`; no others are known."""
    for release, vulnerabilities in known.items():
        body = json.dumps({"info": {}, "vulnerabilities": vulnerabilities}).encode()
        headers = {"Content-Type": "application/json"}
        index.fail(f"/pypi/{release}/json", Answer(body, headers), times=None)
    index.fail("/pypi/", Answer(b'{"info": {}, "vulnerabilities": []}'), times=None)


def ran(*args: str, cwd: Path, code: int = 0, env: Mapping[str, str] | None = None) -> Result:
    result = lockenv(*args, cwd=cwd, env=env)
    assert result.code == code, result.err
    return result


def names(directory: Path) -> dict[str, str]:
    lock = tomllib.loads(directory.joinpath("pylock.toml").read_text())
    return {package["name"]: package["version"] for package in lock["packages"]}


def ignoring(project: Path, until: str, name: str = "CVE-2026-1") -> None:
    with project.joinpath("pyproject.toml").open("a") as file:
        file.write(
            f'\n[tool.lockenv.audit]\nignore = [{{ id = "{name}", reason = "we read nothing", until = {until} }}]\n'
        )


def test_lock_without_vulnerabilities_is_yes(locked: Path, index: LoopbackIndex) -> None:
    publishes(index, {"lib/1.1": [WITHDRAWN]})

    assert "no known vulnerabilities in 5 packages" in ran("audit", cwd=locked).err


def test_vulnerability_is_reported_with_its_place_and_fix(locked: Path, index: LoopbackIndex) -> None:
    publishes(index, {"lib/1.1": [GHSA]})

    result = ran("audit", cwd=locked, code=1)

    line = locked.joinpath("pylock.toml").read_text().split("\n").index('name = "lib"') + 2
    assert result.err.splitlines()[:2] == [
        "no: 1 known vulnerability in 1 of 5 packages",
        "  lib 1.1 has GHSA-aaaa-bbbb-cccc (CVE-2026-1, PYSEC-2026-1): lib reads what it should not; "
        f"fixed in 0.9, 1.2, 2.1 [pylock.toml:{line} (packages[1].version)]",
    ]


def test_what_is_ignored_is_borne_until_its_day(locked: Path, index: LoopbackIndex) -> None:
    publishes(index, {"lib/1.1": [GHSA]})
    ignoring(locked, '"2026-12-31"')

    before = ran("audit", cwd=locked, env={"LOCKENV_NOW": "2026-12-30T23:59:59Z"})
    after = ran("audit", cwd=locked, env={"LOCKENV_NOW": "2026-12-31T00:00:00Z"}, code=1)

    assert "lib 1.1 has GHSA-aaaa-bbbb-cccc, ignored until 2026-12-31: we read nothing" in before.err
    assert "it was ignored until 2026-12-31" in after.err
    assert ran("check", cwd=locked).code == 0


def test_needless_ignoring_is_noted(locked: Path, index: LoopbackIndex) -> None:
    publishes(index, {})
    ignoring(locked, "2099-01-01", "CVE-1")

    assert "CVE-1 is ignored, but affects no locked package" in ran("audit", cwd=locked).err


@pytest.mark.parametrize(
    "text",
    [
        "osv = 3",
        'osv = "osv"',
        "more = 1",
        'ignore = [{ reason = "r", until = 2099-01-01 }]',
        'ignore = [{ id = "x", until = 2099-01-01 }]',
        'ignore = [{ id = "x", reason = " ", until = 2099-01-01 }]',
        'ignore = [{ id = "x", reason = "r" }]',
        'ignore = [{ id = "x", reason = "r", until = "soon" }]',
        'ignore = [{ id = "x", reason = "r", until = "2026-02-30" }]',
        'ignore = [{ id = "x", reason = "r", until = 3 }]',
        'ignore = ["x"]',
    ],
)
def test_setting_that_is_not_understood_is_refused(locked: Path, text: str) -> None:
    with locked.joinpath("pyproject.toml").open("a") as file:
        file.write(f"\n[tool.lockenv.audit]\n{text}\n")

    result = ran("audit", cwd=locked, code=2)

    assert result.err.startswith("error: pyproject.toml:"), result.err


def test_reports_for_programs(locked: Path, index: LoopbackIndex) -> None:
    publishes(index, {"lib/1.1": [GHSA], "app/1.0": [{**GHSA, "id": "GHSA-2", "aliases": [], "summary": None}]})
    ignoring(locked, '"2099-12-31"')

    report = json.loads(ran("audit", "--format", "json", cwd=locked, code=1).out)
    sarif = json.loads(ran("audit", "--format", "sarif", cwd=locked, code=1).out)

    assert [one["id"] for one in report["vulnerabilities"]] == ["GHSA-2"]
    assert report["vulnerabilities"][0]["summary"] == "Long."
    assert [(one["id"], one["reason"]) for one in report["ignored"]] == [(GHSA["id"], "we read nothing")]
    assert (report["schema"], report["packages"], report["unknown"]) == (1, 5, [])
    results = sarif["runs"][0]["results"]
    assert [(one["ruleId"], "suppressions" in one) for one in results] == [("GHSA-2", False), (GHSA["id"], True)]
    assert results[0]["locations"][0]["physicalLocation"]["region"]["startLine"] > 1


def test_fix_raises_what_is_vulnerable_and_no_more(locked: Path, index: LoopbackIndex) -> None:
    index.add_all(wheel("lib", "1.2"), wheel("lib", "1.3"), wheel("tester", "9"), wheel("ribbon", "9"))
    publishes(index, {"lib/1.1": [GHSA], "lib/1.3": []})
    before = names(locked)

    result = _fixed(locked)

    assert "~ lib 1.1 → 1.3" in result.err
    assert "no known vulnerabilities in 5 packages" in result.err
    assert names(locked) == {**before, "lib": "1.3"}
    ran("check", cwd=locked)


def _fixed(project: Path, *args: str, code: int = 0) -> Result:
    # Another cache: what the index had is not what it has now.
    return ran("audit", "--fix", *args, cwd=project, code=code, env={"LOCKENV_CACHE_DIR": f"{project}.other-cache"})


def test_fix_goes_on_where_the_newer_release_is_vulnerable_too(locked: Path, index: LoopbackIndex) -> None:
    index.add_all(wheel("lib", "1.2"), wheel("lib", "1.3", requires_python="<3.12"), wheel("lib", "1.4"))
    publishes(index, {"lib/1.1": [GHSA], "lib/1.4": [{**GHSA, "id": "GHSA-2", "aliases": [], "fixed_in": ["1.5"]}]})

    result = _fixed(locked, code=1)

    assert "cannot upgrade lib to 1.5" in result.err
    assert names(locked)["lib"] == "1.4"


def test_fix_that_requirements_forbid_is_reported_and_writes_nothing(tmp_path: Path, index: LoopbackIndex) -> None:
    project = write_project(tmp_path / "held", ["lib==1.1", "ribbon"], index=index.url)
    ran("lock", cwd=project)
    text = project.joinpath("pylock.toml").read_bytes()
    publishes(index, {"lib/1.1": [GHSA]})

    result = ran("audit", "--fix", cwd=project, code=1)

    assert "cannot upgrade lib to 1.2 or later: no index has a version that the requirements allow" in result.err
    assert project.joinpath("pylock.toml").read_bytes() == text


def test_fix_without_writing(locked: Path, index: LoopbackIndex) -> None:
    index.add(wheel("lib", "1.2"))
    publishes(index, {"lib/1.1": [GHSA]})
    text = locked.joinpath("pylock.toml").read_bytes()

    assert _fixed(locked, "--dry-run").err.splitlines()[-3:] == [
        "  ~ lib 1.1 → 1.2",
        "pylock.toml would change (5 packages); nothing was written",
        "no known vulnerabilities would remain in 5 packages",
    ]
    assert locked.joinpath("pylock.toml").read_bytes() == text


def test_index_without_the_api_is_no_answer_and_a_release_without_is_named(locked: Path, index: LoopbackIndex) -> None:
    assert "none of the lockfile's indexes publishes vulnerability data" in ran("audit", cwd=locked, code=2).err

    index.fail("/pypi/lib/1.1/json", Status(404), times=None)
    publishes(index, {})
    result = _audited_afresh(locked)
    assert "no vulnerability data for lib 1.1" in result.err


def _audited_afresh(project: Path) -> Result:
    return ran("audit", cwd=project, env={"LOCKENV_CACHE_DIR": f"{project}.third-cache"})


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"vulnerabilities": 3}'])
def test_nonsense_is_refused(locked: Path, index: LoopbackIndex, body: bytes) -> None:
    index.fail("/pypi/", Answer(body), times=None)

    assert "error: " in ran("audit", cwd=locked, code=2).err


class Osv(http.server.BaseHTTPRequestHandler):
    """OSV's API: one vulnerability of `lib`, on the second page."""

    protocol_version = "HTTP/1.1"
    asked: tuple[list[Any], ...] = ()

    def do_POST(self) -> None:
        queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        type(self).asked = (*self.asked, queries)
        self._answer({"results": [self._result(query) for query in queries]})

    def do_GET(self) -> None:
        fixed = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2"}]}
        affected = [{"package": {"name": "Lib", "ecosystem": "PyPI"}, "ranges": [fixed]}]
        self._answer({"id": self.path.rpartition("/")[2], "summary": "told by OSV", "affected": affected})

    def _result(self, query: dict[str, Any]) -> dict[str, Any]:
        if query["package"]["name"] != "lib":
            return {}
        return {"vulns": [{"id": "OSV-1", "modified": "x"}]} if "page_token" in query else {"next_page_token": "2"}

    def _answer(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def osv() -> Iterator[str]:
    Osv.asked = ()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Osv)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_osv_is_asked_where_it_is_set(locked: Path, osv: str) -> None:
    result = ran("audit", "--osv", osv.rstrip("/"), cwd=locked, code=1)

    assert "lib 1.1 has OSV-1: told by OSV; fixed in 1.2" in result.err
    assert sorted(query["package"]["name"] for query in Osv.asked[0]) == ["app", "lib", "ribbon", "tester", "winpart"]
    assert [[query["package"]["name"] for query in queries] for queries in Osv.asked[1:]] == [["lib"]]


def test_releases_of_an_explicit_index_are_named_to_no_one_else(tmp_path: Path, index: LoopbackIndex, osv: str) -> None:
    with LoopbackIndex() as private:
        private.add(wheel("secret"))
        tool = {
            "index": [{"name": "private", "url": private.url, "explicit": True}],
            "sources": {"secret": {"index": "private"}},
            "audit": {"osv": osv},
        }
        project = write_project(tmp_path / "private", ["secret", "tester"], index=index.url, tool=tool)
        ran("lock", cwd=project)

        result = ran("audit", cwd=project)

    assert [query["package"]["name"] for query in Osv.asked[0]] == ["tester"]
    assert "no vulnerability data for secret 1.0" in result.err


def test_fix_alone_passes_the_cutoff_and_the_lock_says_why(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("core", "1.1"), upload_time="2026-01-01T00:00:00Z")
    here = write_project(tmp_path / "cool", ["core"], index=index.url, tool={"exclude-newer": "2026-06-30"})
    ran("lock", cwd=here)
    for version, month in (("1.2", "08"), ("1.3", "09")):
        index.add(wheel("core", version), upload_time=f"2026-{month}-01T00:00:00Z")
    publishes(index, {"core/1.1": [GHSA]})

    before = here.joinpath("pylock.toml").read_text("utf-8")
    fixed = _fixed(here)

    assert "~ core 1.1 → 1.2" in fixed.err
    (package,) = tomllib.loads(here.joinpath("pylock.toml").read_text("utf-8"))["packages"]
    assert (package["version"], package["tool"]["lockenv"]["past-cutoff"]) == ("1.2", GHSA["id"])
    assert package["tool"]["lockenv"]["past-cutoff-reason"] == GHSA["summary"]
    assert (
        f"core 1.2 was uploaded after exclude-newer, and is locked as it ends {GHSA['id']}"
        in ran("check", cwd=here).err
    )
    here.joinpath("pylock.old.toml").write_text(before, "utf-8")
    shown = ran("diff", "--markdown", "pylock.old.toml", "pylock.toml", cwd=here).out
    assert f"after exclude-newer, ends `{GHSA['id']}`" in shown


def test_fix_that_passed_the_cutoff_stays_until_the_cutoff_admits_more(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("core", "1.1"), upload_time="2026-01-01T00:00:00Z")
    here = write_project(tmp_path / "cool", ["core"], index=index.url, tool={"exclude-newer": "2026-06-30"})
    ran("lock", cwd=here)
    for version, month in (("1.2", "08"), ("1.3", "09")):
        index.add(wheel("core", version), upload_time=f"2026-{month}-01T00:00:00Z")
    publishes(index, {"core/1.1": [GHSA]})
    _fixed(here)
    before = here.joinpath("pylock.toml").read_bytes()

    for words in (("lock",), ("lock", "--refresh"), ("lock", "-U"), ("lock", "-P", "core")):
        ran(*words, cwd=here)
        assert here.joinpath("pylock.toml").read_bytes() == before, words

    write_project(here, ["core"], index=index.url, tool={"exclude-newer": "2026-12-31"})
    ran("lock", "-U", cwd=here)
    (package,) = tomllib.loads(here.joinpath("pylock.toml").read_text("utf-8"))["packages"]
    assert (package["version"], "past-cutoff" in package["tool"]["lockenv"]) == ("1.3", False)
