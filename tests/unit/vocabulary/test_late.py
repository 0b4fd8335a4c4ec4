"""Late modules: loaded at first use, once, whatever thread asks."""

from __future__ import annotations

import ast
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import lockenv
from lockenv.vocabulary.late import late

PACKAGE = Path(lockenv.__path__[0])
MOST_WITHIN_FUNCTIONS = 150
"""Imports within functions that the package may have; the others are at the top, late where that saves time."""


def test_module_is_loaded_at_first_use(tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text("print('loaded')\nVALUE = 7\n", encoding="utf-8")
    code = f"""\
import sys
sys.path.insert(0, {str(tmp_path)!r})
from lockenv.vocabulary.late import late
loud = late("loud")
print("bound")
print(loud.VALUE, loud.VALUE)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == ["bound", "loaded", "7 7"]


def test_missing_name_is_the_module_s_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'lockenv\.errors' has no attribute 'nothing'"):
        late("lockenv.errors").nothing  # noqa: B018


def test_missing_module_is_an_import_error() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"lockenv\.nothing"):
        late("lockenv.nothing").name  # noqa: B018


def test_second_thread_waits_for_the_first_to_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slow_to_load.py").write_text(
        "import started\nstarted.loading.set()\nstarted.go_on.wait(20)\nVALUE = 7\n", encoding="utf-8"
    )
    (tmp_path / "started.py").write_text(
        "import threading\nloading = threading.Event()\ngo_on = threading.Event()\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    started: Any = late("started")
    module = late("slow_to_load")
    found: list[object] = []
    first = threading.Thread(target=lambda: found.append(module.VALUE))
    first.start()
    assert started.loading.wait(20)
    second = threading.Thread(target=lambda: found.append(module.VALUE))
    second.start()
    started.go_on.set()
    first.join(20)
    second.join(20)

    assert found == [7, 7]


def _within_functions(source: str) -> int:
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    imports = (node for each in functions for node in ast.walk(each) if isinstance(node, (ast.Import, ast.ImportFrom)))
    return len({node.lineno for node in imports})


def test_imports_are_at_the_top() -> None:
    assert sum(_within_functions(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")) <= MOST_WITHIN_FUNCTIONS


def test_late_modules_are_bound_to_what_type_checkers_read() -> None:
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        for block in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(block, ast.If) and getattr(block.test, "id", "") == "TYPE_CHECKING" and block.orelse:
                read = {
                    alias.asname or alias.name: f"{node.module}.{alias.name}"
                    for node in block.body
                    if isinstance(node, ast.ImportFrom)
                    for alias in node.names
                }
                plain = (node for node in block.body if isinstance(node, ast.Import))
                read |= {alias.asname or alias.name: alias.name for node in plain for alias in node.names}
                wrong += [
                    f"{path.name}:{node.lineno}"
                    for node in block.orelse
                    if isinstance(node, ast.Assign)
                    and isinstance(node.value, ast.Call)
                    and getattr(node.value.func, "id", "") == "late"
                    and read.get(node.targets[0].id) != ast.literal_eval(node.value.args[0])  # type: ignore[attr-defined]
                ]
    assert wrong == []
