"""The user's own configuration: what it says holds for every project, and no project can write it."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.program import Result, lockenv_here
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex, Status
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER, PASSWORD = "reader", "s3cret-word"
LIB = wheel("lib", "1.1")
LOGIN = {"LOCKENV_INDEX_HOUSE_USERNAME": USER, "LOCKENV_INDEX_HOUSE_PASSWORD": PASSWORD}


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    """Return an index that asks everybody who they are."""
    with LoopbackIndex(credentials=(USER, PASSWORD)) as running:
        running.add(LIB)
        yield running


def configure(project: Path, text: str) -> Path:
    """Write the configuration of the user who works on `project`."""
    file = project.with_name(f"{project.name}.home") / ".config/lockenv/lockenv.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def project_of(tmp_path: Path, **tool: Any) -> Path:
    return write_project(tmp_path / "project", ["lib"], tool=tool)


def settings_of(result: Result) -> dict[str, tuple[Any, str]]:
    assert result.code == 0, result.err
    return {one["name"]: (one["value"], one["source"]) for one in json.loads(result.out)["settings"]}


def test_configured_index_serves_projects_that_declare_none_and_is_recorded(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    url = index.url.replace("://", f"://{USER}:${{WORD}}@")
    project = project_of(tmp_path)
    configure(project, f'[[index]]\nname = "house"\nurl = "{url}"\n')

    assert lockenv_here("lock", cwd=project, env={"WORD": PASSWORD}).code == 0

    lock = (project / "pylock.toml").read_text("utf-8")
    assert f'index = "{index.url}"' in lock
    assert (PASSWORD in lock, "WORD" in lock) == (False, False)
    assert lockenv_here("check", cwd=project).code == 0
    shutil.rmtree(project.with_name("project.home") / ".config")
    stale = lockenv_here("check", cwd=project)
    assert (stale.code, "index" in stale.err) == (1, True), stale.err


def test_indexes_of_a_project_replace_those_of_the_user(tmp_path: Path, index: LoopbackIndex) -> None:
    with LoopbackIndex() as own:
        project = project_of(tmp_path, index=[{"url": own.url}])
        configure(project, f'[[index]]\nname = "house"\nurl = "{index.url}"\n')

        assert lockenv_here("lock", cwd=project).code == 1
        assert index.requests == []
        own.add(wheel("lib", "2.0"))
        assert lockenv_here("lock", "--refresh", cwd=project).code == 0
        assert 'version = "2.0"' in (project / "pylock.toml").read_text("utf-8")


@pytest.mark.parametrize("explicit", [False, True])
def test_configured_index_binds_the_credentials_of_its_name(
    explicit: bool, tmp_path: Path, index: LoopbackIndex
) -> None:
    project = project_of(tmp_path, index=[{"name": "house", "url": index.url}])
    assert lockenv_here("lock", cwd=project, env=LOGIN).code == 2
    configure(project, f'[[index]]\nname = "house"\nurl = "{index.origin}/"\nexplicit = {str(explicit).lower()}\n')

    assert lockenv_here("lock", cwd=project, env=LOGIN).code == 0


def test_configured_index_binds_no_credentials_to_another_place(tmp_path: Path, index: LoopbackIndex) -> None:
    project = project_of(tmp_path, index=[{"name": "house", "url": index.url}])
    configure(project, '[[index]]\nname = "house"\nurl = "https://house.example/simple/"\n')

    refused = lockenv_here("lock", cwd=project, env=LOGIN)

    assert (refused.code, "belong to https://house.example:443" in refused.err) == (2, True), refused.err
    assert index.requests == []


def test_login_in_a_configured_url_serves_the_same_origin(tmp_path: Path, index: LoopbackIndex) -> None:
    project = project_of(tmp_path, index=[{"url": index.url}])
    configure(project, f'[[index]]\nurl = "{index.url.replace("://", f"://{USER}:{PASSWORD}@")}"\n')

    assert lockenv_here("lock", cwd=project).code == 0


def test_configured_variables_are_allowed(tmp_path: Path, index: LoopbackIndex) -> None:
    project = project_of(tmp_path, index=[{"url": index.url.replace("://", "://${WHO}:${WORD}@")}])
    configure(project, 'variables = ["WHO"]\n')
    env = {"WHO": USER, "WORD": PASSWORD}

    refused = lockenv_here("lock", cwd=project, env=env)
    assert "the environment variable WORD in" in refused.err
    assert lockenv_here("lock", cwd=project, env={**env, "LOCKENV_VARIABLES": "WORD"}).code == 0


def test_command_line_and_environment_count_more_than_configured_options(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    file = configure(project, 'offline = true\nallow-http = ["a.example"]\ncache-dir = "cache"\n')
    plain = {"LOCKENV_CACHE_DIR": ""}

    found = settings_of(lockenv_here("config", "--json", cwd=project, env=plain))
    assert found["offline"] == (True, f"{file}:1")
    assert found["allow-http"] == (["a.example"], f"{file}:2")

    found = settings_of(
        lockenv_here("config", "--json", "--offline", cwd=project, env={**plain, "LOCKENV_ALLOW_HTTP": "b.example"})
    )
    assert found["offline"] == (True, "command line")
    assert found["allow-http"] == (["b.example"], "LOCKENV_ALLOW_HTTP")


def test_configured_cache_is_beside_the_configuration(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    file = configure(project, 'cache-dir = "cache"\n')
    home = {"HOME": str(file.parents[2]), "PATH": os.defpath, "XDG_CONFIG_HOME": str(file.parents[1])}

    from lockenv.context.user_configuration import read

    found = read(home, str(project))
    assert found is not None
    assert found.options == {"cache-dir": str(file.parent / "cache")}


def test_proxies_are_used_and_those_of_the_environment_count_more(tmp_path: Path) -> None:
    project = project_of(tmp_path, index=[{"url": "http://index.example/simple/"}])
    with LoopbackIndex() as proxy:
        proxy.fail("", Status(500, retry_after="0"), times=None)
        configure(project, f'allow-http = ["index.example"]\n[proxies]\nhttp = "{proxy.origin}"\n')

        lockenv_here("lock", cwd=project)
        assert proxy.requests != []
        proxy.requests.clear()
        lockenv_here("lock", cwd=project, env={"http_proxy": "http://127.0.0.1:9/"})
        assert proxy.requests == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize("what", ["file", "directory"])
def test_configuration_that_others_may_write_is_refused(what: str, tmp_path: Path) -> None:
    project = project_of(tmp_path)
    file = configure(project, "quiet = true\n")
    (file if what == "file" else file.parent).chmod(0o777)

    refused = lockenv_here("check", cwd=project)
    assert (refused.code, f"your configuration {file} is not trusted" in refused.err) == (2, True), refused.err
    path = lockenv_here("config", "path", cwd=project)
    assert (path.code, path.out) == (0, f"{file}\n"), path.err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_configuration_is_a_file_of_an_honest_size(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    file = configure(project, f"quiet = true\n{'#' * (1 << 20)}\n")
    long = lockenv_here("check", cwd=project)
    file.unlink()
    os.mkfifo(file)
    pipe = lockenv_here("check", cwd=project)

    assert (long.code, "is longer than" in long.err) == (2, True), long.err
    assert (pipe.code, f"your configuration {file} is not a regular file" in pipe.err) == (2, True), pipe.err


@pytest.mark.parametrize("how", ["below", "link", "work tree"])
def test_project_configures_no_user(how: str, tmp_path: Path) -> None:
    project = project_of(tmp_path)
    if how == "work tree":
        (project / ".git").mkdir()
        (project / "pyproject.toml").unlink()
    inside = project / ".config/lockenv/lockenv.toml"
    inside.parent.mkdir(parents=True)
    inside.write_text('[[index]]\nname = "house"\nurl = "https://bad.example/simple/"\n', "utf-8")
    home = str(project / ".config")
    if how == "link":
        file = configure(project, "")
        file.unlink()
        file.symlink_to(inside)
        home = str(file.parents[1])

    refused = lockenv_here("lock", cwd=project, env={"XDG_CONFIG_HOME": home})

    assert (refused.code, "must not configure lockenv" in refused.err) == (2, True), refused.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("allow-build = true\n", 'has no key "allow-build"'),
        ("index-url = 'https://x.example/'\n", 'has no key "index-url"'),
        ("offline = 'yes'\n", "offline is a string, not true or false"),
        ("[[index]]\nurl = './simple'\n", "index[0].url is relative"),
        ("bounds = 'none of them'\n", "invalid value `none of them` for bounds in your configuration; expected one of"),
        ("[proxies]\nftp = 'x'\n", 'has no key "ftp"'),
        ("offline =\n", "lockenv.toml:1"),
    ],
)
def test_configuration_that_makes_no_sense_is_reported(text: str, said: str, tmp_path: Path) -> None:
    project = project_of(tmp_path)
    file = configure(project, text)

    refused = lockenv_here("add", "lib", "--dry-run", cwd=project)

    assert (refused.code, said in refused.err) == (2, True), refused.err
    assert lockenv_here("config", "path", cwd=project).out == f"{file}\n"


def test_config_shows_where_everything_is_from_and_masks_secrets(tmp_path: Path, index: LoopbackIndex) -> None:
    url = f"https://me:{PASSWORD}@index.example/simple/"
    tool = {"index": [{"name": "house", "url": index.url}, {"url": url}], "fork": "fewest"}
    project = project_of(tmp_path, **tool)
    file = configure(project, f'variables = ["X"]\n[proxies]\nhttps = "http://me:{PASSWORD}@proxy.example:1/"\n')
    env = {**LOGIN, "LOCKENV_INDEX_HOUSE_URL": index.url, "SSL_CERT_FILE": "/some/bundle.pem", "LOCKENV_FROZEN": "1"}

    done = lockenv_here("config", "--json", cwd=project, env=env)
    text = lockenv_here("config", cwd=project, env=env)

    found = settings_of(done)
    assert found["fork"][0] == "fewest"
    assert found["fork"][1].startswith("pyproject.toml:")
    assert found["index.house"][0] == index.url
    assert found["index.house"][1].startswith("pyproject.toml:")
    assert found["index.house.login"] == (
        "****",
        "LOCKENV_INDEX_HOUSE_USERNAME and LOCKENV_INDEX_HOUSE_PASSWORD",
    )
    assert found["index[1].login"] == ("****", "its URL")
    assert found["variables"] == (["X"], f"{file}:1")
    assert found["proxies.https"][1] == f"{file}:3"
    assert found["frozen"] == ("1", "LOCKENV_FROZEN")
    assert found["cert"] == ("/some/bundle.pem", "SSL_CERT_FILE")
    assert PASSWORD not in done.out + done.err + text.out + text.err
    assert text.code == 0


def test_config_shows_what_is_not_sent(tmp_path: Path, index: LoopbackIndex) -> None:
    project = project_of(tmp_path, index=[{"name": "house", "url": index.url}])

    found = settings_of(lockenv_here("config", "--json", cwd=project, env=LOGIN))

    assert found["index.house.login"][0] == "not sent"
    assert "set LOCKENV_INDEX_HOUSE_URL=" in found["index.house.login"][1]


def test_config_needs_no_project(tmp_path: Path) -> None:
    place = tmp_path / "empty"
    place.mkdir()
    configure(place, '[[index]]\nname = "house"\nurl = "https://house.example/simple/"\n')

    found = settings_of(lockenv_here("config", "--json", cwd=place))
    assert found["index.house"][0] == "https://house.example/simple/"
    assert lockenv_here("config", "elsewhere", cwd=place).code == 2
