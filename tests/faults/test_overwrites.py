"""Where distributions have files at one path, a change that dies is undone or finished by the next run."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, TypeAlias

import pytest

from lockenv.environment.creation import create
from lockenv.environment.interpreter import probe
from lockenv.vocabulary.names import NormalizedName
from tests.support.children import in_child
from tests.support.wheels import wheel
from tests.unit.sync.conftest import Place

if TYPE_CHECKING:
    from pathlib import Path

    from lockenv.vocabulary.manifest import Overwrites
    from tests.support.wheels import Built

ONE = wheel("one", files={"one.py": "", "same/x.py": "of = 'one'\n", "same/y.py": "of = 'one'\n"})
ONE_2 = wheel("one", "2.0", files={"one.py": "", "same/x.py": "of = 'one 2'\n"})
TWO = wheel("two", files={"two.py": "", "same/x.py": "of = 'two'\n", "same/y.py": "of = 'two'\n"})
SAME, ALSO, SAME_3, ALSO_3 = (
    wheel(name, version, files={f"{name}.py": "", "same/x.py": version}, entry_points={"console_scripts": {"x": "x:x"}})
    for version in ("1.0", "3.0")
    for name in ("one", "two")
)
SAME_2 = wheel("one", "2.0", files={"one.py": "2", "same/y.py": "", "same/x.py": "1.0"})
Wanted: TypeAlias = "tuple[tuple[Built, ...], Overwrites]"
FIRST: Overwrites = ((NormalizedName("one"), NormalizedName("two")),)
SECOND: Overwrites = ((NormalizedName("two"), NormalizedName("one")),)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    interpreter = probe(sys.executable, cache_dir=str(tmp_path / "probe"), environ=os.environ)
    return Place(create(str(tmp_path / "env"), interpreter), tmp_path / "cache")


def synchronise(place: Place, wheels: tuple[Built, ...], overwrites: Overwrites) -> None:
    place.sync(*wheels, overwrites=overwrites)


def dies(place: Place, wheels: tuple[Built, ...], overwrites: Overwrites, number: int) -> bool:
    """Return whether a process died at the n-th mutation, having so many to make."""
    code = in_child(synchronise, place, wheels, overwrites, fault=f"sync.*:{number}:kill")
    assert code in (0, -signal.SIGKILL)
    return code != 0


@pytest.mark.parametrize(
    ("wheels", "overwrites"),
    [((TWO,), FIRST), ((ONE,), FIRST), ((ONE_2, TWO), FIRST), ((ONE, TWO), SECOND)],
    ids=["winner removed", "loser removed", "winner upgraded", "other winner"],
)
def test_killed_at_any_call_the_next_run_makes_the_old_or_the_new_environment(
    place: Place, wheels: tuple[Built, ...], overwrites: Overwrites
) -> None:
    place.sync(*wheels, overwrites=overwrites)
    new = place.tree()

    sweep(place, ((ONE, TWO), FIRST), (wheels, overwrites), new)


def sweep(place: Place, old: Wanted, new: Wanted, made: dict[str, tuple[int, str]]) -> None:
    """Kill the change from `old` to `new`, which is the tree `made`, at each call, and go on to one or the other."""
    place.sync(*old[0], overwrites=old[1])
    before = place.tree()
    number = 1
    while dies(place, *new, number):
        wheels, overwrites = new if number % 2 else old
        place.sync(*wheels, overwrites=overwrites)
        assert place.tree() == (made if number % 2 else before), number
        place.sync(*old[0], overwrites=old[1])
        assert place.tree() == before, number
        number += 1

    assert (place.tree(), number > 10) == (made, True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ((SAME, ALSO), (ALSO,)),
        ((SAME, ALSO), (SAME_2, ALSO)),
        ((SAME,), (SAME, ALSO)),
        ((SAME, ALSO), (SAME_3, ALSO_3)),
    ],
    ids=["owner removed", "owner upgraded", "owner added", "file changed in both"],
)
def test_killed_where_a_file_is_shared_the_next_run_makes_the_old_or_the_new_environment(
    place: Place, old: tuple[Built, ...], new: tuple[Built, ...]
) -> None:
    place.sync(*new)

    sweep(place, (old, ()), (new, ()), place.tree())
