"""The driver: from a Problem and a Catalog to a proved Resolution, or to the reasons why there is none.

Duty: decide which region is solved next, by which engine, and when to split. Every answer ends in `closure.check`.
In: Problem, Catalog. Out: Resolution or Unsolvable. Never: a version decided here, an answer that was not proved.

Explained in docs/resolver.md, "The driver".
"""

from __future__ import annotations

from lockenv.errors import BugError, InputError
from lockenv.resolve import build_permission, closure, first_search, held_back, writable
from lockenv.resolve.collector_pause import collector_at_rest
from lockenv.resolve.decision_log import DecisionLog
from lockenv.resolve.engine_interface import PATIENCE, Assignment, NoSolution, Region, SearchGaveUp, Split
from lockenv.resolve.environment_forks import (
    UnmetRequirement,
    expected,
    initial_blocks,
    keeps_admission,
    locked_in,
    propagate,
    stays,
)
from lockenv.resolve.hint import Advice, Question
from lockenv.resolve.model import Model
from lockenv.resolve.narrowing import LostEnvironments, in_turn, losses, notes, of_groups, origins, uncovered
from lockenv.resolve.pins import SolvedRegion, harvest, used
from lockenv.resolve.provider import ChangedMetadata, Provider, UnreadableSdist
from lockenv.resolve.stable_answer import KnownProof, stable_from_anywhere
from lockenv.vocabulary import markers
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.late import late
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.pin import Effort, Resolution, Unsolvable
from lockenv.vocabulary.progress import SILENT, during

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lockenv.resolve import caps, failure_hints, pubgrub, smallest_conflict, tried_hints
    from lockenv.resolve.catalog import Catalog
    from lockenv.resolve.engine_interface import Engine
    from lockenv.resolve.problem import ExtraOrGroup, Problem
    from lockenv.resolve.resolvelib_types import Reach
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import NeedsPermission, Pin, UnbuiltRelease
    from lockenv.vocabulary.progress import Progress

    Answer = Resolution | Unsolvable | NeedsPermission
else:
    caps = late("lockenv.resolve.caps")
    failure_hints = late("lockenv.resolve.failure_hints")
    pubgrub = late("lockenv.resolve.pubgrub")
    smallest_conflict = late("lockenv.resolve.smallest_conflict")
    tried_hints = late("lockenv.resolve.tried_hints")

_MOST_REGIONS = 400


def solve(
    problem: Problem,
    catalog: Catalog,
    progress: Progress = SILENT,
    *,
    engine: Engine | None = None,
    patience: int = PATIENCE,
    report: Callable[[str], None] | None = None,
    has_hints: bool = True,
) -> Answer:
    """Return a closure for the whole universe of `problem`, proved, or why there is none, or none yet.

    What only a build could describe is chosen as if it required nothing. Where such releases remain, the answer is all
    of them: their requirements are unknown until they are built.

    `engine` is asked where resolvelib stops, PubGrub when None: after more than `patience` conflicts in a region, or
    at once when that is negative. Each decision is a sentence for `report`. Each hint of a refusal was tried; there is
    none without `has_hints`.

    Raises what the catalog raises, InputError when the universe is split into too many regions or the search decides
    too often, and BugError when the proof fails.
    """

    def ask(question: Question, report: Callable[[str], None] | None) -> tuple[Answer, Advice]:
        posed, model, proved = question.problem, Model(question.problem, question.catalog, report), KnownProof()
        shown = progress if posed is problem else SILENT
        drivers: list[_Driver] = []

        def answer(problem: Problem) -> Answer:
            known = model if problem is posed else model.again(problem)
            drivers.append(_Driver(problem, known, shown, engine, patience, proved))
            found = drivers[-1].answer()
            if drivers[-1].is_beyond_words:
                other = _Driver(problem, model.within_words(problem), shown, engine, patience, proved).answer()
                found = found if isinstance(other, Unsolvable) else other
            return found

        if posed is not problem:  # whether a change helps is decided by what is found first
            return answer(posed), drivers[-1].advice
        found = stable_from_anywhere(posed, answer)
        if isinstance(found, Unsolvable) and found.is_capped:
            found = caps.with_all_caps(
                found, model, lambda free: _Driver(posed, free, progress, engine, patience, KnownProof()).answer()
            )
        return held_back.noted(found, posed, model), drivers[-1].advice

    with collector_at_rest():
        question = Question(problem, catalog)
        found, advice = ask(question, report)
        if not isinstance(found, Unsolvable) or not has_hints:
            return found
        return replace(found, hints=(*tried_hints.tried(advice, question, ask, progress), *found.hints))


class _Driver:
    def __init__(
        self, problem: Problem, model: Model, progress: Progress, engine: Engine | None, patience: int, kept: KnownProof
    ) -> None:
        self.problem = problem
        self.model = model
        self.universe = problem.universe
        self._log = DecisionLog(model.report, problem.universe)
        self._progress = progress
        self._engine = engine
        self._patience = patience
        self._known_proof = kept
        self._solved: list[SolvedRegion] = []
        self._lost: list[LostEnvironments] = []
        """What is left out for everyone."""
        self._unavailable = list(of_groups(problem))
        """What is left out for those who choose an extra or a group; what is already left out of the model."""
        self._nowhere: set[ExtraOrGroup] = set()
        """The extras and groups of which nothing is left: all are refused together."""
        self._pending: list[LostEnvironments] = []
        """The same, found in regions that were solved with it: they are to be solved again without it."""
        self._rounds = self._conflicts = self._regions = 0
        self.advice = Advice()
        """What may help where there is no answer."""
        self.is_beyond_words = False
        """Whether no marker can say where some of the answer is installed."""

    def answer(self) -> Answer:
        self.model.catalog.expect(expected(self.problem))
        with during(self._progress, "resolving", unit="rounds"):
            refusal = self._solve_all()
        if self._nowhere:
            return self._uncovered([each for each in self._unavailable if each.choice in self._nowhere])
        return refusal or self._proved()

    def _solve_all(self) -> Unsolvable | None:
        """Solve everything; again without the extras and groups that are not available somewhere, where that may help.

        Where nothing else is left out, what was chosen beside them serves everyone. Where something is, they may be
        the reason: an extra that is left out must take nothing from others.
        """
        while True:
            refusal = self._solve_once()
            if refusal is not None or not self._pending:
                return refusal
            for loss in in_turn(self._pending):
                self._leave_out(loss)
            self._pending.clear()
            if not self._lost:
                return None
            self._solved.clear()
            self._lost.clear()
            self.universe = self.problem.universe

    def _solve_once(self) -> Unsolvable | None:
        preferred = self.problem.preferred
        stack = list(reversed(initial_blocks(self.universe, preferred, self.problem.conflicting)))
        while stack:
            env = stack.pop() & self.universe
            if env is markers.NEVER:
                continue
            if self._regions >= _MOST_REGIONS:
                raise InputError(
                    f"the resolution needs more than {_MOST_REGIONS} environment forks",
                    hint="declare the environments you need in `environments`, or a narrower requires-python",
                )
            self._regions += 1
            self._log.resolving(env)
            region = Region(env=env, roots=self.model.roots_in(env), locked=locked_in(env, preferred, self.model))
            outcome = self._solve(region)
            if isinstance(outcome, Unsolvable):
                return outcome
            stack.extend(reversed(outcome))
        if self.universe is markers.NEVER:
            return self._uncovered()
        return None

    def _solve(self, region: Region) -> tuple[Marker, ...] | Unsolvable:
        """Return the parts of the region that are still to be solved; none when it is solved."""
        if self._stays(region):
            self._log.say("the locked versions still satisfy all requirements")
            return ()
        if self._patience < 0:
            return self._second(region)
        provider = Provider(region, self.model, used=used(self._solved, self.problem.policy.fork))
        try:
            positions = first_search.chosen(provider, self._progress, max(self._patience, 0), self._spend)
        except Split as split:
            self._log.split(split.first, split.second)
            return split.first, split.second
        except ChangedMetadata:
            return (region.env,)
        except (SearchGaveUp, UnreadableSdist):
            return self._second(region)
        reaches = self._reaches(region, positions)
        if not keeps_admission(region, reaches, positions, self.model):
            # A requirement that admitted a prerelease or a yanked release went away after it was chosen.
            return self._second(region)
        return self._take(region, positions, reaches)

    def _spend(self, rounds: int, conflicts: int) -> None:
        self._rounds += rounds
        self._conflicts += conflicts

    def _stays(self, region: Region) -> bool:
        """Take the old versions as they are where they still satisfy everything; no search is needed then."""
        if not region.locked or self.problem.upgrade or self.problem.requested:
            return False
        learned = self.model.learned
        reaches = propagate(region.roots, region.locked, self.model)
        if self.model.learned != learned:
            # What a page said otherwise than metadata may have counted before that metadata was read.
            reaches = propagate(region.roots, region.locked, self.model)
        if isinstance(reaches, UnmetRequirement) or not stays(region, reaches, region.locked, self.model):
            return False
        self._take(region, region.locked, reaches)
        return True

    def _reaches(self, region: Region, positions: Mapping[NormalizedName, int]) -> Mapping[NormalizedName, Reach]:
        """Return where each release that a search chose for the region is wanted."""
        found = propagate(region.roots, positions, self.model)
        if isinstance(found, UnmetRequirement):
            where = marker_text(region.env) or "all"
            raise BugError(f"the search chose versions that do not fit together: {found.name} in {where}")
        return found

    def _take(
        self, region: Region, positions: Mapping[NormalizedName, int], reaches: Mapping[NormalizedName, Reach]
    ) -> tuple[Marker, ...]:
        """Keep the choice for the region, and narrow the universe to what it is good for."""
        versions = {name: positions[name] for name in sorted(reaches)}
        self._solved.append(SolvedRegion(region.env, versions, region.roots, reaches))
        for loss in tuple(losses(region, positions, reaches, self.model)):
            if loss.choice is None:
                self._lost.append(loss)
                self.universe &= ~loss.where
            else:
                self._pending.append(loss)
        return ()

    def _leave_out(self, loss: LostEnvironments) -> None:
        """Leave an extra or a group out where it is not available, and note it where that is everywhere."""
        if loss.choice is None:
            raise BugError("only an extra or a group can be excluded")
        if loss.chosen.implies(self.model.unavailable):
            return
        self._unavailable.append(loss)
        chosen = markers.choosing(*loss.choice)
        self.model.unavailable |= chosen & loss.where
        if self.problem.universe.disjoint(chosen & ~self.model.unavailable):
            self._nowhere.add(loss.choice)

    def _second(self, region: Region) -> tuple[Marker, ...] | Unsolvable:
        if self._engine is None:
            # Loaded only where it is needed: most resolutions meet no conflict.
            self._engine = pubgrub.engine
        self._log.say("the first search met too many conflicts; the second one learns from each")
        with during(self._progress, "resolving conflicts"):
            self.model.progress = self._progress
            self._progress.advance(0, marker_text(region.env, assuming=self.problem.universe))
            answer = self._engine(region, self.model)
        if isinstance(answer, Split):
            self._log.split(answer.first, answer.second)
            return answer.first, answer.second
        self._spend(answer.rounds, answer.conflicts)
        if isinstance(answer, Assignment):
            return self._take(region, answer.positions, answer.reaches or self._reaches(region, answer.positions))
        env = region.env
        for separator in answer.separators:
            inside, outside = env & separator, env & ~separator
            if inside is not markers.NEVER and outside is not markers.NEVER:
                return (inside, outside)
        return self._without(region, answer) or self._refused(region, answer)

    def _without(self, region: Region, answer: NoSolution) -> tuple[Marker, ...] | Unsolvable | None:
        """Leave out what a region fails for: the extras and groups that need it, or else the region itself.

        None where that is no answer: it fails for another reason, or a release declares not to run there and the
        project itself needs it.
        """
        lacking, where = answer.lacking, region.env.without_extras_and_groups()
        if lacking is None:
            return None
        for choice in lacking.choices:
            self._leave_out(LostEnvironments(where, choice, lacking.why))
        if lacking.choices:
            return (region.env,)
        if not lacking.is_wheel or where is not region.env or self.universe.implies(where):
            return None
        self._lost.append(LostEnvironments(where, None, lacking.why))
        self.universe &= ~where
        # What was solved before stays; nothing is left to be solved here.
        return (markers.NEVER,)

    def _refused(self, region: Region, answer: NoSolution) -> Unsolvable:
        answer = smallest_conflict.with_fewest_requirements(region, answer, self.model, self._engine or pubgrub.engine)
        where = region.env if answer.where is None else answer.where
        self.advice = Advice(answer.hints, answer.names, len(self.model.looked_at) + self._rounds + self._conflicts)
        return Unsolvable(
            environment=marker_text(where, assuming=self.problem.universe),
            reasons=answer.reasons,
            origins=answer.origins,
            is_capped=answer.lacking is not None and not answer.lacking.is_wheel,
        )

    def _uncovered(self, unavailable: Sequence[LostEnvironments] = ()) -> Unsolvable:
        """Return the answer where nothing is left of the universe, or none of it for an extra or a group."""
        lost = unavailable or self._lost
        left_out = uncovered(lost, self.problem.universe)
        self.advice = Advice(failure_hints.advice_where_nothing_runs(self.problem, lost))
        return Unsolvable(
            environment="",
            reasons=tuple(notes(left_out, self.problem.universe, has_all=True)),
            origins=tuple(filter(None, (*origins(unavailable, self.problem), self.problem.requires_python_origin))),
            is_capped=True,
        )

    def _proved(self) -> Answer:
        pins, found = self._checked()
        if (refusal := writable.refusal(pins, self._covered)) is not None:
            self.is_beyond_words = True
            return refusal
        unbuilt = self._unbuilt()
        left = build_permission.elsewhere(pins, unbuilt, self.problem, self.universe)
        if left:
            notes = build_permission.note(left, self.universe)
            for loss in left:
                if loss.choice is None:
                    self.universe &= ~loss.where
                else:
                    self._leave_out(loss)
            pins, found = self._checked()
            found = (*notes, *found)
        without = build_permission.without_wheels(pins, self.problem, self._covered)
        if any((pin.name, pin.version) in unbuilt for pin in pins):
            return build_permission.asked(pins, unbuilt, without, self.problem, self._covered, found)
        return self._resolution(pins, found, build_permission.noted(pins, without, self.problem, self._covered))

    @property
    def _covered(self) -> Marker:
        """The environments, extras and groups that the answer is for."""
        return self.universe & ~self.model.unavailable

    def _unbuilt(self) -> dict[tuple[NormalizedName, str], str]:
        """Return the reasons of what only a build could describe, by name and version."""
        return {
            (name, self.model.candidates(name).versions[position]): reason
            for (name, position), reason in self.model.unbuilt.items()
        }

    def _checked(self) -> tuple[tuple[Pin, ...], tuple[str, ...]]:
        """Return the pins of the universe, proved, and notes on them."""
        pins, found = harvest(self._solved, self._covered, self.model)
        proof = self._known_proof.check(pins, self.problem, self._covered)
        if not isinstance(proof, closure.Proof):
            raise BugError(
                "the resolution failed verification: " + "; ".join(fault.sentence for fault in proof),
                hint="please report this with the requirements that cause it; nothing was written",
            )
        return proof.pins, found

    def _resolution(
        self, pins: tuple[Pin, ...], found: tuple[str, ...], unbuilt: tuple[UnbuiltRelease, ...]
    ) -> Resolution:
        parts = (environment & self.universe for environment in self.problem.environments)
        left_out = uncovered([*self._lost, *self._unavailable], self.problem.universe)
        return Resolution(
            universe=self._covered,
            environments=tuple(part for part in parts if part is not markers.NEVER),
            pins=pins,
            unbuilt=unbuilt,
            notes=(*notes(left_out, self.problem.universe), *found),
            uncovered=left_out,
            effort=Effort(
                rounds=self._rounds,
                conflicts=self._conflicts,
                regions=self._regions,
                metadata=len(self.model.looked_at),
            ),
        )
