"""Find byte-code that is not what its source compiles to.

Paths of compiled files and of verified sources go in, those that differ come out. The base interpreter compiles, in a
process of its own and isolated; nothing of the environment is executed or written.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lockenv.environment.probe import Interpreter

_SCRIPT = os.path.join(os.path.dirname(__file__), "recompile.py")
# PEP 488: `{name}.{cache_tag}.opt-{level}.pyc`, without the third part for no optimization.
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
    answers = _answers(lines, interpreter, environ)
    for number, (path, source, _) in enumerate(asked):
        if number >= len(answers):
            yield path, f"{interpreter.executable} could not read it, or one before it", sources[source]
        elif answers[number] != "same":
            yield path, f"it is not what {interpreter.executable} compiles from its source", sources[source]


def _source(path: str) -> tuple[str, int]:
    """Give the source a compiled file names, and the level of optimization; empty when it names none."""
    cache, _, name = path.rpartition("/")
    directory = cache.rpartition("/")[0]
    found = _NAME.fullmatch(name)
    if found is None:
        return "", 0
    return f"{directory}/{found['module']}.py" if directory else f"{found['module']}.py", int(found["level"] or 0)


def _answers(lines: Sequence[str], interpreter: Interpreter, environ: Mapping[str, str]) -> list[str]:
    if not lines:
        return []
    # S603: the interpreter was found and probed by lockenv, and compiles without executing anything.
    answer = subprocess.run(  # noqa: S603
        [interpreter.executable, "-I", "-S", "-B", "-W", "ignore", _SCRIPT],
        input="".join(f"{line}\n" for line in lines).encode(),
        capture_output=True,
        check=False,
        env={name: value for name, value in environ.items() if not name.startswith("PYTHON")},
    )
    return answer.stdout.decode().split()
