"""A wheel requires what its lock records, unless the project states what its release requires."""

from __future__ import annotations

import pytest

from lockenv.builds.wheel_checks import judge
from lockenv.errors import RefusedError
from lockenv.vocabulary.distribution import Wheel
from lockenv.vocabulary.manifest import StatedMetadata
from lockenv.vocabulary.names import NormalizedName
from lockenv.vocabulary.selected import Selected
from tests.unit.lockfile.builders import lock, package, target

A = NormalizedName("a")
METADATA = b"Metadata-Version: 2.1\nName: a\nVersion: 1.0\nRequires-Dist: b\nRequires-Dist: c; os_name == 'nt'\n"
LOCK = lock(package("a", "1.0", tool={"lockenv": {"requires-dist": []}}), tool={"lockenv": {"version": 1}})
ONE = Selected(
    name=A,
    version="1.0",
    file=Wheel(filename="a-1.0-py3-none-any.whl", url="https://files.example/a-1.0-py3-none-any.whl", sha256=None),
)


def refused(*stated: StatedMetadata) -> bool:
    """Return whether a wheel that requires `b` is refused where the lock says that it requires nothing."""
    check = judge(LOCK, target(), stated)
    assert check is not None
    try:
        check(ONE, METADATA)
    except RefusedError as error:
        assert (error.rule, "the wheel itself requires b, which does not match" in error.message) == (
            "metadata-mismatch",
            True,
        )
        return True
    return False


@pytest.mark.parametrize(
    ("stated", "is_refused"),
    [
        ((), True),
        ((StatedMetadata(name=A, requires=()),), False),
        ((StatedMetadata(name=A, version="1.0", requires=()),), False),
        ((StatedMetadata(name=A, version="2.0", requires=()),), True),
        ((StatedMetadata(name=NormalizedName("b"), requires=()),), True),
        ((StatedMetadata(name=A, requires_python=">=3.9"),), True),
        ((StatedMetadata(name=A, requires=()), StatedMetadata(name=A, version="1.0", requires_python=">=3.9")), True),
    ],
)
def test_wheel_may_differ_only_where_the_project_states_what_its_release_requires(
    stated: tuple[StatedMetadata, ...], is_refused: bool
) -> None:
    assert refused(*stated) is is_refused


@pytest.mark.parametrize(
    ("asked", "is_refused"), [("a", False), ("a[docs]", False), ("a[Test_Win]", True), ("a[docs,test-win]", True)]
)
def test_what_extras_that_are_not_locked_require_may_differ_between_wheels(asked: str, is_refused: bool) -> None:
    requires = ["c; extra == 'docs'", "pot; extra == 'test_win'"]
    locked = lock(
        package("a", "1.0", tool={"lockenv": {"requires-dist": requires}}),
        package("c", "1.0", tool={"lockenv": {"requires-dist": []}}),
        package("pot", "1.0", tool={"lockenv": {"requires-dist": []}}),
        package("root", "1.0", tool={"lockenv": {"requires-dist": [asked]}}),
        tool={"lockenv": {"version": 1}},
    )
    check = judge(locked, target())
    assert check is not None

    refusal = "" if not is_refused else "the wheel itself does not require pot with extra test-win"
    try:
        check(ONE, b"Metadata-Version: 2.1\nName: a\nVersion: 1.0\nRequires-Dist: c; extra == 'docs'\n")
        found = ""
    except RefusedError as error:
        found = error.message.partition(": ")[2].partition(",")[0]
    assert found == refusal
