"""From settings to servers: what fetching is allowed, and which indexes answer for a project."""

from __future__ import annotations

import os

from lockenv.context.env_vars import check_variables, expanded
from lockenv.errors import InputError, UsageError
from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import (
    DOWNLOAD_LIMIT,
    UNSTATED_LIMIT,
    FetchSettings,
    environment_certificates,
    environment_proxies,
)
from lockenv.fetch.urls import place, without_userinfo
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_library import cache, partial
from lockenv.vocabulary.manifest import Index

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.context import accounts as context_accounts
    from lockenv.context.settings import Settings
    from lockenv.fetch.credentials import Account
    from lockenv.index import catalog as index_catalog
    from lockenv.index import default, index_access, kept_pages, stated
    from lockenv.index.catalog import Build
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.names import NormalizedName
else:
    context_accounts = late("lockenv.context.accounts")
    index_catalog = late("lockenv.index.catalog")
    default = late("lockenv.index.default")
    index_access = late("lockenv.index.index_access")
    kept_pages = late("lockenv.index.kept_pages")
    stated = late("lockenv.index.stated")


def fetcher(
    settings: Settings,
    declared: Sequence[Index],
    *,
    base: str,
    refresh: bool = False,
    refresh_packages: frozenset[NormalizedName] = frozenset(),
    looks_up: bool = False,
) -> Fetcher:
    """Return a fetcher for one command, closed at the end of a `with` block.

    It knows the credentials of the `declared` indexes. Relative paths of files are seen from the directory `base`. With
    `looks_up`, pages of projects will be asked for.
    """
    environ = settings.environ
    source = Fetcher(
        FetchSettings(
            cache_dir=settings.cache,
            offline=settings.offline,
            refresh=refresh,
            refresh_packages=refresh_packages,
            allow_http=settings.allow_http,
            folders=_folders(settings.folders),
            accounts=cache(partial(_accounts, declared, settings, base)),
            base=base,
            proxies={**settings.proxies, **environment_proxies(environ)},
            certificates=settings.cert or environment_certificates(environ),
            download_limit=settings.max_download or DOWNLOAD_LIMIT,
            log=settings.log,
            pause=settings.pause,
            unstated_limit=settings.max_download or UNSTATED_LIMIT,
        )
    )
    if settings.workers is not None and settings.workers.is_open:
        source.adopt(settings.workers)
    if looks_up and source.is_new(kept_pages.KIND):
        kept_pages.prepare(source, is_near=_is_near(indexes(declared, settings)))
    return source


def catalog(
    manifest: Manifest, settings: Settings, source: Fetcher, build: Build | None = None, *, reads_sdists: bool = True
) -> index_catalog.Catalog:
    """Return the catalog of the indexes that serve `manifest`; `build` describes what only a build could.

    With `reads_sdists` False, every release without a wheel is taken for one that must be built. Raises UsageError for
    an index that cannot be asked.
    """
    if manifest.stated:
        return stated.StatedCatalog(
            accesses(manifest, settings), source, manifest, build=build, reads_sdists=reads_sdists
        )
    return index_catalog.Catalog(
        accesses(manifest, settings),
        source,
        policy=manifest.policy,
        sources=manifest.sources,
        requires_python=manifest.requires_python,
        build=build,
        reads_sdists=reads_sdists,
        reads_licenses=manifest.licenses is not None,
    )


def accesses(manifest: Manifest, settings: Settings) -> list[index_access.IndexAccess]:
    """Return the indexes that serve `manifest`, ready to be asked, in the order they are tried. Raises UsageError."""
    asked = indexes(manifest.indexes, settings)
    check_variables(asked, settings)
    return [
        index_access.IndexAccess(
            url=without_userinfo(expanded(index, settings)),
            name=index.name,
            explicit=index.explicit,
            is_flat=index.is_flat,
        )
        for index in asked
    ]


def _folders(folders: tuple[str, ...]) -> tuple[str, ...]:
    for folder in folders:
        if not os.path.isdir(folder):
            raise UsageError(f"the directory {folder} does not exist", hint="check --find-links and --from")
    return folders


def indexes(declared: Sequence[Index], settings: Settings) -> tuple[Index, ...]:
    """Return the indexes in the order they are tried; `--index-url` replaces the first that is not explicit.

    Folders and pages of files come first. The default index serves where no other is declared.
    """
    flat = [index for index in declared if index.is_flat]
    plain = [index for index in declared if not index.explicit and not index.is_flat]
    explicit = [index for index in declared if index.explicit]
    if settings.index_url:
        url = f"{settings.index_url.rstrip('/')}/"
        first = Index(name=plain[0].name if plain else "", url=url, is_users=True)
        plain = [first, *plain[1:]]
    plain = [index if index.url else replace(index, url=default.DEFAULT_INDEX) for index in plain]
    if not plain and not any(index.is_last for index in declared):
        plain = [Index(name="", url=default.DEFAULT_INDEX)]
    return (*flat, *plain, *explicit)


def with_users_indexes(declared: tuple[Index, ...], settings: Settings) -> tuple[Index, ...]:
    """Return `declared` with the indexes that the user configures where the default index would serve.

    That is where a project declares none, or explicit ones alone, or names the default one.
    """
    names = {index.variable("") for index in declared if index.name}
    users = [index for index in settings.user_indexes if not index.explicit and index.variable("") not in names]
    plain = [index for index in declared if not index.explicit and not index.is_flat]
    if not users or any(index.is_last for index in declared):
        return declared
    if not plain:
        return (*declared, *users)
    return tuple(each for index in declared for each in ([index] if index.url else users))


def _is_near(asked: Sequence[Index]) -> bool:
    """Return whether the index that is asked first is a server within this machine."""
    first = next((index.url for index in asked if not index.is_flat), "")
    try:
        return place(first).is_loopback
    except InputError:  # a path, or a variable is a part of it
        return False


def _accounts(declared: Sequence[Index], settings: Settings, base: str) -> tuple[Account, ...]:
    return context_accounts.accounts(declared, indexes(declared, settings), settings, base)
