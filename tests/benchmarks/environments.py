"""Lock public projects once with lockenv and once with uv; count, environment by environment, whose versions are newer.

    python -m tests.benchmarks.environments --uv UV [--only NAME ...] [--root DIR]
    python -m tests.benchmarks.environments --table [--root DIR]

`projects.toml` holds the requirements. A project that says nothing of Pythons is locked for Python 3.9 and later, or,
where one of the tools finds no lock for that, for 3.10 and later. The environments are Linux, macOS and Windows on two
machines each, under CPython 3.9 to 3.15, with all extras and groups. All builds are allowed. Each version lower than
uv's, or missing, needs a reason: one that `tests.benchmarks.reasons` finds in the two locks, or one that
`projects.toml` states. The exit code is 1 where one has none. All projects share one cache. The locks are kept in the
root; `--table` locks nothing, compares those that are there and prints the tables.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.environment_tables import Found, tables
from tests.benchmarks.projects import DECLARED, exported, interpreter, lock_of, pyproject, run
from tests.benchmarks.reasons import Locks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SPANS = (">=3.9", ">=3.10")
"""What is tried, in this order, for a project that does not say which Pythons it supports."""


def main() -> int:
    """Return 0 when each difference has its reason."""
    arguments = _arguments()
    declared = tomllib.loads(DECLARED.read_text(encoding="utf-8"))
    root = Path(arguments.root).resolve()
    root.mkdir(parents=True, exist_ok=True)
    for name, project in declared["project"].items():
        if not arguments.table and (not arguments.only or name in arguments.only):
            print(name, _lock(root / name, name, project, declared["exclude-newer"], arguments), flush=True)
    found = [one for name, project in declared["project"].items() for one in _found(root / name, name, project)]
    print(*tables(found), sep="\n")
    return 0 if all(one.is_explained for one in found) else 1


def _found(place: Path, name: str, project: Mapping[str, Any]) -> Iterator[Found]:
    """Yield what both tools locked below `place`; nothing where no one has locked yet."""
    if not (place / "lockenv/said.txt").is_file():
        return
    locks = {tool: lock_of(place / tool) for tool in ("lockenv", "uv") if (place / tool / "pylock.toml").is_file()}
    declared = (
        *project.get("dependencies", ()),
        *(text for key in ("extras", "groups") for texts in project.get(key, {}).values() for text in texts),
    )
    both = None
    if len(locks) == 2:
        graph = tomllib.loads((place / "uv/uv.lock").read_text(encoding="utf-8"))
        both = Locks(ours=locks["lockenv"], theirs=locks["uv"], graph=graph, declared=declared)
    yield Found(
        name=name,
        locks=both,
        failed=tuple(sorted({"lockenv", "uv"} - locks.keys())),
        said=(place / "lockenv/said.txt").read_text(encoding="utf-8"),
        stated=project.get("differences", {}),
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare locks of public projects, environment by environment.")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these projects alone")
    parser.add_argument("--uv", default=shutil.which("uv") or "", help="the uv to compare with")
    parser.add_argument("--seconds", type=float, default=600, help="when a command is given up")
    parser.add_argument("--root", default=str(Path(tempfile.gettempdir()) / "environments"), help="where to work")
    parser.add_argument("--table", action="store_true", help="lock nothing; compare what was locked")
    return parser.parse_args()


def _lock(place: Path, name: str, project: Mapping[str, Any], cutoff: str, arguments: argparse.Namespace) -> str:
    """Lock a project with both tools below `place`; return what was locked, in words."""
    said = ""
    for span in (project["requires-python"],) if "requires-python" in project else _SPANS:
        shutil.rmtree(place, ignore_errors=True)
        failures = {
            tool: _lock_with(tool, place / tool, name, {**project, "requires-python": span}, cutoff, arguments)
            for tool in ("lockenv", "uv")
        }
        said = f"{span}: " + "; ".join(f"{tool} {failure or 'ok'}" for tool, failure in failures.items())
        if not any(failures.values()):
            break
    return said


def _lock_with(
    tool: str, place: Path, name: str, project: Mapping[str, Any], cutoff: str, arguments: argparse.Namespace
) -> str:
    """Lock a project with one tool; return why it failed, nothing where it did not."""
    place.mkdir(parents=True)
    settings = {**project, "lockenv": {**project.get("lockenv", {}), "allow-build": True}}
    (place / "pyproject.toml").write_text(pyproject(name, settings, cutoff, tool), encoding="utf-8")
    cache = place.parents[1] / "cache" / tool
    commands = {
        "lockenv": [sys.executable, "-m", "lockenv", "lock", "--cache-dir", str(cache)],
        "uv": [
            arguments.uv,
            "--cache-dir",
            str(cache),
            "lock",
            "-q",
            "--python",
            interpreter(project["requires-python"]),
        ],
    }
    done = run(commands[tool], place, arguments.seconds)
    (place / "said.txt").write_text(done.err, encoding="utf-8")
    if not done.code and tool == "uv":
        done = exported(place, cache, arguments.uv, arguments.seconds)
    return f"exit {done.code}: {' '.join(done.err.split())[-300:]}" if done.code else ""


if __name__ == "__main__":
    raise SystemExit(main())
