"""Choose the Python of an environment: the one it has, or the one that is requested.

In: the request of a command, what the project pins and what the lock requires. Out: an interpreter, or why an
environment cannot be used with the one that it has. Never: a change.
"""

from __future__ import annotations

import os

from lockenv.environment import interpreters, trusted
from lockenv.environment.interpreter import resolved
from lockenv.environment.python_pin import pinned
from lockenv.errors import UsageError
from lockenv.lockfile.paths import relative
from lockenv.vocabulary.dataclasses import dataclass

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.context.settings import Settings
    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.interpreters import PythonOfLock
    from lockenv.environment.venv import Environment


class OtherPythonError(UsageError):
    """The environment has another Python than is requested; its message is a clause about the environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonChoice:
    """What decides which Python an environment has."""

    request: str
    """What `--python` asks for; empty for nothing."""
    requires_python: str
    """What the lock requires."""
    directory: str
    """Of the project: the nearest `.python-version` is looked for from there."""
    settings: Settings
    locked: PythonOfLock | None = None
    """The Python that the lock records; None where it records none."""
    command: str = ""
    """The command whose argument the request is; empty for the option `--python`."""

    def interpreter(self, environment: Environment | None) -> Interpreter:
        """Return the interpreter of `environment`, or without one the interpreter to create it from.

        Raises OtherPythonError for an environment of a Python that is not the requested, pinned or required one, and
        else what the search for interpreters raises.
        """
        if environment is None:
            return self._found()
        asked = self._found() if self.request else None
        own = trusted.interpreter(
            environment,
            cache_dir=self.settings.cache,
            environ=self.settings.tools_environ,
            project_dir=self.directory,
            named=self._named(asked),
        )
        log = self.settings.log
        if log is not None:
            log.step(f"{relative(environment.root)}: Python {own.version}, created from {own.executable}")
        self._refuse_other(own, asked)
        return own

    def _refuse_other(self, own: Interpreter, asked: Interpreter | None) -> None:
        """Raise OtherPythonError unless `own` is what is requested or pinned, and what the lock asks for."""
        if self.locked is not None and not self.locked.is_of(own):
            if asked is None:
                self._found()  # says what to do where there is none
            is_of = interpreters.record_of(own)
            raise OtherPythonError(f"it has {is_of.title}, but the lockfile records {self.locked.recorded.title}")
        request, by = self.request, "--python"
        if not request:
            request, path = pinned(self.directory, self.settings.environ)
            by = relative(path) if path else ""
        if interpreters.is_what_is_requested(request, own, requires_python=self.requires_python):
            return
        if not request:
            raise OtherPythonError(f"it has Python {own.version}, but the lockfile requires {self.requires_python}")
        other = asked or self._found()
        if other.executable != own.executable:
            is_same = other.version == own.version
            has = f"{own.version} ({own.executable})" if is_same else own.version
            raise OtherPythonError(f"it has Python {has}, but {by} requests {request}")

    def _named(self, asked: Interpreter | None) -> Sequence[str]:
        """Return the executables that `--python` names, which a program that starts another is one of."""
        if asked is None:
            return ()
        return (asked.executable, resolved(os.path.expanduser(self.request)))

    def _found(self) -> Interpreter:
        return interpreters.find(
            self.request or None,
            requires_python=self.requires_python,
            environ=self.settings.tools_environ,
            cache_dir=self.settings.cache,
            project_dir=self.directory,
            log=self.settings.log,
            locked=self.locked,
            has_option=not self.command,
            option=f"`{self.command}`" if self.command else "--python",
        )
