from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.builds.cache_keys import place
from lockenv.builds.wheel_cache import check
from lockenv.errors import InputError, RefusedError
from lockenv.vocabulary.distribution import Sdist
from lockenv.vocabulary.names import NormalizedName, Sha256
from lockenv.vocabulary.selected import Selected
from lockenv.vocabulary.target import Target
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = {
    "implementation_name": "cpython",
    "implementation_version": "3.12.1",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "6",
    "platform_system": "Linux",
    "platform_version": "1",
    "python_full_version": "3.12.1",
    "python_version": "3.12",
    "sys_platform": "linux",
}
TARGET = Target(environment=ENVIRONMENT, tags=("cp312-cp312-linux_x86_64", "py3-none-any"))
ONE = Selected(
    name=NormalizedName("a"),
    version="1.0",
    file=Sdist(filename="a-1.0.tar.gz", url="https://index.example/a-1.0.tar.gz", sha256=Sha256("0" * 64), size=1),
)


def checked(directory: Path, reported: list[str] | None, *requires: str, tag: str = "py3-none-any") -> None:
    built = wheel("a", requires=requires, tag=tag)
    path = directory / built.filename
    path.write_bytes(built.content)
    check(str(path), built.filename, ONE, reported, TARGET)


@pytest.mark.parametrize(
    ("reported", "requires"),
    [
        (["b"], ["b"]),
        (["b>=1,<2"], ["B <2, >=1"]),
        (["b (>=1)"], ["b>=1"]),
        (["b[x,y]"], ["b[Y, x]"]),
        (["b; sys_platform == 'win32'"], []),
        (["b; python_version >= '3'"], ["b"]),
        (["b; python_version < '3.12'", "c"], ["c"]),
        (["b; extra == 'x'"], ["b ; extra == 'x' and python_version > '3'"]),
        (["b", "b; extra == 'x'"], ["b; extra == 'x'", "b"]),
        (["b @ https://index.example/b.zip"], ["b @ https://index.example/b.zip"]),
        (["not valid !"], ["not valid !"]),
        (None, ["anything"]),
    ],
)
def test_wheel_that_requires_what_was_reported_is_taken(
    reported: list[str] | None, requires: list[str], tmp_path: Path
) -> None:
    checked(tmp_path, reported, *requires)


@pytest.mark.parametrize(
    ("reported", "requires", "sentence"),
    [
        ([], ["b"], "the wheel built on this machine requires b, which it did not when it was locked"),
        (["b"], [], "the wheel built on this machine does not require b, which it did when it was locked"),
        (["b>=1"], ["b"], "requires b, which it did not"),
        (["b"], ["b[x]"], r"requires b\[x\], which it did not"),
        (["b; sys_platform == 'win32'"], ["b"], "requires b, which it did not"),
        (["b; extra == 'x'"], ["b; extra == 'y'"], "requires b with extra y, which it did not"),
        (["b"], ["b @ https://index.example/b.zip"], "requires b @ https"),
    ],
)
def test_wheel_that_requires_something_else_here_is_refused(
    reported: list[str], requires: list[str], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(RefusedError, match=sentence) as refused:
        checked(tmp_path, reported, *requires)

    assert (refused.value.rule, "a-1.0.tar.gz" in str(refused.value)) == ("metadata-mismatch", True)


def test_wheel_for_another_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not compatible with the Python that built it"):
        checked(tmp_path, [], tag="cp311-cp311-linux_x86_64")


def test_place_distinguishes_platforms_whose_best_tag_is_the_same() -> None:
    older = Target(environment=ENVIRONMENT, tags=TARGET.tags[:1])

    assert place(TARGET) == place(TARGET)
    assert place(TARGET) != place(older)
