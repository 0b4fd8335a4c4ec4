"""The judge finds each kind of fault, and none in a sound lock."""

from __future__ import annotations

from typing import Any

from packaging.pylock import Pylock

from tests.scenarios.judge import judge, published
from tests.support.oracle import World, environments

UNIVERSE: dict[str, dict[str, dict[str, Any]]] = {
    "a": {"1.0": {"requires": ["b[x]; sys_platform == 'linux'"]}},
    "b": {
        "1.0": {"extras": {"x": ["c"]}},
        "2.0": {"extras": {"x": ["c"]}, "requires_python": ">=3.10"},
    },
    "c": {"1.0": {}},
}
ROOTS = ("a", "b<2; sys_platform == 'darwin'")


def place(sys_platform: str, python: str) -> int:
    """Return the first of the oracle's environments that is this one."""
    return next(
        number
        for number, environment in enumerate(environments())
        if (environment["sys_platform"], environment["python_full_version"]) == (sys_platform, python)
    )


def entry(name: str, version: str, marker: str = "") -> dict[str, Any]:
    built = next(built for _, built in published(UNIVERSE) if built.filename.startswith(f"{name}-{version}-py3"))
    url = f"https://index.example/{built.filename}"
    wheel = {"name": built.filename, "url": url, "hashes": {"sha256": built.sha256}}
    described = {"name": name, "version": version, "wheels": [wheel]}
    return {**described, "marker": marker} if marker else described


def lock_of(*entries: dict[str, Any], **top: object) -> Pylock:
    return Pylock.from_dict({"lock-version": "1.0", "created-by": "hand", "packages": list(entries), **top})


def sound() -> list[dict[str, Any]]:
    return [
        entry("a", "1.0"),
        entry("b", "1.0", "sys_platform == 'darwin'"),
        entry("b", "2.0", "sys_platform == 'linux'"),
        entry("c", "1.0", "sys_platform == 'linux'"),
    ]


def faults(lock: Pylock) -> list[str]:
    here = [place("linux", "3.10.0"), place("darwin", "3.10.0")]
    return [fault.partition(" on ")[0] for fault in judge(lock, World(UNIVERSE, ROOTS, ">=3.10"), here)]


def test_sound_lock_has_no_fault_anywhere() -> None:
    world = World(UNIVERSE, ROOTS, ">=3.10")

    assert judge(lock_of(*sound()), world, world.covered()) == []


def test_missing_entry_is_found() -> None:
    assert faults(lock_of(*sound()[:3])) == ['b needs c; extra == "x": missing']


def test_unreachable_entry_is_found() -> None:
    entries = [*sound()[:3], entry("c", "1.0")]

    assert faults(lock_of(*entries)) == ["c is not required"]


def test_two_versions_in_one_environment_are_found() -> None:
    a, _, new, c = sound()
    entries = [a, entry("b", "1.0"), new, c]

    assert faults(lock_of(*entries)) == ["b twice, 1.0 and 2.0"]


def test_unmet_specifier_is_found() -> None:
    a, _, _, c = sound()

    assert faults(lock_of(a, entry("b", "2.0"), c)) == [
        'root needs b<2; sys_platform == "darwin": has 2.0',
        "b is not required",
    ]


def test_python_that_a_release_refuses_is_found() -> None:
    found = judge(lock_of(*sound()), World(UNIVERSE, ROOTS, ">=3.9"), [place("linux", "3.9.0")])

    assert found == ["b 2.0 does not serve this environment on linux/x86_64/cpython 3.9.0"]


def test_environment_left_out_is_found() -> None:
    lock = lock_of(*sound(), environments=["sys_platform == 'linux'"])

    assert faults(lock) == ["the lock's environments leave it out"]


def test_wrong_hash_is_found() -> None:
    entries = sound()
    entries[0]["wheels"][0]["hashes"] = {"sha256": "0" * 64}

    assert faults(lock_of(*entries)) == ["a-1.0-py3-none-any.whl is locked with another hash or size than it has"]
