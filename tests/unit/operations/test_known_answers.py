from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from lockenv.context.settings import Settings
from lockenv.operations.found_project import Project
from lockenv.operations.known_answers import question
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.run_log import RunLog

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = 'lock-version = "1.0"\n\n[[packages]]\nname = "a"\n\n[[packages]]\nname = "b"\n'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    (tmp_path / "pylock.toml").write_text(PACKAGES, encoding="utf-8")
    return Project(
        directory=str(tmp_path),
        pyproject=str(tmp_path / "pyproject.toml"),
        requirements=(),
        lock=str(tmp_path / "pylock.toml"),
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(directory=str(tmp_path), environ={}, now="", cache_dir=str(tmp_path / "cache"))


def digest(project: Project, settings: Settings) -> str:
    asked = question("check", project, settings)
    assert asked is not None
    return asked.digest


@pytest.mark.parametrize(
    "change",
    [{"index_url": "https://index.example/"}, {"offline": True}, {"variables": ("TOKEN",)}, {"mirrors": ("file:///",)}],
    ids=str,
)
def test_answer_with_other_settings_is_another(project: Project, settings: Settings, change: dict[str, Any]) -> None:
    assert digest(project, settings) != digest(project, replace(settings, **change))


@pytest.mark.parametrize("change", [{"now": "2026-01-01"}, {"quiet": True}, {"environ": {"A": "B"}}], ids=str)
def test_moment_and_presentation_make_no_difference(
    project: Project, settings: Settings, change: dict[str, Any]
) -> None:
    assert digest(project, settings) == digest(project, replace(settings, **change))


def test_clone_elsewhere_has_the_same_answers(project: Project, settings: Settings, tmp_path: Path) -> None:
    other = tmp_path.with_name("clone")
    shutil.copytree(tmp_path, other)
    shared = replace(settings, cache_dir="/cache")
    clone = replace(
        project, directory=str(other), pyproject=str(other / "pyproject.toml"), lock=str(other / "pylock.toml")
    )

    assert digest(clone, replace(shared, directory=str(other))) == digest(project, shared)
    assert digest(clone, shared) != digest(project, shared)


def test_text_that_moves_to_another_file_makes_a_difference(
    project: Project, settings: Settings, tmp_path: Path
) -> None:
    before = digest(project, settings)
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    (tmp_path / "uv.toml").write_text("[project]\n", encoding="utf-8")

    assert before != digest(project, settings)


@pytest.mark.parametrize("change", [{"listed": ("a.txt",)}, {"named": "docs"}, {"pyproject": ""}], ids=str)
def test_project_with_more_files_has_no_plain_question(
    project: Project, settings: Settings, change: dict[str, Any]
) -> None:
    assert question("check", replace(project, **change), settings) is None


def test_run_that_reports_its_steps_has_no_plain_question(project: Project, settings: Settings) -> None:
    assert question("check", project, replace(settings, log=RunLog([], []))) is None


@pytest.mark.parametrize(("packages", "known"), [(3, False), (2, True)])
def test_answer_is_remembered_where_the_packages_are_those_that_the_lines_show(
    project: Project, settings: Settings, packages: int, *, known: bool
) -> None:
    asked = question("check", project, settings)
    assert asked is not None

    asked.remember(packages)

    assert asked.is_answered is known


def test_answer_is_not_remembered_where_a_file_changed_while_it_was_made(
    project: Project, settings: Settings, tmp_path: Path
) -> None:
    asked = question("check", project, settings)
    assert asked is not None
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'other'\n", encoding="utf-8")

    asked.remember(2)

    assert not asked.is_answered
