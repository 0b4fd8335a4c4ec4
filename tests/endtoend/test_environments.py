"""Environments of 54 distributions: every change is found, clean ones are sound, and all of one lock are one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockenv.lockfile.digest import sealed_text
from tests.benchmarks.changes import SOUND, settle, verified
from tests.support.crowd import crowd, lock_crowd
from tests.support.interpreters import INTERPRETERS
from tests.support.program import environment, lockenv_here
from tests.support.server import LoopbackIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

_SAMPLE = 251
"""Every how manieth change is made here; `python -m tests.benchmarks.changes` makes all."""
_NAMES = [one.name for one in crowd()]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Provide a locked and synced project; its index is gone, so that all else here comes from the cache."""
    directory = tmp_path_factory.mktemp("crowd") / "project"
    with LoopbackIndex() as index:
        made = lock_crowd(directory, index)
        sync(made, ".venv")
    yield made


def sync(project: Path, venv: str, *args: str) -> Path:
    """Sync an environment of `project`, which need not be in it; return its path."""
    done = lockenv_here("sync", "--venv", venv, *args, cwd=project)
    assert done.code == 0, done.err
    return project / venv


def fingerprint(project: Path, venv: Path) -> str:
    """Return the fingerprint that `verify` prints for a sound environment."""
    done = lockenv_here("verify", "--venv", str(venv), cwd=project)
    assert done.code == 0, done.err
    return done.out


def outputs(*command: str, project: Path) -> str:
    """Return what a program prints that succeeds."""
    done = subprocess.run(command, env=environment(project), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_sampled_changes_are_found_each_and_nothing_beside(tmp_path: Path) -> None:
    bench = settle(tmp_path)
    every = [*bench.changes()]
    sample = [*every[::_SAMPLE], *{change.kind: change for change in every}.values()]

    answers = [(change.kind, change.path, bench.answer(change, verified)) for change in sample]

    assert answers == [(change.kind, change.path, (change.code, change.expected)) for change in sample]
    assert verified(bench) == SOUND


@pytest.mark.parametrize("version", INTERPRETERS)
def test_clean_environment_is_sound_on_each_interpreter_also_compiled_by_it(version: str, project: Path) -> None:
    python = INTERPRETERS[version]
    venv = sync(project, f"venv-{version}", "--offline", "--python", python)
    fresh = fingerprint(project, venv)
    for level in ("-B", "-O", "-OO"):
        compiler = [str(venv / "bin/python"), level, "-m", "compileall", "-qq", str(venv / "lib")]
        # One module is not for Python 3, which is no reason not to compile the others.
        subprocess.run(compiler, env=environment(project), check=False)

    assert fingerprint(project, venv) == fresh
    assert outputs(str(venv / "bin/run-04"), project=project) == "4\n"


@pytest.fixture(scope="module")
def linked_and_copied(project: Path) -> Iterator[tuple[Path, Path]]:
    """Provide an environment of hard links and, on another filesystem, one of copies that came without a network."""
    device = project.stat().st_dev
    writable = [place for place in map(Path, ("/dev/shm", "/tmp", "/var/tmp")) if os.access(place, os.W_OK)]
    other = next((place for place in writable if place.stat().st_dev != device), None)
    if other is None:
        pytest.skip("there is no second filesystem to copy to")
    copied = other / f"lockenv-test-{os.getpid()}" / project.name / ".venv"
    copied.parent.mkdir(parents=True)
    try:
        yield project / ".venv", sync(project, str(copied), "--offline")
    finally:
        shutil.rmtree(copied.parent.parent)


def test_linked_and_copied_environments_have_one_fingerprint(
    linked_and_copied: tuple[Path, Path], project: Path
) -> None:
    linked, copied = linked_and_copied
    module = Path(f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages/dist_03/__init__.py")

    assert (linked / module).stat().st_nlink > 1
    assert (copied / module).stat().st_nlink == 1
    assert fingerprint(project, linked) == fingerprint(project, copied)


def test_linked_and_copied_environments_differ_in_their_path_alone(linked_and_copied: tuple[Path, Path]) -> None:
    assert differences(*linked_and_copied) == []


def differences(left: Path, right: Path) -> list[str]:
    """Return the paths that differ by more than the environment's own path where that has to be.

    Records are left out: they say how each was made.
    """
    names = [{path.relative_to(root).as_posix() for path in root.rglob("*")} for root in (left, right)]
    names = [{name for name in found if not name.startswith(".lockenv")} for found in names]
    both = sorted(names[0] & names[1])
    return [*sorted(names[0] ^ names[1]), *(name for name in both if not _is_same(name, left, right))]


def _is_same(name: str, left: Path, right: Path) -> bool:
    one, other = left / name, right / name
    if one.is_symlink() or one.is_dir():
        return one.is_dir() == other.is_dir() and one.is_symlink() == other.is_symlink()
    if one.stat().st_mode != other.stat().st_mode:
        return False
    if name.startswith("bin/") or name == "pyvenv.cfg":
        return _placeless(one, left) == _placeless(other, right)
    if name.endswith("/RECORD"):
        return _inside(one) == _inside(other)
    return one.read_bytes() == other.read_bytes()


def _placeless(path: Path, root: Path) -> bytes:
    return path.read_bytes().replace(os.fsencode(root), b"<root>")


def _inside(record: Path) -> list[str]:
    """Return the rows of a RECORD but for scripts, whose digests follow the path."""
    return [row for row in record.read_text(encoding="utf-8").splitlines() if "../bin/" not in row]


def test_pip_finds_an_ordinary_environment(project: Path) -> None:
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(project / ".venv/bin/python"))
    if subprocess.run([*pip[:3], "--version"], capture_output=True, check=False).returncode:
        pytest.skip("there is no pip")

    listed = json.loads(outputs(*pip, "list", "--format", "json", project=project))

    assert outputs(*pip, "check", project=project) == "No broken requirements found.\n"
    assert [one["name"] for one in listed] == _NAMES


@pytest.mark.outside("uv")
def test_uv_finds_an_ordinary_environment(project: Path) -> None:
    listed = json.loads(
        outputs("uv", "pip", "list", "--format", "json", "--python", str(project / ".venv"), project=project)
    )

    assert [one["name"] for one in listed] == _NAMES


def test_interpreter_finds_every_file_of_every_distribution(project: Path) -> None:
    script = (
        "import importlib.metadata as m\n"
        "for d in sorted(m.distributions(), key=lambda d: d.name):\n"
        "    print(d.name, all(f.locate().is_file() for f in d.files), d.read_text('INSTALLER').strip())\n"
    )
    lines = outputs(str(project / ".venv/bin/python"), "-I", "-c", script, project=project).splitlines()

    assert [line.split()[0] for line in lines] == _NAMES
    assert {tuple(line.split()[1:]) for line in lines} == {("True", "lockenv")}


def test_other_url_of_the_same_bytes_neither_reinstalls_nor_looks_changed(project: Path) -> None:
    venv = sync(project, "moved", "--offline")
    before = fingerprint(project, venv)
    lock = project / "pylock.toml"
    text = lock.read_text(encoding="utf-8")
    try:
        moved = tomllib.loads(text.replace("http://127.0.0.1", "http://localhost"))
        lock.write_text(sealed_text(moved), encoding="utf-8")
        done = lockenv_here("sync", "--frozen", "--offline", "--venv", str(venv), cwd=project)

        assert (done.code, "dist-" in done.err) == (0, False), done.err
        assert fingerprint(project, venv) == before
        assert fingerprint(project, sync(project, "moved-later", "--frozen", "--offline")) == before
    finally:
        lock.write_text(text, encoding="utf-8")
