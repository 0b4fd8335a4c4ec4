"""All projects of some indexes: the answers to what resolution asks, under way before it asks.

Indexes, a policy and a fetcher go in; releases and metadata come out. What is expected is fetched in the background,
and what that will probably need in turn. Guesses decide when something is fetched, never what is answered.
"""

from __future__ import annotations

from lockenv.errors import InputError, LockenvError, NetworkError, RefusedError
from lockenv.fetch.urls import shown
from lockenv.index import kept_pages
from lockenv.index.index_access import candidates
from lockenv.index.metadata import compact as compact_metadata
from lockenv.index.metadata import decode, license_and_page
from lockenv.index.metadata_reader import MetadataReader
from lockenv.index.prefetcher import Prefetcher
from lockenv.index.releases import IndexReleases
from lockenv.index.sdists import SdistReader, left_out
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.distribution import Metadata, NeedsBuild, Unusable
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_library import partial
from lockenv.vocabulary.manifest import Policy
from lockenv.vocabulary.markers import python
from lockenv.vocabulary.printable import counted

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lockenv.fetch.fetcher import Fetcher
    from lockenv.fetch.http_cache import CachedResponse
    from lockenv.fetch.parallel import Task
    from lockenv.index import combined_metadata, find_links, near_names, notes
    from lockenv.index.find_links import FlatIndex
    from lockenv.index.index_access import IndexAccess
    from lockenv.index.page import File
    from lockenv.index.page_states import PageStates
    from lockenv.vocabulary.names import NormalizedName

    Build = Callable[["File", NormalizedName, str], bytes]
    """Returns the METADATA that a source distribution, of this name and version, would build."""
else:
    combined_metadata = late("lockenv.index.combined_metadata")
    find_links = late("lockenv.index.find_links")
    near_names = late("lockenv.index.near_names")
    notes = late("lockenv.index.notes")

_UNLISTED = "find out why its files are not those that were listed, or correct the hashes"
_MOST_PROJECTS = 20_000
_ENDLESS = "check whether the index is trustworthy; it may generate an endless chain of dependencies"


class Catalog:
    """Answers for the length of one command; what was answered once stays the answer."""

    def __init__(
        self,
        indexes: Sequence[IndexAccess],
        fetcher: Fetcher,
        *,
        policy: Policy | None = None,
        sources: Mapping[NormalizedName, str] | None = None,
        requires_python: str = "",
        build: Build | None = None,
        reads_sdists: bool = True,
        reads_licenses: bool = False,
    ) -> None:
        """With `reads_sdists` False, a release without a wheel must be built; `reads_licenses`: see MetadataReader."""
        self._indexes = indexes
        self._fetcher = fetcher
        fetcher.worker_modules = kept_pages.WORKERS
        if (first := next((index for index in indexes if index.is_server), None)) is not None:
            fetcher.expect(first.url, kept_pages.KIND)
        self._policy = policy or Policy()
        self._sources = sources or {}
        self._build = build
        self._reads_licenses = reads_licenses
        self._reader = MetadataReader(fetcher, reads_licenses=reads_licenses)
        self._sdists = SdistReader()
        self._reads_sdists = reads_sdists
        self._shelves: dict[str, FlatIndex] = {}
        self.known: dict[NormalizedName, IndexReleases | None] = {}
        self._described: dict[tuple[NormalizedName, int], Metadata | NeedsBuild] = {}
        self._together: dict[tuple[NormalizedName, int], Metadata | NeedsBuild | Unusable] = {}
        self._requires_python = requires_python
        self._pythons = python(requires_python).python_range()
        self.asked_pages: set[NormalizedName] = set()
        self._asked_metadata: set[tuple[NormalizedName, int]] = set()
        self._prefetcher = Prefetcher(self, requires_python)
        self.suppose = self._prefetcher.suppose
        self.besides: dict[tuple[NormalizedName, str], Catalog] = {}
        self.fleeting = self._reader.fleeting
        """The files whose metadata, or that there is none, may be another the next time though the page is the same."""
        self.states: PageStates | None = None
        """Where it is noted what pages say, for whoever wants to know later whether all of it is as it was."""

    @property
    def metadata_looked_at(self) -> int:
        """How many releases' metadata was asked for."""
        return len(self._asked_metadata) + sum(each.metadata_looked_at for each in self.besides.values())

    @property
    def metadata_fetched(self) -> int:
        """How many releases' metadata came from a server, guesses included."""
        return self._reader.fetched + sum(each.metadata_fetched for each in self.besides.values())

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the projects that were asked for, a sentence each, sorted."""
        found = [note for name in sorted(self.asked_pages) for note in notes.of_releases(self.known.get(name))]
        asked = ((self.known.get(name), position) for name, position in self._asked_metadata)
        beside = (note for each in self.besides.values() for note in each.notes)
        return (*found, *notes.of_metadata(asked, self._reader.unserved), *beside)

    @property
    def unseen(self) -> tuple[str, ...]:
        """Which files of the projects that were asked for no answer takes into account, a sentence each, sorted."""
        own = (note for name in sorted(self.asked_pages) for note in notes.of_files(self.known.get(name)))
        return (*own, *(note for each in self.besides.values() for note in each.unseen))

    def beside(self, name: NormalizedName, index: str) -> Catalog:
        """Return a catalog that takes one project from the index of that name, whatever `sources` says of it."""
        key = (name, index)
        if key not in self.besides:
            found = self.besides[key] = self._taking({**self._sources, name: index}, self._policy)
            found._prefetcher.restrict(name)
        return self.besides[key]

    def under(self, policy: Policy) -> Catalog:
        """Return a catalog of the same indexes whose files are judged by another policy."""
        return self._taking(self._sources, policy)

    def unasked(self, name: NormalizedName) -> Sequence[str]:
        """Name the index that serves `name`, or the one of its source where none does, and those not asked."""
        found, source, asked = self.known.get(name), self._sources.get(name, ""), self._candidates(name)
        if found is None:
            return [source, *(index.name or index.url for index in self._indexes if index not in asked)]
        serving = next((number for number, index in enumerate(asked) if index.url == found.index), len(asked))
        named = [index.name or index.url for index in asked[serving:]]
        return named if len(named) > 1 and not source else ()

    def _taking(self, sources: Mapping[NormalizedName, str], policy: Policy) -> Catalog:
        """Return a catalog of the same indexes with other `sources`, under another policy."""
        return Catalog(
            self._indexes,
            self._fetcher,
            policy=policy,
            sources=sources,
            requires_python=self._requires_python,
            build=self._build,
            reads_sdists=self._reads_sdists,
            reads_licenses=self._reads_licenses,
        )

    def leave_out(self, names: Iterable[NormalizedName]) -> None:
        """Guess nothing of these projects: they come from elsewhere, and no index is to hear of them."""
        self._prefetcher.leave_out(names)

    def expect(self, wanted: Iterable[tuple[NormalizedName, Iterable[str], str]]) -> None:
        """Have these projects, and what they will probably need, on their way."""
        self._prefetcher.expect(wanted)

    def releases(self, name: NormalizedName) -> IndexReleases | None:
        """Return the releases of `name` on the first index that has it; None when none has.

        Raises RefusedError where none of their files has a hash that is listed for it.
        """
        found = self._asked_releases(name)
        if found is not None and found.refusal:
            raise RefusedError("hash-mismatch", found.refusal, hint=_UNLISTED)
        return found

    def _asked_releases(self, name: NormalizedName) -> IndexReleases | None:
        self.asked_pages.add(name)
        if len(self.asked_pages) > _MOST_PROJECTS:
            raise InputError(
                f"more than {_MOST_PROJECTS} projects are required, the last of them {name}", hint=_ENDLESS
            )
        if name in self.known:
            return self.known[name]
        if self._prefetcher.is_resting:
            if self.load_kept(name):
                return self.known[name]
            self._prefetcher.wake()
        try:
            return self._fetcher.pool.task((self, "page", name), partial(self._load, name)).result()
        except NetworkError as error:
            if self._fetcher.settings.offline:
                raise self._all_missing(name) from error
            raise

    def metadata(self, name: NormalizedName, position: int) -> Metadata | NeedsBuild | Unusable:
        """Return the metadata of one of the releases of `name`; one whose sdist is broken is left out."""
        self._asked_metadata.add((name, position))
        releases = self.releases(name)
        if releases is None:
            raise IndexError(f"{name} was not found on any index")
        file = releases.described(position)
        if file.filename.endswith(".whl"):
            return self._combined(releases, position)
        if not self._reads_sdists:
            return NeedsBuild(reason="it has no wheel")
        if excess := self._sdists.excess(name, file):
            return excess
        try:
            found = self._awaited(releases, position)
        except (InputError, NetworkError, RefusedError) as error:
            self.fleeting.add(file.filename)
            return left_out(error)
        try:
            return self._built(releases, position, found) if isinstance(found, NeedsBuild) else found
        except (InputError, RefusedError) as error:
            # Whoever allowed a build wants to know that it fails; old releases that the search came by do not count.
            if self._sdists.is_first(name, file):
                raise
            return left_out(error)

    def _combined(self, releases: IndexReleases, position: int) -> Metadata | NeedsBuild | Unusable:
        """Return what the wheels of a release say of it, where its page says that their metadata differs."""
        key = (releases.name, position)
        found = self._together.get(key)
        if found is None:
            found = self._awaited(releases, position)
            if isinstance(found, Metadata) and releases.differing_wheels(position):
                found = combined_metadata.of_all_wheels(
                    releases, position, found, self._requires_python, self._reader, self._fetcher.pool
                )
            self._together[key] = found
        return found

    def _awaited(self, releases: IndexReleases, position: int) -> Metadata | NeedsBuild:
        if self._prefetcher.is_resting:
            if (kept := self.kept_metadata(releases, position)) is not None:
                return kept
            self._prefetcher.wake()
        if (releases.name, position) not in self._described:
            self._prefetcher.waited(releases, position)
        key = (self, "metadata", releases.name, position)
        return self._fetcher.pool.task(key, partial(self._describe, releases, position)).result()

    def _built(self, releases: IndexReleases, position: int, unbuilt: NeedsBuild) -> Metadata | NeedsBuild:
        """Return what a build says of a release, where policy allows it to run; built once for each file."""
        if self._build is None or not self._policy.may_build(releases.name):
            return unbuilt
        key = (releases.name, position)
        known = self._described[key]
        if isinstance(known, NeedsBuild):
            file = releases.described(position)
            content = self._build(file, releases.name, releases.versions[position])
            payload = compact_metadata(content, file.filename)
            known = self._described[key] = decode(payload, file.filename, releases.name, releases.versions[position])
        return known

    def near(self, name: NormalizedName) -> Sequence[str]:
        """Return names that exist and look like `name`: of those met so far, and of a few other spellings."""
        # Of those that were asked for: which guesses have arrived by now depends on time.
        met = sorted(known for known in self.asked_pages if self.known.get(known) is not None)
        # A project of one index is not spelled out to the others.
        return near_names.near(name, met, None if self.is_offline or name in self._sources else self.exists)

    def exists(self, name: NormalizedName) -> bool:
        """Return whether an index has this project; False where none could be asked."""
        try:
            return self._fetcher.pool.task((self, "page", name), partial(self._load, name)).result() is not None
        except LockenvError:
            return False

    def _load(self, name: NormalizedName) -> IndexReleases | None:
        """Return the releases of `name` and pursue what waited for them; may wait for servers."""
        found, read = None, []
        for index in self._candidates(name):
            if not index.is_server:
                found = self._shelved(name, index)
                if found is not None:
                    break
                continue
            url = f"{index.url}{name}/"
            refresh = name in self._fetcher.settings.refresh_packages
            entry = kept_pages.fetched(self._fetcher, url, name, refresh=refresh)
            read.append((url, entry))
            if entry.status == 200:
                found = self._opened(name, index.url, entry)
                break
        return self._arrived(name, found, read)

    def load_kept(self, name: NormalizedName) -> bool:
        """Return whether the releases of `name` are known, or kept so that no server need be asked; never waits."""
        if name in self.known:
            return True
        found, read = None, []
        for index in self._candidates(name):
            if not index.is_server:
                if index.url not in self._shelves and not index.url.startswith("file:"):
                    return False
                found = self._shelved(name, index)
                if found is not None:
                    break
                continue
            refresh = name in self._fetcher.settings.refresh_packages
            entry = kept_pages.kept(self._fetcher, f"{index.url}{name}/", refresh=refresh)
            if entry is None:
                return False
            read.append((f"{index.url}{name}/", entry))
            if entry.status == 200:
                found = self._opened(name, index.url, entry)
                break
        if self._prefetcher.is_resting:
            self._arrived(name, found, read)  # no thread could come before
        else:
            self._fetcher.pool.task((self, "page", name), partial(self._arrived, name, found, read)).run()
        return name in self.known

    @property
    def is_offline(self) -> bool:
        """Whether no server may be asked."""
        return self._fetcher.settings.offline

    def _candidates(self, name: NormalizedName) -> list[IndexAccess]:
        return candidates(self._indexes, self._sources, name)

    def start_page(self, name: NormalizedName) -> Task[IndexReleases | None]:
        """Have the page of `name` fetched in the background; return the task of it."""
        self._prefetcher.wake()
        return self._fetcher.pool.start((self, "page", name), partial(self._load, name))

    def kept_metadata(self, releases: IndexReleases, position: int) -> Metadata | NeedsBuild | None:
        """Return the metadata of a release that is known or kept; never wait."""
        key = (releases.name, position)
        if key not in self._described:
            payload = self._reader.kept(releases.described(position))
            if payload is not None:
                if self._prefetcher.is_resting:
                    return self._describe(releases, position, payload)
                describe = partial(self._describe, releases, position, payload)
                self._fetcher.pool.task((self, "metadata", *key), describe).run()
        return self._described.get(key)

    def kept_license_and_page(self, releases: IndexReleases, position: int) -> tuple[str, str]:
        """Return the license and the project's page that the cache knows of a release; empty for none. Ask nothing."""
        payload = self._reader.kept(releases.described(position))
        return license_and_page(payload) if payload is not None else ("", "")

    def may_guess_metadata(self, releases: IndexReleases, position: int) -> bool:
        """Return whether the metadata of a release may be fetched on a guess: an sdist is fetched whole, so never."""
        return not self.is_offline and releases.described(position).filename.endswith(".whl")

    def start_metadata(self, releases: IndexReleases, position: int) -> None:
        """Have the metadata of a release fetched in the background."""
        describe = partial(self._describe, releases, position)
        self._fetcher.pool.start((self, "metadata", releases.name, position), describe)

    def _shelved(self, name: NormalizedName, index: IndexAccess) -> IndexReleases | None:
        """Return the releases of `name` in a folder, a tree of pages on disk, or a flat page."""
        task = self._fetcher.pool.task(
            ("shelf", index.url, index.is_flat),
            partial(find_links.shelf, index.url, self._fetcher, is_flat=index.is_flat),
        )
        found = self._shelves[index.url] = task.result()
        columns = found.columns(name)
        # Files side by side have no upload time: a cutoff would leave out all of them.
        policy = replace(self._policy, exclude_newer="", exclude_newer_packages={}) if index.is_flat else self._policy
        return None if columns is None else IndexReleases(name, index.url, columns, policy, self._pythons)

    def _opened(self, name: NormalizedName, index: str, entry: CachedResponse) -> IndexReleases:
        opened = kept_pages.opened(self._fetcher, f"{index}{name}/", entry)
        return IndexReleases(name, index, opened, self._policy, self._pythons)

    def _arrived(
        self, name: NormalizedName, releases: IndexReleases | None, read: Sequence[tuple[str, CachedResponse]]
    ) -> IndexReleases | None:
        if self.states is not None:
            self.states.note(name, read)
        # In this order: whoever adds a lead afterwards sees that the page is known and pursues the lead itself.
        self.known[name] = releases
        if (log := self._fetcher.settings.log) is not None:
            answer = (
                f"{counted(len(releases.versions), 'version')} on {shown(releases.index)}" if releases else "nowhere"
            )
            log.step(f"{name}: {answer}")
        self._prefetcher.page_arrived(name)
        return releases

    def _describe(self, releases: IndexReleases, position: int, payload: bytes | None = None) -> Metadata | NeedsBuild:
        """Return the metadata of a release and pursue what waited for it; `payload` is what the cache keeps of it."""
        file, key = releases.described(position), (releases.name, position)
        if payload is None:
            payload = self._reader.read(file, releases.index)
        self._described[key] = found = decode(payload, file.filename, releases.name, releases.versions[position])
        self._prefetcher.metadata_arrived(*key, found)
        return found

    def _all_missing(self, name: NormalizedName) -> NetworkError:
        expected = sorted({name, *self._prefetcher.expected})
        missing = [project for project in expected if not self.load_kept(project)]
        return NetworkError(
            f"these packages are not in the cache and cannot be fetched with --offline: {', '.join(missing)}",
            hint="run the command once without --offline",
        )
