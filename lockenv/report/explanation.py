"""Places, conditions and refusals as every explaining command shows them, in text and in JSON."""

from __future__ import annotations

from lockenv.vocabulary.pin import Unsolvable

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.console.tables import Style
    from lockenv.vocabulary.origin import Origin
    from lockenv.vocabulary.pin import NeedsPermission


def place(origins: Iterable[Origin]) -> str:
    """Return where something is written; every place of it."""
    return ", ".join(str(origin) for origin in origins)


def places(origins: Iterable[Origin]) -> list[dict[str, object]]:
    """Return origins as `--json` prints them."""
    return [{"file": each.file, "line": each.line or None, "key": each.key} for each in origins]


def marked(condition: str) -> tuple[tuple[str, Style], ...]:
    """Return a condition as the last parts of a line; none when it says nothing."""
    return ((f" ; {condition}", "dim"),) if condition else ()


def refusal(answer: Unsolvable | NeedsPermission) -> dict[str, object]:
    """Return as `--json` reports it why there is no solution, or what must be built before there is one."""
    if not isinstance(answer, Unsolvable):
        return {
            "unbuilt": [
                {
                    "name": one.name,
                    "version": one.version,
                    "reason": one.reason,
                    "environment": one.environment or None,
                    "required_by": list(one.chain),
                    "written": places([one.origin] if one.origin else []),
                }
                for one in answer.packages
            ]
        }
    return {
        "environment": answer.environment or None,
        "reasons": list(answer.reasons),
        "hints": list(answer.hints),
        "written": places(answer.origins),
    }
