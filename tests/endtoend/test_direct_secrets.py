"""The value of a variable in the URL of a direct reference reaches neither lock nor cache nor what is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.endtoend.test_direct import package, project
from tests.support.program import Result, lockenv
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

SECRET = "hunter2"
VARIABLES = {
    "TOKEN": SECRET,
    "SIGNED": f"solo-1.0-py3-none-any.whl?sig={SECRET}",
    "PART": "files",
    "LOGIN": f"u:{SECRET}",
    "LOCKENV_VARIABLES": "TOKEN SIGNED PART LOGIN UNSET",
}


def required(directory: Path, index: LoopbackIndex, line: str) -> Path:
    index.add(wheel("solo", "1.0"))
    directory.mkdir()
    line = line.format(origin=index.origin, host=f"127.0.0.1:{index.port}", directory=directory)
    (directory / "requirements.in").write_text(f"--index-url {index.url}\n{line}\n")
    return directory


def nowhere(here: Path, done: Result) -> None:
    """Assert that no file of a run and nothing that it printed holds the secret."""
    assert SECRET not in done.out + done.err
    directories = (here, here.with_name(f"{here.name}.cache"), here.with_name(f"{here.name}.home"))
    for path in (path for directory in directories for path in directory.rglob("*") if path.is_file()):
        assert SECRET.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    "line",
    [
        "solo @ {origin}/files/solo-1.0-py3-none-any.whl?token=${{TOKEN}}",
        "solo @ {origin}/files/${{TOKEN}}/solo-1.0-py3-none-any.whl",
        "solo @ {origin}/${{PART}}/${{SIGNED}}",
        "solo @ {origin}/files/solo-1.0-py3-none-any.whl#token=${{TOKEN}}",
        "{origin}/files/solo-1.0-py3-none-any.whl?token=${{TOKEN}}",
        "solo @ git+{origin}/solo.git?token=${{TOKEN}}",
        "-e git+{origin}/${{TOKEN}}/solo.git#egg=solo",
        "solo @ {origin}/files/solo-1.0-py3-none-any.whl?token=${{UNSET}}",
    ],
)
def test_variable_that_a_lock_would_hold_is_refused(line: str, tmp_path: Path, index: LoopbackIndex) -> None:
    here = required(tmp_path / "project", index, line)

    done = lockenv("lock", cwd=here, env=VARIABLES)

    assert done.code == 2, done.err
    assert "which would be stored in the lockfile" in done.err
    assert not (here / "pylock.toml").exists()
    assert not any("solo" in path for path in index.paths)
    nowhere(here, done)


@pytest.mark.parametrize(
    "line",
    [
        "solo @ http://${{LOGIN}}@{host}/${{PART}}/solo-1.0-py3-none-any.whl",
        "solo @ http://user:${{TOKEN}}@{host}/files/solo-1.0-py3-none-any.whl",
    ],
)
def test_user_and_password_are_left_out_and_the_path_is_recorded(
    line: str, tmp_path: Path, index: LoopbackIndex
) -> None:
    here = required(tmp_path / "project", index, line)

    done = lockenv("lock", cwd=here, env=VARIABLES)

    assert done.code == 0, done.err
    assert package(here, "solo")["archive"]["url"] == index.file_url("solo-1.0-py3-none-any.whl")
    nowhere(here, done)


def test_local_path_of_a_variable_is_recorded_as_seen_from_the_lock(tmp_path: Path, index: LoopbackIndex) -> None:
    here = required(tmp_path / "project", index, "solo @ file://${{PWD}}/solo-1.0-py3-none-any.whl")
    (here / "solo-1.0-py3-none-any.whl").write_bytes(wheel("solo", "1.0").content)

    done = lockenv("lock", cwd=here, env={"PWD": str(here), "LOCKENV_VARIABLES": "PWD"})

    assert done.code == 0, done.err
    assert package(here, "solo")["archive"]["path"] == "solo-1.0-py3-none-any.whl"


@pytest.mark.parametrize("where", ["dependency", "source", "git"])
def test_variable_in_a_project_is_refused_too(where: str, tmp_path: Path, index: LoopbackIndex) -> None:
    url = f"{index.origin}/files/solo-1.0-py3-none-any.whl?token=${{TOKEN}}"
    sources = {"source": {"url": url}, "git": {"git": f"{index.origin}/${{TOKEN}}/solo.git"}}
    requires = [f"solo @ {url}"] if where == "dependency" else ["solo"]
    settings = {} if where == "dependency" else {"sources": {"solo": sources[where]}}
    here = project(tmp_path / "project", index, requires, **settings)

    done = lockenv("lock", cwd=here, env=VARIABLES)

    assert done.code == 2, done.err
    assert "contains ${TOKEN}, which would be stored in the lockfile" in done.err
    assert index.paths == []
    nowhere(here, done)
