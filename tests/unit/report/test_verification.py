"""What `verify` says about what it found."""

from __future__ import annotations

import pytest

from lockenv.environment.venv import Environment
from lockenv.environment.verify import EnvironmentDiffers, FileDifference
from lockenv.report.verification import repair_hint

ENVIRONMENT = Environment(
    root="/project/.venv",
    python="/project/.venv/bin/python",
    base="/usr/bin/python3.13",
    version="3.13.5",
    implementation="cpython",
    purelib="/project/.venv/lib/python3.13/site-packages",
    platlib="/project/.venv/lib/python3.13/site-packages",
    scripts="/project/.venv/bin",
    include="/project/.venv/include",
    data="/project/.venv",
    records="/project/.venv/.lockenv",
    prompt="project",
    sees_system_packages=False,
)


@pytest.mark.parametrize(
    ("paths", "begins"),
    [
        (("a.py", "pyvenv.cfg"), "if the file system keeps no modes, use --venv"),
        (("a.py",), "find out who changed it"),
    ],
)
def test_where_even_the_first_file_has_another_mode_the_file_system_is_named(
    paths: tuple[str, ...], begins: str
) -> None:
    differs = EnvironmentDiffers(
        fingerprint="", findings=tuple(FileDifference(path, "mode", "its mode is 0755, not 0644") for path in paths)
    )

    assert repair_hint(differs, ENVIRONMENT, "lockenv sync").startswith(begins)
