"""A remembered failure counts as long as the machine looks the same, and for an hour."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from lockenv.builds.build_answers import BuildAnswers
from lockenv.builds.failed_builds import RememberedFailureError, keep, refuse, surroundings
from lockenv.errors import BuildError
from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import FetchSettings
from lockenv.vocabulary.names import NormalizedName

if TYPE_CHECKING:
    from pathlib import Path

NAME = NormalizedName("native")


@pytest.fixture
def fetcher(tmp_path: Path) -> Fetcher:
    return Fetcher(FetchSettings(cache_dir=str(tmp_path / "cache"), offline=True))


def test_failure_is_raised_again_as_it_was(fetcher: Fetcher) -> None:
    answers = BuildAnswers()
    keep(fetcher, "one", BuildError("building native failed", hint="full log: log.txt"))

    with pytest.raises(RememberedFailureError) as raised:
        refuse(fetcher, "one", NAME, answers.note)
    refuse(fetcher, "another", NAME, answers.note)

    assert (raised.value.message, raised.value.hint) == ("building native failed", "full log: log.txt")
    assert [*answers.used] == [("build-failed-1", "one")]


@pytest.mark.parametrize("age", [3601, -60])
def test_failure_of_more_than_an_hour_ago_or_of_the_future_is_forgotten(fetcher: Fetcher, age: int) -> None:
    keep(fetcher, "one", BuildError("building native failed"))
    entry = fetcher.store.get("build-failed-1", "one")
    assert entry is not None
    fetcher.store.put("build-failed-1", "one", entry._replace(stored=time.time() - age))

    refuse(fetcher, "one", NAME, BuildAnswers().note)


@pytest.mark.parametrize("variable", ["PATH", "CPATH", "LIBRARY_PATH", "PKG_CONFIG_PATH", "CMAKE_PREFIX_PATH"])
def test_what_is_put_where_a_build_looks_changes_the_surroundings(tmp_path: Path, variable: str) -> None:
    environ = {variable: str(tmp_path)}
    before = surroundings(environ, is_allowed=False)

    same = surroundings(environ, is_allowed=False)
    tmp_path.joinpath("pg_config").mkdir()
    after = surroundings(environ, is_allowed=False)

    assert same == before != after


def test_variables_that_a_build_sees_and_its_network_are_part_of_the_surroundings() -> None:
    found = [
        surroundings(environ, is_allowed=is_allowed)
        for environ, is_allowed in (
            ({}, False),
            ({"TOKEN": "secret"}, False),
            ({"CFLAGS": "-g"}, False),
            ({}, True),
            ({"HTTP_PROXY": "http://proxy.example"}, True),
        )
    ]

    assert found[0] == found[1]
    assert len(set(found)) == 4
