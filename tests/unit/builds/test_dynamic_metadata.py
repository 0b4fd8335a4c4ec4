from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.builds.dynamic_metadata import add_recorded
from lockenv.lockfile.lock import Lock
from lockenv.vocabulary.manifest import BuildStatement, Dynamic

if TYPE_CHECKING:
    from pathlib import Path

PYPROJECT = '[project]\nname = "a"\ndynamic = ["dependencies"]\n'


def _lock(digest: str) -> Lock:
    recorded = {"digest": digest, "requires-dist": ["b>=1"], "provides-extra": []}
    own = {"schema": 1, "inputs": {"dynamic": recorded}}
    return Lock(document={"created-by": "lockenv", "packages": [], "tool": {"lockenv": own}})


def _digest(directory: Path) -> str:
    return add_recorded(Dynamic(digest=""), str(directory), PYPROJECT, None).digest


def test_what_a_build_said_is_kept_while_its_files_stay(tmp_path: Path) -> None:
    digest = _digest(tmp_path)

    found = add_recorded(Dynamic(digest=""), str(tmp_path), PYPROJECT, _lock(digest))

    assert found == Dynamic(digest=digest, reported=BuildStatement(requires=("b>=1",), extras=()))


@pytest.mark.parametrize("digest", ["", "0"])
def test_what_a_build_said_of_other_files_is_not_kept(tmp_path: Path, digest: str) -> None:
    assert add_recorded(Dynamic(digest=""), str(tmp_path), PYPROJECT, _lock(digest)).reported is None
