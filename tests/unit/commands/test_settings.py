from __future__ import annotations

import os
import sys

import pytest
from platformdirs import user_cache_dir

from lockenv.commands.settings import default_cache


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere platformdirs itself is asked")
@pytest.mark.parametrize("home", [None, "/somewhere/else", "relative"])
def test_cache_stands_where_platformdirs_says(monkeypatch: pytest.MonkeyPatch, home: str | None) -> None:
    if home is None:
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    else:
        monkeypatch.setenv("XDG_CACHE_HOME", home)
    expected = user_cache_dir("lockenv", appauthor=False)

    # The specification: "All paths set in these environment variables must be absolute", others are to be ignored.
    assert default_cache(os.environ) == (expected if home != "relative" else os.path.expanduser("~/.cache/lockenv"))
