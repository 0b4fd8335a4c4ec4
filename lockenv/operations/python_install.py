"""Install a Python from an archive whose hash is pinned, and find, compare and remove what was installed.

In: what is requested, what the project, its lock and the user pin, and the user's mirror. Out: InstalledPython. Nothing
is unpacked that has another hash, and nothing is half there after a kill. Never: a default server, a Python that no one
asked for.
"""

from __future__ import annotations

import os
import platform
import sysconfig
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from lockenv.backend import python_archive as backend_archive
from lockenv.context.access import fetcher
from lockenv.context.env_vars import expanded
from lockenv.environment import installed_pythons, run_probe
from lockenv.environment.installed_pythons import MANIFEST, InstalledPython
from lockenv.environment.interpreter_locations import PYTHON_TREE, python_of, pythons_directory
from lockenv.environment.python_pin import pinned
from lockenv.errors import LockenvError, MachineError, RefusedError, UsageError
from lockenv.fetch.downloads import archive_path, download
from lockenv.fetch.urls import without_userinfo
from lockenv.fetch.wanted import FileRequest
from lockenv.files.atomic import machine_error, make_directory
from lockenv.files.locks import hold
from lockenv.files.ops import Folder
from lockenv.files.private import private
from lockenv.files.programs import checkouts, is_within
from lockenv.lockfile.locked_python import locked_archives, locked_python
from lockenv.operations import load
from lockenv.vocabulary import system
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.manifest import Index
from lockenv.vocabulary.pep440 import version_key
from lockenv.vocabulary.progress import SILENT_LISTENER
from lockenv.vocabulary.python_archive import PythonArchive, python_archive
from lockenv.vocabulary.python_request import PythonRequest, python_request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lockenv.context.settings import Settings
    from lockenv.vocabulary.progress import Listener

_LABEL = "pythons"
_NEW = ".new"
"""The directory that is being written, and what a kill left of one."""
_TAR = ".tar"
_NO_MIRROR = "file:///no-mirror-is-set/"
"""Where an archive is looked for that the cache has, if it is damaged there and no mirror is set."""
_ELSEWHERE = "choose a directory of your own with LOCKENV_DATA_DIR"
_PIN = (
    "pin one: `file` and `sha256`, as SHA256SUMS of its release has them, in `[[python-archives]]` of your "
    "configuration (`lockenv config path`) or `[[tool.lockenv.python-archives]]` of the project"
)
_ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64", "x86": "i686", "armv7l": "armv7"}


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallRequest:
    """Which Pythons to install, and from where."""

    requests: tuple[str, ...] = ()
    """Versions and specifiers, or the name of one archive; empty for what the lock records, else what is pinned."""
    sha256: str = ""
    """Of the one archive that is named."""
    mirror: str = ""
    """The URL under which a mirror has the releases of python-build-standalone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pins:
    """What the lock records, and which archives are pinned."""

    request: str = ""
    """What is installed if nothing is requested."""
    archives: tuple[PythonArchive, ...] = ()


def install(
    request: InstallRequest, settings: Settings, listener: Listener = SILENT_LISTENER
) -> tuple[InstalledPython, ...]:
    """Install what is requested, and return it; what is there already stays as it is.

    Raises UsageError where nothing is pinned or no mirror is set, RefusedError for an archive that is not what was
    pinned or would do harm, NetworkError and MachineError; no Python is half there then.
    """
    wanted = _wanted(request, settings)
    root = _root(settings)
    done = []
    for archive in wanted:
        directory = os.path.join(root, archive.directory)
        if os.path.lexists(directory):
            listener.say(f"{_title(archive)} is already installed")
        else:
            _install(archive, root, request.mirror, settings, listener)
            listener.say(f"installed {_title(archive)} in {directory}")
        done.append(InstalledPython(directory, archive.file, archive.sha256, archive.version, archive.is_free_threaded))
    return tuple(done)


def pinned_here(settings: Settings) -> tuple[PythonArchive, ...]:
    """Return the archives for this machine that are pinned and not installed, the newest first.

    Nothing where the project, or what it pins, cannot be read: other commands say why.
    """
    try:
        archives = _pins(settings).archives
    except LockenvError:
        return ()
    root, targets = pythons_directory(settings.tools_environ), machine_targets()
    found = [
        one for one in archives if one.target in targets and not os.path.lexists(os.path.join(root, one.directory))
    ]
    return tuple(sorted(found, key=lambda one: (version_key(one.version), one.release), reverse=True))


def chosen(requests: Sequence[str], settings: Settings) -> tuple[InstalledPython, ...]:
    """Return the installed Pythons that are requested; all of them if nothing is. Raises UsageError for none."""
    there = installed_pythons.installed_pythons(settings.tools_environ)
    found: dict[str, InstalledPython] = {}
    for text in requests:
        request = _request(text)
        some = [one for one in there if request.admits("cpython", one.version, is_free_threaded=one.is_free_threaded)]
        if not some:
            raise UsageError(f"no Python {text} is installed by lockenv", hint="run `lockenv python list`")
        found |= {one.directory: one for one in some}
    return tuple(found.values()) if requests else there


def uninstall(requests: Sequence[str], settings: Settings) -> tuple[InstalledPython, ...]:
    """Remove the installed Pythons that are requested, and return them. Raises UsageError and MachineError."""
    found = chosen(requests, settings)
    with _changing(_root(settings)) as folder:
        for one in found:
            name = os.path.basename(one.directory)
            folder.rename(name, folder, _NEW)  # gone at once, whatever becomes of the rest
            folder.clear(_NEW)
    return found


def _install(archive: PythonArchive, root: str, mirror: str, settings: Settings, listener: Listener) -> None:
    path = _downloaded(archive, mirror, settings, listener)
    with _changing(root) as folder:
        if folder.has(archive.directory):
            return  # another process was quicker
        folder.mkdir(_NEW)
        try:
            with folder.enter(_NEW) as new:
                scratch = os.path.join(root, _TAR)
                tree = backend_archive.unpack(path, archive.file, new, scratch, target=archive.target)
                _check(archive, os.path.join(root, _NEW), settings)
                new.create(MANIFEST, installed_pythons.manifest(archive, tree.files, tree.links))
            _flush()
            folder.rename(_NEW, folder, archive.directory)
            folder.flush()
        except BaseException:
            with suppress(OSError):
                folder.clear(_NEW)
            raise


@contextmanager
def _changing(root: str) -> Iterator[Folder]:
    """Open the directory of Pythons for a change, alone; what a kill left there is removed first."""
    make_directory(root)
    try:
        with hold(os.path.join(root, ".lock")), Folder.open(root, _LABEL) as folder:
            folder.unlink(_TAR)
            folder.clear(_NEW)
            yield folder
    except OSError as error:
        raise machine_error(error, error.filename or root) from error


def _flush() -> None:
    """Write to the disk what was unpacked, before its name says that it is there: once for its thousands of files."""
    if hasattr(os, "sync"):
        os.sync()


def _check(archive: PythonArchive, directory: str, settings: Settings) -> None:
    """Raise RefusedError unless what was unpacked runs here, and is the Python that the name of its archive says."""
    executable = python_of(os.path.join(directory, PYTHON_TREE))
    try:
        facts = run_probe.examine(executable, settings.tools_environ).facts
    except MachineError as error:
        raise RefusedError(
            "bad-python-archive",
            f"{archive.file}: its Python does not run on this machine: {error.message}",
            hint="pin an archive for this system",
        ) from error
    if (facts["version"], facts["is_free_threaded"]) != (archive.version, archive.is_free_threaded):
        raise RefusedError(
            "bad-python-archive",
            f"{archive.file}: it contains Python {facts['version']}, not {archive.version}",
            hint="choose another archive, and report this to those who publish it",
        )


def _downloaded(archive: PythonArchive, mirror: str, settings: Settings, listener: Listener) -> str:
    """Return the path of the archive in the cache, with its hash proved. Raises UsageError without a mirror."""
    kept = os.path.join(settings.made_cache(), "archives")
    if not mirror and not os.path.isfile(archive_path(kept, archive.sha256, archive.file)):
        raise UsageError(
            f"no mirror is set to download {archive.file} from",
            hint=f"set LOCKENV_PYTHON_MIRROR, or `python-mirror` in your configuration, to {_mirror_of(settings)}",
        )
    root = f"{mirror.rstrip('/')}/" if mirror else _NO_MIRROR
    index = Index(name="python-mirror", url=root, explicit=True, is_last=True, is_users=True)
    place = without_userinfo(expanded(index, settings))
    if "://" not in place and not os.path.isabs(place):
        # It would be a directory of the project, which came with a clone.
        raise UsageError(
            f"the mirror of Pythons `{place}` is not a URL", hint="use https://…, or file:///… for a directory"
        )
    wanted = FileRequest(
        url=f"{place}{archive.url_path}",
        filename=archive.file,
        sha256=archive.sha256,
    )
    with fetcher(settings, (index,), base=settings.directory) as source:
        return download(wanted, kept, source, listener.progress()).path


def _mirror_of(settings: Settings) -> str:
    """Return what the user can set as mirror: what uv has for the same, if that is set."""
    of_uv = "UV_PYTHON_INSTALL_MIRROR"
    if settings.environ.get(of_uv):
        return f"the URL in {of_uv}, whose layout is the same"
    return "the URL of a mirror of the releases of python-build-standalone"


def _wanted(request: InstallRequest, settings: Settings) -> tuple[PythonArchive, ...]:
    """Return the archive for each request, the newest that is pinned and for this machine. Raises UsageError."""
    if request.sha256:
        return (_named(request),)
    pins = _pins(settings)
    requests = request.requests or ((pins.request,) if pins.request else ())
    if not requests:
        raise UsageError(
            "which Python to install is not said: no lockfile records one",
            hint="run `lockenv python install VERSION`, or set `python` in [tool.lockenv] and run `lockenv lock`",
        )
    return tuple(dict.fromkeys(_pinned(text, pins.archives) for text in requests))


def _named(request: InstallRequest) -> PythonArchive:
    if len(request.requests) != 1:
        raise UsageError("--sha256 is for one archive", hint="run `lockenv python install FILE --sha256 HASH`")
    try:
        return python_archive(request.requests[0], request.sha256.lower())
    except ValueError as error:
        raise UsageError(
            f"--sha256: {error}", hint="use the name and the hash from SHA256SUMS of the release"
        ) from error


def _pinned(text: str, archives: Sequence[PythonArchive]) -> PythonArchive:
    by_name = [one for one in archives if one.file == text]
    if by_name:
        return by_name[0]
    if text.endswith(".tar.gz"):
        raise UsageError(f"{text} is not pinned", hint=f"add `--sha256 HASH`, or {_PIN}")
    request, targets = _request(text), machine_targets()
    if request.implementation not in ("", "cpython"):
        raise UsageError(
            f"{text} cannot be installed: there are archives of CPython alone",
            hint="install it with your system's tools; `lockenv python list` shows whether it is found",
        )
    admitted = [
        one for one in archives if request.admits("cpython", one.version, is_free_threaded=one.is_free_threaded)
    ]
    here = [one for one in admitted if one.target in targets]
    if not here:
        others = f"; those for {', '.join(sorted({one.target for one in admitted}))} are" if admitted else ""
        raise UsageError(f"no archive of Python {text} for {targets[0]} is pinned{others}", hint=_PIN)
    return max(here, key=lambda one: (version_key(one.version), one.release, not one.is_stripped))


def _request(text: str) -> PythonRequest:
    try:
        request = python_request(text)
    except ValueError:
        request = None
    if request is None:
        raise UsageError(f"`{text}` is not a version of Python", hint="use, for example, 3.12, 3.12.7 or '>=3.12'")
    return request


def _pins(settings: Settings) -> _Pins:
    """Return what is pinned by the user, and by the project and its lock if there is one. Raises InputError.

    Raises RefusedError where they pin one file with two hashes.
    """
    user = settings.user.python_archives if settings.user is not None else ()
    if not load.is_there(settings):
        return _Pins(request=pinned(settings.directory, settings.environ)[0], archives=user)
    project = load.project(settings)
    lock = load.lock(project)
    declared = load.manifest(project, settings, lock) if project.is_declared else load.settings_alone(project, settings)
    recorded = locked_python(lock) if lock is not None else None
    asked = declared.python or pinned(project.directory, settings.environ)[0]
    return _Pins(
        request=recorded.request if recorded is not None else asked,
        archives=_together((*user, *declared.python_archives, *(locked_archives(lock) if lock is not None else ()))),
    )


def _together(archives: Iterable[PythonArchive]) -> tuple[PythonArchive, ...]:
    found: dict[str, PythonArchive] = {}
    for one in archives:
        if found.setdefault(one.file, one) != one:
            raise RefusedError(
                "python-archive",
                f"{one.file} is pinned with two hashes: {found[one.file].sha256} and {one.sha256}",
                hint="find out which is right, and correct it in your configuration, the project or the lockfile",
            )
    return tuple(found.values())


def machine_targets() -> tuple[str, ...]:
    """Return the targets of archives that run on this machine, as compilers name them, the best first."""
    machine = platform.machine().lower()
    architecture = _ARCHITECTURES.get(machine, machine)
    if system.is_windows:
        return (f"{architecture}-pc-windows-msvc", f"{architecture}-pc-windows-msvc-shared")
    if system.is_macos:
        return (f"{architecture}-apple-darwin",)
    is_musl = "musl" in str(sysconfig.get_config_var("HOST_GNU_TYPE"))
    library = "musl" if is_musl else "gnu"
    return (f"{architecture}-unknown-{system.platform}-{library}{'eabihf' if architecture == 'armv7' else ''}",)


def _root(settings: Settings) -> str:
    """Return the directory of installed Pythons. Raises MachineError where others, or a repository, could write it."""
    root = pythons_directory(settings.tools_environ)
    if is_within(root, checkouts(settings.directory, settings.environ)):
        raise MachineError(
            f"the directory of Pythons {root} is in the project, from where none is used", hint=_ELSEWHERE
        )
    return private(root, "the directory of Pythons", _ELSEWHERE)


def _title(archive: PythonArchive) -> str:
    threading = " (free-threaded)" if archive.is_free_threaded else ""
    return f"CPython {archive.version}{threading} of {archive.release}"


__all__ = ["InstallRequest", "chosen", "install", "machine_targets", "pinned_here", "uninstall"]
