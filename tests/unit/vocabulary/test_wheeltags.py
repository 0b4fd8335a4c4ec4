"""What a wheel's tags say about where it goes."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from packaging.tags import compatible_tags, cpython_tags, generic_tags, mac_platforms

from lockenv.vocabulary.markers import ALWAYS, NEVER, parse
from lockenv.vocabulary.wheeltags import covered, fits, wheel_marker

if TYPE_CHECKING:
    from collections.abc import Iterator

MANYLINUX = "manylinux_2_17_x86_64.manylinux2014_x86_64"
LINUX = [f"{flavour}_{machine}" for machine in ("x86_64",) for flavour in ("manylinux_2_28", "manylinux2014", "linux")]
PLATFORMS: dict[tuple[str, str, str], list[str]] = {
    ("linux", "posix", "x86_64"): LINUX,
    ("linux", "posix", "aarch64"): ["manylinux_2_17_aarch64", "musllinux_1_2_aarch64", "linux_aarch64"],
    ("linux", "posix", "armv7l"): ["manylinux_2_17_armv7l", "linux_armv7l"],
    ("darwin", "posix", "arm64"): list(mac_platforms((14, 0), "arm64")),
    ("darwin", "posix", "x86_64"): list(mac_platforms((12, 0), "x86_64")),
    ("win32", "nt", "AMD64"): ["win_amd64"],
    ("win32", "nt", "x86"): ["win32"],
    ("win32", "nt", "ARM64"): ["win_arm64"],
}
VERSIONS = [(3, 8), (3, 9), (3, 10), (3, 12), (3, 13)]


def interpreters() -> Iterator[tuple[dict[str, str], set[str]]]:
    """Return environments of released interpreters, each with every tag that packaging says it installs."""
    for (system, os_name, machine), platforms in PLATFORMS.items():
        for version in VERSIONS:
            digits = f"{version[0]}{version[1]}"
            environment = {
                "sys_platform": system,
                "os_name": os_name,
                "platform_machine": machine,
                "python_full_version": f"{version[0]}.{version[1]}.4",
            }
            abis = [f"cp{digits}", f"cp{digits}t"] if version >= (3, 13) else [f"cp{digits}"]
            for abi in abis:
                tags = {
                    *cpython_tags(version, [abi], platforms),
                    *compatible_tags(version, f"cp{digits}", platforms),
                }
                yield {**environment, "implementation_name": "cpython"}, set(map(str, tags))
            tags = {
                *generic_tags(f"pp{digits}", [f"pypy{digits}_pp73"], platforms),
                *compatible_tags(version, "pp3", platforms),
            }
            yield {**environment, "implementation_name": "pypy"}, set(map(str, tags))


INTERPRETERS = list(interpreters())
EVERY_TAG = sorted(set().union(*[tags for _, tags in INTERPRETERS]))


def test_a_tag_covers_every_interpreter_that_lists_it() -> None:
    missed = [
        (tag, environment)
        for environment, tags in INTERPRETERS
        for tag in sorted(tags)
        if not covered([tag]).evaluate(environment)
    ]

    assert missed == []


@pytest.mark.slow
def test_a_tag_covers_no_other_interpreter_of_the_same_kinds() -> None:
    groups: dict[tuple[tuple[str, str], ...], set[str]] = {}
    for environment, tags in INTERPRETERS:
        groups.setdefault(tuple(environment.items()), set()).update(tags)
    allowed = {
        # A marker cannot say how many bits an interpreter has, so a 64-bit machine may run the 32-bit one.
        ("AMD64", "win32"),
        ("aarch64", "linux_armv7l"),
        ("aarch64", "manylinux_2_17_armv7l"),
    }
    extra = [
        (tag, environment)
        for (environment, tags), tag in product(groups.items(), EVERY_TAG)
        if tag not in tags
        and covered([tag]).evaluate(dict(environment))
        and (dict(environment)["platform_machine"], tag.split("-")[2]) not in allowed
        and not tag.split("-")[2].startswith(("macosx", "musllinux"))
        and not tag.startswith("pp")
    ]

    assert extra == []


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        (f"cp311-cp311-{MANYLINUX}", "python_version == '3.11' and linux and x86_64 and cpython"),
        ("cp38-abi3-win_amd64", "python_version >= '3.8' and win32 and AMD64 and cpython"),
        ("py3-none-any", "python_version >= '3'"),
        ("py2-none-any", "python_version >= '2' and python_version < '3'"),
        ("py2.py3-none-any", "python_version >= '2'"),
        ("py310-none-any", "python_version >= '3.10'"),
        ("cp39-none-any", "python_version == '3.9' and cpython"),
        ("pp310-pypy310_pp73-macosx_10_15_x86_64", "python_version == '3.10' and darwin and x86_64 and pypy"),
        ("pp3-none-any", "python_version >= '3' and python_version < '4' and pypy"),
        ("cp313-cp313t-win_arm64", "python_version == '3.13' and win32 and ARM64 and cpython"),
        ("cp36.cp37-abi3-musllinux_1_1_aarch64", "python_version >= '3.6' and linux and aarch64 and cpython"),
        ("cp27-cp27mu-linux_x86_64", "python_version == '2.7' and linux and x86_64 and cpython"),
        ("graalpy311-graalpy311_242_native-win_amd64", "python_version == '3.11' and win32 and AMD64 and graalpy"),
        ("py3-none-emscripten_3_1_46_wasm32", "python_version >= '3' and emscripten"),
        ("cp313-cp313-android_21_arm64_v8a", "python_version == '3.13' and android and cpython"),
        ("cp313-cp313-ios_13_0_arm64_iphoneos", "python_version == '3.13' and ios and cpython"),
        ("py3-none-freebsd_13_2_release_amd64", "python_version >= '3'"),
        ("CP311-CP311-Win_AMD64", "python_version == '3.11' and win32 and AMD64 and cpython"),
    ],
)
def test_tags_say(tags: str, text: str) -> None:
    implementations = ("cpython", "pypy", "graalpy")
    machines = ("x86_64", "AMD64", "ARM64", "aarch64")
    expected = ALWAYS
    for part in text.split(" and "):
        if part in implementations:
            expected &= parse(f"implementation_name == '{part}'")
        elif part in machines:
            expected &= parse(f"platform_machine == '{part}'")
        elif " " in part:
            expected &= parse(part)
        else:
            expected &= parse(f"sys_platform == '{part}'")

    assert covered([tags]) is expected


@pytest.mark.parametrize("tags", ["cp310-cp311-any", "py3-cp39-win_amd64", "cp31-abi3-any", "cp3-none-any"])
def test_a_tag_that_no_interpreter_lists_covers_nothing(tags: str) -> None:
    assert covered([tags]) is NEVER


def test_an_unknown_kind_of_interpreter_may_be_any() -> None:
    assert covered(["whatever-none-any"]) is ALWAYS


def test_no_tag_covers_nothing_and_several_cover_each_of_theirs() -> None:
    assert covered([]) is NEVER
    assert covered(["cp311-none-any", "cp312-none-any"]) is covered(["cp311.cp312-none-any"])


@pytest.mark.parametrize("arch", ["universal2", "intel", "fat", "fat3", "fat64", "universal"])
def test_a_fat_binary_serves_several_machines_of_macos(arch: str) -> None:
    marker = wheel_marker(f"x-1.0-py3-none-macosx_10_9_{arch}.whl")

    assert parse("sys_platform == 'darwin' and platform_machine == 'x86_64' and python_version >= '3'").implies(marker)
    assert marker.implies(parse("sys_platform == 'darwin' and platform_machine != 'AMD64'"))


def test_a_file_name_with_a_build_number_is_read() -> None:
    assert wheel_marker("A_b-1.0-2build-py3-none-any.whl") is parse("python_version >= '3'")


@pytest.mark.parametrize(
    "name", ["x-1.0.tar.gz", "x-py3-none-any.whl", "py3-none-any.whl", "x-1.0-py3-none-any.whl.metadata", ""]
)
def test_another_file_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not the file name of a wheel"):
        wheel_marker(name)


@pytest.mark.parametrize(
    "where",
    [
        "python_version >= '3.11'",
        "sys_platform == 'win32'",
        "python_version < '3'",
        "sys_platform != 'linux' and (os_name == 'nt' or platform_release >= '20') and python_version > '3.9'",
    ],
)
@pytest.mark.parametrize(
    "tags", ["py3-none-any", "cp39-cp39-win_amd64", "cp311-cp311-manylinux_2_17_x86_64", "PY2-None-Any"]
)
def test_a_wheel_fits_where_its_marker_reaches(tags: str, where: str) -> None:
    name = f"x-1.0-{tags}.whl"

    assert fits(name, parse(where)) is not wheel_marker(name).disjoint(parse(where))
    with pytest.raises(ValueError, match="not the file name of a wheel"):
        fits(f"x-{tags}.whl", parse(where))


@pytest.mark.parametrize("tag", ["py3-none", "", "a-b-c-d"])
def test_another_tag_is_refused(tag: str) -> None:
    with pytest.raises(ValueError, match="not a wheel tag"):
        covered([tag])
