"""`lockenv lock`: what is written, what stays, what is only said."""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
from packaging.pylock import Pylock

from tests.support.locks import pins, read_lock
from tests.support.program import lockenv, lockenv_here
from tests.support.projects import write_project
from tests.support.trees import snapshot
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex


def lock_bytes(project: Path) -> bytes:
    return project.joinpath("pylock.toml").read_bytes()


def test_lock_holds_every_environment_extra_and_group(locked: Path) -> None:
    lock = read_lock(locked)

    assert [(package.name, str(package.version), str(package.marker or "")) for package in lock.packages] == [
        ("app", "1.0", ""),
        ("lib", "1.1", ""),
        ("ribbon", "2.0", '"fancy" in extras'),
        ("tester", "3.0", '"dev" in dependency_groups'),
        ("winpart", "0.1", 'sys_platform == "win32"'),
    ]
    assert (list(lock.extras or ()), list(lock.dependency_groups or ())) == (["fancy"], ["dev"])
    assert (lock.created_by, str(lock.requires_python)) == ("lockenv", ">=3.11")


def test_lock_lists_files_with_url_size_and_hash(locked: Path, index: LoopbackIndex) -> None:
    built = wheel("ribbon", "2.0")
    ribbon = next(package for package in read_lock(locked).packages if package.name == "ribbon")
    assert ribbon.wheels is not None

    assert [(one.filename, one.url, one.size, dict(one.hashes)) for one in ribbon.wheels] == [
        (built.filename, index.file_url(built.filename), built.size, {"sha256": built.sha256})
    ]
    assert ribbon.index == index.url


def test_locking_again_changes_no_byte(locked: Path) -> None:
    first = lock_bytes(locked)

    assert lockenv("lock", cwd=locked).code == 0
    assert lock_bytes(locked) == first


@pytest.mark.parametrize("seed", ["0", "1", "random"])
def test_hash_seed_cache_and_directory_leave_no_trace(locked: Path, seed: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / f"elsewhere-{seed}"
    elsewhere.mkdir()
    elsewhere.joinpath("pyproject.toml").write_bytes(locked.joinpath("pyproject.toml").read_bytes())
    surroundings = {"PYTHONHASHSEED": seed, "TZ": "Pacific/Auckland", "LANG": "de_DE.UTF-8"}

    assert lockenv("lock", cwd=elsewhere, env=surroundings).code == 0
    assert lock_bytes(elsewhere) == lock_bytes(locked)


@pytest.mark.parametrize("formats", ["json", "html"])
def test_either_kind_of_page_locks_the_same_pins(locked: Path, index: LoopbackIndex, formats: str) -> None:
    before = pins(locked)
    locked.joinpath("pylock.toml").unlink()
    index.formats = "json" if formats == "json" else "html"

    assert lockenv("lock", "--refresh", cwd=locked).code == 0
    assert pins(locked) == before


def test_order_of_requirements_changes_no_pin(tmp_path: Path, index: LoopbackIndex) -> None:
    forward = write_project(tmp_path / "forward", ["app", "lib<1.1", "tester"], index=index.url)
    backward = write_project(tmp_path / "backward", ["tester", "lib<1.1", "app"], index=index.url)

    assert [lockenv("lock", cwd=each).code for each in (forward, backward)] == [0, 0]
    assert pins(forward) == pins(backward) == ["app 1.0", "lib 1.0", "tester 3.0", "winpart 0.1"]


def test_new_release_moves_no_pin(locked: Path, index: LoopbackIndex) -> None:
    before = lock_bytes(locked)
    index.add(wheel("lib", "1.2"))

    result = lockenv("lock", "--refresh", cwd=locked)

    assert (result.code, lock_bytes(locked)) == (0, before)


def test_upgrade_moves_every_pin(locked: Path, index: LoopbackIndex) -> None:
    index.add_all(wheel("lib", "1.2"), wheel("tester", "3.1"))

    result = lockenv("lock", "-U", "--refresh", cwd=locked)

    assert (result.code, pins(locked)) == (0, ["app 1.0", "lib 1.2", "ribbon 2.0", "tester 3.1", "winpart 0.1"])
    assert "1.1" in result.err
    assert "1.2" in result.err


def test_upgrade_replaces_a_lock_that_is_no_text(locked: Path) -> None:
    before = lock_bytes(locked)
    (locked / "pylock.toml").write_bytes(before.decode().encode("utf-16"))

    refused = lockenv("lock", cwd=locked)
    result = lockenv("lock", "--upgrade", cwd=locked)

    assert (refused.code, refused.err.splitlines()[0]) == (2, "error: pylock.toml:1: the lockfile is not UTF-8 text")
    assert (result.code, lock_bytes(locked)) == (0, before)
    assert "note: the lockfile is not UTF-8 text; locking pylock.toml from scratch\n" in result.err


def test_upgrade_of_one_package_moves_that_one(locked: Path, index: LoopbackIndex) -> None:
    index.add_all(wheel("lib", "1.2"), wheel("tester", "3.1"))

    result = lockenv("lock", "-P", "lib", "--refresh", cwd=locked)

    assert (result.code, pins(locked)) == (0, ["app 1.0", "lib 1.2", "ribbon 2.0", "tester 3.0", "winpart 0.1"])


def test_upgrade_of_one_package_may_name_the_version(locked: Path) -> None:
    result = lockenv("lock", "-P", "lib==1.0", cwd=locked)

    assert (result.code, pins(locked)) == (0, ["app 1.0", "lib 1.0", "ribbon 2.0", "tester 3.0", "winpart 0.1"])


def test_changed_requirement_moves_what_it_forces(locked: Path, index: LoopbackIndex) -> None:
    write_project(locked, ["app>=1", "lib<1.1"], index=index.url, groups={"dev": ["tester"]})

    result = lockenv("lock", cwd=locked)

    assert (result.code, pins(locked)) == (0, ["app 1.0", "lib 1.0", "tester 3.0", "winpart 0.1"])


def test_check_of_a_fresh_lock_says_yes_and_writes_nothing(locked: Path) -> None:
    before = snapshot(locked)

    assert lockenv("lock", "--check", cwd=locked).code == 0
    assert snapshot(locked) == before


def test_check_of_a_stale_lock_says_no_and_names_the_requirement(locked: Path, index: LoopbackIndex) -> None:
    write_project(locked, ["app>=1", "lib<1.1"], index=index.url)
    before = snapshot(locked)

    result = lockenv("lock", "--check", cwd=locked)

    assert (result.code, snapshot(locked)) == (1, before)
    assert "lib<1.1" in result.err
    assert "pyproject.toml" in result.err


@pytest.mark.parametrize(
    ("before", "after"), [(r'\[\[packages\]\]\nname = "lib".*?\n(?=\[\[packages)', ""), (r"size = \d+", "size = 1")]
)
def test_lock_that_was_edited_is_no_current_one(locked: Path, before: str, after: str) -> None:
    lock = locked / "pylock.toml"
    honest = lock.read_text()
    lock.write_text(re.sub(before, after, honest, count=1, flags=re.DOTALL))
    assert lock.read_text() != honest

    asked = [lockenv(*words.split(), cwd=locked) for words in ("check", "lock --check", "export", "bundle out")]
    done = lockenv("lock", cwd=locked)

    assert [one.code for one in asked] == [1] * 4, [one.err for one in asked]
    assert (done.code, lock.read_text()) == (0, honest), done.err


def test_check_without_a_lock_says_no(project: Path) -> None:
    before = snapshot(project)

    result = lockenv("lock", "--check", cwd=project)

    assert (result.code, snapshot(project)) == (1, before)
    assert "pylock.toml" in result.err


def test_dry_run_reports_and_writes_nothing(locked: Path, index: LoopbackIndex) -> None:
    index.add(wheel("lib", "1.2"))
    before = snapshot(locked)

    result = lockenv("lock", "-U", "--refresh", "--dry-run", cwd=locked)

    assert (result.code, snapshot(locked)) == (0, before)
    assert "1.2" in result.out + result.err


def test_output_to_standard_output_is_the_lock(locked: Path) -> None:
    written = lock_bytes(locked)
    locked.joinpath("pylock.toml").unlink()

    result = lockenv("lock", "-o", "-", cwd=locked)

    assert (result.code, result.out.encode()) == (0, written)
    assert not locked.joinpath("pylock.toml").exists()


def test_output_to_another_file(project: Path) -> None:
    assert lockenv("lock", "-o", "pylock.other.toml", cwd=project).code == 0
    assert Pylock.from_dict(tomllib.loads(project.joinpath("pylock.other.toml").read_text(encoding="utf-8")))
    assert not project.joinpath("pylock.toml").exists()


def test_lock_that_is_a_link_out_of_its_directory_is_not_replaced(locked: Path, index: LoopbackIndex) -> None:
    (locked / ".git").mkdir()  # within a work tree, links are followed when they are read
    before, link = lock_bytes(locked), locked / "part/pylock.toml"
    link.parent.mkdir()
    link.symlink_to("../pylock.toml")
    index.add(wheel("lib", "1.2"))

    result = lockenv("lock", "-U", "--refresh", "-o", "part/pylock.toml", cwd=locked)

    assert (result.code, link.is_symlink(), lock_bytes(locked)) == (2, True, before), result.err
    assert "part/pylock.toml is a link" in result.err


def test_requirements_file_is_a_project_too(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = tmp_path / "bare"
    directory.mkdir()
    directory.joinpath("requirements.in").write_text("# what we need\napp >= 1\nlib<1.1\n", encoding="utf-8")

    result = lockenv("lock", "--python", ">=3.11", cwd=directory, env={"LOCKENV_INDEX_URL": index.url})

    assert result.code == 0, result.err
    assert pins(directory) == ["app 1.0", "lib 1.0", "winpart 0.1"]


def test_offline_lock_answers_from_the_cache(locked: Path, index: LoopbackIndex) -> None:
    before = lock_bytes(locked)
    locked.joinpath("pylock.toml").unlink()
    index.stop()

    result = lockenv("lock", "--offline", cwd=locked)

    assert result.code == 0, result.err
    assert lock_bytes(locked) == before


def test_quiet_lock_says_nothing(project: Path) -> None:
    result = lockenv("lock", "--quiet", cwd=project)

    assert (result.code, result.out, result.err) == (0, "", "")


def test_environments_leave_out_what_they_do_not_need(tmp_path: Path, index: LoopbackIndex) -> None:
    project = write_project(
        tmp_path / "project", ["app"], index=index.url, tool={"environments": ["sys_platform == 'linux'"]}
    )

    assert lockenv("lock", cwd=project).code == 0
    assert pins(project) == ["app 1.0", "lib 1.1"]


def test_yanked_release_stays_locked_with_a_note(locked: Path, index: LoopbackIndex) -> None:
    before = pins(locked)
    index.add(wheel("lib", "1.1"), yanked="it spills")

    result = lockenv("lock", "--refresh", cwd=locked)

    assert (result.code, pins(locked)) == (0, before)
    assert "it spills" in result.err


def test_credentials_of_the_index_reach_no_file(tmp_path: Path, index: LoopbackIndex) -> None:
    index.credentials = ("reader", "s3cret-word")
    url = index.url.replace("//", "//reader:${INDEX_PASSWORD}@")
    project = write_project(tmp_path / "project", ["app"], index=url)

    result = lockenv(
        "lock", "-v", cwd=project, env={"INDEX_PASSWORD": "s3cret-word", "LOCKENV_VARIABLES": "INDEX_PASSWORD"}
    )

    assert result.code == 0, result.err
    written = [path for path in tmp_path.rglob("*") if path.is_file() and b"s3cret-word" in path.read_bytes()]
    assert written == []
    assert "s3cret-word" not in result.out + result.err


def test_project_without_requires_python_is_locked_for_the_running_one(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(
        wheel("tool", requires=["part"]),
        wheel("part", "1.0", requires_python="<3"),
        wheel("part", "2.0", requires_python=">=3"),
    )
    project = write_project(tmp_path / "ageless", ["tool"], index=index.url, requires_python="")

    lock = lockenv("lock", cwd=project)

    running = f">={sys.version_info.major}.{sys.version_info.minor}"
    assert lock.code == 0, lock.err
    assert f'set requires-python = "{running}" in [project]' in lock.err
    assert tomllib.loads(project.joinpath("pylock.toml").read_text())["requires-python"] == running
    assert pins(project) == ["part 2.0", "tool 1.0"]
    assert lockenv("check", cwd=project).code == 0


def test_lock_is_flushed_and_so_is_its_directory(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[int] = []
    fsync = os.fsync

    def recorded(descriptor: int) -> None:
        flushed.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", recorded)
    assert lockenv_here("lock", cwd=project).code == 0

    assert [(project / "pylock.toml").stat().st_ino, project.stat().st_ino] == flushed[-2:]


def test_lock_says_which_requirement_names_a_system_that_does_not_exist(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(wheel("app", "1.0"), wheel("winpart", "1.0"))
    requires = ["app ; sys_platform != 'darwin'", "winpart ; sys_platform == 'Windows'"]
    project = write_project(tmp_path, requires, index=index.url)

    first, again = lockenv("lock", cwd=project), lockenv("lock", cwd=project)

    said = "`winpart; sys_platform == \"Windows\"` applies nowhere, as `sys_platform` is never 'Windows'"
    assert [line.partition("; did you mean")[0] for line in first.err.splitlines() if "note:" in line] == [
        f"note: {said}"
    ]
    assert "note:" not in again.err


def test_name_like_a_well_known_one_is_noted_where_the_project_requires_it(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    index.add_all(wheel("requestz"), wheel("djang0"), wheel("numpyy"), wheel("app", requires=["numpyy"]))
    project = write_project(tmp_path, ["app", "requestz"], index=index.url, groups={"dev": ["djang0"]})

    lock, again = lockenv("lock", cwd=project), lockenv("lock", "--upgrade", cwd=project)
    report = lockenv("report", "--json", cwd=project)

    noted = [line.partition(";")[0] for line in lock.err.splitlines() if "well-known" in line]
    assert noted == [
        "note: djang0 is one letter from the well-known django",
        "note: requestz is one letter from the well-known requests",
    ]
    assert "well-known" not in again.err
    concerns = json.loads(report.out)["concerns"]
    assert [one["package"] for one in concerns if "one letter from the well-known" in one["text"]] == [
        "djang0 1.0",
        "numpyy 1.0",
        "requestz 1.0",
    ]


def test_lock_notes_each_extra_of_the_project_that_it_names_and_does_not_declare(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    index.add_all(wheel("app", "1.0"), wheel("web", "1.0"))
    extras = {"web": ["web"], "all": ["app", "example[wbe,ip]"]}
    project = write_project(tmp_path, extras=extras, index=index.url)
    place = "pyproject.toml:13 (project.optional-dependencies.all[1])"

    first, again = lockenv("lock", cwd=project), lockenv("lock", cwd=project)
    checked = lockenv("check", cwd=project)
    selected = lockenv("sync", "--dry-run", "--extra", "ip", cwd=project)

    notes = [
        f"note: example has no extra named ip [{place}]",
        f'note: example has no extra named wbe; did you mean "web"? [{place}]',
    ]
    assert [[line for line in result.err.splitlines() if "note:" in line] for result in (first, again)] == [notes] * 2
    assert pins(project) == ["app 1.0", "web 1.0"]
    assert (first.code, again.code, checked.code) == (0, 0, 0)
    assert selected.code == 2
    assert "error: the lockfile has no extra `ip`; it defines all, web" in selected.err
