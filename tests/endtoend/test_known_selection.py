"""What a sync remembers of the wheels that it installed: the same environment, and the lock is not read again."""

from __future__ import annotations

import os
import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from lockenv.context.settings import Settings
from lockenv.operations import known_selection, load
from lockenv.operations.sync import sync
from lockenv.operations.synced import SyncRequest
from lockenv.sync import quick_look
from lockenv.sync.stored_wheel import StoredWheel, dumped
from lockenv.sync.wheel_store import WheelStore
from lockenv.vocabulary.hashing import blake2b
from lockenv.vocabulary.names import Sha256
from lockenv.vocabulary.progress import SILENT_LISTENER
from tests.endtoend.test_module_budget import loaded_whole
from tests.endtoend.test_sync import seen_by_python
from tests.support.program import environment, lockenv
from tests.support.projects import write_project
from tests.support.wheels import wheel
from tests.unit.sync.test_wheel_store import with_modes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

FULL = "lockenv.lockfile.lock"
"""What a sync loads to read the lock."""


def is_known(cwd: Path, *args: str) -> bool:
    """Make the environment again, and return whether the lock was not read for it."""
    shutil.rmtree(cwd / ".venv", ignore_errors=True)
    return FULL not in loaded_whole(cwd, "sync", *args)


def cloned(project: Path) -> Path:
    """Return a directory beside `project` that has what a clone of it has."""
    clone = project.with_name("clone")
    clone.mkdir()
    for name in ("pyproject.toml", "pylock.toml"):
        shutil.copy(project / name, clone)
    return clone


def memory(project: Path) -> Path:
    (found,) = [path for path in (project.with_name("project.cache") / "proofs-v1").iterdir() if path.stat().st_size]
    return found


def memory_size(project: Path) -> int:
    """Return the bytes of all that is remembered of the project."""
    found = (project.with_name("project.cache") / "proofs-v1").glob("*-answer")
    return sum(path.stat().st_size for path in found)


def entry(project: Path, name: str) -> Path:
    """Return the directory of the store in which the wheel of `name` is."""
    shelf = project.with_name("project.cache") / "store-v1"
    (found,) = [path.parent for path in shelf.glob("*/*/manifest") if f"\0{name}-".encode() in path.read_bytes()]
    return found


def test_second_environment_is_known_and_the_same(synced: Path) -> None:
    before = seen_by_python(synced / ".venv")

    assert is_known(synced)
    assert seen_by_python(synced / ".venv") == before
    assert lockenv("verify", cwd=synced).code == 0


def test_clone_in_another_directory_is_known(synced: Path) -> None:
    clone = cloned(synced)
    cache = str(synced.with_name("project.cache"))

    assert FULL not in loaded_whole(clone, "sync", "--cache-dir", cache)
    assert lockenv("sync", "--cache-dir", cache, cwd=clone).err == ".venv is up to date\n"
    assert lockenv("run", "--cache-dir", cache, "app", cwd=clone).out == "app on lib 1.1\n"


@pytest.mark.parametrize("options", [(), ("--compile",)], ids=str)
def test_report_of_a_known_selection_is_the_same(locked: Path, options: tuple[str, ...]) -> None:
    first = lockenv("sync", *options, cwd=locked).err.splitlines()
    shutil.rmtree(locked / ".venv")

    again = lockenv("sync", *options, cwd=locked).err.splitlines()

    assert again[:-1] == first[:-1]
    assert again[-1].startswith("Installed 3 in ")


def test_report_of_a_known_selection_without_a_wheel_is_the_same(synced: Path, index: LoopbackIndex) -> None:
    write_project(synced, ["app; sys_platform == 'win32'"], index=index.url)
    assert lockenv("lock", cwd=synced).code == 0
    shutil.rmtree(synced / ".venv")
    first = lockenv("sync", cwd=synced)

    assert is_known(synced)
    shutil.rmtree(synced / ".venv")
    assert lockenv("sync", cwd=synced) == first


def test_sync_after_a_known_selection_has_nothing_to_do(synced: Path) -> None:
    assert is_known(synced)
    assert lockenv("sync", cwd=synced).err == ".venv is up to date\n"
    assert lockenv("run", "app", cwd=synced).out == "app on lib 1.1\n"


def test_what_is_remembered_of_a_known_selection_is_what_there_is(synced: Path) -> None:
    """Names of the directories of wheels are not read again: they are those of the environment before."""
    assert is_known(synced)
    lines = (synced / ".venv/.lockenv/state").read_text(encoding="utf-8").splitlines()

    seen = quick_look.look(str(synced / ".venv"))

    assert lines[-len(seen) - 1 : -1] == seen


def test_environment_made_of_a_known_selection_that_its_python_wrote_to_is_unchanged(synced: Path) -> None:
    assert is_known(synced)
    assert lockenv("run", "python", "-c", "import app", cwd=synced, env={"PYTHONDONTWRITEBYTECODE": ""}).code == 0

    assert [*(synced / ".venv").glob("lib/*/site-packages/**/__pycache__")] != []
    assert "lockenv.sync.inspection" not in loaded_whole(synced, "sync")


@pytest.mark.parametrize("file", ["pyproject.toml", "pylock.toml", "lockenv.toml"])
def test_selection_of_other_files_is_not_known(synced: Path, file: str) -> None:
    with (synced / file).open("a", encoding="utf-8") as opened:
        opened.write("# a comment\n")

    assert not is_known(synced)


def test_selection_with_another_option_is_another(synced: Path) -> None:
    assert [is_known(synced, "--extra", "fancy") for _ in range(2)] == [False, True]
    assert (synced / ".venv/lib").exists()
    assert lockenv("sync", "--extra", "fancy", "--check", cwd=synced).code == 0


def test_stale_lock_is_refused_though_an_older_one_is_known(synced: Path, index: LoopbackIndex) -> None:
    write_project(synced, ["app>=1", "ribbon"], index=index.url)
    shutil.rmtree(synced / ".venv")

    assert (lockenv("sync", cwd=synced).code, (synced / ".venv").exists()) == (1, False)


def test_memory_that_is_damaged_is_no_memory(synced: Path) -> None:
    found = memory(synced)
    found.write_bytes(found.read_bytes().replace(b"lib\t1.1", b"lib\t1.0"))

    assert not is_known(synced)


def test_memory_in_the_place_of_another_is_no_memory(synced: Path) -> None:
    other = memory(synced)
    content = other.read_bytes()
    other.unlink()
    assert lockenv("sync", "--extra", "fancy", "--venv", "other", cwd=synced).code == 0
    memory(synced).write_bytes(content)
    shutil.rmtree(synced / "other")

    assert lockenv("sync", "--extra", "fancy", "--venv", "other", cwd=synced).code == 0
    assert [*(synced / "other").glob("lib/*/site-packages/ribbon*.dist-info")] != []


def test_wheel_that_left_the_store_is_fetched_again(synced: Path) -> None:
    shutil.rmtree(entry(synced, "lib"))

    assert not is_known(synced)
    assert lockenv("run", "app", cwd=synced).out == "app on lib 1.1\n"


def test_damaged_file_of_the_store_is_not_installed(synced: Path) -> None:
    (entry(synced, "lib") / "0").write_text("changed\n", encoding="utf-8")
    shutil.rmtree(synced / ".venv")

    result = lockenv("sync", cwd=synced)

    assert "cache entry repaired: lib-1.1" in result.err
    assert lockenv("verify", cwd=synced).code == 0


def test_emptied_cache_knows_nothing(synced: Path) -> None:
    shutil.rmtree(synced.with_name("project.cache"))

    assert not is_known(synced)


def test_selection_for_another_interpreter_is_not_known(synced: Path) -> None:
    """What the interpreter says of itself decides which wheels are chosen."""
    found = memory(synced)
    lines = found.read_bytes().split(b"\n")
    body = b"\n".join([b"0" * 64, *lines[2:]])
    question = found.name.removesuffix("-answer").encode()
    found.write_bytes(blake2b(b"3 " + question + body).hexdigest().encode() + b"\n" + body)

    assert not is_known(synced)


def test_sync_with_a_note_is_not_remembered(project: Path, index: LoopbackIndex) -> None:
    index.add(wheel("kettle", "1.0", files={"kettle.pth": "import sys\n", "kettle.py": ""}))
    write_project(project, ["kettle"], index=index.url)
    assert lockenv("lock", cwd=project).code == 0

    assert "kettle.pth" in lockenv("sync", cwd=project).err
    assert not is_known(project)


def test_wheels_that_share_a_file_are_installed_in_full(project: Path, index: LoopbackIndex) -> None:
    for name in ("kettle", "teapot"):
        index.add(wheel(name, "1.0", files={f"{name}.py": "", "shared/data.txt": "the same\n"}))
    write_project(project, ["kettle", "teapot"], index=index.url)
    assert lockenv("lock", cwd=project).code == 0

    assert [is_known(project) for _ in range(3)] == [False, False, False]
    assert memory_size(project) == 0
    assert lockenv("verify", cwd=project).code == 0


def test_files_of_a_wheel_and_of_the_environment_at_one_path(project: Path, index: LoopbackIndex) -> None:
    index.add(wheel("kettle", "1.0", data={"scripts/activate": "#!/bin/sh\n"}))
    write_project(project, ["kettle"], index=index.url)
    assert lockenv("lock", cwd=project).code == 0
    results = []
    for _ in range(2):
        shutil.rmtree(project / ".venv", ignore_errors=True)
        results.append((lockenv("sync", "-q", cwd=project), seen_by_python(project / ".venv")))

    assert results[1] == results[0]


def test_environment_that_is_there_is_looked_at_in_full(synced: Path) -> None:
    shutil.rmtree(synced / ".venv")
    (synced / ".venv").mkdir()

    assert FULL in loaded_whole(synced, "sync")


@pytest.fixture
def long(project: Path, index: LoopbackIndex) -> Path:
    """Provide a project whose wheels are so many bytes that copies of the process install them, too."""
    chance = random.Random(5)
    for name, count in (("kettle", 200), ("teapot", 300), ("saucer", 5)):
        files: dict[str, str | bytes] = {f"{name}/part{n % 9}/module{n}.py": f"x = {n}\n" for n in range(count)}
        files[f"{name}/noise.bin"] = chance.randbytes(400_000)
        index.add(wheel(name, "1.0", files=files, entry_points={"console_scripts": {name: f"{name}:main"}}))
    write_project(project, ["kettle", "teapot", "saucer"], index=index.url)
    assert lockenv("lock", cwd=project).code == 0
    assert lockenv("sync", cwd=project).code == 0
    return project


def test_copies_of_the_process_install_what_one_process_installs(long: Path) -> None:
    before = seen_by_python(long / ".venv")

    assert is_known(long)
    assert seen_by_python(long / ".venv") == before
    assert lockenv("verify", cwd=long).code == 0
    assert not (long / ".venv/.lockenv/new").exists()


_STRUCK = ("sync.link:1", "sync.link:250", "sync.rename:1", "sync.create:4", "venv.fsync:1", "venv.symlink:2")


@pytest.mark.parametrize("kind", ["kill", "EIO"])
@pytest.mark.parametrize("point", [*_STRUCK, "venv.rename:1", "sync.rename:5"])
def test_struck_installation_leaves_no_environment_or_a_whole_one(long: Path, point: str, kind: str) -> None:
    """Whichever process it is: when a copy is struck, or a call fails, the full way is gone."""
    before = seen_by_python(long / ".venv")
    shutil.rmtree(long / ".venv")

    struck = lockenv("sync", cwd=long, env={"LOCKENV_TEST": "1", "LOCKENV_TEST_FAULT": f"{point}:{kind}"})

    if struck.code == 0 or (point, kind) == ("sync.rename:1", "kill"):
        # That is the first one where the environment is known: what is to be remembered of it, once it is whole.
        assert seen_by_python(long / ".venv") == before
    else:
        assert struck.code in (-9, 2), struck.err
        # Where a copy was struck, this process may have been in the full way, which has a journal before it installs.
        is_environment, has_journal = ((long / ".venv" / name).exists() for name in ("pyvenv.cfg", ".lockenv/journal"))
        assert not is_environment or has_journal or not [*(long / ".venv").glob("lib/*/site-packages/*")]
    assert lockenv("sync", cwd=long).code == 0
    assert lockenv("verify", cwd=long).code == 0
    assert seen_by_python(long / ".venv") == before
    assert not (long / ".venv/.lockenv/new").exists()


def test_interrupted_installation_leaves_nothing(long: Path) -> None:
    shutil.rmtree(long / ".venv")

    struck = lockenv("sync", cwd=long, env={"LOCKENV_TEST": "1", "LOCKENV_TEST_FAULT": "venv.symlink:1:interrupt"})

    assert (struck.code, (long / ".venv").exists()) == (130, False)


def test_environment_that_another_process_is_creating_is_waited_for(long: Path) -> None:
    shutil.rmtree(long / ".venv")

    with ThreadPoolExecutor(4) as pool:
        results = [*pool.map(lambda _: lockenv("sync", "-q", cwd=long), range(4))]

    assert {result.code for result in results} == {0}
    assert lockenv("verify", cwd=long).code == 0


def test_interpreter_that_is_pinned_is_looked_for(synced: Path) -> None:
    """The one that runs lockenv comes first only where no other is asked for."""
    assert is_known(synced)
    (synced / ".python-version").write_text("3.99\n", encoding="utf-8")
    shutil.rmtree(synced / ".venv")

    result = lockenv("sync", cwd=synced)

    assert (result.code, (synced / ".venv").exists()) == (2, False)
    assert ".python-version requests Python 3.99" in result.err


def kept(project: Path, name: str = "lib") -> dict[str, Path]:
    """Return what is kept of what a sync wrote for the wheel of `name`, by the name that it has in a .dist-info."""
    return {path.name.split("-", 1)[1]: path for path in entry(project, name).iterdir() if "-" in path.name}


def metadata(environment: Path, name: str = "lib") -> dict[str, Path]:
    """Return the same files in an environment."""
    (found,) = environment.glob(f"lib/*/site-packages/{name}-*.dist-info")
    return {path.name: path for path in found.iterdir() if path.name in {"INSTALLER", "provenance_url.json", "RECORD"}}


def test_what_a_sync_writes_for_a_wheel_is_linked_the_next_time(synced: Path) -> None:
    before = seen_by_python(synced / ".venv")
    assert kept(synced) == {}
    assert is_known(synced)  # and keeps it
    assert sorted(kept(synced)) == ["INSTALLER", "RECORD", "digests", "plan", "provenance_url.json"]

    assert is_known(synced)

    made = metadata(synced / ".venv")
    assert all(kept(synced)[name].samefile(path) for name, path in made.items())
    assert sorted(kept(synced, "app")) == sorted([*kept(synced), "command-app"])
    assert (synced / ".venv/bin/app").samefile(kept(synced, "app")["command-app"])
    assert lockenv("run", "app", cwd=synced).out == "app on lib 1.1\n"
    assert seen_by_python(synced / ".venv") == before
    assert lockenv("verify", cwd=synced).code == 0


def test_files_have_their_modes_where_those_of_the_cache_are_others(synced: Path) -> None:
    """On a file system without modes, each file of the cache has the same."""
    before = {path: path.stat().st_mode for path in (synced / ".venv/lib").rglob("*")}
    assert is_known(synced)  # and keeps what a sync writes
    place = entry(synced, "lib")
    stored = WheelStore(str(synced.with_name("project.cache"))).find(Sha256(place.name))
    assert isinstance(stored, StoredWheel)
    (place / "manifest").write_bytes(dumped(with_modes(stored, 0o755)))

    for _ in range(2):
        assert is_known(synced)
        assert {path: path.stat().st_mode for path in (synced / ".venv/lib").rglob("*")} == before
        assert lockenv("verify", cwd=synced).code == 0


@pytest.mark.parametrize("name", ["INSTALLER", "RECORD", "provenance_url.json"])
@pytest.mark.parametrize("change", ["written over", "gone", "of another mode"])
def test_kept_file_that_is_not_as_it_was_is_written_again(synced: Path, name: str, change: str) -> None:
    before = seen_by_python(synced / ".venv")
    assert is_known(synced)
    if change == "gone":
        kept(synced)[name].unlink()
    elif change == "of another mode":
        metadata(synced / ".venv")[name].chmod(0o600)
    else:
        metadata(synced / ".venv")[name].write_text("another\n", encoding="utf-8")

    for _ in range(2):
        assert is_known(synced)
        assert seen_by_python(synced / ".venv") == before
        assert lockenv("verify", cwd=synced).code == 0
    assert all(kept(synced)[each].samefile(path) for each, path in metadata(synced / ".venv").items())


def test_kept_file_is_not_trusted_after_the_system_was_started_again(synced: Path) -> None:
    """What was not flushed may have lost its bytes, with size and time as they were."""
    before = seen_by_python(synced / ".venv")
    run = {"LOCKENV_TEST": "1", "LOCKENV_TEST_BOOT": "first"}
    for _ in range(2):
        shutil.rmtree(synced / ".venv")
        assert lockenv("sync", cwd=synced, env=run).code == 0
    lost = kept(synced)["RECORD"]
    found = lost.stat()
    lost.write_bytes(bytes(found.st_size))
    os.utime(lost, ns=(found.st_atime_ns, found.st_mtime_ns))
    shutil.rmtree(synced / ".venv")

    for _ in range(2):
        assert lockenv("sync", cwd=synced, env={**run, "LOCKENV_TEST_BOOT": "second"}).code == 0
        assert seen_by_python(synced / ".venv") == before
        shutil.rmtree(synced / ".venv")


def test_metadata_kept_for_one_index_is_not_linked_for_another(synced: Path, index: LoopbackIndex) -> None:
    """provenance_url.json says where a wheel came from: the same wheel may come from elsewhere."""
    assert is_known(synced)
    other = index.url.replace("127.0.0.1", "localhost")
    write_project(synced, ["app>=1"], index=other)
    assert lockenv("lock", "--upgrade", cwd=synced, env={"LOCKENV_ALLOW_HTTP": "localhost,127.0.0.1"}).code == 0
    for _ in range(3):
        shutil.rmtree(synced / ".venv")
        assert lockenv("sync", cwd=synced, env={"LOCKENV_ALLOW_HTTP": "localhost,127.0.0.1"}).code == 0
        assert "//localhost:" in metadata(synced / ".venv")["provenance_url.json"].read_text(encoding="utf-8")
        assert lockenv("verify", cwd=synced).code == 0
    assert len([*entry(synced, "lib").glob("*-RECORD")]) == 2, "neither takes the place of the other"


def test_commands_that_are_kept_name_their_own_environment(synced: Path) -> None:
    """A clone in another directory knows the same selection; only a few sets are kept beside one wheel."""
    cache = str(synced.with_name("project.cache"))
    clones = [synced.with_name(f"clone{number}") for number in range(10)]
    for clone in clones:
        clone.mkdir()
        for name in ("pyproject.toml", "pylock.toml"):
            shutil.copy(synced / name, clone)
    for clone in (*clones, *clones[:2]):
        shutil.rmtree(clone / ".venv", ignore_errors=True)
        assert lockenv("sync", "--cache-dir", cache, cwd=clone).code == 0
        command = (clone / ".venv/bin/app").read_text(encoding="utf-8")
        assert command.startswith(f"#!{clone}/.venv/bin/python"), command
        assert lockenv("verify", "--cache-dir", cache, cwd=clone).code == 0

    assert len([*entry(synced, "app").glob("*-RECORD")]) == 8
    assert len([*entry(synced, "lib").glob("*-RECORD")]) == 1


def test_command_that_was_edited_in_its_environment_is_written_again(synced: Path) -> None:
    assert is_known(synced)
    with (synced / ".venv/bin/app").open("a", encoding="utf-8") as opened:
        opened.write("# by hand\n")

    for _ in range(3):
        assert is_known(synced)
        assert "# by hand" not in (synced / ".venv/bin/app").read_text(encoding="utf-8")
        assert lockenv("verify", cwd=synced).code == 0


@pytest.fixture
def scripted(project: Path, index: LoopbackIndex) -> Path:
    """Provide a project that was synced with wheels that have scripts, one of them with a command, too."""
    scripts = {"scripts/kettle": "#!python\nprint('hot')\n", "scripts/teapot": "#!/bin/sh\necho tea\n"}
    commands = {"console_scripts": {"lid": "urn:main"}}
    index.add(wheel("kettle", "1.0", data=scripts))
    index.add(wheel("urn", "1.0", data={"scripts/urn": "#!python\nprint('full')\n"}, entry_points=commands))
    write_project(project, ["kettle", "urn"], index=index.url)
    assert lockenv("lock", cwd=project).code == 0
    assert lockenv("sync", cwd=project).code == 0
    return project


def test_scripts_of_a_wheel_are_linked_the_next_time(scripted: Path) -> None:
    before = seen_by_python(scripted / ".venv")
    assert is_known(scripted)  # and keeps them
    written = ["INSTALLER", "RECORD", "digests", "plan", "provenance_url.json", "script-0"]
    assert sorted(kept(scripted, "kettle")) == [*written, "script-1"]
    assert sorted(kept(scripted, "urn")) == sorted([*written, "command-lid"])
    places = {name: kept(scripted, "kettle")[f"script-{n}"] for n, name in enumerate(("kettle", "teapot"))}
    places |= {"urn": kept(scripted, "urn")["script-0"], "lid": kept(scripted, "urn")["command-lid"]}

    for _ in range(2):
        assert is_known(scripted)
        assert all((scripted / ".venv/bin" / name).samefile(place) for name, place in places.items())
        assert lockenv("run", "kettle", cwd=scripted).out == "hot\n"
        assert lockenv("verify", cwd=scripted).code == 0
        assert seen_by_python(scripted / ".venv") == before


def test_scripts_that_are_kept_name_their_own_environment(scripted: Path) -> None:
    clone = cloned(scripted)
    cache = str(scripted.with_name("project.cache"))
    assert is_known(scripted)

    for place in (clone, clone, scripted):
        shutil.rmtree(place / ".venv", ignore_errors=True)
        assert lockenv("sync", "--cache-dir", cache, cwd=place).code == 0
        assert (place / ".venv/bin/kettle").read_text(encoding="utf-8").startswith(f"#!{place}/.venv/bin/python")
        assert lockenv("verify", "--cache-dir", cache, cwd=place).code == 0


@pytest.mark.parametrize("name", ["kettle", "teapot"])
def test_script_that_was_edited_in_its_environment_is_made_again(scripted: Path, name: str) -> None:
    before = seen_by_python(scripted / ".venv")
    assert is_known(scripted)
    with (scripted / ".venv/bin" / name).open("a", encoding="utf-8") as opened:
        opened.write("# by hand\n")

    for _ in range(3):
        shutil.rmtree(scripted / ".venv")
        assert lockenv("sync", cwd=scripted).code == 0
        assert seen_by_python(scripted / ".venv") == before
        assert lockenv("verify", cwd=scripted).code == 0


@pytest.mark.parametrize("name", ["pylock.toml", "pyproject.toml", ""])
def test_selection_of_a_file_that_changes_meanwhile_is_not_installed(locked: Path, name: str) -> None:
    """Else the environment would be said to hold what the file selects now."""
    cache = str(locked.with_name("project.cache"))
    settings = Settings(directory=str(locked), environ=environment(locked), now="2026-01-01T00:00:00Z", cache_dir=cache)
    sync(SyncRequest(), settings)
    shutil.rmtree(locked / ".venv")
    project = load.project(settings)
    question = known_selection.asked(SyncRequest(), project, settings)
    assert question is not None
    with (locked / (name or "other")).open("a", encoding="utf-8") as file:
        file.write("\n")

    root = str(locked / ".venv")
    installed = known_selection.install(question, root, SyncRequest(), settings, SILENT_LISTENER, 0.0)

    assert (installed is None, (locked / ".venv").exists()) == (bool(name), not name)


@pytest.mark.parametrize(
    "name", ["INSTALLER", "RECORD", "provenance_url.json", "script-0", "command-lid", "digests", "plan", "0"]
)
def test_bit_that_turned_in_the_cache_is_found_and_serves_no_one_then(scripted: Path, name: str) -> None:
    """Size and times are as they were: only who reads every byte can see it."""
    before = seen_by_python(scripted / ".venv")
    assert is_known(scripted)
    place = entry(scripted, "urn")
    turn(place / name if name == "0" else kept(scripted, "urn")[name])

    found = lockenv("cache", "verify", cwd=scripted)

    assert (found.code, found.out) == (1, f"store-v1/{place.parent.name}/{place.name}\n")
    for _ in range(2):
        shutil.rmtree(scripted / ".venv")
        assert lockenv("sync", cwd=scripted).code == 0
        assert seen_by_python(scripted / ".venv") == before
        assert lockenv("verify", cwd=scripted).code == 0
    assert lockenv("cache", "verify", cwd=scripted).code == 0


def turn(path: Path) -> None:
    """Let a bit in the middle of a file be another one, and its time what it was."""
    content, found = bytearray(path.read_bytes()), path.stat()
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


@pytest.mark.parametrize("part", ["RECORD", "digests", "plan", "all"])
def test_set_of_which_a_part_was_not_kept_is_not_damaged(scripted: Path, part: str) -> None:
    """As a process leaves it that was killed meanwhile."""
    before = seen_by_python(scripted / ".venv")
    assert is_known(scripted)
    for name, path in kept(scripted, "urn").items():
        if part == "all" or name == part:
            path.unlink()

    assert lockenv("cache", "verify", cwd=scripted).code == 0
    for _ in range(2):
        assert is_known(scripted)
        assert seen_by_python(scripted / ".venv") == before
    assert {"RECORD", "digests", "plan"} <= kept(scripted, "urn").keys()
