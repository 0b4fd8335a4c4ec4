"""A command in an environment finds the environment's programs first."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.run import command
from lockenv.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockenv.environment.venv import Environment


def test_python_is_that_of_the_environment(make: Callable[..., Environment]) -> None:
    environment = make()
    program, variables = command(environment, ["python", "-V"], {"PATH": "/usr/bin", "PYTHONHOME": "/nowhere"})

    reported = subprocess.run(
        [program, "-c", "import sys; print(sys.prefix)"], env=variables, capture_output=True, check=True
    )
    assert (program, reported.stdout.decode().strip()) == (environment.python, environment.root)


def test_variables_are_those_of_an_active_environment(make: Callable[..., Environment]) -> None:
    environment = make()
    environ = {"PATH": f"/usr/bin:{environment.scripts}:/bin", "PYTHONHOME": "/x", "KEPT": "1", "VIRTUAL_ENV": "/other"}

    assert command(environment, ["sh"], environ) == (
        "/usr/bin/sh",
        {
            "PATH": f"{environment.scripts}:/usr/bin:/bin",
            "KEPT": "1",
            "VIRTUAL_ENV": environment.root,
            "VIRTUAL_ENV_PROMPT": "env",
        },
    )


def test_path_is_taken_as_it_is(make: Callable[..., Environment], tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("")
    program.chmod(0o755)

    assert command(make(), [str(program)], {"PATH": "/bin"})[0] == str(program)


@pytest.mark.parametrize(
    ("name", "reported"),
    [
        ("gone", "program `gone` was not found in the environment or on PATH"),
        ("lib", "program `lib` was not found in the environment or on PATH"),
        ("/gone", "`/gone` does not exist"),
        ("gone.py", "`gone.py` does not exist"),
    ],
)
def test_missing_program_is_an_error_of_usage(make: Callable[..., Environment], name: str, reported: str) -> None:
    with pytest.raises(UsageError, match=reported):
        command(make(), [name], {"PATH": os.fspath("/bin")})


def test_python_file_with_a_name_that_resembles_it_is_named(make: Callable[..., Environment], tmp_path: Path) -> None:
    environment = make()
    (tmp_path / "knead.py").write_text("")

    with pytest.raises(UsageError, match=r"does not exist; did you mean `\S+/knead\.py`\?"):
        command(environment, [str(tmp_path / "knaed.py")], {"PATH": "/bin"})


def test_nothing_to_run_is_an_error_of_usage(make: Callable[..., Environment]) -> None:
    with pytest.raises(UsageError, match="a command is required"):
        command(make(), [], {})


def test_directory_and_file_that_is_not_executable_are_named(make: Callable[..., Environment], tmp_path: Path) -> None:
    environment = make()
    (tmp_path / "plain").write_text("")

    with pytest.raises(UsageError, match="is a directory, not a program"):
        command(environment, [str(tmp_path)], {"PATH": "/bin"})
    with pytest.raises(UsageError, match="is not executable"):
        command(environment, [str(tmp_path / "plain")], {"PATH": "/bin"})
