"""Time lockenv beside its peers: `python -m tests.benchmarks.race --index URL [WORKLOAD ...]`.

    python -m tests.benchmarks.race --index http://127.0.0.1:8490/simple/ --tool uv=PATH --tool old=PATH [--rounds N]

`race.toml` has the workloads; those of `projects.toml` can be named, too. Each tool has its own project, cache and
home. A tool is `lockenv` (that of this Python), or NAME=PROGRAM; the kind of a program is its name in front of the
first `-`: `uv`, `pdm`, `poetry`, `pipenv`, `pip`, `piptools`, `nab`, and else another lockenv. Steps:

    lock-cold    no cache, no lockfile        check      whether the lockfile is up to date
    lock-warm    cache, no lockfile           sync-cold  lockfile, no cache, no environment
    lock-search  the same, but what earlier   sync-warm  lockfile and cache, no environment
                 answers were is forgotten    sync-noop  nothing to do
    relock       cache and lockfile           sync-first as sync-cold, where nothing was removed lately
    add          the same, and one requirement more

The tools take turns, round by round, and each begins a round in turn; before a sync all pending writes of the disk are
written, and before *sync-warm* and *sync-first* what the round before made is moved aside, to be removed when all is
over: some file systems take long to make files where many were removed.
Prints medians of wall seconds, in brackets how many times those of lockenv they are, and the MiB of memory at most, of
the largest process. `--peer-rounds` are those of tools that are not lockenv or uv, and may take minutes. `--json FILE`
keeps all times; `python -m tests.benchmarks.chart FILE` draws them. See `snapshot` for an index, `relay` for a distant
one.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.benchmarks.race_tools import KINDS, Lockenv, Tool

if TYPE_CHECKING:
    from collections.abc import Sequence

FAST = ("lockenv", "uv")
STEPS = (
    "lock-cold",
    "lock-warm",
    "lock-search",
    "relock",
    "add",
    "check",
    "sync-first",
    "sync-cold",
    "sync-warm",
    "sync-noop",
)


def main() -> int:
    """Race, and return 0 unless a step failed."""
    arguments = _arguments()
    declared = _table("race.toml")
    workloads = {name: each.get("dependencies", ()) for name, each in _table("projects.toml")["project"].items()}
    workloads |= declared["workload"]
    failures = 0
    kept: dict[str, dict[str, dict[str, list[float]]]] = {}
    raced: list[Tool] = []
    for workload in arguments.workloads or list(declared["workload"]):
        tools = [
            KINDS.get(name.partition("-")[0], Lockenv)(
                name,
                program,
                Path(arguments.root).resolve() / workload / name,
                arguments.index,
                workloads[workload],
                builds=workload in declared["builds"],
            )
            for name, program in (each.split("=", 1) for each in arguments.tools)
        ]
        raced += tools
        times, failed = _race(tools, arguments.steps, arguments.rounds, arguments.peer_rounds)
        failures += failed
        kept[workload] = times
        _show(workload, tools, times, arguments.steps, is_worst=arguments.worst)
    for tool in raced:
        shutil.rmtree(tool.aside)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(kept, indent=1), encoding="utf-8")
    return 1 if failures else 0


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time lockenv beside its peers.")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="of race.toml; all by default")
    parser.add_argument("--index", required=True, metavar="URL")
    parser.add_argument("--tool", dest="tools", action="append", default=[], metavar="NAME=PROGRAM")
    parser.add_argument("--step", dest="steps", action="append", choices=STEPS, help="this step; all by default")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--peer-rounds", type=int, default=0, help="of other tools than lockenv and uv; as many")
    parser.add_argument("--worst", action="store_true", help="print the worst of the rounds, too")
    parser.add_argument("--root", default=str(Path(tempfile.gettempdir()) / "race"), help="where to work")
    parser.add_argument("--json", default="", metavar="FILE", help="keep all times there")
    arguments = parser.parse_args()
    arguments.tools.insert(0, f"lockenv={Path(sys.executable).with_name('lockenv')}")
    arguments.peer_rounds = arguments.peer_rounds or arguments.rounds
    arguments.steps = [step for step in STEPS if step in (arguments.steps or STEPS)]
    return arguments


def _race(
    tools: Sequence[Tool], steps: Sequence[str], rounds: int, peer_rounds: int
) -> tuple[dict[str, dict[str, list[float]]], int]:
    """Return the seconds of each tool, step and round, and how many steps failed."""
    times: dict[str, dict[str, list[float]]] = {tool.name: {} for tool in tools}
    failed: set[tuple[str, str]] = set()
    for tool in tools:
        for first in ("lock-cold", "sync-cold")[: 1 + any(step.startswith("sync") for step in steps)]:
            _take(tool, first, {}, failed)
        tool.peak = 0.0
    # Last, as it removes thousands of files: see `Tool._put_aside`.
    for step in sorted(steps, key="sync-cold".__eq__):
        for number in range(rounds):
            begins = number % len(tools)
            for tool in (*tools[begins:], *tools[:begins]):
                if (tool.name, step) not in failed and (number < peer_rounds or tool.name in FAST):
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


def _show(
    workload: str,
    tools: Sequence[Tool],
    times: dict[str, dict[str, list[float]]],
    steps: Sequence[str],
    *,
    is_worst: bool,
) -> None:
    print(f"| {workload} | {' | '.join(steps)} | peak MiB |", "|---" * (len(steps) + 2) + "|", sep="\n")
    own = times[tools[0].name]
    for tool in tools:
        cells = []
        for step in steps:
            spent = times[tool.name].get(step)
            if not spent:
                cells.append("-")
                continue
            worst = f", {max(spent):.2f}" if is_worst else ""
            ratio = f" ({median(spent) / median(own[step]):.2g}x)" if tool is not tools[0] and own.get(step) else ""
            cells.append(f"{median(spent):.3f}{worst}{ratio}")
        print(f"| {tool.name} | {' | '.join(cells)} | {tool.peak:.0f} |")
    print(flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
