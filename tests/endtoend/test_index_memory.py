"""What an index once said of a locked file or project, and says otherwise now: at `lock` and `check --online`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.endtoend.conftest import LIB
from tests.support.pages import provenance
from tests.support.program import Result, lockenv, untimed
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex, Status
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

OURS: dict[str, object] = {"kind": "GitHub", "repository": "acme/kettle", "workflow": "release.yml"}
THEIRS: dict[str, object] = {**OURS, "repository": "mallory/kettle"}
KETTLE = wheel("kettle", "1.0")
SYSTEM = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "backend"\nbackend-path = ["."]\n'
TITLE = "GitHub acme/kettle (workflow release.yml)"


def messages(project: Path, *args: str) -> list[tuple[str, str, str]]:
    reported = json.loads(lockenv("check", "--online", "--json", *args, cwd=project).out)["findings"]
    return [(each["rule"], each["level"], untimed(each["message"])) for each in reported]


def one_line(result: Result) -> str:
    return " ".join(result.err.split())


def test_other_facts_of_a_file_that_stays_are_one_note_at_lock(project: Path, index: LoopbackIndex) -> None:
    index.add(LIB, upload_time="2026-01-01T00:00:00.5Z")
    assert lockenv("lock", cwd=project).code == 0
    lock = project / "pylock.toml"
    lock.write_text(lock.read_text("utf-8").replace(f"size = {len(LIB.content)}, ", "size = 9, ", 1), "utf-8")
    index.add(LIB, upload_time="2026-02-01T00:00:00Z")

    result = lockenv("lock", "--refresh", cwd=project)

    assert result.code == 0
    assert (
        f"note: the index changed what it states about locked files: lib 1.1: {LIB.filename} "
        f"has size {len(LIB.content)} (locked 9) and upload time 2026-02-01T00:00:00Z (locked 2026-01-01T00:00:00Z)"
    ) in one_line(result)
    assert "the index changed" not in lockenv("lock", "--refresh", cwd=project).err


@pytest.mark.parametrize("fact", [{"upload_time": "2026-01-01T00:00:00Z"}, {"size": False}])
def test_fact_that_came_or_went_is_no_other_fact(project: Path, index: LoopbackIndex, fact: dict[str, Any]) -> None:
    assert lockenv("lock", cwd=project).code == 0
    index.add(LIB, **fact)

    result = lockenv("lock", "--refresh", cwd=project)

    assert (result.code, "the index changed" in result.err) == (0, False), result.err


def test_project_that_is_quarantined_is_not_locked(locked: Path, index: LoopbackIndex) -> None:
    before = locked.joinpath("pylock.toml").read_bytes()
    index.statuses["lib"] = ("quarantined", "malware was reported")

    result = lockenv("lock", "--refresh", cwd=locked)

    assert (result.code, locked.joinpath("pylock.toml").read_bytes()) == (1, before)
    assert f"refused[project-quarantined]: lib is quarantined on {index.url}: malware was reported" in one_line(result)


def test_project_that_is_quarantined_and_not_needed_is_no_obstacle(tmp_path: Path, index: LoopbackIndex) -> None:
    index.statuses["lib"] = ("quarantined", "")
    project = write_project(tmp_path / "other", ["ribbon"], index=index.url)

    assert lockenv("lock", cwd=project).code == 0


def test_quarantined_project_without_files_is_named_as_such(project: Path, index: LoopbackIndex) -> None:
    for version in ("1.0", "1.1"):
        index.remove(wheel("lib", version).filename)
    index.statuses["lib"] = ("quarantined", "malware was reported")

    result = lockenv("lock", cwd=project)

    assert (result.code, f"lib is quarantined on {index.url}: malware was reported" in one_line(result)) == (1, True)


@pytest.mark.parametrize("status", ["archived", "deprecated"])
def test_project_that_is_no_longer_maintained_is_locked_with_a_note(
    project: Path, index: LoopbackIndex, status: str
) -> None:
    index.statuses["lib"] = (status, "use ribbon")

    result = lockenv("lock", cwd=project)

    assert (result.code, f"lib is {status} on {index.url}: use ribbon" in one_line(result)) == (0, True)


def test_build_requirement_that_is_quarantined_is_not_locked(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("hatchling", "1.0"))
    index.add(sdist("source", "1.0", static=False, files={"pyproject.toml": SYSTEM}))
    index.statuses["hatchling"] = ("quarantined", "")
    project = write_project(tmp_path / "built", ["source"], index=index.url, tool={"allow-build": ["source"]})

    result = lockenv("lock", cwd=project)

    assert (result.code, f"hatchling is quarantined on {index.url}" in one_line(result)) == (1, True), result.err


@pytest.fixture
def attested(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Provide a project whose lock records who published its package."""
    index.add(KETTLE, provenance=provenance(OURS), upload_time="2026-01-01T00:00:00Z")
    project = write_project(tmp_path / "attested", ["kettle"], index=index.url, tool={"publishers": {}})
    assert lockenv("lock", cwd=project).code == 0
    return project


def test_same_publisher_is_no_finding(attested: Path) -> None:
    assert messages(attested) == []


def test_other_publisher_of_the_same_file_is_named(attested: Path, index: LoopbackIndex) -> None:
    index.add(KETTLE, provenance=provenance(THEIRS), upload_time="2026-01-01T00:00:00Z")

    assert messages(attested) == [
        (
            "identity",
            "warning",
            f"kettle 1.0: publisher mismatch: locked {TITLE}, "
            f"{index.url} names GitHub mallory/kettle (workflow release.yml)",
        )
    ]


def test_publisher_that_the_index_no_longer_names_is_named(attested: Path, index: LoopbackIndex) -> None:
    index.add(KETTLE, upload_time="2026-01-01T00:00:00Z")

    assert messages(attested) == [
        ("identity", "warning", f"kettle 1.0: publisher mismatch: locked {TITLE}, {index.url} names no publisher")
    ]
    assert messages(attested, "--index-url", index.url) == []


def test_publisher_that_cannot_be_read_again_is_named(attested: Path, index: LoopbackIndex) -> None:
    index.fail("/integrity/", Status(404), times=None)

    (finding,) = messages(attested)

    assert finding[:2] == ("identity", "warning")
    assert finding[2].startswith("kettle 1.0: the publisher could not be read again: ")
