"""`accept-faults`: a wheel whose RECORD is wrong is installed after the hint was followed, and that is in the lock."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.support.program import lockenv, lockenv_here
from tests.support.projects import write_project
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex
    from tests.support.wheels import Built


def faulty(plain: Built) -> Built:
    """Return a wheel with a file that its RECORD does not list."""
    content = io.BytesIO(plain.content)
    with zipfile.ZipFile(content, "a") as file:
        file.writestr("more.py", "")
    return replace(plain, content=content.getvalue())


def test_hint_of_the_refusal_works_and_the_lock_shows_it(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(faulty(wheel("odd")), faulty(wheel("odder")), wheel("even"))
    requires = ("odd", "odder", "even")
    here = write_project(tmp_path / "project", requires, index=index.url)
    assert lockenv_here("lock", cwd=here).code == 0
    before = tmp_path / "before.toml"
    before.write_bytes((here / "pylock.toml").read_bytes())

    refused = lockenv("sync", cwd=here)
    accepted = {"odd": ["record-unlisted"], "odder": ["record-unlisted"]}
    write_project(here, requires, index=index.url, tool={"accept-faults": accepted})
    stale = lockenv_here("sync", cwd=here)
    codes = [lockenv_here(command, cwd=here).code for command in ("lock", "sync", "verify")]

    assert (refused.code, stale.code, codes) == (2, 1, [0, 0, 0])
    assert '`accept-faults = { odd = ["record-unlisted"], odder = ["record-unlisted"] }`' in refused.err
    checked = lockenv_here("check", cwd=here)
    assert checked.code == 0
    assert "accept-faults lets wheels of odd break record-unlisted [pyproject.toml:" in checked.err
    shown = lockenv_here("diff", str(before), "pylock.toml", "--json", cwd=here)
    assert {
        "key": "accept-faults",
        "gained": ["odd: record-unlisted", "odder: record-unlisted"],
        "lost": [],
    } in json.loads(shown.out)["settings"]
    write_project(here, requires, index=index.url)
    assert lockenv_here("check", cwd=here).code == 1
    assert lockenv_here("verify", cwd=here).code == 2
