"""Opening distinguishes environments from everything else, and changes nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.configuration import DamagedEnvironmentError
from lockenv.environment.creation import create
from lockenv.environment.venv import open_environment
from lockenv.errors import InputError, MachineError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.venv import Environment


def test_missing_directory_is_no_environment(tmp_path: Path) -> None:
    assert open_environment(str(tmp_path / "env")) is None


def test_environment_of_the_standard_library_is_opened(interpreter: Interpreter, tmp_path: Path) -> None:
    subprocess.run([interpreter.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True)

    environment = open_environment(str(tmp_path / "env"))

    assert environment is not None
    assert (environment.version, environment.base, environment.prompt) == (
        interpreter.version,
        interpreter.executable,
        "env",
    )


def test_interpreter_that_is_gone_is_reported(make: Callable[..., Environment], tmp_path: Path) -> None:
    environment = make()
    os.unlink(environment.python)
    os.symlink(tmp_path / "gone", environment.python)

    with pytest.raises(MachineError, match=r"is broken: its interpreter .* no longer exists"):
        open_environment(environment.root)


def test_missing_link_to_the_interpreter_is_reported(make: Callable[..., Environment]) -> None:
    environment = make()
    os.unlink(environment.python)

    with pytest.raises(MachineError, match=r"is broken: .*/bin/python no longer exists"):
        open_environment(environment.root)


def test_pipe_in_place_of_the_configuration_is_reported(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pyvenv.cfg")

    with pytest.raises(InputError, match="has no key `home`"):
        open_environment(str(tmp_path))


@pytest.mark.parametrize(
    ("names", "word"),
    [
        (["thesis.tex"], "is not a virtual environment"),
        (["conda-meta/history"], "is managed by conda"),
        (["lib/python3.12/os.py"], "is a Python installation, not a virtual environment"),
        (["lib/python3.12/os.py", "pyvenv.cfg"], "is a Python installation, not a virtual environment"),
        (["lib/pypy3.10/os.py"], "is a Python installation, not a virtual environment"),
    ],
)
def test_other_directories_are_refused(tmp_path: Path, names: list[str], word: str) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("home = /usr/bin\nversion = 3.12.1\n")

    with pytest.raises(InputError, match=f"{word}.*nothing was changed"):
        open_environment(str(tmp_path))


def test_the_prefix_of_the_running_interpreter_is_refused(running: Interpreter) -> None:
    with pytest.raises(InputError, match=r"is a Python installation, not a virtual environment; nothing was changed"):
        open_environment(running.prefix)


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("")

    with pytest.raises(InputError, match="is not a directory"):
        open_environment(str(tmp_path / "env"))


def test_a_dangling_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "env").symlink_to(tmp_path / "gone")

    with pytest.raises(InputError, match="is not a directory"):
        open_environment(str(tmp_path / "env"))


@pytest.mark.parametrize(
    "content", [b"", b"version = 3.11.1\n", b"home =\n", b"\xff\xfe", b"home = /bin\nexecutable = \0\n"]
)
def test_damaged_configuration_is_reported(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pyvenv.cfg").write_bytes(content)

    with pytest.raises(InputError, match=r"pyvenv\.cfg (has no key `home`|is not UTF-8)"):
        open_environment(str(tmp_path))


def test_configuration_without_library_is_reported(tmp_path: Path) -> None:
    (tmp_path / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11.1\n")

    with pytest.raises(InputError, match="is damaged"):
        open_environment(str(tmp_path))


def test_library_of_another_python_is_none_of_the_environment(make: Callable[..., Environment]) -> None:
    """Its interpreter would find nothing there."""
    root = make().root
    (library,) = (one for one in os.scandir(f"{root}/lib") if one.is_dir())
    os.rename(library.path, f"{root}/lib/python3.6")

    with pytest.raises(DamagedEnvironmentError, match=r"but contains python3\.6$"):
        open_environment(root)


def test_library_of_an_environment_that_names_no_version_is_the_only_one(tmp_path: Path) -> None:
    (tmp_path / "pyvenv.cfg").write_text(f"home = {os.path.dirname(sys.executable)}\n")
    (tmp_path / "lib/python3.6/site-packages").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(sys.executable)

    environment = open_environment(str(tmp_path))

    assert environment is not None
    assert environment.purelib == str(tmp_path / "lib/python3.6/site-packages")


@pytest.mark.parametrize("name", ["lib", "lib/pythonX", "lib/pythonX/site-packages", "bin", ".lockenv"])
def test_directories_that_are_links_are_refused(
    make: Callable[..., Environment], tmp_path: Path, running: Interpreter, name: str
) -> None:
    root = make().root
    path = os.path.join(root, name.replace("pythonX", f"python{running.version.rpartition('.')[0]}"))
    os.rename(path, tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", path)

    with pytest.raises(RefusedError, match=r"is a link to .*nothing was changed") as caught:
        open_environment(root)
    assert caught.value.rule == "environment-link"


def test_environment_behind_a_link_is_opened(make: Callable[..., Environment], tmp_path: Path) -> None:
    make()
    (tmp_path / "link").symlink_to(tmp_path / "env")

    environment = open_environment(str(tmp_path / "link"))

    assert environment is not None
    assert environment.root == str(tmp_path / "link")


def test_directory_with_a_link_for_records_is_no_place_for_an_environment(running: Interpreter, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/.lockenv").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(RefusedError, match=r"is a link to .*nothing was changed"):
        create(str(tmp_path / ".venv"), running)
    assert list((tmp_path / "elsewhere").iterdir()) == []
