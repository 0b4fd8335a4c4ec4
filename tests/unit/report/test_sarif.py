from __future__ import annotations

from lockenv.report.sarif import sarif
from lockenv.vocabulary.finding import Finding
from lockenv.vocabulary.origin import Origin


def test_log_has_every_rule_and_a_result_for_each_finding() -> None:
    placed = Finding(
        rule="b",
        level="error",
        sentence="it is wrong",
        origin=Origin(file="a dir/pylock.toml", key="packages[0]", line=3, column=1),
        hint="hint it",
    )
    bare = Finding(rule="a", level="note", sentence="it is so")

    log = sarif([placed, bare], {"a": "An a.", "b": "A b."}, version="1.2", directory="/w", root="/w")

    assert log == {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "lockenv",
                        "version": "1.2",
                        "rules": [
                            {"id": "a", "shortDescription": {"text": "An a."}},
                            {"id": "b", "shortDescription": {"text": "A b."}},
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    {
                        "ruleId": "b",
                        "ruleIndex": 1,
                        "level": "error",
                        "message": {"text": "it is wrong; hint it"},
                        "locations": [
                            {
                                "physicalLocation": {
                                    "artifactLocation": {"uri": "a%20dir/pylock.toml", "uriBaseId": "%SRCROOT%"},
                                    "region": {"startLine": 3, "startColumn": 1},
                                },
                                "logicalLocations": [{"fullyQualifiedName": "packages[0]"}],
                            }
                        ],
                    },
                    {"ruleId": "a", "ruleIndex": 0, "level": "note", "message": {"text": "it is so"}},
                ],
            }
        ],
    }
