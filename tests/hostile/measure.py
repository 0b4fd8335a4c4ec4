"""Run hostile inputs of every kind against the program: `python -m tests.hostile.measure [SECTION...]`.

Each must end with the right exit code and one message that names the problem, change neither the environment nor the
store, and do the same when it is repeated; unusual but valid wheels must be installed. Prints how many of how many
passed; exits 1 when one did not.
"""

from __future__ import annotations

import io
import itertools
import math
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.hostile import determinism, floods, locks, pages, sdists, weather
from tests.hostile.scene import Scene
from tests.hostile.weight import LIMIT, MEBIBYTE, Scale
from tests.support.faults import Answer, Redirect, Reset, Status, Truncate, WrongBytes
from tests.support.server import LoopbackIndex
from tests.support.wheels import wheel
from tests.unit.sync.crafted import built
from tests.unit.sync.test_hostile import HOSTILE, ODD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.faults import Fault
    from tests.support.wheels import Built

Outcome = tuple[str, str]
"""The name of a case, and what went wrong: empty for nothing."""


def wheels(scene: Scene) -> Iterator[Outcome]:
    """Sync a lock of each bad wheel, then of each odd one."""
    for name, (rule, content) in HOSTILE.items():
        bad = built(content)
        scene.index.add(bad)
        scene.lock(scene.base, bad)
        yield name, scene.refuses(f"[{rule}]")
    for name, pair in together().items():
        scene.lock(scene.base, *map(scene.served, pair))
        yield name, scene.refuses("[path-owned-twice]", is_stored=True)
    scene.reset()
    for name, content in ODD.items():
        odd = built(content)
        scene.index.add(odd)
        scene.lock(scene.base, odd)
        yield f"honest: {name}", scene.accepts(purelib_of(content))


def together() -> dict[str, tuple[Built, ...]]:
    """Return wheels that are honest each by itself, and cannot be in one environment."""
    one = wheel("one", files={"shared/x.py": "1"})
    others = {
        "one path": {"shared/x.py": "2"},
        "one path by letter case": {"Shared/X.py": "2"},
        "a file where another needs a directory": {"shared": "2"},
        "a directory where another has a file": {"shared/x.py/y": "2"},
    }
    pairs: dict[str, tuple[Built, ...]] = {name: (one, wheel("two", files=files)) for name, files in others.items()}
    return {**pairs, "a file of what is installed": (wheel("two", files={"base/__init__.py": "2"}),)}


def purelib_of(content: bytes) -> dict[str, bytes]:
    """Return what a wheel puts into site-packages as it is, read with the standard library alone."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/") and "__pycache__" not in name]
        return {name: archive.read(name) for name in names if ".dist-info/" not in name and ".data/" not in name}


def locked(scene: Scene) -> Iterator[Outcome]:
    """Sync each bad lock."""
    other = wheel("other")
    scene.index.add(other)
    good = scene.text([scene.base, other])
    for bad in locks.BAD:
        scene.write(bad.spoil(good))
        yield bad.name, scene.refuses(bad.word, bad.code)
    scene.reset()


def listed(scene: Scene) -> Iterator[Outcome]:
    """Lock a project against each bad page."""
    for number, bad in enumerate(pages.BAD):
        yield bad.name, pages.fault(bad, scene, f"page{number}")


FAULTS: tuple[tuple[str, Fault, int | None, str], ...] = (
    ("wrong bytes", WrongBytes(), None, "refused[hash-mismatch]"),
    ("shorter, whole", Answer(b"x"), None, "refused[size-mismatch]"),
    ("longer", Answer(b"x" * 100_000), None, "refused[size-mismatch]"),
    ("a page instead", Answer(b"<html></html>", {"Content-Type": "text/html"}), None, "refused[size-mismatch]"),
    ("nothing", Answer(b""), None, "refused[size-mismatch]"),
    ("encoded", Answer(b"x", {"Content-Encoding": "gzip"}), None, "refused[content-encoding]"),
    ("not found", Status(404), None, "cannot be fetched"),
    ("forbidden", Status(403), None, "cannot be fetched"),
    ("wait for an hour", Status(429, retry_after="3600"), None, "cannot be fetched"),
    ("redirects to itself", Redirect("", 302), None, "cannot be fetched"),
    ("redirects to a file", Redirect("file:///etc/passwd"), None, "cannot be fetched"),
    ("one 500", Status(500, retry_after="0"), 1, ""),
    ("one 503", Status(503, retry_after="0"), 1, ""),
    ("one reset", Reset(), 1, ""),
    ("cut once", Truncate(), 1, ""),
    ("nonsense to wait", Status(503, retry_after="soon"), 1, ""),
)


def fetched(scene: Scene) -> Iterator[Outcome]:
    """Sync a lock whose wheel is served badly; afterwards, served well."""
    for number, (name, fault, times, word) in enumerate(FAULTS):
        fresh = wheel("fresh", f"1.{number}")
        scene.index.add(fresh)
        scene.index.fail(
            fresh.filename, Redirect(f"/files/{fresh.filename}") if fault == Redirect("", 302) else fault, times=times
        )
        scene.lock(scene.base, fresh)
        wrong = scene.refuses(word) if word else ""
        scene.index.heal() if word else None
        yield name, wrong or scene.accepts(purelib_of(fresh.content))


def flipped(scene: Scene) -> Iterator[Outcome]:
    """Flip a byte at 64 places of each file of the cache; a new environment must be right or refused."""
    cache = scene.project.with_name("project.cache")
    files = sorted(path for path in cache.rglob("*") if path.is_file() and path.stat().st_size)
    honest = {path: path.read_bytes() for path in files}
    for path, content in honest.items():
        for place in sorted({len(content) * step // 64 for step in range(64)}):
            changed = bytearray(content)
            changed[place] ^= 1
            path.write_bytes(changed)
            name = f"new{place}-{files.index(path)}"
            done = scene.run("sync", "--venv", name)
            found = [one.read_bytes() for one in scene.project.glob(f"{name}/lib/python*/site-packages/base/*.py")]
            right = done.code == 0 and found == [b'__version__ = "1.0"\n']
            path.write_bytes(content)
            yield f"{path.relative_to(cache)}:{place}", "" if right else f"exit {done.code}: {done.err.strip()[:160]!a}"


def varied(scene: Scene) -> Iterator[Outcome]:
    """Lock one project under every circumstance that must not matter."""
    return determinism.locked(scene.project.parent)


def combined(scene: Scene) -> Iterator[Outcome]:
    """Lock one project under many of those circumstances at once."""
    return determinism.locked(scene.project.parent, [determinism.WAYS[0], *determinism.combinations(171)])


def weighed(scene: Scene) -> Iterator[Outcome]:
    """Do everything bad to wheels, pages and source distributions again, weighing each run of the program."""
    scene.program = scale = Scale(scene.project.parent)
    most = 0
    for name, fault in itertools.chain(wheels(scene), listed(scene), unbuilt(scene)):
        yield name, fault or (f"took {scale.heaviest // MEBIBYTE} MiB" if scale.heaviest > LIMIT else "")
        most, scale.heaviest = max(most, scale.heaviest), 0
    sys.stdout.write(f"at most {most // MEBIBYTE} MiB\n")


def weathered(scene: Scene) -> Iterator[Outcome]:
    """Lock a thousand projects in storms."""
    return weather.storm(scene.project.parent)


def waited(scene: Scene) -> Iterator[Outcome]:
    """Meet answers that never come."""
    return weather.patience(scene.project.parent)


def flooded(scene: Scene) -> Iterator[Outcome]:
    """Meet answers that never end."""
    return floods.met(scene.project.parent)


def unbuilt(scene: Scene) -> Iterator[Outcome]:
    """Sync or lock each bad source distribution where its build is allowed."""
    return sdists.refused(scene)


SECTIONS: dict[str, Callable[[Scene], Iterator[Outcome]]] = {
    "wheels": wheels,
    "locks": locked,
    "pages": listed,
    "sdists": unbuilt,
    "transport": fetched,
    "cache": flipped,
    "determinism": varied,
}
"""What the suite runs, but for `cache`."""

LONG_SECTIONS: dict[str, Callable[[Scene], Iterator[Outcome]]] = {
    "combinations": combined,
    "memory": weighed,
    "storms": weathered,
    "patience": waited,
    "floods": flooded,
}

SECONDS = 10
"""No case of a section that is not long may take longer."""


def outcomes(section: str, seconds: float = math.inf) -> list[Outcome]:
    """Return how each case of `section` ended; one that took more than `seconds` did not end well."""
    ended = []
    with tempfile.TemporaryDirectory() as directory, LoopbackIndex() as index:
        start = time.monotonic()
        for name, fault in {**SECTIONS, **LONG_SECTIONS}[section](Scene(Path(directory), index)):
            took, start = time.monotonic() - start, time.monotonic()
            ended.append((name, fault or (f"took {took:.0f} s" if took > seconds else "")))
    return ended


def main() -> int:
    failed = 0
    for section in sys.argv[1:] or [*SECTIONS, *LONG_SECTIONS]:
        ended = outcomes(section, SECONDS if section in SECTIONS else math.inf)
        wrong = [(name, fault) for name, fault in ended if fault]
        sys.stdout.write(f"{section}: {len(ended) - len(wrong)} of {len(ended)}\n")
        sys.stdout.writelines(f"  {name}: {fault}\n" for name, fault in wrong)
        failed += len(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
