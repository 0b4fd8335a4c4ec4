"""An expression that an earlier run compiled is the one that `re` compiles."""

from __future__ import annotations

import marshal
import pkgutil
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

import lockenv
from lockenv.vocabulary import compiled_patterns, late
from lockenv.vocabulary.patterns import _Unused

if TYPE_CHECKING:
    from collections.abc import Iterator


class Memory:
    """Keeps everything, in the form in which a cache does."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Any] = {}

    def recalled(self, kind: str, text: str) -> Any:
        return self.kept.get((kind, text))

    def remember(self, kind: str, text: str, value: Any) -> None:
        self.kept[kind, text] = dict(value)


@pytest.fixture
def memory() -> Iterator[Memory]:
    kept, before = Memory(), late.open_memory
    late.open_memory = lambda: kept
    yield kept
    late.open_memory = before
    late.at_end.clear()


def start_again(memory: Memory) -> None:
    """Do what happens between two runs."""
    while late.at_end:
        late.at_end.pop()()
    late.open_memory = lambda: None
    compiled_patterns.compiled("x")
    late.open_memory = lambda: memory


def own_sources() -> set[str | bytes]:
    """Return every expression that a module of lockenv names."""
    found = set[str | bytes]()
    for module in pkgutil.walk_packages(lockenv.__path__, "lockenv."):
        if module.name.endswith("__main__") or ".assets" in module.name:
            continue
        for value in vars(import_module(module.name)).values():
            if isinstance(value, _Unused):
                found.add(value.source)
    return found


def test_every_expression_of_lockenv_is_the_same_when_it_is_recalled(memory: Memory) -> None:
    sources = own_sources()
    expected = {source: re.compile(source) for source in sources}
    for source in sources:
        compiled_patterns.compiled(source)
    start_again(memory)

    recalled = {source: compiled_patterns.compiled(source) for source in sources}

    assert len(sources) > 100
    assert memory.kept["expressions", ""].keys() == sources
    assert recalled == expected
    assert {source: dict(found.groupindex) for source, found in recalled.items()} == {
        source: dict(found.groupindex) for source, found in expected.items()
    }


def test_recalled_expression_finds_and_replaces_as_a_compiled_one(memory: Memory) -> None:
    compiled_patterns.compiled("(?P<first>a+)|(b)")
    start_again(memory)

    found = compiled_patterns.compiled("(?P<first>a+)|(b)")

    assert found.sub(r"<\g<first>>", "xaab") == "x<aa><>"
    assert [each.groupdict() for each in found.finditer("aab")] == [{"first": "aa"}, {"first": None}]


@pytest.mark.parametrize("code", [1, (), ("a", 32, [1, 2, 3], 0, {}, (None,)), ("a", 32, [-1], 0, {}, (None,))])
def test_numbers_that_make_no_expression_are_replaced(memory: Memory, code: Any) -> None:
    memory.kept["expressions", ""] = {"a+": marshal.dumps(code)}

    assert compiled_patterns.compiled("a+").fullmatch("aa")
    start_again(memory)
    assert compiled_patterns._made(memory.kept["expressions", ""]["a+"]).fullmatch("aa")


@pytest.mark.parametrize("code", [b"", b"\xff", b"("])
def test_bytes_that_hold_nothing_are_left_alone(memory: Memory, code: bytes) -> None:
    memory.kept["expressions", ""] = {"a+": code}

    assert compiled_patterns.compiled("a+").fullmatch("aa")


def test_numbers_of_another_expression_are_replaced(memory: Memory) -> None:
    compiled_patterns.compiled("b+")
    start_again(memory)
    memory.kept["expressions", ""]["a+"] = memory.kept["expressions", ""]["b+"]

    assert compiled_patterns.compiled("a+").fullmatch("aa")


def test_what_is_new_is_remembered_beside_what_is_known(memory: Memory) -> None:
    compiled_patterns.compiled("a")
    start_again(memory)
    compiled_patterns.compiled("a")
    compiled_patterns.compiled("b")
    compiled_patterns.compiled("c")
    start_again(memory)

    assert memory.kept["expressions", ""].keys() == {"a", "b", "c"}


def test_run_that_knows_all_remembers_nothing(memory: Memory) -> None:
    compiled_patterns.compiled("a")
    start_again(memory)
    compiled_patterns.compiled("a")

    assert late.at_end == []
