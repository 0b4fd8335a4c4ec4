"""`lockenv check --online`: what the index says of the locked files now."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.endtoend.conftest import APP, LIB
from tests.support.program import Result, lockenv, untimed
from tests.support.server import Formats, LoopbackIndex, Status
from tests.support.trees import snapshot
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path


def found(result: Result) -> list[tuple[str, str, str]]:
    """Return rule, level and message of each finding, without the time of the answer."""
    return [(each["rule"], each["level"], untimed(each["message"])) for each in json.loads(result.out)["findings"]]


def online(project: Path) -> Result:
    return lockenv("check", "--online", "--json", cwd=project)


def test_index_that_has_everything_as_locked_is_good(locked: Path, index: LoopbackIndex) -> None:
    before = snapshot(locked)
    index.requests.clear()

    result = lockenv("check", "--online", cwd=locked)

    assert (result.code, snapshot(locked)) == (0, before), result.err
    assert {path for path in index.paths if path.startswith("/simple/")} == {
        f"/simple/{name}/" for name in ("app", "lib", "ribbon", "tester", "winpart")
    }
    # Each wheel is looked into once, in parts, and never again.
    assert len([path for path in index.paths if path.endswith(".whl")]) == 5
    assert lockenv("check", "--online", cwd=locked).code == 0
    assert len([path for path in index.paths if path.endswith(".whl")]) == 5


def test_other_bytes_under_a_locked_name_are_shouted(locked: Path, index: LoopbackIndex) -> None:
    other = wheel("lib", "1.1", files={"lib.py": "evil = True\n"})
    index.add(other)

    result = online(locked)

    assert (result.code, found(result)) == (
        1,
        [
            (
                "other-bytes",
                "error",
                f"lib 1.1: HASH MISMATCH for {LIB.filename}: "
                f"locked sha256 {LIB.sha256}, the index lists {other.sha256}",
            )
        ],
    )


def test_another_upload_time_is_named(project: Path, index: LoopbackIndex) -> None:
    index.add(LIB, upload_time="2026-01-01T00:00:00.5Z")
    assert lockenv("lock", cwd=project).code == 0
    assert found(online(project)) == []
    index.add(LIB, upload_time="2026-02-01T00:00:00Z")

    assert found(online(project)) == [
        (
            "uploaded",
            "warning",
            f"lib 1.1: upload time mismatch for {LIB.filename}: "
            "locked 2026-01-01T00:00:00Z, the index lists 2026-02-01T00:00:00Z",
        )
    ]


@pytest.mark.parametrize("formats", ["json", "html"])
def test_answer_is_named_by_its_serial_or_its_time(project: Path, index: LoopbackIndex, formats: Formats) -> None:
    assert lockenv("lock", cwd=project).code == 0
    index.add(LIB, yanked="")
    (by_time,) = json.loads(online(project).out)["findings"]
    index.formats, index.serials = formats, {"lib": 7}
    (by_serial,) = json.loads(online(project).out)["findings"]

    start = "lib 1.1 is yanked; when it was locked, it was not"
    assert by_serial["message"] == f"{start} (serial 7)"
    assert re.fullmatch(rf"{start} \(answered [-0-9]{{10}}T[:0-9]{{8}}Z\)", by_time["message"])


def test_another_size_is_named_with_the_upload_time_that_is_locked(project: Path, index: LoopbackIndex) -> None:
    index.add(LIB, upload_time="2026-01-01T00:00:00Z")
    assert lockenv("lock", cwd=project).code == 0
    lock = project / "pylock.toml"
    lock.write_text(lock.read_text(encoding="utf-8").replace(f"size = {len(LIB.content)}, ", "size = 9, "), "utf-8")

    assert (
        "other-bytes",
        "error",
        f"lib 1.1: size mismatch for {LIB.filename}: locked 9 bytes (uploaded 2026-01-01T00:00:00Z), "
        f"the index lists {len(LIB.content)}",
    ) in found(online(project))


def test_yank_that_was_taken_back_is_a_note(project: Path, index: LoopbackIndex) -> None:
    index.add(APP, yanked="leaks")
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject.read_text(encoding="utf-8").replace("app>=1", "app==1.0"), encoding="utf-8")
    assert lockenv("lock", cwd=project).code == 0
    index.add(APP)

    result = online(project)

    assert (result.code, found(result)) == (
        0,
        [("yanked", "note", "app 1.0 is not yanked any more; when it was locked, it was yanked: leaks")],
    )


def test_file_that_is_gone_is_named(locked: Path, index: LoopbackIndex) -> None:
    index.remove(LIB.filename)

    assert found(online(locked)) == [
        ("gone", "error", f"lib 1.1: {LIB.filename} is no longer on {index.url}"),
    ]


def test_project_that_is_gone_is_named(locked: Path, index: LoopbackIndex) -> None:
    index.fail("/simple/lib/", Status(404), times=None)

    assert found(online(locked)) == [("gone", "error", f"lib is no longer on {index.url}")]


def test_release_that_was_yanked_since_is_named_with_its_reason(locked: Path, index: LoopbackIndex) -> None:
    index.add(LIB, yanked="leaks memory")

    result = online(locked)

    assert (result.code, found(result)) == (
        1,
        [("yanked", "error", "lib 1.1 is yanked: leaks memory; when it was locked, it was not")],
    )
    assert "run `lockenv lock -P lib`" in result.err


def test_yanked_release_that_was_locked_knowingly_is_a_note(project: Path, index: LoopbackIndex) -> None:
    index.add(APP, yanked="")
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject.read_text(encoding="utf-8").replace("app>=1", "app==1.0"), encoding="utf-8")
    assert lockenv("lock", cwd=project).code == 0

    result = online(project)

    assert (result.code, found(result)) == (
        0,
        [("yanked", "note", "app 1.0 is yanked (as it was when it was locked)")],
    )


@pytest.mark.parametrize(
    ("status", "rule", "level", "code"),
    [
        ("quarantined", "quarantined", "error", 1),
        ("archived", "archived", "warning", 0),
        ("deprecated", "archived", "warning", 0),
    ],
)
def test_project_status_is_reported(
    locked: Path, index: LoopbackIndex, status: str, rule: str, level: str, code: int
) -> None:
    index.statuses["lib"] = (status, "a reason")

    result = online(locked)

    assert (result.code, found(result)) == (code, [(rule, level, f"lib is {status} on {index.url}: a reason")])


def test_requirement_that_the_lock_lacks_is_reported(locked: Path, index: LoopbackIndex) -> None:
    index.add(wheel("lib", "1.1", requires=["ribbon"]))

    assert ("metadata", "error") in [each[:2] for each in found(online(locked))]


def test_index_out_of_reach_is_no_answer(locked: Path, index: LoopbackIndex) -> None:
    index.stop()

    result = online(locked)

    assert (result.code, result.err.count("error:"), found(result)[0][0]) == (2, 1, "unanswered")


def test_mirror_answers_in_place_of_the_index(locked: Path, index: LoopbackIndex) -> None:
    with LoopbackIndex() as mirror:
        for built in (APP, LIB, wheel("ribbon", "2.0"), wheel("tester", "3.0"), wheel("winpart", "0.1")):
            mirror.add(built)
        index.stop()

        result = lockenv("check", "--online", "--index-url", mirror.url, cwd=locked)

    assert result.code == 0, result.err


def test_sdist_and_html_are_read_too(project: Path, index: LoopbackIndex) -> None:
    index.formats = "html"
    index.add(sdist("source", "1.0", requires=["lib"]))
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject.read_text(encoding="utf-8").replace('"app>=1"', '"source"'), encoding="utf-8")
    pyproject.write_text(
        pyproject.read_text(encoding="utf-8").replace('fancy = [\n    "app[fancy]",\n]', "fancy = []"), encoding="utf-8"
    )
    lock = lockenv("lock", cwd=project)
    assert lock.code == 0, lock.err

    assert found(online(project)) == []


def test_wheel_may_speak_for_a_release_of_which_only_the_sdist_is_locked(project: Path, index: LoopbackIndex) -> None:
    """The metadata that resolution read is that of the wheel, also where no wheel may be installed."""
    index.add(wheel("lib", "2.0", requires=["ribbon"]))
    index.add(sdist("lib", "2.0", requires=["ribbon>=0"]))
    text = (project / "pyproject.toml").read_text(encoding="utf-8")
    (project / "pyproject.toml").write_text(
        text.replace("[tool.lockenv]", '[tool.lockenv]\nno-binary-package = ["lib"]'), encoding="utf-8"
    )
    lock = lockenv("lock", cwd=project)
    assert lock.code == 0, lock.err
    assert "lib-2.0.tar.gz" in (project / "pylock.toml").read_text(encoding="utf-8")

    assert found(online(project)) == []
