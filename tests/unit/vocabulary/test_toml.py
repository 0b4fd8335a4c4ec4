"""Documents that would keep a reader busy."""

from __future__ import annotations

import pytest

from lockenv.vocabulary import toml


@pytest.mark.parametrize(
    "text",
    ["x{} = 1", "[x{}]", "a = {{ x{} = 1 }}", '"x"{} = 1', "x {} = 1", "a = {{ s = '''\n''''', x{} = 1, q = '' }}"],
)
def test_key_of_many_parts_is_refused_before_it_is_read(text: str) -> None:
    with pytest.raises(ValueError, match="more than 100 parts"):
        toml.loads(text.format(" . a" * 100_000))


@pytest.mark.parametrize("text", ["# " + "." * 500, 'a = "' + "." * 500 + '"', "a" + ".a" * 50 + " = 1"])
def test_dots_elsewhere_are_read(text: str) -> None:
    toml.loads(text)


@pytest.mark.parametrize("value", ["a==1.2.3", 'a[b] ~= "1.2"', 1.5])
def test_a_long_array_on_one_line_is_no_key(value: object) -> None:
    assert toml.loads(f"a = [{', '.join([repr(value)] * 200)}]") == {"a": [value] * 200}


@pytest.mark.parametrize(
    "text",
    [
        f"a = [{'[], ' * 1_000_001}]",
        f"a = [{'{}, ' * 1_000_001}]",
        f"[a{'.a' * 90}]\n" * 12_000,
        f"a{'.a' * 90} = 1\n" * 12_000,
        "a = [\n" + f"{{ a{'.a' * 90} = 1 }},\n" * 12_000 + "]",
    ],
    ids=["arrays", "tables", "headers", "keys", "inline"],
)
def test_more_tables_than_in_any_honest_file_are_refused_unread(text: str) -> None:
    with pytest.raises(ValueError, match="more than 1000000 tables and arrays"):
        toml.loads(text)
