"""What an interpreter is: its version, where it keeps things, and the target it makes.

The path of an executable goes in, an Interpreter comes out. It is run once, ever: what it answered is kept in the cache
under its path, size and time of change and under this machine's system, and a kept answer is read without running
anything and without loading more than this module. Nothing is taken from a project or an environment.
"""

from __future__ import annotations

import os

from lockenv.environment.configuration import base_executable, read_configuration
from lockenv.errors import MachineError
from lockenv.files.atomic import replace
from lockenv.vocabulary import system
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.hashing import digest
from lockenv.vocabulary.late import late
from lockenv.vocabulary.target import Target

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.environment import run_probe
    from lockenv.files import windows_api
else:
    run_probe = late("lockenv.environment.run_probe")
    windows_api = late("lockenv.files.windows_api")

FOLDER = "interpreters-v3"
"""Below the cache directory. The number changes when the meaning of a kept answer does."""

_MARKERS = (
    "implementation_name",
    "implementation_version",
    "os_name",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_full_version",
    "python_version",
    "sys_platform",
)
_TEXTS = ("executable", "version", "implementation", "build", "prefix", "stdlib", "purelib", "scripts")
_FLAGS = ("is_64bit", "is_free_threaded", "is_conda", "is_externally_managed")
_DIGITS = 16
_LINES = len(_TEXTS) + len(_FLAGS) + len(_MARKERS) + 2
"""Of a kept answer below its checksum: the key first, the tags last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python that environments can be made from; never itself inside one."""

    executable: str
    """Absolute, with links resolved."""
    version: str
    """Such as `3.11.7` or `3.14.0a1`."""
    implementation: str
    """The value of `sys.implementation.name`: `cpython`, `pypy`."""
    build: str
    """What `sys.version` says after the version: revision, date and compiler."""
    prefix: str
    stdlib: str
    """The directory of its standard library."""
    purelib: str
    """Where an environment of it keeps distributions, relative to the environment."""
    scripts: str
    """Where an environment of it keeps programs, relative to the environment."""
    is_64bit: bool
    is_free_threaded: bool
    is_conda: bool
    is_externally_managed: bool
    """True where a system's own package tool keeps it (PEP 668)."""
    target: Target


def probe(executable: str, *, cache_dir: str, environ: Mapping[str, str]) -> Interpreter:
    """Return the interpreter behind `executable`, which may be a link, a shim, or be in an environment.

    Raises MachineError when it is missing, cannot be run, or is older than 3.8. `environ` is what it is run with.
    """
    return probe_resolved(resolved(executable), cache_dir=cache_dir, environ=environ)


def remembered(executable: str, *, cache_dir: str) -> Interpreter | None:
    """Return what `probe` returns where nothing has to be run for it, else None."""
    return _load(resolved(executable), cache_dir)


def probe_resolved(path: str, *, cache_dir: str, environ: Mapping[str, str]) -> Interpreter:
    """Return the interpreter at `path`, which `resolved` returned: this very program is run. Raises as `probe` does."""
    kept = _load(path, cache_dir)
    if kept is not None:
        return kept
    interpreter = _asked(path, environ)
    if interpreter.executable != path:
        # A shim may lead elsewhere tomorrow, so only what it led to is kept.
        kept = _load(interpreter.executable, cache_dir)
        if kept is not None:
            return kept
        interpreter = _asked(interpreter.executable, environ)
    _store(interpreter, cache_dir)
    return interpreter


def _asked(path: str, environ: Mapping[str, str]) -> Interpreter:
    """Return what the interpreter at `path` says it is; it is run."""
    answer = run_probe.examine(path, environ)
    facts = answer.facts
    # In the order in which they are kept: what is compared by its text is the same before and after.
    markers = {name: facts["markers"][name] for name in _MARKERS}
    return Interpreter(
        executable=answer.executable,
        version=facts["version"],
        implementation=markers["implementation_name"],
        build=facts["build"],
        prefix=facts["prefix"],
        stdlib=facts["stdlib"],
        purelib=facts["scheme"]["purelib"],
        scripts=facts["scheme"]["scripts"],
        is_64bit=facts["is_64bit"],
        is_free_threaded=facts["is_free_threaded"],
        is_conda=os.path.isdir(os.path.join(facts["prefix"], "conda-meta")),
        is_externally_managed=facts["externally_managed"],
        target=Target(environment=markers, tags=answer.tags),
    )


def resolved(executable: str) -> str:
    """Return the executable of the base interpreter behind `executable`, with links resolved.

    An executable that is missing is returned as it is.
    """
    base = _base_of_environment(os.path.abspath(executable))
    path = os.path.realpath(base or executable)
    # A formula's own directory goes with its next upgrade; the link beside it stays.
    before, cellar, after = path.partition("/Cellar/")
    if cellar:
        name, _, rest = after.partition("/")
        stable = f"{before}/opt/{name}/{rest.partition('/')[2]}"
        if os.path.exists(stable):
            return stable
    return path


def _base_of_environment(executable: str) -> str | None:
    """Return the base executable that the pyvenv.cfg beside or above `executable` names; None without one."""
    directory = os.path.dirname(executable)
    for root in (directory, os.path.dirname(directory)):
        configuration = read_configuration(root)
        if configuration is not None:
            return base_executable(configuration)
    return None


def _key(path: str) -> str | None:
    """Return what a kept answer depends on; None when there is no such executable."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    # Markers and tags describe the system too, and a distribution's upgrade need not touch this executable.
    return f"{path} {found.st_size} {found.st_mtime_ns} {_system()}"


def _system() -> str:
    """Return what distinguishes this system from another, or from an earlier release of it."""
    if system.is_windows:
        return windows_api.version()
    names = os.uname()
    found = f"{names.sysname} {names.release} {names.version} {names.machine}"
    try:
        return f"{found} {os.confstr('CS_GNU_LIBC_VERSION')}"
    except (ValueError, OSError):
        return f"{found} -"


def _file(path: str, cache_dir: str) -> str:
    return os.path.join(cache_dir, FOLDER, f"{os.path.basename(path)}-{digest(os.fsencode(path))[:_DIGITS]}")


def _load(path: str, cache_dir: str) -> Interpreter | None:
    """Return the kept interpreter; None when nothing is kept, or what is kept is damaged or stale."""
    key = _key(path)
    try:
        with open(_file(path, cache_dir), "rb") as file:
            content = file.read()
    except OSError:
        return None
    checksum, _, body = content.partition(b"\n")
    if key is None or checksum != digest(body).encode():
        return None
    lines = body.decode(errors="surrogateescape").split("\n")
    if len(lines) != _LINES or lines[0] != key:
        return None
    executable, version, implementation, build, prefix, stdlib, purelib, scripts = lines[1 : 1 + len(_TEXTS)]
    flags = [line == "true" for line in lines[1 + len(_TEXTS) : 1 + len(_TEXTS) + len(_FLAGS)]]
    markers = dict(zip(_MARKERS, lines[-1 - len(_MARKERS) : -1], strict=True))
    return Interpreter(
        executable=executable,
        version=version,
        implementation=implementation,
        build=build,
        prefix=prefix,
        stdlib=stdlib,
        purelib=purelib,
        scripts=scripts,
        is_64bit=flags[0],
        is_free_threaded=flags[1],
        is_conda=flags[2],
        is_externally_managed=flags[3],
        target=Target(environment=markers, tags=tuple(lines[-1].split(" "))),
    )


def identity(interpreter: Interpreter) -> str:
    """Return a digest of all that `interpreter` says of itself."""
    return digest("\0".join(_lines(interpreter)).encode("utf-8", "surrogateescape"))


def _lines(interpreter: Interpreter) -> list[str]:
    return [
        *(str(getattr(interpreter, name)) for name in _TEXTS),
        *("true" if getattr(interpreter, name) else "false" for name in _FLAGS),
        *(interpreter.target.environment[name] for name in _MARKERS),
        " ".join(interpreter.target.tags),
    ]


def _store(interpreter: Interpreter, cache_dir: str) -> None:
    """Keep `interpreter`; a cache that cannot be written only costs time."""
    key = _key(interpreter.executable)
    lines = [key or "", *_lines(interpreter)]
    if key is None or any("\n" in line for line in lines):
        return
    body = "\n".join(lines).encode(errors="surrogateescape")
    try:
        replace(_file(interpreter.executable, cache_dir), f"{digest(body)}\n".encode() + body)
    except MachineError:
        return
