from __future__ import annotations

import pytest

from lockenv.errors import InputError, LockenvError, NetworkError, RefusedError
from lockenv.index.page import File
from lockenv.index.sdists import MOST, MOST_BYTES, SdistReader, left_out
from lockenv.vocabulary.distribution import Unusable
from lockenv.vocabulary.names import NormalizedName

A = NormalizedName("a")


def file(number: int, size: int = 1) -> File:
    return File(f"a-{number}.tar.gz", f"https://files.example/a-{number}.tar.gz", "0" * 64, size, "", "", None, "")


def refused(sizes: list[int]) -> list[int]:
    sdists = SdistReader()
    return [number for number, size in enumerate(sizes) if sdists.excess(A, file(number, size))]


def test_old_sdists_of_one_project_are_not_read_without_end() -> None:
    assert refused([1] * (MOST + 2)) == [MOST, MOST + 1]


def test_first_sdist_is_read_however_large_and_nothing_smaller_after_one_that_is_too_much() -> None:
    assert refused([MOST_BYTES * 2, MOST_BYTES, 1, MOST_BYTES]) == [2, 3]


def test_same_sdist_counts_once() -> None:
    sdists = SdistReader()

    assert [sdists.excess(A, file(1)) for _ in range(MOST + 1)] == [None] * (MOST + 1)


@pytest.mark.parametrize(
    "error", [InputError("it is broken"), RefusedError("bad-archive", "it is broken"), NetworkError("it is gone")]
)
def test_broken_sdist_leaves_its_release_out(error: LockenvError) -> None:
    if isinstance(error, NetworkError):
        error.status = 404

    assert isinstance(left_out(error), Unusable)


@pytest.mark.parametrize("error", [RefusedError("hash-mismatch", "it is forged"), NetworkError("no one answers")])
def test_forged_bytes_and_silent_servers_are_errors(error: LockenvError) -> None:
    with pytest.raises(type(error)):
        left_out(error)
