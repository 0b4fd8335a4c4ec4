"""`import`: files are those that the old lock had, as far as it says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.endtoend.test_import import names, ran, uv_lock
from tests.support.projects import write_project
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

HASHED = {
    "uv.lock": uv_lock("held==1.0") + '[[package.wheels]]\nurl = "x"\nhash = "sha256:HASH"\n',
    "poetry.lock": '[[package]]\nname = "held"\nversion = "1.0.0"\nfiles = [{ file = "x", hash = "sha256:HASH" }]\n'
    '[metadata]\nlock-version = "2.1"\n',
    "pdm.lock": '[metadata]\n[[package]]\nname = "held"\nversion = "1.0"\nfiles = [{ hash = "sha256:HASH" }]\n',
    "Pipfile.lock": '{"_meta": {}, "default": {"held": {"version": "==1.0", "hashes": ["sha256:HASH", "md5:00"]}}}',
    "requirements.txt": "held==1.0 \\\n    --hash=sha256:HASH\n",
    "pylock.other.toml": 'lock-version = "1.0"\n[[packages]]\nname = "held"\nversion = "1.0"\n'
    'sdist = { hashes = { sha256 = "HASH" } }\n',
}


@pytest.mark.parametrize(("file", "text"), HASHED.items(), ids=HASHED)
def test_pin_of_files_that_the_index_no_longer_has_is_refused(
    tmp_path: Path, index: LoopbackIndex, file: str, text: str
) -> None:
    held = wheel("held", "1.0")
    index.add_all(held, wheel("held", "2.0"))
    project = write_project(tmp_path / "project", ["held"], index=index.url)
    (project / file).write_text(text.replace("HASH", "0" * 64))

    refused = ran("import", file, cwd=project, code=2)
    assert not (project / "pylock.toml").exists()
    (project / file).write_text(text.replace("HASH", held.sha256))
    ran("import", file, cwd=project)

    said = f"no file of held 1.0 on {index.url} has a hash that {file} has for it"
    assert said in " ".join(refused.err.split())
    assert names(project) == {"held": "1.0"}


def test_list_of_files_that_the_index_no_longer_has_is_not_declared(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("held", "1.0"))
    (tmp_path / "requirements.txt").write_text(f"--index-url {index.url}\nheld==1.0 --hash=sha256:{'0' * 64}\n")

    refused = ran("import", "requirements.txt", "--declare", cwd=tmp_path, code=2)

    assert "has a hash that requirements.txt has for it" in " ".join(refused.err.split())
    assert [path.name for path in tmp_path.iterdir()] == ["requirements.txt"]
