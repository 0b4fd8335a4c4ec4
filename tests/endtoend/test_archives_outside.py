"""An archive that is outside the directory of the lock is locked where the project itself names it."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.endtoend.test_direct import no, ok, package, project, python
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_lock_in_a_directory_of_its_own_names_it(kind: str, tmp_path: Path, index: LoopbackIndex) -> None:
    built = wheel("solo", "1.0") if kind == "wheel" else sdist("solo", "1.0")
    (tmp_path / built.filename).write_bytes(built.content)
    here = project(
        tmp_path / "project", index, ["solo"], sources={"solo": {"path": f"../{built.filename}"}},
        **{"allow-build": ["solo"]},
    )  # fmt: skip
    (here / "locks").mkdir()

    ok("lock", "-o", "locks/pylock.toml", cwd=here)
    ok("lock", cwd=here)

    assert package(here / "locks", "solo")["archive"]["path"] == f"../../{built.filename}"
    for lock in ("locks/pylock.toml", "pylock.toml"):
        ok("check", "-l", lock, cwd=here)
        ok("sync", "-l", lock, cwd=here)
        ok("verify", "-l", lock, cwd=here)
        shutil.rmtree(here / ".venv")
        ok("bundle", "bundle", "-l", lock, cwd=here)
    assert built.filename in {path.name for path in (here / "bundle").iterdir()}
    ok("sync", "--from", "bundle", cwd=here)
    assert python(here, "import solo; print(1)") == "1"


@pytest.mark.parametrize("path", ["../other-1.0-py3-none-any.whl", "../../solo-1.0-py3-none-any.whl",
                                  "../x/../solo-1.0-py3-none-any.whl", "/solo-1.0-py3-none-any.whl"])  # fmt: skip
def test_lock_that_leads_elsewhere_by_itself_is_refused(path: str, tmp_path: Path, index: LoopbackIndex) -> None:
    (tmp_path / "solo-1.0-py3-none-any.whl").write_bytes(wheel("solo", "1.0").content)
    here = project(tmp_path / "project", index, ["solo"], sources={"solo": {"path": "../solo-1.0-py3-none-any.whl"}})
    ok("lock", cwd=here)
    text = (here / "pylock.toml").read_text()
    (here / "pylock.toml").write_text(re.sub(r'archive = \{ path = "[^"]*"', f'archive = {{ path = "{path}"', text))

    assert "leaves the directory of the lock" in no("sync", "--frozen", cwd=here).err
    assert not (here / ".venv").exists()
