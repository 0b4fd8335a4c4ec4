"""Compare every byte of an environment with what has to be there.

An Environment and the files that verified wheels put into it go in; Sound or EnvironmentDiffers comes out. The
environment's own records (RECORD, lockenv's files) are compared, never trusted: what has to be there comes from the
caller, or is what creating the environment would write again. Nothing of the environment is run, no link followed,
nothing written. Byte-code is compiled again by the base interpreter, outside of the environment, and compared.
"""

from __future__ import annotations

import os
import stat
from fnmatch import fnmatchcase
from hashlib import file_digest, sha256
from typing import TYPE_CHECKING, Literal

from lockenv.environment.bytecode import differing
from lockenv.environment.creation_record import what_was_created
from lockenv.environment.fingerprint import is_bytecode, is_created, is_interpreter, of_survey, source_of
from lockenv.environment.ownership import SEALED, TOKEN
from lockenv.environment.scan import encoded, survey
from lockenv.environment.venv import GARBAGE, LOCK, RECORD, RECORDS, UNFINISHED
from lockenv.files.ops import KEPT_BY_NFS
from lockenv.vocabulary import system
from lockenv.vocabulary.dataclasses import NamedTuple, dataclass
from lockenv.vocabulary.late import late

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from lockenv.environment.creation_record import CreationRecord
    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.scan import Kind, ScannedPath
    from lockenv.environment.venv import Environment
    from lockenv.files import atomic
else:
    atomic = late("lockenv.files.atomic")

Problem = Literal["changed", "missing", "foreign", "mode", "link", "byte-code", "interrupted", "python", "base"]
ByteCode = Literal["compile", "ignore", "forbid"]

_KEPT = frozenset({LOCK, RECORD, SEALED, TOKEN, "state", "boot", "taken"})
"""What lockenv keeps in an environment while nothing is under way."""
_CREATED_MODE = 0o644
_OWNER_MAY_WRITE = 0o200
_OTHERS_MAY_WRITE = 0o022


class ExpectedFile(NamedTuple):
    """A file that has to be there."""

    path: str
    """Below the environment, with `/` between components."""
    digest: str
    """The sha256 of its content, as RECORD writes it."""
    mode: int
    """Permission bits."""
    owner: str = ""
    """What it belongs to, such as `idna 3.7`."""


class FileDifference(NamedTuple):
    """One difference."""

    path: str
    problem: Problem
    detail: str
    """What is there instead, in a few words."""
    owner: str = ""
    """What the file belongs to; empty when it belongs to nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentMatches:
    """The environment holds exactly what it has to."""

    fingerprint: str
    files: int
    """How many files were compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentDiffers:
    """The answer "no": the environment differs."""

    fingerprint: str
    findings: tuple[FileDifference, ...]
    """Sorted by path; never empty."""


def verify(
    environment: Environment,
    expected: Iterable[ExpectedFile],
    *,
    interpreter: Interpreter,
    environ: Mapping[str, str],
    allow_extra: Sequence[str] = (),
    bytecode: ByteCode = "compile",
    damaged: Collection[str] = (),
) -> EnvironmentMatches | EnvironmentDiffers:
    """Return whether `environment` holds the files of `expected` and, beside what creation wrote, nothing else.

    `allow_extra` names foreign paths that are no difference, as patterns where `*` also matches `/`. Byte-code is a
    difference when `interpreter`, started with `environ`, compiles something else from its source (`compile`), never
    (`ignore`), or always (`forbid`). `damaged` names files of lockenv's own records that the caller found damaged.
    Raises MachineError when something cannot be read.
    """
    found = {seen.path: seen for seen in survey(environment)}
    created = what_was_created(environment, interpreter)
    wanted = {file.path: file for file in expected}
    due: dict[str, tuple[Kind, ExpectedFile]] = {path: ("file", file) for path, file in wanted.items()}
    due |= _due(created)
    findings = _own_records(environment, created, damaged)
    for path, (kind, file) in due.items():
        findings += _compared(kind, file, found.get(path))
    changed = {finding.path for finding in findings}
    rest = [
        seen
        for path, seen in found.items()
        if path not in due and not any(fnmatchcase(path, pattern) for pattern in allow_extra)
    ]
    findings += _foreign(environment, found, due, rest, knows_created=created is not None)
    findings += _replaced_interpreters(environment, rest) if created is None else _open_to_others(rest)
    if bytecode != "ignore":
        right = {path: file for path, file in wanted.items() if path not in changed}
        compiled = [seen for seen in rest if seen.kind == "file" and is_bytecode(seen.path)]
        sources = None if bytecode == "forbid" else right
        findings += _of_bytecode(environment, compiled, sources, interpreter, environ)
    whole = of_survey(found.values())
    if findings:
        return EnvironmentDiffers(fingerprint=whole, findings=tuple(sorted(findings)))
    return EnvironmentMatches(fingerprint=whole, files=len(due))


def _due(created: CreationRecord | None) -> dict[str, tuple[Kind, ExpectedFile]]:
    if created is None:
        return {}
    due: dict[str, tuple[Kind, ExpectedFile]] = {}
    for path, digest in created.files.items():
        due[path] = ("file", ExpectedFile(path, digest, _CREATED_MODE))
    for path, digest in created.links.items():
        due[path] = ("link", ExpectedFile(path, digest, 0))
    return due


def _own_records(
    environment: Environment, created: CreationRecord | None, damaged: Collection[str]
) -> list[FileDifference]:
    """Return what lockenv's own directory says, or holds, that it does not after a sync."""
    try:
        names = sorted(os.listdir(environment.records))
    except FileNotFoundError:
        names = []
    except OSError as error:
        raise atomic.machine_error(error, environment.records, "read") from error
    findings = [
        FileDifference(
            f"{RECORDS}/{name}", "interrupted", "a sync was interrupted; the next one completes or rolls it back"
        )
        for name in names
        if name in UNFINISHED
    ]
    if findings:
        return findings
    if created is not None and not created.is_recorded:
        problem: Problem = "changed" if RECORD in names else "missing"
        findings.append(FileDifference(f"{RECORDS}/{RECORD}", problem, "it is not what creating the environment wrote"))
    for name in sorted(_KEPT.intersection(names)):
        status = os.lstat(os.path.join(environment.records, name))
        if not stat.S_ISREG(status.st_mode):
            findings.append(FileDifference(f"{RECORDS}/{name}", "changed", "it is not a file"))
        elif name == LOCK and status.st_size:
            findings.append(FileDifference(f"{RECORDS}/{LOCK}", "changed", "it is not empty"))
    findings += [
        FileDifference(f"{RECORDS}/{name}", "changed", "it is not what the last sync wrote") for name in damaged
    ]
    foreign = set(names) - _KEPT
    if GARBAGE in foreign and _is_in_use(f"{environment.records}/{GARBAGE}"):
        foreign.remove(GARBAGE)
    return findings + [
        FileDifference(f"{RECORDS}/{name}", "foreign", "it is not a record of lockenv") for name in foreign
    ]


def _is_in_use(garbage: str) -> bool:
    """Return whether it has only files that the system keeps while programs have them open: all of them, on Windows."""
    if system.is_windows:
        return True
    if not stat.S_ISDIR(os.lstat(garbage).st_mode):
        return False
    for at, directories, files in os.walk(garbage):
        links = [name for name in directories if os.path.islink(f"{at}/{name}")]
        if not all(name.startswith(KEPT_BY_NFS) for name in files + links):
            return False
    return True


def _replaced_interpreters(environment: Environment, rest: Iterable[ScannedPath]) -> list[FileDifference]:
    """Return each program of another tool's environment that has the name of an interpreter and is not the base's."""
    if system.is_windows:
        return []
    base = os.path.realpath(environment.base)
    return [
        FileDifference(seen.path, "changed", f"it is not {base}")
        for seen in rest
        if is_interpreter(seen.path)
        and os.path.realpath(os.path.join(environment.root, seen.path)) != base
        and (seen.kind == "link" or seen.digest != _digest(base))
    ]


def _digest(path: str) -> str:
    with open(path, "rb") as file:
        return encoded(file_digest(file, sha256).digest())


def _open_to_others(rest: Iterable[ScannedPath]) -> list[FileDifference]:
    """Return each directory in which others may put files; interpreters make theirs as the user's umask says."""
    if system.is_windows:
        return []
    return [
        FileDifference(f"{seen.path}/", "mode", f"it is writable by others: its mode is {seen.mode:04o}")
        for seen in rest
        if seen.kind == "directory" and seen.mode & (0o002 if _is_cache(seen.path) else _OTHERS_MAY_WRITE)
    ]


def _of_bytecode(
    environment: Environment,
    compiled: Sequence[ScannedPath],
    sources: Mapping[str, ExpectedFile] | None,
    interpreter: Interpreter,
    environ: Mapping[str, str],
) -> list[FileDifference]:
    """Return the compiled files that are not of `sources`, or that others may change; all of them without sources."""
    if sources is None:
        return [FileDifference(seen.path, "byte-code", "bytecode is not allowed") for seen in compiled]
    if not compiled:
        return []

    paths, owners = [seen.path for seen in compiled], {path: file.owner for path, file in sources.items()}
    differences = differing(environment.root, paths, owners, interpreter, environ)
    findings = [FileDifference(path, "byte-code", detail, owner) for path, detail, owner in differences]
    other = {finding.path for finding in findings}
    for seen in compiled:
        # Interpreters write byte-code with the mode of its source, and let its owner write; a umask takes bits away.
        source = sources.get(source_of(seen.path)[0])
        if system.is_windows or not source or seen.path in other:
            continue
        if seen.mode & ~(source.mode | _OWNER_MAY_WRITE):
            detail = f"its mode is {seen.mode:04o}, but the mode of its source is {source.mode:04o}"
            findings.append(FileDifference(seen.path, "mode", detail, source.owner))
    return findings


def _compared(kind: Kind, file: ExpectedFile, seen: ScannedPath | None) -> list[FileDifference]:
    """Return the difference between what has to be at a path and what is; empty when there is none."""
    if seen is None:
        return [FileDifference(file.path, "missing", "it is missing", file.owner)]
    if seen.kind != kind:
        problem: Problem = "link" if seen.kind == "link" else "changed"
        return [FileDifference(file.path, problem, f"it is a {seen.kind}, not a {kind}", file.owner)]
    if seen.digest != file.digest:
        if kind == "link":
            return [FileDifference(file.path, "link", "it points to another target", file.owner)]
        return [FileDifference(file.path, "changed", f"its sha256 is {seen.digest}, not {file.digest}", file.owner)]
    if kind == "file" and seen.mode != file.mode and not system.is_windows:
        return [FileDifference(file.path, "mode", f"its mode is {seen.mode:04o}, not {file.mode:04o}", file.owner)]
    return []


def _foreign(
    environment: Environment,
    found: Iterable[str],
    due: Iterable[str],
    rest: Iterable[ScannedPath],
    *,
    knows_created: bool,
) -> list[FileDifference]:
    """Return what is there and belongs to nothing; a directory only when it is empty, else what it holds says it.

    A directory above what was `found` or is `due` is not foreign, nor is an empty one for byte-code where something is
    installed.
    """
    site = os.path.relpath(environment.purelib, environment.root).replace(os.sep, "/")
    installed = {site, *_parents(due)}
    filled = {path.rpartition("/")[0] for path in (*found, *due)} | installed
    findings = []
    for seen in rest:
        if seen.kind == "directory":
            top, _, below = seen.path.lower().partition("/")
            is_own = top == "include" and not (below and knows_created)
            is_own = is_own or (_is_cache(seen.path) and seen.path.rpartition("/")[0] in installed)
            if seen.path not in filled and not is_own:
                findings.append(
                    FileDifference(
                        f"{seen.path}/", "foreign", "it is an empty directory that belongs to no installed package"
                    )
                )
        elif is_bytecode(seen.path) and seen.kind == "file":
            continue
        elif knows_created or not is_created(seen.path):
            kind = "" if seen.kind == "file" else f", and is a {seen.kind}"
            findings.append(FileDifference(seen.path, "foreign", f"it belongs to no installed package{kind}"))
    return findings


def _parents(paths: Iterable[str]) -> set[str]:
    """Return every directory above `paths`, but for the root."""
    parents: set[str] = set()
    for path in paths:
        parent = path.rpartition("/")[0]
        while parent and parent not in parents:
            parents.add(parent)
            parent = parent.rpartition("/")[0]
    return parents


def _is_cache(path: str) -> bool:
    return path.rpartition("/")[2] == "__pycache__"
