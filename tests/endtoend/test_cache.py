"""`lockenv cache`: where it is, how large, whether it is whole, and less of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.program import PYTHON, environment, lockenv_here
from tests.support.trees import snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex


def cache_of(project: Path) -> Path:
    """Return the cache directory of runs in `project`."""
    return project.with_name(f"{project.name}.cache")


def entries(project: Path) -> tuple[set[str], set[str]]:
    """Return the unpacked wheels and the archives, by sha256."""
    cache = cache_of(project)
    unpacked = {path.name for path in cache.glob("store-v1/??/*")}
    return unpacked, {path.stem for path in cache.glob("archives/*")}


def test_dir_is_the_cache_directory(tmp_path: Path) -> None:
    result = lockenv_here("cache", "dir", "--cache-dir", "mine", cwd=tmp_path)

    assert (result.code, result.out) == (0, f"{tmp_path / 'mine'}\n")


@pytest.mark.parametrize("action", ["size", "prune", "clean", "verify"])
def test_absent_cache_is_empty_and_stays_absent(tmp_path: Path, action: str) -> None:
    result = lockenv_here("cache", action, "--cache-dir", "mine", cwd=tmp_path)

    assert (result.code, (tmp_path / "mine").exists()) == (0, False), result.err


def test_size_is_that_of_its_files(synced: Path) -> None:
    sizes = [path.lstat().st_size for path in cache_of(synced).rglob("*") if path.is_file()]

    result = lockenv_here("cache", "size", cwd=synced)

    assert (result.code, result.out) == (0, f"{sum(sizes)}\n")
    assert "store-v1" in result.err


def test_prune_keeps_what_an_environment_uses(synced: Path) -> None:
    before = snapshot(synced), entries(synced)

    result = lockenv_here("cache", "prune", "--json", cwd=synced)

    answer = json.loads(result.out)
    assert (answer["wheels"], snapshot(synced), entries(synced)) == (0, *before), result.err
    assert lockenv_here("verify", cwd=synced).code == 0


def test_prune_removes_what_no_environment_uses(synced: Path) -> None:
    assert lockenv_here("sync", "--extra", "fancy", "--venv", "other", cwd=synced).code == 0
    with_extra = entries(synced)
    shutil.rmtree(synced / "other")

    assert lockenv_here("cache", "prune", cwd=synced).code == 0

    without = entries(synced)
    assert [len(before - after) for before, after in zip(with_extra, without, strict=True)] == [1, 1]
    assert lockenv_here("verify", cwd=synced).code == 0


def test_prune_removes_old_files_that_killed_processes_left(synced: Path) -> None:
    cache = cache_of(synced)
    shard = next(cache.glob("releases-*/?"))
    left = [shard / f".{'a' * 40}.4711.0123456789ab", shard.parent / ".note.1.0123456789ab"]
    new = shard / f".{'b' * 40}.4711.0123456789ab"
    others = [shard / ".mine", shard / f"{'a' * 40}.4711.0123456789ab"]
    for path in (*left, new, *others):
        path.write_bytes(b"?")
    for path in (*left, *others):
        os.utime(path, (0, 0))
    before = snapshot(cache)

    result = lockenv_here("cache", "prune", "--json", cwd=synced)

    assert (json.loads(result.out)["bytes"], result.code) == (2, 0), result.err
    gone = {str(path.relative_to(cache)) for path in left}
    assert {*before} - {*snapshot(cache)} == gone


def test_prune_at_a_moment_that_is_none_is_refused(synced: Path) -> None:
    result = lockenv_here("cache", "prune", cwd=synced, env={"LOCKENV_NOW": "yesterday"})

    assert (result.code, "LOCKENV_NOW: 'yesterday' is not a timestamp" in result.err) == (2, True), result.err


@pytest.mark.parametrize("place", ["store-v1", "archives", "store-v1/ab", "parsed-1"])
def test_clean_removes_a_file_in_the_place_of_a_directory(place: str, synced: Path) -> None:
    path = cache_of(synced) / place
    if path.is_dir():
        shutil.rmtree(path)
    path.touch()

    result = lockenv_here("cache", "clean", cwd=synced)
    shutil.rmtree(synced / ".venv")

    assert result.code == 0, result.err
    assert not path.is_file()
    assert lockenv_here("sync", cwd=synced).code == 0


def test_clean_removes_what_is_the_cache_s_and_nothing_else(synced: Path, index: LoopbackIndex) -> None:
    mine = cache_of(synced) / "mine.txt"
    mine.write_text("mine")
    before = snapshot(synced)

    assert lockenv_here("cache", "clean", cwd=synced).code == 0

    assert (entries(synced), mine.read_text(), snapshot(synced)) == ((set(), set()), "mine", before)
    assert not (cache_of(synced) / "parsed-1").exists()
    result = lockenv_here("sync", "--venv", "again", cwd=synced)
    assert result.code == 0, result.err
    assert index.requests


def test_whole_cache_is_whole(synced: Path) -> None:
    result = lockenv_here("cache", "verify", cwd=synced)

    assert (result.code, result.out) == (0, "")


def test_each_damaged_entry_is_named_and_renewed_by_the_next_who_needs_it(synced: Path) -> None:
    cache = cache_of(synced)
    archive = min(cache.glob("archives/*"))
    archive.write_bytes(archive.read_bytes()[:-1] + b"?")
    # What is edited through a hard link of an environment is edited in the store.
    with next(synced.glob(".venv/lib/*/site-packages/app.py")).open("ab") as stream:
        stream.write(b"#")

    result = lockenv_here("cache", "verify", cwd=synced)

    first, second = result.out.splitlines()
    assert (result.code, first, second.partition("/")[0]) == (1, f"archives/{archive.name}", "store-v1")
    shutil.rmtree(synced / ".venv")
    assert lockenv_here("sync", cwd=synced).code == 0
    assert lockenv_here("verify", "--fetch", cwd=synced).code == 0
    assert lockenv_here("cache", "verify", cwd=synced).code == 0


@pytest.mark.skipif(sys.platform != "linux", reason="about permissions of Linux")
@pytest.mark.parametrize("pattern", ["store-v1/*/*/manifest", "store-v1/*/*/0", "archives/*.whl"])
def test_file_that_may_not_be_read_is_replaced_by_the_next_who_needs_it(synced: Path, pattern: str) -> None:
    shutil.rmtree(synced / ".venv")
    cache = cache_of(synced)
    for found in cache.glob(pattern):
        found.chmod(0)
    if pattern.startswith("archives"):
        shutil.rmtree(cache / "store-v1")

    checked = without_privileges("cache", "verify", cwd=synced)
    made = without_privileges("sync", cwd=synced)
    again = without_privileges("cache", "verify", cwd=synced)

    assert (checked.returncode, made.returncode, again.returncode) == (1, 0, 0), made.stderr
    assert lockenv_here("verify", cwd=synced).code == 0


@pytest.mark.skipif(sys.platform != "linux", reason="about permissions of Linux")
def test_page_that_may_not_be_read_is_as_good_as_damaged(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(b"page")
    kept.chmod(0)
    read = f"from lockenv.fetch.kept_beside import KeptBeside\nprint(KeptBeside({str(kept)!r}).part(0, 4))"

    assert python_without_privileges("-c", read, cwd=tmp_path).stdout == "b''\n"


def without_privileges(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the program without the right to read every file, which the superuser has."""
    return python_without_privileges("-m", "lockenv", *args, cwd=cwd)


def python_without_privileges(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run Python in the same way."""
    program = [PYTHON, *args]
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root may read everything, and there is no setpriv")
        rights = "-dac_override,-dac_read_search"
        program = ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}", *program]
    return subprocess.run(program, cwd=cwd, env=environment(cwd), capture_output=True, text=True, check=False)


@pytest.mark.parametrize("form", ["metadata-*", "releases-*"])
def test_kept_answers_that_changed_places_are_fetched_again(synced: Path, form: str) -> None:
    """No index is blamed for it, and no one has to clean the cache."""
    before = (synced / "pylock.toml").read_bytes()
    kept = sorted(path for path in cache_of(synced).glob(f"{form}/?/*") if "-" not in path.name)
    contents = [path.read_bytes() for path in kept]
    for path, content in zip(kept, [*contents[1:], contents[0]], strict=True):
        path.write_bytes(content)

    first, second = (lockenv_here("lock", "-U", cwd=synced) for _ in range(2))

    assert (len(kept) > 1, first.code, second.code) == (True, 0, 0), first.err
    assert f"entries of the cache in {cache_of(synced)} were damaged and are renewed" in " ".join(first.err.split())
    assert "note" not in second.err
    assert (synced / "pylock.toml").read_bytes() == before


def test_unknown_action_is_a_usage_error_that_names_the_known_ones(tmp_path: Path) -> None:
    result = lockenv_here("cache", "burn", cwd=tmp_path)

    assert (result.code, result.out) == (2, "")
    assert "prune" in result.err


# A cache that others can write to, or that cannot be made.


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize("args", [["sync"], ["check"], ["lock", "-U"], ["verify"], ["cache", "verify"]], ids=" ".join)
def test_cache_that_others_may_write_to_is_not_used(args: list[str], synced: Path) -> None:
    cache_of(synced).chmod(0o777)
    shutil.rmtree(synced / ".venv" if args == ["sync"] else synced / "none", ignore_errors=True)

    done = lockenv_here(*args, cwd=synced)

    assert (done.code, "is writable by others (mode" in done.err) == (2, True), done.err
    elsewhere = {"LOCKENV_CACHE_DIR": str(synced.with_name("another"))}
    assert lockenv_here("check", cwd=synced, env=elsewhere).code == 0


@pytest.mark.parametrize(("place", "said"), [("file", "is not a directory"), ("file/cache", "Not a directory")])
def test_cache_that_cannot_be_made_is_an_error_with_a_reason(place: str, said: str, locked: Path) -> None:
    locked.with_name("file").touch()
    env = {"LOCKENV_CACHE_DIR": str(locked.with_name("file").parent / place)}

    done = lockenv_here("sync", cwd=locked, env=env)

    assert (done.code, said in done.err, "internal error" in done.err) == (2, True, False), done.err
    for args in (["check"], ["lock", "-U"], ["cache", "size"], ["cache", "clean"], ["python", "list"]):
        done = lockenv_here(*args, cwd=locked, env=env)
        assert done.code in (0, 2), (args, done.err)
