"""Lock what public projects declare, beside uv; explain every difference; sync, verify and import.

    python -m tests.benchmarks.projects [--only NAME ...] [--uv UV] [--cold] [--build] [--sync] [--root DIR]
    python -m tests.benchmarks.projects --only-sync [--cold] [--root DIR]
    python -m tests.benchmarks.projects --table

`projects.toml` holds the requirements, with the day after which no release counts. For each project and tool: the
packages of the lock; seconds without a cache, with one, and with one offline; peak memory in MiB; names with more
than one version. What a project must build is allowed by the command that lockenv prints, as a user would. Each
version lower than uv's, or missing, is listed for Linux, macOS and Windows under every Python that the project
supports; the exit code is 1 when one has no reason in `projects.toml`. With `--cold` each project begins with an
empty cache; else all share one, which asks the index for less. With `--sync` each lock is installed on CPython 3.11,
3.12 and 3.13, verified and imported; `--only-sync` does so with the lockfiles that an earlier run left. Results are
kept in the root; `--table` prints those that are there.
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
from typing import TYPE_CHECKING, Any

from packaging.specifiers import SpecifierSet

from tests.benchmarks.project_tables import HEAD, explanations, medians, remarks, row, unexplained
from tests.benchmarks.versions import Compared, compare, split_names

if TYPE_CHECKING:
    from collections.abc import Mapping

DECLARED = Path(__file__).with_name("projects.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One command as it ended."""

    code: int
    seconds: float
    cpu: float
    """Seconds of processor time, those of its children included."""
    peak: float
    """MiB of resident memory, of the process or its largest child."""
    out: str
    err: str


@dataclass(slots=True, kw_only=True)
class Locked:
    """A project as one tool locked it."""

    cold: float = 0.0
    warm: float = 0.0
    offline: float = 0.0
    cpu: float = 0.0
    """Of the run offline."""
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
    projects = {name: {"requires-python": ">=3.10", **project} for name, project in declared["project"].items()}
    results = {}
    for name, project in projects.items():
        if arguments.only and name not in arguments.only:
            continue
        kept = root / f"{name}.json"
        if not arguments.table:
            measure = _sync_kept if arguments.only_sync else _measure
            kept.write_text(json.dumps(measure(name, project, declared["exclude-newer"], arguments), indent=1))
            _show(name, project, json.loads(kept.read_text()))
        if kept.is_file():
            results[name] = json.loads(kept.read_text())
    if arguments.table:
        print(*HEAD, *(row(name, result) for name, result in results.items()), "", sep="\n")
        print(medians(results), "", *explanations(projects, results), sep="\n")
    return 1 if sum(unexplained(projects[name], result) for name, result in results.items()) else 0


def _show(name: str, project: dict[str, Any], result: dict[str, Any]) -> None:
    print(row(name, result))
    for remark in remarks(project, result):
        print(f"    {remark}")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Lock public projects beside uv.")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these projects alone")
    parser.add_argument("--uv", default=shutil.which("uv") or "", help="the uv to compare with")
    parser.add_argument("--cold", action="store_true", help="an empty cache for each project")
    parser.add_argument("--build", action="store_true", help="allow all builds, instead of those lockenv asks for")
    parser.add_argument("--sync", action="store_true", help="install, verify and import as well")
    parser.add_argument("--only-sync", action="store_true", help="install the lockfiles that an earlier run left")
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
    return Run(
        code=child.returncode,
        seconds=spent,
        cpu=usage.ru_utime + usage.ru_stime,
        peak=usage.ru_maxrss / 1024,
        out=texts[0],
        err=texts[1],
    )


def pyproject(name: str, project: Mapping[str, Any], cutoff: str, tool: str) -> str:
    """Return the text of a `pyproject.toml` for one of the tools."""
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
        lines += [f"{key} = {_value(value)}" for key, value in project.get("lockenv", {}).items()]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value)


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
        (places[tool] / "pyproject.toml").write_text(pyproject(name, declared, cutoff, tool), encoding="utf-8")
        if arguments.cold:
            shutil.rmtree(_cache(arguments, name, tool), ignore_errors=True)
    cache = _cache(arguments, name, "lockenv")
    python = interpreter(project["requires-python"])
    ours = _lockenv(places["lockenv"], cache, arguments.seconds)
    theirs = Locked(failure="not asked")
    result: dict[str, Any] = {}
    if arguments.uv:
        theirs = _uv(places["uv"], _cache(arguments, name, "uv"), python, arguments)
    if not ours.failure and not theirs.failure:
        found = compare(lock_of(places["lockenv"]), lock_of(places["uv"]), project["requires-python"])
        result["compared"] = _plain(found)
    result |= {"lockenv": _fields(ours), "uv": _fields(theirs)}
    if arguments.sync and not ours.failure and project.get("sync", "full") != "no":
        result["sync"] = _sync(places["lockenv"], project, cache, arguments)
    if arguments.cold:
        for tool in places:
            shutil.rmtree(_cache(arguments, name, tool), ignore_errors=True)
    return result


def _sync_kept(name: str, project: dict[str, Any], _cutoff: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Install what an earlier run locked, and add what came of it to what that run found."""
    root = Path(arguments.root).resolve()
    kept = root / f"{name}.json"
    result: dict[str, Any] = json.loads(kept.read_text()) if kept.is_file() else {}
    if result and not result["lockenv"]["failure"] and project.get("sync", "full") != "no":
        cache = _cache(arguments, name, "lockenv")
        result["sync"] = _sync(root / name / "lockenv", project, cache, arguments)
        if arguments.cold:
            shutil.rmtree(cache, ignore_errors=True)
    return result


def interpreter(requires_python: str) -> str:
    """Return an interpreter that the project admits: this one where it may be."""
    admitted = SpecifierSet(requires_python)
    if ".".join(map(str, sys.version_info[:3])) in admitted:
        return sys.executable
    for minor in (12, 13, 11, 10, 9):
        for path in sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python")):
            if path.parts[-3] in admitted:
                return str(path)
    return requires_python


def _cache(arguments: argparse.Namespace, name: str, tool: str) -> Path:
    return Path(arguments.root).resolve() / "cache" / (name if arguments.cold else "shared") / tool


def lock_of(place: Path) -> dict[str, Any]:
    """Return the lockfile in a folder, parsed."""
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
    done = _permitted(command, place, seconds, locked)
    (place / "lock.err").write_text(done.err, encoding="utf-8")
    if done.code:
        locked.failure = _failure(done)
        return locked
    for options in ([], ["--offline"]):
        for lock in place.glob("pylock*.toml"):
            lock.unlink()
        done = run([*command, *options], place, seconds)
        _note(locked, "offline" if options else "warm", done)
        if done.code:
            locked.failure = f"again: {_failure(done)}"
            return locked
    lock_ = lock_of(place)
    locked.packages, locked.splits = len({one["name"] for one in lock_["packages"]}), split_names(lock_)
    return locked


def _permitted(command: list[str], place: Path, seconds: float, locked: Locked | None = None) -> Run:
    """Run a command, and again with the builds that it asks for; note in `locked` what that costs."""
    allowed: list[str] = []
    while True:
        done = run([*command, *allowed], place, seconds)
        names = sorted(set(re.findall(r"--allow-build[ =]([\w.-]+)", done.err)))
        if locked is not None:
            locked.cold += done.seconds
            locked.peak = max(locked.peak, done.peak)
        if done.code != 1 or not names or {*names} <= {*allowed}:
            return done
        if locked is not None:
            locked.asked.append(names)
        allowed = [word for name in names for word in ("--allow-build", name)]


def _uv(place: Path, cache: Path, python: str, arguments: argparse.Namespace) -> Locked:
    locked = Locked()
    command = [arguments.uv, "--cache-dir", str(cache), "lock", "-q", "--python", python]
    for measured, options in (("cold", []), ("warm", []), ("offline", ["--offline"])):
        (place / "uv.lock").unlink(missing_ok=True)
        done = run([*command, *options], place, arguments.seconds)
        _note(locked, measured, done)
        if done.code:
            locked.failure = _failure(done)
            return locked
    done = exported(place, cache, arguments.uv, arguments.seconds)
    if done.code:
        locked.failure = f"export: {_failure(done)}"
        return locked
    lock = lock_of(place)
    locked.packages, locked.splits = len({one["name"] for one in lock["packages"]}), split_names(lock)
    return locked


def exported(place: Path, cache: Path, uv: str, seconds: float) -> Run:
    """Write `pylock.toml` beside the `uv.lock` of a project."""
    words = ["export", "-q", "--frozen", "--all-extras", "--all-groups", "--format", "pylock.toml", "--no-emit-project"]
    done = run([uv, "--cache-dir", str(cache), *words], place, seconds)
    if not done.code:
        (place / "pylock.toml").write_text(done.out, encoding="utf-8")
    return done


def _note(locked: Locked, measured: str, done: Run) -> None:
    setattr(locked, measured, done.seconds)
    locked.peak = max(locked.peak, done.peak)
    if measured == "offline":
        locked.cpu = done.cpu


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
    done = _permitted([*lockenv, *words, *(["--dry-run"] if dry else [])], place, seconds)
    (place / f"sync-{python}.err").write_text(done.err, encoding="utf-8")
    if done.code:
        return f"sync: {_failure(done)}"
    if dry:
        return "dry-run"
    synced = done
    done = run([*lockenv, "verify", "--cache-dir", str(cache), "--venv", str(environment)], place, seconds)
    if done.code:
        return f"verify: {_failure(done)}"
    modules = project.get("imports", ())
    if modules:
        done = run([str(environment / "bin/python"), "-c", f"import {', '.join(modules)}"], place, seconds)
        if done.code:
            return f"import: exit {done.code}: {done.err.strip().splitlines()[-1][:300]}"
    return f"ok, {synced.seconds:.0f} s, {synced.cpu:.0f} s of processor time, {synced.peak:.0f} MiB"


if __name__ == "__main__":
    raise SystemExit(main())
