"""Several indexes: the first that has a name serves it, or the one it is pinned to, whatever others publish under it.

Whoever may publish on one of the indexes tries to have something installed in place of what is on another.
"""

from __future__ import annotations

import shutil
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex, Status
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APP = wheel("app", "1.0", requires=["lib"])
LIB = wheel("lib", "1.1")
EVIL = {"secret.py": "evil = True\n"}


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


def packages(directory: Path) -> dict[str, dict[str, Any]]:
    document = tomllib.loads(directory.joinpath("pylock.toml").read_text(encoding="utf-8"))
    return {package["name"]: package for package in document["packages"]}


def lock_and_sync(directory: Path, *args: str) -> None:
    lock = lockenv("lock", *args, cwd=directory)
    sync = lockenv("sync", *args, cwd=directory)
    assert (lock.code, sync.code) == (0, 0), lock.err + sync.err
    assert lockenv("verify", cwd=directory).code == 0


def two(tmp_path: Path, private: LoopbackIndex, public: LoopbackIndex, **settings: Any) -> Path:
    """Write a project that has a private index before the public one; `explicit` and `sources` as given."""
    first: dict[str, Any] = {"name": "private", "url": private.url}
    if settings.get("explicit"):
        first["explicit"] = True
    tool: dict[str, Any] = {"index": [first, {"name": "public", "url": public.url}]}
    if "sources" in settings:
        tool["sources"] = settings["sources"]
    if "find_links" in settings:
        tool["find-links"] = settings["find_links"]
    return write_project(tmp_path / "project", ["secret", "lib"], tool=tool)


def whence(project: Path) -> dict[str, tuple[str, str]]:
    return {name: (each["version"], each.get("index", "")) for name, each in packages(project).items()}


PRIVATE = {"sources": {"secret": {"index": "private"}}}


@pytest.mark.parametrize("settings", [{}, PRIVATE, {"explicit": True, **PRIVATE}])
def test_private_name_is_never_taken_from_another_index(
    settings: dict[str, Any], tmp_path: Path, private: LoopbackIndex, public: LoopbackIndex
) -> None:
    private.add(wheel("secret", "1.0"))
    public.add_all(LIB)
    project = two(tmp_path, private, public, **settings)
    expected = {"secret": ("1.0", private.url), "lib": ("1.1", public.url)}

    lock_and_sync(project)
    assert whence(project) == expected

    # Somebody publishes the private name where everybody may: newer, and of the same version with other bytes.
    private.page_cache_control = public.page_cache_control = "no-cache"
    for version in ("1.0", "99.0"):
        public.add(wheel("secret", version, files={"secret.py": "evil = True\n"}))
    lock = project.joinpath("pylock.toml").read_bytes()
    for arguments in (["--refresh"], ["-U", "--refresh"], ["-P", "secret", "--refresh"]):
        again = lockenv("lock", *arguments, cwd=project)
        assert (again.code, project.joinpath("pylock.toml").read_bytes()) == (0, lock), again.err
    shutil.rmtree(project / ".venv")
    shutil.rmtree(tmp_path / "project.cache")
    lock_and_sync(project)
    assert whence(project) == expected
    assert [path for path in public.paths if "secret" in path] == []


@pytest.mark.parametrize(
    "trouble", [Status(401), Status(403), Status(500, retry_after="0"), Status(503, retry_after="0")]
)
@pytest.mark.parametrize("settings", [{}, PRIVATE])
def test_private_index_that_does_not_answer_is_no_reason_to_ask_the_next(
    trouble: Status, settings: dict[str, Any], tmp_path: Path, private: LoopbackIndex, public: LoopbackIndex
) -> None:
    private.add(wheel("secret", "1.0"))
    public.add_all(LIB, wheel("secret", "99.0"))
    private.fail("/simple/secret/", trouble, times=None)
    project = two(tmp_path, private, public, **settings)

    lock = lockenv("lock", cwd=project)
    assert (lock.code, f"{private.url}secret/ cannot be fetched" in lock.err) == (2, True)
    assert "/simple/secret/" not in public.paths


def test_pinned_name_that_its_index_lacks_is_not_sought_elsewhere(
    tmp_path: Path, private: LoopbackIndex, public: LoopbackIndex
) -> None:
    public.add_all(LIB, wheel("secret", "99.0"))
    project = two(tmp_path, private, public, **PRIVATE)

    lock = lockenv("lock", cwd=project)
    assert lock.code == 1
    assert [path for path in public.paths if "secret" in path] == []


def test_explicit_index_serves_only_what_names_it(
    tmp_path: Path, private: LoopbackIndex, public: LoopbackIndex
) -> None:
    private.add_all(wheel("secret", "1.0"), wheel("lib", "99.0"))
    public.add_all(LIB)
    project = two(tmp_path, private, public, explicit=True, **PRIVATE)

    lock_and_sync(project)
    assert whence(project) == {"secret": ("1.0", private.url), "lib": ("1.1", public.url)}
    assert "/simple/lib/" not in private.paths


def test_dependency_is_pinned_to_its_index_as_well(
    tmp_path: Path, private: LoopbackIndex, public: LoopbackIndex
) -> None:
    public.add_all(APP, wheel("lib", "99.0"))
    private.add(LIB)
    tool = {
        "index": [{"name": "public", "url": public.url}, {"name": "private", "url": private.url, "explicit": True}],
        "sources": {"Lib": {"index": "private"}},
    }
    project = write_project(tmp_path / "project", ["app"], tool=tool)

    lock_and_sync(project)
    assert whence(project) == {"app": ("1.0", public.url), "lib": ("1.1", private.url)}


@pytest.mark.parametrize("written", ["Secret_Thing", "secret.thing", "SECRET--thing"])
@pytest.mark.parametrize("pinned", [True, False])
def test_no_spelling_of_a_name_leads_elsewhere(
    written: str, pinned: bool, tmp_path: Path, private: LoopbackIndex, public: LoopbackIndex
) -> None:
    private.add(wheel("secret-thing", "1.0"))
    public.add_all(wheel("secret_thing", "99.0"), wheel("Secret.Thing", "98.0"))
    tool: dict[str, Any] = {
        "index": [{"name": "public", "url": public.url}, {"name": "private", "url": private.url, "explicit": True}]
        if pinned
        else [{"name": "private", "url": private.url}, {"name": "public", "url": public.url}]
    }
    if pinned:
        tool["sources"] = {"secret-Thing": {"index": "private"}}
    project = write_project(tmp_path / "project", [written], tool=tool)

    lock_and_sync(project)
    assert whence(project) == {"secret-thing": ("1.0", private.url)}
    assert public.requests == []


def test_what_a_private_package_needs_comes_from_its_house(
    tmp_path: Path, private: LoopbackIndex, public: LoopbackIndex
) -> None:
    private.add_all(wheel("secret", "1.0", requires=["inner>=1", "lib"]), wheel("inner", "1.0"))
    public.add_all(LIB, wheel("inner", "99.0"), wheel("secret", "99.0"))

    lock_and_sync(two(tmp_path, private, public))
    assert whence(tmp_path / "project") == {
        "inner": ("1.0", private.url),
        "lib": ("1.1", public.url),
        "secret": ("1.0", private.url),
    }


def test_what_a_public_package_needs_comes_from_the_first_index_too(
    tmp_path: Path, private: LoopbackIndex, public: LoopbackIndex
) -> None:
    private.add_all(wheel("secret", "1.0"), wheel("inner", "1.0"))
    public.add_all(wheel("lib", "1.0", requires=["Inner"]), wheel("inner", "99.0"))

    lock_and_sync(two(tmp_path, private, public))
    assert whence(tmp_path / "project")["inner"] == ("1.0", private.url)


@pytest.mark.parametrize("files", [[], [wheel("secret", "1.0")], [wheel("secret", "2.0", requires_python="<3")]])
def test_first_index_that_has_nothing_fitting_is_not_passed_over(
    files: list[Any], tmp_path: Path, private: LoopbackIndex, public: LoopbackIndex
) -> None:
    private.add_all(wheel("secret", "0.1"), *files)
    if not files:
        private.remove(wheel("secret", "0.1").filename)
    public.add(wheel("secret", "2.0"))
    tool = {"index": [{"url": private.url}, {"url": public.url}]}
    project = write_project(tmp_path / "project", ["secret>=2"], tool=tool)

    assert lockenv("lock", cwd=project).code == 1
    assert public.requests == []


@pytest.mark.parametrize(
    "order", ["-i {public}\n--extra-index-url {private}", "--extra-index-url={private}\n-i {public}"]
)
def test_extra_index_of_a_requirements_file_comes_first(
    order: str, tmp_path: Path, private: LoopbackIndex, public: LoopbackIndex
) -> None:
    private.add(wheel("secret", "1.0"))
    public.add_all(LIB, wheel("secret", "99.0"))
    project = tmp_path / "project"
    project.mkdir()
    (project / "requirements.in").write_text(
        f"{order.format(public=public.url, private=private.url)}\nsecret\nlib\n", "utf-8"
    )

    lock_and_sync(project)
    assert whence(project) == {"secret": ("1.0", private.url), "lib": ("1.1", public.url)}
    assert "/simple/secret/" not in public.paths


@pytest.mark.parametrize(
    ("settings", "version"), [({}, "99.0"), (PRIVATE, "1.0"), ({"explicit": True, **PRIVATE}, "1.0")]
)
def test_folder_comes_before_indexes_and_after_a_pin(
    settings: dict[str, Any], version: str, tmp_path: Path, private: LoopbackIndex, public: LoopbackIndex
) -> None:
    private.add(wheel("secret", "1.0"))
    public.add_all(LIB, wheel("secret", "100.0"))
    project = two(tmp_path, private, public, find_links=["wheels"], **settings)
    (project / "wheels").mkdir()
    offered = wheel("secret", "99.0")
    (project / "wheels" / offered.filename).write_bytes(offered.content)

    lock_and_sync(project)
    assert packages(project)["secret"]["version"] == version
    assert "/simple/secret/" not in public.paths


@pytest.mark.parametrize("gone", ["file", "page and file", "server"])
def test_sync_takes_no_other_wheel_where_the_locked_one_is_gone(
    gone: str, tmp_path: Path, private: LoopbackIndex, public: LoopbackIndex
) -> None:
    private.add(wheel("secret", "1.0"))
    public.add(LIB)
    project = two(tmp_path, private, public)
    assert lockenv("lock", cwd=project).code == 0
    shutil.rmtree(tmp_path / "project.cache")
    public.add_all(wheel("secret", "99.0"), wheel("secret", "1.0", files=EVIL))
    public.add(wheel("secret", "1.0", build="1"))
    folder = tmp_path / "folder"
    folder.mkdir()
    other = wheel("secret", "1.0", files=EVIL)
    (folder / other.filename).write_bytes(other.content)
    match gone:
        case "file":
            private.fail("/files/", Status(404), times=None)
        case "page and file":
            private.remove(wheel("secret", "1.0").filename)
        case _:
            private.stop()

    sync = lockenv("sync", "--mirror", public.url, "--find-links", str(folder), cwd=project)
    assert (sync.code, "secret-1.0" in sync.err) == (2, True), sync.err
    assert not (project / ".venv").exists()
    assert [path for path in public.paths if path.startswith("/files/secret")] == []


def test_sync_takes_the_locked_wheel_from_wherever_it_is(
    tmp_path: Path, private: LoopbackIndex, public: LoopbackIndex
) -> None:
    genuine = wheel("secret", "1.0")
    private.add(genuine)
    public.add(LIB)
    project = two(tmp_path, private, public)
    assert lockenv("lock", cwd=project).code == 0
    private.fail("/files/", Status(404), times=None)
    public.add(genuine)
    assert "/simple/secret/" not in public.paths

    sync = lockenv("sync", cwd=project)
    assert (sync.code, f"was downloaded from {public.file_url(genuine.filename)}" in sync.err) == (0, True), sync.err
    assert lockenv("verify", cwd=project).code == 0


def test_names_of_an_explicit_index_are_sent_to_no_other(
    tmp_path: Path, private: LoopbackIndex, public: LoopbackIndex
) -> None:
    private.add(wheel("secret", "1.0"))
    public.add_all(LIB, wheel("secret", "1.0"))
    project = two(tmp_path, private, public, explicit=True, **PRIVATE)
    assert lockenv("lock", cwd=project).code == 0
    private.fail("/files/", Status(404), times=None)

    assert lockenv("sync", cwd=project).code == 2
    assert [path for path in public.paths if "secret" in path] == []


def test_index_with_a_wrong_hash_has_nothing_installed(
    tmp_path: Path, private: LoopbackIndex, public: LoopbackIndex
) -> None:
    genuine = wheel("secret", "1.0")
    private.add(genuine)
    public.add(LIB)
    project = two(tmp_path, private, public)
    assert lockenv("lock", cwd=project).code == 0
    private.fail("/files/secret", Status(404), times=None)
    public.add(wheel("secret", "1.0", files=EVIL), sha256=genuine.sha256)
    public.add(LIB)

    sync = lockenv("sync", "--mirror", public.url, cwd=project)
    assert sync.code == 2
    assert not (project / ".venv").exists()


def test_what_replaces_an_index_gets_none_of_its_credentials(tmp_path: Path, public: LoopbackIndex) -> None:
    public.add_all(APP, LIB)
    index = {"name": "house", "url": "https://house.example/simple/", "client-cert": "nowhere.pem"}
    project = write_project(tmp_path / "project", ["app"], tool={"index": [index]})
    env = {"LOCKENV_INDEX_HOUSE_USERNAME": "me", "LOCKENV_INDEX_HOUSE_PASSWORD": "secret"}

    assert lockenv("lock", "--index-url", public.url, cwd=project, env=env).code == 0
    assert [request for request in public.requests if "authorization" in request.headers] == []
