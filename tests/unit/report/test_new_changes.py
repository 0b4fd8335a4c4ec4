from __future__ import annotations

import io

from lockenv.console import Console
from lockenv.report.new_changes import NewChangesOnly


def test_change_that_was_reported_is_not_reported_again() -> None:
    err = io.StringIO()
    listener = NewChangesOnly(Console(out=None, err=err), {("+", "idna 3.10"), ("~", "rich 13.0 → 14.0")})

    listener.change("+", "idna 3.10")
    listener.change("-", "idna 3.10")
    listener.change("~", "rich 13.0 → 14.0")
    listener.change("+", "h11 0.16.0")
    listener.say("Installed 2 in 0.2s")

    assert err.getvalue() == "  - idna 3.10\n  + h11 0.16.0\nInstalled 2 in 0.2s\n"
