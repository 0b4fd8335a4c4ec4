"""`export`: what pip installs from it is what the lock says."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from lockenv.operations import output_file
from tests.support.program import PYTHON, Result, environment, lockenv
from tests.support.projects import write_project
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

_HAS_PIP = subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
_CAN_PIP = pytest.mark.skipif(not _HAS_PIP, reason="this Python has no pip")


def ran(*args: str, cwd: Path, code: int = 0) -> Result:
    result = lockenv(*args, cwd=cwd)
    assert result.code == code, result.err
    return result


def pip(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir", *args],
        cwd=cwd,
        env={**environment(cwd), "PIP_CONFIG_FILE": "/dev/null"},
        capture_output=True,
        text=True,
        check=False,
    )


def installed(directory: Path) -> list[str]:
    return sorted(path.name.removesuffix(".dist-info") for path in directory.glob("*.dist-info"))


def entries(text: str) -> list[str]:
    """Return the requirements of an exported file without their hashes and without its head."""
    joined = text.replace(" \\\n   ", "")
    return [line.partition(" --hash=")[0] for line in joined.splitlines() if not line.startswith(("#", "--"))]


@_CAN_PIP
@pytest.mark.parametrize("where", [(), ("--here",)], ids=["everywhere", "here"])
def test_pip_installs_exactly_what_is_exported(locked: Path, where: tuple[str, ...]) -> None:
    ran("export", "--extra", "fancy", "-o", "requirements.txt", *where, cwd=locked)

    done = pip("install", "--require-hashes", "--target", "there", "-r", "requirements.txt", cwd=locked)

    assert done.returncode == 0, done.stderr
    assert installed(locked / "there") == ["app-1.0", "lib-1.1", "ribbon-2.0", "tester-3.0"]


@_CAN_PIP
def test_pip_refuses_another_file_than_the_exported_one(locked: Path, index: LoopbackIndex) -> None:
    ran("export", "-o", "requirements.txt", cwd=locked)
    index.remove("lib-1.1-py3-none-any.whl")
    index.add(wheel("lib", "1.1", files={"lib.py": "evil = True\n"}))

    done = pip("install", "--require-hashes", "--target", "there", "-r", "requirements.txt", cwd=locked)

    assert done.returncode != 0
    assert not locked.joinpath("there").exists()


def test_every_environment_has_markers_and_one_has_none(locked: Path) -> None:
    everywhere = ran("export", "--no-default-groups", cwd=locked)
    linux = ran("export", "--no-default-groups", "--platform", "linux-x86_64", cwd=locked)
    windows = ran("export", "--no-default-groups", "--platform", "windows-x86_64", "--python", "3.12", cwd=locked)

    assert entries(everywhere.out) == ["app==1.0", "lib==1.1", "winpart==0.1 ; sys_platform == 'win32'"]
    assert entries(linux.out) == ["app==1.0", "lib==1.1"]
    assert entries(windows.out) == ["app==1.0", "lib==1.1", "winpart==0.1"]
    assert windows.out.startswith("# Created by lockenv: pylock.toml for Python 3.12 on windows-x86_64.\n")


def test_only_files_that_serve_are_named(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(
        *(wheel("fast", tag=tag) for tag in ("cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-win_amd64")),
        sdist("fast"),
    )
    project = write_project(tmp_path / "fast", ["fast"], index=index.url, requires_python=">=3.12")
    ran("lock", cwd=project)

    def hashes(*args: str) -> int:
        return ran("export", *args, cwd=project).out.count("--hash=sha256:")

    assert hashes() == 3
    assert hashes("--python", "3.12", "--platform", "linux-x86_64") == 1
    assert hashes("--python", "3.13", "--platform", "linux-x86_64") == 1
    assert hashes("--python", "3.12", "--platform", "linux-x86_64", "--platform", "windows-x86_64") == 2


def test_bill_of_materials_names_every_release_and_edge(locked: Path, index: LoopbackIndex) -> None:
    result = ran("export", "--format", "cyclonedx", "--extra", "fancy", cwd=locked)

    bill = json.loads(result.out)
    head = {key: bill[key] for key in ("bomFormat", "specVersion", "version")}
    assert head == {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}
    suffix = f"?repository_url={index.url}"
    assert [component["purl"] for component in bill["components"]] == [
        f"pkg:pypi/{name}{suffix}" for name in ("app@1.0", "lib@1.1", "ribbon@2.0", "tester@3.0", "winpart@0.1")
    ]
    assert bill["components"][4]["properties"] == [{"name": "lockenv:marker", "value": "sys_platform == 'win32'"}]
    assert bill["components"][1]["externalReferences"][0]["hashes"][0]["alg"] == "SHA-256"
    edges = {edge["ref"].partition("?")[0]: edge["dependsOn"] for edge in bill["dependencies"]}
    assert [ref.partition("?")[0] for ref in edges["example"]] == ["pkg:pypi/app@1.0", "pkg:pypi/tester@3.0"]
    assert edges["pkg:pypi/app@1.0"] == [
        f"pkg:pypi/{name}{suffix}" for name in ("lib@1.1", "ribbon@2.0", "winpart@0.1")
    ]
    assert ran("export", "--format", "cyclonedx", "--extra", "fancy", cwd=locked).out == result.out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--python", "3"), "expected a Python version"),
        (("--python", "3.8"), "does not cover Python 3.8"),
        (("--platform", "linux"), "for --platform"),
        (("--platform", "windows-sparc"), "windows runs on"),
        (("--platform", "linux-x'"), "for --platform"),
        (("--extra", "none"), "the lockfile has no extra `none`"),
        (("--group", "none"), "the lockfile has no group `none`"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_mistake_is_reported(locked: Path, args: tuple[str, ...], message: str) -> None:
    result = ran("export", *args, cwd=locked, code=2)

    assert message in result.err
    assert result.out == ""


def test_stale_lock_is_refused_unless_frozen(locked: Path) -> None:
    file = locked / "pyproject.toml"
    file.write_text(file.read_text().replace("app>=1", "app>=2"))

    assert "is out of date" in ran("export", cwd=locked, code=1).err
    assert "app==1.0" in ran("export", "--frozen", cwd=locked).out


@pytest.mark.parametrize("args", [("export", "-o"), ("tree", "--html"), ("report", "--html")], ids=" ".join)
def test_directory_in_place_of_an_output_file_is_named(locked: Path, args: tuple[str, ...]) -> None:
    refused = ran(*args, ".", cwd=locked, code=2)

    assert refused.err.splitlines()[-2:] == [f"error: {args[1]} . is a directory", "  hint: name a file in it"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("args", [("export", "-o"), ("report", "--html"), ("tree", "--html")])
def test_pipe_named_as_the_output_is_written_to_and_stays(locked: Path, args: tuple[str, ...]) -> None:
    pipe = locked / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE)
    try:
        ran(*args, "pipe", cwd=locked)
        is_pipe = stat.S_ISFIFO(pipe.stat().st_mode)
        received = reader.communicate(timeout=20)[0] if is_pipe else b""
    finally:
        reader.kill()
        reader.wait()

    assert (is_pipe, b"app" in received) == (True, True)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="this system has no /proc")
def test_link_to_an_open_file_is_written_through(tmp_path: Path) -> None:
    target = tmp_path / "target"
    with target.open("w") as opened:
        output_file.write(f"/proc/self/fd/{opened.fileno()}", "after")

    assert target.read_text() == "after"
