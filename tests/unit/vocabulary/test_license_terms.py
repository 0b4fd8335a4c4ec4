"""License expressions: their spelling, their structure, and whether a set of licenses meets them."""

from __future__ import annotations

import pytest

from lockenv.vocabulary.license_terms import (
    begins_ids,
    canonical,
    canonical_or_none,
    is_met,
    meanings,
    parsed,
    singles,
)


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("mit or apache-2.0", "MIT OR Apache-2.0"),
        ("GPL-2.0", "GPL-2.0-only"),
        ("(LGPL-2.1+ AND agpl-3.0)", "(LGPL-2.1-or-later AND AGPL-3.0-only)"),
        ("GPL-2.0-or-later", "GPL-2.0-or-later"),
        ("GPL-2.0+ WITH Classpath-exception-2.0", "GPL-2.0-or-later WITH Classpath-exception-2.0"),
        ("LicenseRef-GPL-2.0", "LicenseRef-GPL-2.0"),
        ("Apache-2.0+", "Apache-2.0+"),
    ],
)
def test_expression_is_spelled_as_spdx_does(written: str, spelled: str) -> None:
    assert canonical(written) == spelled


@pytest.mark.parametrize("text", ["", "BSD", "MIT OR", "MIT Apache-2.0", "MIT WITH ISC", "(MIT"])
def test_other_text_is_no_expression(text: str) -> None:
    assert canonical_or_none(text) is None


def test_and_binds_more_tightly_than_or() -> None:
    assert parsed("MIT OR ISC AND (BSD-3-Clause OR 0BSD)") == (
        "OR",
        ("MIT", ("AND", ("ISC", ("OR", ("BSD-3-Clause", "0BSD"))))),
    )


def test_exception_belongs_to_its_license() -> None:
    tree = parsed("GPL-2.0-only WITH Classpath-exception-2.0 OR MIT OR MIT")

    assert singles(tree) == ("GPL-2.0-only WITH Classpath-exception-2.0", "MIT")


@pytest.mark.parametrize(
    ("expression", "accepted", "met"),
    [
        ("MIT", {"MIT"}, True),
        ("MIT OR GPL-3.0-only", {"MIT"}, True),
        ("MIT AND GPL-3.0-only", {"MIT"}, False),
        ("(MIT OR GPL-3.0-only) AND ISC", {"MIT", "ISC"}, True),
        ("(MIT OR GPL-3.0-only) AND ISC", {"MIT", "GPL-3.0-only"}, False),
    ],
)
def test_or_takes_one_and_needs_all(expression: str, accepted: set[str], met: bool) -> None:
    assert is_met(parsed(expression), accepted.__contains__) == met


def test_what_a_classifier_can_mean_is_spdx() -> None:
    assert meanings("License :: OSI Approved :: BSD License") == ("BSD-2-Clause", "BSD-3-Clause")
    assert meanings("License :: Public Domain") == ("License :: Public Domain",)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("GPL v3", ("GPL-3.0-only", "GPL-3.0-or-later")),
        ("LGPLv2.1+", ("LGPL-2.1-or-later",)),
        ("GNU AGPLv3", ("AGPL-3.0-only", "AGPL-3.0-or-later")),
        ("The GNU LGPL version 3 or later", ("LGPL-3.0-or-later",)),
        ("GPL 2", ("GPL-2.0-only", "GPL-2.0-or-later")),
        ("AGPL 2", ("AGPL 2",)),
        ("3-Clause BSD  License", ("BSD-3-Clause",)),
    ],
)
def test_usual_texts_mean_ids(text: str, ids: tuple[str, ...]) -> None:
    assert meanings(text) == ids


def test_every_meaning_is_an_id() -> None:
    from lockenv.vocabulary import license_terms

    known = [*license_terms._CLASSIFIERS.values(), *license_terms._TEXTS.values(), license_terms._FURTHER]
    assert [one for ids in known for one in ids if canonical_or_none(one) != one] == []


def test_beginning_of_ids_is_known() -> None:
    assert (begins_ids("AGPL-"), begins_ids("SSPL-"), begins_ids("APGL-"), begins_ids("")) == (True, True, False, False)
