"""`export --format conda`: conda's Python, and by pip exactly what is locked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.endtoend.test_export import _CAN_PIP, installed, pip, ran
from tests.support.locks import pins
from tests.support.projects import write_project
from tests.support.python_archives import VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

yaml: Any = pytest.importorskip("yaml", reason="the dependency group `docs` is not installed")


def exported(project: Path, *words: str) -> Any:
    ran("export", "--format", "conda", "-o", "environment.yml", *words, cwd=project)
    return yaml.safe_load((project / "environment.yml").read_text("utf-8"))


@_CAN_PIP
def test_pip_installs_exactly_what_is_exported(locked: Path) -> None:
    found = exported(locked, "--extra", "fancy")

    assert found["name"] == "example"
    assert found["dependencies"][:2] == ["python>=3.11", "pip"]
    # conda writes the list to a file, one item a line, and gives it to `pip install -r`.
    (locked / "of-conda.txt").write_text("\n".join(found["dependencies"][2]["pip"]))
    done = pip("install", "--require-hashes", "--target", "there", "-r", "of-conda.txt", cwd=locked)
    assert done.returncode == 0, done.stderr
    assert installed(locked / "there") == ["app-1.0", "lib-1.1", "ribbon-2.0", "tester-3.0"]


@pytest.mark.parametrize(
    ("words", "python"),
    [
        (("--python", "3.12", "--platform", "linux-x86_64"), "python=3.12"),
        (("--python", "3.12", "--platform", "linux-x86_64", "--platform", "windows-x86_64"), "python=3.12"),
        (("--python", "3.12", "--python", "3.13", "--platform", "linux-x86_64"), "python>=3.11"),
    ],
)
def test_conda_may_choose_the_pythons_that_are_exported(locked: Path, words: tuple[str, ...], python: str) -> None:
    assert exported(locked, *words)["dependencies"][0] == python


def test_markers_of_other_systems_are_written(locked: Path) -> None:
    (winpart,) = (text for text in exported(locked)["dependencies"][2]["pip"] if text.startswith("winpart"))

    assert winpart.partition(" --hash=")[0] == "winpart==0.1 ; sys_platform == 'win32'"


def test_import_reads_what_export_wrote(locked: Path, index: LoopbackIndex) -> None:
    exported(locked, "--extra", "fancy")
    other = write_project(locked.parent / "other", ["app>=1"], index=index.url)

    ran("import", str(locked / "environment.yml"), cwd=other)

    assert {"app 1.0", "lib 1.1"} <= set(pins(other))


def test_recorded_python_goes_to_conda_and_comes_back(locked: Path, index: LoopbackIndex) -> None:
    write_project(locked, ["app>=1"], index=index.url, tool={"python": VERSION})
    ran("lock", cwd=locked)

    found = exported(locked)["dependencies"][0]
    here = exported(locked, "--here")["dependencies"][0]
    other = exported(locked, "--python", "3.99", "--platform", "linux-x86_64")["dependencies"][0]
    exported(locked)
    copy = locked.parent / "copy"
    copy.mkdir()
    ran("import", str(locked / "environment.yml"), "--declare", "--index-url", index.url, cwd=copy)

    assert (found, here, other) == (f"python={VERSION}", f"python={VERSION}", "python=3.99")
    assert f'requires-python = "=={VERSION}"' in (copy / "pyproject.toml").read_text()


def test_lock_without_packages_lists_none(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project")
    ran("lock", cwd=project)

    assert exported(project)["dependencies"] == ["python>=3.11", "pip"]
