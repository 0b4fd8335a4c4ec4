"""One project, many ways to lock it: each must produce the same bytes, without a trace of the machine.

In: a directory to work in. Out: a name for each way, and what differs, empty for nothing.
"""

from __future__ import annotations

import os
import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.wheels import Built, sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.support.pages import MetadataFile
    from tests.support.server import Formats


class Way(NamedTuple):
    """How a lock is made; what is not named is as usual."""

    name: str
    variables: Mapping[str, str] = {}
    umask: int = 0o022
    formats: Formats = "both"
    metadata: bool | MetadataFile = True
    ranges: bool = True
    is_reversed: bool = False
    is_warm: bool = False
    """Whether the cache holds what another way left."""


WAYS = (
    *(Way(f"hash seed {seed}", {"PYTHONHASHSEED": str(seed)}) for seed in range(8)),
    *(Way(f"time zone {zone}", {"TZ": zone}) for zone in ("UTC", "Asia/Kathmandu", "America/St_Johns", "nonsense")),
    *(Way(f"language {name}", {"LANG": name, "LC_ALL": name}) for name in ("C", "POSIX", "tr_TR.UTF-8", "xx")),
    *(Way(f"umask {mask:04o}", umask=mask) for mask in (0, 0o077, 0o027)),
    Way("another home", {"HOME": "/nowhere", "XDG_CONFIG_HOME": "/nowhere", "USER": "somebody"}),
    Way("one processor's pool", {"PYTHON_CPU_COUNT": "1"}),
    Way("pages as JSON alone", formats="json"),
    Way("files listed in the other order", is_reversed=True),
    Way("metadata from parts of wheels", metadata=False),
    Way("metadata from whole wheels", metadata=False, ranges=False),
    Way("metadata files promised but missing", metadata="advertised-but-missing"),
    Way("metadata files there but unsaid", metadata="present-but-unadvertised"),
    Way("a warm cache", is_warm=True),
    Way("a warm cache, otherwise ordered", {"PYTHONHASHSEED": "7"}, is_reversed=True, is_warm=True),
)


def universe() -> list[Built]:
    """Return releases among which there is something to choose, and a part for another system."""
    return [
        wheel("app", "1.0", requires=["lib>=1", "winpart; sys_platform == 'win32'"], extras={"fancy": ["ribbon<3"]}),
        wheel("app", "2.0", requires=["lib>=1,<3", "ribbon; python_version < '3.13'"], requires_python=">=3.9"),
        *(wheel("lib", f"{major}.{minor}", requires=["deep"]) for major in (1, 2, 3) for minor in range(3)),
        *(wheel("ribbon", f"{major}.0", tag=tag) for major in (1, 2, 3) for tag in ("py3-none-any", "cp311-abi3-any")),
        wheel("deep", "1.0", requires=["lib"]),
        sdist("deep", "1.0", requires=["lib"]),
        wheel("winpart", "0.1"),
    ]


def combinations(count: int) -> list[Way]:
    """Return `count` ways that differ from the usual one in everything at once."""
    chance = random.Random(0)
    return [
        Way(
            f"combination {number}",
            {
                "PYTHONHASHSEED": str(chance.randrange(1 << 32)),
                "TZ": chance.choice(("UTC", "Asia/Kathmandu", "America/St_Johns")),
                "LC_ALL": chance.choice(("C", "C.UTF-8", "tr_TR.UTF-8")),
                "PYTHON_CPU_COUNT": chance.choice("1248"),
            },
            umask=chance.choice((0, 0o022, 0o077)),
            formats=chance.choice(("both", "json")),
            metadata=chance.choice((True, False, "advertised-but-missing", "present-but-unadvertised")),
            ranges=chance.random() < 0.5,
            is_reversed=chance.random() < 0.5,
            is_warm=chance.random() < 0.3,
        )
        for number in range(count)
    ]


def locked(directory: Path, ways: Sequence[Way] = WAYS) -> Iterator[tuple[str, str]]:
    """Lock the project in every way."""
    with LoopbackIndex() as index:
        first = b""
        for number, way in enumerate(ways):
            content = _lock(way, directory / f"way-{number}", index, directory / "cache")
            first = first or content
            yield way.name, _fault(content, first, directory)


def _lock(way: Way, project: Path, index: LoopbackIndex, warm: Path) -> bytes:
    index.formats, index.ranges = way.formats, way.ranges
    for built in reversed(universe()) if way.is_reversed else universe():
        index.remove(built.filename)
        index.add(built, metadata=way.metadata, upload_time="2024-01-02T03:04:05Z" if way.formats != "html" else "")
    write_project(project, ["app"], index=index.url, extras={"x": ["app[fancy]"]}, groups={"dev": ["ribbon"]})
    cache = {"LOCKENV_CACHE_DIR": str(warm)} if way.is_warm else {}
    with _masked(way.umask):
        done = lockenv("lock", cwd=project, env={**way.variables, **cache})
        if way.is_warm:
            project.joinpath("pylock.toml").unlink(missing_ok=True)
            done = lockenv("lock", cwd=project, env={**way.variables, **cache})
    return project.joinpath("pylock.toml").read_bytes() if done.code == 0 else f"exit {done.code}: {done.err}".encode()


def _fault(content: bytes, first: bytes, directory: Path) -> str:
    if content.startswith(b"exit "):
        return content[:200].decode()
    if content != first:
        return "other bytes"
    traces = [trace for trace in (str(directory), os.path.expanduser("~"), os.uname().nodename) if len(trace) > 3]
    return "".join(f"holds {trace}" for trace in traces if trace.encode() in content)


@contextmanager
def _masked(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)
