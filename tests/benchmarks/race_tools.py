"""The tools of the race, each with a project and a cache of its own: how each is set up, and what each step runs."""

from __future__ import annotations

import json
import os
import shutil
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from packaging.requirements import Requirement

from tests.benchmarks.projects import run

if TYPE_CHECKING:
    from collections.abc import Sequence

MORE = "humanize"
"""The requirement that is added."""
_SECONDS = 900.0


class Tool(ABC):
    """A tool, with a project and a cache of its own."""

    lockfile: ClassVar[str]
    answers: ClassVar[str] = ""
    """Where the tool remembers what it answered; empty where it does not."""

    def __init__(
        self, name: str, program: str, place: Path, index: str, requirements: Sequence[str], *, builds: bool = False
    ) -> None:
        self.name = name
        self.builds = builds
        """Whether some metadata comes from builds alone."""
        self.program = program
        self.place = place
        self.index = index
        self.aside = place.with_name(f"{place.name}.aside")
        """Where environments are moved that are no longer needed: see `_put_aside`. Whoever races removes it last."""
        self._requirements = tuple(requirements)
        self.peak = 0.0
        """MiB."""
        shutil.rmtree(place, ignore_errors=True)
        shutil.rmtree(self.aside, ignore_errors=True)
        self.aside.mkdir(parents=True)
        place.mkdir(parents=True)
        self.declare(self._requirements)

    def step(self, step: str) -> float:
        """Return the seconds that a step takes; what it begins with is made before."""
        if step == "add":
            return self._add()
        if step in ("lock-cold", "sync-cold"):
            self._remove("cache")
        if step in ("lock-cold", "lock-warm", "lock-search"):
            self._remove(self.lockfile)
        if step == "lock-search" and self.answers:
            self._remove(self.answers)
        if step == "sync-cold":
            self._remove(".venv")  # with its cache: what is linked to files of a cache keeps them on the disk
        if step == "sync-first":
            self._put_aside("cache")
        if step in ("sync-first", "sync-warm"):
            self._put_aside(".venv")
        if step in ("sync-first", "sync-cold", "sync-warm"):
            os.sync()
        commands = self.lock() if step in ("lock-cold", "lock-warm", "lock-search", "relock") else ()
        spent = self._time(commands or (self.check() if step == "check" else self.sync()))
        if step.startswith("sync"):
            self._require_installed()
        return spent

    def _require_installed(self) -> None:
        """Raise RuntimeError unless the environment has a distribution for each requirement without a marker."""
        installed = len([*self.place.glob(".venv/lib/python*/site-packages/*.dist-info")])
        if installed < sum(";" not in each for each in self._requirements):
            raise RuntimeError(f"{self.name} installed {installed} distributions")

    def _add(self) -> float:
        self.declare((*self._requirements, MORE))
        spent = self._time(self.lock())
        self.declare(self._requirements)
        self._time(self.lock())
        return spent

    def _remove(self, name: str) -> None:
        path = self.place / name
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)

    def _put_aside(self, name: str) -> None:
        """Move a directory out of the way, which is removed when all is over.

        ext4 without a journal does not use the inodes of what was removed in the last minutes again, and looks at each
        of them for every file and directory that it makes: for 1,000 directories this took 0.3 s instead of 0.05 s.
        """
        if (self.place / name).exists():
            (self.place / name).rename(self.aside / str(len([*self.aside.iterdir()])))

    def _time(self, commands: Sequence[Sequence[str]]) -> float:
        spent = 0.0
        # The interpreter itself first: a version manager's shim costs whoever asks it a tenth of a second.
        path = os.pathsep.join((os.path.dirname(os.path.realpath(sys.executable)), os.environ["PATH"]))
        variables = {"HOME": str(self.place), "PATH": path, "NO_COLOR": "1", "PIP_CONFIG_FILE": os.devnull}
        variables["PYTHONDONTWRITEBYTECODE"] = ""  # else a tool in Python is compiled in each run
        for command in commands:
            own = [] if os.path.isabs(command[0]) else [self.program]
            done = run([*own, *command], self.place, _SECONDS, **variables | self.variables())
            if done.code:
                raise RuntimeError(
                    f"{self.name} {' '.join(command)}: exit {done.code}: {(done.err or done.out)[-500:]}"
                )
            spent += done.seconds
            self.peak = max(self.peak, done.peak)
        return spent

    def declare(self, requirements: Sequence[str]) -> None:
        """Write what the tool reads."""
        lines = "".join(f"  {json.dumps(each)},\n" for each in requirements)
        text = f'[project]\nname = "race"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = [\n{lines}]\n'
        (self.place / "pyproject.toml").write_text(text + self.settings(), encoding="utf-8")

    def settings(self) -> str:
        """Return the tables of the tool in `pyproject.toml`."""
        return ""

    def variables(self) -> dict[str, str]:
        """Return what the tool finds in its environment."""
        return {}

    @abstractmethod
    def lock(self) -> Sequence[Sequence[str]]:
        """Return the arguments of each command that locks."""

    def sync(self) -> Sequence[Sequence[str]]:
        """Return those that make the environment; none where the tool makes none."""
        return ()

    def check(self) -> Sequence[Sequence[str]]:
        """Return those that tell whether the lockfile is up to date; none where the tool cannot."""
        return ()


class Lockenv(Tool):
    lockfile = "pylock.toml"
    answers = "cache/resolutions-2"

    def settings(self) -> str:
        allowed = "[tool.lockenv]\nallow-build = true\n" if self.builds else ""
        return f'{allowed}[[tool.lockenv.index]]\nname = "race"\nurl = "{self.index}"\n'

    def variables(self) -> dict[str, str]:
        own = {"LOCKENV_CACHE_DIR": str(self.place / "cache")}
        return {**own, "LOCKENV_ALLOW_HTTP": urlsplit(self.index).hostname or ""}

    def lock(self) -> Sequence[Sequence[str]]:
        return [["lock", "-q"]]

    def sync(self) -> Sequence[Sequence[str]]:
        return [["sync", "-q"]]

    def check(self) -> Sequence[Sequence[str]]:
        return [["check", "-q"]]


class Uv(Tool):
    lockfile = "uv.lock"

    def settings(self) -> str:
        return f'[[tool.uv.index]]\nurl = "{self.index}"\ndefault = true\n'

    def variables(self) -> dict[str, str]:
        return {"UV_CACHE_DIR": str(self.place / "cache"), "UV_PYTHON_DOWNLOADS": "never"}

    def lock(self) -> Sequence[Sequence[str]]:
        return [["lock", "-q"]]

    def sync(self) -> Sequence[Sequence[str]]:
        return [["sync", "-q", "--frozen", "--no-install-project"]]

    def check(self) -> Sequence[Sequence[str]]:
        return [["lock", "-q", "--check"]]


class Pdm(Tool):
    lockfile = "pdm.lock"

    def settings(self) -> str:
        source = f'[[tool.pdm.source]]\nname = "pypi"\nurl = "{self.index}"\nverify_ssl = false\n'
        return f"[tool.pdm]\ndistribution = false\n{source}"

    def variables(self) -> dict[str, str]:
        own = {"PDM_CACHE_DIR": str(self.place / "cache"), "PDM_PYTHON": sys.executable}
        return {**own, "PDM_CHECK_UPDATE": "0", "PDM_INSTALL_CACHE": "1"}

    def lock(self) -> Sequence[Sequence[str]]:
        return [["lock", "-q"]]

    def sync(self) -> Sequence[Sequence[str]]:
        new = [] if (self.place / ".venv").exists() else [["venv", "create", "-q", sys.executable]]
        # Else it installs into PDM_PYTHON.
        return [*new, ["sync", "-q", "--no-self", "--venv", "in-project"]]

    def check(self) -> Sequence[Sequence[str]]:
        return [["lock", "--check", "-q"]]


class Poetry(Tool):
    lockfile = "poetry.lock"

    def settings(self) -> str:
        source = f'[[tool.poetry.source]]\nname = "race"\nurl = "{self.index}"\npriority = "primary"\n'
        return f"[tool.poetry]\npackage-mode = false\n{source}"

    def variables(self) -> dict[str, str]:
        own = {"POETRY_CACHE_DIR": str(self.place / "cache")}
        return {**own, "POETRY_VIRTUALENVS_IN_PROJECT": "1", "POETRY_NO_INTERACTION": "1"}

    def lock(self) -> Sequence[Sequence[str]]:
        return [["lock", "-q"]]

    def sync(self) -> Sequence[Sequence[str]]:
        return [["sync", "-q", "--no-root"]]

    def check(self) -> Sequence[Sequence[str]]:
        return [["check", "--lock", "-q"]]


class Pipenv(Tool):
    lockfile = "Pipfile.lock"

    def declare(self, requirements: Sequence[str]) -> None:
        lines = [f'[[source]]\nname = "pypi"\nurl = "{self.index}"\nverify_ssl = false\n[packages]']
        for each in map(Requirement, requirements):
            table = [f"version = {json.dumps(str(each.specifier) or '*')}"]
            table += [f"extras = {json.dumps(sorted(each.extras))}"] if each.extras else []
            table += [f"markers = {json.dumps(str(each.marker))}"] if each.marker else []
            lines.append(f'"{each.name}" = {{{", ".join(table)}}}')
        (self.place / "Pipfile").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def variables(self) -> dict[str, str]:
        cache = str(self.place / "cache")
        return {
            "PIPENV_CACHE_DIR": cache,
            "PIP_CACHE_DIR": cache,
            "PIPENV_VENV_IN_PROJECT": "1",
            "PIPENV_PYTHON": sys.executable,
        }

    def lock(self) -> Sequence[Sequence[str]]:
        return [["lock", "-q"]]

    def sync(self) -> Sequence[Sequence[str]]:
        return [["sync", "-q"]]

    def check(self) -> Sequence[Sequence[str]]:
        return [["verify"]]


class Pip(Tool):
    """pip locks for the machine that it runs on alone."""

    lockfile = "pylock.toml"

    def declare(self, requirements: Sequence[str]) -> None:
        (self.place / "requirements.in").write_text("\n".join(requirements) + "\n", encoding="utf-8")

    def variables(self) -> dict[str, str]:
        return {"PIP_CACHE_DIR": str(self.place / "cache"), "PIP_INDEX_URL": self.index}

    def lock(self) -> Sequence[Sequence[str]]:
        return [["lock", "-q", "-r", "requirements.in"]]

    def sync(self) -> Sequence[Sequence[str]]:
        new = [] if (self.place / ".venv").exists() else [[sys.executable, "-m", "venv", "--without-pip", ".venv"]]
        return [*new, ["--python", ".venv/bin/python", "install", "-q", "-r", "pylock.toml"]]


class PipTools(Pip):
    """pip-tools locks for the machine that it runs on alone, and installs with pip."""

    lockfile = "requirements.txt"

    def lock(self) -> Sequence[Sequence[str]]:
        cache = ["--cache-dir", str(self.place / "cache")]
        return [["-q", "--generate-hashes", "--strip-extras", *cache, "-o", "requirements.txt", "requirements.in"]]

    def sync(self) -> Sequence[Sequence[str]]:
        new = [] if (self.place / ".venv").exists() else [[sys.executable, "-m", "venv", ".venv"]]
        program = str(Path(self.program).with_name("pip-sync"))
        return [*new, [program, "-q", "--python-executable", ".venv/bin/python", "requirements.txt"]]


class Nab(Tool):
    """nab locks for twelve targets here, and makes no environments."""

    lockfile = "pylock.toml"

    def settings(self) -> str:
        targets = 'platforms = ["linux_x86_64", "macos_arm64", "windows_amd64"]'
        index = f'[[tool.nab.indexes]]\nname = "race"\nurl = "{self.index}"\n'
        return f'[tool.nab.matrix]\npython = ">=3.11,<3.15"\n{targets}\n{index}'

    def lock(self) -> Sequence[Sequence[str]]:
        return [["lock", "-q", "pyproject.toml", "--cache-dir", "cache"]]


KINDS: dict[str, type[Tool]] = {
    "uv": Uv,
    "pdm": Pdm,
    "poetry": Poetry,
    "pipenv": Pipenv,
    "pip": Pip,
    "piptools": PipTools,
    "nab": Nab,
}
