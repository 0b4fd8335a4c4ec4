"""Measure a sync of one very large wheel: `python -m tests.benchmarks.large [--mib 900] [--rounds 3] [--uv UV]`.

The wheel is made for it: half of it is code that deflates to a third, a quarter does not deflate, a quarter is stored.
In turn, round by round: the baseline, which is `python -m zipfile -e` and then sha256 of the archive and of every file;
`lockenv sync` from a folder with the wheel (cold), with the archive in its cache (fetched), with the unpacked wheel
there (warm); `lockenv verify`; and `uv pip install` of the file, where uv is given. Every environment is new. Printed
are the medians of the wall seconds, of the processor seconds, and of the peaks of resident memory in MiB.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.wheels import record_of, wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MEBIBYTE = 1 << 20
_BLOCK = 8 * MEBIBYTE
_MEASURED = """
import resource, subprocess, sys, time
start = time.perf_counter()
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
sys.exit(code)
"""
_HASHED = """
import hashlib, os, subprocess, sys
archive, into = sys.argv[1:]
subprocess.run([sys.executable, "-m", "zipfile", "-e", archive, into], check=True)
for path in [archive, *(os.path.join(top, name) for top, _, names in os.walk(into) for name in names)]:
    with open(path, "rb") as file:
        hashlib.file_digest(file, "sha256")
"""
_PROJECT = """\
[project]
name = "one"
version = "0"
requires-python = ">=3.11"
dependencies = ["large"]

[tool.lockenv]
find-links = ["wheels"]
"""


def make(directory: Path, size: int) -> Path:
    """Write a wheel of about `size` bytes into `directory`; return its path."""
    plain = wheel("large")
    noise = random.Random(1).randbytes(_BLOCK)
    # Five random bytes of each sixteen deflate to about a third, as machine code does.
    code = b"".join(noise[at : at + 5] + bytes(11) for at in range(0, _BLOCK, 16))
    with zipfile.ZipFile(io.BytesIO(plain.content)) as small:
        members = {name: small.read(name) for name in small.namelist() if not name.endswith("RECORD")}
    record = "large-1.0.dist-info/RECORD"
    *rows, last = record_of(members, record).decode().splitlines()
    path = directory / plain.filename
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
        for name, block, method, share in (
            ("code", code, 8, 1.4),
            ("noise", noise, 8, 0.25),
            ("stored", noise, 0, 0.25),
        ):
            rows.append(_add(archive, f"large/{name}", block, int(size * share / _BLOCK), method))
        archive.writestr(zipfile.ZipInfo(record), "\n".join([*rows, last, ""]))
    return path


def _add(archive: zipfile.ZipFile, name: str, block: bytes, times: int, method: int) -> str:
    """Add a member of many blocks; return its row of RECORD."""
    info = zipfile.ZipInfo(name)
    info.compress_type, info.file_size = method, times * len(block)
    # Fast, and the format of what is inflated is the same.
    info._compresslevel = 1  # type: ignore[attr-defined]
    digest = hashlib.sha256()
    with archive.open(info, "w") as stream:
        for _ in range(times):
            stream.write(block)
            digest.update(block)
    encoded = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
    return f"{name},sha256={encoded},{info.file_size}"


def measured(command: Sequence[str], cwd: Path) -> tuple[float, float, float]:
    """Run a command that must succeed; return wall and processor seconds, and MiB at its peak."""
    environ = {**os.environ, "LOCKENV_CACHE_DIR": str(cwd / "cache"), "UV_CACHE_DIR": str(cwd / "cache-uv")}
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *command], cwd=cwd, env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{command} failed: {done.stderr}")
    wall, processor, peak = map(float, done.stdout.split())
    return wall, processor, peak


def runs(project: Path, archive: Path, uv: str) -> Iterator[tuple[str, tuple[float, float, float]]]:
    """Run everything once; yield what was measured of each."""
    _remove(project, "unpacked", ".venv", "cache", "cache-uv")
    yield "zipfile -e, sha256", measured([sys.executable, "-c", _HASHED, str(archive), "unpacked"], project)
    _remove(project, "unpacked")
    yield "lockenv sync, cold", measured([sys.executable, "-m", "lockenv", "sync", "--no-project"], project)
    _remove(project, ".venv", "cache/store-v1")
    yield "lockenv sync, fetched", measured([sys.executable, "-m", "lockenv", "sync", "--no-project"], project)
    _remove(project, ".venv")
    yield "lockenv sync, warm", measured([sys.executable, "-m", "lockenv", "sync", "--no-project"], project)
    yield "lockenv verify", measured([sys.executable, "-m", "lockenv", "verify"], project)
    if uv:
        _remove(project, ".venv", "cache")
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, ".venv"], cwd=project, check=True)
        install = [uv, "pip", "install", "--quiet", "--no-index", str(archive)]
        yield "uv pip install, cold", measured(install, project)


def _remove(project: Path, *names: str) -> None:
    for name in names:
        shutil.rmtree(project / name, ignore_errors=True)
    os.sync()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, default=900, help="size of the wheel")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--uv", default="", help="path of uv, to measure it too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        project = Path(place) / "project"
        (project / "wheels").mkdir(parents=True)
        (project / "pyproject.toml").write_text(_PROJECT)
        archive = make(project / "wheels", options.mib * MEBIBYTE)
        print(f"{archive.stat().st_size / MEBIBYTE:.0f} MiB")
        measured([sys.executable, "-m", "lockenv", "lock"], project)
        found: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
        for _ in range(options.rounds):
            for name, one in runs(project, archive, options.uv):
                found[name].append(one)
    for name, each in found.items():
        wall, processor, peak = (statistics.median(column) for column in zip(*each, strict=True))
        print(f"| {name} | {wall:.1f} | {processor:.1f} | {peak:.0f} |")


if __name__ == "__main__":
    main()
