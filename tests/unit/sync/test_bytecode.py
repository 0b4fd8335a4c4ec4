"""Byte-code is given to each module, whole or not at all, and goes with its module."""

from __future__ import annotations

import importlib.util
import os
import py_compile
import signal
from typing import TYPE_CHECKING

import pytest

from lockenv.files.locks import hold
from lockenv.sync.bytecode import compile_all
from lockenv.sync.session import recover
from tests.support.children import in_child
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from lockenv.environment.interpreter import Interpreter
    from tests.unit.sync.conftest import Place

ONE = wheel(
    "one", files={"one/__init__.py": "x = 1\n", "one/deep/a.b.py": "", "one/old.py": "print 'two'\n", "s.py": ""}
)
TWO = wheel("two", files={"two/__init__.py": "x = 2\n"})


def compiled(place: Place) -> dict[str, bytes]:
    """Return every file in directories of byte-code, by its path in site-packages."""
    caches = place.site.rglob("__pycache__")
    return {path.relative_to(place.site).as_posix(): path.read_bytes() for cache in caches for path in cache.iterdir()}


def cached(*modules: str) -> set[str]:
    return {importlib.util.cache_from_source(module) for module in modules}


def fill(place: Place, interpreter: Interpreter) -> int:
    return compile_all(place.environment, interpreter, os.environ)


def test_each_module_that_compiles_has_byte_code_that_is_checked_at_import(
    place: Place, interpreter: Interpreter
) -> None:
    place.sync(ONE, TWO)

    count = fill(place, interpreter)

    found = compiled(place)
    assert (count, set(found)) == (4, cached("one/__init__.py", "one/deep/a.b.py", "s.py", "two/__init__.py"))
    # PEP 552: bit 0 for a hash in place of a time, bit 1 for a comparison at import.
    assert {content[:8] for content in found.values()} == {importlib.util.MAGIC_NUMBER + b"\3\0\0\0"}
    assert fill(place, interpreter) == 0


def test_byte_code_with_a_time_is_replaced(place: Place, interpreter: Interpreter) -> None:
    place.sync(TWO)
    fill(place, interpreter)
    before = compiled(place)
    py_compile.compile(str(place.site / "two/__init__.py"), doraise=True)
    assert compiled(place) != before

    assert (fill(place, interpreter), compiled(place)) == (1, before)


def test_byte_code_goes_with_its_distribution_and_stays_with_others(place: Place, interpreter: Interpreter) -> None:
    place.sync(ONE, TWO)
    fill(place, interpreter)

    place.sync(TWO)

    assert compiled(place).keys() == cached("two/__init__.py")
    assert not (place.site / "one").exists()


def test_other_distributions_and_links_are_not_compiled(place: Place, interpreter: Interpreter, tmp_path: Path) -> None:
    place.sync(TWO)
    (place.site / "mine.py").write_text("x = 1\n")
    (tmp_path / "elsewhere.py").write_text("x = 1\n")
    (place.site / "two/__init__.py").unlink()
    (place.site / "two/__init__.py").symlink_to(tmp_path / "elsewhere.py")

    assert (fill(place, interpreter), compiled(place)) == (0, {})


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["torn", "short"])
def test_struck_at_any_call_byte_code_is_whole_or_not_there(place: Place, interpreter: Interpreter, kind: str) -> None:
    place.sync(TWO)
    clean = place.tree()
    fill(place, interpreter)
    wanted = compiled(place)
    codes = set()
    for number in range(1, 100):
        for path in compiled(place):
            (place.site / path).unlink()
        with hold(f"{place.environment.records}/lock"):
            code = in_child(fill, place, interpreter, fault=f"sync.*:{number}:{kind}")
        if code == 0:
            break
        codes.add(code)
        assert compiled(place).items() <= wanted.items(), number
        recover(place.environment)
        assert place.tree() == clean, number

    assert (codes, compiled(place)) == ({-signal.SIGKILL if kind == "torn" else 2}, wanted)
