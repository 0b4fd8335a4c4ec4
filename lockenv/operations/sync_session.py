"""One sync: choose what the lock installs into an environment, and make the environment hold it."""

from __future__ import annotations

from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from lockenv.builds import build_policy
from lockenv.environment.installed import scan
from lockenv.environment.ownership import remember
from lockenv.lockfile.inputs import recorded_indexes
from lockenv.lockfile.paths import relative
from lockenv.lockfile.select import NotCovered, select
from lockenv.operations.emptying import refuse_emptying, refuse_removing
from lockenv.operations.finishing import SyncCompletion
from lockenv.operations.partial_selection import is_itself_selected, narrowed, without_left_out
from lockenv.operations.python_choice import PythonChoice
from lockenv.operations.rebuild import distributions, distrust, rebuilding, usable
from lockenv.operations.repair import repairing
from lockenv.operations.selection import distinguished, is_copied, read_selection, with_itself, without_itself
from lockenv.operations.sync_changes import report_changes, summary
from lockenv.operations.synced import Synced, WouldChange
from lockenv.operations.usable import NotUsable
from lockenv.sync.inspection import present_in
from lockenv.sync.plan import InstallPlan, plan
from lockenv.sync.session import synchronise
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.distribution import Wheel
from lockenv.vocabulary.late import late
from lockenv.vocabulary.printable import printable, python_title

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockenv.builds import wheel_cache, wheel_checks
    from lockenv.context import access, mirrors
    from lockenv.context.settings import Settings
    from lockenv.environment import creation, restoration
    from lockenv.environment import interpreter as environment_interpreter
    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.venv import Environment
    from lockenv.lockfile.lock import Lock
    from lockenv.operations import first_creation, known_selection, load, malware, python_record, sync_builds
    from lockenv.operations import provided as operations_provided
    from lockenv.operations.known_answers import LockQuestion
    from lockenv.operations.provided import BaseSelection
    from lockenv.operations.sync_changes import Repair
    from lockenv.operations.synced import SyncRequest
    from lockenv.sync import stage, startup_code
    from lockenv.sync import unowned as sync_unowned
    from lockenv.sync.stage import StagedWheels
    from lockenv.sync.state import SyncChoice, SyncDecision
    from lockenv.sync.wheel_store import WheelStore
    from lockenv.vocabulary.manifest import Accepted, Index, Manifest, Overwrites, Policy, StatedMetadata
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import NeedsPermission
    from lockenv.vocabulary.progress import Listener
    from lockenv.vocabulary.requirement import Declared
    from lockenv.vocabulary.selected import Selected
    from lockenv.vocabulary.target import Target
else:
    wheel_cache = late("lockenv.builds.wheel_cache")
    wheel_checks = late("lockenv.builds.wheel_checks")
    access = late("lockenv.context.access")
    mirrors = late("lockenv.context.mirrors")
    creation = late("lockenv.environment.creation")
    environment_interpreter = late("lockenv.environment.interpreter")
    restoration = late("lockenv.environment.restoration")
    first_creation = late("lockenv.operations.first_creation")
    known_selection = late("lockenv.operations.known_selection")
    malware = late("lockenv.operations.malware")
    operations_provided = late("lockenv.operations.provided")
    python_record = late("lockenv.operations.python_record")
    sync_builds = late("lockenv.operations.sync_builds")
    stage = late("lockenv.sync.stage")
    startup_code = late("lockenv.sync.startup_code")
    sync_unowned = late("lockenv.sync.unowned")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What one sync works with."""

    request: SyncRequest
    settings: Settings
    listener: Listener
    project: load.Project
    lock: Lock
    overwrites: Overwrites
    """Whose file is installed where two distributions have different ones at one path."""
    accepted: Accepted
    """Which faults wheels may have."""
    stated: tuple[StatedMetadata, ...] = ()
    """Metadata that the project states itself."""
    policy: Policy
    """What may be built."""
    shows_base: bool = False
    """Whether the environment shows the packages of its base interpreter."""
    provided: tuple[Declared, ...] = ()
    """Which of these the base has to provide."""
    startup_allowed: tuple[NormalizedName, ...] | None
    """The packages that may bring code that runs whenever Python starts; None for all."""
    started: float
    """When the sync began, by the monotonic clock."""
    asked: LockQuestion | None = None
    """What is asked where there was no environment, for the next time; None for nothing that can be remembered."""

    def synchronise(
        self, root: str, manifest: Manifest | None, decision: SyncDecision | None
    ) -> Synced | WouldChange | NotUsable | NotCovered | NeedsPermission:
        """Make the environment at `root` equal the lock, or with `check` and `dry_run` return what differs.

        Nothing is downloaded, built or changed where anything has to be built that policy does not allow.
        """
        environment, interpreter, broken = usable(root, self._python.interpreter, shows_base=self.shows_base)
        is_asked = manifest is not None and manifest.is_known and not self.request.frozen
        default_groups = manifest.default_groups if manifest and is_asked else None
        choice = read_selection(self.request.selection, self.lock, manifest, default_groups)
        answer = select(self.lock, interpreter.target, choice.extras, choice.groups)
        if isinstance(answer, NotCovered):
            return answer
        chosen = narrowed(answer.files, choice, self.lock, manifest, interpreter.target)
        base = self._base(chosen, choice, manifest, interpreter)
        chosen, own = self._with_itself(chosen if base is None else base.files, choice, manifest, interpreter.target)
        present = scan(environment) if environment else distributions(root, broken)
        refuse_emptying(root, self.lock, self.request, present, manifest)
        chosen = distinguished(chosen, self.project.base)
        if decision and any(is_copied(one, own) for one in chosen):
            decision = replace(decision, declared="")  # a directory that changes is not among what decided
        repair = repairing(environment, chosen, self.request, self.settings.environ)
        if self.request.check or self.request.dry_run:
            if base is not None and (lacking := base.lacking):
                return WouldChange(verdict=lacking, hint=base.hint)
            known = self._known(chosen, interpreter, manifest)
            if broken:
                return self._compare_broken(known, root, broken)
            return self._compare(known, environment, root, repair)
        if base is not None:
            base.require(self.listener)
        refused = self._refused(chosen, interpreter, manifest)
        if refused is not None:
            return refused
        refuse_removing(
            root, lambda: present if environment is None else self._plan(chosen, environment, repair).remove
        )
        if chosen:
            self.settings.made_cache()  # before anything is built or created
        chosen = self._built(chosen, environment, interpreter, manifest, repair)
        indexes = manifest.indexes if manifest else recorded_indexes(self.lock)
        settling = SyncCompletion(
            request=self.request,
            settings=self.settings,
            listener=self.listener,
            interpreter=interpreter,
            decision=decision,
            choice=choice,
            repair=repair,
            places=base.places if base is not None else (),
        )
        if environment is not None:
            kept = self._change(
                chosen, environment, indexes, settling, partial(settling.settle, environment, is_new=False)
            )
        elif broken:
            with rebuilding(root, broken, chosen, self.listener, inexact=self.request.inexact, done=settling.note):
                kept = self._create(root, chosen, indexes, settling, is_held=True)
        else:
            kept = self._create(root, chosen, indexes, settling)
            if self.asked is not None and manifest is not None:
                known_selection.remember(self.asked, self.lock, manifest, settling, chosen, root)
        return Synced(name=relative(root), kept=kept)

    def _base(
        self, chosen: tuple[Selected, ...], choice: SyncChoice, manifest: Manifest | None, interpreter: Interpreter
    ) -> BaseSelection | None:
        """Return what of `chosen` the base provides; None where it has to provide nothing."""
        if not self.provided:
            return None
        return operations_provided.base_selection(
            chosen, self.provided, choice, self.lock, manifest, interpreter, self.settings.environ
        )

    def _with_itself(
        self, chosen: tuple[Selected, ...], choice: SyncChoice, manifest: Manifest | None, target: Target
    ) -> tuple[tuple[Selected, ...], str]:
        """Return `chosen` with the project itself where it is installed, and its name then; else the empty name."""
        is_own = manifest is not None and manifest.is_buildable and is_itself_selected(manifest, choice, chosen, target)
        own = manifest.name if manifest and is_own else ""
        if manifest and own:
            chosen = with_itself(chosen, manifest, editable=not self.request.no_editable)
        elif manifest and manifest.is_buildable:
            chosen = without_itself(chosen, manifest)
        return without_left_out(chosen, choice, manifest), own

    def _compare_broken(self, chosen: tuple[Selected, ...], root: str, broken: str) -> WouldChange:
        """Hear what a sync would change where it has to rebuild the environment."""
        with rebuilding(root, broken, chosen, self.listener, inexact=self.request.inexact, dry_run=True):
            pass
        return WouldChange(verdict=f"{relative(root)} must be rebuilt")

    def _known(
        self, chosen: tuple[Selected, ...], interpreter: Interpreter, manifest: Manifest | None
    ) -> tuple[Selected, ...]:
        """Return `chosen` with the wheels that were built before; nothing is built."""
        if all(isinstance(one.file, Wheel) for one in chosen):
            return chosen
        return wheel_cache.use_built_wheels(
            chosen, self.lock, self.project.lock, interpreter.target, self.settings, manifest
        )

    def _refused(
        self,
        chosen: tuple[Selected, ...],
        interpreter: Interpreter,
        manifest: Manifest | None,
    ) -> NotUsable | NeedsPermission | None:
        """Return what of `chosen` is known to be malware, or has to be built though policy does not allow it.

        None for nothing.
        """
        if manifest is not None and manifest.checks_malware:
            found = malware.findings(self.lock, self.project, manifest.indexes, self.settings, chosen=chosen)
            for one in found:
                if one.level == "note":
                    self.listener.note(one.sentence)
            if harmful := tuple(one for one in found if one.level == "error"):
                return NotUsable(name=self.project.lock_name, findings=harmful)
        if all(isinstance(one.file, Wheel) for one in chosen):
            return None

        unbuilt = [one for one in self._known(chosen, interpreter, manifest) if not isinstance(one.file, Wheel)]
        return build_policy.refused(unbuilt, self.policy, self.lock)

    def _built(
        self,
        chosen: tuple[Selected, ...],
        environment: Environment | None,
        interpreter: Interpreter,
        manifest: Manifest | None,
        repair: Repair,
    ) -> tuple[Selected, ...]:
        """Return `chosen` with a wheel for each source distribution, built here where policy allows it."""
        if all(isinstance(one.file, Wheel) for one in chosen):
            return chosen
        builds = sync_builds.SyncBuilds(
            settings=self.settings,
            listener=self.listener,
            project=self.project,
            lock=self.lock,
            overwrites=self.overwrites,
            accepted=self.accepted,
            policy=self.policy,
        )
        return builds.built(chosen, environment, interpreter, manifest, repair)

    @property
    def _python(self) -> PythonChoice:
        return PythonChoice(
            request=self.request.python,
            requires_python=self.lock.requires_python,
            directory=self.project.directory,
            settings=self.settings,
            locked=python_record.of_lock(self.lock) if "python" in (self.lock.own or {}) else None,
        )

    def _compare(
        self, chosen: tuple[Selected, ...], environment: Environment | None, root: str, repair: Repair
    ) -> Synced | WouldChange:
        """Return whether a sync would change anything, of which the listener hears."""
        wanted = self._plan(chosen, environment, repair)
        report_changes(wanted, repair, self.listener)
        stray = sync_unowned.unowned(environment) if environment and self.request.prune_unowned else ()
        for path in stray:
            self.listener.change("-", printable(path))
        name = relative(root)
        if environment is not None and wanted.is_empty and not stray:
            self.listener.say(f"{name} is up to date")
            return Synced(name=name)
        return WouldChange(
            verdict=f"{name} does not match {self.lock.file}" if environment else f"{name} does not exist yet"
        )

    def _plan(self, chosen: tuple[Selected, ...], environment: Environment | None, repair: Repair) -> InstallPlan:
        present = present_in(environment) if environment else ()
        return plan(chosen, present, inexact=self.request.inexact, overwrites=self.overwrites, again=repair.names)

    def _announce(self, staged: StagedWheels) -> None:
        """Report what a person should know of wheels that are about to be installed. Raises as `_refuse_startup`."""
        self._refuse_startup(staged)
        self._note(staged)

    def _refuse_startup(self, staged: StagedWheels) -> None:
        """Raise UnacceptedError for code that runs whenever Python starts, where the project denies it."""
        if self.startup_allowed is not None:
            startup_code.refuse(staged.wheels, self.startup_allowed)

    def _note(self, staged: StagedWheels) -> None:
        for note in (*staged.notes, *startup_code.notes(staged.wheels)):
            self.listener.note(note)

    def _create(
        self,
        root: str,
        chosen: tuple[Selected, ...],
        indexes: Sequence[Index],
        settling: SyncCompletion,
        *,
        is_held: bool = False,
    ) -> int | None:
        """Make a new environment that holds `chosen`; when that fails, none is left. Returns what `_change` does.

        With `is_held` the caller holds its lock, and takes away what is left.
        """
        interpreter = settling.interpreter
        if chosen and not (is_held or self.shows_base or self.overwrites):
            staged = self._create_at_once(root, chosen, indexes, settling)
            if staged is not None:
                self._note(staged)
                return self._report(InstallPlan(install=chosen), settling)
        environment = creation.create(root, interpreter, is_held=is_held, shows_base=self.shows_base)
        self.listener.say(
            f"created {relative(root)} with {python_title(interpreter.implementation, interpreter.version)}"
        )
        settled = partial(settling.settle, environment, is_new=True)
        try:
            return self._change(chosen, environment, indexes, settling, settled, is_held=is_held)
        except BaseException:
            if not is_held and creation.discard(environment):
                self.listener.say(f"removed {relative(root)} again")
            raise

    def _create_at_once(
        self, root: str, chosen: tuple[Selected, ...], indexes: Sequence[Index], settling: SyncCompletion
    ) -> StagedWheels | None:
        """Do the same without a journal; return what is installed then, None where a change has to do it."""
        with access.fetcher(self.settings, indexes, base=self.project.base) as source:
            mirrors.prepare(source, chosen, indexes, self.settings)

            def staged(store: WheelStore) -> StagedWheels:
                judge = wheel_checks.judge(self.lock, settling.interpreter.target, self.stated)
                progress = self.listener.progress()
                found = stage.stage(chosen, store, source, progress, judge=judge, accepted=self.accepted)
                self._refuse_startup(found)
                return found

            found = first_creation.create(root, settling, source.workers, staged)
        return found and found._replace(notes=(*sorted(source.notes), *found.notes))

    def _change(
        self,
        chosen: tuple[Selected, ...],
        environment: Environment,
        indexes: Sequence[Index],
        settling: SyncCompletion,
        settled: Callable[[], None],
        *,
        is_held: bool = False,
    ) -> int | None:
        """Make `environment` hold `chosen`; `settled` is called before another process may change it.

        Returns how many distributions were kept, where none came or went; else None.
        """
        if settling.repair.is_strange:
            distrust(environment)
        with access.fetcher(self.settings, indexes, base=self.project.base) as source:
            mirrors.prepare(source, chosen, indexes, self.settings)
            done = synchronise(
                chosen,
                environment,
                source,
                self.listener.progress(),
                inexact=self.request.inexact,
                waiting=self.listener.say,
                restore=partial(_restored, environment, settling.interpreter, is_strange=settling.repair.is_strange),
                settled=settled,
                overwrites=self.overwrites,
                judge=wheel_checks.judge(self.lock, settling.interpreter.target, self.stated),
                accepted=self.accepted,
                again=settling.repair.names,
                is_held=is_held,
                announce=self._announce,
            )
        remember(environment.root, environment_interpreter.resolved(environment.base), self.settings.environ)
        for note in (*sorted(source.notes), *done.notes):
            self.listener.note(note)
        return self._report(done.plan, settling)

    def _report(self, done: InstallPlan, settling: SyncCompletion) -> int | None:
        """Report what was done. Returns what `_change` does."""
        report_changes(done, settling.repair, self.listener)
        if done.is_empty:
            return len(done.keep)
        self.listener.say(summary(done, monotonic() - self.started))
        return None


def _restored(environment: Environment, interpreter: Interpreter, *, is_strange: bool) -> tuple[str, ...]:
    return restoration.restore(environment, interpreter, is_strange=is_strange)
