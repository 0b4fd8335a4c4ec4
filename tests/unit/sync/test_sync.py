"""An environment becomes what is selected, and its own interpreter agrees."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.creation import create
from lockenv.environment.interpreter import probe
from lockenv.errors import InputError, MachineError, NetworkError, RefusedError
from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import FetchSettings
from lockenv.files import faults
from lockenv.index.metadata import headers
from lockenv.sync.plan import InstallPlan
from lockenv.sync.session import synchronise
from lockenv.sync.stage import stage
from lockenv.sync.wheel_store import WheelStore
from lockenv.vocabulary.dataclasses import replace
from tests.support.interpreters import INTERPRETERS, RUNNING
from tests.support.wheels import wheel
from tests.unit.sync.conftest import Place

if TYPE_CHECKING:
    from pathlib import Path

    from lockenv.environment.interpreter import Interpreter
    from lockenv.vocabulary.selected import Selected

OTHERS = sorted({INTERPRETERS.get("3.9", INTERPRETERS[RUNNING]), INTERPRETERS.get("3.13", INTERPRETERS[RUNNING])})

_ASK = """\
import importlib.metadata as m, json
print(json.dumps({d.metadata["Name"]: [d.version, all(f.locate().exists() for f in d.files)]
                  for d in m.distributions()}))
"""


def reported(place: Place) -> object:
    """Return what the environment's interpreter finds: version, and whether each file of RECORD exists."""
    done = subprocess.run([place.environment.python, "-I", "-c", _ASK], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def run(place: Place, name: str) -> str:
    done = subprocess.run([os.path.join(place.environment.scripts, name)], capture_output=True, text=True, check=True)
    return done.stdout


def test_interpreter_finds_what_was_installed(place: Place) -> None:
    place.sync(wheel("one", "1.0"), wheel("two", "2.0"))

    assert reported(place) == {"one": ["1.0", True], "two": ["2.0", True]}


@pytest.mark.parametrize("python", OTHERS)
def test_other_interpreters_run_what_was_installed(tmp_path: Path, python: str) -> None:
    interpreter = probe(python, cache_dir=str(tmp_path / "cache"), environ=os.environ)
    place = Place(create(str(tmp_path / "env"), interpreter), tmp_path / "cache")
    place.sync(
        wheel(
            "one",
            files={"one.py": "import sys\ndef main():\n    print(sys.prefix)\n"},
            entry_points={"console_scripts": {"one": "one:main"}},
        )
    )

    assert (run(place, "one"), reported(place)) == (f"{place.environment.root}\n", {"one": ["1.0", True]})


def test_record_lists_every_file_with_its_hash(place: Place) -> None:
    place.sync(
        wheel(
            "one",
            files={"one.py": "def main(): ...\n", "pkg/with,comma.txt": "x"},
            entry_points={"console_scripts": {"one": "one:main"}},
            data={"scripts/tool": "#!python -x\n", "data/share/one": "x", "headers/one.h": ""},
        )
    )

    import csv

    with (place.site / "one-1.0.dist-info/RECORD").open(newline="") as stream:
        rows = list(csv.reader(stream))
    lines = (place.site / "one-1.0.dist-info/RECORD").read_text().splitlines()
    before = {path for path in place.tree() if (place.root / path).is_file()}
    listed = {os.path.relpath(os.path.normpath(place.site / path), place.root) for path, _, _ in rows}
    place.sync()
    after = {path for path in place.tree() if (place.root / path).is_file()}
    assert listed == before - after
    assert lines == sorted(lines)
    assert [row[0] for row in rows if not row[1]] == ["one-1.0.dist-info/RECORD"]


def test_hashes_in_record_are_those_of_the_files(place: Place) -> None:
    place.sync(wheel("one", data={"scripts/tool": "#!python\nprint(1)\n"}))

    import base64
    import csv

    with (place.site / "one-1.0.dist-info/RECORD").open(newline="") as stream:
        rows = [row for row in csv.reader(stream) if row[1]]
    for path, hashed, size in rows:
        content = (place.site / path).read_bytes()
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        assert (hashed, size) == (f"sha256={digest}", str(len(content)))


def test_removing_everything_leaves_the_empty_environment(place: Place) -> None:
    empty = place.tree()
    place.sync(wheel("one", data={"data/share/deep/one": "x"}), wheel("two", files={"name/space/two.py": ""}))

    place.sync()

    assert place.tree() == empty


def test_bytecode_goes_with_its_module(place: Place) -> None:
    place.sync(wheel("one"))
    subprocess.run([place.environment.python, "-c", "import one"], check=True)

    place.sync()

    assert not (place.site / "one").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows drops a final dot")
def test_final_dots_are_parts_of_names_in_a_wheel_that_is_not_for_windows(place: Place) -> None:
    """As in wheels for Linux with `x.so.` beside `x.so`, and the libraries of X in `x.`."""
    files = {"X/x.so": "1", "X/x.so.": "2", "x./x.so": "3"}
    before = place.tree()

    place.sync(wheel("x", tag="py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64", files=files))
    installed = {name: (place.site / name).read_text() for name in files}
    place.sync()

    assert (installed, place.tree()) == (files, before)


def test_upgrade_equals_fresh_installation(place: Place, tmp_path: Path, interpreter: Interpreter) -> None:
    old = wheel("one", "1.0", files={"one/a.py": "a = 1", "one/gone/b.py": "b = 1"})
    new = wheel("one", "2.0", files={"one/a.py": "a = 2", "one/come/c.py": "c = 2"})
    place.sync(old)
    place.sync(new)
    other = Place(create(str(tmp_path / "other" / "env"), interpreter), place.cache)
    other.sync(new)

    def content(where: Place) -> dict[str, str]:
        return {path: what[1] for path, what in where.tree().items() if path.startswith("lib/")}

    assert content(place) == content(other)


def test_same_version_from_other_bytes_is_replaced(place: Place) -> None:
    place.sync(wheel("one", files={"one.py": "a = 1"}))

    done = place.sync(wheel("one", files={"one.py": "a = 2"}))

    assert (place.site / "one.py").read_text() == "a = 2"
    assert ([one.name for one in done.plan.install], [one.name for one in done.plan.remove]) == (["one"], ["one"])


def test_second_sync_does_nothing(place: Place) -> None:
    place.sync(wheel("one"))
    before = place.tree()

    done = place.sync(wheel("one"))

    assert done.plan == InstallPlan(keep=done.plan.keep)
    assert place.tree() == before


def test_dry_run_changes_nothing(place: Place) -> None:
    before = place.tree()

    done = place.sync(wheel("one"), dry_run=True)

    assert [one.name for one in done.plan.install] == ["one"]
    assert place.tree() == before


def test_inexact_keeps_what_the_lock_does_not_name(place: Place) -> None:
    place.sync(wheel("one"))

    place.sync(wheel("two"), inexact=True)

    assert reported(place) == {"one": ["1.0", True], "two": ["1.0", True]}


def test_script_placeholder_names_the_interpreter(place: Place) -> None:
    place.sync(wheel("one", data={"scripts/tool": "#!pythonw\nimport sys; print(sys.executable)\n"}))

    assert run(place, "tool") == f"{place.environment.python}\n"


def test_executable_files_stay_executable_and_others_are_not(place: Place) -> None:
    os.umask(old := os.umask(0o077))
    try:
        place.sync(wheel("one", files={"one/run": "x", "one/read": "x"}, executable=["one/run"]))
    finally:
        os.umask(old)

    modes = {path.name: oct(path.stat().st_mode & 0o7777) for path in (place.site / "one").iterdir()}
    assert modes == {"run": "0o755", "read": "0o644"}


def test_provenance_names_the_file(place: Place) -> None:
    built = wheel("one")
    place.sync(built)

    assert json.loads((place.site / "one-1.0.dist-info/provenance_url.json").read_text()) == {
        "archive_info": {"hashes": {"sha256": built.sha256}},
        "url": f"https://files.example/{built.filename}",
    }


def test_shipped_claims_about_the_installation_are_replaced(place: Place) -> None:
    place.sync(wheel("one", dist_info={"INSTALLER": "evil\n", "REQUESTED": "", "direct_url.json": "{}"}))

    names = {path.name for path in (place.site / "one-1.0.dist-info").iterdir()}
    assert names == {"INSTALLER", "METADATA", "RECORD", "WHEEL", "provenance_url.json"}
    assert (place.site / "one-1.0.dist-info/INSTALLER").read_text() == "lockenv\n"


def test_path_hooks_are_reported(place: Place) -> None:
    done = place.sync(wheel("one", files={"one.pth": "import os\n"}))

    assert done.notes == ("one 1.0: one.pth runs whenever Python starts",)


def test_path_files_that_run_nothing_are_not_reported(place: Place) -> None:
    done = place.sync(wheel("one", files={"one.pth": "/sources/one\n"}))

    assert done.notes == ()


# What must not happen


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"same.py": "1"}, {"same.py": "2"}),
        ({"pkg/Same.py": "1"}, {"pkg/same.py": "2"}),
        ({"thing": "1"}, {"thing/inner.py": "2"}),
        ({"café.py": "1"}, {"cafe\u0301.py": "2"}),
    ],
)
def test_two_distributions_with_one_path_are_refused(
    place: Place, first: dict[str, bytes | str], second: dict[str, bytes | str]
) -> None:
    before = place.tree()

    with pytest.raises(RefusedError, match=r"one 1\.0.*two 1\.0|two 1\.0.*one 1\.0") as caught:
        place.sync(wheel("one", files=first), wheel("two", files=second))

    assert (caught.value.rule, place.tree()) == ("path-owned-twice", before)


def test_path_of_a_distribution_that_stays_is_refused(place: Place) -> None:
    place.sync(wheel("one", files={"same.py": "1"}))
    before = place.tree()

    with pytest.raises(RefusedError, match=r"one 1\.0 and two 1\.0"):
        place.sync(wheel("two", files={"same.py": "2"}), inexact=True)

    assert place.tree() == before


def test_file_of_no_one_is_overwritten(place: Place) -> None:
    (place.site / "one").mkdir()
    (place.site / "one/__init__.py").write_text("mine")

    place.sync(wheel("one"))

    assert (place.site / "one/__init__.py").read_text() == '__version__ = "1.0"\n'


def test_nothing_is_written_through_a_planted_link(place: Place, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (place.site / "one").symlink_to(outside)
    before = place.tree()

    with pytest.raises(RefusedError, match="a link or a file where a directory is needed"):
        place.sync(wheel("one"))

    assert (list(outside.iterdir()), place.tree()) == ([], before)


def test_removal_touches_nothing_outside_nor_the_environment_itself(place: Place, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("alive")
    place.sync(wheel("one"), wheel("two"))
    claim = place.site / "one-1.0.dist-info"
    rows = ["../../../../victim,,", f"{victim},,", "../../../pyvenv.cfg,,", "two-1.0.dist-info/METADATA,,", "one,,"]
    (claim / "RECORD").write_text("\n".join(rows) + "\n")

    place.sync(wheel("two"))

    assert (victim.read_text(), (place.root / "pyvenv.cfg").exists()) == ("alive", True)
    assert reported(place) == {"two": ["1.0", True]}


@pytest.mark.parametrize("name", ["two-1.0.dist-info/note", "two-1.0.DIST-INFO/note"])
def test_removal_touches_nothing_in_the_metadata_of_another_distribution(place: Place, name: str) -> None:
    place.sync(wheel("one"), wheel("two"))
    note = place.site / name
    note.parent.mkdir(exist_ok=True)
    note.write_text("of no RECORD")
    (place.site / "one-1.0.dist-info/RECORD").write_text(f"{name},,\n")

    place.sync(wheel("two"))

    assert note.read_text() == "of no RECORD"


def test_included_copies_of_distributions_go_with_what_includes_them(place: Place) -> None:
    vendored = {"one/_vendor/part.py": "", "one/_vendor/part-1.0.dist-info/METADATA": "Name: part\nVersion: 1.0\n"}
    place.sync(wheel("one", "1.0", files=vendored), wheel("two"))

    place.sync(wheel("one", "2.0"), wheel("two"))

    assert not (place.site / "one/_vendor").exists()
    assert reported(place) == {"one": ["2.0", True], "two": ["1.0", True]}


def test_changed_file_of_a_removed_distribution_is_kept_and_named(place: Place) -> None:
    place.sync(wheel("one", files={"one/a.py": "a = 1", "one/b.py": "b = 1"}))
    changed = place.site / "one/a.py"
    changed.unlink()
    changed.write_text("a = 2")

    done = place.sync()

    assert done.notes == (f"{changed} was kept, because it was modified after installation",)
    assert [path.name for path in place.site.rglob("*")] == ["one", "a.py"]


def test_changed_file_is_replaced_by_a_new_one(place: Place) -> None:
    place.sync(wheel("one", "1.0"))
    (place.site / "one/__init__.py").write_text("mine")

    done = place.sync(wheel("one", "2.0"))

    assert ((place.site / "one/__init__.py").read_text(), done.notes) == ('__version__ = "2.0"\n', ())


def test_distribution_without_record_cannot_be_removed(place: Place) -> None:
    claim = place.site / "old-1.0.dist-info"
    claim.mkdir()
    (claim / "METADATA").write_text("Name: old\nVersion: 1.0\n")
    before = place.tree()

    with pytest.raises(InputError, match="no RECORD"):
        place.sync(wheel("one"))

    assert place.tree() == before


def test_refused_wheel_leaves_environment_and_store_alone_twice(place: Place) -> None:
    bad = wheel("bad", files={"../out.py": "x"})
    before = place.tree()

    for _ in range(2):
        with pytest.raises(RefusedError) as caught:
            place.sync(wheel("good"), bad)
        assert (caught.value.rule, place.tree()) == ("path-unsafe", before)
    assert len(list((place.cache / "store-v1").glob("??/*"))) == 1


def test_missing_wheel_offline_is_a_network_error(place: Place) -> None:
    built = wheel("one")
    chosen = place.selected(built)
    (place.cache / "archives" / f"{built.sha256}.whl").unlink()
    with pytest.raises(NetworkError):
        synchronise([chosen], place.environment, Fetcher(FetchSettings(cache_dir=str(place.cache), offline=True)))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_unwritable_environment_is_a_machine_error(place: Place) -> None:
    place.site.chmod(0o555)
    try:
        with pytest.raises(MachineError):
            place.sync(wheel("one"))
    finally:
        place.site.chmod(0o755)


def test_lock_that_is_wrong_about_a_stored_wheel_is_refused(place: Place) -> None:
    place.sync(wheel("one"))
    before = place.tree()
    wrong = replace(wheel("one"), name="two")

    with pytest.raises(RefusedError, match=r"belongs to one 1\.0, not to two 1\.0"):
        place.sync(wrong)

    assert place.tree() == before


def test_lock_that_is_wrong_about_the_size_of_a_stored_wheel_is_refused(place: Place) -> None:
    place.sync(wheel("one"))
    chosen = place.selected(wheel("one"))
    wrong = replace(chosen, file=replace(chosen.file, size=1))

    with pytest.raises(RefusedError, match="locked 1 bytes"):
        stage([wrong], WheelStore(str(place.cache)), Fetcher(FetchSettings(cache_dir=str(place.cache), offline=True)))


def test_metadata_of_what_is_installed_is_judged_before_anything_changes(place: Place) -> None:
    requires = [f"lib{number}>=1" for number in range(2000)]
    built = wheel("one", requires=requires)
    fetcher = Fetcher(FetchSettings(cache_dir=str(place.cache), offline=True))
    seen: list[object] = []

    def judge(one: Selected, metadata: bytes) -> None:
        seen.append((one.name, headers(metadata).fields["requires-dist"]))
        raise RefusedError("metadata-mismatch", "no")

    before = place.tree()
    for _ in range(2):
        with pytest.raises(RefusedError):
            synchronise([place.selected(built)], place.environment, fetcher, judge=judge)

    assert (seen, place.tree()) == ([("one", tuple(requires))] * 2, before)


MANY = wheel("many", files={f"many/d{number % 20}/m{number}.py": f"n = {number}" for number in range(900)})
MORE = wheel("more", files={f"more/d{number % 20}/m{number}.py": f"n = {number}" for number in range(300)})


def test_many_files_are_all_there(place: Place) -> None:
    place.sync(MANY, MORE)

    found = {path.stem: path.read_text() for path in place.site.glob("m*/d*/m*.py")}
    assert found == {f"m{number}": f"n = {number}" for number in range(900)}
    assert reported(place) == {"many": ["1.0", True], "more": ["1.0", True]}


def test_many_files_are_all_gone_after_a_failure(place: Place) -> None:
    place.sync(wheel("many", "0.9"))
    before = place.tree()
    faults.arm("sync.link:700:EIO")
    try:
        with pytest.raises(MachineError, match=r"many/|more/"):
            place.sync(MANY, MORE)
    finally:
        faults.arm("")

    assert place.tree() == before
