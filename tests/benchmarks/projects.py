"""Lock what public projects declare, beside uv; explain every difference; sync, verify and import.

    python -m tests.benchmarks.projects [--only NAME ...] [--uv UV] [--cold] [--sync] [--root DIR]
    python -m tests.benchmarks.projects --table

`projects.toml` holds the requirements, with the day after which no release counts. For each project and tool: the
packages of the lock, seconds without and with a cache, peak memory of the process in MiB, names with more than one
version; what a project must build is allowed by the command that lockenv prints, as a user would. Each version lower
than uv's, or missing, is listed for Linux, macOS and Windows under every Python that the project supports; the exit
code is 1 when one has no reason in `projects.toml`. With `--cold` each project begins with an empty cache; else all
share one, which asks the index for less. With `--sync` each lock is installed on CPython 3.11, 3.12 and 3.13, verified
and imported. Results are kept in the root; `--table` prints those that are there.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet

from tests.benchmarks.versions import Compared, compare, split_names

DECLARED = Path(__file__).with_name("projects.toml")
ROUNDS = 5
"""Times that lockenv may ask for permissions before it is said to have failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One command as it ended."""

    code: int
    seconds: float
    peak: float
    """MiB of resident memory, of the process or its largest child."""
    out: str
    err: str


@dataclass(slots=True, kw_only=True)
class Locked:
    """A project as one tool locked it."""

    cold: float = 0.0
    warm: float = 0.0
    peak: float = 0.0
    packages: int = 0
    splits: int = 0
    asked: list[list[str]] = field(default_factory=list)
    failure: str = ""


def main() -> int:
    """Return 0 when every project that uv locks was locked, and each difference has its reason."""
    arguments = _arguments()
    declared = tomllib.loads(DECLARED.read_text(encoding="utf-8"))
    root = Path(arguments.root)
    root.mkdir(parents=True, exist_ok=True)
    names = [name for name in declared["project"] if not arguments.only or name in arguments.only]
    wrong = 0
    for name in names:
        kept = root / f"{name}.json"
        project = {"requires-python": ">=3.10", **declared["project"][name]}
        if not arguments.table:
            kept.write_text(json.dumps(_measure(name, project, declared["exclude-newer"], arguments), indent=1))
        if kept.is_file():
            wrong += _show(name, project, json.loads(kept.read_text()))
    return 1 if wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Lock public projects beside uv.")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these projects alone")
    parser.add_argument("--uv", default=shutil.which("uv") or "", help="the uv to compare with")
    parser.add_argument("--cold", action="store_true", help="an empty cache for each project")
    parser.add_argument("--build", action="store_true", help="allow all builds, instead of those lockenv asks for")
    parser.add_argument("--sync", action="store_true", help="install, verify and import as well")
    parser.add_argument("--python", action="append", default=[], help="sync on this Python; 3.11, 3.12 and 3.13 else")
    parser.add_argument("--seconds", type=float, default=600, help="when a command is given up")
    parser.add_argument("--root", default=str(Path(tempfile.gettempdir()) / "projects"), help="where to work")
    parser.add_argument("--table", action="store_true", help="measure nothing; print what was measured")
    return parser.parse_args()


def run(command: list[str], directory: Path, seconds: float, **variables: str) -> Run:
    """Return how `command` ended in `directory`; it is killed after `seconds`, with code -9."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        child = subprocess.Popen(
            command, cwd=directory, env={**os.environ, **variables}, stdout=out, stderr=err, stdin=subprocess.DEVNULL
        )
        timer = threading.Timer(seconds, child.kill)
        timer.start()
        _, status, usage = os.wait4(child.pid, 0)
        timer.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        spent = time.perf_counter() - began
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
    return Run(code=child.returncode, seconds=spent, peak=usage.ru_maxrss / 1024, out=texts[0], err=texts[1])


def _pyproject(name: str, project: dict[str, Any], cutoff: str, tool: str) -> str:
    lines = [
        "[project]",
        f'name = "measured-{name}"',
        'version = "0"',
        f"requires-python = {json.dumps(project['requires-python'])}",
        f"dependencies = {_array(project.get('dependencies', ()))}",
    ]
    for heading, key in (("project.optional-dependencies", "extras"), ("dependency-groups", "groups")):
        lines += [f"[{heading}]", *(f"{one} = {_array(items)}" for one, items in project.get(key, {}).items())]
    lines += [f"[tool.{tool}]", f"exclude-newer = {json.dumps(cutoff)}"]
    words = {"constraints": "constraint-dependencies", "overrides": "override-dependencies"} if tool == "uv" else {}
    for key in ("environments", "constraints", "overrides", "no-binary-package"):
        if key in project:
            lines.append(f"{words.get(key, key)} = {_array(project[key])}")
    if tool == "lockenv":
        lines += [f"{key} = {json.dumps(value)}" for key, value in project.get("lockenv", {}).items()]
    return "\n".join(lines) + "\n"


def _array(items: list[str]) -> str:
    return json.dumps(list(items), ensure_ascii=False)


def _measure(name: str, project: dict[str, Any], cutoff: str, arguments: argparse.Namespace) -> dict[str, Any]:
    root = Path(arguments.root).resolve()
    places = {}
    for tool in ("lockenv", "uv"):
        places[tool] = root / name / tool
        shutil.rmtree(places[tool], ignore_errors=True)
        places[tool].mkdir(parents=True)
        settings = {"allow-build": True} if arguments.build else {}
        declared = project | {"lockenv": settings | project.get("lockenv", {})}
        (places[tool] / "pyproject.toml").write_text(_pyproject(name, declared, cutoff, tool), encoding="utf-8")
        if arguments.cold:
            shutil.rmtree(_cache(arguments, name, tool), ignore_errors=True)
    ours = _lockenv(places["lockenv"], _cache(arguments, name, "lockenv"), arguments.seconds)
    theirs = Locked(failure="not asked")
    result: dict[str, Any] = {}
    if arguments.uv:
        theirs = _uv(places["uv"], _cache(arguments, name, "uv"), arguments)
    if not ours.failure and not theirs.failure:
        found = compare(_lock(places["lockenv"]), _lock(places["uv"]), project["requires-python"])
        result["compared"] = _plain(found)
    result |= {"lockenv": _fields(ours), "uv": _fields(theirs)}
    if arguments.sync and not ours.failure and project.get("sync", "full") != "no":
        result["sync"] = _sync(places["lockenv"], project, _cache(arguments, name, "lockenv"), arguments)
    if arguments.cold:
        for tool in places:
            shutil.rmtree(_cache(arguments, name, tool), ignore_errors=True)
    return result


def _cache(arguments: argparse.Namespace, name: str, tool: str) -> Path:
    return Path(arguments.root).resolve() / "cache" / (name if arguments.cold else "shared") / tool


def _lock(place: Path) -> dict[str, Any]:
    return tomllib.loads((place / "pylock.toml").read_text(encoding="utf-8"))


def _fields(locked: Locked) -> dict[str, Any]:
    return {key: getattr(locked, key) for key in Locked.__slots__}


def _plain(found: Compared) -> dict[str, Any]:
    return {
        "uncovered": [" ".join(place) for place in found.uncovered],
        "differences": [
            {"name": one.name, "kind": one.kind, "ours": one.ours, "theirs": one.theirs, "where": one.where}
            for one in found.differences
        ],
    }


def _lockenv(place: Path, cache: Path, seconds: float) -> Locked:
    """Lock twice, the second time with what the first left in the cache; allow the builds that it asks for."""
    locked = Locked()
    command = [sys.executable, "-m", "lockenv", "lock", "--cache-dir", str(cache)]
    allowed: list[str] = []
    for _ in range(ROUNDS):
        done = run([*command, *allowed], place, seconds)
        locked.cold += done.seconds
        locked.peak = max(locked.peak, done.peak)
        names = sorted(set(re.findall(r"--allow-build[ =]([\w.-]+)", done.err)))
        if done.code != 1 or not names:
            break
        locked.asked.append(names)
        allowed = [word for name in names for word in ("--allow-build", name)]
    (place / "lock.err").write_text(done.err, encoding="utf-8")
    if done.code:
        locked.failure = _failure(done)
        return locked
    for lock in place.glob("pylock*.toml"):
        lock.unlink()
    done = run(command, place, seconds)
    locked.warm, locked.peak = done.seconds, max(locked.peak, done.peak)
    if done.code:
        locked.failure = f"the second time: {_failure(done)}"
        return locked
    lock_ = _lock(place)
    locked.packages, locked.splits = len({one["name"] for one in lock_["packages"]}), split_names(lock_)
    return locked


def _uv(place: Path, cache: Path, arguments: argparse.Namespace) -> Locked:
    locked = Locked()
    command = [arguments.uv, "--cache-dir", str(cache), "lock", "-q", "--python", sys.executable]
    for measured in ("cold", "warm"):
        (place / "uv.lock").unlink(missing_ok=True)
        done = run(command, place, arguments.seconds)
        setattr(locked, measured, done.seconds)
        locked.peak = max(locked.peak, done.peak)
        if done.code:
            locked.failure = _failure(done)
            return locked
    words = ["export", "-q", "--frozen", "--all-extras", "--all-groups", "--format", "pylock.toml", "--no-emit-project"]
    done = run([arguments.uv, "--cache-dir", str(cache), *words], place, arguments.seconds)
    if done.code:
        locked.failure = f"export: {_failure(done)}"
        return locked
    (place / "pylock.toml").write_text(done.out, encoding="utf-8")
    lock = _lock(place)
    locked.packages, locked.splits = len({one["name"] for one in lock["packages"]}), split_names(lock)
    return locked


def _failure(done: Run) -> str:
    return f"exit {done.code} after {done.seconds:.0f} s: {' '.join(done.err.split())[:600]}"


def _sync(place: Path, project: dict[str, Any], cache: Path, arguments: argparse.Namespace) -> dict[str, str]:
    """Install, verify and import on each Python that the project supports; return what came of it by Python."""
    results = {}
    dry = project.get("sync") == "dry-run"
    for python in arguments.python or ("3.11", "3.12", "3.13"):
        if f"{python}.9" not in SpecifierSet(project["requires-python"]):
            continue
        results[python] = _sync_one(place, project, python, cache, arguments.seconds, dry=dry)
        shutil.rmtree(place / f"env-{python}", ignore_errors=True)
    return results


def _sync_one(place: Path, project: dict[str, Any], python: str, cache: Path, seconds: float, *, dry: bool) -> str:
    lockenv = [sys.executable, "-m", "lockenv"]
    environment = place / f"env-{python}"
    words = ["sync", "--cache-dir", str(cache), "--venv", str(environment), "--python", python, "--no-project"]
    for option in ("extra", "group"):
        for name in project.get(f"{option}s-to-sync", ()):
            words += [f"--{option}", name]
    done = run([*lockenv, *words, *(["--dry-run"] if dry else [])], place, seconds)
    (place / f"sync-{python}.err").write_text(done.err, encoding="utf-8")
    if done.code:
        return f"sync: {_failure(done)}"
    if dry:
        return "dry-run"
    peak = done.peak
    done = run([*lockenv, "verify", "--venv", str(environment)], place, seconds)
    if done.code:
        return f"verify: {_failure(done)}"
    modules = project.get("imports", ())
    if modules:
        done = run([str(environment / "bin/python"), "-c", f"import {', '.join(modules)}"], place, seconds)
        if done.code:
            return f"import: exit {done.code}: {done.err.strip().splitlines()[-1][:300]}"
    return f"ok, {peak:.0f} MiB"


def _show(name: str, project: dict[str, Any], result: dict[str, Any]) -> int:
    """Print one project; return how many differences have no reason, and 1 for a project that uv alone locks."""
    ours, theirs = result["lockenv"], result["uv"]
    print(
        f"| {name} | {ours['packages']}, {theirs['packages']} | {ours['cold']:.2f}, {theirs['cold']:.2f} "
        f"| {ours['warm']:.2f}, {theirs['warm']:.2f} | {ours['peak']:.0f}, {theirs['peak']:.0f} "
        f"| {ours['splits']}, {theirs['splits']} | {' + '.join(str(len(names)) for names in ours['asked']) or '-'} |"
    )
    for tool in ("lockenv", "uv"):
        if result[tool]["failure"]:
            print(f"    {tool}: {result[tool]['failure']}")
    for python, text in result.get("sync", {}).items():
        print(f"    sync {python}: {text}")
    compared = result.get("compared", {"uncovered": (), "differences": ()})
    if compared["uncovered"]:
        print(f"    not covered: {', '.join(compared['uncovered'])}")
    wrong = int(bool(ours["failure"]) and not theirs["failure"])
    reasons = project.get("differences", {})
    for one in compared["differences"]:
        reason = reasons.get(one["name"], "")
        wrong += one["kind"] in {"lower", "missing"} and not reason
        print(f"    {one['kind']}: {one['name']} {one['ours'] or '-'} (uv {one['theirs'] or '-'}) on {one['where']}"
              f"{': ' + reason if reason else ''}")  # fmt: skip
    sys.stdout.flush()
    return wrong


if __name__ == "__main__":
    raise SystemExit(main())
