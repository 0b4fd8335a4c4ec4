from __future__ import annotations

import os
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from lockenv.backend.builder import Builder, Source, Tree
from lockenv.errors import InputError, RefusedError
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BACKEND = """\
import os, pathlib, sys

def _made(directory, name, content):
    (pathlib.Path(directory) / name).write_bytes(content)
    return name

def get_requires_for_build_wheel(config_settings=None):
    return ["for-wheel"]

def get_requires_for_build_editable(config_settings=None):
    return ["for-editable"]

def build_wheel(directory, config_settings=None, metadata_directory=None):
    print("in", os.getcwd())
    return _made(directory, "a-1.0-py3-none-any.whl", {whole!r})

def build_editable(directory, config_settings=None, metadata_directory=None):
    return _made(directory, "a-1.0-py3-none-any.whl", {editable!r})
"""
SYSTEM = '[build-system]\nrequires = ["declared"]\nbuild-backend = "backend"\nbackend-path = ["."]\n'
WHOLE, EDITABLE = wheel("a", is_compressed=True), wheel("a", files={"a.pth": "/somewhere\n"})


class Recorded:
    """Provides this very interpreter, and remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, root: str, requires: Sequence[str], source: Source | Tree) -> str:
        assert os.path.isdir(os.path.dirname(root)), source
        self.asked.append(tuple(requires))
        return sys.executable


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    path = tmp_path / "sources"
    path.mkdir()
    path.joinpath("pyproject.toml").write_text(SYSTEM)
    path.joinpath("backend.py").write_text(BACKEND.format(whole=WHOLE.content, editable=EDITABLE.content))
    return Tree(path=str(path), name="a", version="", key="0123456789abcdef" * 4)


def builder(tmp_path: Path, environments: Recorded | None = None) -> Builder:
    return Builder(str(tmp_path / "builds"), environments or Recorded(), dict(os.environ))


def test_directory_is_built_where_it_is(tree: Tree, tmp_path: Path) -> None:
    asked = Recorded()

    path = builder(tmp_path, asked).wheel(tree, str(tmp_path / "made"))

    assert path == str(tmp_path / "made" / "a-1.0-py3-none-any.whl")
    assert asked.asked == [("declared",), ("declared", "for-wheel")]
    with zipfile.ZipFile(path) as built:
        assert built.read("a-1.0.dist-info/METADATA") == WHOLE.metadata
        assert {member.compress_type for member in built.infolist()} == {zipfile.ZIP_STORED}
    assert [entry.name for entry in (tmp_path / "builds").iterdir()] == ["0123456789abcdef.lock"]


def test_editable_wheel_is_what_its_own_hook_makes(tree: Tree, tmp_path: Path) -> None:
    asked = Recorded()

    path = builder(tmp_path, asked).editable(tree, str(tmp_path / "made"))

    with zipfile.ZipFile(path) as built:
        assert built.read("a.pth") == b"/somewhere\n"
    assert asked.asked == [("declared",), ("declared", "for-editable")]


def test_metadata_and_requirements_of_a_directory_are_reported(tree: Tree, tmp_path: Path) -> None:
    own = builder(tmp_path)

    assert own.metadata(tree) == WHOLE.metadata
    assert own.requires(tree) == ("declared", "for-wheel")


def test_backend_that_cannot_make_editable_wheels_is_named(tree: Tree, tmp_path: Path) -> None:
    backend = tmp_path / "sources" / "backend.py"
    backend.write_text(backend.read_text().replace("def build_editable", "def another"))

    with pytest.raises(InputError, match="its build backend has no build_editable"):
        builder(tmp_path).editable(tree, str(tmp_path / "made"))

    assert not (tmp_path / "made").exists()


def test_build_that_fails_leaves_its_log_alone(tmp_path: Path) -> None:
    built = sdist("a", static=False, files={"backend.py": "def build_wheel(*_):\n    raise SystemExit('broken')\n"})
    archive = tmp_path / built.filename
    archive.write_bytes(built.content)
    source = Source(path=str(archive), filename=built.filename, name="a", version="1.0", sha256=built.sha256)

    with pytest.raises(InputError, match=r"building a 1\.0 failed") as failed:
        builder(tmp_path).wheel(source, str(tmp_path / "made"))

    left = [path.name for path in (tmp_path / "builds").rglob("*") if path.is_file()]
    assert sorted(left) == sorted([f"{built.sha256[:16]}.lock", "log.txt"])
    assert failed.value.hint is not None
    assert "log.txt; correct it where it is yours" in failed.value.hint


def test_archive_that_is_refused_leaves_nothing(tmp_path: Path) -> None:
    archive = tmp_path / "a-1.0.tar.gz"
    archive.write_bytes(b"nothing of the kind")
    source = Source(path=str(archive), filename=archive.name, name="a", version="1.0", sha256="ab" * 32)

    with pytest.raises(RefusedError):
        builder(tmp_path).wheel(source, str(tmp_path / "made"))

    assert [path.name for path in (tmp_path / "builds").iterdir()] == ["abababababababab.lock"]
