"""Compile the sources of an environment: to find byte-code that is not theirs, or to produce it.

Paths of sources and compiled files go in; those that differ, or byte-code, come out. The base interpreter compiles, in
processes of its own and isolated, one for each core; nothing of the environment is executed or written.
"""

from __future__ import annotations

import json
import os
import subprocess
from functools import partial
from typing import TYPE_CHECKING, Literal

from lockenv.environment.fingerprint import source_of
from lockenv.errors import MachineError
from lockenv.fetch.parallel import Pool
from lockenv.files import shipped_script
from lockenv.files.programs import empty_directory
from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lockenv.environment.interpreter import Interpreter

_SCRIPT = os.path.join(os.path.dirname(__file__), "bytecode_worker.py")
_WORTH_ANOTHER = 40
"""Files below which starting one more process costs more than it saves."""
_PORTION = 200
"""Files that one process compiles: what it returns is in memory at once."""
_LONGEST_LENGTH = 32
_CHECKED = 3
"""The flags of a header by which the hash of the source is in it, and is compared at import (PEP 552)."""


def differing(
    root: str,
    paths: Sequence[str],
    sources: Mapping[str, str],
    interpreter: Interpreter,
    environ: Mapping[str, str],
) -> Iterator[tuple[str, str, str]]:
    """Return each compiled file that does not belong to its source, with the reason and the owner of the source.

    `paths` are relative to `root`; `sources` are the sources that are known to be right, with their owners.
    """
    asked = []
    for path in paths:
        source, level = source_of(path)
        if source in sources:
            asked.append((path, source, level))
        else:
            yield path, "it belongs to no unchanged module", ""
    lines = [json.dumps([os.path.join(root, path), os.path.join(root, source), level]) for path, source, level in asked]
    answers = [answer for part in _spread("compare", lines, interpreter, environ) for answer in _padded(*part)]
    for (path, source, _), answer in zip(asked, answers, strict=True):
        if not answer:
            yield path, f"{interpreter.executable} could not read it, or a file before it", sources[source]
        elif answer != "same":
            yield path, f"it does not match what {interpreter.executable} compiles from its source", sources[source]


class BytecodeNaming(NamedTuple):
    """How an interpreter names its byte-code, and how byte-code begins that it takes and that `compiled` returns."""

    tag: str
    """As in `module.TAG.pyc` (PEP 3147); empty for an interpreter that keeps no byte-code."""
    beginning: bytes


def naming(interpreter: Interpreter, environ: Mapping[str, str]) -> BytecodeNaming:
    """Return what the byte-code of `interpreter` is called. Raises MachineError when it does not say."""
    answer = _output("name", [], interpreter, environ).decode(errors="replace").split()
    if len(answer) != 2:
        raise MachineError(f"{interpreter.executable} does not report its bytecode tag", hint="sync without --compile")
    return BytecodeNaming(answer[0].strip("-"), bytes.fromhex(answer[1]) + _CHECKED.to_bytes(4, "little"))


def compiled(
    root: str, sources: Sequence[str], interpreter: Interpreter, environ: Mapping[str, str]
) -> Iterator[bytes]:
    """Return the byte-code of each source, in their order; empty for one that cannot be compiled.

    `sources` are relative to `root`, and are what the byte-code names as its file, which an import corrects: the same
    source and interpreter produce the same bytes, wherever and whenever.
    """
    lines = [json.dumps([os.path.join(root, path), path, 0, _CHECKED]) for path in sources]
    for output, count in _spread("give", lines, interpreter, environ):
        at = 0
        for _ in range(count):
            # An interpreter that broke down gave less than was asked: the rest counts as not compiled.
            length, _, _ = output[at : at + _LONGEST_LENGTH].partition(b"\n")
            at += len(length) + 1
            size = int(length) if length.isdigit() else 0
            content = output[at : at + size]
            at += size
            yield content if len(content) == size else b""


def _padded(output: bytes, count: int) -> list[str]:
    """Return an answer for each line; an empty one where the interpreter gave none."""
    found = output.decode().split()
    return found + [""] * (count - len(found))


def _spread(
    action: Literal["compare", "give"], lines: Sequence[str], interpreter: Interpreter, environ: Mapping[str, str]
) -> Iterator[tuple[bytes, int]]:
    """Return what the interpreter says to `lines`, in their order, and to how many of them each part of it belongs."""
    cores = max(1, min(os.cpu_count() or 1, len(lines) // _WORTH_ANOTHER))
    size = min(-(-len(lines) // cores), _PORTION)
    portions = [lines[first : first + size] for first in range(0, len(lines), size)] if lines else []
    pool = Pool(cores)
    tasks = [pool.submit(partial(_output, action, portion, interpreter, environ)) for portion in portions]
    for task, portion in zip(tasks, portions, strict=True):
        yield task.result(), len(portion)


def _output(
    action: Literal["name", "compare", "give"],
    lines: Sequence[str],
    interpreter: Interpreter,
    environ: Mapping[str, str],
) -> bytes:
    with empty_directory() as place:
        # S603: the interpreter was found and probed by lockenv, and compiles without executing anything.
        answer = subprocess.run(  # noqa: S603
            [interpreter.executable, "-I", "-S", "-B", "-W", "ignore", *shipped_script.arguments(_SCRIPT), action],
            cwd=place,
            input="".join(f"{line}\n" for line in lines).encode(),
            capture_output=True,
            check=False,
            env={name: value for name, value in environ.items() if not name.startswith("PYTHON")},
        )
    return answer.stdout
