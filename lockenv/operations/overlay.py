"""An environment of the cache that holds requirements beside those of another environment, which it shows as well.

In: the requirements of `run --with`, and the project's environment where there is one. Out: Settings whose project is a
directory of the cache that declares them, with the versions that the project has as constraints. The environment itself
is made from a lock like every other one; the project's own is not changed.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from lockenv.environment.installed import scan
from lockenv.errors import UsageError
from lockenv.files import atomic
from lockenv.files.reading import read_file
from lockenv.lockfile.direct import read as read_direct
from lockenv.lockfile.paths import LOCK
from lockenv.operations import load
from lockenv.operations.overlay_bridge import bridge
from lockenv.operations.overlay_replacement import may_replace, replacements, requirers, without
from lockenv.project.overlay import settings_text
from lockenv.sync.state import FILE as STATE
from lockenv.vocabulary import system
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.direct import Directory
from lockenv.vocabulary.hashing import sha256
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.requirement import parse

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lockenv.context.settings import Settings
    from lockenv.environment.venv import Environment
    from lockenv.lockfile.lock import Lock
    from lockenv.operations.overlay_replacement import Replacement
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.names import NormalizedName

_FILE = "requirements.in"
_QUESTION = "question"


_BETWEEN = re.compile(r",\s*(?=[A-Za-z0-9])(?![^\[]*\])")
"""A comma before a name, outside of brackets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayProject:
    """The project of the cache that declares what an overlay environment holds."""

    settings: Settings
    requirements: str
    """Its requirements file, absolute."""
    python: str
    """The interpreter that the environment is made from, which is that of the one below; empty where there is none."""
    requires_python: str
    """Empty where there is no environment below."""
    replaced: tuple[Replacement, ...]
    """What the requirements replace of the environment below, for this command alone, by name."""


def open_overlay(
    requirements: Sequence[str],
    files: Sequence[str],
    below: tuple[Environment, load.Project] | None,
    settings: Settings,
) -> OverlayProject:
    """Return the project that declares `requirements` and those of `files`, together with the environment `below`.

    `below` is the environment with the project that it is of. Raises UsageError, InputError and MachineError.
    """
    lines = [_line(part) for text in requirements for part in _parts(text)]
    lines += [f"-r {_file(name)}" for name in files]
    if not lines:
        raise UsageError("--with needs a requirement", hint="for example, `--with rich`")
    shown = below[0] if below is not None else None
    question = "\n".join([*lines, *((shown.root, shown.base, shown.version) if shown is not None else ())])
    key = sha256(os.fsencode(question)).hexdigest()[:16]
    directory = os.path.join(settings.cache, "overlays", key)
    atomic.make_directory(directory)
    replaced: Mapping[NormalizedName, Replacement] = {}
    if below is not None:
        replaced = replacements(lines, _versions(below[0])) if may_replace(lines) else {}
        _place_below(*below, lines, replaced, directory, settings)
    else:
        _write(os.path.join(directory, load.SETTINGS), settings_text({}, {}, {}, ("", ""), _here()))
        _write(os.path.join(directory, _FILE), _text(lines))
    version = shown.version if shown is not None else ""
    return OverlayProject(
        settings=replace(
            settings,
            directory=directory,
            is_named=True,
            lock=os.path.join(directory, LOCK),
            named_lock="",
            script_directory="",
        ),
        requirements=os.path.join(directory, _FILE),
        python=shown.base if shown is not None else "",
        requires_python=f"=={'.'.join(version.split('.')[:2])}.*" if version else "",
        replaced=tuple(replaced[name] for name in sorted(replaced)),
    )


def _place_below(
    below: Environment,
    project: load.Project,
    lines: Sequence[str],
    replaced: Collection[NormalizedName],
    directory: str,
    settings: Settings,
) -> None:
    """Write into `directory` what the environment `below` holds, unless it is as it was when that was written.

    Of what is `replaced`, neither the version nor what the project says of it counts; what else requires it is resolved
    and installed with it, so that no package finds a version that it does not admit.
    """
    state = _state(below)
    question = os.path.join(directory, _QUESTION)
    if state and os.path.isfile(question) and read_file(question) == state:
        return
    lock = load.lock(project)
    manifest = load.manifest(project, settings, lock) if project.is_declared else None
    values = {**dict(load.layers(project).written())}
    direct = _direct(lock, manifest, project)
    versions = _versions(below)
    if manifest is not None and manifest.provided and lock is not None:
        versions |= _provided(lock, {each.requirement.name for each in manifest.provided})
    if replaced:
        own = [normalize(manifest.name)] if manifest is not None and manifest.name else []
        lines = [*lines, *(requirers(replaced, lock, versions, own) if lock is not None else ())]
        values |= {key: without(values[key], replaced) for key in ("constraints", "overrides") if key in values}
        versions = {name: version for name, version in versions.items() if name not in replaced}
        direct = {name: source for name, source in direct.items() if name not in replaced}
    text = settings_text(values, versions, direct, (project.start, project.base), _here())
    name, content = bridge(below.purelib)
    atomic.replace(os.path.join(directory, name), content)
    _write(os.path.join(directory, load.SETTINGS), text)
    _write(os.path.join(directory, _FILE), _text([*lines, f"./{name}"]))
    atomic.replace(question, state)


def _versions(below: Environment) -> dict[str, str]:
    """Return the version of each package that `below` holds, by name."""
    return {one.name: one.version.replace("_", "-") for one in scan(below)}


def _provided(lock: Lock, names: Collection[str]) -> Mapping[str, str]:
    """Return the locked version of each of `names` that is locked in one alone: the base has it there, too."""
    found: dict[str, set[str]] = {}
    for package in lock.packages:
        if package.name in names and package.version:
            found.setdefault(package.name, set()).add(package.version)
    return {name: next(iter(versions)) for name, versions in sorted(found.items()) if len(versions) == 1}


def _state(environment: Environment) -> bytes:
    """Return a digest of what is remembered of the last sync of `environment`; empty for nothing."""
    try:
        return sha256(read_file(os.path.join(environment.records, STATE))).hexdigest().encode()
    except OSError:
        return b""


def _here() -> str:
    """Return the marker of this system."""
    import platform

    return f"sys_platform == '{system.platform}' and platform_machine == '{platform.machine()}'"


def _direct(lock: Lock | None, manifest: Manifest | None, project: load.Project) -> dict[str, Direct]:
    """Return where the project itself and what else no index serves come from, by name."""
    found: dict[str, Direct] = {}
    if lock is not None:
        places = (number for number, package in enumerate(lock.packages) if package.kind)
        found |= {lock.packages[number].name: read_direct(lock, number)[0] for number in places}
    if manifest is not None and manifest.is_buildable:
        found[normalize(manifest.name)] = Directory(path=project.directory)
    return found


def _parts(text: str) -> Sequence[str]:
    """Return the requirements that `text` lists, separated by commas; `text` alone where it is one, or a part is none.

    A comma also separates the clauses of a specifier, which begin with no letter, and the extras of a package.
    """
    parts = _BETWEEN.split(text)
    return parts if len(parts) > 1 and not _is_requirement(text) and all(map(_is_requirement, parts)) else [text]


def _is_requirement(text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _line(text: str) -> str:
    """Return the line of a requirements file that means what `--with` names."""
    line = text.strip()
    if not line or line.startswith("-") or "\n" in line or "\r" in line:
        raise UsageError(
            f"invalid value `{text}` for --with; expected a requirement", hint="for example, `--with rich`"
        )
    is_path = line.startswith((".", "/")) or (os.sep == "\\" and line[1:3] == ":\\")
    if is_path and not os.path.exists(line.partition("[")[0]):
        raise UsageError(f"--with {line}: no such file or directory", hint="check its path")
    return os.path.abspath(line).replace(os.sep, "/") if is_path else line


def _file(name: str) -> str:
    path = os.path.abspath(name)
    if not os.path.isfile(path):
        raise UsageError(f"--with-requirements {name}: no such file", hint="check its path")
    return path.replace(os.sep, "/")


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _write(path: str, text: str) -> None:
    content = text.encode()
    if not os.path.isfile(path) or read_file(path) != content:
        atomic.replace(path, content)
