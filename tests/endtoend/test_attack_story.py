"""A maintainer's account is taken, and a release is uploaded with it: what each layer says, and what is left without.

The release has no provenance unlike the one before, is four hours old, brings a `.pth` file, and requires a package
with a license that the project denies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.pages import provenance
from tests.support.program import lockenv_here
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = {"LOCKENV_NOW": "2026-03-01T12:00:00Z"}
LONG_AGO, FOUR_HOURS_AGO = "2025-11-05T09:00:00Z", "2026-03-01T08:00:00Z"
PUBLISHER: dict[str, object] = {"kind": "GitHub", "repository": "acme/kettle", "workflow": "release.yml"}
HONEST = wheel("kettle", "1.0", about=["License-Expression: MIT"], metadata_version="2.4")
TAKEN = wheel(
    "kettle",
    "1.1",
    requires=["steam-helper"],
    files={"kettle/__init__.py": "", "kettle.pth": "import os; os.environ.setdefault('STOLEN', '1')\n"},
    about=["License-Expression: MIT"],
    metadata_version="2.4",
)
BROUGHT = wheel("steam-helper", "0.1", about=["License-Expression: AGPL-3.0-only"], metadata_version="2.4")


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    """Provide an index with the release that the maintainer made."""
    with LoopbackIndex() as running:
        running.page_cache_control = "no-cache"
        running.add(HONEST, upload_time=LONG_AGO, provenance=provenance(PUBLISHER))
        yield running


def project(tmp_path: Path, index: LoopbackIndex, tool: dict[str, Any]) -> Path:
    """Write the project with the layers of `tool`, lock it, and keep that lock beside."""
    directory = write_project(tmp_path / "project", ["kettle"], index=index.url, tool=tool)
    assert lockenv_here("lock", cwd=directory, env=NOW).code == 0
    directory.joinpath("before.toml").write_bytes(directory.joinpath("pylock.toml").read_bytes())
    return directory


def attack(index: LoopbackIndex) -> None:
    index.add(TAKEN, upload_time=FOUR_HOURS_AGO)
    index.add(BROUGHT, upload_time=FOUR_HOURS_AGO)


STOPPED: list[tuple[dict[str, Any], str]] = [
    (
        {"publishers": {"kettle": {"repository": "acme/kettle"}}},
        "kettle 1.1 has no known publisher; publishers requires repository acme/kettle",
    ),
    (
        {"deny-startup-code": True},
        "kettle 1.1: kettle.pth would run whenever Python starts (deny-startup-code)",
    ),
]
"""Layers that leave the lock as it was, and why they do."""


@pytest.mark.parametrize(("layer", "reason"), STOPPED)
def test_layer_refuses_the_new_lock_and_says_why(
    tmp_path: Path, index: LoopbackIndex, layer: dict[str, Any], reason: str
) -> None:
    directory = project(tmp_path, index, layer)
    attack(index)

    result = lockenv_here("lock", "--upgrade", cwd=directory, env=NOW)

    assert (result.code, reason in result.err) == (1, True)
    assert directory.joinpath("pylock.toml").read_bytes() == directory.joinpath("before.toml").read_bytes()


def test_cooldown_leaves_the_release_out(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = project(tmp_path, index, {"exclude-newer": "7 days"})
    attack(index)

    result = lockenv_here("lock", "--upgrade", cwd=directory, env=NOW)
    why = lockenv_here("why-not", "kettle==1.1", cwd=directory, env=NOW)

    locked = directory.joinpath("pylock.toml").read_text(encoding="utf-8")
    assert (result.code, "kettle-1.1" in locked, "steam-helper" in locked) == (0, False, False)
    assert "exclude-newer" in why.out + why.err


def test_licenses_say_no_and_name_the_chain(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = project(tmp_path, index, {"licenses": {"deny": ["AGPL-3.0-only"], "on-sync": "refuse"}})
    attack(index)

    lock = lockenv_here("lock", "--upgrade", cwd=directory, env=NOW)
    check = lockenv_here("check", cwd=directory, env=NOW)
    sync = lockenv_here("sync", cwd=directory, env=NOW)

    said = " ".join(check.err.split())
    assert (check.code, sync.code, directory.joinpath(".venv").exists()) == (1, 1, False)
    assert "steam-helper" in lock.err
    assert ("AGPL-3.0-only" in said, "required by kettle 1.1" in said) == (True, True)


def test_startup_code_is_refused_by_sync_too(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = project(tmp_path, index, {})
    attack(index)
    assert lockenv_here("lock", "--upgrade", cwd=directory, env=NOW).code == 0
    write_project(directory, ["kettle"], index=index.url, tool={"deny-startup-code": True})

    result = lockenv_here("sync", "--frozen", cwd=directory, env=NOW)

    assert (result.code, directory.joinpath(".venv").exists()) == (1, False)
    assert "kettle 1.1: kettle.pth would run whenever Python starts" in result.err


def test_without_any_layer_a_reviewer_sees_it_in_the_diff(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = project(tmp_path, index, {})
    attack(index)

    lock = lockenv_here("lock", "--upgrade", cwd=directory, env=NOW)
    diff = lockenv_here("diff", "before.toml", "pylock.toml", cwd=directory, env=NOW)
    check = lockenv_here("check", cwd=directory, env=NOW)
    sync = lockenv_here("sync", cwd=directory, env=NOW)

    expected = ["! kettle 1.1 has no known publisher, unlike 1.0", "~ kettle 1.0 → 1.1", "+ steam-helper 0.1"]
    assert [line.strip() for line in diff.out.splitlines()[1:]] == expected
    assert ("has no known publisher, unlike 1.0" in lock.err, "unlike 1.0" in check.err) == (True, True)
    assert "kettle 1.1: kettle.pth runs whenever Python starts" in sync.err
