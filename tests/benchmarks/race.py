"""Time lockenv beside its peers: `python -m tests.benchmarks.race --index URL [WORKLOAD ...]`.

    python -m tests.benchmarks.race --index http://127.0.0.1:8490/simple/ --tool uv=PATH --tool old=PATH [--rounds N]

`race.toml` has the workloads. Each tool has its own project, cache and home. A tool is `lockenv` (that of this Python),
or NAME=PROGRAM; the kind of a program is its name in front of the first `-`: `uv`, `pdm`, `poetry`, `pipenv`, `pip`,
`nab`, and else another lockenv. Steps:

    lock-cold  no cache, no lockfile          check      whether the lockfile is up to date
    lock-warm  cache, no lockfile             sync-cold  lockfile, no cache, no environment
    relock     cache and lockfile             sync-warm  lockfile and cache, no environment
    add        the same, and one requirement more        sync-noop  nothing to do

The tools take turns, round by round, and each begins a round in turn; before a sync all pending writes of the disk are
written. Prints medians of wall seconds, and the MiB of memory at most, of the largest process. `--json FILE` keeps all
times; `python -m tests.benchmarks.chart FILE` draws them. See `snapshot` for an index, `relay` for a distant one.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import tomllib
from abc import ABC, abstractmethod
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, ClassVar

from packaging.requirements import Requirement

from tests.benchmarks.projects import run

if TYPE_CHECKING:
    from collections.abc import Sequence

STEPS = ("lock-cold", "lock-warm", "relock", "add", "check", "sync-cold", "sync-warm", "sync-noop")
MORE = "humanize"
"""The requirement that is added."""
_SECONDS = 900.0


class Tool(ABC):
    """A tool, with a project and a cache of its own."""

    lockfile: ClassVar[str]

    def __init__(self, name: str, program: str, place: Path, index: str, requirements: Sequence[str]) -> None:
        self.name = name
        self.program = program
        self.place = place
        self.index = index
        self._requirements = tuple(requirements)
        self.peak = 0.0
        """MiB."""
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        self.declare(self._requirements)

    def step(self, step: str) -> float:
        """Return the seconds that a step takes; what it begins with is made before."""
        if step == "add":
            return self._add()
        if step in ("lock-cold", "sync-cold"):
            self._remove("cache")
        if step in ("lock-cold", "lock-warm"):
            self._remove(self.lockfile)
        if step in ("sync-cold", "sync-warm"):
            self._remove(".venv")
            os.sync()
        commands = self.lock() if step in ("lock-cold", "lock-warm", "relock") else ()
        return self._time(commands or (self.check() if step == "check" else self.sync()))

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

    def _time(self, commands: Sequence[Sequence[str]]) -> float:
        spent = 0.0
        # The interpreter itself first: a version manager's shim costs whoever asks it a tenth of a second.
        path = os.pathsep.join((os.path.dirname(os.path.realpath(sys.executable)), os.environ["PATH"]))
        variables = {"HOME": str(self.place), "PATH": path, "NO_COLOR": "1", "PIP_CONFIG_FILE": os.devnull}
        variables["PYTHONDONTWRITEBYTECODE"] = ""  # else a tool in Python is compiled in each run
        for command in commands:
            done = run([self.program, *command], self.place, _SECONDS, **variables | self.variables())
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

    def settings(self) -> str:
        return f'[[tool.lockenv.index]]\nname = "race"\nurl = "{self.index}"\n'

    def variables(self) -> dict[str, str]:
        return {"LOCKENV_CACHE_DIR": str(self.place / "cache")}

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
        return [*new, ["sync", "-q", "--no-self"]]

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


class Nab(Tool):
    """nab locks for twelve targets here, and makes no environments."""

    lockfile = "pylock.toml"

    def settings(self) -> str:
        targets = 'platforms = ["linux_x86_64", "macos_arm64", "windows_amd64"]'
        index = f'[[tool.nab.indexes]]\nname = "race"\nurl = "{self.index}"\n'
        return f'[tool.nab.matrix]\npython = ">=3.11,<3.15"\n{targets}\n{index}'

    def lock(self) -> Sequence[Sequence[str]]:
        return [["lock", "-q", "pyproject.toml", "--cache-dir", "cache"]]


KINDS: dict[str, type[Tool]] = {"uv": Uv, "pdm": Pdm, "poetry": Poetry, "pipenv": Pipenv, "pip": Pip, "nab": Nab}


def main() -> int:
    """Race, and return 0 unless a step failed."""
    arguments = _arguments()
    workloads = tomllib.loads(Path(__file__).with_name("race.toml").read_text(encoding="utf-8"))["workload"]
    failures = 0
    kept: dict[str, dict[str, dict[str, list[float]]]] = {}
    for workload in arguments.workloads or list(workloads):
        tools = [
            KINDS.get(name.partition("-")[0], Lockenv)(
                name, program, Path(arguments.root).resolve() / workload / name, arguments.index, workloads[workload]
            )
            for name, program in (each.split("=", 1) for each in arguments.tools)
        ]
        times, failed = _race(tools, arguments.steps, arguments.rounds)
        failures += failed
        kept[workload] = times
        _show(workload, tools, times, arguments.steps)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(kept, indent=1), encoding="utf-8")
    return 1 if failures else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time lockenv beside its peers.")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="of race.toml; all by default")
    parser.add_argument("--index", required=True, metavar="URL")
    parser.add_argument("--tool", dest="tools", action="append", default=[], metavar="NAME=PROGRAM")
    parser.add_argument("--step", dest="steps", action="append", choices=STEPS, help="this step; all by default")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--root", default=str(Path(tempfile.gettempdir()) / "race"), help="where to work")
    parser.add_argument("--json", default="", metavar="FILE", help="keep all times there")
    arguments = parser.parse_args()
    arguments.tools.insert(0, f"lockenv={Path(sys.executable).with_name('lockenv')}")
    arguments.steps = [step for step in STEPS if step in (arguments.steps or STEPS)]
    return arguments


def _race(tools: Sequence[Tool], steps: Sequence[str], rounds: int) -> tuple[dict[str, dict[str, list[float]]], int]:
    """Return the seconds of each tool, step and round, and how many steps failed."""
    times: dict[str, dict[str, list[float]]] = {tool.name: {} for tool in tools}
    failed: set[tuple[str, str]] = set()
    for tool in tools:
        for first in ("lock-cold", "sync-cold"):
            _take(tool, first, {}, failed)
        tool.peak = 0.0
    for step in steps:
        for number in range(rounds):
            begins = number % len(tools)
            for tool in (*tools[begins:], *tools[:begins]):
                if (tool.name, step) not in failed:
                    _take(tool, step, times[tool.name], failed)
    return times, len(failed)


def _take(tool: Tool, step: str, times: dict[str, list[float]], failed: set[tuple[str, str]]) -> None:
    """Take a step, unless the tool has no such step."""
    if (step == "check" and not tool.check()) or (step.startswith("sync") and not tool.sync()):
        return
    try:
        times.setdefault(step, []).append(tool.step(step))
    except RuntimeError as error:
        failed.add((tool.name, step))
        print(error, file=sys.stderr)


def _show(workload: str, tools: Sequence[Tool], times: dict[str, dict[str, list[float]]], steps: Sequence[str]) -> None:
    print(f"| {workload} | {' | '.join(steps)} | peak MiB |", "|---" * (len(steps) + 2) + "|", sep="\n")
    for tool in tools:
        cells = [f"{median(spent):.3f}" if (spent := times[tool.name].get(step)) else "-" for step in steps]
        print(f"| {tool.name} | {' | '.join(cells)} | {tool.peak:.0f} |")
    print(flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
