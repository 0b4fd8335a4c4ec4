"""Folders, trees of pages and flat pages as indexes, and what a page may lead to."""

from __future__ import annotations

import os
import shutil
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import pages
from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.server import Answer, LoopbackIndex, Redirect
from tests.support.wheels import Built, sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APP = wheel("app", "1.0", requires=["lib"])
LIB = wheel("lib", "1.1")
SOURCE = sdist("source", "2.0")


@pytest.fixture
def public() -> Iterator[LoopbackIndex]:
    """Provide the index that everybody may publish on."""
    with LoopbackIndex() as running:
        yield running


@pytest.fixture
def private() -> Iterator[LoopbackIndex]:
    """Provide the index of one house."""
    with LoopbackIndex() as running:
        yield running


def read(directory: Path) -> dict[str, Any]:
    return tomllib.loads(directory.joinpath("pylock.toml").read_text(encoding="utf-8"))


def packages(directory: Path) -> dict[str, dict[str, Any]]:
    return {package["name"]: package for package in read(directory)["packages"]}


def fill(folder: Path, *built: Built) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for one in built:
        (folder / one.filename).write_bytes(one.content)
    return folder


def write_tree(root: Path, *built: Built, json: bool, hashes: bool = True) -> Path:
    """Write an index on disk: a page for each project, its files beside the page."""
    for one in built:
        listing = pages.Listing(
            built=one,
            url=one.filename,
            yanked=None,
            requires_python="",
            upload_time="",
            metadata="absent",
            has_sha256=hashes,
            sha256=one.sha256,
            has_size=False,
            metadata_sha256="",
        )
        write = pages.project_json if json else pages.project_html
        fill(root / one.name, one)
        name = "index.json" if json else "index.html"
        (root / one.name / name).write_bytes(write(one.name, [listing], api_version="1.1", status=None))
    return root


def lock_and_sync(directory: Path, *args: str) -> None:
    lock = lockenv("lock", *args, cwd=directory)
    sync = lockenv("sync", *args, cwd=directory)
    assert (lock.code, sync.code) == (0, 0), lock.err + sync.err
    assert lockenv("check", cwd=directory).code == 0
    assert lockenv("verify", cwd=directory).code == 0


def test_folder_serves_what_it_has_and_an_index_the_rest(tmp_path: Path, public: LoopbackIndex) -> None:
    project = write_project(tmp_path / "project", ["app"], index=public.url, tool={"find-links": ["wheels"]})
    fill(project / "wheels", LIB)
    public.add_all(APP, wheel("lib", "9.0"))

    lock_and_sync(project)
    found = packages(project)
    assert found["lib"]["wheels"][0].keys() == {"path", "size", "hashes"}
    assert (found["lib"]["version"], found["lib"]["wheels"][0]["path"]) == ("1.1", f"wheels/{LIB.filename}")
    assert found["lib"]["wheels"][0]["hashes"] == {"sha256": LIB.sha256}
    assert "url" in found["app"]["wheels"][0]


def test_folder_alone_needs_no_server(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", ["app", "source"], tool={"find-links": ["wheels"], "no-index": True})
    fill(project / "wheels", APP, LIB, SOURCE)

    lock = lockenv("lock", "--offline", cwd=project)
    assert lock.code == 0, lock.err
    assert packages(project)["source"]["sdist"]["path"] == f"wheels/{SOURCE.filename}"


def test_cutoff_leaves_folders_alone(tmp_path: Path, public: LoopbackIndex) -> None:
    tool = {"find-links": ["wheels"], "exclude-newer": "2026-01-01"}
    project = write_project(tmp_path / "project", ["app"], index=public.url, tool=tool)
    fill(project / "wheels", LIB)
    public.add(APP, upload_time="2025-06-01T00:00:00Z")
    public.add(wheel("app", "2.0"), upload_time="2026-06-01T00:00:00Z")

    lock_and_sync(project)
    assert {name: each["version"] for name, each in packages(project).items()} == {"app": "1.0", "lib": "1.1"}


def test_pipe_in_a_folder_is_no_file(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", ["lib"], tool={"find-links": ["wheels"], "no-index": True})
    fill(project / "wheels")
    os.mkfifo(project / "wheels" / LIB.filename)

    lock = lockenv("lock", cwd=project)
    assert (lock.code, "it is not a regular file" in lock.err) == (2, True), lock.err


def test_lock_with_paths_moves_with_its_project(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", ["app"], tool={"find-links": ["wheels"], "no-index": True})
    fill(project / "wheels", APP, LIB)
    assert lockenv("lock", cwd=project).code == 0
    text = project.joinpath("pylock.toml").read_text(encoding="utf-8")
    moved = tmp_path / "elsewhere" / "moved"
    shutil.copytree(project, moved)
    shutil.rmtree(project)

    assert str(tmp_path) not in text
    lock_and_sync(moved, "--offline")
    assert moved.joinpath("pylock.toml").read_text(encoding="utf-8") == text


def test_file_that_changes_in_its_folder_is_refused_at_sync_and_read_again_at_lock(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", ["lib"], tool={"find-links": ["wheels"], "no-index": True})
    fill(project / "wheels", LIB)
    assert lockenv("lock", cwd=project).code == 0
    shutil.rmtree(tmp_path / "project.cache")
    other = wheel("lib", "1.1", files={"lib.py": "other = True\n"})
    fill(project / "wheels", other)

    sync = lockenv("sync", cwd=project)
    assert (sync.code, "hash-mismatch" in sync.err or "size-mismatch" in sync.err) == (2, True)
    assert not (project / ".venv").exists()

    assert lockenv("lock", "-U", cwd=project).code == 0
    assert packages(project)["lib"]["wheels"][0]["hashes"] == {"sha256": other.sha256}
    assert lockenv("sync", cwd=project).code == 0


@pytest.mark.parametrize("json", [True, False])
@pytest.mark.parametrize("hashes", [True, False])
def test_tree_on_disk_is_an_index(json: bool, hashes: bool, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", ["app"], tool={"index": [{"name": "disk", "url": "./tree"}]})
    write_tree(project / "tree", APP, LIB, json=json, hashes=hashes)

    lock_and_sync(project, "--offline")
    assert packages(project)["lib"]["wheels"][0]["path"] == f"tree/lib/{LIB.filename}"
    assert "index" not in packages(project)["lib"]


def test_tree_that_is_named_by_its_url_keeps_it(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "mirror", APP, LIB, json=False)
    project = write_project(tmp_path / "project", ["app"], index=f"{tree.as_uri()}/")

    lock_and_sync(project, "--offline")
    assert packages(project)["lib"]["wheels"][0]["url"] == (tree / "lib" / LIB.filename).as_uri()
    assert packages(project)["lib"]["index"] == f"{tree.as_uri()}/"


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        (
            {"lib": {"index": "public"}},
            "lib (not found on the index public), your requirements cannot be satisfied\n"
            "  the source of lib is the index public, so private was not asked\n",
        ),
        (
            {},
            "lib (not found on any index that was asked), your requirements cannot be satisfied\n"
            "  private was not asked for lib, as only packages that name an explicit index use it (to use another "
            "index for it, set its source in [tool.lockenv.sources])\n",
        ),
    ],
)
def test_index_that_was_not_asked_for_a_missing_package_is_named(
    sources: dict[str, Any], said: str, tmp_path: Path, public: LoopbackIndex, private: LoopbackIndex
) -> None:
    private.add(LIB)
    indexes = [{"name": "public", "url": public.url}, {"name": "private", "url": private.url, "explicit": True}]
    project = write_project(tmp_path / "project", ["lib"], tool={"index": indexes, "sources": sources})

    lock = lockenv("lock", cwd=project)

    assert (lock.code, said in lock.err) == (1, True), lock.err


def test_file_url_outside_what_the_project_names_is_refused(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "mirror", LIB, json=False)
    project = write_project(tmp_path / "project", ["lib"], index=f"{tree.as_uri()}/")
    assert lockenv("lock", cwd=project).code == 0
    lock = project / "pylock.toml"
    other = (tmp_path / "other" / LIB.filename).as_uri()
    lock.write_text(lock.read_text("utf-8").replace((tree / "lib" / LIB.filename).as_uri(), other), "utf-8")

    sync = lockenv("sync", "--frozen", cwd=project)
    assert (sync.code, "is not an https or http URL" in sync.err) == (2, True)


@pytest.mark.parametrize("tool", [{"find-links": ["../wheels"]}, {"index": [{"name": "up", "url": "../wheels"}]}])
def test_folder_that_a_lock_cannot_name_is_refused(tool: dict[str, Any], tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", ["lib"], tool=tool)
    fill(tmp_path / "wheels", LIB)
    write_tree(tmp_path / "wheels", LIB, json=False)

    lock = lockenv("lock", cwd=project)
    assert (lock.code, "the directory of the lockfile, so the lockfile cannot refer to it" in lock.err) == (2, True)
    assert not (project / "pylock.toml").exists()


@pytest.mark.parametrize(
    "tool",
    [
        {"find-links": ["wheels"]},
        {"find-links": ["wheels/page.html"]},
        {"index": [{"name": "disk", "url": "./wheels"}]},
        {"index": [{"name": "disk", "url": "file:///nowhere/at/all/"}, {"name": "public", "url": "URL"}]},
    ],
)
def test_folder_that_is_not_there_is_no_reason_to_look_elsewhere(
    tool: dict[str, Any], tmp_path: Path, public: LoopbackIndex
) -> None:
    public.add(LIB)
    for index in tool.setdefault("index", [{"name": "public", "url": "URL"}]):
        index["url"] = index["url"].replace("URL", public.url)
    project = write_project(tmp_path / "project", ["lib"], tool=tool)

    lock = lockenv("lock", cwd=project)
    assert (lock.code, "does not exist" in lock.err) == (2, True), lock.err
    assert public.requests == []


def test_flat_page_on_a_server(tmp_path: Path, public: LoopbackIndex) -> None:
    origin = public.origin.replace("://", "://me:hush@")
    links = "".join(
        f"<a href='{origin}/files/{one.filename}#sha256={one.sha256}'>{one.filename[:9]}..&gt;</a>"
        for one in (APP, LIB)
    )
    public.add_all(APP, LIB)
    page = Answer(f"<html>{links}</html>".encode(), {"Content-Type": "text/html"})
    public.fail("^/flat.html$", page, times=None)
    tool = {"find-links": [f"{public.origin}/flat.html"], "no-index": True}
    project = write_project(tmp_path / "project", ["app"], tool=tool)

    lock_and_sync(project)
    assert packages(project)["lib"]["wheels"][0]["url"] == public.file_url(LIB.filename)
    assert [path for path in public.paths if path.startswith("/simple/")] == []
    assert public.paths.count("/flat.html") == 1
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and b"hush" in path.read_bytes()]
    assert kept == []


def test_flat_page_in_a_folder(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", ["app"], tool={"find-links": ["files/page.html"], "no-index": True})
    fill(project / "files", APP, LIB)
    links = "".join(f"<a href='{one.filename}'>{one.filename}</a>" for one in (APP, LIB))
    (project / "files/page.html").write_text(f"<html>{links}</html>", "utf-8")

    lock_and_sync(project, "--offline")
    assert packages(project)["app"]["wheels"][0]["path"] == f"files/{APP.filename}"


def test_requirements_file_names_its_folders(tmp_path: Path) -> None:
    project = tmp_path / "project"
    fill(project / "sub" / "wheels", APP, LIB)
    (project / "sub/more.in").write_text("--find-links wheels\nlib\n", "utf-8")
    (project / "requirements.in").write_text("--no-index\n-r sub/more.in\napp\n", "utf-8")

    lock_and_sync(project, "--offline")
    assert packages(project)["app"]["wheels"][0]["path"] == f"sub/wheels/{APP.filename}"
    assert lockenv("check", cwd=project / "sub").code == 0


def test_requirements_file_that_forbids_every_place_is_refused(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "requirements.in").write_text("--no-index\napp\n", "utf-8")

    lock = lockenv("lock", cwd=project)
    assert (lock.code, "--no-index without --find-links leaves no package source" in lock.err) == (2, True)


def test_what_is_built_and_what_builds_it_are_in_folders(tmp_path: Path) -> None:
    tool = {"find-links": ["sources", "tools"], "no-index": True, "allow-build": ["source"]}
    project = write_project(tmp_path / "project", ["source"], tool=tool)
    backend = "import pathlib, shutil, helper\n\ndef build_wheel(directory, *_):\n    " + (
        "(name,) = [each.name for each in pathlib.Path('prebuilt').iterdir()]\n    "
        "return pathlib.Path(shutil.copy(pathlib.Path('prebuilt', name), directory)).name\n"
    )
    system = '[build-system]\nrequires = ["helper"]\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    made = sdist("source", "2.0", static=False, files={"backend.py": backend, "pyproject.toml": system})
    fill(project / "sources", made)
    fill(project / "tools", wheel("helper", "3.0"))

    lock_and_sync(project, "--offline")
    tools = tomllib.loads(project.joinpath("pylock.build.toml").read_text(encoding="utf-8"))
    assert packages(project)["source"]["sdist"]["path"] == f"sources/{made.filename}"
    assert tools["packages"][0]["wheels"][0]["path"] == "tools/helper-3.0-py3-none-any.whl"


# What an index says of where its files are.


def test_file_on_another_host_is_as_good_as_its_hash(
    tmp_path: Path, private: LoopbackIndex, public: LoopbackIndex
) -> None:
    private.add(LIB)
    public.add(LIB, url=private.file_url(LIB.filename))
    project = write_project(tmp_path / "project", ["lib"], index=public.url)

    lock_and_sync(project)
    assert packages(project)["lib"]["wheels"][0]["url"] == private.file_url(LIB.filename)


@pytest.mark.parametrize("formats", ["json", "html"])
@pytest.mark.parametrize("url", ["file:///etc/lib-1.1-py3-none-any.whl", "ftp://host.example/lib-1.1-py3-none-any.whl"])
def test_page_of_a_server_links_to_servers_only(url: str, formats: Any, tmp_path: Path, public: LoopbackIndex) -> None:
    public.formats = formats
    public.add(LIB, url=url)
    public.add(wheel("lib", "1.0"))
    project = write_project(tmp_path / "project", ["lib"], index=public.url)

    lock = lockenv("lock", cwd=project)
    assert lock.code == 0, lock.err
    assert packages(project)["lib"]["version"] == "1.0"
    assert "lists them incorrectly" in lock.err


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://host.example/simple/lib/"])
def test_redirect_to_another_scheme_is_not_followed(location: str, tmp_path: Path, public: LoopbackIndex) -> None:
    public.fail("/simple/lib/", Redirect(location), times=None)
    project = write_project(tmp_path / "project", ["lib"], index=public.url)

    lock = lockenv("lock", cwd=project)
    assert (lock.code, "only https and http URLs are supported" in lock.err) == (2, True), lock.err


def test_page_without_hashes_is_locked_with_those_the_files_have(tmp_path: Path, public: LoopbackIndex) -> None:
    public.formats = "html"
    public.add(LIB, sha256=False)
    project = write_project(tmp_path / "project", ["lib"], index=public.url)

    lock_and_sync(project)
    assert packages(project)["lib"]["wheels"][0]["hashes"] == {"sha256": LIB.sha256}
