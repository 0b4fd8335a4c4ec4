"""Operations answer with values, in process, where no index is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import lockenv
from lockenv.operations import cache
from lockenv.operations.export import Exported, ExportRequest, export
from lockenv.operations.lock_check import FreshLock, NoLock, checked
from lockenv.operations.usable import NotUsable
from lockenv.operations.why_not import pin_of
from lockenv.vocabulary.progress import SILENT_LISTENER

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = '[project]\nname = "kettle"\nversion = "1"\nrequires-python = ">=3.11"\n'


@pytest.fixture
def here(tmp_path: Path) -> lockenv.Settings:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    environ = {"HOME": str(tmp_path), "PATH": ""}
    return lockenv.Settings.of(tmp_path / "project", environ=environ, cache_dir=str(tmp_path / "cache"), offline=True)


def declare(here: lockenv.Settings, requirement: str) -> None:
    with open(f"{here.directory}/pyproject.toml", "a", encoding="utf-8") as stream:
        stream.write(f'dependencies = ["{requirement}"]\n')


def test_lock_may_stay_as_it_is_until_the_project_changes(here: lockenv.Settings) -> None:
    missing = checked(here, SILENT_LISTENER)
    lockenv.lock(lockenv.LockRequest(), here)
    fresh = checked(here, SILENT_LISTENER)
    declare(here, "idna")
    stale = checked(here, SILENT_LISTENER)

    assert isinstance(missing, NoLock)
    assert isinstance(fresh, FreshLock)
    assert fresh.packages == 0
    assert isinstance(stale, NotUsable)
    assert stale.stale is not None


def test_stale_lock_is_exported_only_where_it_is_frozen(here: lockenv.Settings) -> None:
    lockenv.lock(lockenv.LockRequest(), here)
    declare(here, "idna")

    refused = export(ExportRequest(), here, SILENT_LISTENER)
    frozen = export(ExportRequest(frozen=True), here, SILENT_LISTENER)

    assert isinstance(refused, NotUsable)
    assert isinstance(frozen, Exported)
    assert (frozen.path, frozen.packages) == ("", 0)


def test_cleaning_the_cache_counts_what_it_removes(here: lockenv.Settings) -> None:
    lockenv.lock(lockenv.LockRequest(), here)
    before = cache.sizes(here.cache)

    removed = cache.remove(here.cache, everything=True, now=here.now)

    assert removed.bytes == sum(before.values())
    assert (removed.wheels, removed.archives) == (0, 0)
    assert cache.damaged(here.cache) == []


@pytest.mark.parametrize("text", ["idna", "idna>=3", "idna==3.*", "idna==3,==4", "idna==3; os_name == 'nt'", "==3"])
def test_what_is_no_single_version_is_not_asked_about(text: str) -> None:
    with pytest.raises(lockenv.UsageError) as caught:
        pin_of(text)

    assert "==" in caught.value.hint
