"""Make an environment equal to what a lock selects, in one call.

In: the selected files and an environment. Out: the change, made unless it is only asked for. One process at a time
changes an environment; whoever waits plans again once it is its turn.
"""

from __future__ import annotations

import os
from contextlib import nullcontext

from lockenv.files.locks import hold
from lockenv.sync.plan import InstallPlan, plan
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late
from lockenv.vocabulary.progress import SILENT

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from lockenv.environment import doubt, installed
    from lockenv.environment.installed import Installed
    from lockenv.environment.venv import Environment
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.files import atomic, ops
    from lockenv.sync import aftermath, apply, inspection, wheel_store
    from lockenv.sync import damage as sync_damage
    from lockenv.sync import stage as sync_stage
    from lockenv.sync.archive import Limits
    from lockenv.sync.damage import Damage
    from lockenv.sync.stage import Judge, StagedWheels
    from lockenv.vocabulary.manifest import Accepted, Overwrites
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.progress import Progress
    from lockenv.vocabulary.selected import Selected
else:
    doubt = late("lockenv.environment.doubt")
    installed = late("lockenv.environment.installed")
    atomic = late("lockenv.files.atomic")
    ops = late("lockenv.files.ops")
    aftermath = late("lockenv.sync.aftermath")
    apply = late("lockenv.sync.apply")
    sync_damage = late("lockenv.sync.damage")
    inspection = late("lockenv.sync.inspection")
    sync_stage = late("lockenv.sync.stage")
    wheel_store = late("lockenv.sync.wheel_store")


def recover(environment: Environment, *, waiting: Callable[[str], None] | None = None) -> bool:
    """Undo, or finish, an interrupted change of `environment`; return whether there was one.

    Costs next to nothing when there was none. A change that another process is about to make is waited for. Raises
    InputError when the journal cannot be understood, MachineError when the system refuses.
    """
    if not _has_journal(environment):
        return False
    with hold(f"{environment.records}/lock", waiting=waiting):
        return _recover(environment)


def _recover(environment: Environment) -> bool:
    if not _has_journal(environment):
        return False
    return apply.recover(environment.root)


def _has_journal(environment: Environment) -> bool:
    try:
        return any(name.startswith("journal") for name in os.listdir(environment.records))
    except FileNotFoundError:
        return False
    except OSError as error:
        raise atomic.machine_error(error, environment.records, "read") from error


def _tidy(environment: Environment) -> None:
    """Remove notes that a killed process was about to write. Raises MachineError."""
    names = [name for name in ("state.new", "boot.new") if os.path.lexists(f"{environment.records}/{name}")]
    if not names:
        return
    try:
        with ops.Folder.open(environment.records, "sync") as records:
            for name in names:
                records.clear(name)
    except OSError as error:
        raise atomic.machine_error(error, error.filename or environment.records) from error


def _looked_at(
    environment: Environment, restore: Callable[[], tuple[str, ...]] | None, *, dry_run: bool
) -> tuple[tuple[Installed, ...], list[str]]:
    """Return what is installed, after a look at what the last change may have lost, and what the user should know.

    Unless this is a `dry_run`, what needs no wheel is repaired, and it is noted when nothing was lost. The caller holds
    the environment's lock.
    """
    closely = inspection.due(environment)
    if closely is doubt.Inspection.NONE:
        return installed.scan(environment), []
    return aftermath.repaired(environment, closely, restore, dry_run=dry_run)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResult:
    """What was done, or with `dry_run` would be done."""

    plan: InstallPlan
    notes: tuple[str, ...] = ()
    """What the user should know, a sentence each."""


def damaged(environment: Environment, present: Sequence[Installed], selected: Sequence[Selected]) -> Damage:
    """Return what of `present` lacks files and is `selected`, with the paths of these files. Raises MachineError."""
    names = {one.name for one in selected}
    return sync_damage.damage(environment, [one for one in present if one.name in names])


def synchronise(
    selected: Sequence[Selected],
    environment: Environment,
    fetcher: Fetcher,
    progress: Progress = SILENT,
    *,
    inexact: bool = False,
    dry_run: bool = False,
    spared: Collection[NormalizedName] = (),
    limits: Limits | None = None,
    waiting: Callable[[str], None] | None = None,
    restore: Callable[[], tuple[str, ...]] | None = None,
    settled: Callable[[], None] | None = None,
    overwrites: Overwrites = (),
    judge: Judge | None = None,
    accepted: Accepted | None = None,
    again: Collection[NormalizedName] | None = None,
    is_held: bool = False,
    announce: Callable[[StagedWheels], None] | None = None,
) -> SyncResult:
    """Return the change that makes `environment` hold exactly `selected`, and make it unless `dry_run`.

    `inexact` keeps what the lock does not name; `spared` names are not touched; `waiting` is called when another
    process holds the environment; `restore` writes again what its creation wrote and a loss of power took, and returns
    its paths; `settled` is called when it holds what was asked, before another process may change it; `overwrites` says
    whose file is installed where two distributions have different ones, `accepted` which faults wheels may have;
    `judge` raises what speaks against a wheel with such METADATA, before the environment is touched; `again` is
    installed again, None for what lacks files. With `is_held` the caller holds the environment's lock. `announce` hears
    of the wheels before the environment is touched, reports their notes and raises what speaks against them. Raises
    RefusedError, NetworkError, InputError or MachineError; the environment is then as it was.
    """
    notes: list[str] = []
    with nullcontext() if is_held else hold(f"{environment.records}/lock", waiting=waiting):
        if _recover(environment):
            notes.append("rolled back an interrupted change of the environment")
        if not dry_run:
            _tidy(environment)
        present, found = _looked_at(environment, restore, dry_run=dry_run)
        notes.extend(found)
        again = damaged(environment, present, selected) if again is None else again
        wanted = plan(selected, present, inexact=inexact, spared=spared, overwrites=overwrites, again=again)
        if wanted.is_empty and settled is not None:
            settled()
        if wanted.is_empty or dry_run:
            return SyncResult(plan=wanted, notes=tuple(notes))
        store = wheel_store.WheelStore(fetcher.settings.cache_dir)
        with store.held():
            staged = sync_stage.stage(wanted.install, store, fetcher, progress, limits, judge, accepted or {})
            sync_stage.check_room(staged, store, environment)
            if announce is not None:
                announce(staged)
            notes.extend(apply.apply(wanted, staged, environment, overwrites, progress))
        if settled is not None:
            settled()
    return SyncResult(plan=wanted, notes=tuple(notes) if announce is not None else (*notes, *staged.notes))
