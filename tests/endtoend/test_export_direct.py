"""`export` of what no index serves: what pip and uv take of it, and what a bill of materials says."""

from __future__ import annotations

import json
import subprocess
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.endtoend.test_bill_of_materials import cyclonedx_fault, spdx_faults
from tests.endtoend.test_direct import ok, project
from tests.endtoend.test_export import _CAN_PIP, entries, installed, pip
from tests.support.gitserver import GitServer
from tests.support.program import environment, lockenv
from tests.support.sources import commit, write_tree
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex


@pytest.fixture
def everything(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Provide the lock of a project with a commit, two archives, a directory and an editable one."""
    index.add_all(wheel("solo", "2.0", requires=["lib"]))
    write_tree(tmp_path / "repository" / "inner", "tool")
    commit(tmp_path / "repository")
    write_tree(tmp_path / "project" / "members" / "one", "one")
    write_tree(tmp_path / "two", "two")
    (tmp_path / "project" / "made-1.0.tar.gz").write_bytes(sdist("made", "1.0").content)
    here = project(
        tmp_path / "project", index, ["tool", f"solo @ {index.file_url('solo-2.0-py3-none-any.whl')}", "one", "two",
                                      "made; sys_platform == 'linux'"],
        sources={"tool": {"git": "../repository", "branch": "main", "subdirectory": "inner"},
                 "one": {"path": "members/one", "editable": True}, "two": {"path": "../two"},
                 "made": {"path": "made-1.0.tar.gz"}},
        **{"allow-build": ["tool", "made"]},
    )  # fmt: skip
    ok("lock", cwd=here)
    return here


def commit_of(here: Path) -> str:
    import tomllib

    lock = tomllib.loads((here / "pylock.toml").read_text())
    return next(str(each["vcs"]["commit-id"]) for each in lock["packages"] if "vcs" in each)


def test_requirements_name_each_place(everything: Path, index: LoopbackIndex) -> None:
    done = lockenv("export", cwd=everything)

    repository = everything.with_name("repository").as_uri()
    assert done.code == 0, done.err
    assert entries(done.out) == [
        "lib==1.1",
        "./made-1.0.tar.gz ; sys_platform == 'linux'",
        "-e ./members/one",
        f"solo @ {index.file_url('solo-2.0-py3-none-any.whl')}",
        f"tool @ git+{repository}@{commit_of(everything)}#subdirectory=inner",
        "../two",
    ]
    assert "pip rejects hashes next to commits and directories (one, tool, two)" in done.err
    assert "# pip cannot check hashes of commits and directories" in done.out
    (everything / "sub").mkdir()
    ok("export", "-o", "sub/requirements.txt", "--no-hashes", cwd=everything)
    assert "-e ../members/one\n" in (everything / "sub" / "requirements.txt").read_text()


@_CAN_PIP
def test_pip_installs_what_is_exported_without_hashes_and_checks_archives(everything: Path) -> None:
    ok("export", "--no-hashes", "-o", "requirements.txt", cwd=everything)
    text = (everything / "requirements.txt").read_text().replace("-e ./", "./")
    (everything / "requirements.txt").write_text(text)

    done = pip("install", "--target", "there", "-r", "requirements.txt", cwd=everything)

    assert done.returncode == 0, done.stderr
    assert installed(everything / "there") == ["lib-1.1", "made-1.0", "one-1.0", "solo-2.0", "tool-1.0", "two-1.0"]
    (everything / "requirements.txt").write_text(text.replace("#sha256=", "#sha256=0").replace("0&", "&"))
    wrong = pip("install", "--target", "other", "-r", "requirements.txt", cwd=everything)
    assert wrong.returncode != 0


@pytest.mark.outside("uv")
def test_uv_installs_what_is_exported_with_hashes(everything: Path) -> None:
    ok("export", "-o", "requirements.txt", cwd=everything)

    done = subprocess.run(
        ["uv", "pip", "install", "--no-cache", "--target", "there", "-r", "requirements.txt"],
        cwd=everything, env=environment(everything), capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "tool-1.0" in installed(everything / "there")


@_CAN_PIP
def test_archive_from_a_server_and_a_commit_install_beside_each_other(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("solo", "2.0"))
    sources = write_tree(tmp_path / "repository", "tool")
    first = commit(sources)
    with GitServer(tmp_path / "served") as server:
        url = server.publish(sources, "tool.git")
        where = index.file_url("solo-2.0-py3-none-any.whl")
        here = project(tmp_path / "project", index, [f"tool @ git+{url}@main", f"solo @ {where}"],
                       **{"allow-build": ["tool"]})  # fmt: skip
        ok("lock", cwd=here)
        ok("export", "--no-hashes", "-o", "requirements.txt", cwd=here)

        done = pip("install", "--target", "there", "-r", "requirements.txt", cwd=here)

    assert done.returncode == 0, done.stderr
    assert installed(here / "there") == ["solo-2.0", "tool-1.0"]
    assert f"tool @ git+{url}@{first}\n" in (here / "requirements.txt").read_text()


def test_bill_of_materials_names_each_place(everything: Path, index: LoopbackIndex) -> None:
    bill = json.loads(ok("export", "--format", "cyclonedx", cwd=everything))

    found = {each["name"]: each for each in bill["components"]}
    first = commit_of(everything)
    wheel_url = index.file_url("solo-2.0-py3-none-any.whl")
    assert found["tool"]["externalReferences"] == [
        {"type": "vcs", "url": "../repository", "comment": f"commit {first}"}
    ]
    assert found["tool"]["purl"] == (f"pkg:pypi/tool@1.0?vcs_url=git%2B../repository%40{first}%23subdirectory%3Dinner")
    (reference,) = found["solo"]["externalReferences"]
    assert (reference["type"], reference["url"]) == ("distribution", wheel_url)
    digest = reference["hashes"][0]["content"]
    assert found["solo"]["purl"] == f"pkg:pypi/solo@2.0?checksum=sha256:{digest}&download_url={wheel_url}"
    assert found["one"]["purl"] == "pkg:generic/one@1.0"
    assert {each["ref"] for each in bill["dependencies"]} >= {each["purl"] for each in bill["components"]}


def test_bills_of_materials_are_valid(everything: Path) -> None:
    bill = ok("export", "--format", "cyclonedx", cwd=everything)
    document = ok("export", "--format", "spdx", cwd=everything)

    assert (cyclonedx_fault(bill), spdx_faults(document, everything.parent)) == (None, [])


def test_editable_directories_are_exported_as_copies_where_that_is_asked(everything: Path) -> None:
    texts = {
        (form, flag): ok("export", "--format", form, *flag, cwd=everything)
        for form in ("requirements", "pylock")
        for flag in ((), ("--no-editable",))
    }

    lines, copied = (texts["requirements", flag].splitlines() for flag in ((), ("--no-editable",)))
    assert "-e ./members/one" in lines
    assert copied == [line.removeprefix("-e ") for line in lines]
    locked, other = (tomllib.loads(texts["pylock", flag])["packages"] for flag in ((), ("--no-editable",)))
    there = [one["directory"] for one in locked if "directory" in one]
    assert [one["directory"] for one in other if "directory" in one] == [{"path": one["path"]} for one in there]
    assert {"path": "members/one", "editable": True} in there
