"""Measure what `lockenv run` adds to a command where nothing changed: `python -m tests.benchmarks.overhead`.

The project in `fixtures/example` is copied, locked and synced from its index. Then these run in turn, round by round:
`true` and `lockenv run true`, the environment's `python -c pass` and `lockenv run python -c pass`; with `--uv UV` also
`uv run` of both. Printed are the machine, the medians of wall and processor milliseconds (user and system, children
included) above the command itself, and the least wall milliseconds. Exit code 1 where the processor time of `lockenv
run` is more than 60 ms above: on a machine with other work, wall time says as much about that work, unless the
benchmark goes first, as in `chrt -r 20 python -m tests.benchmarks.overhead`.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST = 60
"""Milliseconds of processor time."""
_COMMANDS: Mapping[str, Sequence[str]] = {"true": ["true"], "python -c pass": ["python", "-c", "pass"]}
"""What runs, by itself and behind `run`."""
_EXAMPLE = Path(__file__).parents[2] / "fixtures" / "example"
_LOCKENV = Path(sys.executable).with_name("lockenv")


class _Cost(NamedTuple):
    """Milliseconds of one run."""

    wall: float
    processor: float


def main() -> int:
    """Run the benchmark, and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--uv", default="", help="path of uv, to compare with")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="overhead-") as place:
        environ = {**os.environ, "HOME": place, "XDG_CACHE_HOME": f"{place}/cache", "XDG_DATA_HOME": f"{place}/data"}
        for name in ("VIRTUAL_ENV", "CI"):
            environ.pop(name, None)
        project = Path(place, "example")
        shutil.copytree(_EXAMPLE, project)
        subprocess.run([_LOCKENV, "-q", "run", "true"], cwd=project, env=environ, check=True)
        if options.uv:
            shutil.copytree(_EXAMPLE, f"{place}/uv")
            subprocess.run(
                [options.uv, "run", "--project", f"{place}/uv", "true"], cwd=project, env=environ, check=True
            )
        commands: dict[str, Sequence[str]] = {}
        for name, command in _COMMANDS.items():
            commands[name] = [
                f"{project}/.venv/bin/{command[0]}" if command[0] == "python" else command[0],
                *command[1:],
            ]
            commands[f"lockenv run {name}"] = [str(_LOCKENV), "run", *command]
            if options.uv:
                commands[f"uv run {name}"] = [options.uv, "run", "--project", f"{place}/uv", *command]
        return _reported(_measured(commands, options.rounds, project, environ))


def _measured(
    commands: Mapping[str, Sequence[str]], rounds: int, project: Path, environ: Mapping[str, str]
) -> dict[str, list[_Cost]]:
    """Return the costs of each command, which run in turn."""
    costs: dict[str, list[_Cost]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            costs[name].append(_cost(command, project, environ))
    return costs


def _cost(command: Sequence[str], project: Path, environ: Mapping[str, str]) -> _Cost:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=project, env=environ, check=True)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return _Cost(wall * 1000, processor * 1000)


def _reported(costs: Mapping[str, Sequence[_Cost]]) -> int:
    """Print a line for each command; return the exit code."""
    rounds = len(costs["true"])
    python = f"{platform.python_implementation()} {platform.python_version()}"
    print(f"{platform.system()} {platform.release()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {python}")
    print(f"{rounds} rounds in turn; medians of milliseconds above the command itself")
    most = 0.0
    for name, found in costs.items():
        base = costs[next(one for one in _COMMANDS if name.endswith(one))]
        if base is found:
            continue
        wall, processor = (one - other for one, other in zip(_medians(found), _medians(base), strict=True))
        least = min(cost.wall for cost in found) - min(cost.wall for cost in base)
        print(f"{name:26} wall {wall:6.1f}  processor {processor:6.1f}  least wall {least:6.1f}")
        most = max(most, processor if name.startswith("lockenv") else 0)
    return int(most > MOST)


def _medians(costs: Sequence[_Cost]) -> _Cost:
    return _Cost(*(statistics.median(each) for each in zip(*costs, strict=True)))


if __name__ == "__main__":
    sys.exit(main())
