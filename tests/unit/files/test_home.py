from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lockenv.environment.interpreter_locations import candidates
from lockenv.files.home import NOWHERE, home

ROOT = Path(__file__).parents[3]
_UNKNOWN = 54321
"""No user has this number."""


def test_home_directory_is_the_one_of_the_environment() -> None:
    assert home({"HOME": "/home/me"}) == "/home/me"


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"HOME": "me"}, {"HOME": "~"}])
def test_relative_home_directory_is_not_used(environ: dict[str, str]) -> None:
    assert home(environ) == os.path.expanduser("~")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be another user")
def test_user_whom_the_system_does_not_know_has_no_home_directory() -> None:
    source = (ROOT / "lockenv/files/home.py").read_text()
    python = os.path.realpath(sys.executable)

    ran = subprocess.run(
        [python, "-I", "-c", f"{source}\nos.setuid({_UNKNOWN})\nprint(home({{}}))"],
        env={},
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout == f"{NOWHERE}\n"


@pytest.mark.parametrize(
    "variable", ["XDG_DATA_HOME", "UV_PYTHON_INSTALL_DIR", "ASDF_DATA_DIR", "MISE_DATA_DIR", "PYENV_ROOT"]
)
def test_interpreters_are_not_looked_for_below_the_current_directory(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("versions", "uv/python", ".", "installs/python", "mise/installs/python"):
        planted = tmp_path / "here" / place / "3.12.1/bin/python"
        planted.parent.mkdir(parents=True, exist_ok=True)
        planted.write_text("#!/bin/sh\n")
        planted.chmod(0o755)
    monkeypatch.chdir(tmp_path)

    found = list(candidates({"HOME": "/nonexistent", variable: "here"}, "/nonexistent"))

    assert [one for one in found if "3.12.1" in one.executable and not one.executable.startswith("/usr")] == []
