from __future__ import annotations

import random

import pytest

from lockenv.index.file_runs import FileRuns, taken
from lockenv.index.page_cache import grouped
from lockenv.vocabulary.names import NormalizedName

A_B = NormalizedName("a-b")
NAMES = ("a_b", "A.B", "a-b", "a", "b")
VERSIONS = ("1.0", "1", "1.0.0", "2.0rc1", "2.0", "x", "1.0-1", "2_0", "0")
ENDS = (
    "-py3-none-any.whl",
    "-cp311-cp311-manylinux_2_17_x86_64.whl",
    "-1-py3-none-any.whl",
    "-1-py3-none-any-label.whl",
    "-py3.whl",
    "-py3-none-anywhl.zip",
    ".tar.gz",
    ".zip",
    ".tar.gz.whl",
)


def names(seed: int) -> list[str]:
    """Return names of files, those of a release mostly one after the other."""
    source = random.Random(seed)
    found = []
    for _ in range(source.randrange(12)):
        begin = f"{source.choice(NAMES)}-{source.choice(VERSIONS)}"
        found += [begin + source.choice(ENDS[: 4 + source.randrange(6)]) for _ in range(source.randrange(1, 6))]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("first", range(0, 1000, 100))
def test_runs_of_names_are_of_the_releases_that_each_name_is_of(first: int) -> None:
    for seed in range(first, first + 100):
        listed = names(seed)
        runs = FileRuns(listed, A_B)
        expected, unread = grouped([(name, name) for name in listed], A_B)

        found = {key: (spelled, list(taken(listed, numbers))) for key, (spelled, numbers) in runs.releases.items()}

        assert ({key: (spelled, sorted(each)) for key, (spelled, each) in found.items()}, sorted(runs.unread)) == (
            {key: (spelled, sorted(each)) for key, (spelled, each) in expected.items()},
            sorted(unread),
        )


def test_range_has_wheels_before_source_distributions() -> None:
    for seed in range(1000):
        listed = names(seed)
        for _, numbers in FileRuns(listed, A_B).releases.values():
            if isinstance(numbers, range):
                are_wheels = [name.endswith(".whl") for name in taken(listed, numbers)]
                assert are_wheels == sorted(are_wheels, reverse=True)
