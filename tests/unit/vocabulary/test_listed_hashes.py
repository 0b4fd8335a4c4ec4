"""Which files a list of hashes lets be locked."""

from __future__ import annotations

import pytest

from lockenv.vocabulary.listed_hashes import HashList, about, admits
from lockenv.vocabulary.names import Sha256
from lockenv.vocabulary.origin import Origin


def listing(specifier: str, *hashes: str, marker: str = "") -> HashList:
    return HashList(
        specifier=specifier, marker=marker, sha256=tuple(map(Sha256, hashes)), origin=Origin(file="requirements.txt")
    )


def test_list_is_about_the_versions_that_its_requirement_admits() -> None:
    one, local, any_ = listing("==1", "a"), listing("==1+cpu", "b"), listing("", "c")

    assert about((one, local, any_), "1") == (one, any_)
    assert about((one, local, any_), "1+cpu") == (one, local, any_)
    assert about((one, local, any_), "2") == (any_,)


@pytest.mark.parametrize(
    ("lists", "admitted"),
    [
        ([], "abc"),
        ([listing("==1", "a", "b")], "ab"),
        ([listing("==1", "a", "b"), listing(">0", "b", "c")], "b"),
        ([listing("==1", "a", marker="os_name == 'nt'"), listing("==1", "b", marker="os_name != 'nt'")], "ab"),
        ([listing("==1", "a", "b"), listing("==1", "b", "c", marker="os_name == 'nt'")], "b"),
    ],
)
def test_file_is_admitted_where_its_hash_is_listed(lists: list[HashList], admitted: str) -> None:
    assert "".join(digest for digest in "abc" if admits(lists, digest)) == admitted
