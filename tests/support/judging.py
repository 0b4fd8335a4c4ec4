"""Ask `verify` again and again about one environment, having read its lock and its wheels once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.environment.venv import interpreter, open_environment
from lockenv.environment.verify import Drifted, Sound, verify
from lockenv.lockfile.select import Selection, select
from lockenv.lockfile.text import read
from lockenv.sync.expected import expected
from tests.support.changes import made
from tests.support.program import environment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.changes import Change


class Judge:
    """What one environment of `project`, at `root`, has to hold."""

    def __init__(self, project: Path, root: Path) -> None:
        self._environ = environment(project)
        cache = self._environ["LOCKENV_CACHE_DIR"]
        found = open_environment(str(root))
        assert found is not None
        self._environment = found
        self._interpreter = interpreter(found, cache_dir=cache, environ=self._environ)
        lock = read(project.joinpath("pylock.toml").read_text(encoding="utf-8"))
        chosen = select(lock, self._interpreter.target, (), ())
        assert isinstance(chosen, Selection)
        self._expected = expected(chosen.files, found, f"{cache}/archives").files
        self._root = root
        self._aside = root.with_name(f"{root.name}.aside")
        self._aside.mkdir(exist_ok=True)

    @property
    def tag(self) -> str:
        """The cache tag of the environment's interpreter (CPython alone)."""
        major, minor = self._interpreter.version.split(".")[:2]
        return f"cpython-{major}{minor}"

    def answer(self) -> Sound | Drifted:
        """Give the verdict on the environment as it is."""
        return verify(self._environment, self._expected, interpreter=self._interpreter, environ=self._environ)

    def named(self, change: Change) -> set[str]:
        """Give the paths that are named while `change` is made; it is taken back afterwards."""
        with made(change, self._root, self._aside):
            answer = self.answer()
        return {found.path for found in answer.findings} if isinstance(answer, Drifted) else set()
