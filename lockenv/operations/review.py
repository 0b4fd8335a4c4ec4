"""What a reviewer asks of a lock: who made each release, since when it is there, and what is known of it.

In: a lock, its graph, what the cache knows. Out: Review. Never: a request, a judgement of its own about what counts as
accepted. What was not recorded or fetched before is said to be unknown.
"""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from lockenv.index import wellknown
from lockenv.lockfile import cutoffs, licenses, publishers, startup_code
from lockenv.lockfile.lock import filename_of
from lockenv.lockfile.paths import build_lock_path
from lockenv.operations import cached_knowledge, comparison
from lockenv.operations.cached_knowledge import ReleaseKnowledge
from lockenv.operations.coverage import coverage
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lockenv.context.settings import Settings
    from lockenv.lockfile.coverage_matrix import Environment
    from lockenv.lockfile.diff import Change
    from lockenv.lockfile.graph import Node
    from lockenv.lockfile.licenses import LicenseDecision
    from lockenv.lockfile.lock import LockEntry
    from lockenv.operations.comparison import LockComparison
    from lockenv.operations.coverage import Coverage
    from lockenv.operations.locked_graph import ExplainedLock
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.progress import Listener

YOUNG = 7
"""Days: a release with a file that is not older is named."""
Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """Something that a reviewer should look at."""

    level: Level
    package: str
    """Its name and version; empty for the whole lock."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedRelease:
    """What is known of one entry of a lock."""

    name: str
    version: str
    marker: str
    source: str
    """Where it comes from: an index, a repository, a directory or an archive; empty where the lock does not say."""
    is_direct: bool
    """Whether it comes from no index."""
    required_by: tuple[str, ...]
    """The packages that require it, and `the project`, with the extra or group."""
    uploaded: tuple[str, str]
    """The first and the last upload of its files, `2026-12-31`; empty where the lock does not say."""
    age: int | None
    """Days since the last upload; None where that is not known."""
    publishers: tuple[str, ...]
    """As the lock records them (`attestation-identities`)."""
    license: str
    license_reason: str
    """Why the project does not accept it; empty where it does, or has no policy."""
    license_level: Level
    """How grave that is: an unknown license is an error where the project allows only some, as in `check`."""
    wheels: int
    has_sdist: bool
    must_be_built: bool
    built_on: tuple[str, ...]
    """Where no wheel serves it, of the environments in which it is installed, by platform."""
    lacking: tuple[str, ...]
    """Where it has no file at all, by platform."""
    startup_code: tuple[str, ...]
    """Its files that run whenever Python starts, as far as the lock says."""
    yanked: str | None
    known: ReleaseKnowledge
    change: str
    """`added`, `changed` or `different content` since the lock it is compared with; else empty."""

    @property
    def title(self) -> str:
        """Its name and version."""
        return f"{self.name} {self.version}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A lock, as a person reviews it."""

    title: str
    lock_name: str
    sha256: str
    """Of the file."""
    day: str
    """On which it was made, in UTC: ages are as of then."""
    requires_python: str
    is_stale: bool
    environments: tuple[str, ...]
    releases: tuple[ReviewedRelease, ...]
    """By name, then in the order of the lock."""
    knows_startup_code: bool
    """Whether the lock records which releases run code whenever Python starts."""
    concerns: tuple[Concern, ...]
    """Errors first, then warnings, then notes."""
    compared: LockComparison | None


def review(found: ExplainedLock, against: str, settings: Settings, listener: Listener) -> Review:
    """Return the review of a lock, with what changed since the lock that `against` names; empty for none.

    Raises InputError, and UsageError for a revision that is none.
    """
    compared = comparison.compared(found, against, settings) if against else None
    known = cached_knowledge.known_of(found, settings, listener)
    covered = coverage(found.lock)
    day = settings.now[:10]
    policy = found.manifest.licenses if found.manifest else None
    decisions = {one.position: one for one in licenses.judged(found.lock, policy, day)} if policy else {}
    changed = (
        {(one.name, one.new.version, one.new.marker): one for one in compared.changes if one.new} if compared else {}
    )
    releases = sorted(
        (_reviewed(node, found, known, covered, decisions, changed, day) for node in found.graph.nodes),
        key=lambda one: one.name,
    )
    order = ("error", "warning", "note")
    concerns = sorted(
        [
            *_of_lock(found, covered),
            *_of_checks(found, releases),
            *(concern for one in releases for concern in _of_release(one, found)),
        ],
        key=lambda one: order.index(one.level),
    )
    return Review(
        title=found.title,
        lock_name=found.project.lock_name,
        sha256=hashlib.sha256(found.lock.text.encode()).hexdigest(),
        day=day,
        requires_python=found.lock.requires_python,
        is_stale=found.is_stale,
        environments=_places(covered.environments),
        releases=tuple(releases),
        knows_startup_code=startup_code.SETTING in found.lock.inputs.table,
        concerns=tuple(concerns),
        compared=compared,
    )


def _reviewed(
    node: Node,
    found: ExplainedLock,
    known: Mapping[int, ReleaseKnowledge],
    covered: Coverage,
    decisions: Mapping[int, LicenseDecision],
    changed: Mapping[tuple[NormalizedName, str, str], Change],
    day: str,
) -> ReviewedRelease:
    entry = found.lock.packages[node.position]
    here = known.get(node.position, ReleaseKnowledge())
    decision = decisions.get(node.position)
    states = list(zip(covered.environments, covered.rows[node.position].states, strict=True))
    change = changed.get((node.name, node.version, node.marker))
    first, last = _uploaded(entry)
    return ReviewedRelease(
        name=node.name,
        version=node.version,
        marker=node.marker,
        source=node.source or entry.index,
        is_direct=bool(node.source),
        required_by=tuple(dict.fromkeys(_required_by(node, found))),
        uploaded=(first, last),
        age=_days(last, day),
        publishers=tuple(one.title for one in publishers.recorded(entry.table)),
        license=(decision.license if decision else licenses.recorded(entry).named) or here.license,
        license_level="warning" if decision and decision.verdict == "unknown" and not _allows_some(found) else "error",
        license_reason=decision.reason if decision and decision.verdict != "accepted" else "",
        wheels=len(entry.wheels),
        has_sdist=entry.sdist is not None,
        must_be_built=not (entry.wheels or filename_of(entry.archive or {}).endswith(".whl")),
        built_on=_places([each for each, state in states if state == "build"]),
        lacking=_places([each for each, state in states if state == "nothing"]),
        startup_code=startup_code.recorded(entry),
        yanked=entry.yanked,
        known=here,
        change=change.kind if change else "",
    )


def _places(environments: Iterable[Environment]) -> tuple[str, ...]:
    """Return environments by platform, each with its Pythons: `linux x86_64 (3.11, 3.12)`."""
    found: dict[str, list[str]] = {}
    for each in environments:
        found.setdefault(each.platform, []).append(each.python)
    pythons = {platform: ", ".join(filter(None, some)) for platform, some in found.items()}
    return tuple(f"{platform} ({some})" if some else platform for platform, some in pythons.items())


def _required_by(node: Node, found: ExplainedLock) -> Iterator[str]:
    for edge in found.graph.entering(node.position):
        if edge.source is not None:
            yield found.graph.nodes[edge.source].name
        elif edge.root is not None and not edge.root.is_adopted:
            yield f"the project ({edge.root.section})" if edge.root.section else "the project"


def _allows_some(found: ExplainedLock) -> bool:
    """Return whether the project names the licenses that it accepts."""
    return bool(found.manifest and found.manifest.licenses and found.manifest.licenses.allow)


def _uploaded(entry: LockEntry) -> tuple[str, str]:
    """Return the days of the first and the last upload of the files of an entry; empty where no file has one."""
    moments = sorted(
        _day(value) for _, table in entry.files() if isinstance(value := table.get("upload-time"), datetime)
    )
    return (moments[0], moments[-1]) if moments else ("", "")


def _day(moment: datetime) -> str:
    return (moment.astimezone(UTC) if moment.tzinfo else moment).strftime("%Y-%m-%d")


def _days(day: str, today: str) -> int | None:
    return (datetime.fromisoformat(today) - datetime.fromisoformat(day)).days if day else None


def _of_lock(found: ExplainedLock, covered: Coverage) -> Iterator[Concern]:
    if found.is_stale:
        yield Concern(
            level="error", package="", text="the lockfile is out of date: the project declares something else"
        )
    yield from (Concern(level="error", package="", text=sentence) for sentence in covered.lacking)
    tools = build_lock_path(found.project.lock)
    if os.path.exists(tools):
        text = f"what builds need is locked in {os.path.basename(tools)}, which is not part of this report"
        yield Concern(level="note", package="", text=text)


def _of_checks(found: ExplainedLock, releases: Iterable[ReviewedRelease]) -> Iterator[Concern]:
    """Yield what `check` says of publishers, the cutoff and code at start, each with the release it is about."""
    rules = found.manifest.publishers if found.manifest else None
    findings = [
        *publishers.changed(found.lock),
        *(publishers.violations(found.lock, rules) if rules else ()),
        *cutoffs.exceptions(found.lock),
        *startup_code.violations(found.lock, (found.manifest and found.manifest.startup_allowed) or ()),
    ]
    titles = sorted({one.title for one in releases}, key=len, reverse=True)
    for finding in findings:
        title = next((each for each in titles if finding.sentence.startswith((f"{each} ", f"{each}: "))), "")
        text = finding.sentence.removeprefix(title).removeprefix(":").strip()
        yield Concern(level=finding.level, package=title, text=text)


def _of_release(one: ReviewedRelease, found: ExplainedLock) -> Iterator[Concern]:
    """Yield what a reviewer should look at in one release."""

    def concern(level: Level, text: str) -> Concern:
        return Concern(level=level, package=one.title, text=text)

    if one.change == "different content":
        yield concern("error", "has other bytes than in the compared lockfile, under the same version")
    for vulnerable in one.known.vulnerabilities:
        text = vulnerable.sentence.removeprefix(f"{one.title} ")
        if vulnerable.ignored:
            yield concern("note", f"{text}; ignored until {vulnerable.ignored.until}: {vulnerable.ignored.reason}")
        else:
            yield concern("error", text)
    for _, famous in wellknown.lookalikes([one.name] if not one.is_direct else []):
        yield concern("note", f"has a name that is one letter from the well-known {famous}")
    if one.license_reason:
        yield concern(one.license_level, one.license_reason)
    if one.yanked is not None:
        yield concern("error", f"was yanked: {one.yanked}" if one.yanked else "was yanked")
    if one.startup_code and found.manifest and one.name in (found.manifest.startup_allowed or ()):
        yield concern(
            "note", f"runs code whenever Python starts, which the project allows: {', '.join(one.startup_code)}"
        )
    yield from (concern(level, text) for level, text in _of_files(one, found))


def _of_files(one: ReviewedRelease, found: ExplainedLock) -> Iterator[tuple[Level, str]]:
    """Yield what a reviewer should know of the files of a release: their age, what is built, where they are from."""
    if one.age is not None and one.age <= YOUNG:
        yield "warning", f"has a file that was uploaded on {one.uploaded[1]}, {_ago(one.age)}"
    elif one.uploaded[0][:7] != one.uploaded[1][:7] and one.change:
        yield "note", f"was uploaded from {one.uploaded[0]} to {one.uploaded[1]}: files were added later"
    if one.must_be_built and not one.is_direct:
        yield "warning", f"has no wheel: installing it runs its build, which {_permission(one, found)}"
    if one.is_direct:
        yield "note", f"comes from no index but from {one.source}"
    elif one.built_on and not one.must_be_built:
        yield "note", f"has to be built on {', '.join(one.built_on)}"


def _permission(one: ReviewedRelease, found: ExplainedLock) -> str:
    if found.manifest is None:
        return "has to be allowed"
    allowed = any(name in ("*", one.name) for name in found.manifest.policy.allow_build)
    return "the project allows" if allowed else "the project does not allow"


def _ago(days: int) -> str:
    return "today" if days <= 0 else "yesterday" if days == 1 else f"{days} days ago"
