"""`lockenv sync --compile`: byte-code that is the same each time, and is no difference to anybody."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.crowd import lock_crowd
from tests.support.interpreters import INTERPRETERS
from tests.support.program import PYTHON, environment, lockenv_here
from tests.support.server import LoopbackIndex
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

_IMPORT_ALL = """\
import importlib, pathlib, site
for path in sorted(pathlib.Path(site.getsitepackages()[0]).glob("*/__init__.py")):
    importlib.import_module(path.parent.name)
import odd_constants.everything as module
print(module.__file__ == module.chosen.__code__.co_filename)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Provide a locked project whose wheels are in the cache."""
    with LoopbackIndex() as index:
        made = lock_crowd(tmp_path_factory.mktemp("compile") / "project", index)
        sync(made, "plain", "--python", PYTHON)
    yield made


def sync(project: Path, venv: str, *args: str) -> Path:
    """Sync an environment of `project`; return its path."""
    done = lockenv_here("sync", "--venv", venv, *args, cwd=project)
    assert done.code == 0, done.err
    return project / venv


def compiled(venv: Path) -> dict[str, bytes]:
    """Return the byte-code of an environment by path."""
    return {str(path.relative_to(venv)): path.read_bytes() for path in venv.rglob("__pycache__/*")}


def fingerprint(venv: Path, project: Path) -> str:
    """Return what `verify` prints for a sound environment."""
    done = lockenv_here("verify", "--venv", str(venv), cwd=project)
    assert done.code == 0, done.err
    return done.out


@pytest.mark.parametrize("version", INTERPRETERS)
def test_byte_code_is_the_same_each_time_and_what_the_interpreter_uses(version: str, project: Path) -> None:
    python = INTERPRETERS[version]
    bare = sync(project, f"bare-{version}", "--offline", "--python", python)
    one = sync(project, f"one-{version}", "--offline", "--python", python, "--compile")
    other = sync(project, f"other-{version}/deeper", "--offline", "--python", python, "--compile")
    found = compiled(one)
    imported = subprocess.run(
        [one / "bin/python", "-c", _IMPORT_ALL], env=environment(project), capture_output=True, text=True, check=True
    )

    assert len(found) == len([path for path in one.rglob("site-packages/**/*.py") if path.name != "old.py"])
    assert compiled(other) == found
    assert (compiled(one), imported.stdout) == (found, "True\n")
    assert fingerprint(one, project) == fingerprint(other, project) == fingerprint(bare, project)


def test_damaged_byte_code_is_found(project: Path) -> None:
    venv = sync(project, "damaged", "--offline", "--python", PYTHON, "--compile")
    path = min(venv.rglob("dist_00/__pycache__/*.pyc"))
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)

    done = lockenv_here("verify", "--json", "--venv", str(venv), cwd=project)

    found = [(one["problem"], one["path"]) for one in json.loads(done.out)["findings"]]
    assert (done.code, found) == (1, [("byte-code", str(path.relative_to(venv)))])


def test_later_sync_keeps_the_byte_code_of_what_stays_and_removes_that_of_what_goes(tmp_path: Path) -> None:
    with LoopbackIndex() as index:
        index.add_all(
            wheel("app", "1.0", requires=["lib"]),
            wheel("app", "2.0", requires=["lib"]),
            wheel("lib"),
            wheel("extra"),
        )
        project = tmp_path / "project"
        project.mkdir()
        for requirements, options in (("app==1.0\nextra\n", ["--compile"]), ("app==2.0\n", [])):
            (project / "requirements.in").write_text(requirements)
            locked = lockenv_here("lock", "--index-url", index.url, cwd=project)
            assert locked.code == 0, locked.err
            sync(project, ".venv", *options)

    assert sorted(Path(path).parent.parent.name for path in compiled(project / ".venv")) == ["lib"]
    assert not list(project.glob(".venv/lib/*/site-packages/extra*"))
    assert fingerprint(project / ".venv", project)


def test_sync_that_compiles_again_has_nothing_to_do(project: Path) -> None:
    sync(project, "again", "--offline", "--python", PYTHON, "--compile")

    done = lockenv_here("sync", "--venv", "again", "--offline", "--python", PYTHON, "--compile", cwd=project)

    assert (done.code, done.err) == (0, "again is up to date\n")
