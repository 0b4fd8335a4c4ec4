"""What the system cannot execute is an error with its reason."""

from __future__ import annotations

import errno
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.executable import is_shell_script, not_executed

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="on Windows no file says how it is executed")


def _failure(program: Path, *args: str) -> str:
    """Return the message about what the system says of executing `program`."""
    with pytest.raises(OSError, match=r".") as caught:
        subprocess.run([str(program), *args], check=False)
    return not_executed(caught.value, str(program)).message.removeprefix(f"cannot run `{program}`: ")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            b"#!/nonexistent/python\n",
            "its shebang names the interpreter `/nonexistent/python`, which does not exist",
        ),
        (b"#! /nonexistent/python -E\n", "its shebang names the interpreter `/nonexistent/python`, which does not"),
        (b"#!/bin/sh\r\n", "it has Windows line endings (CRLF), so its interpreter cannot be found"),
        (b"#!quiet\n", "its interpreter `quiet` is not executable"),
        (b"", "it is empty"),
        (b"\x7fELF\0\0", "it is neither a script nor a program for this machine"),
    ],
)
def test_reason_is_found_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quiet").write_text("")
    program = tmp_path / "program"
    program.write_bytes(content)
    program.chmod(0o755)

    assert _failure(program).startswith(reason)


def test_arguments_that_are_too_long_are_named(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)

    assert _failure(program, "x" * 1_000_000) == "its arguments and the environment variables are too long"


def test_program_that_disappears_is_named(tmp_path: Path) -> None:
    error = OSError(errno.ENOENT, os.strerror(errno.ENOENT))

    assert not_executed(error, f"{tmp_path}/gone").message == f"cannot run `{tmp_path}/gone`: it does not exist"


@pytest.mark.parametrize(
    ("content", "is_script"), [(b"echo hi\n", True), (b"#!/bin/sh\n", False), (b"\x7fELF\0", False), (b"", False)]
)
def test_text_without_a_first_line_is_a_script_for_the_shell(tmp_path: Path, content: bytes, is_script: bool) -> None:
    (tmp_path / "program").write_bytes(content)

    assert is_shell_script(str(tmp_path / "program")) is is_script
