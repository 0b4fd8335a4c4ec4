"""One short text that two machines can compare: the same exactly when they hold the same installed files.

A survey goes in, the fingerprint comes out. What creation wrote, byte-code, and lockenv's own records are left out; the
environment's own path and the URLs of its wheels do not matter; names, modes and contents of everything else do.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from lockenv.environment.scan import survey
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.environment.scan import ScannedPath
    from lockenv.environment.venv import Environment

_FORMAT = b"lockenv fingerprint 2\n"
"""Changes when the same files would have another fingerprint."""

_INTERPRETER = lazy_pattern(r"(?:bin|Scripts)/(?:pythonw?[\d.]*t?|pypy[\d.]*)(?:\.exe)?")
_CREATED = lazy_pattern(
    rf"{_INTERPRETER.pattern}"
    r"|(?:bin|Scripts)/(?:[Aa]ctivate(?:\.\w+)?|deactivate(?:\.\w+)?|activate_this\.py|pydoc\.bat)"
    r"|pyvenv\.cfg|\.gitignore|\.lock|CACHEDIR\.TAG|lib64"
)
# PEP 488: `{name}.{cache_tag}.opt-{level}.pyc`, without the third part for no optimization.
_COMPILED = lazy_pattern(r"(?P<module>.+?)\.[^.]+(?:\.opt-(?P<level>[12]))?\.pyc")


def is_created(path: str) -> bool:
    """Return whether `path` is what creating an environment writes, by whichever tool."""
    return _CREATED.fullmatch(path) is not None


def is_interpreter(path: str) -> bool:
    """Return whether `path` has the name of an interpreter of an environment."""
    return _INTERPRETER.fullmatch(path) is not None


def is_bytecode(path: str) -> bool:
    """Return whether `path` is what an interpreter compiled beside a source; a module shipped compiled is not."""
    directory, _, name = path.rpartition("/")
    return name.endswith(".pyc") and (directory == "__pycache__" or directory.endswith("/__pycache__"))


def source_of(path: str) -> tuple[str, int]:
    """Return the source a compiled file names, and the level of optimization; empty when it names none."""
    cache, _, name = path.rpartition("/")
    directory = cache.rpartition("/")[0]
    found = _COMPILED.fullmatch(name)
    if found is None:
        return "", 0
    return f"{directory}/{found['module']}.py" if directory else f"{found['module']}.py", int(found["level"] or 0)


def fingerprint(environment: Environment) -> str:
    """Return the fingerprint of `environment`, 64 hexadecimal digits. Raises MachineError when it cannot be read."""
    return of_survey(survey(environment))


def of_survey(found: Iterable[ScannedPath]) -> str:
    """Return the fingerprint of what was seen; its order does not matter. Directories count through what they hold."""
    lines = sorted(
        f"{seen.kind} {seen.mode:o} {seen.portable} {seen.path}\n"
        for seen in found
        if seen.kind != "directory" and not is_created(seen.path) and not is_bytecode(seen.path)
    )
    whole = sha256(_FORMAT)
    for line in lines:
        whole.update(line.encode(errors="surrogateescape"))
    return whole.hexdigest()
