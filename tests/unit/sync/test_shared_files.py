"""A file that is the same in two distributions is of both, and goes with the last of them; another is refused."""

from __future__ import annotations

import itertools
import os
import random
import re
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.fingerprint import fingerprint
from lockenv.environment.verify import EnvironmentDiffers, EnvironmentMatches, verify
from lockenv.errors import RefusedError
from lockenv.sync import record
from lockenv.sync.expected import expected
from lockenv.sync.overlap_refusal import Owner, settling
from lockenv.sync.unowned import unowned
from lockenv.vocabulary.names import NormalizedName
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from lockenv.environment.interpreter import Interpreter
    from lockenv.vocabulary.manifest import Overwrites
    from tests.support.wheels import Built
    from tests.unit.sync.conftest import Place

_SCRIPT = "#!python\nprint('tool')\n"


def part(name: str, version: str = "1.0", *, same: str = "", extra: str = "", is_executable: bool = False) -> Built:
    """Return a wheel with an entry point, a script and a file that another may have as well."""
    return wheel(
        name,
        version,
        files={f"{name}.py": f"of = {name + version!r}\n", "space/__init__.py": same, f"space/{name}{extra}.py": ""},
        entry_points={"console_scripts": {"both": "space:main"}},
        data={"scripts/tool": _SCRIPT},
        executable={"space/__init__.py"} if is_executable else (),
    )


ONE, TWO, THREE = part("one"), part("two"), part("three")
ONE_2, TWO_2 = part("one", "2.0", extra="2"), part("two", "2.0", same="other = 2\n")
ONE_3 = wheel("one", "3.0", files={"one.py": ""})
OTHER = wheel("other")
SHARED = ("bin/both", "bin/tool", "space/__init__.py")


def answer(
    place: Place, interpreter: Interpreter, *wheels: Built, overwrites: Overwrites = ()
) -> EnvironmentMatches | EnvironmentDiffers:
    chosen = [place.selected(built) for built in wheels]
    wanted = expected(chosen, place.environment, str(place.cache / "archives"), overwrites)
    return verify(place.environment, wanted.files, interpreter=interpreter, environ=os.environ)


def shared_of(place: Place, claim: str) -> list[str]:
    """Return the rows of SHARED in a RECORD."""
    rows = record.parse((place.site / claim / "RECORD").read_text())
    return [path for path in (path.removeprefix("../../../") for path in rows) if path in SHARED]


def test_same_file_is_of_both(place: Place, interpreter: Interpreter) -> None:
    place.sync(ONE, TWO, THREE)

    assert [shared_of(place, f"{name}-1.0.dist-info") for name in ("one", "two", "three")] == [list(SHARED)] * 3
    assert isinstance(answer(place, interpreter, ONE, TWO, THREE), EnvironmentMatches)
    assert unowned(place.environment) == ()


@pytest.mark.parametrize(
    "wheels",
    [(ONE,), (TWO,), (OTHER,), (ONE_2, TWO), (ONE_3, TWO), (ONE_3,), (ONE, TWO, THREE), (THREE,), (ONE_2, THREE), ()],
)
def test_later_sync_makes_what_a_first_one_makes(
    place: Place, interpreter: Interpreter, wheels: tuple[Built, ...]
) -> None:
    place.sync(ONE, TWO)

    place.sync(*wheels)

    later = place.tree()
    assert isinstance(answer(place, interpreter, *wheels), EnvironmentMatches)
    place.sync()
    place.sync(*wheels)
    assert later == place.tree()


def test_shared_file_goes_with_its_last_owner(place: Place) -> None:
    place.sync(ONE, TWO)
    paths = [place.root / path if path.startswith("bin/") else place.site / path for path in SHARED]

    place.sync(TWO)
    assert all(path.is_file() for path in paths)
    place.sync(OTHER)
    assert not any(path.exists() for path in paths)
    assert not (place.site / "space").exists()


def test_distribution_that_shares_is_added_without_touching_the_other(place: Place) -> None:
    place.sync(ONE)
    before = (place.site / "space/__init__.py").stat()

    done = place.sync(ONE, TWO)

    after = (place.site / "space/__init__.py").stat()
    assert [one.name for one in done.plan.install] == ["two"]
    # The time of the last access may change: it was read.
    assert (after.st_ino, after.st_nlink, after.st_mtime_ns) == (before.st_ino, before.st_nlink, before.st_mtime_ns)


def test_damaged_file_is_put_right_by_one_that_shares_it(place: Place, interpreter: Interpreter) -> None:
    place.sync(ONE)
    (place.site / "space/__init__.py").unlink()
    (place.root / "bin/both").write_text("damaged")

    place.sync(ONE, TWO)

    assert isinstance(answer(place, interpreter, ONE, TWO), EnvironmentMatches)


def test_upgrade_that_changes_a_shared_file_is_refused_and_changes_nothing(place: Place) -> None:
    place.sync(ONE, TWO)
    before = place.tree()

    with pytest.raises(RefusedError, match=r"one 1\.0 and two 2\.0 contain different files at .*space/__init__\.py$"):
        place.sync(ONE, TWO_2)

    assert place.tree() == before


def test_same_bytes_with_another_mode_are_another_file(place: Place) -> None:
    with pytest.raises(RefusedError) as fresh:
        place.sync(ONE, part("two", is_executable=True))
    place.sync(ONE)
    with pytest.raises(RefusedError) as later:
        place.sync(ONE, part("two", is_executable=True))

    assert fresh.value.message == later.value.message


def test_all_pairs_are_named_once_with_the_list_that_settles_them(place: Place, interpreter: Interpreter) -> None:
    files: dict[str, bytes | str] = {"a.py": "", "b.py": "", "c/d.py": "", "same.py": ""}
    wheels = [
        wheel("p", files=files),
        wheel("q", files={"a.py": "q", "b.py": "q", "same.py": ""}),
        wheel("r", files={"a.py": "q", "c/d.py": "r", "same.py": ""}),
        wheel("s", files={"same.py": ""}),
    ]
    before = place.tree()

    with pytest.raises(RefusedError) as caught:
        place.sync(*wheels)

    site = place.site.relative_to(place.root).as_posix()
    assert caught.value.message == (
        f"p 1.0 and q 1.0 contain different files at {site}/a.py and 1 more; "
        f"p 1.0 and r 1.0 contain different files at {site}/a.py and 1 more"
    )
    assert place.tree() == before
    overwrites = written(caught.value.hint)
    assert overwrites == (("p", "q"), ("p", "r"))
    place.sync(*wheels, overwrites=overwrites)
    assert isinstance(answer(place, interpreter, *wheels, overwrites=overwrites), EnvironmentMatches)


def test_list_keeps_what_is_allowed_and_has_no_circle() -> None:
    one, two, three, four = (
        Owner(NormalizedName(name), "1.0", is_kept=name == "four") for name in ("one", "two", "three", "four")
    )
    allowed = tuple((NormalizedName(over), NormalizedName(under)) for over, under in (("two", "one"), ("x", "y")))

    found = settling([(one, two), (one, three), (three, two), (four, two)], allowed)

    assert found == (("two", "one"), ("x", "y"), ("four", "two"), ("three", "one"), ("three", "two"))


def test_distribution_that_loses_to_one_shares_with_a_third(place: Place, interpreter: Interpreter) -> None:
    overwrites = ((NormalizedName("one"), NormalizedName("two")),)

    place.sync(ONE, THREE, TWO_2, overwrites=overwrites)

    assert shared_of(place, "two-2.0.dist-info") == []
    assert shared_of(place, "three-1.0.dist-info") == list(SHARED)
    assert isinstance(answer(place, interpreter, ONE, THREE, TWO_2, overwrites=overwrites), EnvironmentMatches)


@pytest.mark.parametrize("seed", range(15))
def test_random_histories_end_in_the_same_tree_and_fingerprint(
    place: Place, interpreter: Interpreter, seed: int
) -> None:
    chance = random.Random(seed)
    versions = [[ONE, ONE_2, ONE_3], [TWO, TWO_2], [THREE], [OTHER]]
    for _ in range(chance.randrange(2, 7)):
        wheels = [chance.choice(some) for some in versions if chance.random() < 0.7]
        chance.shuffle(wheels)
        clash = TWO_2 in wheels and not {ONE, ONE_2, THREE}.isdisjoint(wheels)
        if clash:
            with pytest.raises(RefusedError):
                place.sync(*wheels)
        else:
            place.sync(*wheels)

    place.sync(ONE_2, TWO, THREE)

    later, digest = place.tree(), fingerprint(place.environment)
    assert isinstance(answer(place, interpreter, ONE_2, TWO, THREE), EnvironmentMatches)
    place.sync()
    place.sync(*chance.choice(list(itertools.permutations((ONE_2, TWO, THREE)))))
    assert (place.tree(), fingerprint(place.environment)) == (later, digest)


def written(hint: str) -> Overwrites:
    """Return the entries of the setting in a hint."""
    pairs = re.findall(r'"([^">]+)>([^"]+)"', hint)
    return tuple((NormalizedName(winner), NormalizedName(loser)) for winner, loser in pairs)
