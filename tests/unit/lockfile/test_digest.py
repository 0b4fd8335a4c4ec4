from __future__ import annotations

import pytest

from lockenv.lockfile.digest import altered, digest, is_intact, sealed, sealed_text, sealed_with_text
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


def test_every_entry_has_the_digest_of_what_it_says() -> None:
    assert [digest(package) for package in WHOLE["packages"]] == [
        package["tool"]["lockenv"]["digest"] for package in WHOLE["packages"]
    ]
    assert sealed(WHOLE) == WHOLE


@pytest.mark.parametrize(
    "tool",
    [{}, {"lockenv": {}}, {"lockenv": {"requires-dist": ["b"]}}, {"lockenv": {"a": 1}}, {"a": {}}, {"z": {"a": 1}}],
)
def test_text_is_laid_out_as_its_meaning_is(tool: dict[str, object]) -> None:
    whole = document(package("a", "1", tool=tool), package("b", "1"), tool={"lockenv": {"schema": 1}})

    meant, text = sealed_with_text(whole)

    assert meant == read(text).document
    assert (text, is_intact(read(text)), sealed_text(read(text).document)) == (write(sealed(whole)), True, text)


def test_entry_that_means_what_it_did_is_taken_with_its_seal() -> None:
    before = read(TEXT.replace(WHOLE["packages"][0]["tool"]["lockenv"]["digest"], "f" * 32))
    bare = document(package("a", "1", sdist=file_table("a-1.tar.gz")), package("b", "2"), tool=WHOLE["tool"])

    meant, text = sealed_with_text(bare, before)

    assert meant["packages"][0] == before.document["packages"][0]
    assert meant["packages"][1] == sealed_with_text(bare)[0]["packages"][1]
    assert read(text).document == meant


def test_what_was_altered_is_reported_by_its_position() -> None:
    assert altered(read(TEXT.replace("files.example/b-1", "evil.example/b-1"))) == (1,)
    assert altered(read(TEXT.replace("schema = 1", "schema = 2"))) == (-1,)
    assert altered(read(TEXT.replace("files.example/", "evil.example/"))) == (0, 1)


def test_inputs_are_compared_with_the_project_and_not_sealed() -> None:
    text = TEXT.replace('    "b",\n]', '    "b",\n    "c",\n]')

    assert text != TEXT
    assert is_intact(read(text)) is True


def test_entries_of_two_locks_go_together() -> None:
    one, other = (
        sealed_text(document(package("a", "1"), package(name, "1"), tool={"lockenv": {"schema": 1}})) for name in "bc"
    )

    both = one[: one.index("\n[tool.lockenv]")] + other[other.index('\n[[packages]]\nname = "c"') :]

    assert is_intact(read(both)) is True


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


def test_a_lock_without_a_digest_cannot_show_a_change() -> None:
    assert is_intact(read(write(document()))) is None


def test_a_lock_of_another_tool_can_be_sealed() -> None:
    assert is_intact(read(write(sealed(document(tool={"other": {"a": 1}}))))) is True
