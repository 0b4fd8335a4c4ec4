from __future__ import annotations

import pytest

from lockenv.resolve.machine_names import machine_names
from lockenv.vocabulary import markers


@pytest.mark.parametrize(
    ("marker", "name"),
    [
        ("sys_platform == 'linux'", "Linux"),
        ("sys_platform == 'win32' and python_version < '3.12'", "Windows"),
        ("sys_platform == 'darwin' and platform_machine == 'x86_64'", "macOS x86_64"),
        ("sys_platform != 'win32'", "Linux or macOS"),
        ("python_version >= '3.10'", "Linux, macOS or Windows"),
        ("sys_platform == 'linux' and platform_machine in 'x86_64 aarch64'", "Linux x86_64 or Linux aarch64"),
        ("sys_platform == 'emscripten'", "`sys_platform == 'emscripten'`"),
    ],
)
def test_machines_are_called_as_people_call_them(marker: str, name: str) -> None:
    assert machine_names(markers.parse(marker) & markers.WORLD) == name
