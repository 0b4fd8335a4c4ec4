"""Digests of requirements files, and of directories of sources: of what decides their metadata, of all in them.

The line ends of text do not count.
"""

from __future__ import annotations

import os

from lockenv.files.reading import read_bounded
from lockenv.project.backends import list_build_files, may_name
from lockenv.vocabulary.hashing import sha256
from lockenv.vocabulary.late import late
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.files import atomic
    from lockenv.project import charset
    from lockenv.vocabulary import names as vocabulary_names
    from lockenv.vocabulary.names import Sha256
else:
    vocabulary_names = late("lockenv.vocabulary.names")
    atomic = late("lockenv.files.atomic")
    charset = late("lockenv.project.charset")

BUILDS = ("pyproject.toml", "setup.py", "setup.cfg")
"""The files that decide the metadata of sources, where their backend reads no others."""
_MADE = frozenset(("__pycache__", "node_modules"))
"""Directories that hold what was made of sources."""
_MADE_AT_TOP = frozenset(("build", "dist", "venv"))
"""Those that further down are as likely packages of these names."""
_INCLUDE = lazy_pattern(r"(?:-r|-c|--requirement|--constraint)(?: +|=)?([\w./+-]+)(?:\s+#.*)?")
_LONGEST = 2 << 30
"""Bytes of one file among the sources of a directory."""
_INCLUDES = ("-r", "-c", "--requirement", "--constraint")


def editable_digest(directory: str) -> Sha256:
    """Return a digest of what decides how the sources in `directory` are made importable where they are."""
    digest = sha256(os.fsencode(directory))
    for name in BUILDS:
        digest.update(f"\0{name}\0".encode() + _content(os.path.join(directory, name)))
    return vocabulary_names.Sha256(digest.hexdigest())


def build_digest(directory: str, text: str | None = None) -> str:
    """Return a digest of the files in `directory` that decide how its sources are built.

    They are those of `BUILDS`, `pyproject.toml` with `text` if that is given, and those that these name for what a
    project requires.
    """
    contents = {name: _content(os.path.join(directory, name)) for name in BUILDS}
    if text is not None:
        contents[BUILDS[0]] = text.encode()
    if may_name(contents):
        for name in list_build_files(contents):
            contents.setdefault(name, _content(os.path.join(directory, name)))
    parts = (f"{name}\0".encode() + content for name, content in contents.items())
    return sha256(b"\0".join(parts)).hexdigest()


def requirements_digest(files: Iterable[str]) -> str:
    """Return a digest of requirements `files` and of those they include; empty where they have to be read for it."""
    digest, left, done = sha256(), list(files), set[str]()
    while left:
        file = left.pop()
        if file in done:
            continue
        done.add(file)
        content = _content(file)
        digest.update(os.fsencode(file) + b"\0" + sha256(content).digest())
        included = _included(content)
        if included is None:
            return ""
        left += [os.path.join(os.path.dirname(file), name) for name in included]
    return digest.hexdigest()


def _included(content: bytes) -> list[str] | None:
    """Return the files that a requirements file includes; None where they are not plain to see."""
    names: list[str] = []
    try:
        lines = charset.text_of(content).split("\n")
    except ValueError:
        return None
    for line in lines:
        text = line.strip()
        if text.endswith("\\") or "${" in text:
            return None  # a line that goes on in the next one, or that a variable completes
        if text.startswith(_INCLUDES):
            found = _INCLUDE.fullmatch(text)
            if found is None:
                return None
            names.append(found[1])
    return names


def tree_digest(directory: str) -> Sha256:
    """Return a digest of the name, kind and content of every file below `directory`, what was made of them left out."""
    digest = sha256()
    for root, directories, names in os.walk(directory):
        directories[:] = sorted(name for name in directories if not _is_made(name, is_top=root == directory))
        # A link to a directory is not walked into, and is content itself.
        links = [name for name in directories if os.path.islink(os.path.join(root, name))]
        for name in sorted((*names, *links)):
            path = os.path.join(root, name)
            if name.endswith((".pyc", ".pyo")) or not (os.path.islink(path) or os.path.isfile(path)):
                continue  # no content, or none that reading would come to the end of, as of a pipe
            seen = os.path.relpath(path, directory).replace(os.sep, "/")
            content = os.fsencode(os.readlink(path)) if os.path.islink(path) else _content(path)
            mode = "x" if os.access(path, os.X_OK) else "-"
            digest.update(f"{seen}\0{mode}\0{len(content)}\0".encode("utf-8", "surrogateescape") + content)
    return vocabulary_names.Sha256(digest.hexdigest())


def _is_made(name: str, *, is_top: bool) -> bool:
    return name in _MADE or (is_top and name in _MADE_AT_TOP) or name.startswith(".") or name.endswith(".egg-info")


def _content(path: str) -> bytes:
    if not os.path.isfile(path):
        return b""  # a pipe would be read without an end
    try:
        return _portable(read_bounded(path, _LONGEST))
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise atomic.machine_error(error, path, "read") from error


def _portable(content: bytes) -> bytes:
    """Return text with the line ends that git keeps: a checkout on Windows may have others."""
    return content if b"\0" in content else content.replace(b"\r\n", b"\n")
