"""What another program writes while a command works is never replaced, nor mistaken for what was there before."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.support.program import PYTHON, environment, lockenv
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.server import Fault, Request

BACKEND = """\
import pathlib, shutil, subprocess

def build_editable(directory, config_settings=None, metadata_directory=None):
    here = pathlib.Path.cwd()
    if not (here / ".venv/pyvenv.cfg").exists():
        subprocess.run(
            [PROGRAM, "-m", "lockenv", "sync", "--no-project", "--project", str(here)],
            env=ENVIRON,
            check=True,
        )
    name = "example-0.1.0-py3-none-any.whl"
    shutil.copyfile(here / name, pathlib.Path(directory) / name)
    return name
"""


class WatchedIndex(LoopbackIndex):
    """An index that does something when the page of a project is asked for."""

    meanwhile: Callable[[], object] | None = None
    is_over = False

    def once(self, act: Callable[[], object]) -> None:
        """Do `act` when this is called for the first time."""
        if not self.is_over:
            self.is_over = True
            act()

    def received(self, request: Request) -> Fault | None:
        if self.meanwhile is not None and "spoon" in request.path:
            self.meanwhile()
        return super().received(request)


@pytest.fixture
def watched() -> Iterator[WatchedIndex]:
    with WatchedIndex() as index:
        index.add_all(wheel("spoon"), wheel("spoon-rest"), wheel("cup"), wheel("plate"))
        yield index


def locked_project(directory: Path, index: WatchedIndex, *, is_member: bool) -> tuple[Path, Path]:
    """Return the root and the project of a locked workspace, or of a project that is both."""
    members = {"workspace": {"members": ["member"]}} if is_member else None
    root = write_project(directory / "root", ["cup"], index=index.url, tool=members)
    project = write_project(root / "member", name="member") if is_member else root
    assert lockenv("lock", cwd=root).code == 0
    return root, project


def names(root: Path) -> list[str]:
    return [package["name"] for package in tomllib.loads((root / "pylock.toml").read_text())["packages"]]


@pytest.mark.parametrize("is_member", [False, True])
def test_requirement_is_added_to_what_an_editor_wrote_meanwhile(
    tmp_path: Path, watched: WatchedIndex, is_member: bool
) -> None:
    root, project = locked_project(tmp_path, watched, is_member=is_member)
    path = project / "pyproject.toml"
    edited = path.read_text().replace("dependencies = [", 'dependencies = ["plate",') + "\n# written in an editor\n"
    watched.meanwhile = lambda: watched.once(lambda: path.write_text(edited))

    added = lockenv("add", "spoon", "--no-sync", cwd=project)

    assert added.code == 0, added.err
    assert "note: pyproject.toml was changed by another program meanwhile; starting again" in added.err
    assert "# written in an editor" in path.read_text()
    assert {"plate", "spoon>=1.0"} <= set(tomllib.loads(path.read_text())["project"]["dependencies"])
    assert {"cup", "plate", "spoon"} <= set(names(root))
    assert lockenv("check", cwd=root).code == 0


def test_requirement_is_removed_from_what_an_editor_wrote_meanwhile(tmp_path: Path, watched: WatchedIndex) -> None:
    project = write_project(tmp_path / "project", ["spoon", "cup"], index=watched.url)
    path = project / "pyproject.toml"
    edited = path.read_text().replace('"cup"', '"cup", "plate"')
    watched.meanwhile = lambda: watched.once(lambda: path.write_text(edited))

    removed = lockenv("remove", "cup", "--no-sync", cwd=project)

    assert removed.code == 0, removed.err
    assert tomllib.loads(path.read_text())["project"]["dependencies"] == ["spoon", "plate"]
    assert names(project) == ["plate", "spoon"]


def test_bound_is_raised_in_what_an_editor_wrote_meanwhile(tmp_path: Path, watched: WatchedIndex) -> None:
    project = write_project(tmp_path / "project", ["spoon>=0.9", "cup"], index=watched.url)
    path = project / "pyproject.toml"
    edited = path.read_text().replace('"cup"', '"cup", "plate"')
    watched.meanwhile = lambda: watched.once(lambda: path.write_text(edited))

    raised = lockenv("upgrade", "spoon", "--no-sync", cwd=project)

    assert raised.code == 0, raised.err
    assert tomllib.loads(path.read_text())["project"]["dependencies"] == ["spoon>=1.0", "cup", "plate"]
    assert names(project) == ["cup", "plate", "spoon"]


def test_line_is_added_to_a_requirements_file_that_an_editor_wrote_meanwhile(
    tmp_path: Path, watched: WatchedIndex
) -> None:
    path = tmp_path / "requirements.in"
    path.write_text(f"--index-url {watched.url}\ncup\n")
    watched.meanwhile = lambda: watched.once(lambda: path.write_text(f"--index-url {watched.url}\ncup\nplate\n"))

    added = lockenv("add", "spoon", "--no-sync", cwd=tmp_path)

    assert added.code == 0, added.err
    assert path.read_text().splitlines()[1:] == ["cup", "plate", "spoon>=1.0"]
    assert names(tmp_path) == ["cup", "plate", "spoon"]


@pytest.mark.parametrize("is_member", [False, True])
@pytest.mark.parametrize(
    "edited",
    [
        lambda text, _: text.replace("dependencies = [", 'dependencies = ["spoon<9",'),
        lambda text, _: f'{text}\n[tool.lockenv.sources]\nspoon = {{ index = "loopback" }}\n',
        lambda text, _: f'{text}\n[dependency-groups]\ndev = ["spoon"]\n',
        lambda text, _: f"{text}\n[unfinished",
        # The page of this one is asked for later, when the file is written once more.
        lambda text, count: text.replace("dependencies = [", 'dependencies = ["spoon-rest",') + "\n#" * count,
    ],
    ids=["the same requirement", "its source", "in a group", "no TOML", "twice"],
)
def test_edit_that_cannot_be_added_to_stays(
    tmp_path: Path, watched: WatchedIndex, edited: Callable[[str, int], str], is_member: bool
) -> None:
    root, project = locked_project(tmp_path, watched, is_member=is_member)
    before = (root / "pylock.toml").read_bytes()
    path = project / "pyproject.toml"
    text, written = path.read_text(), list[str]()

    def write() -> None:
        written.append(edited(text, len(written)))
        path.write_text(written[-1])

    watched.meanwhile = write

    refused = lockenv("add", "spoon", "--no-sync", cwd=project)

    assert (refused.code, path.read_text()) == (2, written[-1])
    assert "error: pyproject.toml was changed by another program meanwhile, and stays as it is" in refused.err
    assert (root / "pylock.toml").read_bytes() == before


def test_environment_that_another_sync_created_meanwhile_is_synced(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("spoon"))
    project = write_project(tmp_path / "project", ["spoon"], index=index.url, tool={"build-network": True})
    settings = f"PROGRAM, ENVIRON = {PYTHON!r}, {environment(project)!r}\n"
    (project / "backend.py").write_text(settings + BACKEND)
    built = wheel("example", "0.1.0")
    (project / built.filename).write_bytes(built.content)
    with (project / "pyproject.toml").open("a") as file:
        file.write('\n[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n')
    assert lockenv("lock", cwd=project).code == 0

    result = lockenv("sync", cwd=project)

    assert result.code == 0, result.err
    assert "+ example 0.1.0" in result.err
    assert lockenv("verify", cwd=project).code == 0
