"""The candidate masks that both engines and their explanations share.

Duty: turn version specifiers into sets of releases. In: one project's `Releases`. Out: ints.
Never: a requirement's marker, a file's metadata, a choice.

A set of releases of one project is an int: bit `p` is set when the release at position `p` of `Releases.versions` is
in the set. Positions count from the newest, so bit 0 is the newest release and the lowest set bit of any mask is the
newest release in it. `&`, `|` and `full & ~mask` are intersection, union and complement.

Three masks decide what may be chosen, and they are kept apart on purpose:

- `mask(specifier)` is where the specifier holds, prereleases and yanked releases included;
- `exact(specifier)` is the part of it that an exact pin (`==V`, `===V`) names, which admits yanked releases;
- `admitted(mask, ...)` applies PEP 440's and PEP 592's rules to an intersection of such masks.

Explained in docs/resolver.md, "Masks".
"""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.pep440 import clauses, version_key

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lockenv.resolve.catalog import Releases
    from lockenv.vocabulary.manifest import PrereleasePolicy
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pep440 import Clause, Key

# Of a normalized version without its local part only `a`, `b`, `rc` and `dev` hold one of these letters.
_PRERELEASE = lazy_pattern(r"[abcd+].*")
_LETTERS = {**dict.fromkeys(range(128)), ord("\n"): "\n", **{ord(letter): "1" for letter in "abcd"}}


def positions(mask: int) -> Iterator[int]:
    """Return the positions in `mask`, newest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _prereleases(versions: Sequence[str]) -> int:
    """Return the mask of the prereleases and development releases."""
    text, mask, position, at = "\n".join(versions), 0, 0, 0
    if "+" not in text and text.isascii():
        # All at once: of a line that has one of these letters a one is left, of another one nothing.
        bits = f"\n{text}".translate(_LETTERS).replace("11", "1").replace("\n1", "1").replace("\n", "0")
        return int(bits[::-1], 2)
    for found in _PRERELEASE.finditer(text):
        start = found.start()
        position += text.count("\n", at, start)
        at = start
        if text[start] != "+":
            mask |= 1 << position
    return mask


class KnownReleases(set["tuple[NormalizedName, int]"]):
    """Releases whose metadata was read: project and position."""

    def __init__(self) -> None:
        super().__init__()
        self._masks: dict[NormalizedName, int] = {}

    def add(self, release: tuple[NormalizedName, int], /) -> None:
        """Take in one more."""
        super().add(release)
        self._masks[release[0]] = self._masks.get(release[0], 0) | 1 << release[1]

    def of(self, name: NormalizedName) -> int:
        """Return the mask of those of one project."""
        return self._masks.get(name, 0)


class Candidates:
    """The releases of one project, as masks.

    A project that no index has, `Candidates(name, None)`, has no release and `is_known` False.
    """

    __slots__ = (
        "_keys",
        "_sets",
        "_unusual",
        "_yanked",
        "full",
        "is_known",
        "name",
        "prereleases",
        "releases",
        "untimed",
        "versions",
    )

    def __init__(self, name: NormalizedName, releases: Releases | None) -> None:
        self.name = name
        self.releases = releases
        self.is_known = releases is not None
        self.versions = releases.versions if releases is not None else ()
        """Newest first; PEP 440 normalized."""
        self.untimed = releases.untimed if releases is not None else 0
        """How many files a cutoff left out because nothing says when they were uploaded."""
        self.full = (1 << len(self.versions)) - 1
        """The mask of every release."""
        self.prereleases = _prereleases(self.versions)
        """The mask of the prereleases and development releases."""
        self._keys: list[Key | None] = [None] * len(self.versions)
        self._sets: dict[str, tuple[int, int]] = {"": (self.full, 0)}
        self._yanked: int | None = None
        self._unusual: int | None = None

    @property
    def yanked(self) -> int:
        """The mask of the releases whose every file is yanked (PEP 592)."""
        if self._yanked is None:
            self._yanked = 0
            for position in self.releases.yanked_positions if self.releases is not None else ():
                self._yanked |= 1 << position
        return self._yanked

    @property
    def unusual(self) -> int:
        """The mask of the releases that not every requirement admits: prereleases and yanked ones."""
        if self._unusual is None:
            self._unusual = self.prereleases | self.yanked
        return self._unusual

    def position(self, version: str, index: str = "") -> int | None:
        """Return the position of the release `version`, however that spells it; None when there is none.

        `index` is the one that it is from, where several sources of the project may have it.
        """
        for position, own in enumerate(self.versions if index and self.releases is not None else ()):
            placed = self.releases.placed(position) if self.releases is not None else None
            if placed is None:
                break
            if own == version and placed.index == index:
                return position
        try:
            return self.versions.index(version)
        except ValueError:
            return self._equal(version)

    def _equal(self, version: str) -> int | None:
        """Return the position of the release that another spelling means: 1.0 and 1.0.0 are one version (PEP 440)."""
        try:
            wanted = version_key(version)
        except ValueError:  # InvalidVersion, or a number of more digits than Python reads
            return None
        # Only a release with the same beginning can be meant, up to zeros: few are parsed.
        epoch, release = wanted[:2]
        start = f"{epoch}!{release[0]}" if epoch else str(release[0])
        near = (at for at, text in enumerate(self.versions) if text.startswith(start))
        return next((at for at in near if self._key(at) == wanted), None)

    def mask(self, specifier: str) -> int:
        """Return the releases that `specifier` (canonical text) contains, prereleases included."""
        return (self._sets.get(specifier) or self.mask_and_exact(specifier))[0]

    def exact(self, specifier: str) -> int:
        """Return the releases in `mask(specifier)` that an exact pin in it names."""
        return (self._sets.get(specifier) or self.mask_and_exact(specifier))[1]

    def mask_and_exact(self, specifier: str) -> tuple[int, int]:
        """Return `mask(specifier)` and `exact(specifier)`."""
        found = self._sets.get(specifier)
        if found is None:
            mask, pins = self.full, False
            for clause in clauses(specifier):
                mask &= self._clause(clause)
                # PEP 592: a yanked file may be used where `==` or `===` pins to an exact version, without a wildcard.
                pins = pins or clause.is_exact_pin
            found = self._sets[specifier] = mask, mask if pins else 0
        return found

    def admitted(self, mask: int, *, explicit: bool, exact: int, policy: PrereleasePolicy) -> int:
        """Return the part of `mask` that may be chosen.

        `explicit` says whether a requirement in force names a prerelease; `exact` is the union of what exact pins in
        force name and of the locked releases: both admit what the rules would leave out.
        """
        mask &= ~self.yanked | exact
        if policy == "allow" or not mask & self.prereleases:
            return mask
        finals = mask & ~self.prereleases
        if policy != "disallow":
            finals |= mask & exact
        # PEP 440: prereleases are excluded unless a specifier names one or nothing else satisfies it.
        if policy == "disallow":
            return finals
        return mask if explicit or not finals else finals

    def _key(self, position: int) -> Key:
        found = self._keys[position]
        if found is None:
            found = self._keys[position] = version_key(self.versions[position])
        return found

    def _clause(self, clause: Clause) -> int:
        operator = clause.operator
        if operator == "===":
            # PEP 440 arbitrary equality compares strings, so order does not help.
            wanted = clause.version.lower()
            return sum(1 << position for position, version in enumerate(self.versions) if version.lower() == wanted)
        if operator == "!=":
            return self.full & ~self._clause(replace(clause, operator="=="))

        count = len(self.versions)
        # Every other operator holds on one run of the ordered versions; two bisections find its ends.
        if operator in (">=", ">"):
            return (1 << self._first(clause.holds, False, 0, count, self._near(clause))) - 1
        if operator in ("<=", "<"):
            return self.full & ~((1 << self._first(clause.holds, True, 0, count, self._near(clause))) - 1)
        end = self._first(clause.floor.__le__, False, 0, count, self._near(clause))
        start = self._first(clause.holds, True, 0, end)
        return ((1 << end) - 1) & ~((1 << start) - 1)

    def _near(self, clause: Clause) -> tuple[int, ...]:
        """Return the position of the release that a clause names, and those beside it, if one is spelled alike."""
        try:
            near = self.versions.index(clause.version)
        except ValueError:
            return ()
        return near, near - 1, near + 1

    def _first(
        self, test: Callable[[Key], bool], wanted: bool, low: int, high: int, likely: tuple[int, ...] = ()
    ) -> int:
        """Return the first position in `[low, high)` where `test` begins to be `wanted`; `high` when none.

        Those that are `likely` are looked at first: two of them nearly always decide.
        """
        for position in likely:
            if low <= position < high:
                if test(self._key(position)) is wanted:
                    high = position
                else:
                    low = position + 1
        keys = self._keys
        while low < high:
            middle = (low + high) // 2
            key = keys[middle]
            if test(self._key(middle) if key is None else key) is wanted:
                high = middle
            else:
                low = middle + 1
        return low
