"""Inspect a wheel as a hostile file (binary distribution format), before anything of it is unpacked.

In: a checked archive and the name and version a lock has for it. Out: Contents, which says of every file where it goes
and what it must hash to. Never: writing. Every refusal has a rule id from docs/security-rules.md.
"""

from __future__ import annotations

import hashlib
from itertools import pairwise, product
from typing import TYPE_CHECKING

from lockenv.sync import entrypoints, paths, record
from lockenv.sync.archive import shown
from lockenv.sync.wheel_faults import MISMATCH, NOTHING, FaultyWheel, FaultyWheelError, gathered, mismatch
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.pep440 import is_same_version
from lockenv.vocabulary.startup import ROOTS, RUNS, runs_code, startup_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lockenv.sync.archive import Archive, Entry
    from lockenv.sync.entrypoints import Script
    from lockenv.vocabulary.manifest import Accepted
    from lockenv.vocabulary.names import NormalizedName

SCHEMES = frozenset({"purelib", "platlib", "headers", "scripts", "data"})

_WRITTEN_HERE = frozenset(
    {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "provenance_url.json", "lockenv_source.json"}
)
"""Files of an installed dist-info that say who installed it and whence: only the installer knows."""

_UNRECORDED = ("RECORD", "RECORD.jws", "RECORD.p7s")
"""RECORD "cannot contain a hash of itself", and the signatures are made of it."""


class Member(NamedTuple):
    """A file of a wheel that is installed."""

    scheme: str
    """One of SCHEMES."""
    directory: str
    """Below the scheme's directory, `/` between components; empty for the scheme's directory itself."""
    name: str
    mode: int
    entry: Entry
    row: record.Row | None
    """What RECORD says of it; None for what RECORD cannot list, or lists with another size or without a strong hash."""


class Contents(NamedTuple):
    """What a wheel installs."""

    dist_info: str
    """The name of its .dist-info directory."""
    root_scheme: str
    """`purelib` or `platlib`: where its .dist-info goes."""
    members: tuple[Member, ...]
    """Sorted by scheme, directory and name."""
    scripts: tuple[Script, ...]
    notes: tuple[str, ...]
    """What the user should know, a clause each, such as a file that runs whenever Python starts."""
    faults: Mapping[str, Sequence[str]]
    """By rule, what is wrong with files and accepted; whether a file has the hash in its row is not known yet."""


def inspect(archive: Archive, name: NormalizedName, version: str, accepted: Accepted = NOTHING) -> Contents:
    """Return what the wheel in `archive` installs, which must be `version` of the project `name`.

    Raises RefusedError when anything about it is not as the standards say, or would reach outside its own places;
    FaultyWheelError where that is something that the project may accept, and `accepted` does not.
    """
    by_name = _named(archive)
    dist_info = _dist_info(archive, by_name, name, version)
    _check_metadata(archive, by_name, dist_info, name, version)
    described = _fields(archive, by_name.get(f"{dist_info}/WHEEL"), f"{dist_info}/WHEEL")
    faults: dict[str, list[str]] = {}
    root_scheme = _root_scheme(archive, described, f"{dist_info}/WHEEL", faults)
    rows = _rows(archive, by_name, dist_info, faults)
    scripts = _scripts(archive, by_name.get(f"{dist_info}/entry_points.txt"), name)
    members = _members(archive, by_name, rows, dist_info, root_scheme)
    _check_targets(archive, members, dist_info, name)
    members = _without_doubles(members, {script.name.lower() for script in scripts}, faults)
    notes = (*_tag_notes(archive, described.get("tag", ())), *_notes(archive, members))
    if faults.keys() - set(accepted.get(name, ())):
        _add_mismatches(faults, archive, members)
        raise FaultyWheelError([FaultyWheel(name, archive.label, gathered(faults))], accepted)
    return Contents(dist_info, root_scheme, members, scripts, notes, faults)


def _named(archive: Archive) -> dict[str, Entry]:
    """Return the files of the archive by name, every name being safe, and no two the same anywhere."""
    names = []
    for entry in archive.entries:
        plain = entry.name.removesuffix("/")
        if what := paths.fault(plain):
            archive.refuse("path-unsafe", what, entry.name)
        names.append(plain)
    files = {entry.name: entry for entry in archive.entries if not entry.name.endswith("/")}
    if len(set(names)) != len(names):
        ordered = sorted(names)
        twice = next(name for name, following in pairwise(ordered) if name == following)
        archive.refuse("path-collision", "two entries have this name", twice)
    folded = paths.folded_on_windows if _may_be_for_windows(archive.label) else paths.folded
    if pair := paths.collision(files, folded):
        archive.refuse("path-collision", f"on some filesystems it is the same as {pair[0]!r}", pair[1])
    if directories := [entry.name for entry in archive.entries if entry.name.endswith("/")]:
        taken = set(map(folded, files))
        for directory in directories:
            if folded(directory[:-1]) in taken:
                archive.refuse("path-collision", "it is a directory and a file", directory)
    return files


def _may_be_for_windows(filename: str) -> bool:
    """Return whether a wheel of this name is installed on Windows, where a final dot is not part of a name."""
    platforms = filename.removesuffix(".whl").rpartition("-")[2].split(".")
    return any(platform == "any" or platform.startswith("win") for platform in platforms)


# The .dist-info directory and what it says


def _dist_info(archive: Archive, files: dict[str, Entry], name: str, version: str) -> str:
    heads = {head for head, slash, _ in (path.partition("/") for path in files) if slash}
    found = {*filter(_is_dist_info, heads)}
    if len(found) != 1:
        what = "it has no .dist-info directory" if not found else f"it has {len(found)} .dist-info directories"
        archive.refuse("wheel-dist-info", what)
    (directory,) = found
    stem, _, suffix = directory.rpartition(".")
    own_name, dash, own_version = stem.rpartition("-")
    if suffix != "dist-info" or not dash or not is_release(own_name, own_version, name, version):
        archive.refuse("wheel-dist-info", f"it does not belong to {name} {version}, as locked", directory)
    parts = archive.label.removesuffix(".whl").split("-")
    if len(parts) not in (5, 6) or not is_release(parts[0], parts[1], name, version):
        archive.refuse("wheel-name", f"its file name does not match {name} {version}")
    return directory


def _is_dist_info(component: str) -> bool:
    return paths.folded_on_windows(component).endswith(".dist-info")


def is_release(name: str, version: str, expected_name: str, expected_version: str) -> bool:
    """Return whether a name and a version, however spelled, are those of the expected release."""
    if normalize(name) != expected_name:
        return False
    # "Escaping and Unicode": `-` in a version is written `_` in names of files.
    return version == expected_version or is_same_version(version.replace("_", "-"), expected_version)


def _fields(archive: Archive, entry: Entry | None, path: str) -> dict[str, list[str]]:
    """Return the values of each field, by its lower-case name, in a file of `Field: value` lines."""
    if entry is None:
        archive.refuse("wheel-metadata", "it is missing", path)
    # Core metadata is UTF-8; old tools wrote the names of authors in other encodings. What is read here is ASCII.
    head = archive.read(entry).replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("utf-8", "replace")
    fields: dict[str, list[str]] = {}
    for line in head.split("\n"):
        if line[:1] not in (" ", "\t"):
            field, _, value = line.partition(":")
            fields.setdefault(field.lower(), []).append(value.strip())
    return fields


def _only(archive: Archive, fields: dict[str, list[str]], field: str, path: str) -> str:
    """Return the value of a field that the file `path` must have once."""
    if len(fields.get(field.lower(), ())) != 1:
        archive.refuse("wheel-metadata", f"it must have exactly one {field} field", path)
    return fields[field.lower()][0]


def _check_metadata(archive: Archive, files: dict[str, Entry], dist_info: str, name: str, version: str) -> None:
    path = f"{dist_info}/METADATA"
    fields = _fields(archive, files.get(path), path)
    own_name, own_version = (_only(archive, fields, field, path) for field in ("Name", "Version"))
    if not is_release(own_name, own_version, name, version):
        archive.refuse("wheel-metadata", f"it belongs to {own_name!a} {own_version!a}, not to {name} {version}", path)


def _root_scheme(archive: Archive, described: dict[str, list[str]], path: str, faults: dict[str, list[str]]) -> str:
    format_version = _only(archive, described, "Wheel-Version", path)
    # "Root-Is-Purelib is true if the top level directory of the archive should be installed into purelib; otherwise the
    # root should be installed into platlib." Some wheels have none, and some have it twice with one value.
    stated = [value.lower() for value in described.get("root-is-purelib", ("false",))]
    # "A wheel installer should ... abort if the major version is greater than the version it supports."
    if format_version.partition(".")[0] != "1":
        archive.refuse("wheel-version", f"its format is {format_version!a}; only 1.x is known", path)
    for is_pure in stated:
        if is_pure not in ("true", "false"):
            archive.refuse("wheel-metadata", f"Root-Is-Purelib is {is_pure!a}, not true or false", path)
    if len({*stated}) > 1:
        # Where a project accepts it, the first one counts, as for pip and uv.
        _add(faults, "purelib-twice", path, "Root-Is-Purelib is true and false")
    return "purelib" if stated[0] == "true" else "platlib"


def _rows(
    archive: Archive, files: dict[str, Entry], dist_info: str, found: dict[str, list[str]]
) -> dict[str, record.Row]:
    """Return the rows of RECORD that may be right; add to `found` where it does not list every file so, or others.

    Whether the hashes are right is not known yet.
    """
    path = f"{dist_info}/RECORD"
    if path not in files:
        archive.refuse("record-missing", "it is missing, so the content of the wheel is unknown", path)
    try:
        rows = record.parse(archive.read(files[path]).decode("utf-8"))
    except ValueError as error:
        what = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        archive.refuse("record-malformed", what, path)
    unrecorded = {f"{dist_info}/{name}" for name in _UNRECORDED}
    right: dict[str, record.Row] = {}
    for listed, row in rows.items():
        entry = files.get(listed)
        if entry is None:
            _add(found, "record-absent", listed, "RECORD lists it, but it is not in the archive")
        elif listed not in unrecorded and row.algorithm not in record.STRONG:
            _add(found, "record-weak-hash", listed, f"RECORD has {row.algorithm or 'no hash'!a} for it")
        elif row.size not in (-1, entry.size):
            _add(found, MISMATCH, listed, f"it has {entry.size} bytes, but {row.size} in RECORD")
        else:
            right[listed] = row
    for unlisted in sorted(files.keys() - rows.keys() - unrecorded):
        _add(found, "record-unlisted", unlisted, "RECORD does not list it")
    return right


def _add(found: dict[str, list[str]], rule: str, member: str, what: str) -> None:
    found.setdefault(rule, []).append(f"{shown(member)}: {what}")


def _add_mismatches(found: dict[str, list[str]], archive: Archive, members: tuple[Member, ...]) -> None:
    """Add the files that have another hash than RECORD says to `found`, so that one refusal names all rules."""
    for member in members:
        if member.row is not None:
            digest = hashlib.new(member.row.algorithm)
            for piece in archive.pieces(member.entry):
                digest.update(piece)
            if record.encoded(digest.digest()) != member.row.digest:
                _add(found, MISMATCH, member.entry.name, mismatch(member.row.algorithm))


def _scripts(archive: Archive, entry: Entry | None, name: str) -> tuple[Script, ...]:
    if entry is None:
        return ()
    try:
        scripts = entrypoints.parse(archive.read(entry).decode("utf-8"))
    except ValueError as error:
        what = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        archive.refuse("entry-point", what, entry.name)
    for script in scripts:
        if paths.is_reserved_script(script.name, name):
            archive.refuse("target-reserved", f"the script {script.name} would replace a part of the environment")
    return scripts


# Where its files go


def _members(
    archive: Archive, files: dict[str, Entry], rows: dict[str, record.Row], dist_info: str, root_scheme: str
) -> tuple[Member, ...]:
    members = []
    own_data = dist_info.removesuffix(".dist-info") + ".data"
    folded_data = paths.folded_on_windows(own_data)
    is_data = {
        head: paths.folded_on_windows(head) == folded_data for head in {path.partition("/")[0] for path in files}
    }
    unrecorded = {f"{dist_info}/{name}" for name in _UNRECORDED}
    for path, entry in files.items():
        head, _, rest = path.partition("/")
        scheme, target = root_scheme, path
        if is_data[head]:
            scheme, _, target = rest.partition("/")
            if head != own_data or scheme not in SCHEMES or not target:
                archive.refuse("wheel-data", "it is in an unknown subdirectory of the .data directory", entry.name)
        directory, _, name = target.rpartition("/")
        if _is_left_out(directory, name, dist_info) or (scheme == "data" and paths.is_own_target(target)):
            continue
        mode = 0o755 if scheme == "scripts" or entry.is_executable else 0o644
        row = None if entry.name in unrecorded else rows.get(entry.name)
        members.append(Member(scheme, directory, name, mode, entry, row))
    return tuple(sorted(members, key=lambda member: member[:3]))


def _is_left_out(directory: str, name: str, dist_info: str) -> bool:
    # Byte-code belongs to the interpreter that compiles it; a shipped one could say something else than its source.
    is_bytecode = "__pycache__" in directory and "__pycache__" in directory.split("/")
    return is_bytecode or (directory == dist_info and name in _WRITTEN_HERE)


def _check_targets(archive: Archive, members: tuple[Member, ...], dist_info: str, name: str) -> None:
    heads = {member.directory.partition("/")[0] for member in members if member.scheme in ("purelib", "platlib")}
    foreign = {*filter(_is_dist_info, heads - {dist_info})}
    for member in members:
        scheme, directory = member.scheme, member.directory
        if scheme in ("purelib", "platlib"):
            if foreign and directory.partition("/")[0] in foreign:
                archive.refuse(
                    "wheel-dist-info", "it is in the .dist-info directory of another project", member.entry.name
                )
        elif scheme == "scripts":
            if directory:
                archive.refuse("wheel-data", "a script is in a subdirectory", member.entry.name)
            if paths.is_reserved_script(member.name, name):
                archive.refuse("target-reserved", "it would replace a part of the environment", member.entry.name)
        elif scheme == "data" and paths.is_reserved_target(f"{directory}/{member.name}".lstrip("/"), name):
            archive.refuse("target-reserved", "it would replace a part of the environment", member.entry.name)


def _without_doubles(
    members: tuple[Member, ...], commands: set[str], faults: dict[str, list[str]]
) -> tuple[Member, ...]:
    """Return `members` without the scripts whose names are among `commands`, which are added to `faults`.

    What entry points make is installed in their place, as pip and uv do.
    """
    if not commands:
        return members
    doubles = [member for member in members if member.scheme == "scripts" and member.name.lower() in commands]
    for member in doubles:
        _add(faults, "script-twice", member.entry.name, "an entry point has a script of the same name")
    return tuple(member for member in members if member not in doubles) if doubles else members


def _tag_notes(archive: Archive, stated: Iterable[str]) -> list[str]:
    """Report a tag that the name of the wheel has and its WHEEL file has not, or the reverse.

    Not refused: a few of each thousand wheels are renamed after they were built, and the name alone decides.
    """
    parts = archive.label.removesuffix(".whl").split("-")[-3:]
    named = {"-".join(tag) for tag in product(*(part.split(".") for part in parts))}
    inside = set(stated)
    for what, tags in (
        ("in its WHEEL file but not in its file name", inside - named),
        ("only in its file name", named - inside),
    ):
        if inside and tags:
            return [f"the tag {min(tags)[:60]!a} is {what}"]
    return []


def _notes(archive: Archive, members: tuple[Member, ...]) -> list[str]:
    """Report files that run although nothing imports them."""
    found = startup_files((member.scheme, member.directory, (member.name,)) for member in members)
    if not found:
        return []
    entries = {(member.scheme, f"{member.directory}/{member.name}".lstrip("/")): member.entry for member in members}
    return [
        f"{path}{RUNS}"
        for scheme, path in found
        if scheme not in ROOTS or not path.endswith(".pth") or _may_import(archive, entries[scheme, path])
    ]


def _may_import(archive: Archive, entry: Entry) -> bool:
    return entry.size > archive.limits.metadata or runs_code(archive.read(entry))
