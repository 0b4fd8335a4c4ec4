"""Settings in `lockenv.toml`, and in a `pyproject.toml` that declares nothing, count as those of a project do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.endtoend.test_accepted_faults import faulty
from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex


def bare(tmp_path: Path, files: dict[str, str], requires: str = "dynamic\n") -> Path:
    directory = tmp_path / "bare"
    directory.mkdir()
    (directory / "requirements.in").write_text(requires)
    for name, text in files.items():
        (directory / name).write_text(text)
    return directory


def settings(index: LoopbackIndex, prefix: str = "") -> str:
    header = f"[{prefix}]\n" if prefix else ""
    dot = f"{prefix}." if prefix else ""
    return f'{header}allow-build = ["dynamic"]\n\n[[{dot}index]]\nname = "loopback"\nurl = "{index.url}"\n'


@pytest.mark.parametrize(("name", "prefix"), [("lockenv.toml", ""), ("pyproject.toml", "tool.lockenv")])
def test_project_of_requirements_files_has_settings(
    tmp_path: Path, index: LoopbackIndex, name: str, prefix: str
) -> None:
    index.add(sdist("dynamic", "1.0", requires=["lib"], static=False))
    directory = bare(tmp_path, {name: settings(index, prefix)})

    steps = [lockenv(command, cwd=directory) for command in ("lock", "check", "sync", "sync", "verify")]
    (directory / name).write_text(settings(index, prefix).replace("allow-build", "constraints").replace("ic", "ic<1"))
    changed = [lockenv(command, cwd=directory) for command in ("sync", "check")]

    assert [step.code for step in steps] == [0, 0, 0, 0, 0], [step.err for step in steps]
    assert steps[3].err == ".venv is up to date\n"
    assert [step.code for step in changed] == [1, 1], changed[0].err
    assert f"{name}:" in changed[1].err, changed[1].err


def test_settings_count_for_named_requirements_files(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = write_project(
        tmp_path / "project",
        ["app"],
        index=index.url,
        groups={"dev": ["tester"]},
        tool={"default-groups": ["dev"], "constraints": ["lib<1.1"]},
    )
    (directory / "some.txt").write_text("lib\n")

    result = lockenv("lock", "-r", "some.txt", "-o", "pylock.some.toml", cwd=directory)

    assert result.code == 0, result.err
    assert "+ lib 1.0" in result.err


def test_settings_of_both_files_count_and_one_in_both_is_refused(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = write_project(tmp_path / "project", ["lib"], index=index.url)
    (directory / "lockenv.toml").write_text('constraints = ["lib<1.1"]\n')

    locked = lockenv("lock", cwd=directory)
    write_project(directory, ["lib"], index=index.url, tool={"constraints": ["lib>1"]})
    refused = lockenv("check", cwd=directory)

    assert (locked.code, "+ lib 1.0" in locked.err) == (0, True), locked.err
    assert refused.code == 2
    assert "`constraints` is set both in lockenv.toml and in [tool.lockenv] of pyproject.toml" in refused.err
    assert "lockenv.toml:1" in refused.err


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[tool.lockenv]\nno-index = true\n", "tool is not a setting", "without the prefix tool.lockenv"),
        ("alow-build = []\n", 'has no key "alow-build"; did you mean "allow-build"?', "the keys of"),
        ('default-groups = ["dev"]\n', "default-groups[0] refers to the group", "declares no groups"),
        ("[workspace]\nmembers = []\n", "workspace requires a [project] table", "remove it"),
        ('no-build = "yes"\n', "no-build is a string, not true or false", "write true or false"),
    ],
)
def test_what_is_wrong_in_lockenv_toml_is_named_there(tmp_path: Path, text: str, message: str, hint: str) -> None:
    directory = bare(tmp_path, {"lockenv.toml": text})

    result = lockenv("lock", cwd=directory)

    assert result.code == 2
    assert message in result.err
    assert hint in result.err
    assert "lockenv.toml:" in result.err


def test_indexes_of_options_and_of_settings_are_not_mixed(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = bare(tmp_path, {"lockenv.toml": settings(index)}, f"--extra-index-url {index.url}\nlib\n")

    result = lockenv("lock", cwd=directory)

    assert result.code == 2
    assert "indexes are set both by options in the requirements files and by settings" in result.err


def test_settings_beside_a_lock_of_named_files_count_when_it_is_synced(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(sdist("dynamic", "1.0", static=False))
    directory = tmp_path / "bare"
    directory.mkdir()
    (directory / "requirements.txt").write_text(f"--index-url {index.url}\ndynamic\n")
    named, cold = ("-r", "requirements.txt"), {"LOCKENV_CACHE_DIR": str(tmp_path / "cold")}

    steps = [
        lockenv("lock", *named, "--allow-build", "dynamic", cwd=directory),
        lockenv("sync", cwd=directory),
        lockenv("verify", cwd=directory),
    ]
    (directory / "lockenv.toml").unlink()
    other = lockenv("sync", "--venv", "other", cwd=directory, env=cold)

    assert [step.code for step in steps] == [0, 0, 0], [step.err for step in steps]
    assert other.code == 1
    hint = "lockenv sync -r requirements.txt --venv other --allow-build dynamic"
    assert f"`{hint}` to allow it" in other.err
    assert lockenv(*hint.split()[1:], cwd=directory, env=cold).code == 0


def test_faults_may_be_accepted_beside_requirements_files(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(faulty(wheel("faulty")))
    text = f'accept-faults = {{ faulty = ["record-unlisted"] }}\n\n[[index]]\nname = "own"\nurl = "{index.url}"\n'
    directory = bare(tmp_path, {"lockenv.toml": text}, "faulty\n")

    steps = [lockenv(command, cwd=directory) for command in ("lock", "check", "sync", "verify")]

    assert [step.code for step in steps] == [0, 0, 0, 0], [step.err for step in steps]
