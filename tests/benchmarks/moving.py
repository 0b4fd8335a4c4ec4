"""Lock workloads with other tools, import each lockfile, install it, and report how many pins were kept.

    python -m tests.benchmarks.moving WORKLOAD.in ... --tool uv=UV --tool poetry=POETRY ... --index URL [--before DATE]

The tools are uv, poetry, pdm, pipenv, pip-tools (its pip-compile) and pip, each with its path. For each tool and
workload there is one line: the pins of its lock, how many `lockenv import` kept, how many distributions `lockenv sync`
installed and `lockenv verify` found sound; then the reason for each pin that was not kept. WORKLOAD.in is a list of
requirements, as pip reads it. With `--before`, the tools lock nothing newer than what lockenv chooses of the releases
of that time, which the import does not know: the pins are older, and must still be kept.
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
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LOCKENV = (sys.executable, "-m", "lockenv")
_INDEX = '[[tool.lockenv.index]]\nname = "one"\nurl = "{index}"\n'
_KEPT = re.compile(r"kept (\d+) of (\d+) pins?")
_INSTALLED = re.compile(r"is up to date \((\d+) distributions?\)")


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A tool, what its lock is called, and how it is asked for one."""

    lock: str
    command: tuple[str, ...]
    table: str = ""
    """What its part of pyproject.toml says; `{index}` is the index."""
    variables: tuple[tuple[str, str], ...] = ()


_PIP = (("PIP_INDEX_URL", "{index}"), ("PIP_CONFIG_FILE", os.devnull))
TOOLS = {
    "uv": Tool(lock="uv.lock", command=("lock",), table='[[tool.uv.index]]\nurl = "{index}"\ndefault = true\n'),
    "poetry": Tool(
        lock="poetry.lock",
        command=("lock",),
        table='[tool.poetry]\npackage-mode = false\n[[tool.poetry.source]]\nname = "one"\nurl = "{index}"\n',
    ),
    "pdm": Tool(
        lock="pdm.lock",
        command=("lock",),
        table='[tool.pdm]\ndistribution = false\n[[tool.pdm.source]]\nname = "pypi"\nurl = "{index}"\n'
        "verify_ssl = false\n",
    ),
    "pipenv": Tool(lock="Pipfile.lock", command=("lock",)),
    "pip-tools": Tool(
        lock="requirements.txt",
        command=("--generate-hashes", "--allow-unsafe", "--no-emit-index-url", "requirements.in"),
        variables=_PIP,
    ),
    "pip": Tool(lock="pylock.toml", command=("lock", "-r", "requirements.in"), variables=_PIP),
}


def main() -> int:
    """Return 0 when every lock could be imported and installed."""
    arguments = _arguments()
    wrong = 0
    print(f"{'tool':10}{'workload':10}{'pins':>6}{'kept':>6}{'installed':>11}")
    for workload in arguments.workload:
        requirements = [line for text in workload.read_text().splitlines() if (line := text.split("#")[0].strip())]
        bounded = _bounded(requirements, Path(arguments.root) / workload.stem / "before", arguments)
        for name, path in (one.split("=", 1) for one in arguments.tool):
            directory = Path(arguments.root) / workload.stem / name
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir(parents=True)
            wrong += not _moved(directory, name, path, (bounded, requirements), arguments.index)
    return 1 if wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Move in with the locks of other tools.")
    parser.add_argument("workload", type=Path, nargs="+")
    parser.add_argument("--tool", action="append", required=True, help="NAME=PATH", metavar="NAME=PATH")
    parser.add_argument("--index", required=True, help="the simple root that all lock against")
    parser.add_argument("--before", default="", help="the day whose releases the tools lock", metavar="DATE")
    parser.add_argument("--root", default=tempfile.mkdtemp(prefix="moving-"), help="where to work")
    return parser.parse_args()


def _bounded(requirements: Sequence[str], directory: Path, arguments: argparse.Namespace) -> list[str]:
    """Return the requirements, and with `--before` no version above what is locked of that day."""
    if not arguments.before:
        return list(requirements)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    table = f'[tool.lockenv]\nexclude-newer = "{arguments.before}"\n{_INDEX.format(index=arguments.index)}'
    _declare(directory, requirements, table, arguments.index)
    done = _run(directory, [*_LOCKENV, "lock"], {"LOCKENV_CACHE_DIR": str(directory.parent.parent / "cache")})
    if done.returncode:
        raise SystemExit(done.stderr)
    most: dict[str, Version] = {}
    for package in tomllib.loads(directory.joinpath("pylock.toml").read_text("utf-8"))["packages"]:
        name, version = package["name"], Version(package["version"])
        most[name] = max(version, most.get(name, version))
    found = {canonicalize_name(one.name): one for one in map(Requirement, requirements)}
    for name, version in most.items():
        one = found.setdefault(canonicalize_name(name), Requirement(name))
        one.specifier &= SpecifierSet(f"<={version}")
    return [str(one) for one in found.values()]


def _moved(directory: Path, name: str, path: str, lists: tuple[Sequence[str], Sequence[str]], index: str) -> bool:
    """Lock with a tool, import, install, verify, and print the line; return whether all of it went well.

    The tool locks the first of `lists`, the import knows the second.
    """
    tool, (bounded, requirements) = TOOLS[name], lists
    _declare(directory, bounded, tool.table.replace("{index}", index), index)
    variables = {key: value.replace("{index}", index) for key, value in tool.variables}
    made = _run(directory, [path, *tool.command], variables)
    lock = directory / tool.lock
    if made.returncode or not lock.is_file():
        print(f"{name:10}{directory.parent.name:10}  cannot be locked: {_last(made)}")
        return False
    own = directory.parent / f"{name}-moved"
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir()
    _declare(own, requirements, _INDEX.format(index=index), index)
    shutil.copyfile(lock, directory.parent / tool.lock)
    cache = {"LOCKENV_CACHE_DIR": str(directory.parent.parent / "cache")}
    imported = _run(own, [*_LOCKENV, "import", str(directory.parent / tool.lock)], cache)
    synced = _run(own, [*_LOCKENV, "sync"], cache) if not imported.returncode else imported
    verified = _run(own, [*_LOCKENV, "verify"], cache) if not synced.returncode else synced
    kept, installed = _KEPT.search(imported.stderr), _INSTALLED.search(synced.stderr)
    pins = (kept[2], kept[1]) if kept else ("-", "-")
    count = installed[1] if installed and not verified.returncode else "-"
    print(f"{name:10}{directory.parent.name:10}{pins[0]:>6}{pins[1]:>6}{count:>11}", flush=True)
    for line in imported.stderr.splitlines():
        if line.startswith("warning: "):
            print(f"    {line.removeprefix('warning: ')}")
    if verified.returncode:
        print(f"    {_last(verified)}")
    return not verified.returncode


def _declare(directory: Path, requirements: Sequence[str], table: str, index: str) -> None:
    """Write the requirements in each way that one of the tools reads."""
    listed = "".join(f"  {json.dumps(one)},\n" for one in requirements)
    directory.joinpath("pyproject.toml").write_text(
        f'[project]\nname = "moving"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = [\n{listed}]\n{table}',
        "utf-8",
    )
    directory.joinpath("requirements.in").write_text("".join(f"{one}\n" for one in requirements), "utf-8")
    lines = [f'[[source]]\nname = "pypi"\nurl = "{index}"\nverify_ssl = false\n[packages]']
    for one in map(Requirement, requirements):
        values = {"version": json.dumps(str(one.specifier) or "*")}
        values |= {"extras": json.dumps(sorted(one.extras))} if one.extras else {}
        values |= {"markers": json.dumps(str(one.marker))} if one.marker else {}
        lines.append(f"{one.name} = {{{', '.join(f'{key} = {value}' for key, value in values.items())}}}")
    directory.joinpath("Pipfile").write_text("\n".join(lines) + "\n", "utf-8")


def _run(directory: Path, command: Sequence[str], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command of a tool that knows no other settings than those of `directory`."""
    own = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "SSL_CERT_FILE")}
    own |= {"HOME": str(directory), "NO_COLOR": "1", "PIPENV_VENV_IN_PROJECT": "1", "PDM_CHECK_UPDATE": "0"}
    own["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), own["PATH"]])
    return subprocess.run(
        command,
        cwd=directory,
        env={**own, **variables},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def _last(done: subprocess.CompletedProcess[str]) -> str:
    return next(
        (line for line in reversed((done.stdout + done.stderr).splitlines()) if line.strip()), "it says nothing"
    )


if __name__ == "__main__":
    raise SystemExit(main())
