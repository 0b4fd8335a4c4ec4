from __future__ import annotations

import pytest

from lockenv.vocabulary.requirement import parse


@pytest.mark.parametrize("text", ["a>={}", "a==1.0+{}", "a=={}!1", "a; python_full_version >= '{}'"])
def test_number_that_python_does_not_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a number of more than 1000 digits"):
        parse(text.format("9" * 5000))
