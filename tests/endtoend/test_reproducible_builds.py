"""The same sources make the same wheel, whatever directory they are built in, and on whatever day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.index.default import DEFAULT_INDEX
from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.wheels import sdist

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

_PROJECT = '[project]\nname = "thing"\nversion = "1.0"\ndescription = "A thing."\n'
BACKENDS = {
    "setuptools": ("setuptools.build_meta", '[tool.setuptools]\npackages = ["thing"]\n'),
    "hatchling": ("hatchling.build", ""),
    "flit-core": ("flit_core.buildapi", ""),
    "poetry-core": ("poetry.core.masonry.api", ""),
}
LATER = """\
# The real backend on another day: the clock, and the times of all files, are as many seconds later as a file says.
import os, pathlib, time

later = int(pathlib.Path({path!r}).read_text())
clock, utc, local = time.time, time.gmtime, time.localtime
time.time = lambda: clock() + later
time.time_ns = lambda: int(time.time() * 1e9)
time.gmtime = lambda seconds=None: utc(time.time() if seconds is None else seconds)
time.localtime = lambda seconds=None: local(time.time() if seconds is None else seconds)
for root, _, names in os.walk("."):
    for name in names:
        os.utime(os.path.join(root, name), (time.time(), time.time()))

from {backend} import *
"""
DAY = 86_400
"""Seconds."""


@pytest.mark.registry
@pytest.mark.parametrize("backend", BACKENDS)
def test_two_builds_make_one_wheel(backend: str, way_out: dict[str, str], tmp_path: Path, index: LoopbackIndex) -> None:
    entry, more = BACKENDS[backend]
    later = tmp_path / "later"
    system = f'[build-system]\nrequires = ["{backend}"]\nbuild-backend = "later"\nbackend-path = ["."]\n'
    files = {
        "pyproject.toml": f"{system}{_PROJECT}{more}",
        "later.py": LATER.format(path=str(later), backend=entry),
        "thing/__init__.py": '"""A thing."""\n',
        "thing/a.py": "\n",
    }
    index.add(sdist("thing", static=False, files=files))
    tool = {"allow-build": ["thing"], "index": [{"name": "default", "url": DEFAULT_INDEX}]}
    wheels = []
    for seconds, place in ((0, "here"), (DAY, "elsewhere/deeper")):
        later.write_text(str(seconds))
        project = write_project(tmp_path / place, ["thing"], index=index.url, tool=tool)
        lock, sync = lockenv("lock", cwd=project, env=way_out), lockenv("sync", cwd=project, env=way_out)
        assert (lock.code, sync.code) == (0, 0), lock.err + sync.err
        (note,) = project.with_name(f"{project.name}.cache").glob("built/*")
        wheels.append(note.read_text())

    assert wheels[0] == wheels[1]
    assert wheels[0].startswith("thing-1.0-py")
