"""What requirements files declare.

Pure: the files' names and a way to read them go in, a Manifest comes out, each requirement with its origin.
The format is pip's; an option that would be overlooked is refused.
"""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING, NoReturn

from lockenv.errors import InputError, LockenvError
from lockenv.project import messages
from lockenv.project.direct import from_path, from_url, name_in
from lockenv.project.directory_name import directory_name
from lockenv.project.references import ALWAYS_REQUIRED, References
from lockenv.project.requirements_lines import Line, lines
from lockenv.project.settings import FOLDER_HINT, INDEX_URL_HINT, flat_url, index_url
from lockenv.vocabulary.dataclasses import dataclass, field, replace
from lockenv.vocabulary.direct import Archive, Commit, Direct, Directory
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_contextlib import suppress
from lockenv.vocabulary.manifest import Index, Manifest, Policy
from lockenv.vocabulary.names import is_valid, normalize
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.requirement import Declared, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockenv.project import requirement_options
    from lockenv.project.requirements_lines import VariableReader
    from lockenv.vocabulary.listed_hashes import HashList
    from lockenv.vocabulary.names import NormalizedName, Sha256
else:
    requirement_options = late("lockenv.project.requirement_options")

_ALL = "*"
_DEEPEST = 100
_PLACE = lazy_pattern(
    r"(?:[A-Za-z][A-Za-z0-9+.-]*:(?!:)|[^\[<>=!~;@#]*[/\\]|\.{1,2}\s*(?:[\[;]|$)|~|[^\s;@]+\.(?:whl|zip|tar\.gz)\b)"
)
_PLACED = lazy_pattern(r"([^;]*?[^\s;])\s*(?:\[([^\[\]]*)\])?(?:\s*;\s*(.*))?")
"""As pip reads it: a path may hold blanks, and what is in brackets at its end are extras."""
_REMOTE = lazy_pattern(r"[A-Za-z][A-Za-z0-9+.-]+:")
_EGG = lazy_pattern(r"[#&]egg=([A-Za-z0-9._-]+)")
_PLACE_HINT = "use name @ https://…, name @ git+https://…@revision, ./directory or -e ./directory"
_LONG_OPTION = lazy_pattern(r"(--[A-Za-z0-9-]+)(?:[ \t]*=[ \t]*|[ \t]+|$)(.*)")
_SHORT_OPTION = lazy_pattern(r"(-[A-Za-z])[ \t]*(.*)")
_INNER_OPTION = lazy_pattern(r"\s(--[a-z-]+|-[A-Za-z])\b")
_LONG = {"-r": "--requirement", "-c": "--constraint", "-i": "--index-url", "-e": "--editable", "-f": "--find-links"}
_LATER = {
    "--config-settings": "remove it",
    "--global-option": "remove it",
    "--prefer-binary": "remove it, or list the packages with --only-binary",
    "--trusted-host": "remove it, and use --cert to trust the certificate of the index",
    "--use-feature": "remove it",
}


@dataclass(slots=True)
class _Reading:
    """What the lines read so far declare."""

    read: Callable[[str], str]
    environ: VariableReader
    references: References
    dependencies: dict[Declared, None] = field(default_factory=dict)
    constraints: dict[Declared, None] = field(default_factory=dict)
    index: str | None = None
    """The last `--index-url`."""
    extra_indexes: dict[str, None] = field(default_factory=dict)
    folders: dict[str, None] = field(default_factory=dict)
    """What `--find-links` names; a relative path is seen from `root`."""
    root: str = ""
    """The directory of the first file, as the user named it."""
    is_last: bool = False
    """Whether there is a `--no-index`."""
    allows_prereleases: bool = False
    no_binary: set[str] = field(default_factory=set)
    only_binary: set[str] = field(default_factory=set)
    places: dict[Declared, Direct] = field(default_factory=dict)
    """What the requirements are that are only a place."""
    hashes_required: str = ""
    """Where the first `--require-hashes` is."""
    hashes: dict[NormalizedName, list[HashList]] = field(default_factory=dict)
    """What is listed behind requirements and constraints."""
    done: set[tuple[str, bool]] = field(default_factory=set)
    """The files read, each as one of requirements (False) or of constraints (True)."""


def manifest(
    files: Sequence[str], read: Callable[[str], str], environ: VariableReader, directory: str = ""
) -> Manifest:
    """Return what requirements `files` declare, those they include with them.

    A path in a file is relative to that file, and is made relative to `directory`, where the lock is. `read` returns
    the text of a file by the name the user would use, and raises LockenvError where it cannot;
    `environ` serves `${VAR}`. The indexes of `--extra-index-url` come before the one of `--index-url`, or before the
    default index, whose URL is left empty: the first that has a project serves it, and so no one can take a private
    project's name by publishing it elsewhere.
    Raises InputError, with the place in the file, for everything that cannot be understood.
    """
    root = os.path.dirname(files[0]) if files else ""
    reading = _Reading(read, environ, References(directory), root=root)
    for file in files:
        _file(reading, file, False, (), None)
    if reading.is_last and not reading.folders:
        raise InputError(
            f"{files[0]}: --no-index without --find-links leaves no package source",
            hint="use --find-links to specify a directory",
        )
    constraints = reading.references.without_urls(reading.constraints)
    listed = reading.references.of_lists({ALWAYS_REQUIRED: tuple(reading.dependencies)}, places=reading.places)
    return Manifest(
        dependencies=listed[ALWAYS_REQUIRED],
        constraints=constraints,
        direct=reading.references.sourced,
        places=reading.references.places,
        indexes=_indexes(reading),
        policy=Policy(
            prerelease="allow" if reading.allows_prereleases else "if-necessary-or-explicit",
            no_build=tuple(sorted(reading.only_binary)),
            no_binary=tuple(sorted(reading.no_binary)),
            hashes={name: tuple(some) for name, some in sorted(reading.hashes.items())},
            hashes_required=reading.hashes_required,
        ),
    )


def _indexes(reading: _Reading) -> tuple[Index, ...]:
    flat = [Index(name="", url=url, is_flat=True, is_last=reading.is_last) for url in reading.folders]
    # As with pip, --no-index means what the --find-links name alone.
    if reading.is_last or (reading.index is None and not reading.extra_indexes):
        return tuple(flat)
    urls = dict.fromkeys((*reading.extra_indexes, reading.index or ""))
    return (*flat, *(Index(name="", url=url) for url in urls))


def _file(reading: _Reading, file: str, constrains: bool, trail: tuple[str, ...], line: Line | None) -> None:
    """Read `file`, which `line` includes (None for one that the user named), after the files of `trail`."""
    place = os.path.normpath(file)
    if place in trail and line:
        cycle = " -> ".join((*trail[trail.index(place) :], place))
        raise line.error(f"this line creates a cycle of includes: {cycle}", hint="remove one of these includes")
    if len(trail) > _DEEPEST and line:
        raise line.error(f"this include is nested more than {_DEEPEST} files deep", hint="reduce the nesting")
    if (file, constrains) in reading.done:
        return
    reading.done.add((file, constrains))
    try:
        text = reading.read(file)
    except LockenvError as error:
        if line is None or error.origin:
            raise
        raise line.error(error.message, hint=error.hint or "fix the name, or create the file") from error
    for inner in lines(text, file, reading.environ):
        if inner.text.lstrip().startswith("-"):
            _option(reading, inner, constrains, (*trail, place))
        else:
            _requirement(reading, inner, constrains)


def _requirement(reading: _Reading, line: Line, constrains: bool) -> None:
    first = len(line.text) - len(line.text.lstrip())
    text = line.text[first:]
    option = _INNER_OPTION.search(line.text, first)
    listed: tuple[Sha256, ...] = ()
    if option:
        listed, end = requirement_options.hashes(line, option.start())
        if end < len(line.text):
            written = line.text[end:].split("=")[0].split()[0]
            _refuse(line, _LONG.get(written, written), written, end)
        text = line.text[first : option.start()].rstrip()
    if _PLACE.match(text):
        declared = _nameless(reading, line, text, first, constrains=constrains)
    else:
        declared = _named(reading, line, text, first, constrains=constrains)
    if option and listed:
        requirement_options.note(reading.hashes, line, option.start(1), declared, reading.places.get(declared), listed)


def _named(reading: _Reading, line: Line, text: str, first: int, *, constrains: bool) -> Declared:
    try:
        requirement = parse(text)
    except ValueError as error:
        reason, inside = messages.reason_and_offset(error, text)
        raise line.error(
            f"this line is not a valid requirement: {reason}",
            hint=messages.requirement_hint(text),
            inside=first + max(inside, 0),
        ) from error
    if constrains and requirement.extras:
        raise line.error("this constraint has extras, which are not allowed in constraints", hint="remove the extras")
    declared = Declared(requirement=requirement, origin=line.origin(first))
    (reading.constraints if constrains else reading.dependencies)[declared] = None
    return declared


def _nameless(
    reading: _Reading, line: Line, text: str, inside: int, *, constrains: bool = False, editable: bool = False
) -> Declared:
    """Note a requirement that is only a place: `./directory[extra] ; marker`, an archive, or a URL."""
    found = _PLACED.fullmatch(text)
    place, extras, marker = found.groups() if found else (text, None, None)
    try:
        direct, name = _named_place(reading, line, place, editable=editable)
    except ValueError as error:
        raise line.error(f"this line {error}", hint=_PLACE_HINT, inside=inside) from error
    if not is_valid(name):
        raise line.error("this line has no package name, and its name cannot be determined", hint=_PLACE_HINT)
    if constrains:
        raise line.error("this constraint is a URL or path without a name", hint=_PLACE_HINT, inside=inside)
    plain = f"{name}[{extras}]" if extras else name
    try:
        requirement = parse(f"{plain} ; {marker}" if marker else plain)
    except ValueError as error:
        reason, _ = messages.reason_and_offset(error, text)
        raise line.error(f"this line is not a valid requirement: {reason}", hint=_PLACE_HINT, inside=inside) from error
    origin = line.origin(inside)
    declared = Declared(requirement=requirement, origin=origin)
    reading.dependencies[declared] = None
    reading.places[declared] = direct
    return declared


def _named_place(reading: _Reading, line: Line, place: str, *, editable: bool) -> tuple[Direct, str]:
    """Return what `place` is and the name that its project states: beside the file, else where the lock is.

    So `-e .` in `requirements/dev.txt` is the directory in which pip is started. Raises ValueError for what is no
    place, InputError where no project is.
    """
    base = reading.references.base
    if _REMOTE.match(place):
        direct = _from_url(place, base, editable=editable)
        return direct, _name_at(reading, line, place, direct)
    path = os.path.join(os.path.dirname(line.file), place)
    # Seen from the lock, not from where the program was started.
    beside = path if os.path.isabs(path) else os.path.relpath(path, base or None)
    direct = from_path(beside, base, editable=editable)
    if beside != os.path.normpath(place):
        with suppress(InputError):
            return direct, _name_at(reading, line, place, direct)
        other = from_path(place, base, editable=editable)
        with suppress(InputError):
            return other, _name_at(reading, line, place, other)
    return direct, _name_at(reading, line, place, direct)


def _from_url(url: str, base: str, *, editable: bool) -> Direct:
    direct = from_url(url, base)
    if isinstance(direct, Directory):
        return replace(direct, editable=editable)
    if editable:
        raise ValueError("is editable, but only a directory can be editable")
    return direct


def _name_at(reading: _Reading, line: Line, place: str, direct: Direct) -> str:
    """Return the name of the project at a place; empty where it does not say. Raises InputError without a project."""
    match direct:
        case Commit():
            found = _EGG.search(place)
            return found[1] if found else ""
        case Archive():
            return name_in(direct.filename)
        case Directory():
            # `base` is absolute or where the program was started.
            directory = os.path.relpath(os.path.join(reading.references.base, direct.path))
            try:
                return directory_name(directory, reading.read)
            except LockenvError as error:
                hint = "use a directory with a pyproject.toml, or write NAME @ file:///… for it"
                raise line.error(error.message, hint=hint) from error


def _option(reading: _Reading, line: Line, constrains: bool, trail: tuple[str, ...]) -> None:
    text = line.text.strip()
    found = _LONG_OPTION.fullmatch(text) or _SHORT_OPTION.fullmatch(text)
    written, argument = found.groups() if found else (text.split()[0], "")
    name = _LONG.get(written, written)
    match name:
        case "--requirement" | "--constraint":
            file = _included(line, written, argument)
            _file(reading, file, constrains or name == "--constraint", trail, line)
        case "--editable":
            place = _argument(line, written, argument)
            _nameless(reading, line, place, line.text.find(place), constrains=constrains, editable=True)
        case "--index-url":
            reading.index = _url(line, written, argument)
        case "--extra-index-url":
            reading.extra_indexes[_url(line, written, argument)] = None
        case "--find-links":
            reading.folders[_folder(reading, line, written, argument)] = None
        case "--no-index" | "--pre" | "--require-hashes" if argument:
            raise line.error(f"{written} takes no argument", hint="use one option on each line")
        case "--no-index":
            reading.is_last = True
        case "--require-hashes":
            reading.hashes_required = reading.hashes_required or str(line.origin())
        case "--pre":
            reading.allows_prereleases = True
        case "--no-binary":
            _restrict(line, written, argument, reading.no_binary, reading.only_binary)
        case "--only-binary":
            _restrict(line, written, argument, reading.only_binary, reading.no_binary)
        case _:
            _refuse(line, name, written, -1)


def _refuse(line: Line, name: str, written: str, inside: int) -> NoReturn:
    if name == "--hash":
        raise line.error("this --hash belongs to no requirement", hint="end the line before it with a backslash")
    if name in _LATER:
        raise line.error(f"{written} is not supported yet", hint=_LATER[name], inside=inside)
    valid = (
        "--requirement",
        "--constraint",
        "--editable",
        "--index-url",
        "--extra-index-url",
        "--find-links",
        "--no-index",
        "--pre",
        "--no-binary",
        "--only-binary",
        "--require-hashes",
    )
    raise line.error(
        f"{written} is not an option of requirements files{messages.suggestion(name, valid, cutoff=0.75)}",
        hint=f"the options are {', '.join(valid)}",
        inside=inside,
    )


def _argument(line: Line, option: str, argument: str) -> str:
    """Return the one word, quoted or not, that follows an option."""
    from shlex import split

    try:
        words = split(argument)
    except ValueError as error:
        raise line.error(f"{option} has an argument with an unclosed quote", hint="close the quote") from error
    if len(words) != 1:
        raise line.error(f"{option} takes one argument, and has {len(words)}", hint="use one option on each line")
    return words[0]


def _included(line: Line, option: str, argument: str) -> str:
    """Return the name of an included file, which is relative to the file that includes it."""
    name = _argument(line, option, argument)
    if "://" in name:
        raise line.error(f"{option} with a URL is not supported yet", hint="save the file next to this one")
    file = os.path.join(os.path.dirname(line.file), name)
    # Where a folder is a symbolic link, `..` behind it is not the folder before it.
    return file if ".." in file else os.path.normpath(file)


def _url(line: Line, option: str, argument: str) -> str:
    url = index_url(_argument(line, option, argument))
    if not url or url.startswith("."):
        # What is there may hold a password, so that the message does not repeat it.
        raise line.error(f"{option} is not followed by the URL of an index", hint=INDEX_URL_HINT)
    return url


def _folder(reading: _Reading, line: Line, option: str, argument: str) -> str:
    """Return the folder or page that `--find-links` names; a relative one is seen from the file that names it."""
    written = _argument(line, option, argument)
    if "://" not in written and not os.path.isabs(written):
        here = os.path.join(os.path.dirname(line.file), written)
        written = os.path.relpath(here, reading.root or os.curdir)
    url = flat_url(written)
    if not url:
        raise line.error(f"{option} is not a directory or a page", hint=FOLDER_HINT)
    return url


def _restrict(line: Line, option: str, argument: str, chosen: set[str], other: set[str]) -> None:
    """Apply `--no-binary` or `--only-binary`: what is named last for a package counts, as with pip."""
    for name in _argument(line, option, argument).split(","):
        if name == ":all:":
            chosen.clear()
            other.clear()
            chosen.add(_ALL)
        elif name == ":none:":
            chosen.clear()
        elif not is_valid(name):
            raise line.error(f'{option} has the invalid name "{name}"', hint="use names separated by commas")
        elif _ALL in other:
            raise line.error(
                f"{option} has an exception to :all:, which is not supported yet", hint="list the packages instead"
            )
        elif _ALL not in chosen:
            chosen.add(normalize(name))
            other.discard(normalize(name))
