from __future__ import annotations

import pytest

from lockenv.errors import InputError
from lockenv.project.pyproject import manifest
from lockenv.vocabulary.manifest import StatedMetadata
from lockenv.vocabulary.names import ExtraName, normalize


def stated(text: str) -> tuple[StatedMetadata, ...]:
    return manifest(f"[dependency-groups]\n[tool.lockenv]\ndependency-metadata = {text}\n", "pyproject.toml").stated


def test_statements_are_read_in_canonical_form_and_order() -> None:
    found = stated(
        """[
        { name = "Zed", version = "1.0rc1", requires-dist = ["a >= 1", "b ; extra == 'x'"], provides-extra = ["X"] },
        { name = "c", requires-dist = [] },
        { name = "a.b", requires-python = "<4, >=3.9" },
        ]"""
    )

    assert found == (
        StatedMetadata(name=normalize("a-b"), requires_python="<4,>=3.9"),
        StatedMetadata(name=normalize("c"), requires=()),
        StatedMetadata(
            name=normalize("zed"),
            version="1.0rc1",
            requires=("a>=1", 'b; extra == "x"'),
            extras=(ExtraName("x"),),
        ),
    )


def test_statement_of_a_version_counts_before_that_of_every_version() -> None:
    text = '[{ name = "a", requires-dist = ["b"] }, { name = "a", version = "2.0", requires-dist = ["c"] }]'
    declared = manifest(f"[dependency-groups]\n[tool.lockenv]\ndependency-metadata = {text}\n", "pyproject.toml")

    said = [declared.statement(name, version) for name, version in (("a", "1.0"), ("a", "2.0"), ("b", "1.0"))]

    assert [one and one.requires for one in said] == [("b",), ("c",), None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{ version = "1" }]', "dependency-metadata[0] has no name"),
        ('[{ name = "a", version = "one" }]', 'dependency-metadata[0].version is "one", which is not a valid version'),
        ('[{ name = "a" }, { name = "A" }]', "dependency-metadata[1] is a duplicate for every version of a"),
        ('[{ name = "a", requires-dist = ["b @ https://index.example/b.whl"] }]', "requires-dist[0] contains a URL"),
        ('[{ name = "a", provides-extra = ["x"] }]', "provides-extra is set without requires-dist"),
        ('[{ name = "a", requires = [] }]', 'has no key "requires"'),
        ('[{ name = "a", requires-python = "3" }]', "is not a valid version specifier"),
    ],
)
def test_statement_that_says_nothing_clear_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError) as refused:
        stated(text)

    assert message in refused.value.message
    assert refused.value.origin is not None
