"""Have pages and metadata on their way before resolution asks for them.

Duty: follow what will probably be needed (`prefetch`) as far as the cache goes, and have the rest fetched in the
background. In: leads, and what arrived. Out: requests, in any thread. Never: what an answer depends on.

As long as the cache has all that is asked for, nothing is guessed: the search reads it when it comes by. Where
something must be fetched for the first time, all leads up to then are followed, and from then on each one at once.
"""

from __future__ import annotations

from lockenv.index import prefetch
from lockenv.vocabulary.distribution import Metadata

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Protocol

    from lockenv.index.releases import IndexReleases
    from lockenv.vocabulary.distribution import NeedsBuild
    from lockenv.vocabulary.names import NormalizedName

    class Arrivals(Protocol):
        """What has arrived, and what can be sent for."""

        @property
        def known(self) -> Mapping[NormalizedName, IndexReleases | None]:
            """The projects whose pages have arrived; None for one that no index has."""

        def load_kept(self, name: NormalizedName) -> bool:
            """Return whether the releases of `name` are known, or kept so that no server need be asked; never wait."""

        @property
        def is_offline(self) -> bool:
            """Whether no server may be asked."""

        def start_page(self, name: NormalizedName) -> object:
            """Have the page of `name` fetched in the background."""

        def kept_metadata(self, releases: IndexReleases, position: int) -> Metadata | NeedsBuild | None:
            """Return the metadata of a release that is known or kept; never wait."""

        def may_guess_metadata(self, releases: IndexReleases, position: int) -> bool:
            """Return whether the metadata of a release may be fetched on a guess."""

        def start_metadata(self, releases: IndexReleases, position: int) -> None:
            """Have the metadata of a release fetched in the background."""


Lead = tuple["NormalizedName", frozenset[str], str]
"""A project that will probably be needed: its name, its extras, its specifier."""
Wanted = tuple["NormalizedName", "Iterable[str]", str]
"""What resolution asks for: the same, with its extras as they are written."""
_GUESSES = 4
"""Releases of one project whose metadata is fetched on a guess."""
_WAITS = 4
"""After so many waits for the metadata of one project, that of its older releases is fetched ahead."""
_MOST_AHEAD = 64


class Prefetcher:
    """The leads of one catalog. Safe to use from several threads."""

    def __init__(self, arrivals: Arrivals, requires_python: str) -> None:
        self._arrivals = arrivals
        self._python = prefetch.lower_bound(requires_python)
        self._waiting: dict[NormalizedName, list[Lead]] = {}
        self._leads: set[Lead] = set()
        self._curious: dict[tuple[NormalizedName, int], list[frozenset[str]]] = {}
        self._guessed: dict[NormalizedName, set[int]] = {}
        self._waits: dict[NormalizedName, int] = {}
        """How often the search waited for the metadata of a project."""
        self._followed: set[tuple[NormalizedName, int, frozenset[str]]] = set()
        """The releases, with extras, whose requirements were pursued."""
        self._elsewhere: frozenset[NormalizedName] = frozenset()
        self._only: NormalizedName | None = None
        self._resting: list[Wanted] = []
        """The leads that were not followed, since the cache had what they name."""
        self._supposed: list[NormalizedName] = []
        self.is_resting = True
        """Whether nothing had to be fetched yet; then no thread works for this catalog."""

    @property
    def expected(self) -> set[NormalizedName]:
        """The projects that will probably be needed."""
        self.wake()
        return {lead[0] for lead in self._leads}

    def leave_out(self, names: Iterable[NormalizedName]) -> None:
        """Guess nothing of these projects."""
        self._elsewhere = self._elsewhere.union(names)

    def restrict(self, name: NormalizedName) -> None:
        """Guess nothing but this project."""
        self._only = name

    def suppose(self, names: Iterable[NormalizedName]) -> None:
        """Have the pages of these projects sent for, all at once, where anything has to be: they were needed before."""
        self._supposed += names

    def expect(self, wanted: Iterable[Wanted]) -> None:
        """Follow what is wanted; later, as long as the cache has it."""
        wanted = list(wanted)
        if self.is_resting:
            self._resting += wanted
            if not all(map(self._is_kept, wanted)):
                self.wake()
        else:
            self.pursue([_lead(each) for each in wanted])

    def pursue(self, leads: list[Lead]) -> None:
        """Follow leads as far as the cache goes, and have the rest fetched in the background."""
        while leads:
            lead = leads.pop()
            if lead in self._leads or not self._may_guess(lead[0]):
                continue
            self._leads.add(lead)
            name = lead[0]
            if not self._arrivals.load_kept(name):
                self._send_for(lead)
                continue
            releases = self._arrivals.known[name]
            if releases is not None:
                leads += self._guess(releases, lead)

    def waited(self, releases: IndexReleases, position: int) -> None:
        """Have older releases described, too, where the search goes from one to the next and waits for each.

        More each time it has to wait again: the search goes through hundreds of releases where two projects exclude
        each other.
        """
        name = releases.name
        waits = self._waits[name] = self._waits.get(name, 0) + 1
        ahead = min(1 << (waits - 1), _MOST_AHEAD) if waits >= _WAITS else 0
        for older in range(position + 1, min(position + 1 + ahead, len(releases.versions))):
            is_unlikely = releases.is_prerelease(older) or releases.yanked(older) is not None
            if not is_unlikely and self._arrivals.may_guess_metadata(releases, older):
                self._arrivals.start_metadata(releases, older)

    def wake(self) -> None:
        """Follow the leads that were not followed, and each one at once from then on: something must be fetched."""
        if self.is_resting:
            self.is_resting = False
            for name in prefetch.emptied(self._supposed):
                if not (self._arrivals.is_offline or self._is_kept((name, (), ""))):
                    self._arrivals.start_page(name)
            self.pursue([_lead(each) for each in prefetch.emptied(self._resting)])

    def _is_kept(self, wanted: Wanted) -> bool:
        name, arrivals = wanted[0], self._arrivals
        return name in arrivals.known or not self._may_guess(name) or arrivals.load_kept(name)

    def _may_guess(self, name: NormalizedName) -> bool:
        return name not in self._elsewhere and self._only in (None, name)

    def page_arrived(self, name: NormalizedName) -> None:
        """Pursue what waited for the page of `name`, which is known by now."""
        self._resume(self._waiting.get(name, []))

    def metadata_arrived(self, name: NormalizedName, position: int, found: Metadata | NeedsBuild) -> None:
        """Pursue what waited for the metadata of a release."""
        for extras in prefetch.emptied(self._curious.get((name, position), [])):
            self.pursue(self._needs(found, extras))

    def _send_for(self, lead: Lead) -> None:
        """Have the page of a lead fetched, and the lead pursued then."""
        if self._arrivals.is_offline:
            return
        name = lead[0]
        self._waiting.setdefault(name, []).append(lead)
        self._arrivals.start_page(name)
        if name in self._arrivals.known:
            # The page may have come before the lead was added, so that no one else looks at it any more.
            self._resume(self._waiting[name])

    def _resume(self, waiting: list[Lead]) -> None:
        leads = prefetch.emptied(waiting)
        self._leads.difference_update(leads)
        self.pursue(leads)

    def _guess(self, releases: IndexReleases, lead: Lead) -> list[Lead]:
        """Return what the likely releases need, as far as the cache has it; the rest is pursued when it arrives."""
        name, extras, specifier = lead
        found: list[Lead] = []
        guessed = self._guessed.setdefault(name, set())
        for position in prefetch.positions(releases, specifier, self._python):
            if position in guessed or len(guessed) < _GUESSES:
                guessed.add(position)
                if (name, position, extras) in self._followed:
                    continue
                described = self._described_now(releases, position, extras)
                if described is not None:
                    self._followed.add((name, position, extras))
                    found += self._needs(described, extras)
        return found

    def _described_now(
        self, releases: IndexReleases, position: int, extras: frozenset[str]
    ) -> Metadata | NeedsBuild | None:
        """Return the metadata of a release where it is known or kept; otherwise have it fetched, and pursued then."""
        found = self._arrivals.kept_metadata(releases, position)
        if found is None and self._arrivals.may_guess_metadata(releases, position):
            self._curious.setdefault((releases.name, position), []).append(extras)
            self._arrivals.start_metadata(releases, position)
        return found

    def _needs(self, described: Metadata | NeedsBuild | None, extras: frozenset[str]) -> list[Lead]:
        if not isinstance(described, Metadata):
            return []
        return list(prefetch.dependencies(described.requires, extras, self._python))


def _lead(wanted: Wanted) -> Lead:
    name, extras, specifier = wanted
    return name, frozenset(extras), specifier
