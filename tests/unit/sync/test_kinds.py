"""Between two versions, or from one distribution to another, a file becomes a directory and a directory a file."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import RefusedError
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from tests.support.wheels import Built
    from tests.unit.sync.conftest import Place

FILE = wheel("one", "1.0", files={"one/__init__.py": "", "one/part": "a file"})
DIRECTORY = wheel("one", "2.0", files={"one/__init__.py": "", "one/part/deep/a.py": "", "one/part/b.py": ""})
OTHER = wheel("other", files={"one/part/c.py": ""})


def test_file_becomes_a_directory_and_a_file_again(place: Place) -> None:
    place.sync(FILE)
    before = place.tree()
    place.sync(DIRECTORY)
    between = place.tree()
    place.sync(FILE)

    assert place.tree() == before
    assert {path for path in between if "/part" in path} == {
        str(place.site.relative_to(place.root) / path)
        for path in ("one/part", "one/part/deep", "one/part/deep/a.py", "one/part/b.py")
    }


def test_byte_code_is_not_in_the_way(place: Place) -> None:
    place.sync(DIRECTORY)
    subprocess.run([place.environment.python, "-m", "compileall", "-q", place.site / "one"], check=True)

    place.sync(FILE)

    assert (place.site / "one/part").read_text() == "a file"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (wheel("old", files={"old.py": "", "place": ""}), wheel("new", files={"new.py": "", "place/a.py": ""})),
        (wheel("old", files={"old.py": "", "place/a.py": ""}), wheel("new", files={"new.py": "", "place": ""})),
    ],
)
def test_place_goes_from_one_distribution_to_another(place: Place, old: Built, new: Built) -> None:
    place.sync(new)
    wanted = place.tree()
    place.sync()
    place.sync(old)

    place.sync(new)

    assert place.tree() == wanted


def test_directory_with_a_file_of_the_user_stays(place: Place) -> None:
    place.sync(DIRECTORY)
    (place.site / "one/part/deep/mine.txt").write_text("mine")
    before = place.tree()

    with pytest.raises(
        RefusedError, match=r"one/part is a directory, but a file is needed, and it contains .*mine\.txt"
    ):
        place.sync(FILE)
    assert place.tree() == before


def test_directory_with_a_file_of_a_distribution_that_stays_stays(place: Place) -> None:
    place.sync(DIRECTORY, OTHER)
    before = place.tree()

    with pytest.raises(RefusedError, match=r"one/part"):
        place.sync(FILE, OTHER)
    assert place.tree() == before


def test_directory_with_a_link_to_elsewhere_stays_and_so_does_elsewhere(place: Place) -> None:
    place.sync(DIRECTORY)
    elsewhere = place.root.with_name("elsewhere")
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("x")
    os.symlink(elsewhere, place.site / "one/part/link")

    with pytest.raises(RefusedError, match=r"it contains .*part/link"):
        place.sync(FILE)
    assert (elsewhere / "precious").read_text() == "x"


def test_file_that_somebody_changed_is_not_replaced_by_a_directory(place: Place) -> None:
    place.sync(FILE)
    (place.site / "one/part").unlink()
    (place.site / "one/part").write_text("mine")
    before = place.tree()

    with pytest.raises(RefusedError, match=r"one/part is a link or a file where a directory is needed"):
        place.sync(DIRECTORY)
    assert place.tree() == before
