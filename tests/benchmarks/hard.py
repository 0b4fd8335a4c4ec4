"""Lock what made resolvers search for minutes, beside uv: processor seconds with warm caches, effort, and who is older.

    python -m tests.benchmarks.hard --uv UV [--only NAME ...] [--rounds N] [--root DIR]
    python -m tests.benchmarks.hard --table [--root DIR]

`hard.toml` holds the requirements. Each tool locks once to fill its cache, and then in turn, without a lockfile:
online, where each page is requested again, and offline. The figures are medians of the rounds. All builds are allowed.
A direct requirement that is older than with uv, or missing, needs a note in the output of lockenv that names it; the
exit code is 1 where one has none, or where uv alone locks. Results are kept in the root; `--table` prints those.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.benchmarks.project_tables import UNWANTED
from tests.benchmarks.projects import exported, interpreter, lock_of, pyproject, run
from tests.benchmarks.versions import compare

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.benchmarks.projects import Run

DECLARED = Path(__file__).with_name("hard.toml")
HEAD = (
    "| case | packages | CPU s | offline CPU s | peak MiB | rounds | conflicts | regions | metadata files |",
    "|---|---|---|---|---|---|---|---|---|",
)
_EFFORT = re.compile(r"^(\d+) rounds?, (\d+) conflicts?, (\d+) regions?, (\d+) metadata files? read$", re.MULTILINE)


def main() -> int:
    """Return 0 when what uv locks was locked, and each direct requirement that is older has its reason."""
    arguments = _arguments()
    declared = tomllib.loads(DECLARED.read_text(encoding="utf-8"))
    root = Path(arguments.root).resolve()
    root.mkdir(parents=True, exist_ok=True)
    results = {}
    for name, project in declared["project"].items():
        kept = root / f"{name}.json"
        if not arguments.table and (not arguments.only or name in arguments.only):
            declared_here = {"exclude-newer": declared["exclude-newer"], **project}
            kept.write_text(json.dumps(_measure(name, declared_here, root, arguments), indent=1))
            print(row(name, json.loads(kept.read_text())))
            print(*(f"    {one}" for one in remarks(json.loads(kept.read_text()))), sep="\n", flush=True)
        if kept.is_file():
            results[name] = json.loads(kept.read_text())
    if arguments.table:
        print(*HEAD, *(row(name, result) for name, result in results.items()), "", sep="\n")
    print(summary(results))
    return 1 if any(map(is_wrong, results.values())) else 0


def is_wrong(result: Mapping[str, Any]) -> bool:
    """Return whether uv alone locked a case, or a direct requirement is older than with uv and nothing says why."""
    is_alone = bool(result["lockenv"]["failure"] and not result["uv"]["failure"])
    return is_alone or not all(one["note"] for one in result["older"])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Lock hard cases beside uv.")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these cases alone")
    parser.add_argument("--uv", default=shutil.which("uv") or "", help="the uv to compare with")
    parser.add_argument("--rounds", type=int, default=3, help="how often each tool locks with a warm cache")
    parser.add_argument("--seconds", type=float, default=600, help="when a command is given up")
    parser.add_argument("--root", default=str(Path(tempfile.gettempdir()) / "hard"), help="where to work")
    parser.add_argument("--table", action="store_true", help="measure nothing; print what was measured")
    return parser.parse_args()


def row(name: str, result: Mapping[str, Any]) -> str:
    """Return the row of one case: lockenv's figure, then uv's."""
    ours, theirs = result["lockenv"], result["uv"]
    pairs = (
        f"{ours['packages']}, {theirs['packages']}",
        *(f"{ours[key]:.2f}, {theirs[key]:.2f}" for key in ("warm", "offline")),
        f"{ours['peak']:.0f}, {theirs['peak']:.0f}",
        *map(str, result["effort"]),
    )
    return f"| {name} | {' | '.join(pairs)} |"


def remarks(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield why a tool has no lock, and each direct requirement that is older with lockenv."""
    for tool in ("lockenv", "uv"):
        if result[tool]["failure"]:
            yield f"{tool}: {result[tool]['failure']}"
    for one in result["older"]:
        versions = f"{one['name']} {one['ours'] or '-'} (uv {one['theirs'] or '-'})"
        yield f"{one['note'] or 'no reason'}: {versions} on {one['where']}"


def summary(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the medians of lockenv's figures over uv's, and the most that lockenv took."""
    both = [one for one in results.values() if not one["lockenv"]["failure"] and not one["uv"]["failure"]]
    if not both:
        return "nothing was locked by both"
    words = [
        f"{what} {median(one['lockenv'][key] / one['uv'][key] for one in both):.2f}"
        for key, what in (("warm", "CPU"), ("offline", "offline CPU"), ("peak", "peak memory"))
    ]
    most = max(one["lockenv"]["warm"] for one in results.values())
    return f"Medians of the quotients of {len(both)} cases: {'; '.join(words)}. At most {most:.1f} s of CPU."


def _measure(name: str, project: Mapping[str, Any], root: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    places = {tool: root / name / tool for tool in ("lockenv", "uv")}
    for tool, place in places.items():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        settings = {"lockenv": {"allow-build": True}}
        text = pyproject(name, {**project, **settings}, project["exclude-newer"], tool)
        (place / "pyproject.toml").write_text(text, encoding="utf-8")
    cache = root / "cache"
    python = interpreter(project["requires-python"])
    commands = {
        "lockenv": [sys.executable, "-m", "lockenv", "lock", "--cache-dir", str(cache / "lockenv")],
        "uv": [
            arguments.uv,
            "--cache-dir",
            str(cache / "uv"),
            "lock",
            "--python",
            python,
        ],
    }
    runs = _runs(places, commands, arguments)
    result: dict[str, Any] = {tool: _figures(found) for tool, found in runs.items()}
    said = runs["lockenv"]["first"][0].err
    effort = _EFFORT.search(said)
    result |= {"effort": list(effort.groups()) if effort else ["-"] * 4, "older": []}
    if not result["uv"]["failure"]:
        exported(places["uv"], cache / "uv", arguments.uv, arguments.seconds)
    locks = {tool: lock_of(place) for tool, place in places.items() if not result[tool]["failure"]}
    for tool, lock in locks.items():
        result[tool]["packages"] = len({one["name"] for one in lock["packages"]})
    if len(locks) == len(places):
        result["older"] = list(_older(project, locks, said))
    return result


def _runs(
    places: Mapping[str, Path], commands: Mapping[str, list[str]], arguments: argparse.Namespace
) -> dict[str, dict[str, list[Run]]]:
    """Return how each tool ended: once to fill its cache, then in turn, until one fails."""
    found: dict[str, dict[str, list[Run]]] = {tool: {"first": [], "warm": [], "offline": []} for tool in places}
    for kind in ("first", *("warm", "offline") * arguments.rounds):
        for tool, place in places.items():
            if any(run.code for runs in found[tool].values() for run in runs):
                continue
            for lock in (*place.glob("pylock*.toml"), *place.glob("uv.lock")):
                lock.unlink()
            options = {"first": ["-v"], "offline": ["--offline"]}.get(kind, [])
            found[tool][kind].append(run([*commands[tool], *options], place, arguments.seconds))
    return found


def _figures(runs: Mapping[str, list[Run]]) -> dict[str, Any]:
    failed = [run for kind in runs.values() for run in kind if run.code]
    failure = f"exit {failed[0].code} after {failed[0].seconds:.0f} s: {failed[0].err[-600:]}" if failed else ""
    measured = {key: median([run.cpu for run in runs[key]] or [0.0]) for key in ("warm", "offline")}
    peak = median([run.peak for run in runs["warm"]] or [0.0])
    return {**measured, "peak": peak, "packages": 0, "failure": failure}


def _older(project: Mapping[str, Any], locks: Mapping[str, Any], said: str) -> Iterator[dict[str, str]]:
    """Yield each direct requirement that is older than with uv, or missing, with the note on it if there is one."""
    direct = {canonicalize_name(Requirement(text).name) for text in project["dependencies"]}
    for one in compare(locks["lockenv"], locks["uv"], project["requires-python"]).differences:
        if one.name in direct and one.kind in UNWANTED:
            note = re.search(rf"^note: ({re.escape(one.name)} \S+ is chosen.*)$", said, re.MULTILINE)
            found = {"name": one.name, "ours": one.ours, "theirs": one.theirs, "where": one.where}
            yield {**found, "note": note[1] if note else ""}


if __name__ == "__main__":
    raise SystemExit(main())
