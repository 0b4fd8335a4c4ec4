"""Licenses: recorded by `lock` where there is a policy, judged by `check` without a network, refused by `sync`."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.program import Result, lockenv
from tests.support.projects import write_project
from tests.support.wheels import core_metadata, sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

GPL = "Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)"
MIT_CLASSIFIER = "Classifier: License :: OSI Approved :: MIT License"
ALLOW: dict[str, Any] = {"allow": ["MIT", "Apache-2.0"]}


@pytest.fixture
def index(index: LoopbackIndex) -> LoopbackIndex:
    for built in (
        wheel("top", "1.0", requires=["middle"], about=["License-Expression: MIT OR GPL-3.0-only"]),
        wheel("middle", "1.0", requires=["bottom"], about=["License: Apache 2.0", MIT_CLASSIFIER]),
        wheel("bottom", "1.0", about=[GPL]),
        wheel("silent", "1.0"),
    ):
        index.add(built)
    return index


def declare(directory: Path, index: LoopbackIndex, licenses: dict[str, Any] | None, *requires: str) -> Path:
    tool = {} if licenses is None else {"licenses": licenses}
    return write_project(directory, requires or ["top"], index=index.url, tool=tool)


def own(directory: Path) -> dict[str, dict[str, Any]]:
    """Return what the lock records of each package beside requirements and digests."""
    packages = tomllib.loads((directory / "pylock.toml").read_text("utf-8"))["packages"]
    left = ("digest", "requires-dist")
    return {one["name"]: {k: v for k, v in one["tool"]["lockenv"].items() if k not in left} for one in packages}


def locked(directory: Path) -> Result:
    result = lockenv("lock", cwd=directory)
    assert result.code == 0, result.err
    return result


def test_licenses_are_recorded_in_the_words_of_metadata_only_where_there_is_a_policy(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    here = declare(tmp_path / "project", index, None)
    locked(here)
    plain = (here / "pylock.toml").read_bytes()
    assert own(here) == {"top": {}, "middle": {}, "bottom": {}}

    declare(here, index, ALLOW)
    assert "the lockfile does not record licenses" in lockenv("check", cwd=here).err
    locked(here)

    assert own(here) == {
        "top": {"license": "MIT OR GPL-3.0-only"},
        "middle": {
            "license-classifiers": [MIT_CLASSIFIER.removeprefix("Classifier: ")],
            "license-text": "Apache 2.0",
        },
        "bottom": {"license-classifiers": [GPL.removeprefix("Classifier: ")]},
    }
    declare(here, index, None)
    assert lockenv("check", cwd=here).code == 0
    locked(here)
    assert (here / "pylock.toml").read_bytes() == plain


def test_check_names_the_chain_that_brings_a_denied_license_and_asks_no_one(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    here = declare(tmp_path / "project", index, {"deny": ["GPL-*"]})
    said = locked(here).err
    index.requests.clear()

    result = lockenv("check", cwd=here)

    sentence = (
        "bottom 1.0 is licensed under GNU General Public License v3 (GPLv3), which means GPL-3.0-only, which is "
        "denied; "
        "required by top 1.0 → middle 1.0, declared at pyproject.toml:"
    )
    assert (result.code, index.requests) == (1, [])
    assert sentence in result.err
    assert sentence in said


def test_policy_decides_no_lock(tmp_path: Path, index: LoopbackIndex) -> None:
    here = declare(tmp_path / "project", index, ALLOW)
    locked(here)
    before = (here / "pylock.toml").read_bytes()

    declare(here, index, {"allow": ["MIT", "Apache-2.0", "GPL-3.0-only"]})

    assert lockenv("check", cwd=here).code == 0
    locked(here)
    assert (here / "pylock.toml").read_bytes() == before


def test_sync_refuses_only_where_the_project_says_so(tmp_path: Path, index: LoopbackIndex) -> None:
    here = declare(tmp_path / "project", index, {**ALLOW, "on-sync": "refuse"})
    locked(here)

    refused = lockenv("sync", cwd=here)

    assert (refused.code, (here / ".venv").exists()) == (1, False)
    assert "bottom 1.0 is licensed under" in refused.err
    declare(here, index, ALLOW)
    assert lockenv("sync", cwd=here).code == 0


def test_exception_counts_until_its_day(tmp_path: Path, index: LoopbackIndex) -> None:
    one = {"package": "bottom<2", "license": "MIT", "reason": "relicensed, see its LICENSE", "until": "2026-12-31"}
    here = declare(tmp_path / "project", index, {**ALLOW, "exceptions": [one]})
    locked(here)

    codes = [
        lockenv("check", cwd=here, env={"LOCKENV_NOW": f"{day}T00:00:00Z"}) for day in ("2026-12-30", "2026-12-31")
    ]

    assert [each.code for each in codes] == [0, 1]
    assert "its exception ended on 2026-12-31" in codes[1].err


def test_unknown_license_is_a_no_only_where_some_are_allowed(tmp_path: Path, index: LoopbackIndex) -> None:
    here = declare(tmp_path / "project", index, {"deny": ["GPL-*"]}, "silent")
    locked(here)
    warned = lockenv("check", cwd=here)
    declare(here, index, ALLOW, "silent")
    refused = lockenv("check", cwd=here)

    assert (warned.code, refused.code) == (0, 1)
    assert "silent 1.0 names no license" in warned.err
    assert "silent 1.0 names no license" in refused.err


def test_license_of_an_sdist_and_of_an_archive_is_known_too(tmp_path: Path, index: LoopbackIndex) -> None:
    archive = wheel("archived", "1.0", about=["License-Expression: ISC"])
    info = core_metadata("source", "1.0", version_of="2.4", about=["License-Expression: 0BSD"])
    index.add(sdist("source", "1.0", files={"PKG-INFO": info}))
    here = write_project(
        tmp_path / "project",
        ["source", "archived"],
        index=index.url,
        tool={"licenses": {"deny": ["GPL-*"]}, "sources": {"archived": {"path": archive.filename}}},
    )
    (here / archive.filename).write_bytes(archive.content)
    locked(here)

    assert own(here) == {"archived": {"license": "ISC"}, "source": {"license": "0BSD"}}
    assert lockenv("check", cwd=here).code == 0


@pytest.mark.parametrize(
    ("licenses", "said"),
    [
        ({"allow": ["MITT"]}, 'is "MITT", which is not an SPDX license id'),
        ({"deny": ["GLP-*"]}, 'is "GLP-*", with which no known SPDX id begins'),
        ({"allow": ["MIT OR ISC"]}, 'is "MIT OR ISC", which joins several licenses'),
        ({"on-sync": "warn"}, 'has the invalid value "warn"'),
        ({"permit": []}, 'has no key "permit"'),
        ({"exceptions": [{"package": "a", "license": "MIT", "until": "2026-12-31"}]}, "has no reason"),
        ({"exceptions": [{"package": "a", "license": "MIT", "reason": "r"}]}, "has no expiry date (until)"),
        ({"exceptions": [{"package": "a", "reason": "r", "until": "2026-12-31"}]}, "has neither a license nor"),
        ({"exceptions": [{"package": "a[x]", "license": "MIT", "reason": "r", "until": "x"}]}, "more than a name"),
        ({"exceptions": [{"package": "a", "license": "M", "reason": "r", "until": "x"}]}, "not an SPDX license expr"),
    ],
)
def test_wrong_policy_is_refused_with_its_place(
    tmp_path: Path, index: LoopbackIndex, licenses: dict[str, Any], said: str
) -> None:
    result = lockenv("lock", cwd=declare(tmp_path / "project", index, licenses))

    assert result.code == 2
    assert said in result.err
    assert "pyproject.toml:" in result.err


def test_licenses_are_listed_in_each_format_with_the_verdict(tmp_path: Path, index: LoopbackIndex) -> None:
    one = {"package": "bottom", "license": "Apache-2.0", "reason": "r", "until": "9999-12-31"}
    here = declare(tmp_path / "project", index, {"allow": ["Apache-2.0"], "exceptions": [one]})
    locked(here)
    index.requests.clear()

    text, data, table = (lockenv("licenses", "--format", each, cwd=here) for each in ("text", "json", "markdown"))

    assert ([each.code for each in (text, data, table)], index.requests) == ([1, 1, 1], [])
    assert [line.split() for line in text.out.splitlines() if line.startswith("top")] == [
        ["top", "1.0", "MIT", "OR", "GPL-3.0-only", "License-Expression", "not", "accepted"]
    ]
    assert "| bottom | 1.0 | Apache-2.0 | exception of the project | accepted |" in table.out
    found = {each["name"]: each for each in json.loads(data.out)["packages"]}
    assert found["middle"] == {
        "name": "middle",
        "version": "1.0",
        "license": "Apache-2.0 AND MIT License",
        "expression": "Apache-2.0 AND MIT",
        "from": "classifiers",
        "verdict": "denied",
        "reason": "is licensed under Apache-2.0 AND MIT License, which means MIT, which is not allowed",
        "exception": None,
    }
    assert found["bottom"]["exception"] == {
        "license": "Apache-2.0",
        "allow": [],
        "reason": "r",
        "until": "9999-12-31",
    }


def test_licenses_without_a_policy_are_those_that_the_cache_knows(tmp_path: Path, index: LoopbackIndex) -> None:
    here = declare(tmp_path / "project", index, None)
    locked(here)

    result = lockenv("licenses", "--format", "json", cwd=here)

    rows = [(each["name"], each["license"], each["from"]) for each in json.loads(result.out)["packages"]]
    assert (result.code, rows) == (
        0,
        [
            ("bottom", "GNU General Public License v3 (GPLv3)", "cache"),
            ("middle", "MIT License", "cache"),
            ("top", "MIT OR GPL-3.0-only", "cache"),
        ],
    )


def test_licenses_of_a_lock_with_a_version_that_is_none_are_listed(tmp_path: Path, index: LoopbackIndex) -> None:
    """`check` says what is wrong with it."""
    here = declare(tmp_path / "project", index, None)
    locked(here)
    lock = here / "pylock.toml"
    lock.write_text(re.sub('(name = "top"\nversion = )"[^"]*"', r'\1"one"', lock.read_text()), encoding="utf-8")

    result = lockenv("licenses", cwd=here)

    assert result.code == 0, result.err
    assert "top" in result.out
