"""What came, went or was written to in an environment is seen by a quick look, and what is lacking is put back."""

from __future__ import annotations

import hashlib
import os
import shutil
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.installed import scan
from lockenv.environment.scan import encoded
from lockenv.environment.venv import open_environment
from lockenv.errors import RefusedError
from lockenv.sync import quick_look, state
from lockenv.sync.damage import damage
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.sync.conftest import Place

MUG = wheel(
    "mug",
    "1.0",
    files={
        "mug.py": "def main() -> None:\n    pass\n",
        "cups/__init__.py": "",
        "cups/deep/module.py": "x = 1\n",
        "mug-1.0.data/data/share/mug.txt": "a mug\n",
    },
    entry_points={"console_scripts": {"mug": "mug:main"}},
)
DECISION = state.SyncDecision(lock="a", declared="b", choice="c")

DAMAGE: dict[str, Callable[[Place], object]] = {
    "module": lambda place: (place.site / "mug.py").unlink(),
    "deep module": lambda place: (place.site / "cups/deep/module.py").unlink(),
    "package": lambda place: shutil.rmtree(place.site / "cups"),
    "script": lambda place: (place.root / "bin/mug").unlink(),
    "data": lambda place: (place.root / "share/mug.txt").unlink(),
    "emptied": lambda place: (place.site / "cups/deep/module.py").write_bytes(b""),
    "same size": lambda place: _write(place.site / "cups/deep/module.py", "x = 2\n"),
    "metadata": lambda place: (place.site / "mug-1.0.dist-info/METADATA").unlink(),
    "link": lambda place: _link(place.site / "mug.py"),
    "mode": lambda place: (place.site / "mug.py").chmod(0),
    "script that cannot be run": lambda place: (place.root / "bin/mug").chmod(0o644),
    "RECORD": lambda place: _forge(place.site / "mug.py", place.site / "mug-1.0.dist-info/RECORD"),
}


def _write(path: Path, text: str) -> None:
    """Write in place, and have the file be written after the last sync even where clocks are coarse."""
    path.write_text(text)
    later = os.stat(path).st_mtime_ns + 10**9
    os.utime(path, ns=(later, later))


def _forge(module: Path, record: Path) -> None:
    """Change a module, and RECORD with it, so that they agree."""
    row = f"mug.py,sha256={_encoded(module)},{module.stat().st_size}"
    module.write_text("import os\n")
    _write(record, record.read_text().replace(row, f"mug.py,sha256={_encoded(module)},{module.stat().st_size}"))


def _encoded(path: Path) -> str:
    return encoded(hashlib.sha256(path.read_bytes()).digest())


def _link(path: Path) -> None:
    path.unlink()
    path.symlink_to("cups/__init__.py")


def _synced(place: Place) -> None:
    place.sync(MUG)
    state.remember(place.environment, DECISION, state.SyncChoice(extras=("tea",)))


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_seen_and_put_right(place: Place, kind: str) -> None:
    _synced(place)
    before = place.tree()

    DAMAGE[kind](place)
    seen, found = state.last(place.environment), damage(place.environment, scan(place.environment))
    place.sync(MUG)

    assert (seen, list(found)) == (None, ["mug"])
    assert {path: what for path, what in place.tree().items() if path != ".lockenv/state"} == {
        path: what for path, what in before.items() if path != ".lockenv/state"
    }


def test_link_in_the_place_of_a_package_is_seen(place: Place, tmp_path: Path) -> None:
    _synced(place)
    shutil.copytree(place.site / "cups", tmp_path / "cups")
    shutil.rmtree(place.site / "cups")
    (place.site / "cups").symlink_to(tmp_path / "cups")

    seen, found = state.last(place.environment), damage(place.environment, scan(place.environment))

    assert (seen, list(found)) == (None, ["mug"])
    with pytest.raises(RefusedError, match="cups is a link or a file where a directory is needed"):
        place.sync(MUG)


@pytest.mark.parametrize("name", ["journal.new", "state.new", "boot.new"])
def test_note_that_was_never_finished_is_seen_and_goes(place: Place, name: str) -> None:
    _synced(place)
    (place.root / ".lockenv" / name).write_text("half")

    seen = state.last(place.environment)
    place.sync(MUG)

    assert seen is None
    assert not (place.root / ".lockenv" / name).exists()


def test_changed_interpreter_link_is_seen(place: Place) -> None:
    _synced(place)
    (place.root / "bin/python3").unlink()
    (place.root / "bin/python3").symlink_to("/bin/true")

    assert state.last(place.environment) is None


def test_byte_code_is_no_change_and_is_remembered(place: Place) -> None:
    _synced(place)
    before = (place.root / ".lockenv/state").read_bytes()
    for directory in (place.site, place.site / "cups/deep"):
        (directory / "__pycache__").mkdir()
        (directory / "__pycache__/module.cpython-311.pyc").write_bytes(b"x")
        os.utime(directory, ns=(1, 1))

    seen = state.last(place.environment)
    after = (place.root / ".lockenv/state").read_bytes()

    assert (seen, before == after, state.last(place.environment)) == (DECISION, False, DECISION)
    assert (place.root / ".lockenv/state").read_bytes() == after
    assert state.chosen(place.environment) == state.SyncChoice(extras=("tea",))


def test_file_of_others_is_seen_and_is_no_damage(place: Place) -> None:
    _synced(place)
    (place.site / "other.py").write_text("")

    assert (state.last(place.environment), damage(place.environment, scan(place.environment))) == (None, {})


def test_moved_environment_is_not_as_the_last_sync_left_it(place: Place) -> None:
    _synced(place)
    moved = place.root.with_name("moved")
    place.root.rename(moved)
    there = open_environment(str(moved))

    assert there is not None
    assert state.last(there) is None


def test_other_path_to_the_same_place_is_no_move(place: Place) -> None:
    _synced(place)
    link = place.root.with_name("link")
    link.symlink_to(place.root)
    there = open_environment(str(link))

    assert there is not None
    assert state.last(there) == DECISION


@pytest.mark.parametrize("content", [b"", b"\n", b"a\nb\n", b"\xff" * 100])
def test_memory_that_is_not_what_was_written_is_none(place: Place, content: bytes) -> None:
    _synced(place)
    (place.root / ".lockenv/state").write_bytes(content)

    assert (state.last(place.environment), state.chosen(place.environment)) == (None, None)


def test_look_is_bounded_and_begins_nearest_the_root(tmp_path: Path) -> None:
    for number in range(400):
        (tmp_path / f"{number:03}").mkdir()
        (tmp_path / f"{number:03}/file").write_text("")
    (tmp_path / "near").write_text("")

    lines = quick_look.look(str(tmp_path))

    assert (len(lines), sum(line.endswith(" near") for line in lines)) == (320, 1)
    assert quick_look.look_again(str(tmp_path), lines) == lines


def test_distribution_without_its_record_is_installed_again(place: Place) -> None:
    _synced(place)
    record = place.site / "mug-1.0.dist-info/RECORD"
    before = record.read_bytes()
    for lose in (record.unlink, lambda: record.write_bytes(b"\xff")):
        lose()
        place.sync(MUG)

        assert record.read_bytes() == before


def test_memory_of_an_earlier_version_is_whole(place: Place) -> None:
    """It ended with a SHA-256, and with nothing else it is whole."""
    _synced(place)
    file = place.root / ".lockenv/state"
    text = file.read_bytes().rpartition(b"\n")[0].rpartition(b"\n")[0] + b"\n"

    file.write_bytes(text + sha256(text).hexdigest().encode() + b"\n")
    assert state.is_whole(place.environment)
    file.write_bytes(text + b"0" * 64 + b"\n")
    assert not state.is_whole(place.environment)


def _copied(place: Place, tmp_path: Path) -> str:
    """Return a copy of the environment of `place`."""
    other = tmp_path / "other"
    shutil.copytree(place.root, other, symlinks=True)
    return str(other)


def test_look_at_an_environment_like_another_is_what_a_look_says(place: Place, tmp_path: Path) -> None:
    _synced(place)
    other = _copied(place, tmp_path)

    assert quick_look.look_at_same(other, quick_look.look(str(place.root))) == quick_look.look(other)


@pytest.mark.parametrize("path", ["bin/more", "share/more", "lib/more", "more"])
def test_environment_with_other_names_near_its_root_is_not_like_another(
    place: Place, tmp_path: Path, path: str
) -> None:
    _synced(place)
    other = _copied(place, tmp_path)
    (tmp_path / "other" / path).write_text("")

    assert quick_look.look_at_same(other, quick_look.look(str(place.root))) is None


@pytest.mark.parametrize("path", ["bin/python", "lib64"])
def test_environment_that_lacks_something_is_not_like_another(place: Place, tmp_path: Path, path: str) -> None:
    _synced(place)
    other = _copied(place, tmp_path)
    (tmp_path / "other" / path).unlink()

    assert quick_look.look_at_same(other, quick_look.look(str(place.root))) is None


def test_last_look_is_that_of_one_decision(place: Place) -> None:
    _synced(place)

    assert state.last_look(place.environment, DECISION) == tuple(quick_look.look(str(place.root)))
    assert state.last_look(place.environment, state.SyncDecision(lock="a", declared="b", choice="d")) == ()
