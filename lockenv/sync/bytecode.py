"""Compile the modules of an environment.

In: an environment whose lock the caller holds, and its interpreter. Out: a compiled file for each module of each
distribution that lockenv installed, as far as it has none that is checked against its source (PEP 552). Each comes
whole or not at all, and belongs to no RECORD: it goes with its source, and says nothing that the source does not.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from lockenv.environment.bytecode import compiled, naming
from lockenv.environment.installed import scan
from lockenv.environment.venv import NEW, RECORDS
from lockenv.errors import InputError
from lockenv.files.atomic import machine_error
from lockenv.sync import journal, paths
from lockenv.sync.journal import Journal
from lockenv.sync.removal import recorded
from lockenv.sync.walk import LABEL, DirectoryWalk, order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lockenv.environment.bytecode import BytecodeNaming
    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.venv import Environment

# What a kill leaves in `.lockenv/new` is tidied up by whoever finds the journal of a change that is done.
_TIDYING = Journal(phase="done", moved=(), created=(), claims=(), made=(), floors=())


def compile_all(environment: Environment, interpreter: Interpreter, environ: Mapping[str, str]) -> int:
    """Return how many modules were compiled; those that do not compile are left out, as an import would leave them.

    The caller holds the environment's lock and has recovered it. Raises MachineError when the system refuses,
    RefusedError when there is a link where byte-code goes; the modules are there as before.
    """
    root = environment.root
    named = naming(interpreter, environ)
    if not named.tag:
        return 0
    try:
        with DirectoryWalk(root, LABEL) as walk:
            site = environment.schemes()["purelib"]
            sources = [path for path in _modules(walk, site, environment) if _lacks(walk, path, named)]
            if not sources:
                return 0
            journal.write(walk.make(RECORDS), _TIDYING)
        try:
            return _put(root, zip(sources, compiled(root, sources, interpreter, environ), strict=True), named)
        finally:
            journal.finish(root, _TIDYING)
    except OSError as error:
        raise machine_error(error, error.filename or root) from error


def _modules(walk: DirectoryWalk, site: str, environment: Environment) -> Sequence[str]:
    """Return the modules of all distributions, sorted as a DirectoryWalk likes them."""
    found: set[str] = set()
    for installed in scan(environment):
        if installed.sha256 is not None:
            with suppress(InputError):
                found.update(recorded(walk, site, installed))
    inside = site + "/"
    return sorted((path for path in found if path.endswith(".py") and path.startswith(inside)), key=order)


def _lacks(walk: DirectoryWalk, path: str, named: BytecodeNaming) -> bool:
    """Return whether the module at `path` is there, and byte-code that is checked against it is not."""
    if paths.fault(path):
        return False
    folder, name = walk.split(path)
    try:
        if folder is None or not stat.S_ISREG(folder.stat(name).st_mode):
            return False
        cache, cached = walk.split(_compiled_path(path, named))
        if cache is None:
            return True
        with cache.reader(cached) as descriptor:
            return os.read(descriptor, len(named.beginning)) != named.beginning
    except FileNotFoundError:
        return folder is not None


def _put(root: str, modules: Iterable[tuple[str, bytes]], named: BytecodeNaming) -> int:
    count = 0
    with DirectoryWalk(root, LABEL) as walk, DirectoryWalk(root, LABEL) as records:
        new = records.make(f"{RECORDS}/{NEW}")
        for path, content in modules:
            if content:
                directory, _, name = _compiled_path(path, named).rpartition("/")
                new.create("0", content)
                new.rename("0", walk.make(directory), name)
                count += 1
    return count


def _compiled_path(path: str, named: BytecodeNaming) -> str:
    """Return where the byte-code of the module at `path` is looked for (PEP 3147)."""
    directory, _, name = path.rpartition("/")
    return f"{directory}/__pycache__/{name.removesuffix('.py')}.{named.tag}.pyc"
