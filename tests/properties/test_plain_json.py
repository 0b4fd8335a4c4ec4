"""Small documents are written as the standard library writes them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lockenv.vocabulary.plain_json import dumped


class Text(str):
    """What derives from a text is one to `json`, too."""

    __slots__ = ()


plain = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\'))
texts = st.one_of(plain, st.text(), st.text(st.characters(max_codepoint=0x2100)), plain.map(Text))
scalars = st.one_of(texts, st.booleans(), st.none(), st.integers(), st.floats())
keys = st.one_of(texts, st.integers(), st.booleans())
documents = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner), st.lists(inner).map(tuple), st.dictionaries(keys, inner)),
    max_leaves=12,
)
plain_documents = st.recursive(
    st.one_of(plain, st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(plain, inner)),
    max_leaves=12,
)


def outcome(write: Any, document: object, indent: int | None, *, sort_keys: bool) -> object:
    try:
        return write(document, indent=indent, sort_keys=sort_keys)
    except (TypeError, ValueError) as error:
        return type(error)


@given(st.one_of(plain_documents, documents), st.one_of(st.none(), st.integers(0, 3)), st.booleans())
@example({"a": [], "b": {}, "c": [[]], "d": ["\x7f"]}, 1, False)
@example({"b": "\ud800", "a": ("x",)}, None, True)
@example({"b": 'say "', "a": "\\"}, None, True)
def test_text_is_what_the_library_writes(document: object, indent: int | None, sort_keys: bool) -> None:
    ours, theirs = (outcome(write, document, indent, sort_keys=sort_keys) for write in (dumped, json.dumps))

    assert ours == theirs


def test_document_that_contains_itself_is_refused_as_the_library_does() -> None:
    document: list[object] = []
    document.append(document)

    with pytest.raises(ValueError, match="Circular reference"):
        dumped(document)
