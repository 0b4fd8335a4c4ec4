"""Run `lockenv sync` under faults of machines and networks, and count the correct outcomes.

`python -m tests.faults.trouble [TARGET ...] [--points N] [--seed S]`: full disks, read-only caches, flipped bytes,
failing servers, and other processes. Prints a line for each target: how many of how many runs ended correctly.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from lockenv.environment.venv import open_environment
from lockenv.errors import LockenvError
from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import FetchSettings
from lockenv.sync.session import synchronise
from lockenv.vocabulary.distribution import Wheel
from lockenv.vocabulary.names import Sha256, normalize
from lockenv.vocabulary.selected import Selected
from tests.faults.interruptions import histories, signals
from tests.faults.place import NEW, OLD, Outcome, Place, Room, unclear
from tests.faults.rivals import crowd, holders, lockers, pruners, readers, rivals
from tests.support.faults import Drip, Redirect, Reset, Stall, Status, Truncate, WrongBytes
from tests.support.program import lockenv_here
from tests.support.server import LoopbackIndex
from tests.support.trees import link_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.faults import Fault

CANNOT = 2
"""The exit code of every failure that is no answer."""


class CannotMountError(Exception):
    """This machine does not allow mounting a filesystem; the text is the reason."""


# A byte of the cache


def flips(room: Room) -> Iterator[Outcome]:
    """Flip a bit of any file of the cache, unpacked wheels or archives alone, with and without the network."""
    yield from _flips(room, is_silent=False)


def rot(room: Room) -> Iterator[Outcome]:
    """Flip a bit and put the file's times back, which a sync that hashes nothing twice cannot see: `verify` must."""
    yield from _flips(room, is_silent=True)


def _flips(room: Room, *, is_silent: bool) -> Iterator[Outcome]:
    chance = random.Random(room.seed)
    place = room.place()
    place.must("sync", cwd=place.project)
    shutil.rmtree(place.venv)
    place.must("sync", cwd=place.project)
    new = place.tree()
    saved = room.directory / "saved"
    link_tree(place.cache, saved)
    for number in range(room.points):
        shutil.rmtree(place.cache)
        shutil.rmtree(place.venv, ignore_errors=True)
        link_tree(saved, place.cache)
        is_packed, flags = bool(number % 2), ["--offline"] if number % 4 < 2 else []
        if is_packed:
            shutil.rmtree(place.cache / "store-v1")
        victim = chance.choice(sorted(path for path in place.cache.rglob("*") if path.is_file()))
        case = f"{victim.relative_to(place.cache)}{' packed' if is_packed else ''} {' '.join(flags)}"
        with _flipped(victim, chance, is_silent=is_silent):
            ran = place.sync(*flags)
            if ran.code == 0:
                is_reported = is_silent and _both_report(place)
                yield Outcome(case, "" if is_reported or place.tree() == new else "installed")
            else:
                claims = [path for path in place.tree() if path.endswith(".dist-info")]
                yield Outcome(case, unclear(ran, (CANNOT,)) or (f"installed: {claims}" if claims else ""))


def _both_report(place: Place) -> bool:
    """Return whether `verify` and `cache verify` both find that something is damaged."""
    commands = (["verify", "--venv", str(place.venv)], ["cache", "verify"])
    return all(lockenv_here(*args, cwd=place.project, env=place.variables).code == 1 for args in commands)


@contextlib.contextmanager
def _flipped(path: Path, chance: random.Random, *, is_silent: bool) -> Iterator[None]:
    """Let a bit of a file be another one, meanwhile; its inode stays, and its time of change if it is silent."""
    found = path.stat()
    descriptor = os.open(path, os.O_RDWR)
    position, bit = chance.randrange(max(1, found.st_size)), 1 << chance.randrange(8)

    def flip() -> None:
        for byte in os.pread(descriptor, 1, position):
            os.pwrite(descriptor, bytes([byte ^ bit]), position)

    try:
        flip()
        if is_silent:
            os.utime(descriptor, ns=(found.st_atime_ns, found.st_mtime_ns))
        yield
    finally:
        flip()
        os.utime(descriptor, ns=(found.st_atime_ns, found.st_mtime_ns))
        os.close(descriptor)


# Disks


@contextlib.contextmanager
def mounted(directory: Path) -> Iterator[Callable[[str], None]]:
    """Mount a filesystem in memory at `directory`; provide a function that mounts it again with other options."""
    directory.mkdir(parents=True)

    def mount(*args: str) -> None:
        try:
            done = subprocess.run(["mount", *args, str(directory)], capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            raise CannotMountError(str(error)) from error
        if done.returncode:
            raise CannotMountError(f"mount {' '.join(args)}: {done.stderr.strip()}")

    mount("-t", "tmpfs", "-o", "size=64m", "tmpfs")
    try:
        yield lambda options: mount("-o", f"remount,{options}")
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


def full(room: Room) -> Iterator[Outcome]:
    """Have less and less room: for the environment, which is copied from another filesystem, and for the cache."""
    small = room.directory / "small"
    for what in ("venv", "cache"):
        shutil.rmtree(room.directory / "place", ignore_errors=True)
        shutil.rmtree(small, ignore_errors=True)
        with mounted(small) as remount:
            place = room.place(**{what: small / what})
            for number in range(room.points):
                remount("size=64m")
                place.reset(is_cold=what == "cache")
                pages = os.statvfs(small)
                used = (pages.f_blocks - pages.f_bfree) * pages.f_frsize
                # A size of 0 would mean no limit.
                left = 4096 + 600 * 1024 * number // room.points
                remount(f"size={used + left}")
                fault = place.judge(place.sync(), (CANNOT,))
                remount("size=64m")
                yield Outcome(f"{what} with {left} bytes left", fault or place.judge(place.sync()))


def readonly(room: Room) -> Iterator[Outcome]:
    """Have a cache that cannot be written: all is in it, or nothing of the change."""
    cache = room.directory / "small" / "cache"
    with mounted(cache.parent) as remount:
        place = room.place(cache=cache)
        for is_cold in (False, True):
            place.reset(is_cold=is_cold)
            remount("ro")
            codes = (CANNOT,) if is_cold else ()
            fault = place.judge(place.sync(), codes)
            remount("rw")
            yield Outcome("cold" if is_cold else "warm", fault or place.judge(place.sync()))


# Servers

PASSING: list[Fault] = [Status(500), Status(503, retry_after="0"), Reset(), Truncate(), Truncate(after=0)]
LASTING: list[Fault] = [Truncate(), Reset(), Status(500), Status(404), WrongBytes()]


def servers(room: Room) -> Iterator[Outcome]:
    """Serve wheels badly once or twice, or for good, one of them or all."""
    index = room.server
    place = room.place()
    for pattern in (r"part2-2\.0.*\.whl$", r"\.whl$"):
        for fault in PASSING:
            place.reset(is_cold=True)
            index.fail(pattern, fault, times=2)
            yield Outcome(f"{fault} twice", place.judge(place.sync()))
            index.heal()
        for fault in LASTING:
            place.reset(is_cold=True)
            index.fail(pattern, fault, times=None)
            ran = place.sync()
            index.heal()
            wrong = place.judge(ran, (CANNOT,)) if ran.code else "exit 0"
            yield Outcome(f"{fault} for good", wrong or place.judge(place.sync()))


def redirects(room: Room) -> Iterator[Outcome]:
    """Ask for credentials, and redirect every file to another port: the files come, the credentials do not go there."""
    index = room.server
    place = room.place()
    login = {"LOCKENV_INDEX_LOOPBACK_USERNAME": "user", "LOCKENV_INDEX_LOOPBACK_PASSWORD": "secret"}
    login["LOCKENV_INDEX_LOOPBACK_URL"] = index.url
    with LoopbackIndex() as other:
        for one in NEW:
            other.add(one)
            index.fail(f"/files/{re.escape(one.filename)}$", Redirect(other.file_url(one.filename)), times=None)
        place.reset(is_cold=True)
        index.credentials = ("user", "secret")
        before = len(index.requests)
        yield Outcome("redirected", place.judge(place.sync(env=login)))
        sent = [request for request in index.requests[before:] if "authorization" in request.headers]
        reported = [request.path for request in other.requests if "authorization" in request.headers]
        yield Outcome("credentials are used", "" if sent else "never sent")
        yield Outcome("credentials stay", f"sent along: {reported}" if reported or not other.requests else "")
        index.credentials = None
        index.heal()


def stalls(room: Room) -> Iterator[Outcome]:
    """Stop answering: before the head, in the middle of a wheel, or so slowly that it would take for ever."""
    index = room.server
    place = room.place()
    for fault in (Stall(), Stall(after=0), Stall(after=20_000), Drip(interval=0.2)):
        place.reset(is_cold=True)
        index.fail(r"part3-2\.0.*\.whl$", fault, times=None)
        code, said = _impatient(place, index)
        index.heal()
        wrong = "" if code == CANNOT and place.tree() == place.old else f"{code}: {said}"
        yield Outcome(str(fault), wrong or place.judge(place.sync()))


def _impatient(place: Place, index: LoopbackIndex) -> tuple[int, str]:
    """Make the change in this process, waiting for the server a fraction of a second only."""
    chosen = [
        Selected(
            name=normalize(one.name),
            version=one.version,
            file=Wheel(filename=one.filename, url=index.file_url(one.filename), sha256=Sha256(one.sha256)),
        )
        for one in NEW
    ]
    environment = open_environment(str(place.venv))
    assert environment is not None
    settings = FetchSettings(
        cache_dir=str(place.cache), first_byte=0.3, rate_window=0.3, tries=2, timeout_budget=0.1, pause=lambda _: None
    )
    try:
        synchronise(chosen, environment, Fetcher(settings))
    except LockenvError as error:
        return int(error.exit_code), error.message
    return 0, "nothing was missed"


# The program

TARGETS: dict[str, tuple[Callable[[Room], Iterator[Outcome]], int]] = {
    "flips": (flips, 1000),
    "rot": (rot, 40),
    "full": (full, 12),
    "readonly": (readonly, 1),
    "servers": (servers, 1),
    "redirects": (redirects, 1),
    "stalls": (stalls, 1),
    "rivals": (rivals, 100),
    "crowd": (crowd, 200),
    "holders": (holders, 40),
    "readers": (readers, 50),
    "pruners": (pruners, 50),
    "lockers": (lockers, 50),
    "signals": (signals, 51),
    "histories": (histories, 50),
}
"""Each with its usual number of points."""


def outcomes(target: str, directory: Path, points: int = 0, seed: int = 0) -> list[Outcome]:
    """Return how every run of a target ended. Raises CannotMountError."""
    bring, usual = TARGETS[target]
    with LoopbackIndex() as index:
        index.add_all(*OLD, *NEW[2:])
        return list(bring(Room(directory, index, points or usual, seed)))


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.trouble", description=__doc__)
    parser.add_argument("target", nargs="*", default=[], help=", ".join(TARGETS))
    parser.add_argument("--points", type=int, default=0, help="of each target; 0 for the usual number")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    is_well = True
    for target in options.target or TARGETS:
        start = time.monotonic()
        with tempfile.TemporaryDirectory() as directory:
            try:
                found = outcomes(target, Path(directory), options.points, options.seed)
            except CannotMountError as error:
                sys.stdout.write(f"{target}: skipped, no filesystem can be mounted here ({error})\n")
                continue
        for one in found:
            if one.fault:
                sys.stderr.write(f"  {target}, {one.case}: {one.fault}\n")
        well = sum(not one.fault for one in found)
        took = time.monotonic() - start
        sys.stdout.write(f"{target}: {well} of {len(found)} (seed {options.seed}, {took:.0f} s)\n")
        sys.stdout.flush()
        is_well &= well == len(found)
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
