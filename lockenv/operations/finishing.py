"""What a sync does once an environment holds what the lock selects, before another process may change it.

Duty: take away what belongs to nothing, compile, remember what decided. In: what was asked, and the environment. Out: a
changed environment, and what to report. Never: installing a distribution.
"""

from __future__ import annotations

from lockenv.errors import InputError, RefusedError
from lockenv.lockfile.paths import relative
from lockenv.sync import state
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late
from lockenv.vocabulary.printable import counted, printable
from lockenv.vocabulary.progress import during

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.context.settings import Settings
    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.venv import Environment
    from lockenv.operations.sync_changes import Repair
    from lockenv.operations.synced import SyncRequest
    from lockenv.sync import bytecode
    from lockenv.sync import unowned as sync_unowned
    from lockenv.sync.state import SyncChoice, SyncDecision
    from lockenv.vocabulary.progress import Listener
else:
    bytecode = late("lockenv.sync.bytecode")
    sync_unowned = late("lockenv.sync.unowned")

_NAMED = 5
"""How many files that belong to nothing are named; `verify` names all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncCompletion:
    """The end of one sync."""

    request: SyncRequest
    settings: Settings
    listener: Listener
    interpreter: Interpreter
    decision: SyncDecision | None
    """None where it is not to be remembered."""
    choice: SyncChoice
    repair: Repair
    """What is installed again though the lock would keep it."""
    places: tuple[str, ...] = ()
    """The directories of the base on whose content it depends what is installed; absolute."""
    like: tuple[str, ...] = ()
    """What a quick look at another environment said that was made with the same wheels; empty where there is none."""

    def settle(self, environment: Environment, *, is_new: bool) -> None:
        """Do all this to `environment`, whose lock the caller holds; in one that `is_new` nothing of others can be.

        Raises LockenvError; the environment still holds what the lock selects.
        """
        if self.request.prune_unowned:
            for path in sync_unowned.take_away(environment):
                self.listener.change("-", printable(path))
        elif not is_new:
            report_unowned(environment, self.listener)
        if self.request.compile:
            self._compile(environment)
        self.note(environment)

    def note(self, environment: Environment | None) -> None:
        """Remember what decided, and how `environment` is now."""
        if self.decision is not None and environment is not None:
            state.remember(environment, self.decision, self.choice, self.places, self.like)

    def _compile(self, environment: Environment) -> None:
        with during(self.listener.progress(), "compiling"):
            count = bytecode.compile_all(environment, self.interpreter, self.settings.tools_environ)
        if count:
            self.listener.say(f"compiled {counted(count, 'module')}")


def report_unowned(environment: Environment, listener: Listener) -> None:
    """Report what belongs to nothing and stays; nothing where a distribution does not say which files are its."""
    try:
        found = sync_unowned.unowned(environment)
    except (InputError, RefusedError):
        return
    if found:
        named = ", ".join(printable(path) for path in found[:_NAMED])
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        name = relative(environment.root)
        listener.note(
            f"{name} contains files that belong to no installed package: {named}{more}; use "
            "--prune-unowned to remove them"
        )
