"""What only Windows offers is asked for as its API is documented, and answers in plain values."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from lockenv.console.terminal import enable_escapes, wants_color
from lockenv.environment.interpreter_locations import candidates
from lockenv.errors import MachineError
from lockenv.files import windows_api
from lockenv.files.locks import hold
from tests.support.windows import windows

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("first", "second", "is_held"),
    [(True, True, True), (True, False, False), (False, True, False), (False, False, False)],
    ids=["shared twice", "alone after shared", "shared after alone", "alone twice"],
)
def test_locks_are_shared_or_exclusive(tmp_path: Path, *, first: bool, second: bool, is_held: bool) -> None:
    path = str(tmp_path / "lock")
    both = False
    with windows(), hold(path, shared=first):
        if is_held:
            with hold(path, shared=second, timeout=0):
                both = True
        else:
            with pytest.raises(MachineError, match="in use by another process"), hold(path, shared=second, timeout=0):
                both = True

    assert both is is_held


class _Console(io.StringIO):
    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1


@pytest.mark.parametrize(
    ("mode", "is_colored"),
    [(0x3, True), (0x103, False), (None, False)],
    ids=["Windows 10", "an older one", "no console"],
)
def test_color_where_the_console_obeys_escapes(mode: int | None, *, is_colored: bool) -> None:
    stream = _Console()
    with windows(console_mode=mode):
        enable_escapes(stream)
        answer = wants_color({}, stream)

    assert answer is is_colored


def _installed(directory: Path) -> Path:
    directory.mkdir(parents=True)
    program = directory / "python.exe"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def test_registry_names_interpreters(tmp_path: Path) -> None:
    """PEP 514, with an entry that has the directory alone, one that is incomplete, and one that is gone."""
    newest, older = _installed(tmp_path / "Python313"), _installed(tmp_path / "Python310")
    core = r"Software\Python\PythonCore"
    registry = {
        rf"{core}\3.10\InstallPath": {"": str(older.parent)},
        rf"{core}\3.13\InstallPath": {"ExecutablePath": str(newest), "": "elsewhere"},
        rf"{core}\3.11": {"DisplayName": "incomplete"},
        r"Software\Python\ContinuumAnalytics\Anaconda39\InstallPath": {"ExecutablePath": r"C:\gone\python.exe"},
    }
    with windows(registry=registry):
        found = list(candidates({"HOME": str(tmp_path), "PATH": ""}, str(tmp_path / "project")))

    assert [(one.executable, one.hint) for one in found if one.place == "registry"] == [
        (str(newest), "3.13"),
        (str(older), "3.10"),
    ]


def test_environments_and_installations_have_their_programs_where_windows_has_them(tmp_path: Path) -> None:
    own = _installed(tmp_path / "AppData/uv/python/cpython-3.12.1-windows-x86_64-none")
    conda = _installed(tmp_path / "miniforge3")
    on_path = _installed(tmp_path / "bin")
    environ = {"HOME": str(tmp_path), "APPDATA": str(tmp_path / "AppData"), "PATH": str(tmp_path / "bin")}
    with windows():
        found = {one.executable: one.place for one in candidates(environ, str(tmp_path / "project"))}

    assert {str(own): "uv", str(conda): "conda", str(on_path): "PATH"}.items() <= found.items()


def test_releases_of_windows_differ() -> None:
    with windows():
        assert windows_api.version() == "(10, 0, 19045, 2, '')"


def test_lock_of_a_file_system_without_locks_is_an_error(tmp_path: Path) -> None:
    with windows() as system, pytest.raises(MachineError, match="Windows error 1"):
        system.lock_error = 1
        with hold(str(tmp_path / "lock")):
            pass
