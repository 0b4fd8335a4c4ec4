"""Which archives of Pythons are for a machine, and how one is unpacked and compared on Windows."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

import pytest

from lockenv.backend.python_archive import unpack
from lockenv.environment.installed_pythons import MANIFEST, PythonDifference, differences, installed_pythons, manifest
from lockenv.files.ops import Folder
from lockenv.operations.python_install import machine_targets
from lockenv.vocabulary.python_archive import python_archive
from tests.support.python_archives import name, packed
from tests.support.systems import assumed
from tests.support.windows import windows

if TYPE_CHECKING:
    from pathlib import Path

TARGET = "x86_64-pc-windows-msvc"


@pytest.mark.parametrize(
    ("system", "kind"),
    [("linux", "unknown-linux-"), ("darwin", "apple-darwin"), ("win32", "pc-windows-msvc")],
)
def test_archives_of_the_machine_are_named_as_compilers_name_it(system: str, kind: str) -> None:
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    with assumed(system):
        found = machine_targets()

    assert found[0].startswith(f"{machine}-{kind}")


def test_python_of_windows_is_unpacked_found_and_compared(tmp_path: Path) -> None:
    archive = python_archive(name("3.12.7", TARGET), "a" * 64)
    file, directory = tmp_path / archive.file, tmp_path / "data" / "pythons-v1" / archive.directory
    file.write_bytes(packed(("python/python.exe", b"MZ"), ("python/Lib/os.py", b""), ("python/Lib/stat.py", b"")))
    directory.mkdir(parents=True)
    environ = {"LOCKENV_DATA_DIR": str(tmp_path / "data")}
    with windows():
        with Folder.open(str(directory), "test") as folder:
            tree = unpack(str(file), archive.file, folder, str(tmp_path / "tar"), target=TARGET)
            folder.create(MANIFEST, manifest(archive, tree.files, tree.links))
        (found,) = installed_pythons(environ)
        same = differences(found, cache_dir=str(tmp_path), environ=environ)
        (directory / "python/Lib/stat.py").write_bytes(b"x")
        (directory / "python/Lib/new.py").write_bytes(b"")
        os.unlink(directory / "python/Lib/os.py")
        changed = differences(found, cache_dir=str(tmp_path), environ=environ)
        executable = found.executable

    assert (found.version, executable) == ("3.12.7", str(directory / "python" / "python.exe"))
    assert same == ()
    assert changed == (
        PythonDifference("python/Lib/new.py", "foreign"),
        PythonDifference("python/Lib/os.py", "missing"),
        PythonDifference("python/Lib/stat.py", "changed"),
    )
