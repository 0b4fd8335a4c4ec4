"""Byte-code that is given is what the interpreter compiles, written in one way only."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.bytecode import compiled, naming
from lockenv.errors import MachineError
from lockenv.vocabulary.dataclasses import replace

if TYPE_CHECKING:
    from pathlib import Path

    from lockenv.environment.interpreter import Interpreter

_MODULES = ["typing.py", "enum.py", "dataclasses.py", "json/decoder.py", "asyncio/events.py", "email/__init__.py"]
_COMPARE = """\
import marshal, sys
for source, written, name in zip(*[iter(sys.argv[1:])] * 3):
    with open(source, "rb") as file:
        expected = compile(file.read(), name, "exec", dont_inherit=True, optimize=0)
    with open(written, "rb") as file:
        found = marshal.loads(file.read()[16:])
    assert found == expected and found.co_filename == name, source
"""


@pytest.mark.slow
def test_byte_code_is_what_the_interpreter_compiles(interpreter: Interpreter, tmp_path: Path) -> None:
    arguments = []
    for name, content in zip(_MODULES, compiled(interpreter.stdlib, _MODULES, interpreter, os.environ), strict=True):
        written = tmp_path / name.replace("/", ".")
        written.write_bytes(content)
        arguments += [f"{interpreter.stdlib}/{name}", str(written), name]

    subprocess.run([interpreter.executable, "-I", "-c", _COMPARE, *arguments], check=True)


@pytest.mark.slow
def test_byte_code_does_not_depend_on_what_was_compiled_before(interpreter: Interpreter) -> None:
    alone = [b"".join(compiled(interpreter.stdlib, [name], interpreter, os.environ)) for name in _MODULES]
    reverse = [*compiled(interpreter.stdlib, _MODULES[::-1], interpreter, os.environ)]

    assert reverse[::-1] == alone


def test_interpreter_that_breaks_down_reports_nothing(running: Interpreter) -> None:
    broken = replace(running, executable="/bin/true")

    assert list(compiled(running.stdlib, _MODULES, broken, os.environ)) == [b""] * len(_MODULES)
    with pytest.raises(MachineError, match=r"/bin/true does not report its bytecode tag"):
        naming(broken, os.environ)
