from __future__ import annotations

import re
from pathlib import Path

from lockenv.report.findings import RULES

DOCUMENTED = Path(__file__).parents[3] / "docs/check.md"


def test_every_rule_is_documented_and_every_documented_rule_is_one() -> None:
    text = DOCUMENTED.read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE))

    assert listed | {"unreadable", "unanswered"} == set(RULES)
