"""lockenv on other file systems: install, verify, change, and heal after being killed, on each.

`build/test-environment/bin/python -m tests.machines.filesystems [DIR] [--only NAME]`, as the superuser on Linux: it
mounts images of file systems in DIR. What the kernel or a program cannot do is skipped with the reason. Prints a line
for each arrangement: where the project and the cache are, and what held.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lockenv.operations.program_archive import program_archive
from tests.machines.machine import KILLED, Machine, UnexpectedEndError, lacking, mounted
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

MADE = {
    "ext4": ("mkfs.ext4", "-q", "-F"),
    "ext4 casefold": ("mkfs.ext4", "-q", "-F", "-O", "casefold", "-E", "encoding=utf8"),
    "btrfs": ("mkfs.btrfs", "-q", "-f"),
    "xfs": ("mkfs.xfs", "-q", "-f", "-m", "reflink=1"),
    "exfat": ("mkfs.exfat",),
    "vfat": ("mkfs.vfat",),
}
"""How each is made; the file of the image follows."""
MOUNTED = {"exfat": ("-t", "exfat-fuse", "-o", "umask=0022")}
NAMES = (*MADE, "tmpfs", "overlay", "long paths")
NO_LINKS = frozenset({"exfat", "vfat"})
"""Which have neither links nor modes: the interpreter of an environment cannot be linked there."""
SIZE = 400 << 20
LONGEST = "n" * 252 + ".py"
"""A file name of 255 bytes, the longest that Linux file systems have."""


class Arrangement(NamedTuple):
    """Where a project and its cache are."""

    title: str
    project: Path
    cache: Path


def main() -> int:
    """Try each; return an exit code."""
    if reasons := lacking("mount", "losetup"):
        sys.stderr.write("".join(f"error: {reason}\n" for reason in reasons))
        return 2
    parser = argparse.ArgumentParser(prog="python -m tests.machines.filesystems")
    parser.add_argument("directory", nargs="?", type=Path)
    parser.add_argument("--only", choices=NAMES, action="append")
    given = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory(dir=given.directory) as name, LoopbackIndex() as index:
        place = Path(name)
        fill(index)
        machine = here(place, index)
        wanted = reference(machine, Arrangement("", place / "project", place / "cache"), index)
        for title in given.only or NAMES:
            try:
                with ExitStack() as stack:
                    target = prepared(title, place, stack)
                    for one in arrangements(title, target, place):
                        sys.stdout.write(f"{one.title}: {tried(machine, one, index, wanted, title)}\n")
                        sys.stdout.flush()
            except subprocess.CalledProcessError as error:
                reason = (error.stderr or b"").decode(errors="replace").strip().splitlines()
                sys.stdout.write(f"{title}: skipped: {' '.join(error.cmd[:3])}: {reason[0] if reason else error}\n")
            except FileNotFoundError as error:
                sys.stdout.write(f"{title}: skipped: {error}\n")
            except UnexpectedEndError as error:
                failures += 1
                sys.stdout.write(f"{title}: FAILED: {error}\n")
    return 1 if failures else 0


def fill(index: LoopbackIndex) -> None:
    """Offer an application in two versions, with many files, a script, and names as long as they can be."""
    deep = "/".join(["deep", *(f"level{number:02}" for number in range(20)), "end.py"])
    for version in ("1.0", "2.0"):
        files = {f"app/part{number}.py": f"value = {number}, {version!r}\n" for number in range(60)}
        files |= {"app/__init__.py": "def main() -> None:\n    print('ready')\n", LONGEST: "", deep: ""}
        index.add(
            wheel("app", version, requires=["lib"], files=files, entry_points={"console_scripts": {"app": "app:main"}})
        )
    index.add(wheel("lib", "1.0"))


def here(place: Path, index: LoopbackIndex) -> Machine:
    """Return this machine, with lockenv in one file."""
    (place / "home").mkdir()
    program = place / "lockenv.pyz"
    program.write_bytes(program_archive())
    python = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    return Machine("here", python, str(program), home=str(place / "home"), variables={"LOCKENV_INDEX_URL": index.url})


def reference(machine: Machine, one: Arrangement, index: LoopbackIndex) -> tuple[str, str]:
    """Return the fingerprints of the environment with both versions, on the usual file system."""
    found = []
    for version in ("1.0", "2.0"):
        declare(one, index, version)
        machine = with_cache(machine, one.cache)
        machine.lockenv(str(one.project), "lock")
        machine.lockenv(str(one.project), "sync", "--python", machine.python)
        found.append(machine.fingerprint(str(one.project)))
    return found[0], found[1]


def with_cache(machine: Machine, cache: Path) -> Machine:
    """Return the machine with its cache elsewhere."""
    return replace(machine, variables={**machine.variables, "LOCKENV_CACHE_DIR": str(cache)})


def declare(one: Arrangement, index: LoopbackIndex, version: str) -> None:
    write_project(one.project, [f"app=={version}"], index=index.url)


def tried(machine: Machine, one: Arrangement, index: LoopbackIndex, wanted: tuple[str, str], title: str) -> str:
    """Return what held of one arrangement. Raises UnexpectedEndError for what did not."""
    project = str(one.project)
    machine = with_cache(machine, one.cache)
    sync = ("sync", "--python", machine.python)
    step = 40 if one.title.startswith("project and cache") else 100
    declare(one, index, "1.0")
    machine.lockenv(project, "lock")
    if title in NO_LINKS and title in one.title.partition(",")[0]:
        said = machine.lockenv(project, *sync, expected=(0, 2))
        if said.startswith("error") or "\nerror" in said:
            return "refused: " + said[said.index("error") :].strip().replace("\n", "; ")
        wanted = (machine.fingerprint(project), "")
    machine.lockenv(project, *sync)
    first = machine.fingerprint(project)
    if first != wanted[0]:
        raise UnexpectedEndError(f"{one.title}: the fingerprint is {first}, not {wanted[0]}")
    if machine.run(project, ".venv/bin/app").strip() != "ready":
        raise UnexpectedEndError(f"{one.title}: the script does not run")
    killed = machine.heal(project, *sync, numbers=range(3, 160, step), wanted=first)
    declare(one, index, "2.0")
    machine.lockenv(project, "lock")
    for number in range(11, 240, step):
        fault = {"LOCKENV_TEST": "1", "LOCKENV_TEST_FAULT": f"*:{number}:kill"}
        machine.lockenv(project, *sync, "--reinstall", expected=(*KILLED, 0), env=fault)
        killed += 1
        machine.lockenv(project, *sync)
    second = machine.fingerprint(project)
    if wanted[1] and second != wanted[1]:
        raise UnexpectedEndError(f"{one.title}: after the change the fingerprint is {second}, not {wanted[1]}")
    machine.lockenv(project, "cache", "verify")
    return f"lock, sync, verify, run, change; {killed} kills healed"


def arrangements(title: str, target: Path, place: Path) -> Iterator[Arrangement]:
    """Yield where the project and the cache are: both there, and each alone there."""
    yield Arrangement(f"project and cache on {title}", target / "both" / "project", target / "both" / "cache")
    if title != "long paths":
        usual = place / f"usual-{title}"
        yield Arrangement(f"project on {title}, cache on another device", target / "project", usual / "cache")
        yield Arrangement(f"cache on {title}, project on another device", usual / "project", target / "cache")


def prepared(title: str, place: Path, stack: ExitStack) -> Path:
    """Return a directory of the file system `title`, which is mounted until the end of `stack`."""
    target = place / f"mounted-{title.replace(' ', '-')}"
    target.mkdir()
    if title == "long paths":
        # Below PATH_MAX with what an environment adds, and far beyond what a `#!` line can hold.
        return target / "/".join(["d" * 200] * 12)
    if title == "tmpfs":
        stack.enter_context(mounted("-t", "tmpfs", "none", str(target)))
    elif title == "overlay":
        # Its upper layer may be on no overlay itself, and the usual file system can be one.
        layers = place / "layers"
        layers.mkdir()
        stack.enter_context(mounted("-t", "tmpfs", "none", str(layers)))
        for name in ("lower", "upper", "work"):
            (layers / name).mkdir()
        options = f"lowerdir={layers}/lower,upperdir={layers}/upper,workdir={layers}/work"
        stack.enter_context(mounted("-t", "overlay", "none", "-o", options, str(target)))
    else:
        stack.enter_context(_image(title, place, target))
    return target


@contextmanager
def _image(title: str, place: Path, target: Path) -> Iterator[None]:
    image = place / f"{title.replace(' ', '-')}.img"
    if not shutil.which(MADE[title][0]):
        raise FileNotFoundError(f"{MADE[title][0]} is not installed")
    with image.open("wb") as stream:
        stream.truncate(SIZE)
    subprocess.run([*MADE[title], str(image)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    device = subprocess.run(["losetup", "--find", "--show", image], check=True, stdout=subprocess.PIPE, text=True)
    try:
        with mounted(*MOUNTED.get(title, ()), device.stdout.strip(), str(target)):
            if title == "ext4 casefold":
                subprocess.run(["chattr", "+F", str(target)], check=True, stderr=subprocess.PIPE)
            yield
    finally:
        subprocess.run(["losetup", "--detach", device.stdout.strip()], check=False)
        image.unlink()


if __name__ == "__main__":
    raise SystemExit(main())
