"""Seal a lock, so that a bad merge or an edit by hand shows.

Every entry has a digest of its own, and one covers the rest: so what two branches add to a lock merges without a
conflict. The inputs have none, for they are compared with what the project declares; that no entry is missing or too
much is what the closure proves. A digest is over canonical text: a lock with other formatting and the same meaning has
the same. Whoever edits on purpose can seal again: the closure and the index protect against that.
"""

from __future__ import annotations

from itertools import repeat

from lockenv.lockfile.lock import own
from lockenv.lockfile.toml_writer import around, by_name_and_version, lay_out, package_text
from lockenv.vocabulary.hashing import sha256
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Final

    from lockenv.lockfile.lock import Lock

DIGITS: Final = 32
"""Hexadecimal, of a sha256: 128 bits are far beyond accidents, and a lock has one digest for each entry."""
_HEADER = "\n[packages.tool.lockenv]\n"
"""Of an entry; its digest follows, the first of its keys."""
_ENTRY = "\n\n[[packages]]\n"
"""The end of a line, and the header of the entry that follows in canonical text."""
_REST = lazy_pattern(r"\n(?=\n\[(?!\[?packages[].]))")
"""What ends the last entry of canonical text."""


def digest(table: Mapping[str, Any]) -> str:
    """Return the digest of the meaning of an entry of a lock."""
    return _digest(package_text(_unsealed(table)))


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return `document` with its digests in `[tool.lockenv]` and `[packages.tool.lockenv]`."""
    packages = [_with_digest(package, digest(package)) for package in document.get("packages", ())]
    rest = _with_digest(document, _rest(document))
    return {**rest, "packages": packages} if "packages" in document else rest


def sealed_text(document: Mapping[str, Any]) -> str:
    """Return the canonical text of `document` with its digests: `write(sealed(document))`."""
    return sealed_with_text(document)[1]


def sealed_with_text(document: Mapping[str, Any], before: Lock | None = None) -> tuple[dict[str, Any], str]:
    """Return `document` as its canonical text reads, with its digests, and that text; its entries laid out once.

    Where it has an entry of the lock `before`, which this function sealed, too, it is taken as it was.
    """
    packages = document.get("packages")
    if not packages:
        whole = sealed(document)
        return whole, lay_out(whole)
    rest = _with_digest(document, _rest(document))
    head, tail = around(rest)
    ordered = by_name_and_version(packages)
    kept = _kept(ordered, before) if before is not None else {}
    bare = [_unsealed(package) for number, package in enumerate(ordered) if number not in kept]
    texts = [package_text(each) for each in bare]
    new = map(_sealed_entry, bare, texts, repeat(sum(map(len, texts))))
    entries = [kept[number] if number in kept else next(new) for number in range(len(ordered))]
    text = "".join([head, *[text for _, text in entries], tail])
    return {**rest, "packages": [package for package, _ in entries]}, text


def _kept(packages: Sequence[Mapping[str, Any]], before: Lock) -> dict[int, tuple[Mapping[str, Any], str]]:
    """Return the entries, and their texts, of those `packages` that mean what one `before` does, by their positions."""
    texts = _texts(before)
    old = {(entry.name, entry.version): position for position, entry in enumerate(before.packages)} if texts else {}
    found = {}
    for number, package in enumerate(packages):
        position = old.get((package["name"], package.get("version", "")))
        if position is not None:
            table = before.packages[position].table
            if _with_digest(package, before.packages[position].digest) == table:
                found[number] = (table, texts[position])
    return found


def altered(lock: Lock) -> tuple[int, ...] | None:
    """Return what of `lock` does not mean what was sealed: positions of entries, -1 for the rest.

    None for a lock of another tool, which has no digests; of ours, what has none was altered.
    """
    mine = lock.own
    if mine is None:
        return None
    texts, size = _texts(lock), len(lock.text)
    found = [] if _rest(lock.document) == mine.get("digest") else [-1]
    for position, package in enumerate(lock.packages):
        recorded = package.digest
        # What hashes to the recorded digest is the text that was sealed; anything else is written again to compare.
        if texts and _digest(texts[position].replace(f'digest = "{recorded}"\n', "", 1), size) == recorded:
            continue
        if _digest_of_bare(texts, position, recorded) != recorded and digest(package.table) != recorded:
            found.append(position)
    return tuple(found)


def is_intact(lock: Lock) -> bool | None:
    """Return whether `lock` means what was sealed; None when it carries no digest."""
    found = altered(lock)
    return None if found is None else not found


def _digest_of_bare(texts: list[str], position: int, recorded: str) -> str:
    """Return the digest of an entry whose only key of ours is its digest: then the header belongs to the seal too."""
    return _digest(texts[position].replace(f'{_HEADER}digest = "{recorded}"\n', "", 1)) if texts else ""


def _texts(lock: Lock) -> list[str]:
    """Return the text of each entry of a lock in canonical layout; nothing where the layout is another one."""
    _, *texts = lock.text.split(_ENTRY)
    if len(texts) != len(lock.packages) or not texts:
        return []
    last = _REST.split(texts[-1], 1)[0]
    return [f"{_ENTRY[1:]}{text}\n" for text in texts[:-1]] + [f"{_ENTRY[1:]}{last}\n"]


def _sealed_entry(bare: Mapping[str, Any], unsealed: str, size: int) -> tuple[Mapping[str, Any], str]:
    """Return an entry with its digest, and its text; `unsealed` is that of `bare`, which is the same without one."""
    found = _digest(unsealed, size)
    whole, line = _with_digest(bare, found), f'digest = "{found}"\n'
    before, header, after = unsealed.partition(_HEADER)
    if "tool" not in bare:
        return whole, f"{unsealed}{_HEADER}{line}"
    if not header or _HEADER in after or min(bare["tool"]["lockenv"]) < "digest":
        return whole, package_text(whole)
    return whole, f"{before}{header}{line}{after}"


def _rest(document: Mapping[str, Any]) -> str:
    """Return the digest of everything but the entries and the inputs."""
    bare = _unsealed({key: value for key, value in document.items() if key != "packages"})
    mine = own(bare)
    if mine is not None and "inputs" in mine:
        kept = {key: value for key, value in mine.items() if key != "inputs"}
        bare = {**bare, "tool": {**bare["tool"], "lockenv": kept}}
    return _digest("".join(around(bare)))


def _with_digest(table: Mapping[str, Any], found: str) -> dict[str, Any]:
    tool = table.get("tool", {})
    return {**table, "tool": {**tool, "lockenv": {**tool.get("lockenv", {}), "digest": found}}}


def _unsealed(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a document or an entry without its digest, and without tables that hold nothing else."""
    tool = table.get("tool", {})
    mine = own(table)
    if mine and "digest" not in mine:
        return table
    rest = {key: value for key, value in (mine or {}).items() if key != "digest"}
    if mine is not None:
        tool = {key: value for key, value in tool.items() if key != "lockenv"} | ({"lockenv": rest} if rest else {})
    bare = {key: value for key, value in table.items() if key != "tool"}
    return {**bare, "tool": tool} if tool else bare


def _digest(text: str, size: int = 0) -> str:
    """Return the digest of `text`; `size` is how long all texts are together, where there are more."""
    return sha256(text.encode("utf-8", "surrogatepass"), size).hexdigest()[:DIGITS]
