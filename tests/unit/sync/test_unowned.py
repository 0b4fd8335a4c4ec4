"""What belongs to no distribution is found and taken away, and nothing else is touched, inside or outside."""

from __future__ import annotations

import compileall
import os
import signal
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import InputError
from lockenv.files.locks import hold
from lockenv.sync.session import recover
from lockenv.sync.unowned import take_away, unowned
from tests.support.children import in_child
from tests.support.trees import snapshot
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.sync.conftest import Place

ONE = wheel(
    "one",
    files={"one/__init__.py": "", "one/deep/a.b.py": "", "space/one.py": "", "single.py": ""},
    entry_points={"console_scripts": {"one": "one:main"}},
    data={"scripts/tool": "#!python\n"},
)
TWO = wheel("two", files={"two/__init__.py": "", "space/two/__init__.py": ""})


@pytest.fixture
def filled(place: Place) -> Place:
    place.sync(ONE, TWO)
    assert compileall.compile_dir(place.site, quiet=1)
    return place


def litter(place: Place) -> list[str]:
    """Put what belongs to nothing in many places; return the paths as they are reported, relative to site-packages."""
    for path in ("mine.pth", "one/mine.txt", "one/deep/mine.py", "mine/deep/er.py", "~old.dist-info/RECORD", ".hidden"):
        (place.site / path).parent.mkdir(parents=True, exist_ok=True)
        (place.site / path).write_text("x")
    (place.site / "one/__pycache__/gone.cpython-311.pyc").write_bytes(b"")
    (place.site / "empty").mkdir(exist_ok=True)
    answer = ["mine.pth", "one/mine.txt", "one/deep/mine.py", "mine/", "~old.dist-info/", ".hidden", "empty/"]
    return [*answer, "one/__pycache__/gone.cpython-311.pyc"]


def in_root(place: Place, paths: list[str]) -> tuple[str, ...]:
    site = place.site.relative_to(place.root).as_posix()
    return tuple(sorted(f"{site}/{path}" for path in paths))


def test_nothing_in_a_clean_environment_is_unowned(filled: Place) -> None:
    assert unowned(filled.environment) == ()


def test_each_file_of_no_one_is_found_and_the_topmost_directory_named(filled: Place) -> None:
    answer = litter(filled)

    assert unowned(filled.environment) == in_root(filled, answer)


def test_what_a_record_names_in_another_way_is_owned(filled: Place) -> None:
    (filled.site / "single.cfg").write_text("")
    (filled.site / "one/other.cfg").write_text("")
    (filled.site / "two/more.cfg").write_text("")
    rows = ["one/../single.cfg", "./one//other.cfg", f"{filled.site}/two/more.cfg", "/elsewhere/mine.cfg", "one/deep/"]
    with (filled.site / "one-1.0.dist-info/RECORD").open("a") as record:
        record.writelines(f"{row},,\n" for row in rows)

    assert unowned(filled.environment) == ()


def test_file_is_not_owned_by_a_row_that_names_one_in_the_root_of_the_filesystem(filled: Place) -> None:
    (filled.site / "single.cfg").write_text("")
    (filled.site / "other.cfg").write_text("")
    with (filled.site / "one-1.0.dist-info/RECORD").open("a") as record:
        record.writelines(["single.cfg,,\n", "/other.cfg,,\n"])

    assert unowned(filled.environment) == in_root(filled, ["other.cfg"])


def test_scripts_of_no_one_are_found_but_no_part_of_the_environment(filled: Place) -> None:
    (filled.root / "bin/mine").write_text("")

    assert unowned(filled.environment) == ("bin/mine",)


def test_taking_away_restores_the_environment(filled: Place) -> None:
    before = filled.tree()
    answer = litter(filled)

    assert take_away(filled.environment) == in_root(filled, answer)
    assert filled.tree() == before
    assert take_away(filled.environment) == ()


@pytest.mark.parametrize("place_of_link", ["site/link", "site/one/link", "site/one/__pycache__/link", "bin/link"])
def test_links_are_removed_and_what_they_lead_to_is_not_touched(
    filled: Place, tmp_path: Path, place_of_link: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "one").mkdir(parents=True)
    (elsewhere / "one/precious.py").write_text("x")
    before = snapshot(elsewhere)
    link = filled.site / place_of_link[5:] if place_of_link.startswith("site/") else filled.root / place_of_link
    link.symlink_to(elsewhere)

    assert take_away(filled.environment) == (link.relative_to(filled.root).as_posix(),)
    assert (snapshot(elsewhere), os.path.lexists(link)) == (before, False)


def test_unowned_directory_with_links_inside_goes_and_what_they_lead_to_stays(filled: Place, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious.py").write_text("x")
    (filled.site / "mine/deep").mkdir(parents=True)
    (filled.site / "mine/deep/link").symlink_to(elsewhere)
    (filled.site / "mine/file").symlink_to(elsewhere / "precious.py")

    assert take_away(filled.environment) == in_root(filled, ["mine/"])
    assert (elsewhere / "precious.py").read_text() == "x"


def test_link_in_place_of_a_directory_of_a_distribution_is_left(filled: Place, tmp_path: Path) -> None:
    (filled.site / "one").rename(tmp_path / "moved")
    (filled.site / "one").symlink_to(tmp_path / "moved")
    before = snapshot(tmp_path / "moved")

    assert take_away(filled.environment) == ()
    assert snapshot(tmp_path / "moved") == before


def test_nothing_goes_while_a_distribution_does_not_say_what_is_its(filled: Place) -> None:
    (filled.site / "legacy-1.0.dist-info").mkdir()
    answer = litter(filled)
    before = filled.tree()

    with pytest.raises(InputError, match=r"legacy 1.0 .* has no RECORD"):
        take_away(filled.environment)
    assert (filled.tree(), bool(answer)) == (before, True)


def test_nothing_goes_while_a_name_could_not_be_journaled(filled: Place) -> None:
    (filled.site / "evil\nname").write_text("")

    with pytest.raises(InputError, match=r"cannot remove .*evil\\nname.*: its name has control characters"):
        take_away(filled.environment)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["kill", "ENOSPC"])
def test_struck_at_any_call_all_is_there_or_all_is_gone(filled: Place, kind: str) -> None:
    clean = filled.tree()
    litter(filled)
    littered = filled.tree()
    codes = set()
    for number in range(1, 200):
        with hold(f"{filled.environment.records}/lock"):
            code = in_child(take_away, filled.environment, fault=f"sync.*:{number}:{kind}")
        recover(filled.environment)
        if code == 0:
            break
        codes.add(code)
        assert filled.tree() in (clean, littered), number
        litter(filled)

    assert (codes, filled.tree()) == ({-signal.SIGKILL if kind == "kill" else 2}, clean)
