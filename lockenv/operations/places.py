"""What `add` takes from a place: a directory, an archive, a commit or a named index.

In: what the user asks for. Out: plain requirements, and the source of each package that has one. Never: a request.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lockenv.context.env_vars import of_project
from lockenv.context.project_files import read_declared, read_text
from lockenv.context.substitution import PermittedVariables
from lockenv.errors import LockenvError, UsageError
from lockenv.lockfile.paths import relative
from lockenv.operations import load
from lockenv.operations.missing_places import refuse_missing
from lockenv.project.direct import name_in
from lockenv.project.directory_name import directory_name
from lockenv.project.requested import read
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import is_valid, normalize
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from urllib import parse as url_parse

    from lockenv.builds import direct_references
    from lockenv.context.settings import Settings
    from lockenv.project import requirements as project_requirements
    from lockenv.project.conversion import requirements as conversion_requirements
    from lockenv.project.sources_edit import Source
    from lockenv.vocabulary.progress import Listener
else:
    url_parse = late("urllib.parse")
    direct_references = late("lockenv.builds.direct_references")
    project_requirements = late("lockenv.project.requirements")
    conversion_requirements = late("lockenv.project.conversion.requirements")

_NAMED_PATH = lazy_pattern(r"\s*([A-Za-z0-9._-]+)\s*(\[[^\]]*\])?\s*@\s*(\S[^;]*?)\s*")
_PATHS = ("./", "../", "/", ".\\", "..\\")
"""How a path begins that may hold blanks: no requirement does."""


class PlaceOptions(NamedTuple):
    """What the user says of the places, for all of them; empty for nothing."""

    from_index: str = ""
    branch: str = ""
    tag: str = ""
    rev: str = ""
    editable: bool = False

    @property
    def revision(self) -> dict[str, str]:
        """The revision of a repository by its key. Raises UsageError for two of them."""
        named = {key: value for key in ("branch", "tag", "rev") if (value := getattr(self, key))}
        if len(named) > 1:
            raise UsageError("--branch, --tag and --rev cannot be used together", hint="use one of them")
        return named


Placed = tuple[list[str], dict[str, "Source"]]
"""Requirements, and the sources of those that come from a place, by the names of their packages."""


def placed(texts: Iterable[str], listed: Placed, options: PlaceOptions, directory: str) -> Placed:
    """Return the requirement of each of `texts`, and the sources of those that are places, seen from `directory`.

    What files `listed` follows them. Raises UsageError for a place whose package cannot be named, and for options that
    no place takes.
    """
    if "://" in options.from_index:
        raise UsageError(
            "--index takes the name of a declared index, not a URL",
            hint='declare it as [[tool.lockenv.index]], with `name = "NAME"` and this `url`, and use `--index NAME`',
        )
    requirements: list[str] = []
    sources = dict(listed[1])
    has_commit = has_directory = False
    for text in (*texts, *listed[0]):
        place, extras = _split(text)
        source: Source = {}
        if named := _named_path(text):
            name, extras, place = named
            source = _path(place, options, directory)
            has_directory = has_directory or os.path.isdir(place)
        elif place.startswith("git+"):
            name, source = _commit(place, options)
            has_commit = True
        elif "://" in place and " " not in place:
            name, source = name_in(url_parse.unquote(place.partition("#")[0].rpartition("/")[2])), {"url": place}
        elif _is_path(place):
            name, source = _local(place, options, directory)
            has_directory = has_directory or os.path.isdir(place)
        elif options.from_index:
            wanted = read(text)
            name, source = (wanted.name if wanted else ""), {"index": options.from_index}
        if not source:
            requirements.append(text)
            continue
        if not is_valid(name):
            raise UsageError(f"the package name of `{text}` is unknown", hint=f"use `NAME @ {place}`")
        requirements.append(text if "index" in source else f"{name}{extras}")
        sources[name] = source
    if options.revision and not has_commit:
        raise UsageError("--branch, --tag and --rev require a git URL", hint="use `git+https://…`")
    if options.editable and not has_directory:
        raise UsageError("--editable requires a directory", hint="use `./directory`")
    return requirements, sources


@contextmanager
def explained(sources: Mapping[str, Source]) -> Iterator[None]:
    """Add to the hint of an error that the name of each package was taken from its place, and may be wrong."""
    try:
        yield
    except direct_references.OtherNameError as error:
        source = next((source for name, source in sources.items() if normalize(name) == error.meant), {})
        if "git" in source:
            revision = source.get("rev") or source.get("tag") or source.get("branch")
            inner = source.get("subdirectory")
            place = (
                f"git+{source['git']}{f'@{revision}' if revision else ''}{f'#subdirectory={inner}' if inner else ''}"
            )
            error.hint = f"add it under its name: `{error.found} @ {place}`"
        raise
    except LockenvError as error:
        guessed = [name for name, source in sources.items() if not {"index", "workspace"} & {*source}]
        if guessed:
            named = " or ".join(f"`{name}`" for name in guessed)
            hint = f"for a package that is not called {named}, write `NAME @ PLACE`, or use `[tool.lockenv.sources]`"
            error.hint = f"{error.hint}; {hint}" if error.hint else hint
        raise


def listed(files: Sequence[str], settings: Settings, listener: Listener, directory: str) -> Placed:
    """Return what the requirements `files` require, a text each, and the sources of what comes from a URL or a path.

    Paths are seen from `directory`. What else the files say is not taken over, and noted. Raises UsageError for a
    package that has several sources there, and InputError for what cannot be read.
    """
    if not files:
        return [], {}
    declared = project_requirements.manifest(files, read_declared, PermittedVariables(of_project(settings)), directory)
    refuse_missing(declared.direct, directory)
    for name in sorted(declared.places):
        raise UsageError(
            f"{name} has several sources in {', '.join(files)}",
            hint=f"remove it there, and declare them in `[tool.lockenv.sources]` {name}",
        )
    left = [
        what
        for what, is_there in (
            ("constraints", declared.constraints),
            ("indexes", declared.indexes),
            ("hashes", declared.policy.hashes),
        )
        if is_there
    ]
    if left:
        listener.note(f"the {_together(left)} of {', '.join(files)} were not added")
    return (
        [str(one.requirement) for one in declared.dependencies],
        {name: conversion_requirements.source(each.direct) for name, each in declared.direct.items()},
    )


def _together(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _split(text: str) -> tuple[str, str]:
    """Return a place and its extras: `./lib[fast]`."""
    if text.endswith("]") and (_is_path(text) or "://" in text):
        place, _, extras = text.rpartition("[")
        return place, f"[{extras}"
    return text, ""


def _named_path(text: str) -> tuple[str, str, str] | None:
    """Return the name, the extras and the path of `NAME[EXTRA] @ PATH`; None for anything else."""
    found = _NAMED_PATH.fullmatch(text)
    return (found[1], found[2] or "", found[3]) if found and _is_path(found[3]) else None


def _is_path(text: str) -> bool:
    if "://" in text or ";" in text:
        return False  # `NAME @ URL` names the package itself, and a place has no marker
    return text in (".", "..") or text.startswith(_PATHS) or (" " not in text and text.endswith((".whl", ".tar.gz")))


def _commit(text: str, options: PlaceOptions) -> tuple[str, Source]:
    address, _, fragment = text.removeprefix("git+").partition("#")
    fields = dict(part.partition("=")[::2] for part in fragment.split("&") if part)
    start, slash, last = address.rpartition("/")
    last, at, revision = last.partition("@")
    url = f"{start}{slash}{last}"
    if at and options.revision:
        raise UsageError(f"`{text}` already has a revision", hint="remove it, or omit --branch, --tag and --rev")
    source: dict[str, str | bool] = {"git": url, **(options.revision or ({"rev": revision} if at else {}))}
    if "subdirectory" in fields:
        source["subdirectory"] = fields["subdirectory"]
    return fields.get("egg") or last.removesuffix(".git"), source


def _path(text: str, options: PlaceOptions, directory: str) -> Source:
    """Return the source that the path `text` is. Raises UsageError where nothing is there."""
    path = os.path.abspath(text)
    if not os.path.exists(path):
        raise UsageError(
            f"`{text}` does not exist", hint="check the path, or declare the package in `[tool.lockenv.sources]`"
        )
    seen = os.path.relpath(path, directory).replace(os.sep, "/")
    return {"path": seen, "editable": True} if options.editable and os.path.isdir(path) else {"path": seen}


def _local(text: str, options: PlaceOptions, directory: str) -> tuple[str, Source]:
    source, path = _path(text, options, directory), os.path.abspath(text)
    if os.path.isfile(path):
        return name_in(os.path.basename(path)), source
    if not any(os.path.isfile(os.path.join(path, name)) for name in (load.PYPROJECT, "setup.cfg", "setup.py")):
        raise UsageError(
            f"`{text}` is neither a distribution nor a directory with a {load.PYPROJECT}",
            hint=f"write `NAME @ {text}`",
        )
    return directory_name(relative(path), read_text), source
