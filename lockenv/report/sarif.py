"""Findings in the format of scanners: SARIF 2.1.0.

Pure: findings go in, JSON values come out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from lockenv.report.annotations import relative
from lockenv.vocabulary.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.errors import Place
    from lockenv.vocabulary.finding import Finding

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(
    findings: Sequence[Finding], rules: Mapping[str, str], *, version: str, directory: str, root: str
) -> dict[str, object]:
    """Return the log of one run: every one of `rules` (id to what it looks for), and a result for each finding.

    Files, which are relative to `directory`, are named relative to `root`.
    """
    positions = {rule: position for position, rule in enumerate(rules)}
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "lockenv",
                        "version": version,
                        "rules": [
                            {"id": rule, "shortDescription": {"text": meaning}} for rule, meaning in rules.items()
                        ],
                    }
                },
                # SARIF 2.1.0, 3.14.17: columns count what the producer says they count.
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, positions, directory, root) for finding in findings],
            }
        ],
    }


def _result(finding: Finding, positions: Mapping[str, int], directory: str, root: str) -> dict[str, object]:
    hint = f"; {finding.hint}" if finding.hint else ""
    result: dict[str, object] = {
        "ruleId": finding.rule,
        "ruleIndex": positions[finding.rule],
        "level": finding.level,
        # SARIF 2.1.0, 3.11.6: `[text](address)` in a message is a link, which no lock is to place there.
        "message": {"text": printable(finding.sentence + hint).replace("](", "] (")},
    }
    if finding.origin is not None:
        result["locations"] = [_location(finding.origin, directory, root)]
    return result


def _location(origin: Place, directory: str, root: str) -> dict[str, object]:
    physical: dict[str, object] = {
        "artifactLocation": {"uri": quote(relative(origin.file, directory, root)), "uriBaseId": "%SRCROOT%"}
    }
    if origin.line:
        region = {"startLine": origin.line}
        if origin.column:
            region["startColumn"] = origin.column
        physical["region"] = region
    location: dict[str, object] = {"physicalLocation": physical}
    if origin.key:
        location["logicalLocations"] = [{"fullyQualifiedName": origin.key}]
    return location
