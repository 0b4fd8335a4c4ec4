"""From settings to servers: what fetching is allowed, and which indexes answer for a project."""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING

from lockenv.commands.variables import replaced, substituted
from lockenv.errors import UsageError
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.manifest import Index

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lockenv.commands.settings import Settings
    from lockenv.fetch.credentials import Account
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index.catalog import Build, Catalog, IndexAccess
    from lockenv.vocabulary.manifest import Manifest

_NOBODY = Index(name="", url="")
"""Whose a mirror is, or what stands in for an index: nothing belongs to it that belongs to an index."""


@contextmanager
def fetcher(settings: Settings, declared: Sequence[Index], *, base: str, refresh: bool = False) -> Iterator[Fetcher]:
    """Give a fetcher for one command, closed at the end; it knows the credentials of the `declared` indexes.

    Relative paths of files are seen from the directory `base`.
    """
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
            accounts=cache(partial(_accounts, declared, settings)),
            base=base,
            proxies=environment_proxies(environ),
            certificates=settings.cert or environment_certificates(environ),
        )
    )
    try:
        yield source
    finally:
        source.close()


def catalog(
    manifest: Manifest, settings: Settings, source: Fetcher, build: Build | None = None, *, reads_sdists: bool = True
) -> Catalog:
    """Return the catalog of the indexes that serve `manifest`; `build` describes what only a build could.

    With `reads_sdists` False, every release without a wheel is taken for one that must be built. Raises UsageError for
    an index that cannot be asked.
    """
    from lockenv.index.catalog import Catalog

    return Catalog(
        accesses(manifest, settings),
        source,
        policy=manifest.policy,
        sources=manifest.sources,
        requires_python=manifest.requires_python,
        build=build,
        reads_sdists=reads_sdists,
    )


def accesses(manifest: Manifest, settings: Settings) -> list[IndexAccess]:
    """Give the indexes that serve `manifest`, ready to be asked, in the order they are tried. Raises UsageError."""
    from lockenv.fetch.urls import without_userinfo
    from lockenv.index.catalog import IndexAccess

    return [
        IndexAccess(
            url=without_userinfo(expanded(index, settings.environ)),
            name=index.name,
            explicit=index.explicit,
            is_flat=index.is_flat,
        )
        for index in indexes(manifest.indexes, settings)
    ]


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


def _accounts(declared: Sequence[Index], settings: Settings) -> tuple[Account, ...]:
    """Give who the user is for each index and mirror on a server: the environment, the URL, netrc, in this order."""
    from lockenv.fetch.credentials import Account, from_netrc, netrc_path
    from lockenv.fetch.local import is_local
    from lockenv.fetch.urls import origin, userinfo, without_userinfo

    environ, asked = settings.environ, indexes(declared, settings)
    own = {(index.name, index.url) for index in declared}
    urls = [(expanded(index, environ), index if (index.name, index.url) in own else _NOBODY) for index in asked]
    mirrors = [*(mirror for index in asked for mirror in index.mirrors), *settings.mirrors]
    urls += [(substituted(mirror, environ), _NOBODY) for mirror in mirrors]
    servers = [(url, index) for url, index in urls if not is_local(url)]
    kept = from_netrc(netrc_path(environ), [url for url, _ in servers])

    def account(url: str, index: Index) -> Account:
        user, password = _login(index, environ) or userinfo(url) or kept.get(origin(url), ("", ""))
        return Account(
            url=without_userinfo(url),
            user=user,
            password=password,
            certificate=_variable(index, "CLIENT_CERT", environ) or replaced(index.client_cert, environ),
            is_required=index.authenticate,
        )

    return tuple(account(*server) for server in servers)


def _login(index: Index, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Give the user and password that the environment holds for `index`."""
    user, password = (_variable(index, key, environ) for key in ("USERNAME", "PASSWORD"))
    return (user, password) if user or password else None


def _variable(index: Index, key: str, environ: Mapping[str, str]) -> str:
    return environ.get(index.variable(key), "") if index.name else ""
