"""Build one source distribution, or one tree of sources: its metadata alone, or its wheel.

In: a checked archive or a directory, and a function that makes environments. Out: bytes of METADATA, or the path of a
wheel. Each build works in one directory of the cache, the same every time, with one clock, one locale and one hash
seed, so that the same sources produce the same bytes where the backend allows it.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from lockenv.backend.backend import LOG, Backend
from lockenv.backend.failure import AT_FAULT
from lockenv.backend.normalize_wheel import make_plain
from lockenv.backend.runner import Runner
from lockenv.backend.sources import Source, Tree
from lockenv.backend.system import build_system
from lockenv.backend.unpack import discard, unpack
from lockenv.errors import InputError
from lockenv.files.atomic import machine_error, make_directory
from lockenv.files.locks import hold
from lockenv.index.metadata import LIMIT, check_release, headers
from lockenv.vocabulary.names import normalize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["Builder", "Environments", "Runner", "Source", "Tree"]


class Environments(Protocol):
    """Whoever makes build environments."""

    def __call__(self, root: str, requires: Sequence[str], source: Source | Tree) -> str:
        """Return the interpreter of an environment at `root` that holds what `source` `requires` to be built, alone."""


class Builder:
    """Builds for one command."""

    def __init__(
        self,
        directory: str,
        environments: Environments,
        environ: Mapping[str, str],
        check_zip: Callable[[str, str], object] | None = None,
        runner: Runner | None = None,
    ) -> None:
        """Build below `directory`; `check_zip` raises what is wrong with a zip file of the given name.

        `runner` starts what backends are; by default without a network.
        """
        self._directory = directory
        self._environments = environments
        self._environ = environ
        self._check_zip = check_zip
        self._runner = runner or Runner()

    def metadata(self, source: Source | Tree) -> bytes:
        """Return the METADATA of the wheel that `source` would build."""
        with self._opened(source) as build:
            folder = build.made("metadata")
            name = build.build_output("prepare_metadata_for_build_wheel", folder, ".dist-info")
            return _read(os.path.join(folder, name, "METADATA"), source.filename)

    def declares(self, source: Source | Tree) -> tuple[str, ...]:
        """Return what `source` itself declares to need to be built (PEP 518); none of its code runs.

        Raises InputError where its `pyproject.toml` cannot be understood.
        """
        if isinstance(source, Tree):
            return build_system(source.path, source.filename).requires
        root = os.path.join(self._directory, source.sha256[:16])
        make_directory(self._directory)
        with hold(f"{root}.lock"):
            discard(root)
            make_directory(root)
            try:
                return build_system(self._sources(source, root), source.filename).requires
            finally:
                discard(root)

    def requires(self, source: Source | Tree, *, is_editable: bool = False) -> tuple[str, ...]:
        """Return what `source` needs to be built: what it declares, and what its backend adds.

        What may be made importable where it is may be copied too: where it `is_editable`, that is what either needs.
        """
        with self._opened(source) as build:
            also = build.more("get_requires_for_build_editable") if is_editable else ()
            return tuple(dict.fromkeys((*build.requires, *also)))

    def wheel(self, source: Source | Tree, into: str) -> str:
        """Return the path of the wheel that `source` builds; it is in `into`."""
        with self._opened(source) as build:
            folder = build.made("wheel")
            return _moved(build.build_output("build_wheel", folder, ".whl"), folder, into, source.filename)

    def editable(self, tree: Tree, into: str) -> str:
        """Return the path of the wheel in `into` that makes `tree` importable where it is (PEP 660)."""
        with self._opened(tree, is_editable=True) as build:
            folder = build.made("wheel")
            return _moved(build.build_output("build_editable", folder, ".whl"), folder, into, tree.filename)

    @contextmanager
    def _opened(self, source: Source | Tree, *, is_editable: bool = False) -> Iterator[Backend]:
        """Return a build that is ready to run; of what it leaves behind, only the log of one that failed stays."""
        root = os.path.join(self._directory, (source.sha256 if isinstance(source, Source) else source.key)[:16])
        make_directory(self._directory)
        with hold(f"{root}.lock"):
            discard(root)
            make_directory(root)
            try:
                yield self._ready(source, root, self._sources(source, root), is_editable=is_editable)
            except BaseException:
                discard(root, but=LOG)
                raise
            discard(root)

    def _sources(self, source: Source | Tree, root: str) -> str:
        """Return the directory of the sources, which say of themselves that they are what is asked for."""
        if isinstance(source, Tree):
            return source.path
        tree = unpack(source.path, source.filename, os.path.join(root, "source"), check_zip=self._check_zip)
        _check_says(tree, source)
        return tree

    def _ready(self, source: Source | Tree, root: str, tree: str, *, is_editable: bool) -> Backend:
        system = build_system(tree, source.filename)
        environment = os.path.join(root, "environment")
        python = self._environments(environment, system.requires, source)
        build = Backend(
            system,
            source.filename,
            source.title,
            tree=tree,
            root=root,
            python=python,
            environ=self._environ,
            runner=self._runner,
        )
        more = build.more(f"get_requires_for_build_{'editable' if is_editable else 'wheel'}")
        if more:
            build.requires = (*system.requires, *more)
            self._environments(environment, build.requires, source)
        return build


def _moved(name: str, folder: str, into: str, title: str) -> str:
    """Return the path in `into` of the wheel `name`, which a hook left in `folder`; its archive is made plain."""
    made, moved = os.path.join(folder, name), os.path.join(into, name)
    if os.path.islink(made) or not os.path.isfile(made):
        raise InputError(f"{title}: its build backend returned {name} but did not write it", hint=AT_FAULT)
    make_plain(made, title)
    try:
        os.makedirs(into, exist_ok=True)
        os.replace(made, moved)
    except OSError as error:
        raise machine_error(error, moved) from error
    return moved


def _check_says(tree: str, source: Source) -> None:
    """Raise RefusedError where PKG-INFO says that the sources are of another release; no code has run by then."""
    try:
        with open(os.path.join(tree, "PKG-INFO"), "rb") as stream:
            found = headers(stream.read(LIMIT))
    except FileNotFoundError:
        return
    check_release(found.first("name"), found.first("version"), normalize(source.name), source.version, source.filename)


def _read(path: str, title: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise InputError(f"{title}: its build backend wrote no METADATA ({error.strerror})", hint=AT_FAULT) from error
