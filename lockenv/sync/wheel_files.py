"""Put the files of one wheel in their places: links to the store, scripts, and the .dist-info beside them.

In: a layout, the entry of the store, open directories. Out: files, and the rows of RECORD that list them. Never: a
choice, a check of a wheel.
"""

from __future__ import annotations

import os

from lockenv.sync import entrypoints
from lockenv.sync.stored_wheel import StoredFiles
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.files.ops import Folder
    from lockenv.sync import generated_files, record
    from lockenv.sync.layout import Layout
    from lockenv.sync.stored_wheel import StoredFile
    from lockenv.sync.walk import DirectoryWalk
else:
    # Where all that a sync writes itself is linked, neither is needed.
    generated_files = late("lockenv.sync.generated_files")
    record = late("lockenv.sync.record")


def put_files(walk: DirectoryWalk, one: Layout, source: Folder, python: str) -> list[str]:
    """Link the files of a wheel outside its .dist-info, and return their RECORD rows."""
    lines: list[str] = []
    add = lines.append
    prefix_of = generated_files.prefix
    for path, scheme, files in one.places:
        target, at = walk.place(path)
        prefix = prefix_of(one.site, path)
        if scheme == "scripts":
            for file in files:
                add(_put_script(target, at, file, source, python, prefix, is_there=_is_there(one, path, file.name)))
            continue
        if one.shared:
            _link_all(target, at, StoredFiles.of(file for file in files if not _is_there(one, path, file.name)), source)
        else:
            _link_all(target, at, files, source)
        lines += _rows(prefix, files)
    if one.stored.scripts:
        target, at = walk.place(one.scripts)
        prefix = prefix_of(one.site, one.scripts)
        for script in one.stored.scripts:
            name = entrypoints.file_name(script.name)
            content = entrypoints.content(script, python)
            if not _is_there(one, one.scripts, name):
                target.create(at + name, content, generated_files.SCRIPT_MODE)
            add(generated_files.row(prefix + name, content))
    return lines


def _link_all(target: Folder, at: str, files: StoredFiles, source: Folder) -> None:
    """Put files of a wheel as they are in the store, or copies of those whose mode is another there.

    Their names in `target` begin with `at`.
    """
    if files.are_linkable:
        names = [at + name for name in files.names] if at else files.names
        target.link_all(source, zip(names, files.items, strict=True))
        return
    for file in files:
        _link(target, at, file, source)


def _rows(prefix: str, files: StoredFiles) -> list[str]:
    """Return the RECORD rows of files in one directory."""
    return record.lines(prefix, files.names, files.digests, files.sizes)


def _link(target: Folder, at: str, file: StoredFile, source: Folder) -> None:
    """Put a file of a wheel as it is in the store, or a copy where its mode is another there."""
    if file.is_linkable:
        target.link(at + file.name, source, file.item)
    else:
        target.copy(at + file.name, source, file.item, file.mode)


def _is_there(one: Layout, directory: str, name: str) -> bool:
    """Return whether a file of a wheel is put by another, or was there before."""
    return (f"{directory}/{name}" if directory else name) in one.shared


def _put_script(
    target: Folder, at: str, file: StoredFile, source: Folder, python: str, prefix: str, *, is_there: bool
) -> str:
    """Put a script of a wheel in its place, naming the interpreter where it asks for it; return its RECORD row.

    One that `is_there` has its row alone.
    """
    with source.reader(file.item) as descriptor:
        is_asking = os.read(descriptor, len(generated_files.ASKING)) == generated_files.ASKING
    # A program of a hundred megabytes is no script, and is not read as one.
    rewritten = generated_files.script(source.read(file.item), python) if is_asking else None
    if rewritten is None:
        if not is_there:
            _link(target, at, file, source)
        return record.line(prefix + file.name, file.digest, file.size)
    if not is_there:
        target.create(at + file.name, rewritten, generated_files.SCRIPT_MODE)
    return generated_files.row(prefix + file.name, rewritten)


def places(one: Layout) -> list[tuple[str, StoredFiles]]:
    """Return the directories of a wheel and their files, without its scripts and what a sync writes itself."""
    found = [(path, files) for path, scheme, files in one.places if scheme != "scripts"]
    return found + [(f"{one.claim}/{below}" if below else one.claim, files) for below, files in one.metadata]


def put_metadata(new: DirectoryWalk, item: str, one: Layout, source: Folder, lines: list[str]) -> list[bytes]:
    """Make the .dist-info of a wheel under the name `item`; `lines` are the RECORD rows of its other files.

    Returns the contents of what is written, in the order in which it is: RECORD comes last.
    """
    name = one.stored.dist_info
    for directory, files in one.metadata:
        target, at = new.place(f"{item}/{directory}" if directory else item)
        prefix = f"{name}/{directory}/" if directory else f"{name}/"
        _link_all(target, at, files, source)
        lines += _rows(prefix, files)
    target, at = new.place(item)
    contents = []
    for own, content in generated_files.metadata(one.selected, winners=one.winners):
        target.create(at + own, content, generated_files.FILE_MODE)
        lines.append(generated_files.row(f"{name}/{own}", content))
        contents.append(content)
    lines.append(record.line(f"{name}/RECORD", "", 0))
    contents.append(record.compose(lines))
    target.create(f"{at}RECORD", contents[-1])
    return contents
