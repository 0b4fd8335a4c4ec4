"""Lock workloads once each, install the locks on several Pythons with several tools, and compare what is there.

    python -m tests.benchmarks.agreement WORKLOAD.in ... --python PYTHON ... [--index URL] [--uv UV] [--pip PYTHON]

For each workload: `lockenv lock` (twice: the second must change no byte), then for each Python `lockenv sync`,
`uv pip sync pylock.toml` and `pip install -r pylock.toml` into environments of their own; what is in them must
be the same, and a few of the packages must import. WORKLOAD.in is a list of requirements, as pip reads it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from importlib.metadata import distributions
from pathlib import Path

from packaging.pylock import Pylock

IMPORTS = {
    "trio": "sphinx, attrs, OpenSSL",
    "jupyter": "notebook, ipykernel, nbconvert",
    "web": "fastapi, boto3, sqlalchemy",
}


def main() -> int:
    """Return 0 when every tool installed the same from every lock."""
    arguments = _arguments()
    wrong = 0
    for workload in arguments.workload:
        project = Path(arguments.root) / workload.stem
        shutil.rmtree(project, ignore_errors=True)
        project.mkdir(parents=True)
        lock = _lock(project, workload, arguments)
        for python in arguments.python:
            wrong += _compare(project, lock, python, workload.stem, arguments)
    return 1 if wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare what several tools install from one lock.")
    parser.add_argument("workload", type=Path, nargs="+")
    parser.add_argument("--python", action="append", required=True, help="an interpreter to install for")
    parser.add_argument("--index", default="", help="the index to lock against; the default one otherwise")
    parser.add_argument("--uv", default="", help="the uv to compare with")
    parser.add_argument("--pip", default="", help="an interpreter whose pip is compared with")
    parser.add_argument("--root", default=tempfile.mkdtemp(prefix="agreement-"), help="where to work")
    return parser.parse_args()


def _run(project: Path, *command: str | Path, **variables: str) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=project,
        env={**os.environ, "LOCKENV_CACHE_DIR": str(project.parent / "cache"), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(
            f"{' '.join(map(str, command))} in {project}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        )
    return done.stdout


def _lock(project: Path, workload: Path, arguments: argparse.Namespace) -> Path:
    lines = (line.split("#")[0].strip() for line in workload.read_text().splitlines())
    requirements = ",\n  ".join(json.dumps(line) for line in lines if line)
    text = (
        f'[project]\nname = "bench"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = [\n  {requirements}\n]\n'
    )
    if arguments.index:
        text += f'[[tool.lockenv.index]]\nname = "snap"\nurl = "{arguments.index}"\n'
    (project / "pyproject.toml").write_text(text)
    lockenv = [sys.executable, "-m", "lockenv"]
    _run(project, *lockenv, "lock", "-q")
    lock = project / "pylock.toml"
    first = lock.read_bytes()
    for seed in ("0", "1", "random"):
        _run(project, *lockenv, "lock", "-q", "--refresh", PYTHONHASHSEED=seed)
        if lock.read_bytes() != first:
            raise SystemExit(f"{workload.stem}: locking again changed the lock (hash seed {seed})")
    lock.unlink()
    _run(project, *lockenv, "lock", "-q", LOCKENV_CACHE_DIR=str(project.parent / "fresh-cache"))
    if lock.read_bytes() != first:
        raise SystemExit(f"{workload.stem}: locking from nothing gave another lock")
    Pylock.from_dict(tomllib.loads(first.decode()))
    print(f"{workload.stem}: {first.count(b'[[packages]]')} packages; stable; accepted by packaging.pylock")
    return lock


def _compare(project: Path, lock: Path, python: str, workload: str, arguments: argparse.Namespace) -> int:
    lockenv = [sys.executable, "-m", "lockenv"]
    version = _run(project, python, "-c", "import sys; print('.'.join(map(str, sys.version_info[:3])))").strip()
    mine = project / f"lockenv-{version}"
    _run(project, *lockenv, "sync", "-q", "--no-project", "--venv", mine, "--python", python)
    program = f"import {IMPORTS[workload]}" if workload in IMPORTS else "pass"
    _run(project, *lockenv, "run", "--venv", mine, "python", "-c", program)
    sets = {"lockenv": _installed(mine)}
    if arguments.uv:
        root = project / f"uv-{version}"
        _run(project, arguments.uv, "venv", "-q", "--python", python, root)
        _run(project, arguments.uv, "pip", "sync", "-q", "--python", root / "bin/python", "--preview", lock)
        sets["uv"] = _installed(root)
    if arguments.pip:
        root = project / f"pip-{version}"
        _run(project, python, "-m", "venv", "--without-pip", root)
        _run(project, arguments.pip, "-m", "pip", "--python", root, "install", "-q", "-r", lock)
        sets["pip"] = _installed(root)
    differing = [tool for tool, found in sets.items() if found != sets["lockenv"]]
    for tool in differing:
        print(f"  {tool} differs: {sorted(sets[tool] ^ sets['lockenv'])}")
    print(
        f"  {workload} on Python {version}: {len(sets['lockenv'])} distributions, {', '.join(sets)}: "
        f"{'DIFFERENT' if differing else 'the same'}"
    )
    return len(differing)


def _installed(root: Path) -> frozenset[tuple[str, str]]:
    places = [str(path) for path in root.glob("lib/python*/site-packages")]
    return frozenset(
        (one.name.lower().replace("_", "-").replace(".", "-"), one.version) for one in distributions(path=places)
    )


if __name__ == "__main__":
    raise SystemExit(main())
