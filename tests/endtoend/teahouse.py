"""A project with something of everything that a lock can have to explain, and the index it is locked from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.program import lockenv
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

_PYPROJECT = """\
[project]
name = "teahouse"
version = "1.0"
requires-python = ">=3.11,<3.15"
dependencies = [
  "kettle>=1",
  "scale",
  "tray[lacquer]",
]

[project.optional-dependencies]
biscuits = ["shortbread"]

[dependency-groups]
dev = ["taster>=3", "kettle"]

[tool.lockenv]
constraints = ["cup<5"]
required-environments = [
  "sys_platform == 'linux' and platform_machine == 'x86_64'",
  "sys_platform == 'linux' and platform_machine == 's390x'",
]
allow-build = ["leaf"]
default-groups = ["dev"]

[[tool.lockenv.index]]
name = "loopback"
url = "{url}"
"""


def fill(index: LoopbackIndex) -> None:
    """Put the first versions of everything on `index`."""
    index.add_all(
        wheel("kettle", "1.4", requires=["element<2,>=1", "whistle; sys_platform == 'win32'"]),
        wheel("element", "1.0"),
        wheel("element", "1.1"),
        wheel("whistle", "0.5", tag="py3-none-win_amd64"),
        wheel("scale", "1.9", requires=["spring"], requires_python="<3.13"),
        wheel("scale", "2.0", requires=["spring", "cell"], requires_python=">=3.13"),
        *(wheel("cell", "3.2", tag=f"cp{minor}-cp{minor}-manylinux_2_17_x86_64") for minor in (313,)),
        sdist("cell", "3.2"),
        wheel("spring", "0.1"),
        wheel("tray", "2.2", requires=["cup"], extras={"lacquer": ["resin>=1"]}),
        wheel("cup", "4.0", requires=["saucer"]),
        wheel("saucer", "4.0", requires=["cup"]),
        wheel("resin", "1.0"),
        sdist("leaf", "0.3"),
        wheel("shortbread", "3.1", requires=["leaf"]),
        wheel("taster", "3.0", requires=["cup>=4"]),
    )


def age(index: LoopbackIndex) -> None:
    """Put newer versions on `index`: some within the requirements, some not."""
    index.add_all(
        wheel("element", "1.2"),
        wheel("element", "2.0"),
        wheel("cup", "5.0", requires=["saucer"]),
        wheel("resin", "1.3"),
        wheel("taster", "4.0a1"),
    )


def teahouse(directory: Path, index: LoopbackIndex) -> Path:
    """Return the project, locked from what `fill` puts on `index`."""
    fill(index)
    directory.mkdir()
    directory.joinpath("pyproject.toml").write_text(_PYPROJECT.format(url=index.url), encoding="utf-8")
    result = lockenv("lock", cwd=directory)
    assert result.code == 0, result.err
    return directory
