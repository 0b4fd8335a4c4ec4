"""Hashes behind the requirements of a file are read as pip reads them."""

from __future__ import annotations

import pytest

from lockenv.project.requirements import manifest
from lockenv.vocabulary.listed_hashes import HashList
from lockenv.vocabulary.names import NormalizedName, Sha256
from lockenv.vocabulary.origin import Origin

ONE, TWO = Sha256("0" * 63 + "a"), Sha256("1" * 64)


def lists(text: str, **others: str) -> dict[str, list[tuple[str, str, tuple[str, ...]]]]:
    files = {"requirements.in": text} | {f"{name}.txt": other for name, other in others.items()}
    found = manifest(["requirements.in"], lambda name: files[name], {}).policy.hashes
    return {name: [(one.specifier, one.marker, one.sha256) for one in some] for name, some in found.items()}


@pytest.mark.parametrize(
    "text",
    [
        f"a==1 --hash=sha256:{TWO} --hash=sha256:{ONE}",
        f"a==1 \\\n    --hash=sha256:{TWO} \\\n    --hash=sha256:{ONE}\n    # via b",
        f"a==1 --hash sha256:{TWO}\t--hash = sha256:{ONE.upper()}  # why",
        f"a==1 --hash=\"sha256:{TWO}\" --hash='sha256:{ONE}' --hash=sha256:{ONE}",
        f"A == 1 --hash=sha256:{ONE} --hash=sha256:{TWO}\na==1 --hash=sha256:{TWO} --hash=sha256:{ONE}",
    ],
)
def test_hashes_are_read_as_pip_reads_them(text: str) -> None:
    assert lists(text) == {"a": [("==1", "", (ONE, TWO))]}


def test_list_knows_its_place_and_leaves_the_requirement_as_it_is() -> None:
    text = f"b\na==1 ; python_version < '3.9' \\\n  --hash=sha256:{ONE}\n"
    found = manifest(["requirements.in"], lambda _: text, {})

    assert [str(each.requirement) for each in found.dependencies] == ["b", 'a==1; python_version < "3.9"']
    assert found.policy.hashes == {
        NormalizedName("a"): (
            HashList(
                specifier="==1",
                marker='python_version < "3.9"',
                sha256=(ONE,),
                origin=Origin(file="requirements.in", line=3, column=3, source=f"  --hash=sha256:{ONE}"),
            ),
        )
    }


def test_lists_of_places_and_of_constraints_are_kept_by_name() -> None:
    found = lists(
        f"./a-1-py3-none-any.whl --hash=sha256:{ONE}\n"
        f"b @ https://files.example/b-1.zip --hash=sha256:{TWO}\n-c limits.txt",
        limits=f"c==2 --hash=sha256:{ONE}\nd<3",
    )

    assert found == {"a": [("", "", (ONE,))], "b": [("", "", (TWO,))], "c": [("==2", "", (ONE,))]}
