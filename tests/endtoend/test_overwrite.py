"""`allow-overwrite`: a lock whose distributions share a path has one environment, whatever was there before."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.program import lockenv, lockenv_here
from tests.support.projects import write_project
from tests.support.sources import write_tree
from tests.support.trees import snapshot
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.program import Result
    from tests.support.server import LoopbackIndex
    from tests.support.wheels import Built

SITE = Path(".venv/lib", f"python{sys.version_info.major}.{sys.version_info.minor}", "site-packages")
_REPORT = """\
import importlib.metadata as m, json, sys
print(json.dumps({d.name: [d.version, sorted(map(str, d.files)), all(f.locate().exists() for f in d.files)]
                  for d in m.distributions()}))
"""


def shared(name: str, version: str = "1.0", *, has_tests: bool = True) -> Built:
    files: dict[str, bytes | str] = {f"{name}.py": "", "tests/unit.py" if name == "full" else "tests/only.py": ""}
    if has_tests:
        files["tests/__init__.py"] = f"of = {name + version!r}\n"
    return wheel(name, version, files=files, entry_points={"console_scripts": {"both": f"{name}:main"}})


@pytest.fixture
def here(tmp_path: Path, index: LoopbackIndex) -> Path:
    index.add_all(
        shared("full"),
        shared("full", "2.0"),
        shared("full", "3.0", has_tests=False),
        shared("headless"),
        shared("headless", "2.0"),
    )
    return tmp_path / "project"


def arrange(here: Path, index: LoopbackIndex, allowed: Sequence[str], *requires: str) -> Path:
    tool = {"allow-overwrite": list(allowed)} if allowed else {}
    write_project(here, requires or ("full==1.0", "headless==1.0"), index=index.url, tool=tool)
    result = lockenv_here("lock", cwd=here)
    assert result.code == 0, result.err
    return here


def synced(here: Path, *args: str) -> Result:
    result = lockenv_here("sync", *args, cwd=here)
    assert result.code == 0, result.err
    return result


def of(here: Path) -> str:
    return (here / SITE / "tests/__init__.py").read_text()


def proved(here: Path) -> str:
    """Return the fingerprint of an environment in which `verify` finds nothing."""
    result = lockenv_here("verify", cwd=here)
    assert result.code == 0, result.err
    return result.out


def test_refusal_says_what_to_write_and_that_helps(here: Path, index: LoopbackIndex) -> None:
    arrange(here, index, [])
    before = snapshot(here)

    refused = lockenv("sync", cwd=here)

    assert (refused.code, snapshot(here)) == (2, before)
    assert '`allow-overwrite = ["full>headless"]`' in refused.err
    arrange(here, index, ["full>headless"])
    assert lockenv("sync", cwd=here).code == 0
    assert of(here) == "of = 'full1.0'\n"


def test_interpreter_and_pip_find_both_whole(here: Path, index: LoopbackIndex) -> None:
    synced(arrange(here, index, ["full>headless"]))

    done = subprocess.run([here / ".venv/bin/python", "-I", "-c", _REPORT], capture_output=True, text=True, check=True)

    reported = json.loads(done.stdout)
    assert [reported[name][::2] for name in ("full", "headless")] == [["1.0", True]] * 2
    assert {"tests/__init__.py", "../../../bin/both"} <= set(reported["full"][1])
    assert set(reported["headless"][1]) & {"tests/__init__.py", "tests/only.py", "../../../bin/both"} == {
        "tests/only.py"
    }
    pip = [sys.executable, "-m", "pip", "--python", str(here / ".venv/bin/python"), "check"]
    assert subprocess.run(pip, capture_output=True, check=False).returncode == 0


def test_setting_is_no_part_of_the_lock(here: Path, index: LoopbackIndex) -> None:
    before = arrange(here, index, []).joinpath("pylock.toml").read_bytes()

    arrange(here, index, ["full>headless"])

    assert here.joinpath("pylock.toml").read_bytes() == before
    assert lockenv_here("check", cwd=here).code == 0
    synced(here, "--frozen")


def test_lock_alone_allows_nothing(here: Path, index: LoopbackIndex) -> None:
    arrange(here, index, ["full>headless"]).joinpath("pyproject.toml").unlink()

    result = lockenv_here("sync", cwd=here)

    assert result.code == 2
    assert "path-owned-twice" in result.err


def test_second_sync_changes_nothing_and_loads_nothing(here: Path, index: LoopbackIndex) -> None:
    synced(arrange(here, index, ["full>headless"]))
    before = snapshot(here)

    assert synced(here).err.strip() == ".venv is up to date"
    assert synced(here, "--check").err.strip() == ".venv is up to date"
    assert snapshot(here) == before
    assert lockenv("run", "python", "-c", "", cwd=here).code == 0


@pytest.mark.parametrize(
    ("requires", "allowed"),
    [
        (("full==1.0", "headless==1.0"), "headless>full"),
        (("full==2.0", "headless==1.0"), "full>headless"),
        (("full==3.0", "headless==1.0"), "full>headless"),
        (("full==1.0", "headless==2.0"), "full>headless"),
        (("headless==1.0",), "full>headless"),
        (("full==1.0",), "full>headless"),
    ],
)
def test_later_sync_makes_what_a_first_one_makes(
    here: Path, index: LoopbackIndex, requires: Sequence[str], allowed: str
) -> None:
    synced(arrange(here, index, ["full>headless"]))
    arrange(here, index, [allowed], *requires)

    synced(here)

    later = proved(here)
    synced(here, "--venv", "fresh")
    first = lockenv_here("verify", "--venv", "fresh", cwd=here)
    assert (first.code, first.out) == (0, later)


def test_change_of_the_setting_is_noticed(here: Path, index: LoopbackIndex) -> None:
    synced(arrange(here, index, ["full>headless"]))
    arrange(here, index, ["headless>full"])

    assert lockenv_here("verify", cwd=here).code == 1
    assert lockenv_here("sync", "--check", cwd=here).code == 1
    reported = synced(here)
    assert "~ full 1.0 (different files)" in reported.out + reported.err
    assert of(here) == "of = 'headless1.0'\n"
    assert lockenv("run", "python", "-c", "", cwd=here).code == 0


def test_setting_that_goes_leaves_the_environment_untouched(here: Path, index: LoopbackIndex) -> None:
    synced(arrange(here, index, ["full>headless"]))
    before = snapshot(here / ".venv")
    arrange(here, index, [])

    refused = lockenv_here("sync", cwd=here)

    assert (refused.code, snapshot(here / ".venv")) == (2, before)
    assert lockenv("run", "python", "-c", "", cwd=here).code == 2
    assert snapshot(here / ".venv") == before


def test_change_of_the_project_elsewhere_keeps_run_quick(here: Path, index: LoopbackIndex) -> None:
    synced(arrange(here, index, ["full>headless"]))
    with (here / "pyproject.toml").open("a") as file:
        file.write("\n# more\n")

    assert lockenv("run", "python", "-c", "", cwd=here).code == 0
    assert synced(here).err.splitlines()[-1].startswith(".venv is up to date")


def test_names_that_the_lock_does_not_hold_are_no_error(here: Path, index: LoopbackIndex) -> None:
    synced(arrange(here, index, ["full>elsewhere", "nowhere>headless", "full>headless"]))

    assert of(here) == "of = 'full1.0'\n"
    proved(here)


def test_verify_names_a_changed_byte_of_the_winner_and_nothing_else(here: Path, index: LoopbackIndex) -> None:
    synced(arrange(here, index, ["full>headless"]))
    changed = here / SITE / "tests/__init__.py"
    changed.unlink()
    changed.write_text("of = 'headless1.0'\n")

    result = lockenv_here("verify", "--json", cwd=here)

    found = json.loads(result.out)["findings"]
    assert (result.code, [(each["path"], each["problem"]) for each in found]) == (
        1,
        [(changed.relative_to(here / ".venv").as_posix(), "changed")],
    )


def test_compiled_environment_is_proved_after_the_winner_changed(here: Path, index: LoopbackIndex) -> None:
    synced(arrange(here, index, ["full>headless"]), "--compile")
    arrange(here, index, ["headless>full"])

    synced(here, "--compile")

    proved(here)


@pytest.mark.parametrize("allowed", ["full>headless", "headless>full"])
def test_what_no_index_serves_wins_and_loses_alike(here: Path, index: LoopbackIndex, allowed: str) -> None:
    built = shared("headless")
    here.mkdir()
    (here / built.filename).write_bytes(built.content)
    arrange(here, index, [allowed], "full==1.0", f"headless @ file:{built.filename}")

    synced(here)

    before = proved(here)
    assert of(here) == f"of = '{allowed.partition('>')[0]}1.0'\n"
    assert lockenv_here("sync", "--check", cwd=here).code == 0
    arrange(here, index, [">".join(reversed(allowed.split(">")))], "full==1.0", f"headless @ file:{built.filename}")
    synced(here)
    assert proved(here) != before
    arrange(here, index, [allowed], "full==1.0", f"headless @ file:{built.filename}")
    synced(here)
    assert proved(here) == before


def test_directory_is_built_where_its_files_come_back(here: Path, index: LoopbackIndex) -> None:
    write_tree(here / "part", "part")
    index.add(wheel("over", files={"over.py": "", "part.py": "NAME = 'over'\n"}))
    sources = {"part": {"path": "part"}}

    for winner, loser in (("over", "part"), ("part", "over"), ("over", "part")):
        tool = {"allow-overwrite": [f"{winner}>{loser}"], "sources": sources}
        write_project(here, ["over", "part"], index=index.url, tool=tool)
        assert lockenv_here("lock", cwd=here).code == 0
        synced(here)
        assert (here / SITE / "part.py").read_text().splitlines()[0] == f"NAME = '{winner}'"
        proved(here)

    write_project(here, ["part"], index=index.url, tool={"sources": sources})
    assert lockenv_here("lock", cwd=here).code == 0
    synced(here)
    proved(here)


def test_two_orders_at_once_are_refused(here: Path, index: LoopbackIndex) -> None:
    arrange(here, index, ["full>headless"])
    text = (here / "pyproject.toml").read_text()
    (here / "pyproject.toml").write_text(text.replace('"full>headless"', '"full>headless", "headless>full"'))

    result = lockenv_here("sync", cwd=here)

    assert (result.code, "tool.lockenv.allow-overwrite[1]" in result.err) == (2, True)
