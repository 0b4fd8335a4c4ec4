from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.backend.system import BuildSystem, build_system
from lockenv.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("setup.py", ""),
        ("setup.cfg", ""),
        ("pyproject.toml", "[project]\nname = 'a'\n"),
        ("pyproject.toml", "[build-system]\nrequires = ['setuptools>=40.8.0']\n"),
    ],
)
def test_tree_without_a_backend_is_built_by_setuptools(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)

    assert build_system(str(tmp_path), "a-1.tar.gz") == BuildSystem()


def test_tree_that_is_no_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"neither pyproject\.toml nor setup\.py"):
        build_system(str(tmp_path), "a-1.tar.gz")


def test_backend_is_as_declared(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        "[build-system]\nrequires = ['b>=1']\nbuild-backend = 'back.end:object'\nbackend-path = ['own']\n"
    )

    assert build_system(str(tmp_path), "a-1.tar.gz") == BuildSystem(
        requires=("b>=1",), backend="back.end:object", backend_path=("own",)
    )


@pytest.mark.parametrize("path", ["..", "/tmp", "out"])
def test_backend_outside_of_the_tree_is_refused(path: str, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "out").symlink_to(tmp_path)
    (tree / "pyproject.toml").write_text(
        f"[build-system]\nrequires = []\nbuild-backend = 'b'\nbackend-path = ['{path}']\n"
    )

    with pytest.raises(InputError, match=r"a-1\.tar\.gz: its backend-path is outside of the project"):
        build_system(str(tree), "a-1.tar.gz")


@pytest.mark.parametrize(
    "text",
    [
        "[build-system",
        "build-system = 1",
        "[build-system]\n",
        "[build-system]\nrequires = 'x'\n",
        "[build-system]\nrequires = [1]\n",
        "[build-system]\nrequires = []\nbuild-backend = 1\n",
        "[build-system]\nrequires = []\nbuild-backend = ''\n",
        "[build-system]\nrequires = []\nbuild-backend = '../b'\n",
        "[build-system]\nrequires = []\nbuild-backend = 'b:'\n",
        "[build-system]\nrequires = []\nbuild-backend = 'b:c:d'\n",
        "#" * (5 << 20),
    ],
)
def test_table_that_is_wrong_is_an_error(text: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)

    with pytest.raises(InputError, match=r"^a-1\.tar\.gz: its "):
        build_system(str(tmp_path), "a-1.tar.gz")
