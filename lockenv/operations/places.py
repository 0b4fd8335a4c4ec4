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
from lockenv.project.document import Document
from lockenv.project.requested import read
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import is_valid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from urllib import parse as url_parse

    from lockenv.context.settings import Settings
    from lockenv.project import requirements as project_requirements
    from lockenv.project.sources_edit import Source
    from lockenv.vocabulary.progress import Listener
else:
    url_parse = late("urllib.parse")
    project_requirements = late("lockenv.project.requirements")


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


def placed(texts: Iterable[str], options: PlaceOptions, directory: str) -> tuple[list[str], dict[str, Source]]:
    """Return the requirement of each of `texts`, and the sources of those that are places, seen from `directory`.

    Raises UsageError for a place whose package cannot be named, and for options that no place takes.
    """
    requirements: list[str] = []
    sources: dict[str, Source] = {}
    has_commit = has_directory = False
    for text in texts:
        place, extras = _split(text)
        source: Source = {}
        if place.startswith("git+"):
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
    except LockenvError as error:
        guessed = [name for name, source in sources.items() if "index" not in source]
        if guessed:
            named = " or ".join(f"`{name}`" for name in guessed)
            hint = f"for a package that is not called {named}, write `NAME @ PLACE`, or use `[tool.lockenv.sources]`"
            error.hint = f"{error.hint}; {hint}" if error.hint else hint
        raise


def listed(files: Sequence[str], settings: Settings, listener: Listener) -> list[str]:
    """Return what the requirements `files` require, a text each; what else they say is not taken over, and noted.

    Raises UsageError for a requirement that is a place, and InputError for what cannot be read.
    """
    if not files:
        return []
    declared = project_requirements.manifest(
        files, read_declared, PermittedVariables(of_project(settings)), settings.directory
    )
    refuse_missing(declared.direct, settings.directory)
    for name in sorted(declared.direct):
        raise UsageError(
            f"{name} is a URL or a path in {', '.join(files)}", hint="remove it there, and add it by itself"
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
    return [str(one.requirement) for one in declared.dependencies]


def _together(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _split(text: str) -> tuple[str, str]:
    """Return a place and its extras: `./lib[fast]`."""
    if text.endswith("]") and (_is_path(text) or "://" in text):
        place, _, extras = text.rpartition("[")
        return place, f"[{extras}"
    return text, ""


def _is_path(text: str) -> bool:
    if " " in text:
        return False  # `NAME @ URL` names the package itself
    starts = ("./", "../", "/", ".\\", "..\\")
    return text in (".", "..") or text.startswith(starts) or text.endswith((".whl", ".tar.gz"))


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


def _local(text: str, options: PlaceOptions, directory: str) -> tuple[str, Source]:
    path = os.path.abspath(text)
    seen = os.path.relpath(path, directory).replace(os.sep, "/")
    if os.path.isfile(path):
        return name_in(os.path.basename(path)), {"path": seen}
    file = os.path.join(path, load.PYPROJECT)
    if not os.path.isfile(file):
        raise UsageError(
            f"`{text}` is neither a distribution nor a directory with a {load.PYPROJECT}",
            hint="check the path, or declare the directory in `[tool.lockenv.sources]`",
        )
    table = Document(read_text(file), relative(file)).root.get("project")
    name = str(table.get("name", "")) if isinstance(table, dict) else ""
    return name, {"path": seen, "editable": True} if options.editable else {"path": seen}
