"""What a release publishes is the same from every copy of the tree, and what lockenv itself would install."""

from __future__ import annotations

import hashlib
import subprocess
from typing import TYPE_CHECKING

import pytest

import lockenv
from tests.publish import ROOT, publish

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only git knows which files are published"),
]
NAME = f"pylockenv-{lockenv.__version__}"
FILES = ["SHA256SUMS", "lockenv.pyz", f"{NAME}-py3-none-any.whl", f"{NAME}.tar.gz"]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide the directory with what is published; each file was built twice."""
    directory = tmp_path_factory.mktemp("dist")
    assert publish(directory) == FILES
    return directory


def test_sums_are_those_of_the_files(published: Path) -> None:
    lines = [f"{hashlib.sha256((published / name).read_bytes()).hexdigest()}  {name}" for name in FILES[1:]]

    assert (published / "SHA256SUMS").read_text().splitlines() == lines


@pytest.mark.outside("twine")
def test_twine_has_nothing_against_them(published: Path) -> None:
    done = subprocess.run(
        ["twine", "check", "--strict", *(str(published / name) for name in FILES[2:])],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
