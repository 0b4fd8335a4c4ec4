"""A sync does on Windows what it does elsewhere, and what it makes is what `verify` expects."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.creation import create
from lockenv.environment.fingerprint import fingerprint
from lockenv.environment.verify import EnvironmentDiffers, EnvironmentMatches, verify
from lockenv.errors import MachineError
from lockenv.files import faults
from lockenv.sync.entrypoints import Script, content
from lockenv.sync.expected import expected
from lockenv.sync.store_gc import in_use
from lockenv.sync.unowned import take_away
from lockenv.sync.wheel_store import WheelStore
from tests.support.systems import assumed
from tests.support.wheels import wheel
from tests.support.windows import windows, windows_interpreter
from tests.unit.sync.conftest import Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lockenv.environment.interpreter import Interpreter
    from tests.support.wheels import Built
    from tests.support.windows import Windows


@pytest.fixture
def system() -> Iterator[Windows]:
    with windows() as fake:
        yield fake


@pytest.fixture
def base(tmp_path: Path, interpreter: Interpreter) -> Interpreter:
    return windows_interpreter(tmp_path / "Python", interpreter)


@pytest.fixture
def there(tmp_path: Path, base: Interpreter, system: Windows) -> Place:  # noqa: ARG001 - created on Windows
    return Place(create(str(tmp_path / "env"), base), tmp_path / "cache")


A = wheel(
    "a",
    "1",
    files={"a/__init__.py": "", "a/tool.sh": "#!/bin/sh\n"},
    entry_points={"console_scripts": {"a": "a:main"}, "gui_scripts": {"a-window": "a:main"}},
)


def _verified(place: Place, base: Interpreter, *wheels: Built) -> EnvironmentMatches | EnvironmentDiffers:
    found = expected([place.selected(one) for one in wheels], place.environment, str(place.cache / "archives"))
    assert found.unproved == ()
    environ = {"PATH": os.defpath}
    return verify(place.environment, found.files, interpreter=base, environ=environ)


def test_what_was_synced_is_verified(there: Place, base: Interpreter) -> None:
    there.sync(A)
    os.chmod(there.site / "a/tool.sh", 0o600)  # which says nothing there

    answer = _verified(there, base, A)

    assert isinstance(answer, EnvironmentMatches), answer
    assert sorted(path.name for path in (there.root / "Scripts").glob("*.exe")) == [
        *("a-window.exe", "a.exe", "python.exe", "pythonw.exe"),
    ]


def test_two_environments_have_one_fingerprint(there: Place, base: Interpreter, tmp_path: Path) -> None:
    there.sync(A)
    (tmp_path / "elsewhere").mkdir()
    other = Place(create(str(tmp_path / "elsewhere/env"), base), there.cache)
    other.sync(A)
    os.chmod(other.site / "a/tool.sh", 0o600)

    # Of the launchers, which hold the path of their interpreter, only what they are called would be the same.
    for place in (there, other):
        for launcher in (place.root / "Scripts").glob("a*.exe"):
            launcher.unlink()

    assert fingerprint(there.environment) == fingerprint(other.environment)


@pytest.mark.parametrize("name", ["python.exe", "a.exe"])
def test_changed_program_is_found(there: Place, base: Interpreter, name: str) -> None:
    there.sync(A)
    (there.root / "Scripts" / name).write_bytes(b"MZ")

    answer = _verified(there, base, A)

    assert isinstance(answer, EnvironmentDiffers)
    assert [(one.path, one.problem) for one in answer.findings] == [(f"Scripts/{name}", "changed")]


def test_launcher_is_the_same_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script("a", "a", "main", is_gui=False)
    made = []
    for moment in (1_000_000_000, 1_500_000_000):
        monkeypatch.setattr(time, "localtime", lambda *_, moment=moment: time.gmtime(moment))
        with assumed("win32"):
            made.append(content(script, r"C:\Users\Zoë Example\env\Scripts\python.exe"))

    assert made[0] == made[1]
    # The launcher looks for the line where the zip archive begins by its own account.
    assert "#!C:\\Users\\Zoë Example\\env\\Scripts\\python.exe\nPK".encode() in made[0]


def test_junction_in_the_place_of_a_package_is_a_link(
    there: Place, base: Interpreter, system: Windows, tmp_path: Path
) -> None:
    there.sync(A)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/work.txt").write_text("mine")
    system.junction(there.site / "junction", tmp_path / "mine")

    answer = _verified(there, base, A)

    assert isinstance(answer, EnvironmentDiffers)
    assert [(one.path, one.detail) for one in answer.findings] == [
        ("Lib/site-packages/junction", "it belongs to no installed package, and is a link")
    ]
    assert take_away(there.environment) == ("Lib/site-packages/junction",)
    assert (tmp_path / "mine/work.txt").read_text() == "mine"


def _compiled(version: str) -> Built:
    return wheel("b", version, files={"b/__init__.py": "", "b/_core.pyd": f"library {version}"})


def test_upgrade_of_a_loaded_module_leaves_it_until_it_is_free(
    there: Place, base: Interpreter, system: Windows
) -> None:
    there.sync(_compiled("1"))
    held = str(there.cache / "held.pyd")
    system.held.add(str(there.site / "b/_core.pyd"))
    os.link(there.site / "b/_core.pyd", held)
    system.held = {held}

    there.sync(_compiled("2"))
    garbage = there.root / ".lockenv/garbage"
    left = [path.read_text() for path in garbage.iterdir()]
    during = _verified(there, base, _compiled("2"))
    there.sync(_compiled("2"), A)
    still = [path.read_text() for path in garbage.iterdir()]
    system.held.clear()
    there.sync(_compiled("2"))

    assert (left, still, garbage.exists()) == (["library 1"], ["library 1"], False)
    assert isinstance(during, EnvironmentMatches), during
    assert (there.site / "b/_core.pyd").read_text() == "library 2"


def _cased(version: str, name: str, module: str) -> Built:
    return wheel("c", version, files={f"{name}/{module}.py": version, f"{name}/data.txt": version})


@pytest.mark.parametrize(
    ("before", "after"),
    [(("c", "Mod"), ("c", "mod")), (("C", "mod"), ("c", "mod")), (("C", "Mod"), ("c", "mod"))],
    ids=["a file", "a directory", "both"],
)
def test_update_that_only_changes_letter_case_is_done(
    there: Place, base: Interpreter, before: tuple[str, str], after: tuple[str, str]
) -> None:
    there.sync(_cased("1", *before))

    there.sync(_cased("2", *after))

    assert isinstance(_verified(there, base, _cased("2", *after)), EnvironmentMatches)
    assert sorted(os.listdir(there.site)) == ["c", "c-2.dist-info"]


def test_failed_update_of_letter_case_restores_the_old_names(there: Place, base: Interpreter) -> None:
    there.sync(_cased("1", "C", "Mod"))
    faults.arm("sync.create:3:EIO")
    try:
        with pytest.raises(MachineError):
            there.sync(_cased("2", "c", "mod"))
    finally:
        faults.arm("")

    assert isinstance(_verified(there, base, _cased("1", "C", "Mod")), EnvironmentMatches)


def test_used_wheels_are_known_by_their_names(there: Place) -> None:
    """What Windows lists of a directory has no number of names."""
    there.sync(A)

    assert in_use(WheelStore(str(there.cache))) == {A.sha256}


def test_same_file_of_two_distributions_is_put_once(there: Place, base: Interpreter) -> None:
    """What is executable elsewhere is no difference there."""
    one, other = (
        wheel(name, "1", files={f"{name}.py": "", "common/tool.sh": "#!/bin/sh\n"}, executable=executable)
        for name, executable in (("one", ["common/tool.sh"]), ("other", []))
    )
    there.sync(one)

    there.sync(one, other)

    assert isinstance(_verified(there, base, one, other), EnvironmentMatches)
