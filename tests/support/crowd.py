"""Give many small distributions that have everything a wheel can put into an environment, and a project of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.program import lockenv_here
from tests.support.projects import write_project
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex
    from tests.support.wheels import Built

COUNT = 52


def crowd(count: int = COUNT) -> tuple[Built, ...]:
    """Give `count` wheels: modules, packages, data, scripts of both kinds, headers, licenses, empty and odd names."""
    return tuple(_member(number, count) for number in range(count))


def lock_crowd(directory: Path, index: LoopbackIndex, count: int = COUNT) -> Path:
    """Put the wheels on `index` and give a locked project that needs them all."""
    index.add_all(*crowd(count))
    names = [f"dist-{number:02}" for number in range(count)]
    project = write_project(directory, names, index=index.url, requires_python=">=3.8")
    done = lockenv_here("lock", cwd=project)
    if done.code != 0:
        raise AssertionError(done.err)
    return project


def _member(number: int, count: int) -> Built:
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
        requires=[f"dist-{number + 1:02}>=1"] if number + 1 < count else [],
        files=files,
        entry_points={"console_scripts": {f"run-{number:02}": f"{name}:main"}} if number % 2 == 0 else {},
        data=data,
        dist_info={"licenses/LICENSE": "free\n"},
    )
