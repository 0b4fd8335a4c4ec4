"""Compile the sources of an environment: to find byte-code that is not theirs, or to give it.

Paths of sources and compiled files go in; those that differ, or byte-code, come out. The base interpreter compiles, in
processes of its own and isolated, one for each core; nothing of the environment is executed or written.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from functools import partial
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lockenv.environment.probe import Interpreter

_SCRIPT = os.path.join(os.path.dirname(__file__), "recompile.py")
# PEP 488: `{name}.{cache_tag}.opt-{level}.pyc`, without the third part for no optimization.
_WORTH_ANOTHER = 40
"""Files below which starting one more process costs more than it saves."""
_NAME = re.compile(r"(?P<module>.+?)\.[^.]+(?:\.opt-(?P<level>[12]))?\.pyc")


def differing(
    root: str,
    paths: Sequence[str],
    sources: Mapping[str, str],
    interpreter: Interpreter,
    environ: Mapping[str, str],
) -> Iterator[tuple[str, str, str]]:
    """Give each compiled file that does not belong to its source, with the reason and the owner of the source.

    `paths` are relative to `root`; `sources` are the sources that are known to be right, with their owners.
    """
    asked = []
    for path in paths:
        source, level = _source(path)
        if source in sources:
            asked.append((path, source, level))
        else:
            yield path, "it belongs to no module that is as it has to be", ""
    lines = [json.dumps([os.path.join(root, path), os.path.join(root, source), level]) for path, source, level in asked]
    answers = [answer for part in _spread("compare", lines, interpreter, environ) for answer in _padded(*part)]
    for (path, source, _), answer in zip(asked, answers, strict=True):
        if not answer:
            yield path, f"{interpreter.executable} could not read it, or one before it", sources[source]
        elif answer != "same":
            yield path, f"it is not what {interpreter.executable} compiles from its source", sources[source]


def compiled(
    root: str, sources: Sequence[tuple[str, str]], flags: int, interpreter: Interpreter, environ: Mapping[str, str]
) -> Iterator[bytes]:
    """Give the byte-code of each source, in their order; empty for one that cannot be compiled.

    A source is its path, relative to `root`, and the name it is compiled under; `flags` are those of PEP 552. The
    same source, name and interpreter give the same bytes.
    """
    lines = [json.dumps([os.path.join(root, path), name, 0, flags]) for path, name in sources]
    for output, count in _spread("give", lines, interpreter, environ):
        at = 0
        for _ in range(count):
            end = output.find(b"\n", at)
            length = output[at:end] if end >= 0 else b"-"
            at = end + 1 if end >= 0 else at
            yield b"" if length == b"-" else output[at : at + int(length)]
            at += 0 if length == b"-" else int(length)


def _source(path: str) -> tuple[str, int]:
    """Give the source a compiled file names, and the level of optimization; empty when it names none."""
    cache, _, name = path.rpartition("/")
    directory = cache.rpartition("/")[0]
    found = _NAME.fullmatch(name)
    if found is None:
        return "", 0
    return f"{directory}/{found['module']}.py" if directory else f"{found['module']}.py", int(found["level"] or 0)


def _padded(output: bytes, count: int) -> list[str]:
    """Give an answer for each line; an empty one where the interpreter gave none."""
    found = output.decode().split()
    return found + [""] * (count - len(found))


def _spread(
    action: Literal["compare", "give"], lines: Sequence[str], interpreter: Interpreter, environ: Mapping[str, str]
) -> Iterator[tuple[bytes, int]]:
    """Give what the interpreter says to `lines`, in their order, and to how many of them each part of it belongs."""
    from lockenv.fetch.parallel import Pool

    cores = max(1, min(os.cpu_count() or 1, len(lines) // _WORTH_ANOTHER))
    size = -(-len(lines) // cores)
    portions = [lines[first : first + size] for first in range(0, len(lines), size)] if lines else []
    pool = Pool(cores)
    tasks = [pool.submit(partial(_output, action, portion, interpreter, environ)) for portion in portions]
    for task, portion in zip(tasks, portions, strict=True):
        yield task.result(), len(portion)


def _output(action: str, lines: Sequence[str], interpreter: Interpreter, environ: Mapping[str, str]) -> bytes:
    # S603: the interpreter was found and probed by lockenv, and compiles without executing anything.
    answer = subprocess.run(  # noqa: S603
        [interpreter.executable, "-I", "-S", "-B", "-W", "ignore", _SCRIPT, action],
        input="".join(f"{line}\n" for line in lines).encode(),
        capture_output=True,
        check=False,
        env={name: value for name, value in environ.items() if not name.startswith("PYTHON")},
    )
    return answer.stdout
