"""Roots of Debian with a Python and nothing beside, native or emulated.

In: a suite, an architecture, packages. Out: a directory to change the root to. Needs the superuser and debootstrap.
"""

from __future__ import annotations

import shutil
import subprocess
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lockenv.operations.program_archive import program_archive
from tests.machines.machine import HOME, Machine, mounted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_EMULATORS = Path("/proc/sys/fs/binfmt_misc")
_EMULATOR = "lockenv-aarch64"
# The magic bytes and mask of an aarch64 program (binfmt_misc; the fields are those of the ELF header).
# `F`: the emulator is opened now, so that a root need not have it.
_REGISTRATION = (
    rb":lockenv-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
    rb":\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"
    rb":/usr/bin/qemu-aarch64-static:F"
)


def debian(
    place: Path,
    stack: ExitStack,
    title: str,
    suite: str,
    architecture: str,
    packages: Sequence[str] = ("python3",),
    python: str = "/usr/bin/python3",
) -> Machine:
    """Return a Debian with these packages and what they require; it is made where it is not in `place` yet.

    Its packages are unpacked and not configured: lockenv needs nothing that their scripts set up, and an emulated
    machine takes long for them.
    """
    root = unpacked(place / f"{suite}-{architecture}", suite, architecture, packages)
    stack.enter_context(mounted("-t", "proc", "proc", str(root / "proc")))
    machine = Machine(title, python, f"{HOME}/lockenv.pyz", root)
    shutil.rmtree(machine.path(HOME), ignore_errors=True)
    machine.path(HOME).mkdir(mode=0o700, parents=True)
    machine.path(machine.program).write_bytes(program_archive())
    return machine


def unpacked(root: Path, suite: str, architecture: str, packages: Sequence[str]) -> Path:
    """Return `root`, with a Debian of these packages; it is made where it is not there yet."""
    if not (root / "made").exists():
        shutil.rmtree(root, ignore_errors=True)
        words = ["debootstrap", "--foreign", "--variant=minbase", f"--include={','.join(packages)}"]
        subprocess.run([*words, f"--arch={architecture}", suite, str(root)], check=True, stdout=subprocess.DEVNULL)
        for package in sorted(root.glob("var/cache/apt/archives/*.deb")):
            subprocess.run(["dpkg-deb", "--extract", str(package), str(root)], check=True)
        (root / "made").touch()
    return root


def bound(machine: Machine, python: Path, stack: ExitStack) -> Machine:
    """Return the same Debian with a Python of this machine, whose installation is mounted there."""
    installation = python.parents[1]
    inside = machine.path(str(installation))
    inside.mkdir(parents=True, exist_ok=True)
    stack.enter_context(mounted("--bind", str(installation), str(inside)))
    machine.path(f"{HOME}/bound").mkdir()
    title = f"{machine.title}, with the Python of this machine"
    return Machine(title, str(python), machine.program, machine.root, home=f"{HOME}/bound")


@contextmanager
def emulator() -> Iterator[None]:
    """Have the kernel start aarch64 programs by the emulator, until the end."""
    with ExitStack() as stack:
        if not (_EMULATORS / "register").exists():
            stack.enter_context(mounted("-t", "binfmt_misc", "none", str(_EMULATORS)))
        if not (_EMULATORS / _EMULATOR).exists():
            (_EMULATORS / "register").write_bytes(_REGISTRATION)
        try:
            yield
        finally:
            (_EMULATORS / _EMULATOR).write_bytes(b"-1")
