"""Run an interpreter once and understand what it says.

The path of an executable goes in, what the interpreter there says comes out. Loaded only when the cache does not know
it. The interpreter is isolated: no site-packages, no PYTHON* variables, no current directory on its path.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING, cast

from lockenv.environment import tags
from lockenv.environment.interpreter_locations import OLDEST
from lockenv.errors import MachineError
from lockenv.files import shipped_script
from lockenv.files.bounded import run_bounded
from lockenv.files.programs import empty_directory
from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SCRIPT = os.path.join(os.path.dirname(__file__), "probe_script.py")
_BASE = "<base>"
_OTHER = "choose another Python with --python"
_SECONDS = 30
"""How long an interpreter may take to say what it is."""
_PRINTED = 16 << 20
"""Bytes that it may print."""


class ProbeResult(NamedTuple):
    """What an interpreter said, and what follows from it."""

    executable: str
    """The interpreter's own, where a shim was run."""
    facts: tags.InterpreterFacts
    """The paths of its scheme are relative."""
    tags: tuple[str, ...]
    """The wheel tags it installs, best first."""


def examine(path: str, environ: Mapping[str, str]) -> ProbeResult:
    """Return what the interpreter at `path` says.

    Raises MachineError when it cannot be run or is older than `OLDEST`.
    """
    facts = _facts(path, environ)
    version = facts["version"]
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        raise MachineError(
            f"{path} is Python {version}, which is older than {OLDEST[0]}.{OLDEST[1]}",
            hint="use --python to choose a newer interpreter",
        )
    facts["scheme"] = {name: place.removeprefix(_BASE).lstrip("/\\") for name, place in facts["scheme"].items()}
    musl = _musl_version(facts["musl_loader"])
    return ProbeResult(_executable(path, facts["executable"]), facts, tags.supported(facts, musl))


def _facts(path: str, environ: Mapping[str, str]) -> tags.InterpreterFacts:
    answer = said(path, _SCRIPT, (), isolated(environ))
    facts = _parsed(answer.stdout)
    if facts is None:
        text = answer.stderr.decode(errors="replace").strip().splitlines()
        reason = f": {text[-1]}" if text else ""
        raise MachineError(
            f"{path} is not a usable Python interpreter (exit status {answer.returncode}){reason}",
            hint=f"use --python to choose Python {OLDEST[0]}.{OLDEST[1]} or newer",
        )
    return facts


def said(
    path: str, script: str, words: Sequence[str], environ: Mapping[str, str]
) -> subprocess.CompletedProcess[bytes]:
    """Return what the interpreter at `path` said when it ran `script` of lockenv, isolated and without packages.

    Raises MachineError where it cannot be run, does not end, or prints without end.
    """
    try:
        # What is no interpreter at all may look for files where it is started: there are none.
        with empty_directory() as place:
            words = [path, "-I", "-S", "-B", *shipped_script.arguments(script), *words]
            done = run_bounded(words, place, environ, printed=_PRINTED, seconds=_SECONDS)
    except OSError as error:
        raise MachineError(f"{path} cannot be run: {error.strerror or error}", hint=_OTHER) from error
    except subprocess.TimeoutExpired as error:
        raise MachineError(f"{path} did not answer within {_SECONDS} seconds", hint=_OTHER) from error
    if done is None:
        raise MachineError(f"{path} is not a usable Python interpreter (it printed more than 16 MiB)", hint=_OTHER)
    return done


def _parsed(output: bytes) -> tags.InterpreterFacts | None:
    """Return the facts in `output`; None when something else was run than `probe_script.py`."""
    try:
        found = json.loads(output)
    except ValueError:
        return None
    is_complete = isinstance(found, dict) and found.keys() == tags.InterpreterFacts.__annotations__.keys()
    return cast("tags.InterpreterFacts", found) if is_complete else None


def isolated(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that an interpreter is run with: none that is for one alone."""
    kept = {name: value for name, value in environ.items() if not name.startswith(("PYTHON", "__PYVENV"))}
    # Without it, macOS answers programs built long ago that it is still 10.16.
    return {**kept, "SYSTEM_VERSION_COMPAT": "0"}


def _executable(path: str, reported: str) -> str:
    """Return the executable itself, where `path` was a shim that led to another."""
    real = os.path.realpath(reported)
    return path if os.path.realpath(path) == real or not os.path.isfile(real) else real


def _musl_version(loader: str) -> tuple[int, int] | None:
    """Return the version of musl that `loader` says it is when run; None when there is no musl."""
    if not os.path.isabs(loader):
        return None
    try:
        with empty_directory() as place:
            # S603: the loader is the one that the interpreter itself was started by.
            answer = subprocess.run(  # noqa: S603
                [loader], cwd=place, env={}, stdin=subprocess.DEVNULL, capture_output=True, check=False
            )
    except OSError:
        return None
    found = re.search(rb"Version (\d+)\.(\d+)", answer.stderr)
    return (int(found[1]), int(found[2])) if found else None
