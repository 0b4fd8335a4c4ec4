"""Settings in effect, as lines and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lockenv.vocabulary.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockenv.operations.configuration import Setting


def lines(found: Sequence[Setting]) -> Iterator[str]:
    """Yield a line for each setting: its name, its value, and where it is from."""
    width = max((len(one.name) for one in found), default=0)
    for one in found:
        yield f"{one.name.ljust(width)}  {printable(_text(one.value))}  ({printable(one.source)})"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def report(found: Sequence[Setting], path: str, *, is_there: bool) -> dict[str, object]:
    """Return what `--json` prints; the user's configuration is, or would be, at `path`."""
    rows = [{"name": one.name, "value": one.value, "source": one.source} for one in found]
    return {"schema": 1, "path": path, "is_there": is_there, "settings": rows}
