"""A build tool gets a newer, broken release after locking: what was locked is still built, as it was.

The same is done with other tools, where this machine has them: their locks do not hold what builds need.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import venv
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.support.program import environment, lockenv
from tests.support.projects import write_project
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

BACKEND = """\
import pathlib, shutil

def build_wheel(directory, config_settings=None, metadata_directory=None):
    (built,) = pathlib.Path("prebuilt").iterdir()
    shutil.copyfile(built, pathlib.Path(directory) / built.name)
    return built.name
"""
CHANGE = """\
import base64, hashlib, zipfile

def change(source, target):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.infolist():
            content = old.read(member)
            if member.filename.endswith("RECORD"):
                digest = base64.urlsafe_b64encode(hashlib.sha256(b"new").digest()).rstrip(b"=")
                content += b"more.py,sha256=" + digest + b",3\\n"
            new.writestr(member, content)
        new.writestr("more.py", b"new")

"""
SYSTEM = '[build-system]\nrequires = ["helper>=1"]\nbuild-backend = "helper"\n'
DYNAMIC = sdist("dynamic", "1.0", static=False, files={"pyproject.toml": SYSTEM})
HELPER = wheel("helper", "1.0", files={"helper.py": BACKEND})
CHANGING = wheel("helper", "1.2", files={"helper.py": CHANGE + BACKEND.replace("shutil.copyfile", "change")})
BROKEN = wheel("helper", "1.1", files={"helper.py": "raise SystemExit('helper 1.1 is broken')\n"})


class Peer(NamedTuple):
    """Another tool: what it is called, what it reads, and its commands; `{index}` is the index, `{python}` ours."""

    name: str
    files: dict[str, str]
    lock: list[str]
    install: list[str]


_PROJECT = '[project]\nname = "example"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = ["dynamic"]\n'
PEERS = (
    Peer(
        "uv",
        {"pyproject.toml": _PROJECT + '[[tool.uv.index]]\nname = "loopback"\nurl = "{index}"\ndefault = true\n'},
        ["uv", "lock", "--no-cache"],
        ["uv", "sync", "--frozen", "--no-cache"],
    ),
    Peer(
        "pip",
        {"requirements.txt": "dynamic==1.0 --hash=sha256:{sha256}\n"},
        [],
        ["pip", "--python", ".venv", "install", "--no-cache-dir", "--index-url={index}", "-r", "requirements.txt"],
    ),
    Peer(
        "poetry",
        {
            "pyproject.toml": _PROJECT + "[tool.poetry]\npackage-mode = false\n"
            '[[tool.poetry.source]]\nname = "loopback"\nurl = "{index}"\npriority = "primary"\n'
        },
        ["poetry", "lock", "--no-cache"],
        ["poetry", "sync", "--no-cache"],
    ),
)


@pytest.fixture
def served(index: LoopbackIndex) -> LoopbackIndex:
    """Provide an index with a release that must be built, and with the tool that builds it."""
    index.add_all(DYNAMIC, HELPER)
    return index


def test_what_was_locked_is_built_when_its_tool_gets_a_broken_release(tmp_path: Path, served: LoopbackIndex) -> None:
    project = write_project(tmp_path / "project", ["dynamic"], index=served.url, tool={"allow-build": ["dynamic"]})
    assert lockenv("lock", cwd=project).code == 0
    before = lockenv("sync", cwd=project)
    proof = lockenv("verify", cwd=project).out
    _forget(project)
    served.add(BROKEN)

    after = lockenv("sync", cwd=project)

    assert (before.code, after.code) == (0, 0), before.err + after.err
    assert "building dynamic 1.0" in after.err
    assert lockenv("verify", cwd=project).out == proof
    assert not any(BROKEN.filename in path for path in served.paths)


def test_lock_that_is_made_again_keeps_the_tools_that_work(tmp_path: Path, served: LoopbackIndex) -> None:
    project = write_project(tmp_path / "project", ["dynamic"], index=served.url, tool={"allow-build": ["dynamic"]})
    assert lockenv("lock", cwd=project).code == 0
    locks = [project / "pylock.toml", project / "pylock.build.toml"]
    texts = [path.read_bytes() for path in locks]
    _forget(project)
    locks[0].unlink()
    served.add(BROKEN)

    again = lockenv("lock", cwd=project)

    assert again.code == 0, again.err
    assert [path.read_bytes() for path in locks] == texts


def test_tools_that_move_build_again_and_replace_what_was_installed(tmp_path: Path, served: LoopbackIndex) -> None:
    project = write_project(tmp_path / "project", ["dynamic"], index=served.url, tool={"allow-build": ["dynamic"]})
    assert lockenv("lock", cwd=project).code == 0
    assert lockenv("sync", cwd=project).code == 0
    served.add(CHANGING)
    moved = lockenv("lock", "-U", "--refresh", cwd=project)
    assert (moved.code, "helper-1.2" in project.joinpath("pylock.build.toml").read_text()) == (0, True), moved.err

    sync, again = lockenv("sync", cwd=project), lockenv("sync", cwd=project)

    assert "building dynamic 1.0" in sync.err
    assert "~ dynamic 1.0 (different content)" in sync.err
    assert lockenv("verify", cwd=project).code == 0
    assert (again.code, "is up to date" in again.err, "building" in again.err) == (0, True, False)


@pytest.mark.parametrize(
    "peer", [pytest.param(peer, marks=pytest.mark.outside(peer.name), id=peer.name) for peer in PEERS]
)
def test_others_break_where_nothing_locks_their_build_tools(peer: Peer, tmp_path: Path, served: LoopbackIndex) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for name, text in peer.files.items():
        project.joinpath(name).write_text(text.replace("{index}", served.url).replace("{sha256}", DYNAMIC.sha256))
    if peer.lock:
        assert _run(peer.lock, project, served).returncode == 0
    before = _installed(peer, project, served)
    served.add(BROKEN)

    after = _installed(peer, project, served)

    assert before.returncode == 0, before.stderr + before.stdout
    assert after.returncode != 0
    assert "helper 1.1 is broken" in after.stderr + after.stdout


def _installed(peer: Peer, project: Path, served: LoopbackIndex) -> subprocess.CompletedProcess[str]:
    for known in (project / ".venv", project.with_name("poetry")):
        shutil.rmtree(known, ignore_errors=True)
    venv.create(project / ".venv", with_pip=False)
    return _run(peer.install, project, served)


def _run(command: list[str], project: Path, served: LoopbackIndex) -> subprocess.CompletedProcess[str]:
    variables = {
        **environment(project),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": served.url,
        "POETRY_CACHE_DIR": str(project.with_name("poetry")),
        "POETRY_VIRTUALENVS_IN_PROJECT": "true",
    }
    words = [word.replace("{index}", served.url) for word in command]
    return subprocess.run(words, cwd=project, env=variables, capture_output=True, text=True, check=False)


def _forget(project: Path) -> None:
    """Remove the environment, and all that this machine knows."""
    shutil.rmtree(project / ".venv", ignore_errors=True)
    shutil.rmtree(project.with_name("project.cache"))
