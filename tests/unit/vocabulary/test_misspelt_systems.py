from __future__ import annotations

import pytest

from lockenv.vocabulary.markers import ALWAYS, NEVER, parse
from lockenv.vocabulary.misspelt_systems import existing, misspelt
from lockenv.vocabulary.wheeltags import USUAL


@pytest.mark.parametrize(
    ("marker", "meant"),
    [
        ("sys_platform == 'Windows'", "sys_platform == 'win32'"),
        ("sys_platform == 'nt'", "sys_platform == 'win32'"),
        ("platform_system == 'win32'", "platform_system == 'Windows'"),
        ("os_name == 'windows'", "os_name == 'nt'"),
        ("os_name == 'linux'", "sys_platform == 'linux'"),
        ("'macos' == sys_platform", "sys_platform == 'darwin'"),
        (
            'python_version < "3.9" and platform_python_implementation == "pypy"',
            "platform_python_implementation == 'PyPy'",
        ),
        ("implementation_name == 'CPython' and extra == 'x'", "implementation_name == 'cpython'"),
    ],
)
def test_value_that_no_python_has_names_what_is_meant(marker: str, meant: str) -> None:
    found = misspelt(marker, ALWAYS)

    assert found is not None
    assert found[2:] == (meant, True)


def test_value_that_is_excluded_is_named_though_the_marker_holds() -> None:
    assert misspelt("sys_platform != 'Windows'", ALWAYS) == (
        "sys_platform",
        "Windows",
        "sys_platform != 'win32'",
        False,
    )


@pytest.mark.parametrize(
    ("marker", "where"),
    [
        ("sys_platform == 'win32'", ""),
        ("sys_platform == 'win32' or sys_platform == 'Windows'", ""),
        ("os_name == 'nt' or platform_system == 'win32'", ""),
        ("sys_platform == 'linux' or sys_platform == 'linux2'", ""),
        ("sys_platform == 'cygwin' or platform_machine == 'amd64'", ""),
        ("'win' in sys_platform", ""),
        ("sys_platform == 'Windows'", "sys_platform == 'linux'"),
        ("python_version < '3' and sys_platform == 'Windows'", "python_version >= '3.9'"),
    ],
)
def test_nothing_is_said_where_nothing_else_would_be_meant(marker: str, where: str) -> None:
    assert misspelt(marker, parse(where)) is None


def test_usual_systems_exist() -> None:
    for system in ("sys_platform == 'win32'", "platform_system == 'Darwin'", "os_name == 'posix'"):
        assert USUAL & parse(system) & existing() is not NEVER
    assert parse("sys_platform == 'Windows' or platform_system == 'win32'").disjoint(existing())
