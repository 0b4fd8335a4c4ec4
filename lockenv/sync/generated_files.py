"""What a sync writes itself, beside the files it links from the store.

Pure. In: a selected wheel, or a script of one. Out: the bytes, the same for whoever writes them and whoever compares.
"""

from __future__ import annotations

from lockenv.sync import entrypoints, record
from lockenv.sync.paths import PROVENANCE
from lockenv.vocabulary.hashing import sha256
from lockenv.vocabulary.late import late
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.plain_json import dumped

TYPE_CHECKING = False

if TYPE_CHECKING:
    import json
    from collections.abc import Sequence

    from lockenv.vocabulary import direct as vocabulary_direct
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.selected import Selected
else:
    json = late("json")
    vocabulary_direct = late("lockenv.vocabulary.direct")

SCRIPT_MODE = 0o755
"""Of the scripts that are written, permission bits."""
FILE_MODE = 0o644
"""Of every other file that is written, permission bits."""

DIRECT = "direct_url.json"
SOURCE = "lockenv_source.json"
"""States of a distribution with direct_url.json what provenance_url.json says of the others."""
_URL = lazy_pattern(rb', "url": ("[^\n]+")\}\n\Z')
ASKING = b"#!python"
"""How a script of a wheel begins that asks for the interpreter of its environment."""


def script(content: bytes, python: str) -> bytes | None:
    """Return the script `content` of a wheel with `python` as its interpreter; None when it does not ask for one."""
    # "In wheel, scripts are packaged in {distribution}-{version}.data/scripts. If the first line of a file in
    # scripts/ starts with exactly b'#!python', rewrite to point to the correct interpreter."
    return entrypoints.shebang(python) + content.partition(b"\n")[2] if content.startswith(ASKING) else None


def metadata(
    selected: Selected, url: str = "", winners: Sequence[NormalizedName] = ()
) -> tuple[tuple[str, bytes], ...]:
    """Return the files that a .dist-info gets beside those of the wheel and RECORD, by name.

    `url` replaces the locked one, where the same bytes were installed when the lock named another. `winners` are
    those whose files are where the wheel has files too: when they go, it has to be installed again.
    """
    # What was built here is also another thing when other tools built it.
    origin: dict[str, object] = {"archive_info": {"hashes": {"sha256": selected.origin}}}
    if selected.built_from is not None:
        origin["built"] = {"sha256": selected.file.sha256}
    if winners:
        origin["overwritten_by"] = list(winners)
    installer = ("INSTALLER", b"lockenv\n")
    if selected.direct is not None:
        # PEP 610 leaves no room in direct_url.json for what distinguishes one state of a directory from another.
        return installer, (DIRECT, _json(_direct_url(selected, selected.direct))), (SOURCE, _json(origin))
    # PEP 710: provenance_url.json, which a distribution with direct_url.json does not have.
    return installer, (PROVENANCE, _json({**origin, "url": url or selected.file.url}))


def _direct_url(selected: Selected, direct: Direct) -> dict[str, object]:
    """Return what PEP 610 records of a distribution that no index served."""
    found: dict[str, object] = {"url": selected.file.url}
    match direct:
        case vocabulary_direct.Commit():
            vcs = {"vcs": "git", "commit_id": direct.commit, "requested_revision": direct.revision}
            found["vcs_info"] = {key: value for key, value in vcs.items() if value}
        case vocabulary_direct.Directory():
            found["dir_info"] = {"editable": True} if direct.editable else {}
        case vocabulary_direct.Archive():
            found["archive_info"] = {"hashes": {"sha256": direct.sha256}}
    if not isinstance(direct, vocabulary_direct.Directory) and direct.subdirectory:
        found["subdirectory"] = direct.subdirectory
    return found


def _json(content: dict[str, object]) -> bytes:
    return dumped(content, sort_keys=True).encode("utf-8") + b"\n"


def former_url(selected: Selected, provenance: bytes, recorded: bytes, winners: Sequence[NormalizedName] = ()) -> str:
    """Return the URL that an earlier lock gave the same bytes, empty when there is none.

    `provenance` has to be what a sync writes for that URL, and `recorded`, a RECORD, has to have its row.
    """
    found = _URL.search(provenance)
    if found is None:
        return ""
    try:
        url = json.loads(found[1])
    except ValueError:
        return ""
    content = dict(metadata(selected, url, winners))[PROVENANCE]
    digest = record.encoded(sha256(provenance).digest())
    return url if content == provenance and f"/{PROVENANCE},sha256={digest},".encode() in recorded else ""


def row(path: str, content: bytes) -> str:
    """Return the row of RECORD for a file that is written."""
    return record.line(path, record.encoded(sha256(content).digest()), len(content))


def prefix(site: str, directory: str) -> str:
    """Return what comes before a file name of `directory` in a RECORD, which is relative to `site`."""
    if directory == site:
        return ""
    if directory.startswith(site + "/"):
        return directory[len(site) + 1 :] + "/"
    import posixpath

    return posixpath.relpath(directory or ".", site) + "/"
