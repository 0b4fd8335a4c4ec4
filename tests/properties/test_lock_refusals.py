"""What lockenv accepts as a valid lock, the standard's reader accepts too."""

from __future__ import annotations

import copy
import tomllib
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.pylock import Pylock

import tests.unit.lockfile
from lockenv.errors import InputError
from lockenv.lockfile.structure import check
from lockenv.lockfile.text import Lock, read, write
from lockenv.lockfile.validity import validate

GOLDEN = tomllib.loads(Path(tests.unit.lockfile.__path__[0], "pylock.golden.toml").read_text(encoding="utf-8"))
ODD = st.sampled_from(
    [
        "",
        "1",
        "1.0",
        "2.1.0",
        "numpy",
        "Six",
        "six-1.17.0-1-py3-none-any.whl",
        "six-1.17.0-x1-py3-none-any.whl",
        "six-1.17.0-py3-none-any.WHL",
        "six__x-1.17.0-py3-none-any.whl",
        "six-1.17.0-py3-none.whl",
        "numpy-2.1.0.zip",
        "numpy-2.1.0.tar.gz",
        "https://files.example/six-1.17.0-py3-none-any.whl",
        "https://files.example/a/../six-1.17.0-py3-none-any.whl#x",
        "https://files.example/six-1.17.0-py3-none-any.whl;x?y=z",
        "https://files.example/",
        "os_name == 'nt'",
        "os_name == 'nt' and",
        "python_version in '3.8 3.9'",
        "extra == 'x'",
        "'x' in extras and \"y\" not in dependency_groups",
        "python_version >= 'three'",
        ">=3.8",
        "==3.*",
        "~=3",
        ">=3.8,",
        ">=3.8.*",
        "~=3.8.*",
        "===x",
        "é",
        0,
        1,
        -1,
        True,
        1.5,
        [],
        ["x"],
        [1],
        {},
        {"x": "y"},
        {"sha256": "a" * 64},
        {"md5": "a" * 32},
        [{}],
        [{"name": "six-1.17.0-py3-none-any.whl", "path": "x", "hashes": {"sha256": "a" * 64}}],
        {"path": "six", "editable": True},
        {"type": "git", "url": "https://x", "commit-id": "x"},
        {"url": "https://files.example/x", "hashes": {"sha256": "b" * 64}},
    ]
)
KEYS = st.sampled_from(
    [
        *(
            "archive",
            "dependencies",
            "directory",
            "environments",
            "extras",
            "hashes",
            "index",
            "lock-version",
            "marker",
        ),
        *("name", "path", "requires-python", "sdist", "size", "tool", "upload-time", "url", "vcs", "version", "wheels"),
    ]
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (table or array, key) below `value`."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            found.append((value, key))
            found += places(value[key])
    return found


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    document = copy.deepcopy(GOLDEN)
    for _ in range(draw(st.integers(1, 3))):
        table, key = draw(st.sampled_from(places(document)))
        match draw(st.sampled_from(["replace", "remove", "insert"])):
            case "replace":
                table[key] = draw(ODD)
            case "remove":
                del table[key]
            case _ if isinstance(table, dict):
                table[draw(KEYS)] = draw(ODD)
            case _:
                table.append(draw(ODD))
    return document


def accepted(document: dict[str, Any]) -> Lock | None:
    try:
        lock = Lock(document=document)
        check(lock)
        validate(lock)
    except InputError:
        return None
    return lock


@given(mutated())
@settings(deadline=None, max_examples=200)
def test_a_lock_that_is_valid_is_valid_by_the_standards_reader(document: dict[str, Any]) -> None:
    if accepted(document) is not None:
        Pylock.from_dict(document)


@given(mutated())
@settings(deadline=None, max_examples=100)
def test_a_valid_lock_keeps_its_meaning_through_its_text(document: dict[str, Any]) -> None:
    if accepted(document) is not None:
        assert write(read(write(document)).document) == write(document)
