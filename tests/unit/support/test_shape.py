"""The package keeps the shape that docs/contributing.md asks for, as far as a count shows it."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PACKAGE = Path(__file__).parents[3] / "lockenv"
_LATE = re.compile(r"^(\w+) = late\('([\w.]+)'\)", re.MULTILINE)


@cache
def sources() -> Mapping[str, str]:
    """Return the text of each module, by its path below the package."""
    return {path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8") for path in sorted(PACKAGE.rglob("*.py"))}


def in_functions(node: ast.AST, *, is_within: bool = False) -> Iterator[ast.stmt]:
    """Yield the imports below `node` that are in functions."""
    for child in ast.iter_child_nodes(node):
        if is_within and isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        yield from in_functions(child, is_within=is_within or isinstance(child, ast.FunctionDef))


def bindings(text: str) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Return what a module imports for type checking, and what it loads late instead: names and modules."""
    imported, late = set(), set()
    for block in ast.parse(text).body:
        if not isinstance(block, ast.If):
            continue
        for one in block.body:
            if isinstance(one, ast.Import):
                imported |= {(each.asname or each.name, each.name) for each in one.names}
            elif isinstance(one, ast.ImportFrom):
                imported |= {(each.asname or each.name, f"{one.module}.{each.name}") for each in one.names}
        late |= set(_LATE.findall("\n".join(map(ast.unparse, block.orelse))))
    return imported, late


def test_no_module_has_more_than_400_lines() -> None:
    assert [name for name, text in sources().items() if text.count("\n") > 400] == []


def test_few_imports_are_in_functions() -> None:
    counts = {name: len(list(in_functions(ast.parse(text)))) for name, text in sources().items()}

    assert sum(counts.values()) <= 150, {name: count for name, count in counts.items() if count}


def test_commands_are_short() -> None:
    lines = {name: text.count("\n") for name, text in sources().items() if name.startswith("commands/")}

    assert sum(lines.values()) <= 2500
    assert {name: count for name, count in lines.items() if count > 90} == {}


def test_what_is_loaded_late_is_imported_where_the_contracts_see_it() -> None:
    found = {name: bindings(text) for name, text in sources().items()}

    assert {name: late - imported for name, (imported, late) in found.items() if late - imported} == {}


def test_private_modules_of_the_library_are_those_that_are_the_same_in_every_python() -> None:
    # What others of them expect of a caller changes between releases: the scanner of `_json` asks for more in 3.15.
    pattern = re.compile(r"^\s*(?:from|import) (_[a-z]\w*)", re.MULTILINE)
    found = {name for text in sources().values() for name in pattern.findall(text)}

    # `light_library`, `light_datetime`, `forked_call` and who needs `bisect` take what is not there from where it is
    # documented.
    light = {"_bisect", "_collections", "_datetime", "_functools", "_signal"}

    assert found <= {"_operator", "_queue", "_socket", "_thread", "__future__"} | light
