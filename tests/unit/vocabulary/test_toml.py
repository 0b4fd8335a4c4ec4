"""Documents that would keep a reader busy."""

from __future__ import annotations

import pytest

from lockenv.vocabulary import toml


@pytest.mark.parametrize("text", ["x{} = 1", "[x{}]", "a = {{ x{} = 1 }}", '"x"{} = 1', "x {} = 1"])
def test_key_of_many_parts_is_refused_before_it_is_read(text: str) -> None:
    with pytest.raises(ValueError, match="more than 100 parts"):
        toml.loads(text.format(" . a" * 100_000))


@pytest.mark.parametrize("text", ["# " + "." * 500, 'a = "' + "." * 500 + '"', "a" + ".a" * 50 + " = 1"])
def test_dots_elsewhere_are_read(text: str) -> None:
    toml.loads(text)
