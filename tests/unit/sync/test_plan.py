"""The smallest change that makes an environment what a lock selects."""

from __future__ import annotations

import pytest

from lockenv.environment.installed import Installed
from lockenv.sync.plan import InstallPlan, plan
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.distribution import Wheel
from lockenv.vocabulary.names import NormalizedName, Sha256
from lockenv.vocabulary.selected import Selected


def wanted(name: str, version: str = "1", sha: str = "aa") -> Selected:
    file = Wheel(filename=f"{name}-{version}-py3-none-any.whl", url="", sha256=Sha256(sha))
    return Selected(name=NormalizedName(name), version=version, file=file)


def there(name: str, version: str = "1", sha: str | None = "aa") -> Installed:
    return Installed(NormalizedName(name), version, f"{name}-{version}.dist-info", Sha256(sha) if sha else None)


def test_nothing_to_do() -> None:
    assert plan([wanted("a")], [there("a")]) == InstallPlan(keep=(there("a"),))


def test_same_version_from_other_bytes_is_replaced() -> None:
    old, new = there("idna", sha="aa"), wanted("idna", sha="bb")

    assert plan([new], [old]) == InstallPlan(install=(new,), remove=(old,))


def test_unknown_bytes_are_replaced() -> None:
    old, new = there("idna", sha=None), wanted("idna")

    assert plan([new], [old]) == InstallPlan(install=(new,), remove=(old,))


def test_parts_are_sorted_by_name() -> None:
    assert plan([wanted("b"), wanted("a")], [there("d"), there("c")]) == InstallPlan(
        install=(wanted("a"), wanted("b")), remove=(there("c"), there("d"))
    )


def test_inexact_keeps_strangers_and_still_replaces() -> None:
    assert plan([wanted("a", "2", "bb")], [there("a"), there("z")], inexact=True) == InstallPlan(
        install=(wanted("a", "2", "bb"),), remove=(there("a"),), keep=(there("z"),)
    )


def test_spared_names_are_not_touched() -> None:
    assert plan([], [there("project", sha=None)], spared={NormalizedName("project")}) == InstallPlan(
        keep=(there("project", sha=None),)
    )


def test_second_claim_to_one_name_goes() -> None:
    first, second = there("a", "1"), there("a", "2", "bb")

    assert plan([wanted("a")], [first, second]) == InstallPlan(remove=(second,), keep=(first,))


@pytest.mark.parametrize(("built", "stays"), [("bb", True), ("cc", False), (None, False)])
def test_another_build_of_the_same_source_is_replaced(built: str | None, *, stays: bool) -> None:
    choice = replace(wanted("a", sha="bb"), built_from=Sha256("dd"))
    found = replace(there("a", sha="dd"), built=Sha256(built) if built else None)

    answer = plan([choice], [found])

    assert answer == (InstallPlan(keep=(found,)) if stays else InstallPlan(install=(choice,), remove=(found,)))
