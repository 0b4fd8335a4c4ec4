"""`lockenv doctor`: what lockenv works with, and what is in the way, without a secret on the page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.support.program import Result, lockenv
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

USER, PASSWORD = "reader", "s3cret-word"


def found(result: Result) -> dict[str, Any]:
    """Return what a run printed as JSON."""
    page: dict[str, Any] = json.loads(result.out)
    return page


def test_nothing_is_in_the_way_of_a_synced_project(synced: Path, index: LoopbackIndex) -> None:
    before = sorted(path.relative_to(synced) for path in synced.rglob("*"))

    page = lockenv("doctor", cwd=synced)
    offline = lockenv("doctor", "--offline", "--json", cwd=synced)

    assert (page.code, page.err) == (0, "nothing is in the way of `lock` and `sync`\n")
    assert "(pylockenv)" in page.out
    assert f"{index.url}: 200 in " in page.out
    assert "pylock.toml: usable, " in page.out
    assert ".venv: in sync, Python 3." in page.out
    assert (offline.code, found(offline)["ok"]) == (0, True)
    assert [(each["is_asked"], each["status"]) for each in found(offline)["indexes"]] == [(False, 0)]
    assert sorted(path.relative_to(synced) for path in synced.rglob("*")) == before


def test_offline_asks_no_server(locked: Path, index: LoopbackIndex) -> None:
    asked = len(index.paths)

    assert lockenv("doctor", "--offline", cwd=locked).code == 0
    assert len(index.paths) == asked


def test_all_that_is_in_the_way_is_named_once_with_what_helps(locked: Path, index: LoopbackIndex) -> None:
    project = locked / "pyproject.toml"
    project.write_text(project.read_text("utf-8").replace("app>=1", "app>=9"), "utf-8")
    (locked / ".venv").mkdir()
    (locked / ".venv" / "mine").write_text("", "utf-8")
    index.stop()

    result = lockenv("doctor", "--json", cwd=locked, env={"SSL_CERT_FILE": str(locked / "none.pem")})

    hints = {each["message"].partition(":")[0]: each["hint"] for each in found(result)["obstacles"]}
    assert (result.code, found(result)["ok"]) == (1, False)
    assert hints == {
        "pylock.toml is out of date": "run `lockenv lock` and commit the change",
        f"{locked}/.venv is not a virtual environment (it has no pyvenv.cfg); nothing was changed": "use --venv to "
        "choose another directory",
        f"cannot read the CA bundle {locked}/none.pem": "use --cert or SSL_CERT_FILE with a file of certificates in "
        "PEM format",
        "http": "try again later, or use --offline to work from the cache",
    }


def test_page_names_what_a_denied_login_needs_and_shows_no_secret(tmp_path: Path) -> None:
    with LoopbackIndex(credentials=(USER, PASSWORD)) as index:
        index.add(wheel("lib", "1.1"))
        tool = {"index": [{"name": "house", "url": index.url}]}
        project = write_project(tmp_path / "project", ["lib"], tool=tool)
        login = {"LOCKENV_INDEX_HOUSE_URL": index.url, "LOCKENV_INDEX_HOUSE_USERNAME": USER}

        denied = lockenv("doctor", cwd=project, env={"LOCKENV_API_TOKEN": PASSWORD})
        wrong = lockenv("doctor", cwd=project, env={**login, "LOCKENV_INDEX_HOUSE_PASSWORD": f"{PASSWORD}?"})
        right = lockenv("doctor", "--json", cwd=project, env={**login, "LOCKENV_INDEX_HOUSE_PASSWORD": PASSWORD})

    assert [denied.code, wrong.code, right.code] == [1, 1, 1]
    assert "LOCKENV_INDEX_HOUSE_PASSWORD" in denied.out
    assert "index `house` rejected the login" in wrong.out
    assert [each["message"] for each in found(right)["obstacles"]] == ["pylock.toml does not exist"]
    assert [each["status"] for each in found(right)["indexes"]] == [200]
    assert PASSWORD not in "".join(each.out + each.err for each in (denied, wrong, right))


def test_page_is_printed_for_a_project_that_cannot_be_read(tmp_path: Path, index: LoopbackIndex) -> None:
    project = write_project(tmp_path / "project", ["lib"], index=index.url)
    (project / "pyproject.toml").write_text("[project\n", "utf-8")

    result = lockenv("doctor", "--offline", cwd=project)

    assert result.code == 1
    assert "in the way     " in result.out
    assert "[pyproject.toml:1" in result.out
    assert result.out.startswith("lockenv ")


def test_missing_python_is_in_the_way_and_named_once(locked: Path) -> None:
    (locked / ".python-version").write_text("3.99\n", "utf-8")

    result = lockenv("doctor", "--offline", "--json", cwd=locked)

    (obstacle,) = found(result)["obstacles"]
    assert result.code == 1
    assert "3.99" in obstacle["message"]
    assert found(result)["project"]["environment_state"] == "missing"
