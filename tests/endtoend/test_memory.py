"""How much memory a sync takes does not follow the size of a wheel."""

from __future__ import annotations

import io
import random
import re
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.hostile.weight import MEBIBYTE, Scale
from tests.support.program import PYTHON, environment
from tests.support.projects import write_project
from tests.support.wheels import Built, record_of, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is counted as Linux counts it")
MOST = 90 * MEBIBYTE
"""The program itself takes about 50; one that had the archive in memory, or one of its files, would take more."""


def large() -> Built:
    """Return a wheel of 90 MiB: a member stored, one that deflates and one that does not."""
    plain = wheel("large")
    with zipfile.ZipFile(io.BytesIO(plain.content)) as small:
        members = {name: small.read(name) for name in small.namelist() if not name.endswith("RECORD")}
    noise = random.Random(1).randbytes(MEBIBYTE)
    text = b"".join(b"%d\n" % number for number in range(120_000))
    methods = {"large/stored": 0, "large/noise": 8, "large/text": 8}
    members |= {"large/stored": noise * 60, "large/noise": random.Random(2).randbytes(24 * MEBIBYTE)}
    members["large/text"] = text * (32 * MEBIBYTE // len(text))
    record = "large-1.0.dist-info/RECORD"
    members[record] = record_of(members, record)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o100644 << 16
            archive.writestr(info, content, methods.get(name, 0), 1)
    return Built(
        filename=plain.filename,
        content=out.getvalue(),
        name=plain.name,
        version=plain.version,
        metadata=plain.metadata,
        requires_python=plain.requires_python,
    )


def test_no_command_takes_the_memory_of_a_large_wheel(index: LoopbackIndex, tmp_path: Path) -> None:
    index.add(large())
    project = write_project(tmp_path / "project", ["large"], index=index.url)
    run = Scale(tmp_path)
    used: dict[str, int] = {}

    def take(*command: str) -> None:
        run.heaviest = 0
        done = run(*command, cwd=project)
        assert done.code == 0, done.err
        used[" ".join(command)] = run.heaviest

    take("lock")
    take("sync")
    take("verify")
    take("bundle", "files")
    shutil.rmtree(project / ".venv")
    shutil.rmtree(tmp_path / "project.cache")
    take("sync", "--from", "files", "--offline")

    assert {command: size // MEBIBYTE for command, size in used.items() if size > MOST} == {}


_LIMIT = re.compile(r"  hint: this process may use [0-9.]+ MiB of memory: raise that limit .*")
_SHORT = """\
import resource, sys
from lockenv.cli import program
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv.pop(1)),) * 2)
program()
"""


@pytest.mark.parametrize("left", [0, MEBIBYTE // 2, MEBIBYTE, 3 * MEBIBYTE // 2])
def test_program_that_gets_no_more_memory_says_so_and_no_more(locked: Path, left: int) -> None:
    """Even what reports an error is loaded when it is needed, and may find none."""
    done = subprocess.run(
        [PYTHON, "-c", _SHORT, str(left), "lock", "-U", "--refresh"],
        cwd=locked,
        env=environment(locked),
        capture_output=True,
        text=True,
        check=False,
    )

    *_, error, hint = done.stderr.splitlines()
    # What names the limit takes some memory itself.
    assert (done.returncode, error) == (2, "error: out of memory")
    assert hint == "  hint: close other programs and run the command again" or _LIMIT.fullmatch(hint)
