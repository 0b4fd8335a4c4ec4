"""The operations as a program uses them that has no command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import lockenv

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = '[project]\nname = "kettle"\nversion = "1"\nrequires-python = ">=3.11"\n'


@pytest.fixture
def here(tmp_path: Path) -> lockenv.Settings:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    environ = {"HOME": str(tmp_path), "PATH": ""}
    return lockenv.Settings.of(tmp_path / "project", environ=environ, cache_dir=str(tmp_path / "cache"), offline=True)


def test_lock_is_written_and_good_and_nothing_is_printed(
    here: lockenv.Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = lockenv.lock(lockenv.LockRequest(), here)

    assert isinstance(answer, lockenv.Locked)
    assert answer.delivered is not None
    assert lockenv.read_lock(f"{here.directory}/pylock.toml") == answer.delivered.new
    assert lockenv.check(lockenv.CheckRequest(), here).is_good
    assert lockenv.check_lock(answer.delivered.new).findings == ()
    assert capsys.readouterr() == ("", "")


def test_change_of_the_project_makes_the_answers_no(here: lockenv.Settings) -> None:
    lockenv.lock(lockenv.LockRequest(), here)
    with open(f"{here.directory}/pyproject.toml", "a", encoding="utf-8") as stream:
        stream.write('dependencies = ["idna"]\n')

    report = lockenv.check(lockenv.CheckRequest(), here)
    answer = lockenv.sync(lockenv.SyncRequest(), here)

    assert [finding.rule for finding in report.findings] == ["stale"]
    assert isinstance(answer, lockenv.NotUsable)
    assert answer.stale == report.freshness


def test_listener_hears_what_a_person_should_know(here: lockenv.Settings) -> None:
    class Notes:
        def __init__(self) -> None:
            self.heard: list[str] = []

        def say(self, text: str, *more: str) -> None:
            self.heard += [text, *more]

        def note(self, text: str) -> None:
            self.heard.append(text)

        def warn(self, text: str, *more: str) -> None:
            self.heard += [text, *more]

        def change(self, sign: str, text: str) -> None:
            self.heard.append(f"{sign} {text}")

        def progress(self) -> lockenv.Progress:
            return lockenv.SILENT

    lock = f"{here.directory}/pylock.toml"
    with open(lock, "w", encoding="utf-8") as stream:
        stream.write("not a lock")
    notes = Notes()

    lockenv.lock(lockenv.LockRequest(upgrade=True), here, notes)

    assert len(notes.heard) == 1
    assert "pylock.toml" in notes.heard[0]


def test_lock_that_was_edited_is_found_out_without_its_project(here: lockenv.Settings) -> None:
    answer = lockenv.lock(lockenv.LockRequest(is_text_only=True), here)
    assert isinstance(answer, lockenv.Locked)

    edited = lockenv.parse_lock(answer.new.text.replace('requires-python = ">=3.11"', 'requires-python = ">=3.12"'))

    report = lockenv.check_lock(edited)
    assert (report.is_good, {finding.rule for finding in report.findings}) == (False, {"altered"})


def test_missing_lock_is_an_error_with_a_hint(here: lockenv.Settings) -> None:
    with pytest.raises(lockenv.InputError, match="does not exist") as caught:
        lockenv.read_lock(f"{here.directory}/pylock.toml")

    assert "lockenv lock" in caught.value.hint


def test_settings_have_the_users_indexes_and_heed_no_variable_of_an_option(tmp_path: Path) -> None:
    (tmp_path / "lockenv").mkdir(mode=0o700)
    own = tmp_path / "lockenv" / "lockenv.toml"
    own.write_text('variables = ["TEAM"]\n[[index]]\nname = "ours"\nurl = "https://index.example/simple/"\n', "utf-8")
    own.chmod(0o600)
    environ = {"XDG_CONFIG_HOME": str(tmp_path), "LOCKENV_INDEX_URL": "https://elsewhere.example/", "HOME": "/nowhere"}
    project = tmp_path / "project"

    settings = lockenv.Settings.of(project, environ=environ)

    assert [index.name for index in settings.user_indexes] == ["ours"]
    assert (settings.index_url, settings.variables, settings.directory) == ("", ("TEAM",), str(project))
    assert lockenv.Settings.of(project, environ=environ, is_configured=False).user is None
