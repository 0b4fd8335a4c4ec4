"""Builds as commands need them: where policy allows it, with the tools they are given, results kept in the cache."""

from __future__ import annotations

import os
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from lockenv.backend.backend import BackendMissingError
from lockenv.backend.builder import Builder, Runner, Source, Tree
from lockenv.backend.system import build_system, declared_requires
from lockenv.builds import build_policy, cache_keys, failed_builds, wheel_cache
from lockenv.builds.build_answers import BuildAnswers
from lockenv.builds.build_lock import is_unlocked
from lockenv.builds.checkout import SourceCheckout, key_of
from lockenv.builds.source_digests import build_digest
from lockenv.builds.workspace import describes_itself
from lockenv.environment.creation import create
from lockenv.environment.venv import open_environment
from lockenv.errors import BuildError, InputError
from lockenv.fetch.downloads import archive_path, check_hashes, download
from lockenv.fetch.http_cache import CachedResponse
from lockenv.fetch.wanted import FileRequest
from lockenv.files.atomic import make_directory
from lockenv.sync.archive_source import opened
from lockenv.sync.session import synchronise
from lockenv.vocabulary.direct import Archive, Directory, shown
from lockenv.vocabulary.distribution import Sdist
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_library import cache
from lockenv.vocabulary.names import Sha256
from lockenv.vocabulary.printable import duration
from lockenv.vocabulary.progress import during

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lockenv.builds.build_dependencies import BuildDependencies
    from lockenv.context.settings import Settings
    from lockenv.environment.interpreter import Interpreter
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index.page import File
    from lockenv.sync import archive
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.distribution import Wheel
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.progress import Listener
    from lockenv.vocabulary.selected import Selected
else:
    archive = late("lockenv.sync.archive")

_DECLARES = "build-declares-1"
_REQUIRES = "build-requires-2"
_EDITABLE_REQUIRES = "editable-requires-2"
_METADATA = "built-metadata-2"


class WheelBuilder:
    """Builds for one command, with one interpreter, of what `allow-build` names."""

    def __init__(
        self,
        manifest: Manifest,
        interpreter: Callable[[], Interpreter],
        settings: Settings,
        listener: Listener,
        fetcher: Fetcher,
        tools: BuildDependencies | None,
        resolved: BuildDependencies,
        answers: BuildAnswers | None = None,
    ) -> None:
        """Without `tools`, what a build needs is `resolved` when it is built.

        The `interpreter` is looked for, once, where a build is asked: none is needed to lock what nothing builds.
        """
        self.answers = answers or BuildAnswers()
        """What builds were answered from that were not run."""
        self._manifest = manifest
        self._found = cache(interpreter)
        self._settings = settings
        self._listener = listener
        self._fetcher = fetcher
        self._tools = tools or resolved
        self._resolved = resolved
        self._used: dict[tuple[str, str], str] = {}
        self._metadata_of: dict[str, bytes] = {}
        self._builds = os.path.join(settings.cache, "builds")
        self._runner = Runner(
            is_allowed=(manifest.policy.build_network or settings.build_network) and not settings.offline,
            note=listener.note if settings.verbose else lambda _: None,
        )
        self._builder = Builder(self._builds, self._environment, settings.tools_environ, _check_zip, self._runner)
        self._progress = listener.progress()
        self.trees = SourceCheckout(settings, fetcher, manifest.allowed_hosts, self._progress)
        """Opens the sources of direct references."""

    @property
    def _interpreter(self) -> Interpreter:
        return self._found()

    def metadata(self, file: File, name: NormalizedName, version: str) -> bytes:
        """Return the METADATA of the wheel that `file` would build here; its code runs if this was not asked before."""
        sdist = Sdist(
            filename=file.filename, url=file.url, sha256=Sha256(file.sha256) if file.sha256 else None, size=file.size
        )

        def build() -> bytes:
            what = f"the metadata of {name} {version}"
            self._listener.say(f"building {what}")
            with during(self._progress, f"building {what}"), self._timed(what):
                return self._builder.metadata(self._source(sdist, name, version))

        try:
            return self._once(_METADATA, sdist, (name, version), build)
        except BuildError as error:
            # Some build on other machines alone, such as those with a GPU, and no one here means to install them.
            error.hint += f"; or state what {name} {version} requires in [tool.lockenv] dependency-metadata to lock it"
            raise

    def using(self, tools: BuildDependencies) -> WheelBuilder:
        """Return a workshop for the same builds that takes its tools from `tools`."""
        return WheelBuilder(
            self._manifest,
            self._found,
            self._settings,
            self._listener,
            self._fetcher,
            tools,
            self._resolved,
            self.answers,
        )

    def surroundings(self) -> str:
        """Return what decides what a build answers beside its sources and tools, as far as it is quick to look at."""
        interpreter = self._interpreter
        here = failed_builds.surroundings(self._settings.tools_environ, is_allowed=self._runner.is_allowed)
        return f"{interpreter.executable} {interpreter.build} {cache_keys.place(interpreter.target)} {here}"

    def declares(self, sdist: Sdist, name: NormalizedName, version: str) -> tuple[str, ...]:
        """Return what a source distribution itself declares to need to be built; none of its code runs."""
        store = self._fetcher.store
        entry = store.get(_DECLARES, sdist.sha256) if sdist.sha256 else None
        if entry is None:
            entry = CachedResponse("\n".join(self._builder.declares(self._source(sdist, name, version))).encode())
            if sdist.sha256:
                store.put(_DECLARES, sdist.sha256, entry)
        return tuple(filter(None, entry.payload.decode().split("\n")))

    def declares_of(self, name: NormalizedName, direct: Direct) -> tuple[str, ...]:
        """Return what the sources of a direct reference themselves declare to need to be built; no code runs."""
        build_policy.check_direct(self._manifest.policy, name, direct)
        with self.trees.opened(name, direct) as tree:
            return self._builder.declares(tree)

    def requires(self, sdist: Sdist, name: NormalizedName, version: str) -> tuple[str, ...]:
        """Return what a source distribution needs to be built; the code of its backend runs, once.

        Raises BuildError where it fails, and for an hour without running it where nothing seems to have changed.
        """

        def build() -> bytes:
            key = self._failure_key(sdist, name, version)
            if key:
                failed_builds.refuse(self._fetcher, key, name, self.answers.note)
            try:
                with during(self._progress, f"asking what builds {name} {version}"):
                    return "\n".join(self._builder.requires(self._source(sdist, name, version))).encode()
            except BuildError as error:
                # Other kinds of it are known before a backend runs, so that they cost nothing.
                if key and type(error) is BuildError:
                    failed_builds.keep(self._fetcher, key, error)
                raise

        return tuple(filter(None, self._once(_REQUIRES, sdist, (name, version), build).decode().split("\n")))

    def _failure_key(self, sdist: Sdist, name: NormalizedName, version: str) -> str:
        """Return what decides whether the backend of `sdist` fails again; empty where that is not known before."""
        tools = self._tools.key(name, version, self._interpreter.target)
        return f"{sdist.sha256} {tools} {self.surroundings()}" if sdist.sha256 and tools else ""

    def _once(self, form: str, sdist: Sdist, release: tuple[str, str], build: Callable[[], bytes]) -> bytes:
        """Return what `build` returns, kept for this interpreter, these tools and these very bytes of `sdist`."""
        target, store = self._interpreter.target, self._fetcher.store
        here = cache_keys.place(target)
        asked = self._tools.key(*release, target)
        tools = self._used.get(release) or asked
        if sdist.sha256 and tools:
            key = f"{sdist.sha256} {here} {tools}"
            entry = store.get(form, key)
            self.answers.note(form, key, entry.payload if entry else None)
            if entry is not None:
                return entry.payload
        found = build()
        # Under what was found to build it, which a lock of the tools says, and under where tools come from that nothing
        # locks: never under the tools of a lock that were not those that built it.
        used = self._used.get(release, "")
        for by in sorted({used or tools, asked if is_unlocked(asked) else ""} - {""}) if sdist.sha256 else ():
            store.put(form, f"{sdist.sha256} {here} {by}", CachedResponse(found))
        return found

    def wheel(self, one: Selected, locked_requires: Sequence[str] | None = None) -> Selected:
        """Return `one`, a source distribution, as the wheel that it builds here; its code runs if it was not built yet.

        `locked_requires` are the requirements that its lock has. Raises InputError where policy does not allow the
        build, RefusedError where the wheel is not what was locked.
        """
        target, settings = self._interpreter.target, self._settings
        tools = self._tools.key(one.name, wheel_cache.locked_version(one), target)
        found = wheel_cache.find(one, target, tools, settings)
        if found is None:
            return self._built(one, locked_requires, tools)
        digest = found.file.sha256
        if settings.log is not None:
            settings.log.step(f"{one.title} was built before: {found.file.filename}")
        path = archive_path(os.path.join(settings.cache, "archives"), Sha256(digest or ""), found.file.filename)
        wheel_cache.check(path, found.file.filename, one, locked_requires, target)
        self._compare(found, one)
        return found

    def _built(self, one: Selected, locked_requires: Sequence[str] | None, tools: str) -> Selected:
        """Build the wheel of `one`, keep it, and report when it is another than the last time."""
        from tempfile import TemporaryDirectory

        build_policy.check(self._manifest.policy, one)
        self._listener.say(f"building {one.title}")
        target, settings = self._interpreter.target, self._settings
        # No other process knows this directory: a rival that builds the same wheel does not take it away.
        make_directory(self._builds)
        with TemporaryDirectory(dir=self._builds, prefix="made-") as folder:
            with during(self._progress, f"building {one.title}"), self._timed(one.title):
                path = self._made(one, folder)
            wheel_cache.inspect(path, one, self._manifest.accept_faults)
            wheel_cache.check(path, os.path.basename(path), one, locked_requires, target)
            before = wheel_cache.noted(one, target, tools, settings)
            kept = wheel_cache.keep(path, one, target, tools, settings)
        if before is not None and before.sha256 != kept.file.sha256:
            self._listener.note(
                f"{one.file.filename} was rebuilt with different content: sha256 {kept.file.sha256}, "
                f"previously {before.sha256}; environments that use the two builds differ"
            )
        self._compare(kept, one)
        return kept

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        """Report how long it took to build `what`."""
        started = monotonic()
        yield
        if self._settings.log is not None:
            self._settings.log.step(f"built {what} in {duration(monotonic() - started)}")

    def _made(self, one: Selected, folder: str) -> str:
        """Return the path of the wheel in `folder` that `one` builds."""
        if one.direct is None:
            return self._builder.wheel(self._source(one.file, one.name, one.version, one.hashes), folder)
        if isinstance(one.direct, Archive):
            check_hashes(self.trees.archive(one.direct)[0], one.file.filename, one.hashes)
        with self.trees.opened(one.name, one.direct) as tree:
            is_editable = isinstance(one.direct, Directory) and one.direct.editable
            return self._builder.editable(tree, folder) if is_editable else self._builder.wheel(tree, folder)

    def metadata_of(self, name: NormalizedName, direct: Direct) -> bytes:
        """Return the METADATA of the wheel that the sources of a direct reference would build.

        What a directory reports is kept for this command only: any of its files may decide it.
        """
        build_policy.check_direct(self._manifest.policy, name, direct)

        def build() -> bytes:
            self._listener.say(f"building the metadata of {name}")
            with during(self._progress, f"building the metadata of {name}"), self.trees.opened(name, direct) as tree:
                return self._builder.metadata(tree)

        if not isinstance(direct, Directory):
            sources = Sdist(filename=shown(direct), url="", sha256=Sha256(key_of(direct)))
            return self._once(_METADATA, sources, (name, ""), build)
        if direct.path not in self._metadata_of:
            self._metadata_of[direct.path] = build()
        return self._metadata_of[direct.path]

    def requires_of(self, name: NormalizedName, direct: Direct) -> tuple[str, ...]:
        """Return what the sources of a direct reference need to be built; the code of their backend runs."""
        build_policy.check_direct(self._manifest.policy, name, direct)
        with self.trees.opened(name, direct) as tree:
            is_editable = isinstance(direct, Directory) and direct.editable
            # What a directory said before counts as long as its files are the same, which no one looks at later.
            self.answers.is_all = self.answers.is_all and not isinstance(direct, Directory)
            key = build_digest(tree.path) if isinstance(direct, Directory) else tree.key
            sources = Sdist(filename=tree.filename, url="", sha256=Sha256(key))

            def build() -> bytes:
                with during(self._progress, f"asking what builds {name}"):
                    return "\n".join(self._builder.requires(tree, is_editable=is_editable)).encode()

            form = _EDITABLE_REQUIRES if is_editable else _REQUIRES
            try:
                return tuple(filter(None, self._once(form, sources, (name, ""), build).decode().split("\n")))
            except BackendMissingError as error:
                if not isinstance(direct, Directory):
                    raise
                # A directory may be locked before what builds it is there; to build it is refused by the same error.
                self._listener.note(f"{error.message}; only the declared build requirements of {name} are locked")
                return build_system(tree.path, tree.filename).requires

    def declared_of(self, name: NormalizedName, direct: Direct) -> tuple[str, ...]:
        """Return what sources declare that they are built with; no code of theirs runs."""
        with self.trees.opened(name, direct) as tree:
            # Whether the places of a backend are within the tree is decided by links in it.
            if build_system(tree.path, tree.filename).backend_path:
                self.answers.is_all = False
            return declared_requires(tree.path, tree.filename)

    def _compare(self, kept: Selected, one: Selected) -> None:
        """Report when the wheel `kept`, built from `one`, is not the one that is recorded for such machines."""
        recorded = self._tools.recorded(one, self._interpreter.target)
        if recorded and recorded != kept.file.sha256:
            self._listener.note(
                f"{one.file.filename} was built with different content on this machine: sha256 "
                f"{kept.file.sha256}, recorded {recorded}"
            )

    def _source(
        self, sdist: Sdist | Wheel, name: NormalizedName, version: str, hashes: tuple[tuple[str, str], ...] = ()
    ) -> Source:
        wanted = FileRequest(
            url=sdist.url, filename=sdist.filename, sha256=sdist.sha256, size=sdist.size, hashes=hashes
        )
        done = download(wanted, self._fetcher.settings.archives, self._fetcher, self._progress)
        return Source(path=done.path, filename=sdist.filename, name=name, version=version, sha256=done.sha256)

    def _environment(self, root: str, requires: Sequence[str], source: Source | Tree) -> str:
        """Make the environment at `root` hold exactly what `requires` needs."""
        self.answers.is_all = False
        try:
            chosen = self._tools.chosen(requires, source, self._interpreter.target)
        except InputError as error:
            chosen = self._unlocked(requires, source, error)
        self._used[source.name, source.version] = cache_keys.key_of(chosen)
        environment = open_environment(root) or create(root, self._interpreter)
        synchronise(chosen, environment, self._fetcher, self._progress, accepted=self._manifest.accept_faults)
        return environment.python

    def _unlocked(self, requires: Sequence[str], source: Source | Tree, error: InputError) -> tuple[Selected, ...]:
        """Return tools that the lock of the tools lacks, where the backend of a directory asks for them now.

        A lock does not run it where the directory describes itself. Raises `error` where the lock lacks what that
        declares, or where anything else is built.
        """
        is_asked_for_more = (source.name, source.version) in self._used
        is_silent = isinstance(source, Tree) and describes_itself(source.name, source.path, self._manifest)
        if not (is_silent and is_asked_for_more) or self._tools is self._resolved:
            raise error
        self._listener.note(
            f"the build backend of {source.name} requires packages that are not locked; resolving "
            "them now (add them to build-system.requires to lock them)"
        )
        return self._resolved.chosen(requires, source, self._interpreter.target)


def _check_zip(path: str, filename: str) -> None:
    with opened(path) as source:
        archive.Archive(source, filename, archive.Limits())
