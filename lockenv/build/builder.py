"""Build one source distribution, or one tree of sources: its metadata alone, or its wheel.

In: a checked archive or a directory, and a function that makes environments. Out: bytes of METADATA, or the path of a
wheel. Each build works in one directory of the cache, the same every time, with one clock, one locale and one hash
seed, so that the same sources give the same bytes where the backend allows it.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from lockenv.build.system import build_system
from lockenv.build.unpack import discard, unpack
from lockenv.errors import InputError
from lockenv.files.locks import hold
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pyproject_hooks import BuildBackendHookCaller

    from lockenv.build.system import BuildSystem

_EPOCH = "315532800"
"""1980-01-01: the earliest time that an entry of a zip can have."""
_PASSED = (
    "PATH", "HOME", "USERPROFILE", "SYSTEMROOT", "COMSPEC", "PATHEXT", "TEMP", "TMP", "TMPDIR",
    "CC", "CXX", "CPP", "AR", "LD", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "ARCHFLAGS", "LD_LIBRARY_PATH",
    "LIBRARY_PATH", "CPATH", "PKG_CONFIG", "PKG_CONFIG_PATH", "CMAKE_PREFIX_PATH",
    "MACOSX_DEPLOYMENT_TARGET", "SDKROOT", "INCLUDE", "LIB", "FC", "FFLAGS", "CARGO_HOME", "RUSTUP_HOME", "JAVA_HOME",
)  # fmt: skip
"""Environment variables that a build may see: where tools and libraries are. Not: secrets, Python's own settings."""
_LAST_LINES = 12
_LOG = "log.txt"


class Environments(Protocol):
    """Whoever makes build environments."""

    def __call__(self, root: str, requires: Sequence[str], source: Source | Tree) -> str:
        """Give the interpreter of an environment at `root` that holds what `source` `requires` to be built, alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source distribution whose bytes were checked."""

    path: str
    filename: str
    name: str
    version: str
    sha256: str

    @property
    def title(self) -> str:
        """How it is called in messages."""
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A directory of sources, built where it lies."""

    path: str
    name: str
    version: str
    """Empty where only a build tells it."""
    key: str
    """Tells its builds from those of others and names their directory: a digest of where it lies, or of its commit."""

    @property
    def filename(self) -> str:
        """What errors call it."""
        return self.path

    @property
    def title(self) -> str:
        """How it is called in messages."""
        return f"{self.name} {self.version}".rstrip()


class Builder:
    """Builds for one command."""

    def __init__(
        self,
        directory: str,
        environments: Environments,
        environ: Mapping[str, str],
        check_zip: Callable[[bytes, str], object] | None = None,
    ) -> None:
        """Builds go on below `directory`; `check_zip` raises what it has against a zip file, called so."""
        self._directory = directory
        self._environments = environments
        self._environ = {name: environ[name] for name in _PASSED if name in environ}
        self._check_zip = check_zip

    def metadata(self, source: Source | Tree) -> bytes:
        """Give the METADATA of the wheel that `source` would build."""
        with self._opened(source) as build:
            folder = build.made("metadata")
            name = build.hooks.prepare_metadata_for_build_wheel(folder, _allow_fallback=True)
            return _read(os.path.join(folder, name, "METADATA"), source)

    def requires(self, source: Source | Tree, *, is_editable: bool = False) -> tuple[str, ...]:
        """Give what `source` needs to be built: what it declares, and what its backend adds."""
        with self._opened(source, is_editable=is_editable) as build:
            return build.requires

    def wheel(self, source: Source | Tree, into: str) -> str:
        """Give the path of the wheel that `source` builds; it lies in `into`."""
        with self._opened(source) as build:
            folder = build.made("wheel")
            return _moved(build.hooks.build_wheel(folder), folder, into, source)

    def editable(self, tree: Tree, into: str) -> str:
        """Give the path of the wheel in `into` that makes `tree` importable where it lies (PEP 660)."""
        with self._opened(tree, is_editable=True) as build:
            folder = build.made("wheel")
            return _moved(build.hooks.build_editable(folder), folder, into, tree)

    @contextmanager
    def _opened(self, source: Source | Tree, *, is_editable: bool = False) -> Iterator[_Build]:
        """Give a build that is ready to run; of what it leaves behind, only the log of one that failed stays."""
        root = os.path.join(self._directory, (source.sha256 if isinstance(source, Source) else source.key)[:16])
        os.makedirs(self._directory, exist_ok=True)
        with hold(f"{root}.lock"):
            discard(root)
            os.makedirs(root)
            try:
                with _told(source):
                    yield self._ready(source, root, self._sources(source, root), is_editable=is_editable)
            except BaseException:
                discard(root, but=_LOG)
                raise
            discard(root)

    def _sources(self, source: Source | Tree, root: str) -> str:
        """Give the directory of the sources, which say of themselves that they are what is asked for."""
        if isinstance(source, Tree):
            return source.path
        tree = unpack(source.path, source.filename, os.path.join(root, "source"), check_zip=self._check_zip)
        _check_says(tree, source)
        return tree

    def _ready(self, source: Source | Tree, root: str, tree: str, *, is_editable: bool) -> _Build:
        system = build_system(tree, source.filename)
        environment = os.path.join(root, "environment")
        python = self._environments(environment, system.requires, source)
        build = _Build(root, tree, system, python, self._environ, source.title)
        hook = build.hooks.get_requires_for_build_editable if is_editable else build.hooks.get_requires_for_build_wheel
        more = hook()
        if more:
            build.requires = (*system.requires, *more)
            self._environments(environment, build.requires, source)
        return build


def _moved(name: str, folder: str, into: str, source: Source | Tree) -> str:
    """Give the path in `into` of the wheel `name`, which a hook left in `folder`; its archive is made plain."""
    from lockenv.build.plain import make_plain

    if os.path.basename(name) != name or not name.endswith(".whl"):
        raise InputError(f"{source.filename}: its backend built {name!a}, which is no wheel")
    os.makedirs(into, exist_ok=True)
    made, moved = os.path.join(folder, name), os.path.join(into, name)
    make_plain(made, source.filename)
    os.replace(made, moved)
    return moved


def _check_says(tree: str, source: Source) -> None:
    """Raise RefusedError where PKG-INFO says that the sources are of another release; no code has run by then."""
    from lockenv.index.metadata import LIMIT, check_release, headers
    from lockenv.vocabulary.names import normalize

    try:
        with open(os.path.join(tree, "PKG-INFO"), "rb") as stream:
            found = headers(stream.read(LIMIT))
    except FileNotFoundError:
        return
    check_release(found.first("name"), found.first("version"), normalize(source.name), source.version, source.filename)


@contextmanager
def _told(source: Source | Tree) -> Iterator[None]:
    """Turn what the caller of hooks raises into our errors; what backends warn of concerns their authors."""
    import warnings

    from pyproject_hooks import BackendUnavailable, BuildBackendWarning, HookMissing

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BuildBackendWarning)
            yield
    except BackendUnavailable as error:
        raise InputError(f"{source.filename}: its build backend cannot be imported: {_last(str(error))}") from error
    except HookMissing as error:
        raise InputError(f"{source.filename}: its build backend has no {error}") from error


def _last(text: str) -> str:
    return text.strip().rpartition("\n")[2][:200]


class _Build:
    """A tree, its backend, and the environment it is built in."""

    def __init__(
        self, root: str, tree: str, system: BuildSystem, python: str, environ: Mapping[str, str], title: str
    ) -> None:
        from pyproject_hooks import BuildBackendHookCaller

        self._root = root
        self._title = title
        self.requires = system.requires
        self._environ = {
            **environ,
            "PATH": os.pathsep.join([os.path.dirname(python), environ.get("PATH", os.defpath)]),
            "VIRTUAL_ENV": os.path.join(root, "environment"),
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "PYTHONHASHSEED": "0",
            "PYTHONNOUSERSITE": "1",
            "SOURCE_DATE_EPOCH": _EPOCH,
            "TZ": "UTC",
        }
        self.hooks: BuildBackendHookCaller = BuildBackendHookCaller(
            tree, system.backend, list(system.backend_path), runner=self._run, python_executable=python
        )

    def made(self, name: str) -> str:
        """Give a new directory for what a hook leaves."""
        folder = os.path.join(self._root, name)
        os.makedirs(folder)
        return folder

    def _run(self, cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None) -> None:
        log = os.path.join(self._root, _LOG)
        with open(log, "ab") as output:
            done = subprocess.run(  # noqa: S603 - the policy allowed this build
                cmd,
                cwd=cwd,
                env={**self._environ, **(extra_environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                umask=0o022 if os.name == "posix" else -1,
                check=False,
            )
        if done.returncode:
            raise InputError(
                f"building {self._title} failed (exit {done.returncode}); its last lines:\n{_tail(log)}",
                hint=f"the whole log is {log}; is a compiler or a library missing? A version with a wheel needs none",
            )


def _tail(log: str) -> str:
    with open(log, "rb") as stream:
        lines = stream.read()[-20_000:].decode("utf-8", "replace").rstrip().split("\n")
    return "\n".join(f"  | {line}" for line in lines[-_LAST_LINES:])


def _read(path: str, source: Source | Tree) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise InputError(f"{source.filename}: its backend made no METADATA ({error.strerror})") from error
