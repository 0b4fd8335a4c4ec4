"""Which licenses of a lock a project accepts, and what is said of the others."""

from __future__ import annotations

import pytest

from lockenv.lockfile.licenses import findings, judged, text_of, tree_of
from lockenv.lockfile.lock import Lock
from lockenv.vocabulary.licenses import LicenseException, LicensePolicy, StatedLicense, of_line
from lockenv.vocabulary.names import NormalizedName
from lockenv.vocabulary.origin import Origin

BSD = "License :: OSI Approved :: BSD License"
MIT = "License :: OSI Approved :: MIT License"
TODAY = "2026-11-01"


def locked(**own: object) -> Lock:
    package = {"name": "a", "version": "1.0", "wheels": [], "tool": {"lockenv": own}}
    return Lock(document={"created-by": "lockenv", "packages": [package], "tool": {"lockenv": {"inputs": {}}}})


def excepting(*, until: str = "2026-12-31", specifier: str = "", **rest: object) -> LicensePolicy:
    one = LicenseException(
        name=NormalizedName("a"),
        specifier=specifier,
        reason="r",
        until=until,
        origin=Origin(file="pyproject.toml"),
        **rest,  # type: ignore[arg-type]
    )
    return LicensePolicy(allow=("MIT",), packages=(one,))


@pytest.mark.parametrize(
    ("stated", "named"),
    [
        (StatedLicense(expression="mit OR GPL-2.0", text="x"), "MIT OR GPL-2.0-only"),
        (StatedLicense(expression="MIT OR (ISC AND 0BSD)"), "MIT OR (ISC AND 0BSD)"),
        (StatedLicense(classifiers=(MIT, "License :: OSI Approved")), "MIT License"),
        (StatedLicense(classifiers=(MIT, BSD)), "MIT License AND BSD License"),
        (StatedLicense(classifiers=(BSD,), text="BSD-3-Clause"), "BSD-3-Clause"),
        (StatedLicense(classifiers=(BSD,), text="BSD 3-Clause"), "BSD-3-Clause"),
        (StatedLicense(classifiers=(BSD,), text="MIT"), "MIT AND BSD License"),
        (StatedLicense(classifiers=(BSD,), text="see LICENSE"), "BSD License"),
        (StatedLicense(text="Apache License,  Version 2.0"), "Apache-2.0"),
        (StatedLicense(text="BSD"), "BSD"),
    ],
)
def test_license_is_the_expression_or_all_that_older_metadata_name(stated: StatedLicense, named: str) -> None:
    tree = tree_of(stated)

    assert tree is not None
    assert text_of(tree) == named


@pytest.mark.parametrize(
    "stated",
    [
        StatedLicense(),
        StatedLicense(expression="my own"),
        StatedLicense(text="see LICENSE"),
        StatedLicense(classifiers=("License :: OSI Approved",)),
    ],
)
def test_other_text_leaves_the_license_unknown(stated: StatedLicense) -> None:
    assert tree_of(stated) is None


def test_line_keeps_what_is_stated() -> None:
    for stated in (StatedLicense(), StatedLicense(expression="MIT"), StatedLicense(classifiers=(MIT, BSD), text="x")):
        assert of_line(stated.line()) == stated


@pytest.mark.parametrize(
    ("own", "policy", "verdict"),
    [
        ({"license": "MIT"}, LicensePolicy(allow=("MIT",)), "accepted"),
        ({"license": "MIT OR GPL-3.0-only"}, LicensePolicy(allow=("MIT",)), "accepted"),
        ({"license": "MIT AND ISC"}, LicensePolicy(allow=("MIT",)), "denied"),
        ({"license": "ISC"}, LicensePolicy(deny=("GPL-*",)), "accepted"),
        ({"license": "GPL-3.0-or-later"}, LicensePolicy(deny=("GPL-*",)), "denied"),
        ({"license": "GPL-3.0-or-later"}, LicensePolicy(deny=("GPL-3.0-only",)), "denied"),
        ({"license": "GPL-2.0-or-later"}, LicensePolicy(allow=("GPL-2.0-only",)), "accepted"),
        ({"license": "GPL-2.0-only"}, LicensePolicy(allow=("GPL-2.0-or-later",)), "denied"),
        ({"license": "Apache-2.0 WITH LLVM-exception"}, LicensePolicy(allow=("Apache-2.0",)), "accepted"),
        (
            {"license": "GPL-2.0-only WITH Classpath-exception-2.0"},
            LicensePolicy(allow=("GPL-2.0-only WITH Classpath-exception-2.0",), deny=("GPL-*",)),
            "accepted",
        ),
        ({"license": "MIT"}, LicensePolicy(allow=("MIT",), deny=("MIT",)), "denied"),
        ({"license-classifiers": [BSD]}, LicensePolicy(allow=("BSD-2-Clause", "BSD-3-Clause")), "accepted"),
        ({"license-classifiers": [BSD]}, LicensePolicy(allow=("BSD-3-Clause",)), "denied"),
        ({"license-classifiers": [BSD]}, LicensePolicy(allow=(BSD,)), "accepted"),
        ({"license-classifiers": [BSD]}, LicensePolicy(deny=(BSD,)), "denied"),
        ({}, LicensePolicy(deny=("MIT",)), "unknown"),
        ({"license": "ISC"}, excepting(license="MIT"), "accepted"),
        ({"license": "ISC"}, excepting(license="MIT", until=TODAY), "denied"),
        ({"license": "ISC"}, excepting(license="MIT", specifier="<1"), "denied"),
        ({"license": "ISC"}, excepting(allow=("ISC",)), "accepted"),
        ({"license": "GPL-3.0-only"}, excepting(allow=("GPL-*",)), "accepted"),
    ],
)
def test_verdict(own: dict[str, object], policy: LicensePolicy, verdict: str) -> None:
    assert [one.verdict for one in judged(locked(**own), policy, TODAY)] == [verdict]


@pytest.mark.parametrize(
    ("own", "policy", "sentence"),
    [
        (
            {"license": "GPL-3.0-only"},
            LicensePolicy(deny=("GPL-*",)),
            "a 1.0 is licensed under GPL-3.0-only, which is denied",
        ),
        (
            {"license": "MIT AND ISC"},
            LicensePolicy(allow=("MIT",)),
            "a 1.0 is licensed under MIT AND ISC, and ISC is not allowed",
        ),
        (
            {"license-classifiers": [BSD]},
            LicensePolicy(allow=("BSD-3-Clause",)),
            "a 1.0 is licensed under BSD License, which can mean BSD-2-Clause or BSD-3-Clause, and BSD-2-Clause is not "
            "allowed",
        ),
        (
            {"license": "GPL-3.0-or-later"},
            LicensePolicy(allow=("MIT",)),
            "a 1.0 is licensed under GPL-3.0-or-later, which is not allowed",
        ),
        (
            {"license-text": "GPL v3"},
            LicensePolicy(deny=("GPL-*",)),
            "a 1.0 is licensed under GPL v3, which can mean GPL-3.0-only or GPL-3.0-or-later, and GPL-3.0-only is "
            "denied",
        ),
        ({"license-text": "mine"}, LicensePolicy(), "a 1.0 names its license `mine`, which is no SPDX expression"),
        ({}, LicensePolicy(), "a 1.0 names no license"),
        (
            {"license": "ISC"},
            excepting(license="MIT", until=TODAY),
            "a 1.0 is licensed under ISC, which is not allowed; its exception ended on 2026-11-01",
        ),
    ],
)
def test_finding_says_what_is_wrong(own: dict[str, object], policy: LicensePolicy, sentence: str) -> None:
    assert [one.sentence for one in findings(locked(**own), policy, None, TODAY)] == [sentence]


def test_unknown_license_is_an_error_only_where_some_are_allowed() -> None:
    policies = LicensePolicy(deny=("MIT",)), LicensePolicy(allow=("MIT",))

    assert [findings(locked(), each, None, TODAY)[0].level for each in policies] == ["warning", "error"]
