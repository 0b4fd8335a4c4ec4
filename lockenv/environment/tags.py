"""The wheel tags an interpreter installs, from the facts it reported of itself.

Pure: `InterpreterFacts` go in, tags come out, best first, exactly as `packaging.tags.sys_tags` returns them inside that
interpreter. Loaded only when an interpreter is probed for the first time.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, TypedDict

from packaging.tags import INTERPRETER_SHORT_NAMES, Tag, compatible_tags, cpython_tags, generic_tags, mac_platforms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_GLIBC_ARCHITECTURES = {"x86_64", "aarch64", "ppc64", "ppc64le", "s390x", "loongarch64", "riscv64"}
_LEGACY_MANYLINUX = {(2, 17): "manylinux2014", (2, 12): "manylinux2010", (2, 5): "manylinux1"}
_LAST_GLIBC_2_MINOR = 50
"""Where counting starts below a glibc 3, which does not exist yet."""


class InterpreterFacts(TypedDict):
    """What `probe_script.py` prints."""

    executable: str
    prefix: str
    stdlib: str
    version: str
    build: str
    markers: dict[str, str]
    scheme: dict[str, str]
    platform: str
    ext_suffix: str
    version_nodot: str
    is_debug: bool
    is_free_threaded: bool
    is_64bit: bool
    glibc: str
    musl_loader: str
    denied_glibc_minors: list[int]
    elf_header: str
    macos: list[str]
    externally_managed: bool


def supported(facts: InterpreterFacts, musl_version: tuple[int, int] | None) -> tuple[str, ...]:
    """Return every tag the interpreter installs, best first; `musl_version` where it runs on musl."""
    implementation = facts["markers"]["implementation_name"]
    short = INTERPRETER_SHORT_NAMES.get(implementation, implementation)
    major, minor = (int(part) for part in facts["version"].split(".")[:2])
    nodot = facts["version_nodot"] or f"{major}{minor}"
    platforms = list(_platforms(facts, musl_version))
    specific: Iterator[Tag]
    if short == "cp":
        specific = cpython_tags((major, minor), _cpython_abis(facts, f"{major}{minor}"), platforms)
    else:
        specific = generic_tags(f"{short}{nodot}", _generic_abis(facts), platforms)
    shared_name = {"pp": "pp3", "cp": f"cp{nodot}"}.get(short)
    return tuple(str(tag) for tag in itertools.chain(specific, compatible_tags((major, minor), shared_name, platforms)))


def _cpython_abis(facts: InterpreterFacts, nodot: str) -> list[str]:
    threading = "t" if facts["is_free_threaded"] else ""
    if facts["is_debug"]:
        # A debug build of 3.8 or later also loads extension modules of a release build.
        return [f"cp{nodot}{threading}d", f"cp{nodot}{threading}"]
    return [f"cp{nodot}{threading}"]


def _generic_abis(facts: InterpreterFacts) -> list[str]:
    """Return the ABI that the suffix of extension modules names, such as `pypy310_pp73`; empty when it names none."""
    parts = facts["ext_suffix"].split(".")
    if len(parts) < 3 or not parts[1]:
        return []
    pieces = parts[1].split("-")
    kept = {"pypy": 2, "graalpy": 3}.get(pieces[0].rstrip("0123456789"), len(pieces))
    return [_normalized("-".join(pieces[:kept]))]


def _platforms(facts: InterpreterFacts, musl_version: tuple[int, int] | None) -> Iterator[str]:
    platform = _normalized(facts["platform"])
    system = facts["markers"]["platform_system"]
    if system == "Darwin":
        numbers = [int(part) for part in facts["macos"][0].split(".")[:2]]
        machine = facts["macos"][1]
        if not facts["is_64bit"]:
            machine = "ppc" if machine.startswith("ppc") else "i386"
        yield from mac_platforms((numbers[0], numbers[1] if len(numbers) > 1 else 0), machine)
    elif system == "Linux" and platform.startswith("linux_"):
        yield from _linux_platforms(facts, platform.removeprefix("linux_"), musl_version)
    else:
        yield platform


def _linux_platforms(facts: InterpreterFacts, machine: str, musl_version: tuple[int, int] | None) -> Iterator[str]:
    if not facts["is_64bit"]:
        machine = {"x86_64": "i686", "aarch64": "armv8l"}.get(machine, machine)
    machines = ["armv8l", "armv7l"] if machine == "armv8l" else [machine]
    for name in machines:
        yield f"linux_{name}"
    if facts["glibc"] and _has_manylinux_abi(facts, machines):
        denied = {(2, minor) for minor in facts["denied_glibc_minors"]}
        oldest_minor = 5 if machine in ("x86_64", "i686") else 17
        for name in machines:
            for version in _glibc_versions(facts["glibc"], oldest_minor):
                if version not in denied:
                    # PEP 600: manylinux_${GLIBCMAJOR}_${GLIBCMINOR}_${ARCH}, with the older names as aliases.
                    yield f"manylinux_{version[0]}_{version[1]}_{name}"
                    if version in _LEGACY_MANYLINUX:
                        yield f"{_LEGACY_MANYLINUX[version]}_{name}"
    if musl_version is not None:
        for name in machines:
            # PEP 656: musllinux_${MUSLMAJOR}_${MUSLMINOR}_${ARCH}.
            yield from (f"musllinux_{musl_version[0]}_{minor}_{name}" for minor in range(musl_version[1], -1, -1))


def _glibc_versions(glibc: str, oldest_minor: int) -> Iterator[tuple[int, int]]:
    """Return the versions whose wheels run on `glibc`, newest first."""
    numbers = "".join(character if character.isdigit() else " " for character in glibc).split()
    major, minor = int(numbers[0]), int(numbers[1])
    for current in range(major, 1, -1):
        newest = minor if current == major else _LAST_GLIBC_2_MINOR
        oldest = oldest_minor if current == 2 else 0
        yield from ((current, number) for number in range(newest, oldest - 1, -1))


def _has_manylinux_abi(facts: InterpreterFacts, machines: Sequence[str]) -> bool:
    """Return whether the executable has the ABI that manylinux wheels of these machines are built for."""
    if "armv7l" in machines:
        # The hard-float, version 5 ABI of Arm, from the flags of the ELF header.
        return _elf_fields(facts["elf_header"], machine=40) & 0xFF000400 == 0x05000400
    if "i686" in machines:
        return _elf_fields(facts["elf_header"], machine=3) >= 0
    return any(machine in _GLIBC_ARCHITECTURES for machine in machines)


def _elf_fields(header: str, *, machine: int) -> int:
    """Return the flags of a 32-bit little-endian ELF header for `machine`; -1 for any other header."""
    data = bytes.fromhex(header)
    is_expected = data[:6] == b"\x7fELF\x01\x01" and int.from_bytes(data[18:20], "little") == machine
    return int.from_bytes(data[36:40], "little") if is_expected else -1


def _normalized(text: str) -> str:
    return text.replace(".", "_").replace("-", "_").replace(" ", "_")
