"""What a project declares, whichever files declare it."""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass, field, replace
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Final, Literal, TypeAlias

    from lockenv.vocabulary.direct import DeclaredSource, Direct
    from lockenv.vocabulary.distribution import Metadata
    from lockenv.vocabulary.identity import PublisherRule
    from lockenv.vocabulary.licenses import LicensePolicy
    from lockenv.vocabulary.listed_hashes import HashList
    from lockenv.vocabulary.names import ExtraName, GroupName, NormalizedName
    from lockenv.vocabulary.origin import Origin
    from lockenv.vocabulary.places import Place
    from lockenv.vocabulary.python_archive import PythonArchive
    from lockenv.vocabulary.requirement import Declared, Requirement

    PrereleasePolicy = Literal["if-necessary-or-explicit", "allow", "disallow"]
    Preference = Literal["highest", "lowest", "lowest-direct"]
    """Which of the versions that fit is taken: `lowest-direct` means the lowest of what the project itself requires."""

PRERELEASE_POLICIES: Final[tuple[PrereleasePolicy, ...]] = ("if-necessary-or-explicit", "allow", "disallow")
PREFERENCES: Final[tuple[Preference, ...]] = ("highest", "lowest", "lowest-direct")
Overwrites: TypeAlias = "tuple[tuple[NormalizedName, NormalizedName], ...]"
"""(winner, loser): where both have a file at one path, the winner's is installed. Sorted, with all that follows."""
Accepted: TypeAlias = "Mapping[NormalizedName, tuple[str, ...]]"
"""Which rules the wheels of single projects may break, each of ACCEPTABLE; sorted."""
ACCEPTABLE: Final = (
    "purelib-twice",
    "record-absent",
    "record-mismatch",
    "record-unlisted",
    "record-weak-hash",
    "script-twice",
)
"""The rules that a project may accept to be broken: parts of its wheel disagree, and none reaches out of its place."""

_NO_VARIABLE = lazy_pattern(r"[^A-Z0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A package index that the project names, or the user does for all projects."""

    name: str
    """Empty for an index that is named by URL alone."""
    url: str
    """The simple root, ending in a slash, as written: `${VAR}` is not expanded here; empty for the default index."""
    explicit: bool = False
    """True: serves only the projects that name it in `[tool.lockenv.sources]`."""
    is_flat: bool = False
    """True: one folder or page with the files of many projects (`find-links`); tried before the others."""
    is_last: bool = False
    """True: no default index follows the declared ones (`no-index`)."""
    mirrors: tuple[str, ...] = ()
    """Simple roots, as written, that serve the same files; they never decide what is locked."""
    place: str = ""
    """The `file:` URL of a relative `url`; empty for any other."""
    authenticate: bool = False
    """True: it is never asked without credentials."""
    client_cert: str = ""
    """A file with the certificate and key to show to it, as written until it is used; empty for none."""
    is_users: bool = False
    """True: the user wrote it (configuration, `--index-url`), who may use every variable in it; no project did."""

    def variable(self, key: str) -> str:
        """Return the environment variable that holds `key`, such as `PASSWORD`, of an index that has a name."""
        return f"LOCKENV_INDEX_{_NO_VARIABLE.sub('_', self.name.upper())}_{key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CutoffException:
    """A release that counts although it was uploaded after the cutoff, as it ends a vulnerability."""

    version: str
    advisory: str
    """The ids of what it ends, separated by `, `."""
    reason: str
    """One line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Which releases may be chosen, beside what requirements say."""

    prerelease: PrereleasePolicy = "if-necessary-or-explicit"
    prerelease_packages: Mapping[NormalizedName, PrereleasePolicy] = field(default_factory=dict)
    """What holds for single projects in its place."""
    preference: Preference = "highest"
    exclude_newer: str = ""
    """RFC 3339 in UTC; a file uploaded at that moment or later does not count; empty for no cutoff."""
    exclude_newer_span: str = ""
    """The span before now that `exclude_newer` was reckoned from, as written (`7 days`); empty for a fixed cutoff."""
    exclude_newer_packages: Mapping[NormalizedName, str] = field(default_factory=dict)
    """What holds for single projects in its place; empty for no cutoff."""
    exclude_newer_package_spans: Mapping[NormalizedName, str] = field(default_factory=dict)
    """The spans that these were reckoned from, of those that are relative."""
    past_cutoff: Mapping[NormalizedName, CutoffException] = field(default_factory=dict)
    """Single releases that count whenever they were uploaded. No setting: `audit --fix` found them, a lock has them."""
    allow_build: tuple[str, ...] = ()
    """Normalized names whose code may run in a build, sorted; `("*",)` for all."""
    build_network: bool = False
    """True: builds may reach the network."""
    no_build: tuple[str, ...] = ()
    """Normalized names whose sdists are never used, sorted; `("*",)` for all."""
    no_binary: tuple[str, ...] = ()
    """Normalized names whose wheels are never used, sorted; `("*",)` for all."""
    hashes: Mapping[NormalizedName, tuple[HashList, ...]] = field(default_factory=dict)
    """The hashes that requirements files list for files of a project: one without such a hash is not locked."""
    hashes_required: str = ""
    """Where it says that nothing is locked of which no hash is listed; empty where nothing does."""
    fork: Literal["latest", "fewest"] = "latest"
    """`latest`: each environment its newest version; `fewest`: one version wherever one serves."""

    def may_build(self, name: NormalizedName) -> bool:
        """Return whether the code of a project may run in a build."""
        return name in self.allow_build or "*" in self.allow_build

    def never_builds(self, name: NormalizedName) -> bool:
        """Return whether the source distributions of a project do not count."""
        return name in self.no_build or "*" in self.no_build

    def prerelease_of(self, name: NormalizedName) -> PrereleasePolicy:
        """Return how prereleases of a project are treated."""
        return self.prerelease_packages.get(name, self.prerelease)

    @property
    def has_cutoff(self) -> bool:
        """Whether files do not count for when they were uploaded, of any project."""
        return bool(self.exclude_newer or self.exclude_newer_packages)

    def cutoff_of(self, name: NormalizedName) -> str:
        """Return the moment from which on files of a project do not count; empty for none."""
        return self.exclude_newer_packages.get(name, self.exclude_newer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Several projects that share one lock."""

    members: tuple[str, ...]
    """Patterns of directories, relative to the root of the workspace, as written."""
    exclude: tuple[str, ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadSource:
    """A place of packages that a table of another tool declares, and lockenv does not read."""

    tool: str
    """The tool as it spells its name."""
    file: str
    path: tuple[str | int, ...]
    """The keys of the declaration, from the root of the file."""
    name: NormalizedName
    """The project that comes from there; empty for an index or a workspace."""
    url: str = ""
    """Of an index, as written."""
    obstacle: str = ""
    """Why `[tool.lockenv]` has no counterpart; empty where it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UndeclaredExtra:
    """An extra of the project itself that one of its requirements names, and that it does not declare."""

    name: ExtraName
    origin: Origin
    """Of the requirement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildStatement:
    """What a project requires as a build reports it, as core metadata write it."""

    requires: tuple[str, ...]
    """Each `Requires-Dist`, in the order of the metadata."""
    extras: tuple[ExtraName, ...]
    """Each `Provides-Extra`, normalized, in the order of the metadata."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedMetadata:
    """What the project states of a release, in place of what its files say or a build would."""

    name: NormalizedName
    version: str = ""
    """Normalized by PEP 440; empty for every version that no other statement is about."""
    requires: tuple[str, ...] | None = None
    """Canonical texts, in the order they are written; None where they stay as the release has them, with the extras."""
    requires_python: str = ""
    """Empty where it stays as the release has it."""
    extras: tuple[ExtraName, ...] = ()

    def over(self, found: Metadata) -> Metadata:
        """Return the metadata of the release with what is stated in place of what was `found`."""
        python = self.requires_python or found.requires_python
        if self.requires is None:
            return replace(found, requires_python=python)
        return replace(found, requires=self.requires, extras=self.extras, requires_python=python, is_combined=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dynamic:
    """That a project leaves to a build what it requires."""

    digest: str = ""
    """Of the files that decide it, as they are now."""
    reported: BuildStatement | None = None
    """None where no build of these files reported it: extras, groups and what is always required are unknown then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The declared requirements of a project and the policies they are resolved under."""

    name: str = ""
    """The project's normalized name; empty for a bare requirements file."""
    requires_python: str = ""
    """In a workspace, of the Pythons that every member admits."""
    requires_python_origin: Origin | None = None
    narrowing: tuple[tuple[NormalizedName, str], ...] = ()
    """The members of the workspace that do not admit all that its root does, and the specifier of each; sorted."""
    python: str = ""
    """The request for the Python that the lock records; empty where it records none."""
    python_archives: tuple[PythonArchive, ...] = ()
    """The archives of Pythons that the project pins, by the names of their files."""
    dependencies: tuple[Declared, ...] = ()
    """In the order they were written; self-references (`name[extra]`) are expanded away."""
    extras: Mapping[ExtraName, tuple[Declared, ...]] = field(default_factory=dict)
    groups: Mapping[GroupName, tuple[Declared, ...]] = field(default_factory=dict)
    """Includes are expanded."""
    undeclared: tuple[UndeclaredExtra, ...] = ()
    """What self-references name and `extras` lack: it adds no requirement."""
    own_groups: Mapping[GroupName, str] = field(default_factory=dict)
    """The groups that require the project itself, by one of its extras or by its name alone, each with the marker of
    the environments in which it does; empty for all."""
    group_pythons: Mapping[GroupName, str] = field(default_factory=dict)
    """The specifier of the Pythons that a group is for, where those are not all of the project."""
    apart: Mapping[GroupName, str] = field(default_factory=dict)
    """The groups of the project that are in no lock but the named one with this name."""
    default_groups: tuple[GroupName, ...] = ()
    has_default_groups: bool = False
    """Whether the project says which those are."""
    packages: Mapping[GroupName, NormalizedName] = field(default_factory=dict)
    """The groups, among `groups`, that hold what a package requires by itself, and which package each is.

    There is one for each package that a conflict names: the project, where it is a default group, or a member.
    """
    constraints: tuple[Declared, ...] = ()
    build_constraints: tuple[Declared, ...] = ()
    """What limits the versions of build requirements, and of nothing else."""
    overrides: tuple[Declared, ...] = ()
    excluded: tuple[NormalizedName, ...] = ()
    """The projects that nothing is to require, whatever says it does; sorted."""
    environments: tuple[str, ...] = ()
    """Markers whose union is the universe; empty for everything."""
    required_environments: tuple[str, ...] = ()
    conflicts: tuple[tuple[tuple[Literal["extra", "group"], str], ...], ...] = ()
    """Sets of extras and groups that are never installed together; the group `*` means every group."""
    indexes: tuple[Index, ...] = ()
    """In the order they are tried; the default index serves where none is declared that is not explicit."""
    sources: Mapping[NormalizedName, str] = field(default_factory=dict)
    """The name of the index that alone serves a project."""
    places: Mapping[NormalizedName, tuple[Place, ...]] = field(default_factory=dict)
    """The sources of projects that have some for some environments, extras or groups only, as they are written."""
    direct: Mapping[NormalizedName, DeclaredSource] = field(default_factory=dict)
    """The projects that no index serves, and where each comes from; no requirement here carries a URL."""
    mates: tuple[tuple[NormalizedName, Origin], ...] = ()
    """The projects that its sources take from the workspace, and where they say it."""
    workspace: Workspace | None = None
    members: tuple[NormalizedName, ...] = ()
    """The projects of the workspace beside its root, sorted; each is in `direct`, and among `dependencies` unless
    `is_apart`."""
    member_groups: Mapping[NormalizedName, Mapping[GroupName, frozenset[Requirement]]] = field(default_factory=dict)
    """What each group of the project and of each member that is among `groups` requires, in a workspace."""
    unlocked_groups: Mapping[NormalizedName, tuple[str, ...]] = field(default_factory=dict)
    """The dependency groups of members that are not among `groups`, sorted: those of members in a conflict, and those
    that are `apart`."""
    bare: Mapping[NormalizedName, frozenset[Requirement]] = field(default_factory=dict)
    """What the project itself requires, in a workspace, and what the members do that are not installed, as they have no
    `[build-system]`."""
    allowed_hosts: tuple[str, ...] = ()
    """Hosts that locked files may come from, lower-case, `*.` before a parent domain; empty for all."""
    licenses: LicensePolicy | None = None
    """None where the project says nothing of licenses: then its lock records none."""
    publishers: tuple[PublisherRule, ...] | None = None
    """Who may publish packages, sorted by pattern; None where the project says nothing: then no publisher is read."""
    checks_malware: bool = False
    """True: nothing is installed before it was asked whether it is known to be malware."""
    audited: Literal["none", "malware", "all"] = "none"
    """What is asked about releases before they are locked: whether they are known to be malware, or to be vulnerable
    too."""
    startup_allowed: tuple[NormalizedName, ...] | None = None
    """The packages that may bring code that runs whenever Python starts, sorted; None for all."""
    allow_overwrite: Overwrites = ()
    accept_faults: Accepted = field(default_factory=dict)
    stated: tuple[StatedMetadata, ...] = ()
    """By name and version; one for each."""
    shows_base: bool = False
    """True: environments show the packages of their base interpreter beside their own."""
    provided: tuple[Declared, ...] = ()
    """The packages that the base interpreter has to provide, with a marker where that is so in some environments."""
    policy: Policy = Policy()
    root: str = "."
    """Where the project itself is, seen from the directory of the lock, with `/`."""
    is_buildable: bool = False
    """True when the project has a build system, or a member of its workspace requires it, so that it is installed."""
    is_part: bool = False
    """True: of a named lock that lists what it has, all of which is installed."""
    is_apart: bool = False
    """True: of tools beside the project, which is itself installed only where one of them requires it."""
    dynamic: Dynamic | None = None
    """None for a project that says itself what it requires."""
    text: str = ""
    """Of the `pyproject.toml`; empty for requirements files."""
    unread: tuple[UnreadSource, ...] = ()
    """The places that only other tools' tables name: a lock made without them may take a stranger's package."""

    def statement(self, name: str, version: str) -> StatedMetadata | None:
        """Return what the project states of a release in place of its own metadata; None for nothing."""
        return statement(self.stated, name, version) if self.stated else None

    def states_requirements(self, name: str, version: str) -> bool:
        """Return whether what a release requires is stated, so that its files may say something else."""
        one = self.statement(name, version)
        return one is not None and one.requires is not None

    @property
    def exclusive(self) -> tuple[tuple[tuple[Literal["extra", "group"], str], ...], ...]:
        """The `conflicts`, with each group in place of `*`."""
        every: tuple[tuple[Literal["extra", "group"], str], ...] = tuple(
            ("group", name) for name in sorted(self.groups)
        )
        return tuple(every if members == (("group", "*"),) else members for members in self.conflicts)

    @property
    def public_groups(self) -> tuple[GroupName, ...]:
        """The groups that a lock offers by name: all but the one that holds what the project itself requires."""
        return tuple(name for name in self.groups if name not in self.packages or name not in self.default_groups)

    @property
    def is_known(self) -> bool:
        """Whether it says what the project requires, or a build reported it; else it has no groups and extras."""
        return self.dynamic is None or self.dynamic.reported is not None

    @property
    def is_installed(self) -> bool:
        """Whether the project itself is installed, whatever requires it."""
        return self.is_buildable and not self.is_apart

    @property
    def has_builds(self) -> bool:
        """Whether anything may be to build: what policy names, what no index serves, the project itself."""
        return bool(self.policy.allow_build or self.has_direct or self.is_buildable)

    @property
    def has_direct(self) -> bool:
        """Whether some project comes from elsewhere than an index, perhaps in some environments only."""
        return any(True for _ in self.references())

    def references(self) -> Iterator[Direct]:
        """Yield what no index serves, of each project its sources for some environments too."""
        yield from (each.direct for each in self.direct.values())
        for places in self.places.values():
            yield from (each.direct for each in places if each.direct is not None)


def statement(stated: Iterable[StatedMetadata], name: str, version: str) -> StatedMetadata | None:
    """Return what is stated of a release: of its version, else of every version; None for nothing."""
    found = None
    for one in stated:
        if one.name == name and one.version in ("", version):
            found = one if found is None or one.version else found
    return found
