"""`--log FILE`: what a run asked of servers and of the cache, without a secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

USER, PASSWORD = "reader", "s3cret-word"


def logged(file: Path) -> list[str]:
    """Return the lines of a log, without times and sizes."""
    lines = file.read_text("utf-8").splitlines()
    return [re.sub(r"^ *[\d.]+ ms  |, \d+ bytes in [\d.]+ ms$", "", line) for line in lines]


def test_log_has_each_request_and_how_the_run_ended_but_no_login(tmp_path: Path) -> None:
    with LoopbackIndex(credentials=(USER, PASSWORD)) as index:
        index.add(wheel("lib", "1.1"))
        project = write_project(tmp_path / "project", ["lib"], tool={"index": [{"name": "house", "url": index.url}]})
        login = {
            "LOCKENV_INDEX_HOUSE_URL": index.url,
            "LOCKENV_INDEX_HOUSE_USERNAME": USER,
            "LOCKENV_INDEX_HOUSE_PASSWORD": PASSWORD,
        }
        locked = lockenv("lock", "--log", "lock.log", cwd=project, env=login)
        synced = lockenv("sync", "--log", "sync.log", cwd=project, env=login)

    first, second = logged(project / "lock.log"), logged(project / "sync.log")
    assert (locked.code, synced.code, first[-1], second[-1]) == (0, 0, "exit code 0", "exit code 0")
    assert f"GET {index.url}lib/: 200" in first
    assert f"lib: 1 version on {index.url}" in first
    assert any(line.startswith("GET ") and line.endswith(".whl: 200") for line in second)
    assert any(line.startswith("chosen Python 3.") for line in second)
    assert PASSWORD not in "".join((*first, *second))


def test_log_names_what_the_cache_answers_and_the_error(locked: Path) -> None:
    answered = lockenv("lock", "--offline", "--upgrade", "--log", "a.log", cwd=locked)
    failed = lockenv("sync", "--offline", "--log", "b.log", cwd=locked)

    assert answered.code == 0
    assert any(line.startswith("cache: ") and line.endswith("/lib/: 200") for line in logged(locked / "a.log"))
    assert failed.code == 2
    assert logged(locked / "b.log")[-1].startswith("error: ")


def test_log_that_cannot_be_written_is_refused_before_anything_is_done(locked: Path) -> None:
    result = lockenv("sync", "--log", "no/such/file", cwd=locked)

    assert result.code == 2
    assert "hint: choose another file with --log" in result.err
    assert not (locked / ".venv").exists()


def test_steps_are_printed_once_asked_for_and_details_twice(tmp_path: Path) -> None:
    with LoopbackIndex(credentials=(USER, PASSWORD)) as index:
        index.add_all(wheel("lib", "1.1"), wheel("app", "1.0", requires=["lib"]))
        project = write_project(tmp_path / "project", ["app"], tool={"index": [{"name": "house", "url": index.url}]})
        login = {
            "LOCKENV_INDEX_HOUSE_URL": index.url,
            "LOCKENV_INDEX_HOUSE_USERNAME": USER,
            "LOCKENV_INDEX_HOUSE_PASSWORD": PASSWORD,
        }
        steps = lockenv("lock", "-v", cwd=project, env=login)
        details = lockenv("lock", "-U", "-vv", "--log", "all.log", cwd=project, env=login)
        silent = lockenv("lock", "-U", "-vv", "-q", cwd=project, env=login)
        synced = lockenv("sync", "-v", cwd=project, env=login)
        again = lockenv("sync", "-v", "--reinstall", cwd=project, env=login)

    assert [each.code for each in (steps, details, silent, synced)] == [0, 0, 0, 0], details.err
    assert f"s  app: 1 version on {index.url}\n" in steps.err
    assert "s  pylock.toml: resolving, as there is none yet\n" in steps.err
    assert "s  pylock.toml: resolving, as requested\n" in details.err
    assert re.search(r"s  .venv: Python 3\S+, created from ", again.err)
    assert "GET " not in steps.err
    assert "chose " not in steps.err
    assert re.search(r"\d+ requests, \d+ bytes\n", steps.err)
    assert f"s  cache: {index.url}app/: 200\n" in details.err
    assert "s  chose lib 1.1\n" in details.err
    assert "answers from the cache\n" in details.err
    assert "chose lib 1.1" in logged(project / "all.log")
    assert silent.err == ""
    assert re.search(r"s  chosen Python 3\S+: .*: the first that fits; the project requires >=3\.11\)", synced.err)
    assert "s  0 wheels in the cache, 2 to fetch and unpack\n" in synced.err
    assert PASSWORD not in steps.err + details.err + synced.err


def test_data_for_programs_is_not_mixed_with_steps(locked: Path) -> None:
    result = lockenv("check", "-vv", "--json", cwd=locked)

    assert (result.code, result.out[0], result.out.rstrip()[-1]) == (0, "{", "}")
    assert "exit code 0" in result.err
