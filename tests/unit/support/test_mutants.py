"""The table of mutants speaks of the code as it is, so that what it says is guarded is guarded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.faults.mutants import ROOT, TABLE, mutants

if TYPE_CHECKING:
    from tests.faults.mutants import Mutant


def _is_there(test: str) -> bool:
    """Return whether pytest finds what `test` names: a file, a directory, or a function or a class of a file."""
    path, _, name = test.partition("::")
    place = ROOT / path
    if not name or not place.exists():
        return place.exists()
    found = name.partition("[")[0].rpartition("::")[2]
    return re.search(rf"^\s*(?:def|class) {found}\b", place.read_text(encoding="utf-8"), re.MULTILINE) is not None


@pytest.mark.parametrize("mutant", mutants(), ids=lambda mutant: mutant.name)
def test_mutant_applies(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text(encoding="utf-8")

    assert (text.count(mutant.before), mutant.before != mutant.after) == (1, True)
    assert [test for test in mutant.tests if not _is_there(test)] == []
    compile(text.replace(mutant.before, mutant.after), mutant.file, "exec")


def test_each_mutant_has_a_name_of_its_own() -> None:
    names = [mutant.name for mutant in mutants()]

    assert sorted(set(names)) == sorted(names)


def test_the_page_for_contributors_shows_an_entry_of_the_table() -> None:
    page = (ROOT / "docs/contributing.md").read_text("utf-8")
    shown = page.split("```toml\n[[mutant]]\n")[1].split("```")[0]

    assert shown in TABLE.read_text("utf-8")
