"""Make many small distributions that have everything a wheel can put into an environment, and a project of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.program import lockenv_here
from tests.support.projects import write_project
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex
    from tests.support.wheels import Built

_MEMBERS = 40
COUNT = _MEMBERS + 14

_LARGE = bytes(range(256)) * 5000
"""More than one read takes."""
_CONSTANTS = '''\
"""A module with a constant of every kind that byte-code can hold."""

import re

EVERYTHING = (None, True, False, ..., 0, -1, 255, 256, 1 << 70, -(1 << 400), 1.5, -0.0, 1e300, 2j, b"bytes", "text")
NAMES = ("a", "b c", "\\u00e4", "\\u20ac", "\\U0001f40d", "a" * 300, "interned", "interned")


def chosen(word):
    return word in {"one", "two", "three", "four", 5, None} or word in {b"six", (7, 8)}


class Shape:
    """A class."""

    size: int = 3

    def __init__(self, *parts, name="x", **rest):
        self.parts = [part for part in parts if part]

        def inner():
            nonlocal name
            name = name + "x"
            return lambda: (name, rest, self)

        self.inner = inner

    async def later(self):
        async with self as one:
            yield [two async for two in one]
        try:
            assert one
        except (ValueError, TypeError) as error:
            raise RuntimeError(f"{error!r:>{self.size}}") from error
        finally:
            del one
'''


def crowd() -> tuple[Built, ...]:
    """Return `COUNT` wheels, sorted by name, the same bytes each time; every interpreter can import them."""
    return (*(_member(number) for number in range(_MEMBERS)), *_odd())


def lock_crowd(directory: Path, index: LoopbackIndex) -> Path:
    """Put the wheels on `index` and return a locked project that needs them all."""
    wheels = crowd()
    index.add_all(*wheels)
    names = [one.name for one in wheels]
    project = write_project(directory, names, index=index.url, requires_python=">=3.8")
    done = lockenv_here("lock", cwd=project)
    if done.code != 0:
        raise AssertionError(done.err)
    return project


def _member(number: int) -> Built:
    name = f"dist_{number:02}"
    files: dict[str, bytes | str] = {
        f"{name}/__init__.py": f"NUMBER = {number}\n\n\ndef main() -> None:\n    print(NUMBER)\n",
        f"{name}/deep/er.py": f"names = {{'a', 'b', 'c{number}'}}\nfrozen = 1 in (1, {number})\n",
        f"{name}/table.bin": bytes(range(256)) * (1 + number % 3),
    }
    data: dict[str, bytes | str] = {}
    if number % 4 == 0:
        files[f"{name}/empty.txt"] = b""
        files[f"{name}/a, b.txt"] = "comma\n"
        data["scripts/" + name.replace("_", "-") + "-tool"] = f"#!python\nprint({number})\n"
    if number % 4 == 1:
        data[f"data/share/{name}.txt"] = f"{number}\n"
        data["scripts/" + name.replace("_", "-") + "-plain"] = "#!/bin/sh\nexit 0\n"
    if number % 4 == 2:
        data[f"headers/{name}.h"] = f"int number = {number};\n"
    return wheel(
        name.replace("_", "-"),
        f"1.{number}",
        requires=[f"dist-{number + 1:02}>=1"] if number + 1 < _MEMBERS else [],
        files=files,
        entry_points={"console_scripts": {f"run-{number:02}": f"{name}:main"}} if number % 2 == 0 else {},
        data=data,
        dist_info={"licenses/LICENSE": "free\n"},
    )


def _odd() -> tuple[Built, ...]:
    compiled = b"not a module that anything imports"
    return (
        wheel("odd-commands", files={"odd_commands.py": "def main():\n    return 0\n"}, entry_points=_entry_points()),
        wheel("odd-constants", files={"odd_constants/__init__.py": "", "odd_constants/everything.py": _CONSTANTS}),
        wheel(
            "odd-data", data={"data/share/odd/a.txt": "text", "data/etc/odd.conf": "", "purelib/odd_pure.py": "x = 1\n"}
        ),
        wheel("odd-empty", files={"odd_empty/__init__.py": b"", "odd_empty/py.typed": b""}),
        wheel("odd-executable", files={"odd_executable/run.sh": "#!/bin/sh\n"}, executable=["odd_executable/run.sh"]),
        wheel(
            "odd-headers",
            files={"odd_headers.py": ""},
            data={"headers/odd.h": "int odd;\n", "headers/deep/odd.h": "int r;\n"},
        ),
        wheel("odd-hook", files={"odd_hook.pth": "import sys\n", "odd_hook_module.py": "x = 1\n"}),
        wheel("odd-large", files={"odd_large/__init__.py": "", "odd_large/blob.bin": _LARGE}, is_compressed=True),
        wheel("odd-names", files=_names()),
        wheel("odd-namespace-one", files={"odd_namespace/one.py": "one = 1\n"}),
        wheel("odd-namespace-two", files={"odd_namespace/two/__init__.py": "two = 2\n"}),
        wheel("odd-scripts", files={"odd_scripts.py": ""}, data=_scripts(), executable=[]),
        wheel("odd-shipped", files={"odd_shipped/__init__.py": "", "odd_shipped/sourceless.pyc": compiled}),
        wheel(
            "odd-templates",
            files={"odd_templates/__init__.py": "", "odd_templates/old.py": "print 'not for Python 3'\n"},
        ),
    )


def _entry_points() -> dict[str, dict[str, str]]:
    return {
        "console_scripts": {"odd-run": "odd_commands:main", "odd.dotted": "odd_commands:main"},
        "gui_scripts": {"odd-window": "odd_commands:main"},
    }


def _names() -> dict[str, bytes | str]:
    return {
        "odd_names/__init__.py": "",
        "odd_names/a, b.txt": "comma",
        'odd_names/a "quoted" name.txt': "quotes",
        "odd_names/\u00e4\u00f6\u20ac.txt": "not ASCII",
        "odd_names/.hidden": "hidden",
        "odd_names/" + "long" * 50 + ".txt": "long",
    }


def _scripts() -> dict[str, bytes | str]:
    return {
        "scripts/q-python": "#!python\nprint('from a wheel')\n",
        "scripts/q-pythonw": "#!pythonw -E\nprint('from a wheel')\n",
        "scripts/q-shell": "#!/bin/sh\necho from a wheel\n",
    }
