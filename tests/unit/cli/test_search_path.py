"""The order in which modules are looked for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import lockenv
from lockenv.cli.search_path import with_last

if TYPE_CHECKING:
    import pytest

STANDARD = os.path.dirname(os.__file__)
SITE = os.path.join(STANDARD, "site-packages")
MINE = os.path.abspath("/srv/mine")
SCRIPTS = os.path.abspath("/srv/bin")


def test_directories_of_pythonpath_come_last_and_those_of_python_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    added = os.pathsep.join(["", MINE, STANDARD])

    found = with_last(added, [SCRIPTS, os.getcwd(), MINE, STANDARD, SITE])

    assert found == [SCRIPTS, STANDARD, SITE, os.getcwd(), MINE]


def test_pythonpath_with_lockenv_in_it_stays_first() -> None:
    here = str(Path(lockenv.__file__).parent.parent)
    path = [SCRIPTS, MINE, here, STANDARD, SITE]

    assert with_last(os.pathsep.join([MINE, here]), path) == path
