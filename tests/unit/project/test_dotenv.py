"""Files that assign environment variables."""

from __future__ import annotations

import pytest

from lockenv.errors import InputError
from lockenv.project.dotenv import assigned


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("A=1\n\n# said\n  export B = two words  # why\n", {"A": "1", "B": "two words"}),
        ("A=x#y\nA=\n", {"A": ""}),
        ("A='${B} \\n'\n", {"A": "${B} \\n"}),
        ('A="a\\tb\\\\n \\${HOME} ${HOME}" # said\n', {"A": "a\tb\\n ${HOME} /home"}),
        ("A=1\nB=${A}${NONE}2\n", {"A": "1", "B": "12"}),
    ],
)
def test_lines_assign_variables(text: str, values: dict[str, str]) -> None:
    assert assigned(text, ".env", {"HOME": "/home"}) == values


@pytest.mark.parametrize("line", ["A", "=1", "1A=2", "A='x", 'A="x" y'])
def test_other_line_is_refused_at_its_place(line: str) -> None:
    with pytest.raises(InputError) as refused:
        assigned(f"# first\n{line}\n", ".env", {})

    assert str(refused.value.origin) == ".env:2"
