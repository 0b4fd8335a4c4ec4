"""Builds as commands need them: environments from the project's own indexes, results kept in the cache."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.build.builder import Builder, Source
from lockenv.errors import InputError
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.distribution import Sdist, Wheel
from lockenv.vocabulary.names import Sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockenv.build.builder import Tree
    from lockenv.commands.settings import Settings
    from lockenv.commands.tools import Tools
    from lockenv.console import Console
    from lockenv.environment.probe import Interpreter
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index.page import File
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import Selected
    from lockenv.vocabulary.requirement import Declared

_KEPT = "built"
_REQUIRES = "build-requires-1"
_METADATA = "built-metadata-2"


class Workshop:
    """Builds for one command, with one interpreter, of what `allow-build` names."""

    def __init__(
        self,
        manifest: Manifest,
        interpreter: Interpreter,
        settings: Settings,
        console: Console,
        fetcher: Fetcher,
        tools: Tools | None = None,
    ) -> None:
        self._manifest = manifest
        self._interpreter = interpreter
        self._settings = settings
        self._console = console
        self._fetcher = fetcher
        self._tools = tools
        builds = os.path.join(settings.cache, "builds")
        self._builder = Builder(builds, self._environment, settings.environ, _check_zip)

    def metadata(self, file: File, name: NormalizedName, version: str) -> bytes:
        """Give the METADATA of the wheel that `file` would build here; its code runs if this was not asked before."""
        sdist = Sdist(
            filename=file.filename, url=file.url, sha256=Sha256(file.sha256) if file.sha256 else None, size=file.size
        )

        def build() -> bytes:
            self._console.say(f"building the metadata of {name} {version}")
            return self._builder.metadata(self._source(sdist, name, version))

        return self._once(_METADATA, sdist, build)

    def requires(self, sdist: Sdist, name: NormalizedName, version: str) -> tuple[str, ...]:
        """Give what a source distribution needs to be built; the code of its backend runs, once."""

        def build() -> bytes:
            return "\n".join(self._builder.requires(self._source(sdist, name, version))).encode()

        return tuple(filter(None, self._once(_REQUIRES, sdist, build).decode().split("\n")))

    def _once(self, form: str, sdist: Sdist, build: Callable[[], bytes]) -> bytes:
        """Give what `build` gives, which is kept for this interpreter and for these very bytes of `sdist`."""
        from lockenv.fetch.store import Entry

        store, key = self._fetcher.store, f"{sdist.sha256} {self._interpreter.target.tags[0]}"
        entry = store.get(form, key) if sdist.sha256 else None
        if entry is not None:
            return entry.payload
        found = build()
        if sdist.sha256:
            store.put(form, key, Entry(found))
        return found

    def wheel(self, one: Selected) -> Selected:
        """Give `one`, a source distribution, as the wheel that it builds here; its code runs if it was not built yet.

        Raises InputError where policy does not allow the build.
        """
        built = find(one, self._interpreter, self._settings)
        if built is not None:
            return built
        if not self._manifest.policy.may_build(one.name):
            raise InputError(
                f"{one.name} {one.version} has no wheel for this environment, and {one.file.filename} may not be built",
                hint=f'building runs its code: allow it with `allow-build = ["{one.name}"]` under [tool.lockenv]',
            )
        if one.file.sha256 is None:
            raise InputError(
                f"the lock gives no sha256 of {one.file.filename}, and it must be built", hint="lock it again"
            )
        self._console.say(f"building {one.name} {one.version}")
        path = self._builder.wheel(
            self._source(one.file, one.name, one.version), os.path.join(self._settings.cache, "archives", "built")
        )
        before = _noted(one, self._interpreter, self._settings)
        kept = _keep(path, one, self._interpreter, self._settings)
        if before is not None and before[1] != kept.file.sha256:
            self._console.note(
                f"{one.file.filename} was built to other bytes than before: "
                f"sha256 is {kept.file.sha256}, was {before[1]}; environments made with both differ"
            )
        return kept

    def _source(self, sdist: Sdist | Wheel, name: NormalizedName, version: str) -> Source:
        from lockenv.fetch.downloads import Wanted, download

        wanted = Wanted(url=sdist.url, filename=sdist.filename, sha256=sdist.sha256, size=sdist.size)
        done = download(wanted, self._fetcher.settings.archives, self._fetcher)
        return Source(path=done.path, filename=sdist.filename, name=name, version=version, sha256=done.sha256)

    def _environment(self, root: str, requires: Sequence[str], source: Source | Tree) -> str:
        """Make the environment at `root` hold exactly what `requires` needs, from the project's indexes."""
        from lockenv.environment.creation import create
        from lockenv.environment.venv import open_environment
        from lockenv.sync.session import synchronise

        if self._tools is None:
            chosen = self._chosen(requires, source.title)
        else:
            chosen = self._tools.chosen(requires, source, self._interpreter.target)
        environment = open_environment(root) or create(root, self._interpreter)
        synchronise(chosen, environment, self._fetcher)
        return environment.python

    def _chosen(self, requires: Sequence[str], title: str) -> tuple[Selected, ...]:
        from lockenv.lockfile.select import Selection, select
        from lockenv.lockfile.text import read

        lock = read(locked(self._needs(requires, title), None, self._settings, self._fetcher), f"the tools of {title}")
        selection = select(lock, self._interpreter.target)
        if not isinstance(selection, Selection) or any(isinstance(one.file, Sdist) for one in selection.files):
            raise InputError(f"what {title} needs to be built has no wheels for this environment")
        return selection.files

    def _needs(self, requires: Sequence[str], title: str) -> Manifest:
        """Give what is to be resolved: `requires`, for this one environment, under the project's indexes and cutoff."""
        here = self._interpreter.target.environment
        keys = ("sys_platform", "platform_machine", "implementation_name")
        return replace(
            tools_manifest(self._manifest),
            requires_python=f"=={here['python_full_version']}",
            dependencies=declared(requires, title),
            environments=(" and ".join(f"{key} == '{here[key]}'" for key in keys),),
        )


def locked(wanted: Manifest, old: Lock | None, settings: Settings, source: Fetcher) -> str:
    """Give the text of a lock of build tools. Raises InputError when there is no solution."""
    from lockenv.commands.access import catalog
    from lockenv.commands.hashes import hashed
    from lockenv.lockfile.compose import compose
    from lockenv.lockfile.digest import sealed_text
    from lockenv.lockfile.pins import pins
    from lockenv.resolve.problem import problem
    from lockenv.resolve.solve import solve
    from lockenv.vocabulary.pin import Resolution
    from lockenv.vocabulary.progress import SILENT

    answer = solve(problem(wanted, locked=pins(old) if old else ()), catalog(wanted, settings, source), SILENT)
    if not isinstance(answer, Resolution):
        titles = {each.origin.file for group in (wanted.dependencies, *wanted.groups.values()) for each in group}
        what = ", ".join(sorted(titles))
        raise InputError(f"what {what} needs to be built cannot be had: {'; '.join(answer.reasons)}")
    return sealed_text(compose(hashed(answer, source, SILENT), wanted, old))


def _check_zip(content: bytes, filename: str) -> None:
    from lockenv.sync.archive import Archive, Limits

    Archive(content, filename, Limits())


def declared(requires: Sequence[str], title: str) -> tuple[Declared, ...]:
    """Give the build requirements of `title`. Raises InputError for one that is not valid."""
    from lockenv.vocabulary.origin import Origin
    from lockenv.vocabulary.requirement import Declared, parse

    try:
        return tuple(
            Declared(requirement=parse(text), origin=Origin(file=title, key="build-system.requires"))
            for text in requires
        )
    except ValueError as error:
        raise InputError(f"{title}: its build requirements are not valid: {error}") from error


def tools_manifest(manifest: Manifest) -> Manifest:
    """Give what holds for build tools too: the Pythons, environments, indexes and cutoff of the project."""
    from lockenv.vocabulary.manifest import Manifest, Policy

    policy = manifest.policy
    return Manifest(
        requires_python=manifest.requires_python,
        environments=manifest.environments,
        indexes=manifest.indexes,
        sources=manifest.sources,
        policy=Policy(
            exclude_newer=policy.exclude_newer,
            exclude_newer_span=policy.exclude_newer_span,
            exclude_newer_packages=policy.exclude_newer_packages,
            exclude_newer_package_spans=policy.exclude_newer_package_spans,
        ),
    )


def find(one: Selected, interpreter: Interpreter, settings: Settings) -> Selected | None:
    """Give `one`, a source distribution, as the wheel that was built from it before; None when none was."""
    from lockenv.fetch.downloads import archive_path

    noted = _noted(one, interpreter, settings)
    if noted is None:
        return None
    filename, digest, size = noted
    try:
        found = os.stat(archive_path(os.path.join(settings.cache, "archives"), digest, filename))
    except OSError:
        return None
    return _as_wheel(one, filename, digest, size) if found.st_size == size else None


def _noted(one: Selected, interpreter: Interpreter, settings: Settings) -> tuple[str, Sha256, int] | None:
    """Give file name, digest and size of the wheel that `one` was last built to, whether or not it is still there."""
    try:
        with open(_note(one, interpreter, settings), encoding="ascii") as stream:
            filename, digest, size = stream.read().split("\n")
            return filename, Sha256(digest), int(size)
    except (OSError, ValueError):
        return None


def _keep(path: str, one: Selected, interpreter: Interpreter, settings: Settings) -> Selected:
    """Put a built wheel where downloads lie, and note what it was built from."""
    import hashlib

    from lockenv.fetch.downloads import archive_path
    from lockenv.files.atomic import replace as write

    with open(path, "rb") as stream:
        digest = Sha256(hashlib.file_digest(stream, "sha256").hexdigest())
    filename, size = os.path.basename(path), os.stat(path).st_size
    os.replace(path, archive_path(os.path.join(settings.cache, "archives"), digest, filename))
    note = _note(one, interpreter, settings)
    os.makedirs(os.path.dirname(note), exist_ok=True)
    write(note, f"{filename}\n{digest}\n{size}".encode("ascii"))
    return _as_wheel(one, filename, digest, size)


def _as_wheel(one: Selected, filename: str, sha256: Sha256, size: int) -> Selected:
    wheel = Wheel(filename=filename, url=one.file.url, sha256=sha256, size=size)
    return replace(one, file=wheel, hashes=(("sha256", sha256),), built_from=one.file.sha256)


def _note(one: Selected, interpreter: Interpreter, settings: Settings) -> str:
    """Give where it is noted what `one` was built to: by its digest and the best tag of the interpreter."""
    return os.path.join(settings.cache, _KEPT, f"{one.file.sha256}-{interpreter.target.tags[0]}")
