"""The reference says what the program has: `LOCKENV_RENEW_GOLDEN=1` rewrites it and fails."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from lockenv.project.policies import FORKS
from lockenv.report.findings import RULES
from lockenv.vocabulary.manifest import PREFERENCES, PRERELEASE_POLICIES
from tests.documents import meanings, reference, schema

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = reference.DOCS.parent / "lockenv"
_REFUSED = re.compile(r"(?:RefusedError\(|refuse\(|refused\()\s*\"([a-z][a-z0-9-]+)\"")
_VARIABLE = re.compile(r"\"(LOCKENV_(?!TEST)[A-Z]+)\"")


@pytest.mark.parametrize("path", reference.pages(), ids=lambda path: path.stem)
def test_page_is_what_the_program_makes_of_it(path: Path) -> None:
    text = path.read_text("utf-8")

    reported = reference.made(text)

    if os.environ.get("LOCKENV_RENEW_GOLDEN") and reported != text:
        path.write_text(reported, "utf-8")
        pytest.fail(f"{path.name} was rewritten: look at the difference, then run without LOCKENV_RENEW_GOLDEN")
    assert reported == text, "LOCKENV_RENEW_GOLDEN=1 rewrites it"


def test_schema_is_what_the_program_makes_of_it() -> None:
    made = schema.text()
    old = schema.PATH.read_text("utf-8") if schema.PATH.exists() else ""

    if os.environ.get("LOCKENV_RENEW_GOLDEN") and old != made:
        schema.PATH.write_text(made, "utf-8")
        pytest.fail(f"{schema.PATH.name} was written again: look at the difference, then run without the variable")
    assert old == made, "LOCKENV_RENEW_GOLDEN=1 writes it again"


def test_every_part_is_on_a_page() -> None:
    texts = "".join(path.read_text("utf-8") for path in reference.pages())

    assert set(re.findall(r"<!-- made: ([a-z-]+) -->", texts)) == set(reference.PARTS)


def test_every_meaning_is_of_a_key() -> None:
    reported = [*meanings.SETTINGS, *meanings.INDEX, *meanings.SOURCE, *meanings.WORKSPACE, *meanings.CONFLICT]
    reported += [
        *meanings.AUDIT,
        *meanings.IGNORED,
        *meanings.LICENSES,
        *meanings.LICENSE_EXCEPTION,
        *meanings.INPUTS,
        *meanings.VARIABLES,
        *meanings.USER,
    ]
    texts = "".join(path.read_text("utf-8") for path in reference.pages())

    assert [key for key in reported if f"| `{key}` |" not in texts] == []


def test_every_rule_that_refuses_is_documented() -> None:
    found = {rule for path in PROGRAM.rglob("*.py") for rule in _REFUSED.findall(path.read_text("utf-8"))}

    assert len(found) > 20
    assert found - set(reference.refusals()) == set()


def test_every_documented_rule_is_one_of_the_program() -> None:
    program = "".join(path.read_text("utf-8") for path in PROGRAM.rglob("*.py"))

    assert [rule for rule in reference.refusals() if f'"{rule}"' not in program] == []


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("prerelease", PRERELEASE_POLICIES),
        ("resolution", PREFERENCES),
        ("fork", FORKS),
    ],
)
def test_every_choice_of_a_setting_is_documented(key: str, words: tuple[str, ...]) -> None:
    assert meanings.SETTINGS[key][0] == ", ".join(f"`{word}`" for word in words)


def test_every_variable_is_documented() -> None:
    found = {name for path in PROGRAM.rglob("*.py") for name in _VARIABLE.findall(path.read_text("utf-8"))}

    assert found <= set(meanings.VARIABLES)


def test_no_rule_of_a_finding_is_one_of_a_refusal() -> None:
    assert set(RULES).isdisjoint(reference.refusals())
