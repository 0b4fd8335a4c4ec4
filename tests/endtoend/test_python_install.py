"""`lockenv python install` unpacks a Python whose hash is pinned, whole or not at all, and `sync` uses it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomli_w

from tests.support.interpreters import RUNNING
from tests.support.program import PYTHON, environment, lockenv
from tests.support.projects import write_project
from tests.support.python_archives import RELEASE, VERSION, Archive, name, packed, real, saying
from tests.support.server import Reset, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.program import Result
    from tests.support.server import LoopbackIndex

SAID = f"{RUNNING}.97"
"""A version that no machine has."""
SAYING = saying(SAID)
KILLED = (
    "pythons.mkdir:1",
    "pythons.mkdir:3",
    "pythons.create:1",
    "pythons.write:2",
    "pythons.symlink:1",
    "pythons.create:3",
    "pythons.rename:1",
    "pythons.fsync:1",
)


REFUSED = (
    "no mirror",
    "nothing pinned",
    "pinned for another machine",
    "nothing requested",
    "no version",
    "pinned with another hash",
    "not on the mirror",
    "another version inside",
    "no Python inside",
    "link out",
    "offline",
    "plain HTTP elsewhere",
    "mirror below the project",
    "archive that is not pinned",
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Provide an empty directory to run in."""
    directory = tmp_path / "place"
    directory.mkdir()
    return directory


def _data(place: Path) -> Path:
    return Path(environment(place)["HOME"]) / ".local/share/lockenv/pythons-v1"


def _there(place: Path) -> list[str]:
    """Return what is in the directory of Pythons beside its lock."""
    data = _data(place)
    return sorted(each.name for each in data.iterdir() if each.name != ".lock") if data.exists() else []


def _configure(place: Path, *archives: Archive, **settings: Any) -> None:
    path = Path(environment(place)["HOME"]) / ".config/lockenv/lockenv.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(tomli_w.dumps({**settings, "python-archives": [one.pin for one in archives]}))


def _mirror(index: LoopbackIndex, *archives: Archive) -> dict[str, str]:
    for one in archives:
        index.add_python(one.file, one.content)
    return {"LOCKENV_PYTHON_MIRROR": f"{index.origin}/pythons"}


def _install(place: Path, index: LoopbackIndex, *args: str, archive: Archive = SAYING, **env: str) -> Result:
    """Install what `args` name, while the user pins `archive` and the mirror has it."""
    _configure(place, archive)
    return lockenv("python", "install", *args, cwd=place, env={**_mirror(index, archive), **env})


def test_pinned_python_is_installed_listed_found_and_removed(place: Path, index: LoopbackIndex) -> None:
    done = _install(place, index, SAID)
    again = _install(place, index, RUNNING)
    found = lockenv("python", "find", SAID, cwd=place)
    seen = lockenv("python", "list", "--json", cwd=place)
    assert seen.code == 0, seen.err
    listed = json.loads(seen.out)["interpreters"]
    verified = lockenv("python", "verify", cwd=place)
    gone = lockenv("python", "uninstall", SAID, cwd=place)
    none = lockenv("python", "uninstall", SAID, cwd=place)

    assert (done.code, again.code, found.code, verified.code, gone.code, none.code) == (0, 0, 0, 0, 0, 2), done.err
    directory = os.path.dirname(os.path.dirname(os.path.dirname(done.out.strip())))
    assert os.path.dirname(directory) == str(_data(place))
    assert done.err == f"installed CPython {SAID} of {RELEASE} in {directory}\n"
    assert again.err == f"CPython {SAID} of {RELEASE} is already installed\n"
    assert [one["version"] for one in listed if one["place"] == "lockenv"] == [SAID]
    assert found.out == f"{directory}/python/bin/python{RUNNING}\n"
    assert (_there(place), len([path for path in index.paths if "/pythons/" in path])) == ([], 1)


def test_list_names_what_is_pinned_for_this_machine_and_not_installed(place: Path, index: LoopbackIndex) -> None:
    other = Archive(name(SAID, "riscv64-unknown-linux-gnu"), b"", SAID)
    _configure(place, SAYING, other)
    listed = lockenv("python", "list", cwd=place)
    as_json = json.loads(lockenv("python", "list", "--json", cwd=place).out)["archives"]
    _install(place, index, SAID)
    later = lockenv("python", "list", cwd=place)
    write_project(place, tool={"python": "no version"})
    despite = lockenv("python", "list", cwd=place)

    assert listed.out.splitlines()[-1].split() == [SAID, "cpython", "pinned", SAYING.file, "(not", "installed)"]
    assert as_json == [{"version": SAID, **SAYING.pin}]
    assert "not installed" not in later.out
    assert (listed.code, later.code, despite.code) == (0, 0, 0)


def test_configuration_shows_what_the_user_set_without_the_login(place: Path) -> None:
    _configure(place, SAYING, **{"python-mirror": "https://me:s3cret@mirror.example/pythons"})

    shown = lockenv("config", "--json", cwd=place)

    assert (SAYING.sha256 in shown.out, "@mirror.example/pythons" in shown.out, "s3cret" in shown.out) == (
        True,
        True,
        False,
    )


def test_directory_of_pythons_is_printed(place: Path) -> None:
    assert lockenv("python", "dir", cwd=place).out == f"{_data(place)}\n"
    assert json.loads(lockenv("python", "dir", "--json", cwd=place).out)["directory"] == str(_data(place))


def test_directory_of_pythons_in_the_project_is_refused(place: Path, index: LoopbackIndex) -> None:
    done = _install(place, index, SAID, LOCKENV_DATA_DIR=str(place / "data"))

    assert (done.code, "is in the project, from where none is used" in done.err) == (2, True), done.err


def test_named_archive_is_installed_with_the_hash_of_the_command_line(place: Path, index: LoopbackIndex) -> None:
    env = _mirror(index, SAYING)

    wrong = lockenv("python", "install", SAYING.file, "--sha256", "a" * 64, cwd=place, env=env)
    done = lockenv("python", "install", SAYING.file, "--sha256", SAYING.sha256, cwd=place, env=env)

    assert (wrong.code, done.code) == (2, 0), done.err
    assert f"hash mismatch for {SAYING.file}: expected sha256 {'a' * 64}" in wrong.err


def test_sync_says_the_command_that_installs_the_recorded_python(place: Path, index: LoopbackIndex) -> None:
    write_project(place, ["app>=1"], index=index.url, tool={"python": f"=={SAID}", "python-archives": [SAYING.pin]})
    env = _mirror(index, SAYING)
    unlocked = lockenv("lock", cwd=place, env=env)
    installed = lockenv("python", "install", f"=={SAID}", cwd=place, env=env)
    locked = lockenv("lock", cwd=place, env=env)
    shutil.rmtree(_data(place))
    refused = lockenv("sync", cwd=place, env=env)
    text = (place / "pylock.toml").read_text()
    (place / "pyproject.toml").unlink()
    of_lock = lockenv("python", "install", cwd=place, env=env)
    synced = lockenv("sync", cwd=place, env=env)

    assert (unlocked.code, installed.code, locked.code, refused.code) == (2, 0, 0, 2), locked.err
    assert "hint: run `lockenv python install" in unlocked.err
    assert f'archives = [\n    {{ file = "{SAYING.file}", sha256 = "{SAYING.sha256}" }},\n]' in text
    assert f"hint: run `lockenv python install {SAID}`\n" in refused.err
    assert (of_lock.code, synced.code) == (0, 0), of_lock.err + synced.err
    assert f"created .venv with CPython {SAID}\n" in synced.err
    assert lockenv("verify", cwd=place, env=env).code == 0
    assert [path for path in index.paths if "/pythons/" in path] == [
        f"/pythons/{RELEASE}/{SAYING.file.replace('+', '%2B')}"
    ]


def test_copy_of_the_running_interpreter_works_and_every_change_of_it_is_found(
    place: Path, index: LoopbackIndex
) -> None:
    archive = real()
    if isinstance(archive, str):
        pytest.skip(archive)
    write_project(place, ["app>=1"], index=index.url)
    lockenv("lock", cwd=place)

    done = _install(place, index, VERSION, archive=archive)
    assert done.code == 0, done.err
    python = Path(done.out.strip())
    synced = lockenv("sync", "--python", str(python), cwd=place)
    ran = lockenv("run", "python", "-c", "import sys, app; app.main(); print(sys.base_prefix)", cwd=place)
    subprocess.run([python, "-I", "-c", "import json"], check=True)
    compiled = sorted((python.parents[1] / f"lib/python{RUNNING}/json/__pycache__").glob("*.pyc"))
    verified = lockenv("python", "verify", cwd=place)

    assert (synced.code, verified.code) == (0, 0), synced.err + verified.err
    assert ran.out == f"app on lib 1.1\n{python.parents[1]}\n"
    assert compiled
    assert _tampered(place, python.parents[1], compiled[0]) == {
        "changed": [f"changed   python/lib/python{RUNNING}/os.py"],
        "missing": [f"missing   python/lib/python{RUNNING}/json/decoder.py"],
        "foreign": [f"foreign   python/lib/python{RUNNING}/sitecustomize.py"],
        "mode": [f"mode      python/lib/python{RUNNING}/os.py"],
        "link": ["changed   python/bin/python"],
        "byte-code": [f"byte-code python/{compiled[0].relative_to(python.parents[1])}"],
    }


def _tampered(place: Path, tree: Path, compiled: Path) -> dict[str, list[str]]:
    """Return the lines that `python verify` prints after each kind of change, which is taken back each time."""
    library, found = tree / f"lib/python{RUNNING}", {}
    paths = {
        "changed": library / "os.py",
        "missing": library / "json/decoder.py",
        "foreign": library / "sitecustomize.py",
        "mode": library / "os.py",
        "link": tree / "bin/python",
        "byte-code": compiled,
    }
    for kind, path in paths.items():
        link, content = path.is_symlink() and os.readlink(path), path.read_bytes() if path.exists() else None
        if kind != "mode":
            path.unlink(missing_ok=True)
        match kind:
            case "link":
                path.symlink_to("/bin/sh")
            case "mode":
                path.chmod(0o4755)
            case "byte-code":
                path.write_bytes(next(path.parent.glob("scanner.*.pyc")).read_bytes())
            case "changed" | "foreign":
                path.write_bytes((content or b"")[:-1] + b"#")
        done = lockenv("python", "verify", cwd=place)
        assert done.code == 1, (kind, done.err)
        found[kind] = [line.strip() for line in done.err.splitlines() if line.strip().split(" ")[0] in paths]
        path.unlink(missing_ok=True)
        if link:
            path.symlink_to(link)
        elif content is not None:
            path.write_bytes(content)
            path.chmod(0o644)
    return found


def _refusals(index: LoopbackIndex) -> dict[str, tuple[Sequence[Archive], Sequence[str], dict[str, str], str]]:
    mirror = _mirror(index, SAYING)
    twice = Archive(SAYING.file, b"other", SAID)
    other = Archive(name(SAID, "riscv64-unknown-linux-gnu"), SAYING.content, SAID)
    claims = Archive(name(f"{RUNNING}.96"), SAYING.content, f"{RUNNING}.96")
    index.add_python(claims.file, claims.content)
    no_python = Archive(name(f"{RUNNING}.95"), packed(("python/lib/x", b"")), f"{RUNNING}.95")
    index.add_python(no_python.file, no_python.content)
    hostile = Archive(
        name(f"{RUNNING}.93"), packed(("python/bin/python3", "../../../../../../bin/sh")), f"{RUNNING}.93"
    )
    index.add_python(hostile.file, hostile.content)
    absent = Archive(name(f"{RUNNING}.94"), b"absent", f"{RUNNING}.94")
    return {
        "no mirror": (
            [SAYING],
            [SAID],
            {},
            "hint: set LOCKENV_PYTHON_MIRROR, or `python-mirror` in",
        ),
        "nothing pinned": ([], [SAID], mirror, f"no archive of Python {SAID} for "),
        "pinned for another machine": ([other], [SAID], mirror, "those for riscv64-unknown-linux-gnu are"),
        "nothing requested": ([SAYING], [], mirror, "which Python to install is not said"),
        "no version": ([SAYING], ["./python"], mirror, "`./python` is not a version of Python"),
        "pinned with another hash": ([twice], [SAID], mirror, f"hash mismatch for {SAYING.file}"),
        "not on the mirror": ([absent], [absent.version], mirror, "404"),
        "another version inside": ([claims], [claims.version], mirror, f"it contains Python {SAID}, not {RUNNING}.96"),
        "no Python inside": ([no_python], [no_python.version], mirror, "its Python does not run on this machine"),
        "link out": ([hostile], [hostile.version], mirror, "refused[bad-python-archive]: cpython-"),
        "offline": ([SAYING], [SAID], {**mirror, "LOCKENV_OFFLINE": "1"}, "offline"),
        "mirror below the project": (
            [SAYING],
            [SAID],
            {"LOCKENV_PYTHON_MIRROR": "mirror.example/pythons"},
            "the mirror of Pythons `mirror.example/pythons/` is not a URL\n",
        ),
        "archive that is not pinned": ([], [SAYING.file], mirror, f"{SAYING.file} is not pinned\n"),
        "plain HTTP elsewhere": ([SAYING], [SAID], {"LOCKENV_PYTHON_MIRROR": "http://mirror.example/"}, "--allow-http"),
    }


@pytest.mark.parametrize("kind", REFUSED)
def test_refused_install_leaves_nothing(place: Path, index: LoopbackIndex, kind: str) -> None:
    pins, args, env, words = _refusals(index)[kind]
    _configure(place, *pins)
    planted = place / "mirror.example/pythons" / RELEASE / SAYING.file.replace("+", "%2B")
    planted.parent.mkdir(parents=True)
    planted.write_bytes(SAYING.content)

    done = lockenv("python", "install", *args, cwd=place, env=env)

    assert (done.code, words in done.err, "Traceback" in done.err) == (2, True, False), done.err
    assert _there(place) == []


def test_mirror_of_uv_is_named_and_not_used(place: Path, index: LoopbackIndex) -> None:
    _configure(place, SAYING)
    env = {"UV_PYTHON_INSTALL_MIRROR": _mirror(index, SAYING)["LOCKENV_PYTHON_MIRROR"]}

    done = lockenv("python", "install", SAID, cwd=place, env=env)

    assert (done.code, "to the URL in UV_PYTHON_INSTALL_MIRROR" in done.err, index.paths) == (2, True, []), done.err


def test_two_installs_at_once_make_one_python(place: Path, index: LoopbackIndex) -> None:
    _configure(place, SAYING)
    env = {**environment(place), **_mirror(index, SAYING)}
    command = [PYTHON, "-m", "lockenv", "python", "install", SAID]
    started = [
        subprocess.Popen(command, cwd=place, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ended = [(one.communicate(timeout=60), one.returncode) for one in started]

    assert [code for _, code in ended] == [0, 0, 0], ended
    assert len({out for (out, _), _ in ended}) == 1
    assert (len(_there(place)), lockenv("python", "verify", cwd=place).code) == (1, 0)


def test_kept_archive_is_installed_offline(place: Path, index: LoopbackIndex) -> None:
    _install(place, index, SAID)
    shutil.rmtree(_data(place))

    done = lockenv("python", "install", SAID, "--offline", cwd=place)
    there = _there(place)
    shutil.rmtree(_data(place))
    (kept,) = Path(environment(place)["LOCKENV_CACHE_DIR"]).glob("archives/*.tar.gz")
    kept.write_bytes(b"damaged")
    damaged = lockenv("python", "install", SAID, cwd=place)

    assert (done.code, len(there), damaged.code, _there(place)) == (0, 1, 2, []), done.err


def test_broken_transfer_is_tried_again(place: Path, index: LoopbackIndex) -> None:
    index.fail("/pythons/", Status(503))
    index.fail("/pythons/", Reset(), skip=1)

    assert _install(place, index, SAID).code == 0


def test_project_pins_archives_but_names_no_mirror_and_no_hash_against_the_users(
    place: Path, index: LoopbackIndex
) -> None:
    env = _mirror(index, SAYING)
    write_project(place, tool={"python-mirror": env["LOCKENV_PYTHON_MIRROR"]})
    mirror = lockenv("python", "install", SAID, cwd=place)
    write_project(place, tool={"python-archives": [{"file": "../../x.tar.gz", "sha256": "a" * 64}]})
    path = lockenv("python", "install", SAID, cwd=place, env=env)
    write_project(place, tool={"python-archives": [{**SAYING.pin, "sha256": "b" * 64}]})
    _configure(place, SAYING)
    differs = lockenv("python", "install", SAID, cwd=place, env=env)

    assert (mirror.code, path.code, differs.code) == (2, 2, 2)
    assert 'tool.lockenv has no key "python-mirror"' in mirror.err
    assert "`../../x.tar.gz` is not named like cpython-3.12.7+20241016-" in path.err
    assert f"{SAYING.file} is pinned with two hashes: {SAYING.sha256} and {'b' * 64}" in differs.err
    assert _there(place) == []


def test_login_of_the_mirror_is_sent_to_it_and_printed_nowhere(place: Path, index: LoopbackIndex) -> None:
    index.credentials = ("me", "s3cret")
    _configure(place, SAYING, **{"python-mirror": f"http://me:${{PASS}}@127.0.0.1:{index.port}/pythons"})
    index.add_python(SAYING.file, SAYING.content)

    done = lockenv("python", "install", SAID, "-vv", cwd=place, env={"PASS": "s3cret"})
    denied = lockenv("python", "install", SAID, cwd=place, env={"LOCKENV_PYTHON_MIRROR": f"{index.origin}/pythons"})

    assert (done.code, denied.code, "s3cret" in done.err + done.out) == (0, 0, False), done.err


@pytest.mark.parametrize("point", KILLED)
def test_killed_install_leaves_no_python_and_the_next_one_ends_it(
    place: Path, index: LoopbackIndex, point: str
) -> None:
    killed = _install(place, index, SAID, LOCKENV_TEST="1", LOCKENV_TEST_FAULT=f"{point}:kill")
    between = lockenv("python", "list", "--json", cwd=place)
    done = _install(place, index, SAID)
    found = json.loads(lockenv("python", "list", "--json", cwd=place).out)["interpreters"]

    is_renamed = point == "pythons.fsync:1"
    assert (killed.code, done.code) == (-9, 0), killed.err + done.err
    assert ('"lockenv"' in between.out) == is_renamed
    assert [one["version"] for one in found if one["place"] == "lockenv"] == [SAID]
    assert (len(_there(place)), lockenv("python", "verify", cwd=place).code) == (1, 0)


@pytest.mark.parametrize("point", ["pythons.create:2:ENOSPC", "pythons.write:1:short", "pythons.rename:1:EACCES"])
def test_failed_install_leaves_nothing(place: Path, index: LoopbackIndex, point: str) -> None:
    done = _install(place, index, SAID, LOCKENV_TEST="1", LOCKENV_TEST_FAULT=point)

    assert (done.code, _there(place), "Traceback" in done.err) == (2, [], False), done.err


def test_killed_removal_leaves_no_python_that_is_found(place: Path, index: LoopbackIndex) -> None:
    _install(place, index, SAID)
    env = {"LOCKENV_TEST": "1", "LOCKENV_TEST_FAULT": "pythons.unlink:3:kill"}

    killed = lockenv("python", "uninstall", SAID, cwd=place, env=env)
    listed = lockenv("python", "list", "--json", cwd=place)
    done = _install(place, index, SAID)

    assert (killed.code, '"lockenv"' in listed.out, done.code, len(_there(place))) == (-9, False, 0, 1), done.err


def test_directory_that_others_may_write_to_is_not_used(place: Path, index: LoopbackIndex) -> None:
    _install(place, index, SAID)
    _data(place).chmod(0o777)

    listed = lockenv("python", "list", cwd=place)
    refused = _install(place, index, SAID)

    assert (SAID in listed.out, refused.code) == (False, 2)
    assert "is writable by others" in refused.err


def test_data_directory_is_where_the_variable_says(place: Path, index: LoopbackIndex, tmp_path: Path) -> None:
    done = _install(place, index, SAID, LOCKENV_DATA_DIR=str(tmp_path / "data"))

    assert (done.code, done.out.startswith(f"{tmp_path}/data/pythons-v1/cpython-")) == (0, True)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("install", "a", "b", "--sha256", "c"), "--sha256 is for one archive"),
        (("install", "x.tar.gz", "--sha256", "c"), "is not named like"),
        (("install", "pypy3.11"), "there are archives of CPython alone"),
        (("uninstall",), "which Python to remove is not said"),
        (("find", "3.11", "3.12"), "takes one request"),
        (("list", "3.11"), "takes no version"),
        (("pin", "3.11", "3.12"), "takes one request"),
    ],
)
def test_misuse_is_answered(place: Path, args: tuple[str, ...], words: str) -> None:
    done = lockenv("python", *args, cwd=place)

    assert (done.code, words in done.err) == (2, True), done.err
