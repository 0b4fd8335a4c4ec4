from __future__ import annotations

import pytest

from lockenv.lockfile.digest import digest, is_intact, sealed
from lockenv.lockfile.text import read, write
from tests.unit.lockfile.builders import document, file_table, package

WHOLE = sealed(
    document(
        package("a", "1", sdist=file_table("a-1.tar.gz")),
        package("b", "1"),
        tool={"lockenv": {"schema": 1, "inputs": {"dependencies": ["a", "b"]}}},
    )
)
TEXT = write(WHOLE)


def test_a_lock_as_it_was_written_is_intact() -> None:
    assert is_intact(read(TEXT)) is True


def test_the_text_without_its_digest_hashes_to_the_digest() -> None:
    assert digest(WHOLE) == WHOLE["tool"]["lockenv"]["digest"]
    assert sealed(WHOLE) == WHOLE


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("\n", "\r\n"),
        TEXT.replace(" = ", "="),
        TEXT.replace("[[packages]]", "# a comment\n[[packages]]"),
        TEXT.replace('lock-version = "1.0"\ncreated-by = "lockenv"', "created-by = 'lockenv'\nlock-version = '1.0'"),
    ],
)
def test_other_formatting_of_the_same_meaning_is_intact(text: str) -> None:
    assert text != TEXT
    assert is_intact(read(text)) is True


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('version = "1"', 'version = "2"'),
        ("files.example/a-1-py3", "evil.example/a-1-py3"),
        ('dependencies = ["a", "b"]', 'dependencies = ["a"]'),
        ("schema = 1", "schema = 2"),
        ('created-by = "lockenv"', 'created-by = "lockenv"\nunknown = 1'),
        ("size = 10", "size = 11"),
        ('digest = "', 'digest = "0'),
    ],
)
def test_another_meaning_is_not_intact(old: str, new: str) -> None:
    text = TEXT.replace(old, new, 1)

    assert text != TEXT
    assert is_intact(read(text)) is False


def test_a_lock_without_a_digest_cannot_tell() -> None:
    assert is_intact(read(write(document()))) is None


def test_a_lock_of_another_tool_can_be_sealed() -> None:
    assert is_intact(read(write(sealed(document(tool={"other": {"a": 1}}))))) is True
