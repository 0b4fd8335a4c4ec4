from __future__ import annotations

import os
import sys
import time
from inspect import signature

import pytest
from platformdirs import user_cache_dir, user_config_dir

from lockenv.cli import main, program
from lockenv.context.settings import Settings, default_cache
from lockenv.context.user_configuration import path_of
from lockenv.fetch.settings import FetchSettings
from lockenv.project.document import Document
from lockenv.project.user import configuration


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere platformdirs itself is asked")
@pytest.mark.parametrize("home", [None, "/somewhere/else", "relative"])
def test_cache_is_where_platformdirs_says(monkeypatch: pytest.MonkeyPatch, home: str | None) -> None:
    if home is None:
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    else:
        monkeypatch.setenv("XDG_CACHE_HOME", home)
    expected = user_cache_dir("lockenv", appauthor=False)

    # The specification: "All paths set in these environment variables must be absolute", others are to be ignored.
    assert default_cache(os.environ) == (expected if home != "relative" else os.path.expanduser("~/.cache/lockenv"))


def test_programs_are_given_the_proxies_that_the_user_configures() -> None:
    document = Document('[proxies]\nhttp = "http://${WHO}@p.example:1"\nhttps = "http://q.example:1"\n', "lockenv.toml")
    environ = {"WHO": "me", "HTTPS_PROXY": "http://own.example:1"}
    settings = Settings(directory="/work", environ=environ, now="", user=configuration(document))

    assert settings.tools_environ == {**environ, "http_proxy": "http://me@p.example:1"}
    assert Settings(directory="/work", environ=environ, now="").tools_environ == environ


def test_only_tests_replace_the_pause_before_another_try() -> None:
    starts = [signature(each).parameters["pause"].default for each in (program, main)]
    settings = Settings(directory="/work", environ={}, now="")

    assert [*starts, settings.pause, FetchSettings(cache_dir="/cache").pause] == [time.sleep] * 4


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere platformdirs itself is asked")
@pytest.mark.parametrize("home", [None, "/somewhere/else", "relative"])
def test_configuration_is_where_platformdirs_says(monkeypatch: pytest.MonkeyPatch, home: str | None) -> None:
    if home is None:
        monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    else:
        monkeypatch.setenv("XDG_CONFIG_HOME", home)
    expected = (
        user_config_dir("lockenv", appauthor=False) if home != "relative" else os.path.expanduser("~/.config/lockenv")
    )

    assert path_of(os.environ) == f"{expected}/lockenv.toml"
