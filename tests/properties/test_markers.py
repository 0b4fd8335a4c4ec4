"""The marker algebra against `packaging`, on random markers and environments."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from packaging.markers import InvalidMarker
from packaging.markers import Marker as Reference

from lockenv.vocabulary.markers import parse
from tests.properties.fuzz_markers import expression, fuzz

EDITS = [
    "(",
    ")",
    " and ",
    " or ",
    "not ",
    "'",
    '"',
    " ",
    "in",
    "\\",
    "\n",
    "=",
    "os_name",
    "os.name",
    "extra",
    "\t",
    ";",
]


@pytest.mark.parametrize("seed", range(4))
def test_every_operation_agrees_with_packaging(seed: int) -> None:
    assert fuzz(cases=80, seed=seed, places=8).wrong == []


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    st.integers(0, 10**9),
    st.lists(st.tuples(st.sampled_from(EDITS), st.integers(0, 200), st.integers(0, 2)), max_size=3),
)
@example(4595, [('"', 62, 0)])  # `implementation_version ===" "3.8.1.5"`: no marker, and its start compares nothing
def test_exactly_the_text_that_packaging_accepts_is_accepted(seed: int, edits: list[tuple[str, int, int]]) -> None:
    text = expression(random.Random(seed), 2)
    for edit, position, removed in edits:
        text = text[: position % len(text)] + edit + text[position % len(text) + removed :]
    try:
        Reference(text)
    except InvalidMarker as error:
        with pytest.raises(ValueError) as caught:
            parse(text)
        assert str(caught.value) == str(error)
        return
    try:
        parse(text)
    except ValueError as refused:
        assert "defined" in str(refused) or "compare" in str(refused) or "asked" in str(refused)


SCRIPT = """
import random, sys
from lockenv.vocabulary.markers import UndefinedComparisonError, cofactor, marker_text, parse
from tests.properties.fuzz_markers import expression

texts = [expression(random.Random(f"order/{case}"), 3) for case in range(60)]
random.Random(sys.argv[1]).shuffle(texts)
made = {}
for text in texts:
    try:
        made[text] = parse(text)
    except UndefinedComparisonError:
        pass
care = parse("python_version >= '3.9' and (sys_platform == 'linux' or os_name == 'nt')")
for text in sorted(made):
    found = made[text]
    print(marker_text(found), "#", marker_text(found, care), "#", marker_text(cofactor(found, care)))
"""


def test_text_depends_neither_on_the_hash_seed_nor_on_the_order_of_parsing() -> None:
    printed = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT, order],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for order, seed in (("a", "0"), ("b", "1"), ("c", "77"))
    }

    assert len(printed) == 1
