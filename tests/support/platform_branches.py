"""List every function of lockenv that decides by the operating system, and show that its test runs it as another.

`python -m tests.support.platform_branches` prints each place with the test that `tests/unit/platforms/branches.toml`
names for it; `--prove` runs these tests and reports each function that none of them called while another system was
assumed; `--find TESTS` prints the first of these tests that calls each.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import lockenv
from lockenv.vocabulary import system

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

PACKAGE = Path(lockenv.__file__).parent
ROOT = Path(__file__).parent.parent.parent
LIST = ROOT / "tests/unit/platforms/branches.toml"
_READS = {
    "system": {"is_windows", "is_macos", "platform", "opens_directories"},
    "os": {"name"},
    "sys": {"platform", "getwindowsversion"},
    "platform": {"system", "machine"},
}
"""What is read of a module to know the system."""


def places() -> dict[str, set[str]]:
    """Return what each place reads, such as `system.is_windows`."""
    found: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        file = f"lockenv/{path.relative_to(PACKAGE).as_posix()}"
        if file == "lockenv/vocabulary/system.py":
            continue
        for function, read in _reads(ast.parse(path.read_text(encoding="utf-8")), ""):
            found.setdefault(f"{file}::{function or '<module>'}", set()).add(read)
    return found


def _reads(node: ast.AST, within: str) -> Iterator[tuple[str, str]]:
    """Yield each reading below `node` with the function it is in."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Attribute(value=ast.Name(id=module), attr=name) if name in _READS.get(module, ()):
                yield within, f"{module}.{name}"
            case _:
                pass
        below = within
        if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
            below = f"{within}.{child.name}".lstrip(".")
        yield from _reads(child, below)


def listed(*, apart: bool = True) -> dict[str, tuple[str, ...]]:
    """Return the tests that are named for each place; without `apart`, of places that they run in their process."""
    content = tomllib.loads(LIST.read_text(encoding="utf-8"))
    tables = [content["branch"], content["apart"]] if apart else [content["branch"]]
    return {place: tuple(tests) for table in tables for place, tests in table.items()}


def functions(file: str) -> set[str]:
    """Return the names of the tests in `file`."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


class _Watch:
    """Notes which of the listed functions are called while another system is assumed."""

    def __init__(self, wanted: Mapping[str, object]) -> None:
        self._wanted = wanted
        self.called: dict[str, str] = {}
        """The first test that reached each."""
        self._test = ""
        self._names: dict[Any, str] = {}

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        if event != "call" or (system.platform == sys.platform and system.opens_directories):
            return
        code = frame.f_code
        if code not in self._names:
            path = Path(code.co_filename)
            inside = path.is_relative_to(PACKAGE)
            # A function within a function is listed with the one around it.
            name = code.co_qualname.replace("<locals>.", "")
            self._names[code] = f"lockenv/{path.relative_to(PACKAGE).as_posix()}::{name}" if inside else ""
        if self._names[code] in self._wanted:
            self.called.setdefault(self._names[code], self._test)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        self._test = item.nodeid.partition("[")[0]
        sys.setprofile(self)
        try:
            return (yield)
        finally:
            sys.setprofile(None)


def prove() -> list[str]:
    """Run every named test; return the places that none of them reached as on another system."""
    branches = listed(apart=False)
    watch = _Watch(branches)
    tests = sorted({test for named in branches.values() for test in named if test.startswith("tests/")})
    code = pytest.main(["-q", "-p", "no:xdist", *tests], plugins=[watch])
    missing = sorted(place for place, named in branches.items() if named and place not in watch.called)
    if code:
        missing.append(f"the tests failed ({code})")
    return missing


def found(files: Sequence[str]) -> dict[str, str]:
    """Return the first test of `files` that reaches each place as on another system."""
    watch = _Watch(places())
    pytest.main(["-q", "-p", "no:xdist", *files], plugins=[watch])
    return watch.called


if __name__ == "__main__":
    if "--find" in sys.argv[1:]:
        sys.stdout.write("".join(f'"{place}" = ["{test}"]\n' for place, test in sorted(found(sys.argv[2:]).items())))
        raise SystemExit(0)
    if "--prove" in sys.argv[1:]:
        left = prove()
        sys.stdout.write("".join(f"not reached: {place}\n" for place in left) or "every branch was reached\n")
        raise SystemExit(bool(left))
    named = listed()
    for place, read in places().items():
        sys.stdout.write(f"{place}\n  {', '.join(sorted(read))}: {', '.join(named.get(place, ())) or 'no test'}\n")
