"""Tags of interpreters that this machine does not have."""

from __future__ import annotations

import sys
from typing import Any, cast

import pytest
from packaging.tags import sys_tags

from lockenv.environment.tags import InterpreterFacts, supported


def facts(**changes: Any) -> InterpreterFacts:
    """Return the facts of CPython 3.12 on 64-bit Linux with glibc 2.31, with `changes`."""
    markers = {"implementation_name": "cpython", "platform_system": "Linux", **changes.pop("markers", {})}
    return cast(
        "InterpreterFacts",
        {
            "version": "3.12.4",
            "version_nodot": "312",
            "platform": "linux-x86_64",
            "ext_suffix": ".cpython-312-x86_64-linux-gnu.so",
            "is_debug": False,
            "is_free_threaded": False,
            "is_64bit": True,
            "glibc": "2.31",
            "denied_glibc_minors": [],
            "elf_header": "",
            "macos": ["", ""],
            **changes,
            "markers": markers,
        },
    )


def platforms(reported: InterpreterFacts, musl: tuple[int, int] | None = None) -> list[str]:
    return list(dict.fromkeys(tag.rpartition("-")[2] for tag in supported(reported, musl)))


def abis(reported: InterpreterFacts) -> list[str]:
    return list(dict.fromkeys("-".join(tag.split("-")[:2]) for tag in supported(reported, None)))


def test_glibc_versions_are_counted_down_with_their_old_names() -> None:
    found = platforms(facts())

    assert found[:2] == ["linux_x86_64", "manylinux_2_31_x86_64"]
    assert found[15:18] == ["manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux_2_16_x86_64"]
    assert found[-3:] == ["manylinux_2_5_x86_64", "manylinux1_x86_64", "any"]


def test_other_machines_begin_with_glibc_2_17() -> None:
    assert platforms(facts(platform="linux-aarch64", glibc="2.18")) == [
        "linux_aarch64",
        "manylinux_2_18_aarch64",
        "manylinux_2_17_aarch64",
        "manylinux2014_aarch64",
        "any",
    ]


def test_versions_the_distributor_denies_are_left_out() -> None:
    assert platforms(facts(platform="linux-aarch64", glibc="2.18", denied_glibc_minors=[17])) == [
        "linux_aarch64",
        "manylinux_2_18_aarch64",
        "any",
    ]


def test_musl_counts_down_to_zero_and_knows_no_manylinux() -> None:
    assert platforms(facts(glibc=""), (1, 2)) == [
        "linux_x86_64",
        "musllinux_1_2_x86_64",
        "musllinux_1_1_x86_64",
        "musllinux_1_0_x86_64",
        "any",
    ]


def test_neither_glibc_nor_musl_leaves_the_plain_platform() -> None:
    assert platforms(facts(glibc="")) == ["linux_x86_64", "any"]


def test_32_bit_interpreter_on_a_64_bit_kernel_is_distinguished() -> None:
    i686 = "7f454c46010101" + "00" * 11 + "0300" + "00" * 32
    arm = "7f454c46010101" + "00" * 11 + "2800" + "00" * 16 + "00040005" + "00" * 12

    assert platforms(facts(is_64bit=False, elf_header=i686))[:2] == ["linux_i686", "manylinux_2_31_i686"]
    assert platforms(facts(is_64bit=False)) == ["linux_i686", "any"]
    assert platforms(facts(is_64bit=False, platform="linux-aarch64", elf_header=arm, glibc="2.17")) == [
        "linux_armv8l",
        "linux_armv7l",
        "manylinux_2_17_armv8l",
        "manylinux2014_armv8l",
        "manylinux_2_17_armv7l",
        "manylinux2014_armv7l",
        "any",
    ]


def test_macos_versions_are_those_of_the_system() -> None:
    found = platforms(
        facts(platform="macosx-11.0-arm64", macos=["14.5", "arm64"], markers={"platform_system": "Darwin"})
    )

    assert found[:3] == ["macosx_14_0_arm64", "macosx_14_0_universal2", "macosx_13_0_arm64"]


def test_windows_has_one_platform() -> None:
    assert platforms(facts(platform="win-amd64", markers={"platform_system": "Windows"})) == ["win_amd64", "any"]


def test_free_threaded_and_debug_builds_have_their_own_abis() -> None:
    assert abis(facts(version="3.14.0", version_nodot="314", is_free_threaded=True))[:3] == [
        "cp314-cp314t",
        "cp314-abi3t",
        "cp314-none",
    ]
    assert abis(facts(is_debug=True))[:3] == ["cp312-cp312d", "cp312-cp312", "cp312-abi3"]


@pytest.mark.parametrize(
    ("name", "suffix", "first"),
    [
        ("pypy", ".pypy310-pp73-x86_64-linux-gnu.so", ["pp310-pypy310_pp73", "pp310-none", "py310-none"]),
        ("graalpy", ".graalpy-38-native-x86_64-linux.so", ["graalpy310-graalpy_38_native", "graalpy310-none"]),
        ("other", ".so", ["other310-none"]),
    ],
)
def test_other_implementations_take_their_abi_from_the_suffix(name: str, suffix: str, first: list[str]) -> None:
    reported = facts(version="3.10.14", version_nodot="310", ext_suffix=suffix, markers={"implementation_name": name})

    assert abis(reported)[: len(first)] == first
    assert ("pp3-none-any" in supported(reported, None)) == (name == "pypy")


def test_best_tag_comes_first() -> None:
    major, minor = sys.version_info[:2]
    reported = facts(version=f"{major}.{minor}.0", version_nodot=f"{major}{minor}")

    assert supported(reported, None)[0].split("-")[:2] == str(next(sys_tags())).split("-")[:2]
