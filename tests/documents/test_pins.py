"""The pins that the tests run with answer what `pyproject.toml` declares."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.renew import PINS, ROOT, declared, heading

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
TEXT = PINS.read_text("utf-8")
RENEW = "out of date: run `build/test-environment/bin/python -m tests.renew`"


def pins(python: str) -> dict[str, str]:
    """The version of each project that CPython `python` gets on Linux."""
    environment = {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_python_implementation": "CPython",
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": "linux",
    }
    lines = re.sub(r" \\\n +--hash=\S+", "", TEXT).splitlines()
    found = [Requirement(line) for line in lines if not line.startswith("#")]
    return {
        pin.name: str(pin.specifier).removeprefix("==")
        for pin in found
        if pin.marker is None or pin.marker.evaluate(environment)
    }


def test_pins_were_locked_for_what_is_declared_now() -> None:
    assert TEXT.startswith(heading(PYPROJECT)), RENEW
    assert TEXT.count("# for ") == heading(PYPROJECT).count("\n"), RENEW


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14", "3.15"])
def test_every_declared_requirement_is_met_by_a_pin(python: str) -> None:
    pinned = pins(python)
    unmet = [
        one for one in map(Requirement, declared(PYPROJECT)) if not one.specifier.contains(pinned.get(one.name, "0"))
    ]

    assert unmet == [], RENEW


def test_every_pin_has_a_hash_and_none_says_where_a_file_is() -> None:
    blocks = re.split(r"\n(?=[a-z])", TEXT.strip())[1:]

    assert [block for block in blocks if "\n    --hash=sha256:" not in block] == []
    assert "://" not in TEXT
