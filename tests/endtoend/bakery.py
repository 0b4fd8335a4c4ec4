"""A small project in every state that a user can find it in, each made once; and the index it is locked from."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING

from tests.support.program import lockenv, lockenv_here
from tests.support.repository import commit, git, repository
from tests.support.server import Answer, LoopbackIndex
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = {"LOCKENV_NOW": "2026-03-01T12:00:00Z"}
_PYPROJECT = """\
[project]
name = "bakery"
version = "1.0"
requires-python = ">=3.11"
dependencies = [
  "oven>=1",
  "flour",
]

[project.optional-dependencies]
festive = ["oven[glaze]"]

[dependency-groups]
dev = ["taster>=3"]

[[tool.lockenv.index]]
name = "loopback"
url = "{url}"
"""
_ADVISORY = {
    "id": "GHSA-aaaa-bbbb-cccc",
    "aliases": ["CVE-2026-1"],
    "summary": "flour reads a recipe that it should not",
    "details": "Long.",
    "fixed_in": ["1.2"],
    "link": "https://osv.example/GHSA-aaaa-bbbb-cccc",
    "source": "osv",
    "withdrawn": None,
}
_BAKE = "def main() -> None:\n    import flour\n\n    print('baked with flour', flour.__version__)\n"


def fill(index: LoopbackIndex) -> None:
    """Put everything on `index`, with what is known of it."""
    index.page_cache_control = "no-cache"
    index.add_all(
        wheel(
            "oven",
            "1.4",
            requires=["flour>=1", "thermostat; sys_platform == 'win32'"],
            extras={"glaze": ["sugar"]},
            files={"oven.py": _BAKE},
            entry_points={"console_scripts": {"bake": "oven:main"}},
        ),
        wheel("flour", "1.0"),
        wheel("flour", "1.1"),
        wheel("sugar", "2.0"),
        wheel("taster", "3.0"),
        wheel("thermostat", "0.5"),
        wheel("sourdough", "1.0", requires=["flour<1"]),
        wheel("poppy", "1.0", dist_info={"WHEEL": "Wheel-Version: 9.0\n"}),
        wheel("raisin", "0.9", files={"../../../raisin.py": "evil = True\n"}),
        sdist("crumb", "0.1"),
    )
    reported = json.dumps({"info": {}, "vulnerabilities": [_ADVISORY]}).encode()
    index.fail("/pypi/flour/1.1/json", Answer(reported, {"Content-Type": "application/json"}), times=None)
    index.fail("/pypi/", Answer(b'{"info": {}, "vulnerabilities": []}'), times=None)


def short_place(name: str) -> tempfile.TemporaryDirectory[str]:
    """Return a directory of one length for each `name`, with all links resolved: recorded lines break by its path.

    It is in memory where Linux has a filesystem there: these projects are copied hundreds of times.
    """
    if os.access("/dev/shm", os.W_OK):
        # Four characters more than /tmp.
        return tempfile.TemporaryDirectory(prefix=f"{name}-"[4:], dir="/dev/shm")
    usual = os.path.realpath("/tmp") if os.access("/tmp", os.W_OK) else None
    return tempfile.TemporaryDirectory(prefix=f"{name}-", dir=usual)


class Bakery:
    """The project at `directory` in whatever state is asked for; nothing else is beside it."""

    def __init__(self, place: Path, index: LoopbackIndex) -> None:
        self._place = place
        self.index = index
        self._states = _states()
        self.directory = place / "bakery"

    def become(self, state: str) -> None:
        """Bring the project, its home and its cache into `state`."""
        stored = self._place / "states" / state
        if not stored.is_dir():
            before, make = self._states[state]
            if before:
                self.become(before)
            else:
                self._clear()
                self.directory.mkdir()
            make(self.directory, self.index)
            stored.mkdir(parents=True)
            _copy([path for path in self._paths() if path.is_dir()], stored)
        self._clear()
        _copy(sorted(stored.iterdir()), self._place)
        if state == "synced":
            # What a sync notes of the files it leaves does not hold for their copies.
            result = lockenv_here("sync", cwd=self.directory, env=NOW)
            assert result.code == 0, result.err

    def _paths(self) -> list[Path]:
        names = ("bakery", "bakery.home", "bakery.cache", "bakery.origin")
        return [self._place / name for name in names]

    def _clear(self) -> None:
        for path in self._paths():
            shutil.rmtree(path, ignore_errors=True)


def _copy(paths: list[Path], directory: Path) -> None:
    """Copy all at once, so that what is one file under two names stays one."""
    subprocess.run(["cp", "-a", *paths, directory], check=True)


_Make = tuple[str, "Callable[[Path, LoopbackIndex], object]"]


def _states() -> dict[str, _Make]:
    """Return for each state the one it is made from ("" for nothing) and what makes it."""
    return {
        "nothing": ("", lambda _here, _index: None),
        "declared": ("nothing", _declare),
        "locked": ("declared", _run("lock")),
        "synced": ("locked", _run("sync")),
        "behind": ("synced", _run("remove", "--group", "dev", "taster", "--no-sync")),
        "drifted": ("synced", _drift),
        "stale": ("locked", _replaced("pyproject.toml", '  "flour",\n', '  "flour<1.1",\n  "sugar",\n')),
        "loose": ("locked", _replaced("pyproject.toml", "oven>=1", "oven>=0.5")),
        "moved": ("locked", _replaced("pylock.toml", "/files/flour-1.1", "/other/flour-1.1")),
        "edited": ("locked", _replaced("pylock.toml", 'version = "1.1"', 'version = "1.0"')),
        "garbled": ("locked", _replaced("pylock.toml", 'lock-version = "1.0"', 'lock-version = "1.0')),
        "misspelled": ("declared", _replaced("pyproject.toml", '"flour"', '"flour >"')),
        "not-toml": ("declared", _replaced("pyproject.toml", "dependencies = [", "dependencies = (")),
        "unsolvable": ("declared", _replaced("pyproject.toml", '"flour"', '"sourdough"')),
        "unknown": ("declared", _replaced("pyproject.toml", '"flour"', '"flower"')),
        "unbuilt": ("declared", _replaced("pyproject.toml", '"flour"', '"crumb"')),
        "refused": ("declared", _refused),
        "foreign": ("declared", _written("requirements.txt", "oven==1.4\nflour==1.0\nsugar==1.9\n")),
        "committed": ("locked", _commit),
        "changed": ("committed", _change),
        "conflicting": ("committed", _conflict),
    }


def _declare(here: Path, index: LoopbackIndex) -> None:
    here.joinpath("pyproject.toml").write_text(_PYPROJECT.format(url=index.url), "utf-8")


def _run(*args: str) -> Callable[[Path, LoopbackIndex], object]:
    def make(here: Path, _index: LoopbackIndex) -> None:
        result = lockenv(*args, cwd=here, env=NOW)
        assert result.code == 0, result.err

    return make


def _replaced(file: str, old: str, new: str) -> Callable[[Path, LoopbackIndex], object]:
    def make(here: Path, _index: LoopbackIndex) -> None:
        text = here.joinpath(file).read_text("utf-8")
        assert old in text
        here.joinpath(file).write_text(text.replace(old, new), "utf-8")

    return make


def _written(file: str, text: str) -> Callable[[Path, LoopbackIndex], object]:
    return lambda here, _index: here.joinpath(file).write_text(text, "utf-8")


def _refused(here: Path, index: LoopbackIndex) -> None:
    _replaced("pyproject.toml", '"flour"', '"raisin"')(here, index)
    _run("lock")(here, index)


def _drift(here: Path, _index: LoopbackIndex) -> None:
    """Change a file that was installed, and put one there that was not."""
    (installed,) = here.glob(".venv/lib/*/site-packages/oven.py")
    installed.write_text("evil = True\n", "utf-8")
    installed.with_name("extra.pth").write_text("import os\n", "utf-8")


def _commit(here: Path, _index: LoopbackIndex) -> None:
    repository(here)
    commit(here, "Lock")


def _change(here: Path, index: LoopbackIndex) -> None:
    """Lock other versions, without a commit."""
    _replaced("pyproject.toml", '"flour"', '"flour<1.1"')(here, index)
    _replaced("pyproject.toml", 'dev = ["taster>=3"]', 'dev = ["crumb"]')(here, index)
    here.joinpath("pyproject.toml").write_text(
        here.joinpath("pyproject.toml").read_text("utf-8") + '\n[tool.lockenv]\nallow-build = ["crumb"]\n', "utf-8"
    )
    _run("lock")(here, index)


def _conflict(here: Path, index: LoopbackIndex) -> None:
    """Leave what git passes its merge driver: the two sides and what they come from."""
    for side, line in (("ours", '  "flour<1.1",\n'), ("theirs", '  "flour",\n  "sugar",\n')):
        git(here, "checkout", "--quiet", "-B", side, "main")
        _replaced("pyproject.toml", '  "flour",\n', line)(here, index)
        _run("lock")(here, index)
        commit(here, side)
    git(here, "show", "main:pylock.toml")
    for name, revision in (("O", "main"), ("A", "ours"), ("B", "theirs")):
        here.joinpath(name).write_text(git(here, "show", f"{revision}:pylock.toml"), "utf-8")
