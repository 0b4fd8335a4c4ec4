"""An index that fails now and then, or serves less than it might, changes no lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.program import lockenv, lockenv_here
from tests.support.projects import write_project
from tests.support.server import Fault, LoopbackIndex, Reset, Status, Truncate
from tests.support.wheels import Built, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.pages import MetadataFile

PASSING: list[tuple[str, Fault]] = [
    ("/simple/lib/", Status(503, retry_after="0")),
    ("/simple/lib/", Truncate()),
    (r"lib-1\.1.*\.metadata$", Reset()),
    (r"lib-1\.1.*\.metadata$", Status(404)),
    (r"lib-1\.1.*\.whl$", Status(502)),
    (r"lib-1\.1.*\.whl$", Truncate()),
]


@pytest.mark.parametrize(("pattern", "fault"), PASSING, ids=str)
def test_passing_trouble_is_weathered(pattern: str, fault: Fault, project: Path, index: LoopbackIndex) -> None:
    index.fail(pattern, fault, times=1)

    lock, sync = lockenv("lock", cwd=project), lockenv("sync", cwd=project)

    assert (lock.code, sync.code) == (0, 0), lock.err + sync.err
    assert lockenv("run", "app", cwd=project).out == "app on lib 1.1\n"


def test_before_each_further_try_the_program_pauses(project: Path, index: LoopbackIndex) -> None:
    index.fail("/simple/app/", Status(503, retry_after="3"), times=2)
    pauses: list[float] = []

    locked = lockenv_here("lock", cwd=project, pause=pauses.append)

    assert (locked.code, pauses) == (0, [3.0, 3.0]), locked.err


def universe() -> list[Built]:
    deep = wheel("deep", "2.0", files={"deep.bin": bytes(range(256)) * 400})
    return [wheel("top", "1.0", requires=["deep>=1; sys_platform != 'win32'"]), deep]


@pytest.mark.parametrize("metadata", [True, False, "advertised-but-missing", "present-but-unadvertised"])
@pytest.mark.parametrize("ranges", [True, False])
def test_every_way_to_the_metadata_makes_the_same_lock(
    metadata: bool | MetadataFile, ranges: bool, tmp_path: Path, index: LoopbackIndex
) -> None:
    index.ranges = ranges
    for built in universe():
        index.add(built, metadata=metadata)
    project = write_project(tmp_path / "project", ["top"], index=index.url)
    straight = write_project(tmp_path / "straight", ["top"], index=index.url)

    assert lockenv("lock", cwd=project).code == 0
    index.ranges = True
    for built in universe():
        index.add(built)
    assert lockenv("lock", cwd=straight).code == 0

    locks = [each.joinpath("pylock.toml").read_bytes() for each in (project, straight)]
    assert locks[0] == locks[1]


def test_lock_downloads_no_wheel_where_metadata_is_served(project: Path, index: LoopbackIndex) -> None:
    assert lockenv("lock", cwd=project).code == 0
    assert [path for path in index.paths if path.endswith(".whl")] == []


def test_file_without_hash_on_the_index_is_locked_with_the_hash_it_has(tmp_path: Path, index: LoopbackIndex) -> None:
    built = wheel("unhashed", "1.0")
    index.add(built, sha256=False)
    project = write_project(tmp_path / "project", ["unhashed"], index=index.url)

    lock, sync = lockenv("lock", cwd=project), lockenv("sync", cwd=project)

    assert (lock.code, sync.code) == (0, 0), lock.err + sync.err
    assert built.sha256 in project.joinpath("pylock.toml").read_text(encoding="utf-8")


def test_fresh_pages_are_not_asked_for_again(locked: Path, index: LoopbackIndex) -> None:
    index.requests.clear()

    assert lockenv("lock", "-U", cwd=locked).code == 0
    assert index.requests == []


def test_stale_pages_are_revalidated_not_read_again(project: Path, index: LoopbackIndex) -> None:
    index.page_cache_control = "no-cache"
    assert lockenv("lock", cwd=project).code == 0
    index.requests.clear()

    assert lockenv("lock", "-U", cwd=project).code == 0
    assert {request.path for request in index.requests if "if-none-match" not in request.headers} == set()
    assert index.requests != []
