from __future__ import annotations

import pytest

from lockenv.resolve.edges import Edge, edge_of
from lockenv.vocabulary.markers import ALWAYS, NEVER, parse
from lockenv.vocabulary.names import ExtraName

X = ExtraName("x")


def edge(text: str) -> Edge:
    found = edge_of(text)
    assert isinstance(found, Edge)
    return found


def test_requirement_for_an_extra_applies_with_it_alone() -> None:
    found = edge("b[c]>=1; os_name == 'nt' and extra == 'X'")

    assert [found.applies(each) for each in (None, ExtraName("y"), X)] == [NEVER, NEVER, parse("os_name == 'nt'")]
    assert (found.only, found.name, found.extras, found.specifier, found.fault) == ("x", "b", ("c",), ">=1", "")
    assert found.marker is parse("os_name == 'nt' and extra == 'x'")
    assert found.text == "b[c]>=1; os_name == 'nt' and extra == 'X'"


def test_requirement_for_everyone_applies_with_every_extra() -> None:
    found = edge("b; extra != 'x'")

    assert [found.applies(each) for each in (None, ExtraName("y"), X)] == [ALWAYS, ALWAYS, NEVER]
    assert found.only == ""


def test_requirement_for_an_extra_from_a_url_is_at_fault() -> None:
    assert edge("b @ https://files.example/b.whl ; extra == 'x'").fault == (
        "requires b from a URL, which cannot be locked"
    )


@pytest.mark.parametrize("text", ["b>=; extra == 'x'", "-b; extra == 'x'", "b; extra == 'x"])
def test_invalid_requirement_for_an_extra_is_a_sentence(text: str) -> None:
    assert edge_of(text) == f"requires `{text}`, which is not a valid requirement"


def test_edge_has_nothing_but_its_fields() -> None:
    found = edge("b; extra == 'x'")

    assert not hasattr(found, "other")
    assert not hasattr(found, "_other")
