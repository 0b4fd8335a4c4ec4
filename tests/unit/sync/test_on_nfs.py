"""A sync on a network file system, whose client keeps a removed file under another name while a program has it open."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.verify import EnvironmentDiffers, EnvironmentMatches, verify
from lockenv.sync.expected import expected
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from lockenv.environment.interpreter import Interpreter
    from tests.support.wheels import Built
    from tests.unit.sync.conftest import Place


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Return the numbers of the files that a program has open, which can be changed."""
    numbers: set[int] = set()
    unlink = os.unlink

    def kept(path: str, *, dir_fd: int | None = None) -> None:
        """Do what the NFS client of Linux does ("silly rename")."""
        directory, name = os.path.split(path)
        if (number := os.stat(path, dir_fd=dir_fd, follow_symlinks=False).st_ino) not in numbers:
            unlink(path, dir_fd=dir_fd)
        elif name.startswith(".nfs"):
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), path)
        else:
            os.rename(path, os.path.join(directory, f".nfs{number:024x}"), src_dir_fd=dir_fd, dst_dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", kept)
    return numbers


def _compiled(version: str) -> Built:
    return wheel("b", version, files={"b/__init__.py": "", "b/_core.so": f"library {version}"})


def _verified(place: Place, base: Interpreter, wheel: Built) -> EnvironmentMatches | EnvironmentDiffers:
    found = expected([place.selected(wheel)], place.environment, str(place.cache / "archives"))
    return verify(place.environment, found.files, interpreter=base, environ={"PATH": os.defpath})


def test_upgrade_of_a_loaded_module_leaves_it_until_it_is_closed(
    place: Place, interpreter: Interpreter, held: set[int]
) -> None:
    place.sync(_compiled("1"))
    held.add((place.site / "b/_core.so").stat().st_ino)
    records = place.root / ".lockenv"

    place.sync(_compiled("2"))
    during = _verified(place, interpreter, _compiled("2"))
    place.sync(_compiled("3"))
    [left] = records.rglob(".nfs*")
    after = _verified(place, interpreter, _compiled("3"))
    held.clear()
    left.unlink()  # as the client does when it is closed
    place.sync(_compiled("4"))

    assert isinstance(during, EnvironmentMatches), during
    assert isinstance(after, EnvironmentMatches), after
    assert sorted(records.rglob("*/*")) == []
    assert isinstance(_verified(place, interpreter, _compiled("4")), EnvironmentMatches)


def test_only_what_nfs_keeps_may_be_in_the_garbage(place: Place, interpreter: Interpreter) -> None:
    place.sync(_compiled("1"))
    (place.root / ".lockenv/garbage/old").mkdir(parents=True)
    (place.root / ".lockenv/garbage/old/module.py").write_text("")

    answer = _verified(place, interpreter, _compiled("1"))

    assert isinstance(answer, EnvironmentDiffers)
    assert [(one.path, one.problem) for one in answer.findings] == [(".lockenv/garbage", "foreign")]
