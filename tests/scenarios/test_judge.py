"""The judge finds each kind of fault, and none in a sound lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from packaging.pylock import Pylock

from tests.scenarios.judge import environment, grid, judge
from tests.scenarios.universe import Scenario, read

if TYPE_CHECKING:
    from pathlib import Path

_UNIVERSE = """\
[root]
requires = ["a", "b<2; sys_platform == 'darwin'"]
[expected]
satisfiable = true
[packages.a.versions."1.0"]
requires = ["b[x]; sys_platform == 'linux'"]
[packages.b.versions."1.0"]
extras.x = ["c"]
[packages.b.versions."2.0"]
extras.x = ["c"]
requires_python = ">=3.10"
[packages.c.versions."1.0"]
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    file = tmp_path / "universe.toml"
    file.write_text(_UNIVERSE, encoding="utf-8")
    return read(file, "universe")


def entry(scenario: Scenario, name: str, version: str, marker: str = "") -> dict[str, Any]:
    built = next(built for _, built in scenario.files() if built.filename.startswith(f"{name}-{version}-py3"))
    wheel = {
        "name": built.filename,
        "url": f"https://index.example/{built.filename}",
        "hashes": {"sha256": built.sha256},
    }
    described = {"name": name, "version": version, "wheels": [wheel]}
    return {**described, "marker": marker} if marker else described


def lock_of(*entries: dict[str, Any], **top: object) -> Pylock:
    return Pylock.from_dict({"lock-version": "1.0", "created-by": "hand", "packages": list(entries), **top})


def sound(scenario: Scenario) -> list[dict[str, Any]]:
    return [
        entry(scenario, "a", "1.0"),
        entry(scenario, "b", "1.0", "sys_platform == 'darwin'"),
        entry(scenario, "b", "2.0", "sys_platform == 'linux'"),
        entry(scenario, "c", "1.0", "sys_platform == 'linux'"),
    ]


def faults(lock: Pylock, scenario: Scenario) -> list[str]:
    machines = [environment(), environment(sys_platform="darwin", machine="arm64", system="Darwin")]
    return [fault.partition(": ")[2] or fault for fault in judge(lock, scenario, ">=3.10", machines)]


def test_sound_lock_has_no_fault_anywhere(scenario: Scenario) -> None:
    assert judge(lock_of(*sound(scenario)), scenario, ">=3.10", grid()) == []


def test_missing_entry_is_found(scenario: Scenario) -> None:
    assert faults(lock_of(*sound(scenario)[:3]), scenario) == ["b 2.0 requires c, which is not installed"]


def test_unreachable_entry_is_found(scenario: Scenario) -> None:
    entries = [*sound(scenario)[:3], entry(scenario, "c", "1.0")]

    assert faults(lock_of(*entries), scenario) == ["nothing requires c"]


def test_two_versions_in_one_environment_are_found(scenario: Scenario) -> None:
    a, _, new, c = sound(scenario)
    entries = [a, entry(scenario, "b", "1.0"), new, c]

    assert faults(lock_of(*entries), scenario) == ["two entries of b: 1.0 and 2.0"]


def test_unmet_specifier_is_found(scenario: Scenario) -> None:
    a, _, _, c = sound(scenario)

    assert faults(lock_of(a, entry(scenario, "b", "2.0"), c), scenario) == [
        'the project requires b<2; sys_platform == "darwin", but 2.0 is installed'
    ]


def test_python_that_a_release_refuses_is_found(scenario: Scenario) -> None:
    old = environment("3.9.21")

    found = judge(lock_of(*sound(scenario)), scenario, ">=3.9", [old])

    assert found == ["linux/x86_64/cpython 3.9.21: b 2.0 does not run here"]


def test_environment_left_out_is_found(scenario: Scenario) -> None:
    lock = lock_of(*sound(scenario), environments=["sys_platform == 'linux'"])

    assert faults(lock, scenario) == ["none of the lock's environments is this one"]


def test_wrong_hash_is_found(scenario: Scenario) -> None:
    entries = sound(scenario)
    entries[0]["wheels"][0]["hashes"] = {"sha256": "0" * 64}

    assert faults(lock_of(*entries), scenario) == [
        "a-1.0-py3-none-any.whl is locked with another hash or size than it has"
    ]
