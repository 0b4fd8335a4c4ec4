"""`lockenv sync`: the environment equals the lock, or nothing happens."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.program import PYTHON, lockenv
from tests.support.projects import write_project
from tests.support.trees import snapshot
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

_LIST = """\
import importlib.metadata as m
print(*sorted(f"{d.name} {d.version}" for d in m.distributions()), sep="\\n")
"""


def installed(project: Path, venv: str = ".venv") -> list[str]:
    """Return what the environment's own interpreter finds."""
    done = subprocess.run(
        [project / venv / "bin/python", "-I", "-c", _LIST], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def seen_by_python(venv: Path) -> dict[str, tuple[int, str]]:
    """Return what an environment holds, but for the notes that lockenv keeps in it."""
    return {path: held for path, held in snapshot(venv).items() if not path.startswith(".lockenv")}


def test_lock_then_sync_then_run(synced: Path) -> None:
    result = lockenv("run", "app", cwd=synced)

    assert (result.code, result.out) == (0, "app on lib 1.1\n")
    assert installed(synced) == ["app 1.0", "lib 1.1", "tester 3.0"]


def test_second_sync_changes_and_asks_nothing(synced: Path, index: LoopbackIndex) -> None:
    before = snapshot(synced)
    index.requests.clear()

    assert lockenv("sync", cwd=synced).code == 0
    assert (snapshot(synced), index.requests) == (before, [])


def test_second_environment_needs_no_network(synced: Path, index: LoopbackIndex) -> None:
    index.stop()

    result = lockenv("sync", "--offline", "--venv", "other", cwd=synced)

    assert result.code == 0, result.err
    assert installed(synced, "other") == installed(synced)


def test_extra_is_installed_when_asked_for(locked: Path) -> None:
    assert lockenv("sync", "--extra", "fancy", cwd=locked).code == 0
    assert installed(locked) == ["app 1.0", "lib 1.1", "ribbon 2.0", "tester 3.0"]


def test_default_group_can_be_left_out(locked: Path) -> None:
    assert lockenv("sync", "--no-default-groups", cwd=locked).code == 0
    assert installed(locked) == ["app 1.0", "lib 1.1"]


def test_unknown_extra_is_an_error_that_names_the_known_ones(locked: Path) -> None:
    before = snapshot(locked)

    result = lockenv("sync", "--extra", "fancier", cwd=locked)

    assert (result.code, snapshot(locked)) == (2, before)
    assert "fancier" in result.err
    assert "fancy" in result.err.replace("fancier", "")


def test_sync_takes_away_what_the_lock_no_longer_holds(synced: Path, index: LoopbackIndex) -> None:
    write_project(synced, ["lib==1.0"], index=index.url)
    assert lockenv("lock", cwd=synced).code == 0

    assert lockenv("sync", cwd=synced).code == 0
    assert installed(synced) == ["lib 1.0"]
    assert not (synced / ".venv/bin/app").exists()


def test_environment_is_the_same_from_anywhere(synced: Path, index: LoopbackIndex) -> None:
    before = seen_by_python(synced / ".venv")
    write_project(synced, ["lib==1.0", "ribbon"], index=index.url)
    wanted = synced.joinpath("pylock.toml").read_bytes()
    assert [lockenv(verb, cwd=synced).code for verb in ("lock", "sync")] == [0, 0]
    synced.joinpath("pylock.toml").write_bytes(wanted)

    assert lockenv("sync", "--frozen", cwd=synced).code == 0
    assert seen_by_python(synced / ".venv") == before


def test_stale_lock_is_refused(synced: Path, index: LoopbackIndex) -> None:
    write_project(synced, ["app>=1", "lib<1.1"], index=index.url)
    before = snapshot(synced)

    result = lockenv("sync", cwd=synced)

    assert (result.code, snapshot(synced)) == (1, before)
    assert "lib<1.1" in result.err
    assert "lockenv lock" in result.err


def test_frozen_sync_takes_a_stale_lock_as_it_is(locked: Path, index: LoopbackIndex) -> None:
    write_project(locked, ["app>=1", "lib<1.1"], index=index.url)

    assert lockenv("sync", "--frozen", "--no-default-groups", cwd=locked).code == 0
    assert installed(locked) == ["app 1.0", "lib 1.1"]


def test_reordered_requirements_are_fresh(tmp_path: Path, index: LoopbackIndex) -> None:
    project = write_project(tmp_path / "project", ["app", "tester"], index=index.url)
    assert lockenv("lock", cwd=project).code == 0
    write_project(project, ["Tester", "app"], index=index.url)

    assert lockenv("sync", cwd=project).code == 0


def test_check_and_dry_run_change_nothing(locked: Path) -> None:
    before = snapshot(locked)

    check, dry = lockenv("sync", "--check", cwd=locked), lockenv("sync", "--dry-run", cwd=locked)

    assert (check.code, dry.code, snapshot(locked)) == (1, 0, before)
    assert "app" in dry.out + dry.err


def test_check_of_an_equal_environment_says_yes(synced: Path) -> None:
    assert lockenv("sync", "--check", cwd=synced).code == 0


def test_foreign_distribution_is_taken_away_unless_inexact(synced: Path) -> None:
    site = next((synced / ".venv/lib").glob("python*/site-packages"))
    with zipfile.ZipFile(io.BytesIO(wheel("stranger", "1.0").content)) as archive:
        archive.extractall(site)

    assert lockenv("sync", "--inexact", cwd=synced).code == 0
    assert "stranger 1.0" in installed(synced)
    assert lockenv("sync", cwd=synced).code == 0
    assert installed(synced) == ["app 1.0", "lib 1.1", "tester 3.0"]


def test_sdist_alone_is_locked_but_not_built_unasked(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(sdist("sourceful", "1.0", requires=["lib"]))
    project = write_project(tmp_path / "project", ["sourceful"], index=index.url)

    lock, sync = lockenv("lock", cwd=project), lockenv("sync", cwd=project)

    assert lock.code == 0, lock.err
    assert sync.code == 1, sync.err
    assert "sourceful" in sync.err
    assert "must be built" in sync.err
    assert "Traceback" not in sync.err


def test_sdist_without_static_metadata_is_named(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(sdist("dynamic", "1.0", requires=["lib"], static=False))
    project = write_project(tmp_path / "project", ["dynamic"], index=index.url)

    result = lockenv("lock", cwd=project)

    assert result.code == 1, result.err
    assert "dynamic-1.0.tar.gz" in result.err
    assert "--allow-build dynamic" in result.err
    assert not project.joinpath("pylock.toml").exists()


def test_lock_without_packages_empties_an_environment_only_when_asked(synced: Path) -> None:
    write_project(synced, [])
    assert lockenv("lock", cwd=synced).code == 0

    refused = lockenv("sync", cwd=synced)

    assert (refused.code, "--allow-empty" in refused.err, installed(synced)) == (
        2,
        True,
        ["app 1.0", "lib 1.1", "tester 3.0"],
    )
    assert lockenv("sync", "--allow-empty", cwd=synced).code == 0
    assert not any(installed(synced))


@pytest.mark.parametrize("options", [(), ("--frozen",), ("--check",)], ids=" ".join)
def test_lock_whose_entry_was_deleted_by_hand_is_not_installed(locked: Path, options: tuple[str, ...]) -> None:
    lock = locked / "pylock.toml"
    before, entry, after = lock.read_text().partition('[[packages]]\nname = "lib"')
    lock.write_text(before + after[after.index("\n[", after.index("[packages.tool.lockenv]") + 1) + 1 :])

    result = lockenv("sync", *options, cwd=locked)

    assert (bool(entry), result.code, (locked / ".venv").exists()) == (True, 1, False), result.err
    assert "pylock.toml is not sound" in result.err
    assert "lib" in result.err


def test_frozen_lock_that_was_altered_is_not_installed_though_it_is_stale(locked: Path) -> None:
    lock = locked / "pylock.toml"
    lock.write_text(lock.read_text().replace('version = "1.1"', 'version = "1.0"', 1))
    pyproject = locked / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("dependencies = [", 'dependencies = ["other", '))

    result = lockenv("sync", "--frozen", cwd=locked)

    assert (result.code, (locked / ".venv").exists()) == (1, False), result.err
    assert "was changed since lockenv wrote it" in result.err


def test_data_in_lib64_goes_where_the_link_of_the_environment_leads(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(
        wheel(
            "native",
            files={
                "native-1.0.data/data/lib64/pkgconfig/native.pc": "prefix=.\n",
                "native-1.0.data/data/lib/pkgconfig/other.pc": "prefix=.\n",
            },
        ),
        wheel("plain"),
    )
    project = write_project(tmp_path / "project", ["native", "plain"], index=index.url)

    steps = [lockenv(*args, cwd=project) for args in (["lock"], ["sync"], ["verify"], ["sync"])]
    folder = project / ".venv/lib/pkgconfig"
    placed = sorted(path.name for path in folder.iterdir())
    record = next(project.glob(".venv/lib/*/site-packages/native-1.0.dist-info/RECORD")).read_text()
    write_project(project, ["plain"], index=index.url)
    removed = [lockenv(*args, cwd=project) for args in (["lock"], ["sync"], ["verify"])]

    assert [step.code for step in (*steps, *removed)] == [0] * 7, [step.err for step in (*steps, *removed)]
    assert placed == ["native.pc", "other.pc"]
    assert "\n../../pkgconfig/native.pc," in f"\n{record}"
    assert not folder.exists()


def test_two_files_for_one_path_by_way_of_lib64_are_refused(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(
        wheel(
            "native",
            files={"native-1.0.data/data/lib64/native.pc": "one\n", "native-1.0.data/data/lib/native.pc": "two\n"},
        )
    )
    project = write_project(tmp_path / "project", ["native"], index=index.url)
    assert lockenv("lock", cwd=project).code == 0

    result = lockenv("sync", cwd=project)

    assert result.code == 2
    assert "native 1.0 has two files for lib/native.pc" in result.err


@pytest.mark.parametrize("same", [True, False], ids=["the same bytes", "other bytes"])
def test_file_that_a_wheel_has_twice_for_one_path_is_refused(
    tmp_path: Path, index: LoopbackIndex, *, same: bool
) -> None:
    version = ".".join(map(str, sys.version_info[:2]))
    target = f"twice-1.0.data/data/lib64/python{version}/site-packages/twice/more.py"
    index.add(wheel("twice", files={"twice/more.py": "one\n", target: "one\n" if same else "two\n"}))
    project = write_project(tmp_path / "project", ["twice"], index=index.url)
    assert lockenv("lock", cwd=project).code == 0

    result = lockenv("sync", "--python", PYTHON, cwd=project)

    assert result.code == 2
    assert f"twice 1.0 has two files for lib/python{version}/site-packages/twice/more.py" in result.err


def test_data_file_in_place_of_the_link_of_an_environment_is_refused(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("link", files={"link-1.0.data/data/lib64": "not a link\n"}))
    project = write_project(tmp_path / "project", ["link"], index=index.url)
    assert lockenv("lock", cwd=project).code == 0

    result = lockenv("sync", cwd=project)

    assert result.code == 2
    assert "it would replace a part of the environment" in result.err


def test_list_that_is_named_to_sync_is_answered_with_the_command_that_adds_it(locked: Path) -> None:
    (locked / "requirements.txt").write_text("lib\n")

    listed = lockenv("sync", "requirements.txt", cwd=locked)
    named = lockenv("install", "lib", cwd=locked)

    assert (listed.code, listed.err.splitlines()[-1]) == (
        2,
        "  hint: run `lockenv add -r requirements.txt` to add what the file lists",
    )
    assert (named.code, "`lockenv add NAME` to add a package" in named.err) == (2, True)
