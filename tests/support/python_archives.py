"""Archives of Pythons as python-build-standalone lays them out, made of what this machine has.

`real` is the interpreter that runs the tests with the part of its standard library that it needs to say what it is;
`saying` is a script that starts that interpreter and says that it is of another version.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from lockenv.operations.python_install import machine_targets
from tests.support.interpreters import INTERPRETERS, RUNNING

RELEASE = "20260101"
VERSION = platform.python_version()
_SAYING = """\
#!/bin/sh
{python} "$@" | {sed} -e 's|"version": "[0-9.]*"|"version": "{version}"|' \\
  -e 's|_version": "[0-9]*[.][0-9]*[.][0-9]*"|_version": "{version}"|g' \\
  -e 's|"build": "[^"]*"|"build": "(main) [Test]"|' -e "s|\\"executable\\": \\"[^\\"]*\\"|\\"executable\\": \\"$0\\"|"
"""
_USED = """\
import encodings.aliases, importlib.util, json, marshal, os, platform, runpy, subprocess, sys, sysconfig
runpy.run_path({probe!r}, run_name="__main__")
print()
names = {{getattr(module, "__file__", None) or "" for module in sys.modules.values()}}
print(json.dumps([sys.base_prefix, sorted(name for name in names if name.startswith(sys.base_prefix))]))
"""


class Archive(NamedTuple):
    """The archive of a Python."""

    file: str
    content: bytes
    version: str

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()

    @property
    def pin(self) -> dict[str, str]:
        """The archive as a setting pins it."""
        return {"file": self.file, "sha256": self.sha256}


def name(version: str, target: str = "", release: str = RELEASE) -> str:
    """Return the name of an archive; for this machine unless a `target` is given."""
    return f"cpython-{version}+{release}-{target or machine_targets()[0]}-install_only.tar.gz"


def packed(*members: tarfile.TarInfo | tuple[str, bytes | str | None]) -> bytes:
    """Return an archive with `members`: a file has bytes, a symbolic link the text it says, a directory None."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member, io.BytesIO(bytes(member.size)))
                continue
            path, content = member
            entry = tarfile.TarInfo(path)
            entry.mode = 0o755 if "/bin/" in path or content is None else 0o644
            if isinstance(content, bytes):
                entry.size = len(content)
            else:
                entry.type = tarfile.DIRTYPE if content is None else tarfile.SYMTYPE
                entry.linkname = content or ""
            tar.addfile(entry, io.BytesIO(content if isinstance(content, bytes) else b""))
    return gzip.compress(plain.getvalue(), compresslevel=1, mtime=0)


def saying(version: str) -> Archive:
    """Return a Python that says that it is `version`."""
    python = os.path.realpath(INTERPRETERS[RUNNING])
    text = _SAYING.format(python=python, sed=shutil.which("sed"), version=version)
    minor = version.rpartition(".")[0]
    content = packed(
        ("python/bin", None),
        (f"python/bin/python{minor}", text.encode()),
        ("python/bin/python3", f"python{minor}"),
        ("python/lib/os.py", b"# the standard library\n"),
        ("python/lib/same/os.py", "../os.py"),
    )
    return Archive(name(version), content, version)


@cache
def real() -> Archive | str:
    """Return the interpreter that runs the tests as an archive, or why it cannot be copied."""
    probe = Path(__file__).parents[2] / "lockenv" / "environment" / "probe_script.py"
    python = os.path.realpath(INTERPRETERS[RUNNING])
    command = [python, "-I", "-c", _USED.format(probe=str(probe))]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    if said.returncode:
        return f"{python} cannot say which modules it uses: {said.stderr}"
    prefix, used = json.loads(said.stdout.splitlines()[-1])
    if not python.startswith(f"{prefix}/bin/") or sys.implementation.name != "cpython":
        return f"{python} is not in the bin directory of {prefix}"
    library = f"{prefix}/lib/python{RUNNING}"
    files = [python, *used, f"{library}/os.py"]
    files += [str(path) for place in ("encodings", "json") for path in Path(library, place).glob("*.py")]
    kept = sorted(path for path in {*files} if "__pycache__" not in path and "site-packages" not in path)
    members = [(f"python/{os.path.relpath(path, prefix)}", Path(path).read_bytes()) for path in kept]
    links = [(f"python/bin/{link}", os.path.basename(python)) for link in ("python3", "python")]
    content = packed(("python", None), *members, *links)
    with tempfile.TemporaryDirectory() as place:
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            tar.extractall(place, filter="data")
        copy = f"{os.path.realpath(place)}/python"
        command = [f"{copy}/bin/python3", "-I", "-B", "-c", "import sys; print(sys.base_prefix)"]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
    if said.stdout != f"{copy}\n":
        return f"a copy of {python} does not run from another place: {said.stdout}{said.stderr}"
    return Archive(name(VERSION), content, VERSION)
