"""Report what creating an environment wrote into it, so that it can be compared.

An Environment and its interpreter go in; links and files with their digests come out. Three witnesses have to agree:
pyvenv.cfg, the record of creation, and what creation would write now. Nothing is trusted because it is recorded: the
record says for which interpreter, version and prompt, and all else is computed again.
"""

from __future__ import annotations

import json
import os
from hashlib import file_digest, sha256
from typing import TYPE_CHECKING

from lockenv.environment.configuration import FILE
from lockenv.environment.creation import SHOWS_BASE, what_is_written
from lockenv.environment.scan import encoded
from lockenv.environment.venv import RECORD
from lockenv.files.atomic import machine_error
from lockenv.files.reading import read_bounded, read_own
from lockenv.vocabulary.dataclasses import NamedTuple, replace

if TYPE_CHECKING:
    from lockenv.environment.creation import WrittenFiles
    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.venv import Environment


class CreationRecord(NamedTuple):
    """What creation wrote."""

    links: dict[str, str]
    """By path, with `/` between components, the sha256 of what each link says, as RECORD writes it."""
    files: dict[str, str]
    """By path, the sha256 of each file; all have mode 0644."""
    is_recorded: bool
    """Whether the record is what creation would have written."""


def what_was_created(environment: Environment, interpreter: Interpreter) -> CreationRecord | None:
    """Return what creating `environment` wrote; None where another tool created it, of whose files nothing is known."""
    recorded = _recorded(environment)
    created = _from_record(recorded, environment, interpreter)
    if created is not None:
        return _digested(created, is_recorded=True)
    # The record is gone or changed: pyvenv.cfg says who made the environment, and from what.
    base = replace(interpreter, executable=environment.base, version=environment.version)
    rebuilt = what_is_written(environment.root, base, environment.prompt, shows_base=environment.sees_system_packages)
    is_ours = read_bounded(os.path.join(environment.root, FILE)) == rebuilt.files[FILE]
    return _digested(rebuilt, is_recorded=False) if recorded is not None or is_ours else None


def _recorded(environment: Environment) -> bytes | None:
    try:
        return read_own(os.path.join(environment.records, RECORD))
    except OSError:
        return None


def _from_record(recorded: bytes | None, environment: Environment, interpreter: Interpreter) -> WrittenFiles | None:
    """Return what creation wrote according to its record; None when the record is not one that creation writes."""
    try:
        fields = json.loads(recorded or b"")
        version, executable, prompt = (
            fields["interpreter"]["version"],
            fields["interpreter"]["executable"],
            fields["prompt"],
        )
        written = what_is_written(
            environment.root,
            replace(interpreter, executable=executable, version=version),
            prompt,
            shows_base=fields.get(SHOWS_BASE) is True,
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return written if written.record == recorded else None


def _digested(written: WrittenFiles, *, is_recorded: bool) -> CreationRecord:
    files = {_path(name): encoded(sha256(content).digest()) for name, content in written.files.items()}
    files |= {_path(name): _digest(source) for name, source in written.copies.items()}
    return CreationRecord(
        {_path(name): encoded(sha256(os.fsencode(target)).digest()) for name, target in written.links.items()},
        files,
        is_recorded,
    )


def _digest(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return encoded(file_digest(file, sha256).digest())
    except OSError as error:
        raise machine_error(error, path, "read") from error


def _path(name: str) -> str:
    return name.replace(os.sep, "/")
