"""A file is replaced whole or stays as it was, and nothing else is left beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.errors import MachineError
from lockenv.files.atomic import replace

if TYPE_CHECKING:
    from pathlib import Path


def test_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()

    with pytest.raises(MachineError, match="cannot write"):
        replace(str(tmp_path / "taken"), b"content")

    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
