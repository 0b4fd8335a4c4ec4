"""From settings to servers: what fetching is allowed, and which indexes answer for a project."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lockenv.errors import UsageError
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.manifest import Index

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lockenv.commands.settings import Settings
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index.catalog import Build, Catalog
    from lockenv.vocabulary.manifest import Manifest

_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")


@contextmanager
def fetcher(settings: Settings, declared: Sequence[Index] = (), *, refresh: bool = False) -> Iterator[Fetcher]:
    """Give a fetcher for one command, closed at the end; it knows the credentials of the `declared` indexes."""
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.fetch.settings import FetchSettings, environment_certificates, environment_proxies

    environ = settings.environ
    source = Fetcher(
        FetchSettings(
            cache_dir=settings.cache,
            offline=settings.offline,
            refresh=refresh,
            allow_http=settings.allow_http,
            folders=_folders(settings.folders),
            credentials=_credentials(indexes(declared, settings), environ),
            proxies=environment_proxies(environ),
            certificates=environment_certificates(environ),
        )
    )
    try:
        yield source
    finally:
        source.close()


def catalog(manifest: Manifest, settings: Settings, source: Fetcher, build: Build | None = None) -> Catalog:
    """Give the catalog of the indexes that serve `manifest`; `build` tells what only a build could.

    Raises UsageError for an index that cannot be asked.
    """
    from lockenv.fetch.urls import without_userinfo
    from lockenv.index.catalog import Catalog, IndexAccess

    accesses = [
        IndexAccess(
            url=without_userinfo(expanded(index, settings.environ)),
            name=index.name,
            explicit=index.explicit,
            is_flat=index.is_flat,
        )
        for index in indexes(manifest.indexes, settings)
    ]
    return Catalog(
        accesses,
        source,
        policy=manifest.policy,
        sources=manifest.sources,
        requires_python=manifest.requires_python,
        build=build,
    )


def _folders(folders: tuple[str, ...]) -> tuple[str, ...]:
    for folder in folders:
        if not os.path.isdir(folder):
            raise UsageError(f"there is no folder {folder}", hint="check --find-links and --from")
    return folders


def indexes(declared: Sequence[Index], settings: Settings) -> tuple[Index, ...]:
    """Give the indexes in the order they are tried; `--index-url` stands in for the first that is not explicit.

    Folders and pages of files come first. The default index serves where no other is declared.
    """
    from lockenv.index.default import DEFAULT_INDEX

    flat = [index for index in declared if index.is_flat]
    plain = [index for index in declared if not index.explicit and not index.is_flat]
    explicit = [index for index in declared if index.explicit]
    if settings.index_url:
        first = Index(name=plain[0].name if plain else "", url=f"{settings.index_url.rstrip('/')}/")
        plain = [first, *plain[1:]]
    plain = [index if index.url else replace(index, url=DEFAULT_INDEX) for index in plain]
    if not plain and not any(index.is_last for index in declared):
        plain = [Index(name="", url=DEFAULT_INDEX)]
    return (*flat, *plain, *explicit)


def expanded(index: Index, environ: Mapping[str, str]) -> str:
    """Give where `index` is, with each `${VAR}` replaced."""
    return index.place or substituted(index.url, environ)


def substituted(url: str, environ: Mapping[str, str]) -> str:
    """Give `url` with each `${VAR}` replaced; raises UsageError for one that is not set."""

    def value(match: re.Match[str]) -> str:
        found = environ.get(match[1])
        if found is None:
            raise UsageError(f"the index {url} needs the environment variable {match[1]}", hint=f"set {match[1]}")
        return found

    return _VARIABLE.sub(value, url)


def _credentials(asked: Sequence[Index], environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Give user and password by origin, from the environment or the URL, of the indexes that need them."""
    from lockenv.fetch.credentials import from_netrc, netrc_path
    from lockenv.fetch.local import is_local
    from lockenv.fetch.urls import origin, userinfo

    urls = {index: url for index in asked if not is_local(url := expanded(index, environ))}
    found = from_netrc(netrc_path(environ), urls.values())
    for index, url in urls.items():
        login = _login(index.name, environ) or userinfo(url)
        if login:
            found[origin(url)] = login
    return found


def _login(name: str, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Give the user and password that the environment holds for the index called `name`."""
    if not name:
        return None
    stem = f"LOCKENV_INDEX_{re.sub('[^A-Z0-9]', '_', name.upper())}"
    user, password = environ.get(f"{stem}_USERNAME", ""), environ.get(f"{stem}_PASSWORD", "")
    return (user, password) if user or password else None
