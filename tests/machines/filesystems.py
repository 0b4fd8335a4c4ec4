"""lockenv on other file systems: install, verify, change, and heal after being killed, on each.

`build/test-environment/bin/python -m tests.machines.filesystems [DIR] [--only NAME] [--mounted TITLE=DIR]`, as the
superuser on Linux: it mounts images of file systems in DIR. `--mounted` tries a directory that is mounted already, such
as one on a network. What the kernel or a program cannot do is skipped with the reason. Prints a line for each
arrangement: where the project and the cache are, and what held.
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
    "f2fs casefold": ("mkfs.f2fs", "-q", "-f", "-O", "casefold", "-C", "utf8"),
    "ntfs": ("mkfs.ntfs", "-q", "-F", "-Q"),
    "exfat": ("mkfs.exfat",),
    "exfat over FUSE": ("mkfs.exfat",),
    "vfat": ("mkfs.vfat",),
}
"""How each is made; the file of the image follows."""
MOUNTED = {"ntfs": ("-t", "ntfs3"), "exfat over FUSE": ("-t", "exfat-fuse", "-o", "umask=0022")}
NAMES = (*MADE, "tmpfs", "overlay", "long paths")
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
    given = _given()
    failures = 0
    with tempfile.TemporaryDirectory(dir=given.directory) as name, LoopbackIndex() as index:
        place = Path(name)
        fill(index)
        machine = here(place, index, given.program)
        wanted = reference(machine, Arrangement("", place / "project", place / "cache"), index)
        titles = given.only if given.only is not None else [] if given.mounted else NAMES
        for title in (*titles, *given.mounted):
            try:
                with ExitStack() as stack:
                    target = prepared(title, place, stack)
                    for one in arrangements(title.partition("=")[0], target, place, together=given.together):
                        held, failed = tried(machine, one, index, wanted, given.every)
                        failures += failed
                        sys.stdout.write(f"{one.title}: {held}\n")
                        sys.stdout.flush()
            except subprocess.CalledProcessError as error:
                reason = (error.stderr or b"").decode(errors="replace").strip().splitlines()
                sys.stdout.write(f"{title}: skipped: {' '.join(error.cmd[:3])}: {reason[0] if reason else error}\n")
            except FileNotFoundError as error:
                sys.stdout.write(f"{title}: skipped: {error}\n")
    return 1 if failures else 0


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.machines.filesystems")
    parser.add_argument("directory", nargs="?", type=Path)
    parser.add_argument("--only", choices=NAMES, action="append")
    parser.add_argument("--mounted", action="append", default=[], metavar="TITLE=DIR")
    parser.add_argument("--together", action="store_true", help="try only the project and the cache in one place")
    parser.add_argument("--program", type=Path, help="lockenv, in place of a `lockenv.pyz` that is written now")
    parser.add_argument("--every", type=int, default=40, help="kill at each of so many changes of a file")
    return parser.parse_args()


def fill(index: LoopbackIndex) -> None:
    """Offer an application in two versions: many files, a script, the longest names, one of another letter case."""
    deep = "/".join(["deep", *(f"level{number:02}" for number in range(20)), "end.py"])
    for version in ("1.0", "2.0"):
        files = {f"app/part{number}.py": f"value = {number}, {version!r}\n" for number in range(60)}
        files |= {"app/__init__.py": "def main() -> None:\n    print('ready')\n", LONGEST: "", deep: ""}
        files[f"{'Cased' if version == '1.0' else 'cased'}/module.py"] = ""
        index.add(
            wheel("app", version, requires=["lib"], files=files, entry_points={"console_scripts": {"app": "app:main"}})
        )
    index.add(wheel("lib", "1.0"))


def here(place: Path, index: LoopbackIndex, program: Path | None = None) -> Machine:
    """Return this machine, with lockenv in one file where no `program` is given."""
    (place / "home").mkdir()
    if program is None:
        program = place / "lockenv.pyz"
        program.write_bytes(program_archive())
    python = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    return Machine("here", python, str(program), home=str(place / "home"), variables={"LOCKENV_INDEX_URL": index.url})


def reference(machine: Machine, one: Arrangement, index: LoopbackIndex) -> tuple[str, str]:
    """Return the fingerprints of the environment with both versions, on the usual file system."""
    found = []
    for version in ("1.0", "2.0"):
        declare(one, index, f"app=={version}")
        machine = with_cache(machine, one.cache)
        machine.lockenv(str(one.project), "lock")
        machine.lockenv(str(one.project), "sync", "--python", machine.python)
        found.append(machine.fingerprint(str(one.project)))
    return found[0], found[1]


def with_cache(machine: Machine, cache: Path) -> Machine:
    """Return the machine with its cache elsewhere."""
    return replace(machine, variables={**machine.variables, "LOCKENV_CACHE_DIR": str(cache)})


def declare(one: Arrangement, index: LoopbackIndex, requirement: str) -> None:
    write_project(one.project, [requirement], index=index.url)


def tried(
    machine: Machine, one: Arrangement, index: LoopbackIndex, wanted: tuple[str, str], every: int
) -> tuple[str, bool]:
    """Return what held of one arrangement, and whether something did not."""
    try:
        return _tried(with_cache(machine, one.cache), one, index, wanted, every), False
    except UnexpectedEndError as error:
        return f"FAILED: {error}", True


def _tried(machine: Machine, one: Arrangement, index: LoopbackIndex, wanted: tuple[str, str], every: int) -> str:
    project = str(one.project)
    sync = ("sync", "--python", machine.python)
    declare(one, index, "app==1.0")
    machine.lockenv(project, "lock")
    if not has_symlinks(one.project):
        said = machine.lockenv(project, *sync, expected=(0, 2))
        if said.startswith("error") or "\nerror" in said:
            elsewhere = ("--venv", f"{machine.home}/{one.title.replace(' ', '-')}")
            machine.lockenv(project, *sync, *elsewhere)
            machine.lockenv(project, "verify", *elsewhere)
            reason = said[said.index("error") :].strip().replace("\n", "; ")
            return f"refused, and done with an environment elsewhere: {reason}"
        wanted = (machine.fingerprint(project), "")
    machine.lockenv(project, *sync)
    if not keeps_modes(one.project):
        said = machine.lockenv(project, "verify", expected=(1,))
        machine.run(project, ".venv/bin/app")
        return f"lock, sync, run; `verify` says no: {said[said.index('hint:') :].splitlines()[0]}"
    first = machine.fingerprint(project)
    if first != wanted[0]:
        raise UnexpectedEndError(f"{one.title}: the fingerprint is {first}, not {wanted[0]}")
    if machine.run(project, ".venv/bin/app").strip() != "ready":
        raise UnexpectedEndError(f"{one.title}: the script does not run")
    killed = machine.heal(project, *sync, numbers=range(3, 160, every), wanted=first)
    declare(one, index, "app==2.0")
    machine.lockenv(project, "lock")
    for number in range(11, 240, every):
        fault = {"LOCKENV_TEST": "1", "LOCKENV_TEST_FAULT": f"*:{number}:kill"}
        machine.lockenv(project, *sync, "--reinstall", expected=(*KILLED, 0), env=fault)
        killed += 1
        machine.lockenv(project, *sync)
    rivals = 'for each in 1 2; do "$@" & rivals="$rivals $!"; done; for each in $rivals; do wait $each || exit; done'
    machine.run(project, "sh", "-c", rivals, "sh", machine.python, machine.program, *sync, "--reinstall")
    second = machine.fingerprint(project)
    if wanted[1] and second != wanted[1]:
        raise UnexpectedEndError(f"{one.title}: after the change the fingerprint is {second}, not {wanted[1]}")
    _removed_while_open(machine, one, index, sync)
    machine.lockenv(project, "cache", "verify")
    return f"lock, sync, verify, run, change, two at once, removal in use; {killed} kills healed"


def _removed_while_open(machine: Machine, one: Arrangement, index: LoopbackIndex, sync: tuple[str, ...]) -> None:
    """Remove an application of which a file is open: on NFS it stays, with another name, until it is closed."""
    project = str(one.project)
    declare(one, index, "lib")
    machine.lockenv(project, "lock")
    [opened] = one.project.glob(".venv/lib/*/site-packages/app/part7.py")
    with opened.open("rb") as stream:
        machine.lockenv(project, *sync)
        machine.fingerprint(project)
        for requirement in ("app==1.0", "lib"):
            declare(one, index, requirement)
            machine.lockenv(project, "lock")
            machine.lockenv(project, *sync)
            machine.fingerprint(project)
        if b"2.0" not in stream.read():
            raise UnexpectedEndError(f"{one.title}: what is open lost its bytes")
    machine.lockenv(project, *sync)
    machine.fingerprint(project)
    if opened.parent.exists():
        raise UnexpectedEndError(f"{one.title}: {opened.parent} is left, with {os.listdir(opened.parent)}")


def has_symlinks(directory: Path) -> bool:
    """Return whether links can be made in a directory."""
    link = directory / "link"
    try:
        link.symlink_to("nothing")
        link.unlink()
    except OSError:
        return False
    return True


def arrangements(title: str, target: Path, place: Path, *, together: bool) -> Iterator[Arrangement]:
    """Yield where the project and the cache are: both there, and unless only `together`, each alone there."""
    yield Arrangement(f"project and cache on {title}", target / "both" / "project", target / "both" / "cache")
    if title != "long paths" and not together:
        usual = place / f"usual-{title}"
        yield Arrangement(f"project on {title}, cache on another device", target / "project", usual / "cache")
        yield Arrangement(f"cache on {title}, project on another device", usual / "project", target / "cache")


def keeps_modes(directory: Path) -> bool:
    """Return whether a file in a directory has the mode that it was given."""
    file = directory / "moded"
    file.touch(0o600)
    found = file.stat().st_mode & 0o777
    file.unlink()
    return found == 0o600


def prepared(title: str, place: Path, stack: ExitStack) -> Path:
    """Return a directory of the file system `title`, which is mounted until the end of `stack`."""
    title, _, mounted_at = title.partition("=")
    if mounted_at:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(dir=mounted_at)))
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
            if title.endswith("casefold"):
                for made in target.iterdir():  # `lost+found`: the attribute is for an empty directory
                    made.rmdir()
                subprocess.run(["chattr", "+F", str(target)], check=True, stderr=subprocess.PIPE)
            yield
    finally:
        subprocess.run(["losetup", "--detach", device.stdout.strip()], check=False)
        image.unlink()


if __name__ == "__main__":
    raise SystemExit(main())
