"""Where interpreters live on this machine, in the order they are preferred.

The environment variables go in, paths of executables come out, none of them run. Not shims, but what
they point to; and nothing in the project, so that a checkout cannot bring its own `python`.
"""

from __future__ import annotations

import os
import sys
from itertools import chain

from lockenv.environment.ownership import data_directory
from lockenv.files.home import home
from lockenv.files.private import is_private
from lockenv.files.programs import checkouts, is_within, without_repository
from lockenv.vocabulary import system
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lockenv.files import developer_tools, windows_api
else:
    developer_tools = late("lockenv.files.developer_tools")
    windows_api = late("lockenv.files.windows_api")

OLDEST = (3, 8)
"""The oldest interpreter an environment can be made for."""

_NEWEST_MINOR = 30
_PLAIN_NAMES = ("python3", "python")
_OTHER_NAMES = tuple(
    (f"{stem}{suffix}", f"3.{minor}")
    for minor in range(_NEWEST_MINOR, OLDEST[1] - 1, -1)
    for stem, suffix in ((f"python3.{minor}", ""), (f"python3.{minor}", "t"), (f"pypy3.{minor}", ""))
)
_VERSION = lazy_pattern(r"(?<![\d.])(\d+\.\d+(?:\.\d+)?)(?![\d.])")
_UNUSUAL = lazy_pattern(r"\d(a|b|rc|-dev|t)")
"""In the name of a pre-release, a branch or a free-threaded build."""

PYTHON_TREE = "python"
"""The directory of an installed Python that has its files, as its archive has them."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An executable that may be an interpreter."""

    executable: str
    place: str
    """What holds it, for people: `PATH`, `pyenv`."""
    hint: str = ""
    """The version that its name or directory promises, such as `3.12` or `3.12.1`; empty when they say nothing."""


def candidates(environ: Mapping[str, str], project_dir: str) -> Iterator[Candidate]:
    """Return each executable that may be an interpreter, the preferred first; some may come twice."""
    if sys.executable:
        yield Candidate(sys.executable, "runs lockenv", ".".join(map(str, sys.version_info[:2])))
    yield from on_path(environ, project_dir)
    roots = checkouts(project_dir, environ)
    directories: dict[str, bool] = {}
    for candidate in chain(_installed(environ), _version_directories(environ), _conda(environ), _of_the_system()):
        # A variable may name a directory of the project, or a relative one: what is there came with it.
        directory = os.path.dirname(candidate.executable)
        if directory not in directories:
            directories[directory] = os.path.isabs(directory) and not is_within(directory, roots)
        if directories[directory]:
            yield candidate


def on_path(environ: Mapping[str, str], project_dir: str, name: str = "") -> Iterator[Candidate]:
    """Return each executable called `name` on PATH; without a name, first `python3` and `python`, then the others."""
    directories = list(_path_directories(environ, project_dir))
    plain = [(name, "")] if name else [(plain, "") for plain in _PLAIN_NAMES]
    for directory, place in directories:
        for each, hint in plain:
            yield from _existing(os.path.join(directory, _program(each)), place, hint)
    if name:
        return
    for each, hint in _OTHER_NAMES:
        for directory, place in directories:
            yield from _existing(os.path.join(directory, _program(each)), place, hint)


def pyenv_version(name: str, environ: Mapping[str, str]) -> Candidate | None:
    """Return the executable of what pyenv calls `name`, a version or an environment; None when it has no such thing."""
    if not name or os.path.basename(name) != name or name in (os.curdir, os.pardir):
        return None
    if not os.path.isabs(_pyenv_root(environ)):
        return None
    path = _python_in(os.path.join(_pyenv_root(environ), "versions", name))
    return Candidate(path, "pyenv", _hint(name)) if os.path.isfile(path) else None


def python_of(directory: str) -> str:
    """Return where `directory`, an environment or an installation, has its executable."""
    return _python_in(directory)


def pythons_directory(environ: Mapping[str, str]) -> str:
    """Return where `lockenv python install` puts Pythons."""
    return os.path.join(data_directory(environ), "pythons-v1")


def _installed(environ: Mapping[str, str]) -> Iterator[Candidate]:
    """Return what `lockenv python install` unpacked, the newest first; nothing where others could have written it."""
    root = pythons_directory(environ)
    try:
        is_own = is_private(os.stat(root))
    except OSError:
        return
    names = [name for name in _names(root) if name.startswith("cpython-")] if is_own else []
    for name in sorted(names, key=_newest_first, reverse=True):
        yield from _existing(_python_in(os.path.join(root, name, PYTHON_TREE)), "lockenv", _hint(name))


def _path_directories(environ: Mapping[str, str], project_dir: str) -> Iterator[tuple[str, str]]:
    """Return the directories of PATH with what holds them; pyenv's shims are replaced by what they point to."""
    for directory in without_repository(environ, project_dir).get("PATH", "").split(os.pathsep):
        if not directory:
            continue
        if os.path.basename(os.path.normpath(directory)) != "shims":
            yield directory, "PATH"
        elif os.path.dirname(os.path.normpath(directory)) == os.path.normpath(_pyenv_root(environ)):
            for name in _pyenv_selected(environ):
                found = pyenv_version(name, environ)
                if found is not None:
                    yield os.path.dirname(found.executable), "pyenv"


def _pyenv_root(environ: Mapping[str, str]) -> str:
    return environ.get("PYENV_ROOT") or os.path.join(home(environ), ".pyenv")


def _pyenv_selected(environ: Mapping[str, str]) -> list[str]:
    """Return the versions that pyenv's shims start outside of any project."""
    if environ.get("PYENV_VERSION"):
        return environ["PYENV_VERSION"].split(":")
    return _lines(os.path.join(_pyenv_root(environ), "version"))


def _version_directories(environ: Mapping[str, str]) -> Iterator[Candidate]:
    """Return what version managers keep, the newest release of each first."""
    own = home(environ)
    shared = environ.get("XDG_DATA_HOME") or os.path.join(own, ".local", "share")
    uv_default = os.path.join(environ.get("APPDATA", own) if system.is_windows else shared, "uv", "python")
    for place, root in (
        ("pyenv", os.path.join(_pyenv_root(environ), "versions")),
        ("uv", environ.get("UV_PYTHON_INSTALL_DIR") or uv_default),
        ("asdf", os.path.join(environ.get("ASDF_DATA_DIR") or os.path.join(own, ".asdf"), "installs", "python")),
        ("mise", os.path.join(environ.get("MISE_DATA_DIR") or os.path.join(shared, "mise"), "installs", "python")),
    ):
        for name in sorted(_names(root), key=_newest_first, reverse=True):
            yield from _existing(_python_in(os.path.join(root, name)), place, _hint(name))


def _conda(environ: Mapping[str, str]) -> Iterator[Candidate]:
    own = home(environ)
    roots = [environ.get("CONDA_PREFIX", "")]
    roots += [os.path.join(own, name) for name in ("miniforge3", "mambaforge", "miniconda3", "anaconda3")]
    roots += _lines(os.path.join(own, ".conda", "environments.txt"))
    for root in roots:
        if os.path.isabs(root):
            yield from _existing(_python_in(root), "conda", "")


def _of_the_system() -> Iterator[Candidate]:
    """Return what is in the usual places even when PATH does not name them."""
    if system.is_windows:
        yield from _registered()
        return
    directories = ["/usr/local/bin", "/usr/bin", "/opt/homebrew/bin", "/opt/local/bin"]
    framework = "/Library/Frameworks/Python.framework/Versions"
    directories += [f"{framework}/{name}/bin" for name in sorted(_names(framework), key=_newest_first, reverse=True)]
    for name, hint in _OTHER_NAMES:
        for directory in directories:
            yield from _existing(os.path.join(directory, name), "system", hint)


def _registered() -> Iterator[Candidate]:
    """Return the interpreters that Windows' registry knows (PEP 514)."""
    for company in dict.fromkeys(windows_api.registry_keys(r"Software\Python")):
        tags = dict.fromkeys(windows_api.registry_keys(rf"Software\Python\{company}"))
        for tag in sorted(tags, key=_newest_first, reverse=True):
            place = rf"Software\Python\{company}\{tag}\InstallPath"
            # PEP 514: without ExecutablePath, the program is `python.exe` in the directory that is the default value.
            paths = windows_api.registry_values(place, "ExecutablePath") or [
                os.path.join(directory, "python.exe") for directory in windows_api.registry_values(place, "")
            ]
            # PEP 514: entries may be incomplete and are to be ignored then.
            for path in paths:
                yield from _existing(path, "registry", _hint(tag))


def _existing(path: str, place: str, hint: str) -> Iterator[Candidate]:
    if not os.path.isfile(path) or not os.access(path, os.X_OK) or _is_too_old(hint):
        return
    if not (system.is_macos and developer_tools.is_stub(path)):
        yield Candidate(path, place, hint)


def _is_too_old(hint: str) -> bool:
    return bool(hint) and tuple(int(part) for part in hint.split(".")[:2]) < OLDEST


def _program(name: str) -> str:
    """Return the file name of the program `name`."""
    return f"{name}.exe" if system.is_windows else name


def _python_in(directory: str) -> str:
    if not system.is_windows:
        return os.path.join(directory, "bin", "python" if os.path.exists(f"{directory}/bin/python") else "python3")
    inside = os.path.join(directory, "Scripts", "python.exe")
    return inside if os.path.isfile(inside) else os.path.join(directory, "python.exe")


def _newest_first(name: str) -> tuple[bool, list[int], str]:
    """Return a key by which the newest release of the reference implementation comes last."""
    found = _VERSION.search(name)
    is_other = name.startswith(("pypy", "graalpy")) or found is None or _UNUSUAL.search(name) is not None
    return not is_other, [int(part) for part in found[1].split(".")] if found else [], name


def _hint(name: str) -> str:
    """Return the Python version in the name of a directory, such as `cpython-3.12.1-linux-x86_64-gnu`."""
    found = _VERSION.search(name)
    return found[1] if found else ""


def _names(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return [line.strip() for line in file if line.strip() and not line.startswith("#")]
    except OSError:
        return []
