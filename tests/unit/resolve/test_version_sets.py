from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.resolve.version_sets import Candidates, positions
from lockenv.vocabulary.names import NormalizedName
from tests.support.universe import MemoryReleases

if TYPE_CHECKING:
    from lockenv.vocabulary.manifest import PrereleasePolicy


def candidates(**tables: dict[str, object]) -> Candidates:
    named = {version.replace("_", ".").removeprefix("v"): table for version, table in tables.items()}
    return Candidates(NormalizedName("a"), MemoryReleases("a", named))


def test_newest_release_is_the_lowest_bit() -> None:
    assert list(positions(candidates(v1={}, v2={}, v3={}).mask(">=2"))) == [0, 1]


def test_unknown_project_has_no_release() -> None:
    unknown = Candidates(NormalizedName("a"), None)

    assert (unknown.is_known, unknown.full, unknown.mask(">=1")) == (False, 0, 0)


def test_wildcard_is_no_exact_pin() -> None:
    known = candidates(v1_0={}, v1_1={})

    assert (known.exact("==1.*"), known.exact("==1.0"), known.exact("===1.1"), known.exact(">=1")) == (0, 2, 1, 0)


def test_yanked_release_is_admitted_only_by_an_exact_pin() -> None:
    known = candidates(v1={}, v2={"yanked": True})
    policy: PrereleasePolicy = "if-necessary-or-explicit"

    assert known.admitted(known.full, explicit=False, exact=0, policy=policy) == 0b10
    assert known.admitted(0b01, explicit=False, exact=0, policy=policy) == 0
    assert known.admitted(0b01, explicit=False, exact=known.exact("==2"), policy=policy) == 0b01


def test_prereleases_are_admitted_when_named_alone_or_allowed() -> None:
    known = candidates(v1={}, v2b1={}, v2_dev1={})

    assert known.prereleases == 0b011
    assert known.admitted(0b111, explicit=False, exact=0, policy="if-necessary-or-explicit") == 0b100
    assert known.admitted(0b011, explicit=False, exact=0, policy="if-necessary-or-explicit") == 0b011
    assert known.admitted(0b111, explicit=True, exact=0, policy="if-necessary-or-explicit") == 0b111
    assert known.admitted(0b111, explicit=False, exact=0, policy="allow") == 0b111
    assert known.admitted(0b011, explicit=True, exact=0, policy="disallow") == 0


def test_position_is_found_by_spelling() -> None:
    assert (candidates(v1={}, v2={}).position("1"), candidates(v1={}).position("3")) == (1, None)


def test_position_is_found_by_meaning() -> None:
    known = Candidates(
        NormalizedName("a"), MemoryReleases("a", {text: {} for text in ("1.0", "1.1", "1!2.0", "2.0rc1")})
    )

    found = [known.position(text) for text in ("1.0", "1", "1.0.0", "1!2", "2rc1", "1.2", "x")]

    assert [text if text is None else known.versions[text] for text in found] == [
        "1.0",
        "1.0",
        "1.0",
        "1!2.0",
        "2.0rc1",
        None,
        None,
    ]
