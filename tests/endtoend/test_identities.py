"""Who published what is locked: recorded from provenance objects, compared, and required."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.pages import provenance
from tests.support.program import lockenv, lockenv_here
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex, Status
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.program import Result

OURS: dict[str, object] = {
    "kind": "GitHub",
    "repository": "acme/kettle",
    "workflow": "release.yml",
    "environment": None,
    "claims": {"ref": "refs/tags/1"},
}
RECORDED = {"kind": "GitHub", "repository": "acme/kettle", "workflow": "release.yml"}
THEIRS: dict[str, object] = {**OURS, "repository": "mallory/kettle"}
KETTLE, LATER = wheel("kettle", "1.0"), wheel("kettle", "2.0")
TITLE = "GitHub acme/kettle (workflow release.yml)"


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    """Provide an index with one release that says who published it, and one that does not."""
    with LoopbackIndex() as running:
        running.page_cache_control = "no-cache"
        running.add(KETTLE, provenance=provenance(OURS))
        running.add(wheel("cup", "1.0"))
        yield running


def project(tmp_path: Path, index: LoopbackIndex, *requires: str, **tool: Any) -> Path:
    return write_project(
        tmp_path / "project", requires or ("kettle", "cup"), index=index.url, tool={"publishers": {}, **tool}
    )


def locked(directory: Path, *args: str) -> Result:
    result = lockenv_here("lock", *args, cwd=directory)
    assert result.code == 0, result.err
    return result


def entry(directory: Path, name: str = "kettle") -> dict[str, Any]:
    packages = tomllib.loads(directory.joinpath("pylock.toml").read_text(encoding="utf-8"))["packages"]
    return next(package for package in packages if package["name"] == name)


def asked(index: LoopbackIndex) -> list[str]:
    return [path for path in index.paths if path.startswith("/integrity/")]


def findings(directory: Path) -> list[tuple[str, str, str]]:
    reported = json.loads(lockenv_here("check", "--json", cwd=directory).out)["findings"]
    return [(each["rule"], each["level"], each["message"]) for each in reported]


def test_publisher_of_a_release_is_locked(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = project(tmp_path, index)

    locked(directory)

    assert [entry(directory, name).get("attestation-identities") for name in ("kettle", "cup")] == [[RECORDED], None]
    assert lockenv_here("check", cwd=directory).code == 0


@pytest.mark.parametrize("arguments", [(), ("--refresh",), ("--upgrade",)])
def test_second_lock_has_the_same_bytes_and_asks_once(
    tmp_path: Path, index: LoopbackIndex, arguments: tuple[str, ...]
) -> None:
    directory = project(tmp_path, index)
    locked(directory)
    before = directory.joinpath("pylock.toml").read_bytes()

    locked(directory, *arguments)

    assert directory.joinpath("pylock.toml").read_bytes() == before
    assert len(asked(index)) == (2 if arguments == ("--refresh",) else 1)


def test_lock_made_from_nothing_again_reads_the_cache(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = project(tmp_path, index)
    locked(directory)
    before = directory.joinpath("pylock.toml").read_bytes()
    directory.joinpath("pylock.toml").unlink()

    locked(directory)

    assert (directory.joinpath("pylock.toml").read_bytes(), len(asked(index))) == (before, 1)


def test_one_object_is_read_for_a_release_of_many_files(tmp_path: Path, index: LoopbackIndex) -> None:
    for tag in ("cp311-cp311-manylinux_2_17_x86_64", "cp312-cp312-manylinux_2_17_x86_64"):
        index.add(wheel("kettle", "1.1", tag=tag), provenance=provenance(OURS))
    index.add(sdist("kettle", "1.1"), provenance=provenance(OURS))
    directory = project(tmp_path, index, "kettle")

    locked(directory)

    assert (entry(directory)["attestation-identities"], asked(index)) == (
        [RECORDED],
        ["/integrity/kettle-1.1.tar.gz/provenance"],
    )


def test_release_that_lost_its_publisher_is_named_everywhere(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = project(tmp_path, index)
    locked(directory)
    old = directory.joinpath("old.toml")
    old.write_bytes(directory.joinpath("pylock.toml").read_bytes())
    index.add(LATER)

    result = locked(directory, "--upgrade")

    clause = f"has no known publisher, unlike before: {TITLE}"
    assert f"  ! kettle 2.0 {clause}" in result.err.splitlines()
    assert findings(directory) == [("identity", "warning", f"kettle 2.0 {clause}")]
    assert lockenv_here("check", cwd=directory).code == 0
    assert f"  ! kettle 2.0 {clause}" in lockenv_here("diff", "old.toml", "pylock.toml", cwd=directory).out
    assert f"> **kettle `2.0`** `{clause}`" in lockenv_here("diff", "old.toml", "--markdown", cwd=directory).out
    locked(directory, "--refresh")
    assert findings(directory) == [("identity", "warning", f"kettle 2.0 {clause}")]


def test_release_with_another_publisher_is_named(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = project(tmp_path, index)
    locked(directory)
    index.add(LATER, provenance=provenance(THEIRS))

    result = locked(directory, "--upgrade")

    clause = "was published by another: repository mallory/kettle (was acme/kettle)"
    assert f"  ! kettle 2.0 {clause}" in result.err.splitlines()
    assert findings(directory) == [("identity", "warning", f"kettle 2.0 {clause}")]


def test_publisher_that_comes_back_is_no_finding(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = project(tmp_path, index)
    locked(directory)
    index.add(LATER)
    locked(directory, "--upgrade")
    index.add(wheel("kettle", "3.0"), provenance=provenance(OURS))

    locked(directory, "--upgrade")

    assert findings(directory) == []


def test_index_that_stops_to_say_it_of_the_same_bytes_is_noted(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = project(tmp_path, index)
    locked(directory)
    before = directory.joinpath("pylock.toml").read_bytes()
    index.add(KETTLE)

    result = locked(directory, "--refresh")

    assert directory.joinpath("pylock.toml").read_bytes() == before
    assert f"kettle 1.0: {index.url} does not say any more who published it" in result.err


def test_object_that_cannot_be_read_is_noted(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(KETTLE, provenance=b'{"version": 2, "attestation_bundles": []}')
    directory = project(tmp_path, index)

    result = locked(directory)

    assert "attestation-identities" not in entry(directory)
    assert "kettle: who published it could not be read" in result.err


def test_object_that_is_not_there_is_noted_and_read_next_time(tmp_path: Path, index: LoopbackIndex) -> None:
    index.fail("/integrity/", Status(404), times=1)
    directory = project(tmp_path, index)

    assert "kettle: who published it could not be read" in locked(directory).err
    locked(directory, "--refresh")

    assert entry(directory)["attestation-identities"] == [RECORDED]


def test_other_servers_are_not_asked(tmp_path: Path, index: LoopbackIndex) -> None:
    with LoopbackIndex() as other:
        index.add(KETTLE, provenance=other.provenance_url(KETTLE.filename))
        directory = project(tmp_path, index)

        locked(directory)

        assert ("attestation-identities" in entry(directory), other.paths) == (False, [])


def test_file_without_a_publisher_beside_others_is_recorded(tmp_path: Path, index: LoopbackIndex) -> None:
    smuggled = wheel("kettle", "1.0", tag="cp312-cp312-manylinux_2_17_x86_64")
    index.add(smuggled)
    directory = project(tmp_path, index)

    locked(directory)

    assert entry(directory)["tool"]["lockenv"]["unattested"] == [smuggled.filename]


def plain(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Provide a project that asks for no publishers."""
    return write_project(tmp_path / "project", ["kettle"], index=index.url)


def test_project_that_does_not_ask_reads_no_object(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = plain(tmp_path, index)

    locked(directory)

    assert ("attestation-identities" in entry(directory), asked(index)) == (False, [])


def test_lost_publisher_is_named_without_asking(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = plain(tmp_path, index)
    locked(directory)
    old = directory.joinpath("old.toml")
    old.write_bytes(directory.joinpath("pylock.toml").read_bytes())
    index.add(LATER)

    result = locked(directory, "--upgrade")

    line = "kettle 2.0 has no known publisher, unlike 1.0"
    assert f"  ! {line}" in result.err.splitlines()
    assert findings(directory) == [("identity", "warning", line)]
    assert f"  ! {line}" in lockenv_here("diff", "old.toml", "pylock.toml", cwd=directory).out
    assert asked(index) == []
    before = directory.joinpath("pylock.toml").read_bytes()
    locked(directory, "--refresh")
    assert directory.joinpath("pylock.toml").read_bytes() == before
    index.add(wheel("kettle", "3.0"))
    assert "kettle 3.0 has no known publisher, unlike 1.0" in locked(directory, "--upgrade").err


def test_publisher_stays_recorded_where_the_project_does_not_ask_any_more(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = project(tmp_path, index)
    locked(directory)
    index.add(LATER, provenance=provenance(THEIRS))
    plain(tmp_path, index)

    result = locked(directory, "--upgrade")

    assert "kettle 2.0 was published by another: repository mallory/kettle (was acme/kettle)" in result.err


def test_project_that_begins_to_ask_locks_again(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = plain(tmp_path, index)
    locked(directory)
    project(tmp_path, index, "kettle")

    check = lockenv_here("check", cwd=directory)
    locked(directory)

    assert (check.code, "the lockfile does not record publishers" in check.err) == (1, True)
    assert entry(directory)["attestation-identities"] == [RECORDED]


ACCEPTED = [
    {"kettle": {"repository": "ACME/kettle"}},
    {"ket*": {"kind": "github", "workflow": ["ci.yml", "release.yml"]}},
    {"*": {"repository": "other/other"}, "kettle": {}, "cup": False},
    {"*": {"repository": "other/other"}, "kettle": False, "cup": False},
]
REFUSED = [
    ({"kettle": {"repository": "acme/pot"}}, f"kettle 1.0 was published by {TITLE}; publishers requires"),
    ({"kettle": {"workflow": "ci.yml"}}, f"kettle 1.0 was published by {TITLE}; publishers requires"),
    ({"kettle": {"environment": "pypi"}}, f"kettle 1.0 was published by {TITLE}; publishers requires"),
    ({"cup": {}}, "cup 1.0 has no known publisher; publishers requires a publisher that the index names"),
    ({"c*": {"kind": "GitLab"}}, "cup 1.0 has no known publisher; publishers requires kind GitLab"),
]


@pytest.mark.parametrize("publishers", ACCEPTED)
def test_required_publisher_is_accepted(tmp_path: Path, index: LoopbackIndex, publishers: dict[str, Any]) -> None:
    directory = project(tmp_path, index, publishers=publishers)

    locked(directory)

    assert lockenv_here("check", cwd=directory).code == 0


@pytest.mark.parametrize(("publishers", "reason"), REFUSED)
def test_another_publisher_is_a_no(
    tmp_path: Path, index: LoopbackIndex, publishers: dict[str, Any], reason: str
) -> None:
    directory = project(tmp_path, index)
    locked(directory)
    directory = project(tmp_path, index, publishers=publishers)

    check = lockenv_here("check", cwd=directory)
    lock = lockenv_here("lock", "--upgrade", cwd=directory)
    sync = lockenv("sync", cwd=directory)

    assert (check.code, lock.code, sync.code) == (1, 1, 1)
    assert [reason in " ".join(each.err.split()) for each in (check, lock, sync)] == [True, True, True]
    assert not directory.joinpath(".venv").exists()


def test_new_lock_of_another_publisher_is_not_written(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = project(tmp_path, index, publishers={"kettle": {"repository": "acme/kettle"}})
    locked(directory)
    before = directory.joinpath("pylock.toml").read_bytes()
    index.add(LATER, provenance=provenance(THEIRS))

    result = lockenv_here("lock", "--upgrade", cwd=directory)

    assert (result.code, directory.joinpath("pylock.toml").read_bytes()) == (1, before)
    assert "kettle 2.0 was published by GitHub mallory/kettle" in result.err


def test_smuggled_file_is_a_violation(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("kettle", "1.0", tag="cp312-cp312-manylinux_2_17_x86_64"))
    directory = project(tmp_path, index, publishers={"kettle": {"repository": "acme/kettle"}})

    result = lockenv_here("lock", cwd=directory)

    assert (result.code, "kettle 1.0 has files without a known publisher: kettle-1.0-cp312" in result.err) == (1, True)
