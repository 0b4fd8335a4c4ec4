"""Every public class is explained by the glossary, or by a name that is made of its words and plain ones."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "glossary.md").read_text("utf-8")
_PLAIN = """
absence access address already alternative attestation attested audit auditor budget bug builder built bundled bytecode
cache cached cap cause certificate change changed check checkout choice claim client code column command comparison
completion configuration conflict console constrained content creation damaged decision declaration declared delivered
derived difference differs directory disk document downloaded edit edited error excluding exit expected explained
export exported facts faulty file flat foreign found growth gzip host http ignored import in inadmissible input install
installed joiner kept key keyword known lacking limit list local locked lockenv login lost machine maker matches memory
missing moved naming needs network new no node not note on option owned partial path permission permitted place process
proxied publisher python question reader ready record refused remote removed repair reply report repository request
requested required resolved resolver response result root rule runner same scanned script search session set setting
settings setup socket solution solved span specifier staged statement step stored submodule subset synced system table
tree trusted unaccepted unbuilt unconverted uncovered undefined unmet unproved unread unreadable unsolvable unsupported
unusable upgrade upgraded url usable usage value variant verified verify version vulnerable walk watched without worker
would writer written
"""
PLAIN = frozenset(_PLAIN.split())
"""Words that a class name may add to those of the glossary: each means here what it means anywhere."""
_WORD = re.compile(r"[A-Z][a-z0-9]*")


def classes() -> Iterator[tuple[str, str]]:
    """Room and name of each public class of the package; the `Options` of commands are all alike.

    That includes those that type checkers alone see.
    """
    for path in sorted((ROOT / "lockenv").rglob("*.py")):
        room = path.relative_to(ROOT / "lockenv").parts[0]
        body = ast.parse(path.read_text("utf-8")).body
        for node in [*body, *(each for outer in body if isinstance(outer, ast.If) for each in outer.body)]:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and node.name != "Options":
                yield room, node.name


def explained() -> set[tuple[str, str]]:
    """Room and name of each class that the glossary has in its table."""
    rows = re.findall(r"^\| `([a-z]+)` \| ([^|]+) \|", TEXT, re.MULTILINE)
    return {(room, name) for room, cell in rows for name in re.findall(r"`(\w+)`", cell)}


def terms() -> set[str]:
    """The words of the glossary, one by one."""
    return {word for term in re.findall(r"\*\*(.+?)\*\*", TEXT) for word in re.findall(r"[a-z]+", term.lower())}


KNOWN = PLAIN | terms()


def singular(word: str) -> str:
    """`word` as it is known, where that is its singular."""
    forms = (word, word.removesuffix("s"), word.removesuffix("es"), f"{word[:-3]}y")
    return next((form for form in forms if form in KNOWN), word)


def test_every_public_class_is_explained() -> None:
    found = set(classes())

    assert len(found) > 200
    assert {
        f"{room}: {name}": words
        for room, name in sorted(found - explained())
        if (words := [w for w in map(str.lower, _WORD.findall(name)) if singular(w) not in KNOWN])
    } == {}


def test_a_single_word_is_explained_unless_it_is_a_word_of_the_glossary() -> None:
    single = {(room, name) for room, name in classes() if len(_WORD.findall(name)) == 1}

    assert (
        sorted(f"{room}: {name}" for room, name in single - explained() if singular(name.lower()) not in terms()) == []
    )


def test_every_class_that_is_explained_exists() -> None:
    assert sorted(explained() - set(classes())) == []


def test_words_are_sorted_and_each_is_there_once() -> None:
    rows = re.findall(r"^\| \*\*(.+?)\*\*", TEXT, re.MULTILINE)

    assert [row.lower() for row in rows] == sorted({row.lower() for row in rows})


def test_each_plain_word_is_used() -> None:
    used = {singular(word.lower()) for _, name in classes() for word in _WORD.findall(name)}

    assert sorted(PLAIN - used) == []
