"""Modules that lockenv's own finder loads are those that Python would load."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lockenv.files.module_finder

FINDER = Path(lockenv.files.module_finder.__file__)
PRINT = """\
for name in ("lockenv.part", "lockenv.inner", "lockenv.inner.part"):
    module = importlib.import_module(name)
    spec = module.__spec__
    print(name, module.WHERE, module.__file__, module.__cached__, getattr(module, "__path__", None), module.__package__)
    print(spec.origin, spec.has_location, spec.parent, spec.loader.get_source(name), spec.loader.is_package(name))
    print(module.where.__code__.co_filename)
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return a small package of lockenv's name, with its finder."""
    root = tmp_path / "lockenv"
    text = 'WHERE = "here"\n\n\ndef where():\n    return WHERE\n'
    for file in ("__init__.py", "files/__init__.py", "part.py", "inner/__init__.py", "inner/part.py"):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text, "utf-8")
    shutil.copy(FINDER, root / "files" / "module_finder.py")
    return root


def run(package: Path, code: str, *options: str, has_finder: bool = True) -> str:
    start = f"import importlib, sys\nsys.path.insert(0, {str(package.parent)!r})\n"
    start += "import lockenv.files.module_finder\n" if has_finder else ""
    done = subprocess.run(
        [sys.executable, "-I", *options, "-c", start + code], capture_output=True, text=True, check=True
    )
    return done.stdout


def is_asked(package: Path, *options: str) -> bool:
    names = run(package, "print([getattr(each, '__name__', '') for each in sys.meta_path])", *options)
    return names.startswith("['_Finder', ")


def test_modules_are_as_python_makes_them(package: Path) -> None:
    expected = run(package, PRINT, has_finder=False)

    assert is_asked(package)
    assert run(package, PRINT) == expected
    assert run(package, PRINT) == expected


def test_module_without_bytecode_is_compiled_and_has_it_then(package: Path) -> None:
    run(package, "import lockenv.part")

    assert list((package / "__pycache__").glob("part.*.pyc")) != []


def test_source_that_was_changed_is_read_again(package: Path) -> None:
    run(package, "import lockenv.part")
    (package / "part.py").write_text('WHERE = "there, now"\n', "utf-8")

    assert run(package, "import lockenv.part; print(lockenv.part.WHERE)") == "there, now\n"


def test_source_of_the_same_length_and_another_time_is_read_again(package: Path) -> None:
    run(package, "import lockenv.part")
    text = (package / "part.py").read_text("utf-8")
    (package / "part.py").write_text(text.replace("here", "else"), "utf-8")
    os.utime(package / "part.py", (1, 1))

    assert run(package, "import lockenv.part; print(lockenv.part.WHERE)") == "else\n"


@pytest.mark.parametrize("damage", [b"", b"abc", b"\0" * 40, b"\0" * 70_000], ids=len)
def test_bytecode_that_is_none_is_left_alone(package: Path, damage: bytes) -> None:
    run(package, "import lockenv.part")
    for file in (package / "__pycache__").glob("part.*.pyc"):
        file.write_bytes(damage)

    assert run(package, "import lockenv.part; print(lockenv.part.WHERE)") == "here\n"


def test_module_that_is_not_there_is_missed_as_always(package: Path) -> None:
    code = "try:\n    import lockenv.missing\nexcept ModuleNotFoundError as error:\n    print(error)"

    assert run(package, code) == "No module named 'lockenv.missing'\n"


def test_finder_is_not_used_where_bytecode_is_elsewhere(package: Path, tmp_path: Path) -> None:
    assert not is_asked(package, "-O")
    assert not is_asked(package, "-X", f"pycache_prefix={tmp_path / 'elsewhere'}")


def test_package_in_an_archive_is_left_to_python(package: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "all"), "zip", package.parent)
    shutil.rmtree(package)
    code = f"import sys; sys.path.insert(0, {archive!r})\nimport lockenv.files.module_finder, lockenv.inner.part\n"

    done = subprocess.run(
        [sys.executable, "-I", "-c", f"{code}print(lockenv.inner.part.WHERE)"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "here\n"
