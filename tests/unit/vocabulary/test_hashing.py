from __future__ import annotations

import hashlib
import sys
from typing import TYPE_CHECKING

from lockenv.vocabulary.hashing import blake2b, digest

if TYPE_CHECKING:
    import pytest


def test_names_of_memories_are_the_same_without_what_is_built_in(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = hashlib.blake2b(b"ab", digest_size=32).hexdigest()
    found = [blake2b(b"ab").hexdigest()]
    monkeypatch.setitem(sys.modules, "_blake2", None)
    parts = blake2b(b"a")
    parts.update(b"b")

    assert [*found, blake2b(b"ab").hexdigest(), parts.hexdigest()] == [expected] * 3


def test_digest_of_a_content_is_its_own_whatever_was_asked_before() -> None:
    contents = [b"", b"short", b"long " * 9, b"gone " * 9, b"", b"long " * 9, b"longest " * 9, b"long " * 9]

    assert [digest(each) for each in contents] == [
        hashlib.blake2b(each, digest_size=32).hexdigest() for each in contents
    ]
