"""Where two distributions have a file at one path, the one that is allowed to win is there, whatever was before."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.creation import create
from lockenv.environment.fingerprint import fingerprint
from lockenv.environment.installed import scan
from lockenv.environment.verify import EnvironmentDiffers, EnvironmentMatches, verify
from lockenv.errors import RefusedError
from lockenv.sync import record
from lockenv.sync.expected import expected
from lockenv.sync.unowned import unowned
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.names import NormalizedName
from tests.support.wheels import Built, wheel
from tests.unit.sync.conftest import Place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockenv.environment.interpreter import Interpreter
    from lockenv.vocabulary.manifest import Overwrites

ONE = wheel("one", files={"one.py": "one = 1\n", "same/x.py": "of = 'one'\n"})
ONE_2 = wheel("one", "2.0", files={"one.py": "one = 2\n", "same/y.py": "of = 'one'\n", "same/x.py": "of = 'one 2'\n"})
ONE_3 = wheel("one", "3.0", files={"one.py": "one = 3\n"})
TWO = wheel("two", files={"two.py": "two = 1\n", "same/x.py": "of = 'two'\n", "same/y.py": "of = 'two'\n"})
TWO_2 = wheel("two", "2.0", files={"two.py": "two = 2\n", "same/x.py": "of = 'two 2'\n"})
THREE = wheel("three", files={"same/x.py": "of = 'three'\n", "same/z.py": "of = 'three'\n"})
OTHER = wheel("other")


def allowed(*pairs: str) -> Overwrites:
    split = (pair.split(">") for pair in pairs)
    return tuple(sorted((NormalizedName(winner), NormalizedName(loser)) for winner, loser in split))


FIRST, SECOND = allowed("one>two"), allowed("two>one")
ORDERED = allowed("one>two", "one>three", "two>three")


@pytest.fixture
def another(tmp_path: Path, interpreter: Interpreter) -> Callable[[], Place]:
    """Provide a way to further environments beside the cache of `place`."""
    numbers = itertools.count()
    return lambda: Place(create(str(tmp_path / f"env{next(numbers)}"), interpreter), tmp_path / "cache")


def fresh(place: Place, *wheels: Built, overwrites: Overwrites) -> dict[str, tuple[int, str]]:
    """Return the tree that a sync into an empty environment makes in place of the one that is there."""
    place.sync()
    place.sync(*wheels, overwrites=overwrites)
    return place.tree()


def rows(place: Place, claim: str) -> set[str]:
    return set(record.parse((place.site / claim / "RECORD").read_text()))


def answer(
    place: Place, interpreter: Interpreter, *wheels: Built, overwrites: Overwrites = ()
) -> EnvironmentMatches | EnvironmentDiffers:
    chosen = [place.selected(built) for built in wheels]
    wanted = expected(chosen, place.environment, str(place.cache / "archives"), overwrites)
    assert wanted.unproved == ()
    return verify(place.environment, wanted.files, interpreter=interpreter, environ=os.environ)


def test_file_of_the_winner_is_there_and_no_row_of_the_loser(place: Place) -> None:
    place.sync(ONE, TWO, overwrites=FIRST)

    assert (place.site / "same/x.py").read_text() == "of = 'one'\n"
    assert (place.site / "same/y.py").read_text() == "of = 'two'\n"
    assert {"same/x.py"} == rows(place, "one-1.0.dist-info") & {"same/x.py", "same/y.py"}
    assert {"same/y.py"} == rows(place, "two-1.0.dist-info") & {"same/x.py", "same/y.py"}
    assert unowned(place.environment) == ()


@pytest.mark.parametrize("overwrites", [FIRST, SECOND])
def test_order_of_the_lock_does_not_matter(
    place: Place, another: Callable[[], Place], interpreter: Interpreter, overwrites: Overwrites
) -> None:
    other = another()
    place.sync(ONE, TWO, overwrites=overwrites)
    other.sync(TWO, ONE, overwrites=overwrites)

    assert fingerprint(place.environment) == fingerprint(other.environment)
    assert isinstance(answer(place, interpreter, ONE, TWO, overwrites=overwrites), EnvironmentMatches)
    assert isinstance(answer(other, interpreter, TWO, ONE, overwrites=overwrites), EnvironmentMatches)


def test_second_sync_has_nothing_to_do(place: Place) -> None:
    place.sync(ONE, TWO, overwrites=FIRST)
    before = place.tree()

    assert place.sync(ONE, TWO, overwrites=FIRST).plan.is_empty
    assert place.tree() == before


@pytest.mark.parametrize(
    ("wheels", "overwrites"),
    [
        ((ONE,), FIRST),
        ((TWO,), FIRST),
        ((TWO,), ()),
        ((ONE_2, TWO), FIRST),
        ((ONE_3, TWO), FIRST),
        ((ONE_3, TWO), ()),
        ((ONE, TWO_2), FIRST),
        ((ONE_2, TWO_2), FIRST),
        ((ONE, TWO), SECOND),
        ((ONE, TWO, THREE), ORDERED),
        ((THREE, TWO), ORDERED),
        ((OTHER,), FIRST),
    ],
)
def test_later_sync_makes_what_a_first_one_makes(
    place: Place, interpreter: Interpreter, wheels: tuple[Built, ...], overwrites: Overwrites
) -> None:
    place.sync(ONE, TWO, overwrites=FIRST)

    place.sync(*wheels, overwrites=overwrites)

    later = place.tree()
    assert isinstance(answer(place, interpreter, *wheels, overwrites=overwrites), EnvironmentMatches)
    assert later == fresh(place, *wheels, overwrites=overwrites)


def test_file_of_the_loser_comes_when_the_winner_goes(place: Place) -> None:
    place.sync(ONE, TWO, overwrites=FIRST)

    done = place.sync(TWO, overwrites=FIRST)

    assert [one.name for one in done.plan.install] == ["two"]
    assert (place.site / "same/x.py").read_text() == "of = 'two'\n"
    assert "same/x.py" in rows(place, "two-1.0.dist-info")


def test_file_of_the_winner_stays_when_the_loser_goes(place: Place) -> None:
    place.sync(ONE, TWO, overwrites=FIRST)

    done = place.sync(ONE, overwrites=FIRST)

    assert done.plan.install == ()
    assert (place.site / "same/x.py").read_text() == "of = 'one'\n"
    assert not (place.site / "same/y.py").exists()


def test_file_of_the_winner_stays_although_the_loser_claims_it(place: Place) -> None:
    place.sync(ONE, TWO, overwrites=FIRST)
    claim = place.site / "two-1.0.dist-info/RECORD"
    row = next(row for row in (place.site / "one-1.0.dist-info/RECORD").read_text().splitlines() if "x.py" in row)
    claim.write_text(f"{row}\n{claim.read_text()}")

    place.sync(ONE, overwrites=FIRST)

    assert (place.site / "same/x.py").read_text() == "of = 'one'\n"


def test_winner_is_left_alone_when_the_loser_comes_or_changes(place: Place) -> None:
    place.sync(ONE, overwrites=FIRST)

    done = [place.sync(ONE, two, overwrites=FIRST) for two in (TWO, TWO_2)]

    assert [[one.name for one in each.plan.install] for each in done] == [["two"], ["two"]]
    assert (place.site / "same/x.py").read_text() == "of = 'one'\n"


@pytest.mark.parametrize("overwrites", [(), allowed("one>other"), allowed("three>two", "three>one")])
def test_refusal_changes_nothing_when_the_setting_goes(place: Place, overwrites: Overwrites) -> None:
    place.sync(ONE, TWO, overwrites=FIRST)
    before = place.tree()

    with pytest.raises(RefusedError) as caught:
        place.sync(ONE, TWO, overwrites=overwrites)

    assert (caught.value.rule, place.tree()) == ("path-owned-twice", before)


def test_refusal_says_the_setting_and_what_stays_wins(place: Place) -> None:
    with pytest.raises(RefusedError) as fresh:
        place.sync(ONE, TWO)
    place.sync(TWO)
    with pytest.raises(RefusedError) as later:
        place.sync(ONE, TWO)

    assert '`allow-overwrite = ["one>two"]`' in fresh.value.hint
    assert '`allow-overwrite = ["two>one"]`' in later.value.hint


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"thing": "1"}, {"thing/inner.py": "2"}),
        ({"thing/inner.py": "1"}, {"thing": "2"}),
        ({"thing": "1", "same.py": "1"}, {"thing/inner.py": "2", "same.py": "2"}),
    ],
)
def test_file_where_another_needs_a_directory_stays_refused(
    place: Place, first: dict[str, bytes | str], second: dict[str, bytes | str]
) -> None:
    before = place.tree()

    with pytest.raises(RefusedError) as caught:
        place.sync(wheel("one", files=first), wheel("two", files=second), overwrites=FIRST)

    assert (caught.value.rule, "allow-overwrite" in caught.value.hint) == ("path-owned-twice", False)
    assert place.tree() == before


@pytest.mark.parametrize(
    ("first", "second"),
    [("pkg/Same.py", "pkg/same.py"), ("Pkg/same.py", "pkg/same.py"), ("café.py", "cafe\u0301.py")],
)
def test_names_that_some_filesystem_holds_for_one_are_one(
    place: Place, interpreter: Interpreter, first: str, second: str
) -> None:
    wheels = wheel("one", files={first: "1", "one.py": ""}), wheel("two", files={second: "2", "two.py": ""})

    for order in (wheels, wheels[:1], wheels):
        place.sync(*order, overwrites=FIRST)

    assert (place.site / first).read_text() == "1"
    assert not (place.site / second).exists()
    assert isinstance(answer(place, interpreter, *wheels, overwrites=FIRST), EnvironmentMatches)
    before = place.tree()
    with pytest.raises(RefusedError, match=r"one 1\.0"):
        place.sync(*wheels)
    assert place.tree() == before


def test_command_of_the_winner_is_the_one_that_runs(place: Place, interpreter: Interpreter) -> None:
    def tool(name: str) -> Built:
        files: dict[str, bytes | str] = {f"{name}.py": f"def main():\n    print('{name}')\n"}
        return wheel(name, files=files, entry_points={"console_scripts": {"tool": f"{name}:main"}})

    wheels = tool("one"), tool("two"), wheel("three", data={"scripts/tool": "#!python\nprint('three')\n"})
    overwrites = allowed("two>one", "two>three", "one>three")

    place.sync(*wheels, overwrites=overwrites)

    done = subprocess.run([f"{place.environment.scripts}/tool"], capture_output=True, text=True, check=True)
    assert done.stdout == "two\n"
    assert "../../../bin/tool" not in rows(place, "one-1.0.dist-info") | rows(place, "three-1.0.dist-info")
    assert isinstance(answer(place, interpreter, *wheels, overwrites=overwrites), EnvironmentMatches)
    place.sync(*wheels[::2], overwrites=overwrites)
    done = subprocess.run([f"{place.environment.scripts}/tool"], capture_output=True, text=True, check=True)
    assert done.stdout == "one\n"


def test_changed_byte_of_the_winner_is_all_that_is_found(place: Place, interpreter: Interpreter) -> None:
    place.sync(ONE, TWO, overwrites=FIRST)
    changed = place.site / "same/x.py"
    changed.unlink()
    changed.write_text("of = 'two'\n")

    found = answer(place, interpreter, ONE, TWO, overwrites=FIRST)

    assert isinstance(found, EnvironmentDiffers)
    where = changed.relative_to(place.root).as_posix()
    assert [(each.path, each.problem, each.owner) for each in found.findings] == [(where, "changed", "one 1.0")]


def test_environment_of_another_setting_is_not_what_is_expected(place: Place, interpreter: Interpreter) -> None:
    place.sync(ONE, TWO, overwrites=FIRST)

    found = answer(place, interpreter, ONE, TWO, overwrites=SECOND)

    assert isinstance(found, EnvironmentDiffers)
    assert any(each.path.endswith("same/x.py") for each in found.findings)


def test_winner_that_no_lock_names_and_that_stays_wins_too(place: Place) -> None:
    place.sync(ONE)

    place.sync(TWO, inexact=True, overwrites=FIRST)
    assert (place.site / "same/x.py").read_text() == "of = 'one'\n"
    assert place.sync(TWO, inexact=True, overwrites=FIRST).plan.is_empty

    place.sync(TWO, overwrites=FIRST)
    assert (place.site / "same/x.py").read_text() == "of = 'two'\n"


def test_loser_that_no_lock_names_cannot_be_installed_without_its_file(place: Place) -> None:
    place.sync(TWO)
    before = place.tree()

    with pytest.raises(RefusedError) as caught:
        place.sync(ONE, inexact=True, overwrites=FIRST)

    assert caught.value.hint == "two is not in the lockfile; sync without --inexact"
    assert place.tree() == before


def test_what_another_tool_installed_over_it_is_put_right(place: Place, interpreter: Interpreter) -> None:
    place.sync(ONE, TWO, overwrites=FIRST)
    (place.site / "one-1.0.dist-info/provenance_url.json").unlink()
    (place.site / "same/x.py").unlink()
    (place.site / "same/x.py").write_text("of = 'somebody'\n")

    place.sync(ONE, TWO, overwrites=FIRST)

    assert isinstance(answer(place, interpreter, ONE, TWO, overwrites=FIRST), EnvironmentMatches)


def test_same_bytes_from_another_place_are_still_what_is_expected(place: Place, interpreter: Interpreter) -> None:
    place.sync(ONE, TWO, overwrites=FIRST)
    chosen = [place.selected(built) for built in (ONE, TWO)]
    moved = [replace(one, file=replace(one.file, url=f"https://mirror.example/{one.name}")) for one in chosen]

    wanted = expected(moved, place.environment, str(place.cache / "archives"), FIRST)

    found = verify(place.environment, wanted.files, interpreter=interpreter, environ=os.environ)
    assert isinstance(found, EnvironmentMatches)


def test_who_lost_to_whom_is_recorded_in_the_environment(place: Place) -> None:
    place.sync(ONE, TWO, THREE, OTHER, overwrites=ORDERED)

    found = {one.name: one.overwritten_by for one in scan(place.environment)}
    assert found == {"one": (), "other": (), "three": ("one", "two"), "two": ("one",)}


@pytest.mark.parametrize("seed", range(20))
def test_random_histories_end_in_the_same_tree(place: Place, interpreter: Interpreter, seed: int) -> None:
    chance = random.Random(seed)
    versions = [[ONE, ONE_2, ONE_3], [TWO, TWO_2], [THREE], [OTHER]]
    orders = [
        allowed(f"{a}>{b}", f"{a}>{c}", f"{b}>{c}") for a, b, c in itertools.permutations(("one", "two", "three"))
    ]
    for _ in range(chance.randrange(2, 7)):
        wheels = [chance.choice(some) for some in versions if chance.random() < 0.7]
        chance.shuffle(wheels)
        place.sync(*wheels, overwrites=chance.choice(orders))

    place.sync(ONE_2, TWO, THREE, overwrites=ORDERED)

    assert isinstance(answer(place, interpreter, ONE_2, TWO, THREE, overwrites=ORDERED), EnvironmentMatches)
    assert place.tree() == fresh(place, ONE_2, TWO, THREE, overwrites=ORDERED)
