"""How time and memory grow with the number of packages, beside uv, with warm caches.

    python -m tests.benchmarks.growth --uv UV [--packages N ...] [--rounds N] [--max-age SECONDS] [--root DIR]

A world of N packages is made under the root, unless one is there: each package has six releases and requires up to four
of the sixty that follow it. It is served on the loopback interface with `Cache-Control: max-age=600`; with 0, both
tools ask again for each page, and learn that it did not change. The project requires the first three packages, for
Python 3.10 and later. Each tool fills its cache, and then they lock, lock again and check in turn. Prints medians: wall
seconds, processor seconds, and MiB of memory at most.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import sys
import tempfile
import threading
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.benchmarks.projects import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.benchmarks.projects import Run

NEXT = 60
"""Packages that a package chooses its requirements from."""
VERSIONS = ("1.0.0", "1.1.0", "1.2.0", "2.0.0", "2.1.0", "2.2.0")
WHERE = ("sys_platform == 'win32'", "python_version < '3.12'", "sys_platform == 'darwin'")
STEPS = ("lock", "relock", "check")


def main() -> int:
    """Return 0 when everything was locked and both locks have as many packages as there are."""
    arguments = _arguments()
    root = Path(arguments.root).resolve()
    print("| packages | step | seconds | | CPU seconds | | peak MiB | |", "|---|---|---|---|---|---|---|---|", sep="\n")
    for count in arguments.packages:
        world = root / f"world-{count}"
        if not world.is_dir():
            make(count, world)
        with ThreadingHTTPServer(
            ("127.0.0.1", 0), partial(_Index, directory=str(world), max_age=arguments.max_age)
        ) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{server.server_address[1]}/simple/"
            for line in _rows(count, _measured(root / f"race-{count}", url, arguments)):
                print(line, flush=True)
            server.shutdown()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Lock worlds of many packages beside uv.")
    parser.add_argument("--packages", type=int, nargs="+", default=[1000, 3000, 10_000], help="sizes of the worlds")
    parser.add_argument("--uv", default=shutil.which("uv") or "", help="the uv to compare with")
    parser.add_argument("--rounds", type=int, default=5, help="how often each tool does each step")
    parser.add_argument("--max-age", type=int, default=600, help="seconds for which a page is fresh")
    parser.add_argument("--root", default=str(Path(tempfile.gettempdir()) / "growth"), help="where to work")
    return parser.parse_args()


class _Index(SimpleHTTPRequestHandler):
    """Files below `simple`; what is a folder there is the page of a project, as JSON."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments: Any, max_age: int, **rest: Any) -> None:
        self._max_age = max_age
        super().__init__(*arguments, **rest)

    def handle(self) -> None:
        """Serve until the tool ends, which may close its connections as it likes."""
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        """Answer with the page, or with the file."""
        if self.path.endswith("/"):
            self.path += "index.json"
        super().do_GET()

    def end_headers(self) -> None:
        """Let both tools keep what they have."""
        self.send_header("Cache-Control", f"max-age={self._max_age}, public")
        super().end_headers()

    def guess_type(self, path: object) -> str:
        """Return what the page is, for the tools to read it as such."""
        return "application/vnd.pypi.simple.v1+json" if str(path).endswith(".json") else "application/octet-stream"

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def make(count: int, world: Path) -> None:
    """Write a world of `count` packages; the same number makes the same bytes."""
    dice = random.Random(count)
    for number in range(count):
        later = range(number + 1, min(count, number + NEXT))
        wanted = sorted({dice.choice(later) for _ in range(4)}) if len(later) > 1 else []
        name = _name(number)
        folder = world / "simple" / name
        folder.mkdir(parents=True)
        files = [_release(folder, name, version, [_requirement(each, dice) for each in wanted]) for version in VERSIONS]
        page = {"meta": {"api-version": "1.1"}, "name": name, "versions": VERSIONS, "files": files}
        (folder / "index.json").write_text(json.dumps(page))


def _name(number: int) -> str:
    return f"pkg{number:05d}"


def _requirement(number: int, dice: random.Random) -> str:
    kind = dice.random()
    bound = f">=1.{dice.randrange(2)}" if kind < 0.5 else "<3" if kind < 0.7 else ""
    where = f"; {dice.choice(WHERE)}" if dice.random() < 0.12 else ""
    return f"{_name(number)}{bound}{where}"


def _release(folder: Path, name: str, version: str, requires: list[str]) -> dict[str, object]:
    """Write a wheel that nobody can install, and its metadata; return its entry on the page."""
    file = f"{name}-{version}-py3-none-any.whl"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", "Requires-Python: >=3.9"]
    metadata = "\n".join([*lines, *(f"Requires-Dist: {each}" for each in requires), ""]).encode()
    body = file.encode()
    (folder / file).write_bytes(body)
    (folder / f"{file}.metadata").write_bytes(metadata)
    return {
        "filename": file,
        "url": file,
        "hashes": {"sha256": hashlib.sha256(body).hexdigest()},
        "requires-python": ">=3.9",
        "size": len(body),
        "upload-time": "2024-03-24T00:00:00Z",
        "core-metadata": {"sha256": hashlib.sha256(metadata).hexdigest()},
    }


def _measured(place: Path, url: str, arguments: argparse.Namespace) -> dict[str, dict[str, list[Run]]]:
    """Return the runs of each tool, by step."""
    shutil.rmtree(place, ignore_errors=True)
    tools = {
        "lockenv": [sys.executable, "-m", "lockenv"],
        "uv": [arguments.uv, "--quiet"],
    }
    for tool in tools:
        (place / tool).mkdir(parents=True)
        (place / tool / "pyproject.toml").write_text(_project(tool, url))
    found: dict[str, dict[str, list[Run]]] = {tool: {step: [] for step in STEPS} for tool in tools}
    for number in range(arguments.rounds + 1):
        for step in STEPS:
            for tool, command in tools.items():
                if step == "lock":
                    (place / tool / ("uv.lock" if tool == "uv" else "pylock.toml")).unlink(missing_ok=True)
                done = run(
                    [*command, *_words(tool, step), "--cache-dir", str(place / "cache" / tool)], place / tool, 900
                )
                if done.code:
                    raise SystemExit(f"{tool} {step}: exit {done.code}: {done.err[-600:]}")
                if number:
                    found[tool][step].append(done)
    return found


def _words(tool: str, step: str) -> list[str]:
    if step == "check" and tool == "lockenv":
        return ["check"]
    return ["lock", *(["--check"] if step == "check" else []), *(["--python", sys.executable] if tool == "uv" else [])]


def _project(tool: str, url: str) -> str:
    wanted = ", ".join(f'"{_name(number)}"' for number in range(3))
    head = f'[project]\nname = "growth"\nversion = "0"\nrequires-python = ">=3.10"\ndependencies = [{wanted}]\n'
    if tool == "uv":
        return f'{head}[[tool.uv.index]]\nurl = "{url}"\ndefault = true\n'
    return f'{head}[[tool.lockenv.index]]\nname = "world"\nurl = "{url}"\n'


def _rows(count: int, found: dict[str, dict[str, list[Run]]]) -> Iterator[str]:
    for step in STEPS:
        cells = [f"{count}", step]
        for key, digits in (("seconds", 2), ("cpu", 2), ("peak", 0)):
            ours, theirs = (median(getattr(one, key) for one in found[tool][step]) for tool in ("lockenv", "uv"))
            cells += [f"{ours:.{digits}f}, {theirs:.{digits}f}", f"{ours / theirs:.2f}" if theirs else "-"]
        yield f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    raise SystemExit(main())
