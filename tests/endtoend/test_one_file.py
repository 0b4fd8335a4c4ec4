"""lockenv as one file, which a Python without any package runs: the same program, and the same bytes from anywhere."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lockenv.operations.program_archive import program_archive
from tests.endtoend.test_bundle import installed, without_network
from tests.support.interpreters import INTERPRETERS, RUNNING
from tests.support.program import Result, environment, lockenv
from tests.support.projects import write_project
from tests.support.repository import git
from tests.support.wheels import sdist

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

ABLE = [one for one in INTERPRETERS if tuple(map(int, one.split("."))) >= (3, 11)]
TOO_OLD = [one for one in INTERPRETERS if one not in ABLE]
COMPILED = {"msgspec"}
"""What lockenv reads long pages faster with, where it is there."""
OF_RICH = {"pygments", "markdown-it-py", "mdurl"}
"""What rich draws code and Markdown with; lockenv draws neither."""
LOAD_ALL = """\
import pkgutil, sys, importlib
sys.path.insert(0, sys.argv[1])
import lockenv
missing = set()
for module in pkgutil.walk_packages(lockenv.__path__, "lockenv."):
    try:
        importlib.import_module(module.name)
    except ImportError as error:
        missing.add(error.name)
print(*sorted(missing))
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide the file, which nothing is beside."""
    path = tmp_path_factory.mktemp("program") / "lockenv.pyz"
    path.write_bytes(program_archive())
    return path


def run(program: str | Path, *args: str, cwd: Path, python: str = INTERPRETERS[RUNNING]) -> Result:
    """Run the file with a Python and no package beside it."""
    done = subprocess.run(
        [python, "-s", "-S", program, *args], cwd=cwd, env=environment(cwd), capture_output=True, text=True, check=False
    )
    return Result(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("version", ABLE)
def test_bundle_installs_itself_with_nothing_but_a_python(version: str, locked: Path, index: LoopbackIndex) -> None:
    bundled = lockenv("bundle", "bundle", "--with-lockenv", cwd=locked)
    without_network(locked, index)

    assert "run `python3 bundle/lockenv.pyz sync --from bundle` to install" in bundled.err
    python = INTERPRETERS[version]
    synced = run(
        "bundle/lockenv.pyz", "sync", "--from", "bundle", "--python", sys.executable, cwd=locked, python=python
    )
    assert synced.code == 0, synced.err
    assert installed(locked) == ["app-1.0", "lib-1.1", "tester-3.0"]
    verified = run("bundle/lockenv.pyz", "verify", cwd=locked, python=python)
    assert verified.code == 0, verified.err


@pytest.mark.parametrize("version", TOO_OLD)
def test_python_that_is_too_old_is_named(version: str, program: Path, tmp_path: Path) -> None:
    done = subprocess.run([INTERPRETERS[version], program], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr.startswith(f"error: lockenv needs Python 3.11 or newer; this is {version}.")


def test_it_is_the_same_on_each_call_and_from_itself(program: Path, locked: Path) -> None:
    bundled = run(program, "bundle", "bundle", "--with-lockenv", cwd=locked)

    assert bundled.code == 0, bundled.err
    assert program_archive() == program.read_bytes()
    assert (locked / "bundle" / "lockenv.pyz").read_bytes() == program.read_bytes()


def test_no_member_depends_on_the_machine(program: Path) -> None:
    with zipfile.ZipFile(program) as archive:
        members = archive.infolist()

    assert [one.filename for one in members] == sorted(one.filename for one in members)
    assert {(one.date_time, one.external_attr >> 16, one.compress_type, one.extra) for one in members} == {
        ((1980, 1, 1, 0, 0, 0), 0o100644, zipfile.ZIP_STORED, b"")
    }
    assert not [one.filename for one in members if one.filename.endswith((".pyc", ".so", ".pyd"))]


def test_it_holds_what_lockenv_requires_and_their_licenses(program: Path) -> None:
    with zipfile.ZipFile(program) as archive:
        names = archive.namelist()
    about = {name.partition("/")[0] for name in names if ".dist-info/" in name}

    held = {canonicalize_name(name.removesuffix(".dist-info").rpartition("-")[0]) for name in about}
    assert held == {"pylockenv", *required("pylockenv")} - COMPILED - OF_RICH
    without = {one for one in about if not any(name.startswith(f"{one}/licenses/") for name in names)}
    assert {one.removesuffix(".dist-info").rpartition("-")[0] for one in without} <= {"tomli_w"}


def required(distribution: str) -> set[str]:
    """Return what a distribution requires here, directly or not, without extras."""
    found: set[str] = set()
    pending = [distribution]
    while pending:
        for text in importlib.metadata.requires(pending.pop()) or ():
            one = Requirement(text)
            name = canonicalize_name(one.name)
            if name not in found and (one.marker is None or one.marker.evaluate({"extra": ""})):
                found.add(name)
                pending.append(name)
    return found


def test_every_module_can_be_loaded_from_it(program: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [INTERPRETERS[RUNNING], "-I", "-S", "-c", LOAD_ALL, program],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.stdout.split(), done.stderr) == ([*COMPILED], "")


def test_release_is_built_and_byte_code_compared(program: Path, tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(sdist("dynamic", "1.0", requires=["lib"], static=False))
    project = write_project(tmp_path / "project", ["dynamic"], index=index.url, tool={"allow-build": ["dynamic"]})
    for command in (
        ["lock"],
        ["sync", "--compile"],
        ["verify"],
        ["tree", "--html", "page.html"],
        ["run", "python", "-V"],
    ):
        done = run(program, *command, cwd=project)
        assert done.code == 0, done.err
        assert "network on this machine: no interpreter" not in done.err
    assert installed(project) == ["dynamic-1.0", "lib-1.1"]


def test_it_follows_a_directory_after_it_was_named_by_a_relative_path(program: Path, locked: Path) -> None:
    shutil.copyfile(program, locked.parent / "lockenv.pyz")
    (locked / "below").mkdir()
    home = locked.parent / "elsewhere"
    home.mkdir()

    done = run("../lockenv.pyz", "--directory", "../project/below", "sync", cwd=home)

    assert done.code == 0, done.err


def test_git_merges_with_it(program: Path, locked: Path) -> None:
    git(locked, "init", "--quiet")

    done = run(program, "merge-driver", "--install", cwd=locked)

    assert done.code == 0, done.err
    driver = git(locked, "config", "merge.lockenv.driver").split(" merge-driver")[0]
    said = subprocess.run(
        f"{driver} --version", shell=True, cwd=locked, env=environment(locked), capture_output=True, check=True
    )
    assert said.stdout.startswith(b"lockenv ")
