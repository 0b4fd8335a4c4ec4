"""Remember that a command answered "yes, and there is nothing to say" about the lock of a project.

Such an answer depends on the bytes of a few files, on the settings of the run and on the version of lockenv. A file in
the cache is named by a digest of all of them, beside those of the proofs; it is empty where "yes" is all of the answer.
Without it the command answers in full, and the same. In: a project that was found. Out: how many packages are locked,
what else was remembered, or None. Never: an answer that depends on the clock, a server or sources elsewhere, or that
has anything to report.
"""

from __future__ import annotations

import os
import sys

from lockenv import __version__
from lockenv.errors import LockenvError
from lockenv.files.reading import read_file, read_if_there, read_own
from lockenv.lockfile.paths import build_lock_path
from lockenv.operations import load
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.hashing import blake2b, digest
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from lockenv.context.settings import Settings
    from lockenv.files import atomic
    from lockenv.operations.found_project import Project
    from lockenv.vocabulary.manifest import Manifest
else:
    atomic = late("lockenv.files.atomic")

_OF_PRESENTATION = frozenset({"color", "environ", "log", "no_progress", "now", "pause", "quiet", "verbose", "workers"})
"""The settings that decide no answer which is remembered. The environment is read for what other fields say already,
for programs, servers and passwords, and for variables in requirements files."""
_UV = "uv.toml"
"""Read beside `pyproject.toml` for sources that only uv knows."""
_ENTRY = b"\n[[packages]]\n"


@dataclass(frozen=True, slots=True)
class LockQuestion:
    """What a command is asked about the lock of a project."""

    command: str
    project: Project
    settings: Settings
    digest: str
    """Of all that decides the answer."""
    packages: int
    """How many the lock seems to have, counted by its lines."""

    @property
    def is_answered(self) -> bool:
        """Whether it is known that the answer is yes, and that there is nothing to say. Raises MachineError."""
        return os.path.exists(self._memory)

    @property
    def content(self) -> bytes | None:
        """What was remembered with the answer; None where it is not known. Raises MachineError."""
        try:
            return read_own(self._memory)
        except OSError:
            return None

    def remember(self, packages: int, content: bytes = b"") -> None:
        """Remember that the answer is yes, with more `content` where that is not all; `packages` are locked.

        Not where a file changed since this was asked: then it is unknown what the answer was about.
        """
        if self.packages != packages or question(self.command, self.project, self.settings) != self:
            return
        try:
            atomic.replace(self._memory, content)
        except LockenvError:
            return  # a cache that cannot be written costs time, never an answer

    @property
    def _memory(self) -> str:
        return os.path.join(self.settings.cache, "proofs-v1", f"{self.digest}-answer")


def asked(command: str, settings: Settings) -> LockQuestion | None:
    """Return what `command` is asked of the project that is found; see `question`. Raises UsageError for no project."""
    return question(command, load.project(settings), settings)


def question(command: str, project: Project, settings: Settings, *, needs_lock: bool = True) -> LockQuestion | None:
    """Return what `command`, run without options of its own, is asked of `project`; None where that is not plain.

    Where a file cannot be read, the command reports why; with `needs_lock`, there is a lock to answer about.
    """
    if not project.pyproject or project.listed or project.named or settings.log is not None:
        return None
    chosen = [_seen_from(project.directory, getattr(settings, name)) for name in settings.__slots__ if _decides(name)]
    found = [_seen_from(project.directory, getattr(project, name)) for name in project.__slots__]
    decides = blake2b(repr((command, __version__, sys.version_info[:2], chosen, found)).encode())
    others = (project.own_settings, build_lock_path(project.lock), os.path.join(project.directory, _UV))
    try:
        text = read_file(project.lock) if needs_lock else read_if_there(project.lock)
        for content in (
            text,
            read_file(project.pyproject),
            *[read_if_there(path) if path else None for path in others],
        ):
            decides.update(b"-" if content is None else digest(content).encode())
    except (OSError, LockenvError):
        return None
    return LockQuestion(command, project, settings, decides.hexdigest(), text.count(_ENTRY) if text else 0)


def _decides(setting: str) -> bool:
    return setting not in _OF_PRESENTATION


def _seen_from(directory: str, value: Any) -> Any:
    """Return a path within `directory` as it is seen from there, and any other value as it is.

    A clone in another directory has the same answers.
    """
    is_within = isinstance(value, str) and f"{value}{os.sep}".startswith(f"{directory}{os.sep}")
    return f".{value[len(directory) :]}" if is_within else value


def is_lasting(manifest: Manifest) -> bool:
    """Return whether an answer about what `manifest` declares depends on nothing but files that a question names."""
    return not (
        manifest.dynamic
        or manifest.workspace
        or manifest.has_direct
        or manifest.licenses
        or manifest.policy.has_cutoff
        or manifest.checks_malware
        or manifest.audited != "none"
        or manifest.root != "."
    )
