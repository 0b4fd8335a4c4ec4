"""The actions and the template that keep a lockfile up to date, their scripts run with bash in a real repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.endtoend.test_direct import ok
from tests.support.ci_steps import FailedStepError, loaded, run_action, run_job
from tests.support.program import PYTHON, environment, lockenv
from tests.support.projects import write_project
from tests.support.repository import ENVIRONMENT, git, repository
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.server import LoopbackIndex

ROOT = Path(__file__).parents[2]
UPGRADE = ROOT / ".github" / "actions" / "upgrade" / "action.yml"
PROPOSE = ROOT / ".github" / "actions" / "propose" / "action.yml"
GITLAB = ROOT / ".gitlab" / "upgrade.yml"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash"),
]
_GH = f"""\
#!{PYTHON}
import json, os, sys

words = sys.argv[1:]
bodies = [open(words[at + 1]).read() for at, word in enumerate(words) if word == "--body-file"]
with open(os.environ["GH_LOG"], "a") as file:
    file.write(json.dumps([*words, *bodies]) + "\\n")
if words[:2] == ["pr", "list"]:
    print(os.environ.get("GH_NUMBER", ""))
"""


class Place(NamedTuple):
    """A clone of a project, the repository that it is of, and the variables of a job."""

    clone: Path
    origin: Path
    env: dict[str, str]

    @property
    def asked(self) -> list[list[str]]:
        """What gh was called with."""
        log = Path(self.env["GH_LOG"])
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def branch(self, name: str, file: str = "pylock.toml") -> str:
        return git(self.origin, "show", f"{name}:{file}")


@pytest.fixture
def place(tmp_path: Path, index: LoopbackIndex) -> Place:
    """Provide a clone whose lock has lib 1.1, with lib 1.2 on the index."""
    clone, origin = tmp_path / "work" / "clone", tmp_path / "origin.git"
    write_project(clone, ["lib"], index=index.url)
    repository(clone)
    ok("lock", cwd=clone)
    (clone / ".gitignore").write_text(".venv/\nlockenv-upgrade/\n")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "locked")
    git(tmp_path, "clone", "-q", "--bare", str(clone), str(origin))
    git(clone, "remote", "add", "origin", str(origin))
    index.add(wheel("lib", "1.2"))
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("gh", _GH), ("lockenv", f'#!/bin/sh\nexec {PYTHON} -m lockenv "$@"\n')):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    env = {**environment(clone), **ENVIRONMENT, "HOME": str(tmp_path), "GH_LOG": str(tmp_path / "gh.log")}
    env |= {"PATH": f"{programs}{os.pathsep}{ENVIRONMENT['PATH']}", "LOCKENV_REFRESH": "1"}
    return Place(clone, origin, env)


def upgraded(place: Place, **inputs: str) -> list[str]:
    return run_action(UPGRADE, inputs, place.clone, place.env).steps


def proposed(place: Place, **inputs: str) -> None:
    run_action(PROPOSE, {"token": "secret", **inputs}, place.clone, place.env)


def test_upgrade_is_checked_tested_and_proposed(place: Place) -> None:
    tests = "lockenv run --no-sync python -c 'import lib; print(lib.__version__)' > tested"

    steps = upgraded(place, tests=tests)
    git(place.clone, "checkout", "-q", "--", ".")
    proposed(place)

    assert steps == ["Install lockenv", "Upgrade", "Check on the index", "Write what is proposed", "Test"]
    assert (place.clone / "tested").read_text() == "1.2\n"
    assert 'version = "1.2"' in place.branch("lockenv/upgrade")
    assert 'version = "1.1"' in place.branch("main")
    setup, listed, created = place.asked
    assert setup == ["auth", "setup-git"]
    assert listed[:4] == ["pr", "list", "--head", "lockenv/upgrade"]
    assert created[:6] == ["pr", "create", "--head", "lockenv/upgrade", "--title", "Upgrade the lockfile"]
    assert created[-1].startswith("### `pylock.toml`: 1 changed\n")
    assert "| lib | `1.1` | `1.2` |" in created[-1]


def test_proposal_of_the_same_branch_is_renewed(place: Place) -> None:
    upgraded(place)
    git(place.clone, "checkout", "-q", "--", ".")

    run_action(PROPOSE, {"token": "secret"}, place.clone, {**place.env, "GH_NUMBER": "12"})

    assert place.asked[-1][:3] == ["pr", "edit", "12"]


def test_nothing_newer_proposes_nothing(place: Place, index: LoopbackIndex) -> None:
    index.remove("lib-1.2-py3-none-any.whl")

    ran = run_action(UPGRADE, {"tests": "false"}, place.clone, place.env)

    assert (ran.steps, ran.outputs) == (["Install lockenv", "Upgrade"], {"upgrade": {"changed": "false"}})


def test_release_within_the_cooldown_is_left_out(place: Place, index: LoopbackIndex) -> None:
    index.remove("lib-1.2-py3-none-any.whl")
    index.add(wheel("lib", "1.2"), upload_time="2026-11-28T00:00:00Z")
    index.remove("lib-1.1-py3-none-any.whl")
    index.add(wheel("lib", "1.1"), upload_time="2026-01-01T00:00:00Z")
    write_project(place.clone, ["lib"], index=index.url, tool={"exclude-newer": "7 days"})
    env = {**place.env, "LOCKENV_NOW": "2026-11-29T00:00:00Z"}

    run_action(UPGRADE, {}, place.clone, env)

    assert 'version = "1.1"' in (place.clone / "pylock.toml").read_text()


def test_failed_tests_end_the_job_before_anything_is_proposed(place: Place) -> None:
    with pytest.raises(FailedStepError) as failed:
        upgraded(place, tests="echo one test fails; exit 1")

    assert failed.value.name == "Test"
    assert "one test fails" in failed.value.log


def test_upgrade_gets_no_token_and_proposing_runs_nothing_of_it() -> None:
    upgrade, propose = loaded(UPGRADE), loaded(PROPOSE)

    assert "token" not in upgrade["inputs"]
    assert [step["name"] for step in propose["runs"]["steps"] if "GH_TOKEN" in step["env"]] == [
        "Open or renew the pull request"
    ]
    words = {word for step in propose["runs"]["steps"] for word in re.findall(r"(?m)^\s*([a-z]+) ", step["run"])}
    assert words <= {"git", "gh", "elif", "if"}


def test_files_that_are_no_lockfiles_are_not_proposed(place: Place) -> None:
    upgraded(place)
    patch = place.clone / "lockenv-upgrade" / "lockfiles.patch"
    text = "diff --git a/evil.py b/evil.py\nnew file mode 100644\n--- /dev/null\n+++ b/evil.py\n@@ -0,0 +1 @@\n+evil\n"
    patch.write_text(patch.read_text() + text)
    git(place.clone, "checkout", "-q", "--", ".")

    proposed(place)

    assert git(place.origin, "diff", "--name-only", "main", "lockenv/upgrade") == "pylock.toml\n"


def test_text_of_inputs_is_no_code(place: Place) -> None:
    title = "$(touch harmed) `touch harmed`; touch harmed"

    upgraded(place)
    git(place.clone, "checkout", "-q", "--", ".")
    proposed(place, title=title)

    assert not (place.clone / "harmed").exists()
    assert git(place.origin, "log", "-1", "--format=%s", "lockenv/upgrade") == f"{title}\n"


class Forge(NamedTuple):
    """A server that answers as the API for merge requests does, and what it was asked."""

    url: str
    asked: list[tuple[str, str, dict[str, str]]]
    opened: list[dict[str, int]]


@pytest.fixture
def forge() -> Iterator[Forge]:
    asked: list[tuple[str, str, dict[str, str]]] = []
    opened: list[dict[str, int]] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode() or query
            asked.append((self.command, path, dict(urllib.parse.parse_qsl(body))))
            content = json.dumps(opened if self.command == "GET" else {}).encode()
            self.send_response(200 if self.headers.get("PRIVATE-TOKEN") == "secret" else 401)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Forge(f"http://127.0.0.1:{server.server_port}/api/v4", asked, opened)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
@pytest.mark.parametrize("number", [0, 7], ids=["new", "renewed"])
def test_template_of_gitlab_proposes_a_merge_request(place: Place, forge: Forge, number: int) -> None:
    if number:
        forge.opened.append({"iid": number})
    git(place.clone, "config", f"url.{place.origin}.insteadOf", "https://lockenv:secret@git.example/team/app.git")
    env = {**place.env, "UPGRADE_TESTS": "lockenv run --no-sync python -c 'import lib'"}
    run_job(GITLAB, "lockenv-upgrade", place.clone, env)
    git(place.clone, "checkout", "-q", "--", ".")
    job = {"CI_SERVER_HOST": "git.example", "CI_PROJECT_PATH": "team/app", "CI_PROJECT_ID": "3",
           "CI_API_V4_URL": forge.url, "CI_DEFAULT_BRANCH": "main", "UPGRADE_TOKEN": "secret"}  # fmt: skip

    run_job(GITLAB, "lockenv-propose", place.clone, {**place.env, **job})

    assert 'version = "1.2"' in place.branch("lockenv/upgrade")
    where = "/api/v4/projects/3/merge_requests"
    (get, post) = forge.asked
    assert get == ("GET", where, {"state": "opened", "source_branch": "lockenv/upgrade"})
    assert post[:2] == (("PUT", f"{where}/7") if number else ("POST", where))
    assert post[2]["title"] == "Upgrade the lockfile"
    assert "| lib | `1.1` | `1.2` |" in post[2]["description"]


def test_template_of_gitlab_proposes_nothing_without_a_change(place: Place, index: LoopbackIndex) -> None:
    index.remove("lib-1.2-py3-none-any.whl")
    run_job(GITLAB, "lockenv-upgrade", place.clone, place.env)

    ran = run_job(GITLAB, "lockenv-propose", place.clone, place.env)

    assert ran.log.endswith("nothing to propose\n")


def test_recipe_of_renovate_renews_the_lockfile_after_a_change_of_a_bound(place: Place, index: LoopbackIndex) -> None:
    page = (ROOT / "docs" / "upgrading-in-ci.md").read_text("utf-8")
    recipe, allowed = (json.loads(text) for text in re.findall(r"```json\n(.*?)```", page, re.DOTALL))
    tasks = recipe["postUpgradeTasks"]
    write_project(place.clone, ["lib>=1.2"], index=index.url)

    for command in tasks["commands"]:
        assert any(re.search(pattern, command) for pattern in allowed["allowedCommands"])
        subprocess.run(command.split(), cwd=place.clone, env=place.env, check=True, capture_output=True)

    changed = git(place.clone, "diff", "--name-only").splitlines()
    assert changed == ["pylock.toml", "pyproject.toml"]
    # Renovate commits what it changed itself, and what the filters name.
    assert tasks["fileFilters"] == ["**/pylock*.toml"]
    assert lockenv("check", cwd=place.clone).code == 0


def test_page_shows_jobs_that_use_inputs_which_the_actions_have() -> None:
    page = (ROOT / "docs" / "upgrading-in-ci.md").read_text("utf-8")
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    workflow, template = (yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL))

    jobs = workflow["jobs"]
    used = [step for job in jobs.values() for step in job["steps"] if ".github/actions/" in step.get("uses", "")]
    assert [step["uses"].partition("/.github/actions/")[2].partition("@")[0] for step in used] == ["upgrade", "propose"]
    for step, file in zip(used, (UPGRADE, PROPOSE), strict=True):
        assert set(step["with"]) <= set(loaded(file)["inputs"])
    assert jobs["upgrade"]["permissions"] == {"contents": "read"}
    assert set(template["variables"]) <= set(loaded(GITLAB)["variables"])
