"""Metadata beside a wheel that is not the wheel's own: what it lets in is found before it is installed."""

from __future__ import annotations

import hashlib
import json
import tomllib
from typing import TYPE_CHECKING

import pytest

from lockenv.lockfile.digest import sealed_text
from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.server import Answer
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.support.server import LoopbackIndex


def locked(directory: Path, index: LoopbackIndex, own: Sequence[str], beside: Sequence[str], asked: str = "a") -> Path:
    """Return a locked project that requires `asked`; `a` requires `own`, the metadata file says that it is `beside`."""
    index.add_all(wheel("b", "1.0"), wheel("c", "1.0"))
    false = wheel("a", "1.0", requires=beside).metadata
    index.add(wheel("a", "1.0", requires=own), metadata_sha256=hashlib.sha256(false).hexdigest())
    index.fail(r"/a-1\.0-.*\.metadata$", Answer(false), times=None)
    project = write_project(directory / "project", [asked], index=index.url)
    lock = lockenv("lock", cwd=project)
    assert lock.code == 0, lock.err
    return project


@pytest.mark.parametrize(
    ("own", "beside", "what"),
    [
        (["b"], [], "requires b"),
        ([], ["b"], "does not require b"),
        (["b"], ["b<2"], "requires b and does not require b<2"),
        (["b; extra == 'x'"], [], "requires b with extra x"),
        (["b", "c"], ["b", "c; python_version < '3'"], "requires c"),
    ],
)
def test_wheel_that_requires_otherwise_than_was_locked_is_refused(
    tmp_path: Path, index: LoopbackIndex, own: list[str], beside: list[str], what: str
) -> None:
    project = locked(tmp_path, index, own, beside, "a[x]" if "extra x" in what else "a")

    first, second = lockenv("sync", cwd=project), lockenv("sync", cwd=project)

    assert (first.code, first.err) == (2, second.err)
    assert (
        f"refused[metadata-mismatch]: a-1.0-py3-none-any.whl: the wheel itself {what}, which does not match"
        in first.err
    )
    assert not list(project.glob(".venv/lib/python*/site-packages/a"))


def test_wheel_that_requires_otherwise_for_an_extra_that_is_not_locked_is_installed(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    project = locked(tmp_path, index, ["b; extra == 'x'"], [])

    assert lockenv("sync", cwd=project).code == 0
    assert lockenv("verify", cwd=project).code == 0


def test_wheel_that_was_stored_before_is_looked_at_too(tmp_path: Path, index: LoopbackIndex) -> None:
    project = locked(tmp_path, index, ["b"], ["b"])
    assert lockenv("sync", cwd=project).code == 0
    false = project / "pylock.toml"
    text = false.read_text().replace('requires-dist = ["b"]', 'requires-dist = ["b", "b<9"]')
    false.write_text(sealed_text(tomllib.loads(text)))

    other = lockenv("sync", "--frozen", "--venv", "other", cwd=project)

    assert (other.code, "does not require b<9" in other.err) == (2, True), other.err


def test_same_requirements_otherwise_written_are_the_same(tmp_path: Path, index: LoopbackIndex) -> None:
    project = locked(
        tmp_path,
        index,
        ["B (>=1,<2)", "c; python_version < '3'", "C>=1; extra == 'X_y'"],
        ["b<2,>=1", "c; os_name == 'none'", "c>=1; extra == 'X_y'"],
    )

    sync = lockenv("sync", cwd=project)

    assert sync.code == 0, sync.err


def test_check_online_names_the_wheel(tmp_path: Path, index: LoopbackIndex) -> None:
    project = locked(tmp_path, index, ["b"], ["c"])

    check = lockenv("check", "--online", "--json", cwd=project)

    assert check.code == 1
    assert [(each["rule"], each["message"]) for each in json.loads(check.out)["findings"]] == [
        (
            "metadata",
            f"a 1.0: the metadata of a-1.0-py3-none-any.whl does not match the metadata on {index.url}: "
            "`b` is only in the wheel; `c` is not in the wheel",
        )
    ]


def test_every_hash_of_a_lock_holds(tmp_path: Path, index: LoopbackIndex) -> None:
    built = wheel("b", "1.0")
    index.add(built)
    project = write_project(tmp_path / "project", ["b"], index=index.url)
    assert lockenv("lock", cwd=project).code == 0
    assert lockenv("sync", cwd=project).code == 0
    lock = project / "pylock.toml"
    right = hashlib.sha512(built.content).hexdigest()
    texts = [
        lock.read_text().replace(f'sha256 = "{built.sha256}"', f'sha256 = "{built.sha256}", sha512 = "{digest}"')
        for digest in (right, "0" * 128)
    ]
    codes = []
    for number, text in enumerate(texts):
        lock.write_text(sealed_text(tomllib.loads(text)))
        commands = (["sync", "--frozen", "--venv", f"new{number}"], ["verify"])
        codes.append([lockenv(*command, cwd=project).code for command in commands])

    assert codes == [[0, 0], [2, 2]]
