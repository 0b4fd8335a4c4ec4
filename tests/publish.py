"""Build what a release publishes, twice, and check it: `build/test-environment/bin/python -m tests.publish DIR`.

`--tag v1.2.3` makes sure that the tag that is published is that version.

In: the files of this checkout that git tracks. Out: the sdist, the wheel and `lockenv.pyz` in DIR, and `SHA256SUMS`.
Each is built from two copies of the tree with other names, times and permissions, and must come out the same; so must
the wheel that the sdist builds. Both are read by lockenv's own strict readers. Nothing is uploaded.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from email.parser import BytesParser
from pathlib import Path

import lockenv
from lockenv.backend.unpack import unpack
from lockenv.sync.archive import Archive, Limits
from lockenv.sync.archive_source import ArchiveInMemory
from lockenv.sync.wheel import inspect
from lockenv.vocabulary.names import normalize

ROOT = Path(__file__).resolve().parent.parent
_PROGRAM = "import sys, lockenv.operations.program_archive as p; sys.stdout.buffer.write(p.program_archive())"
_SUMS = "SHA256SUMS"


class PublishError(Exception):
    """What was built is not fit to be published."""


def publish(directory: Path, root: Path = ROOT) -> list[str]:
    """Build and check the files of a release, put them into `directory`, and return their names, sorted.

    Raises PublishError for what is not reproducible or not right.
    """
    with tempfile.TemporaryDirectory() as place:
        once, again = Path(place) / "one", Path(place) / "a longer name"
        _copy(root, once, mode=0o644, seconds=1_000_000_000)
        _copy(root, again, mode=0o600, seconds=1_700_000_000)
        built, rebuilt = _built(once), _built(again)
        if differing := sorted(name for name in built.keys() | rebuilt.keys() if built.get(name) != rebuilt.get(name)):
            raise PublishError(f"not the same from two copies of the tree: {', '.join(differing)}")
        _check(built, Path(place))
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in built.items():
        (directory / name).write_bytes(content)
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(built.items()))
    (directory / _SUMS).write_text(sums, "utf-8", newline="\n")
    return sorted([*built, _SUMS])


def _copy(root: Path, target: Path, *, mode: int, seconds: int) -> None:
    """Copy the tracked files; all files have the same time, and may be read by nobody else where `mode` says so."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        source, copy = root / name, target / name
        if not source.is_file():
            continue  # deleted, and not committed yet
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
        copy.chmod(mode | (0o100 if os.access(source, os.X_OK) else 0))
        os.utime(copy, (seconds, seconds))


def _built(tree: Path) -> dict[str, bytes]:
    """Return what the tree builds: an sdist, a wheel and the program in one file, each by its name."""
    output = tree / "dist"
    _run([sys.executable, "-m", "hatchling", "build", "-d", str(output)], tree)
    program = _run([sys.executable, "-c", _PROGRAM], tree)
    return {path.name: path.read_bytes() for path in sorted(output.iterdir())} | {"lockenv.pyz": program}


def _check(built: dict[str, bytes], place: Path) -> None:
    """Raise PublishError or lockenv's own errors for a wheel or an sdist that lockenv would not install."""
    (wheel,) = (name for name in built if name.endswith(".whl"))
    (sdist,) = (name for name in built if name.endswith(".tar.gz"))
    name, version, tag = wheel.removesuffix(".whl").split("-", 2)
    contents = inspect(Archive(ArchiveInMemory(built[wheel]), wheel, Limits()), normalize(name), version)
    if (tag, contents.root_scheme) != ("py3-none-any", "purelib"):
        raise PublishError(f"{wheel} is not pure Python")
    about = f"{contents.dist_info}/METADATA"
    if _member(built["lockenv.pyz"], about) != _member(built[wheel], about):
        raise PublishError("lockenv is installed here as another version: remove build/test-environment")
    (place / sdist).write_bytes(built[sdist])
    sources = Path(unpack(str(place / sdist), sdist, str(place / "sources")))
    described = BytesParser().parsebytes((sources / "PKG-INFO").read_bytes(), headersonly=True)
    if (described["Name"], described["Version"]) != (name, version):
        raise PublishError(f"{sdist} describes {described['Name']} {described['Version']}")
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place / "from-sdist")], sources)
    if (place / "from-sdist" / wheel).read_bytes() != built[wheel]:
        raise PublishError(f"{sdist} builds another {wheel}")


def _member(archive: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.read(name) if name in opened.namelist() else b""


def _run(command: list[str], tree: Path) -> bytes:
    """Return what a command writes that runs in `tree` and loads lockenv from there."""
    variables = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=tree, env=variables, capture_output=True, check=False)
    if done.returncode:
        raise PublishError(f"{' '.join(command)} failed:\n{done.stderr.decode(errors='replace')}")
    return done.stdout


def main() -> int:
    """Build into the directory that the command line names; return an exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.publish")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--tag", default=f"v{lockenv.__version__}")
    given = parser.parse_args()
    directory: Path = given.directory
    try:
        if given.tag != f"v{lockenv.__version__}":
            raise PublishError(f"the tag {given.tag} is not that of version {lockenv.__version__}")
        names = publish(directory)
    except PublishError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write("".join(f"{directory / name}\n" for name in names))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
