"""A scan returns what site-packages says it holds, and where each wheel came from."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.installed import Installed, scan
from lockenv.errors import MachineError
from lockenv.vocabulary.names import NormalizedName, Sha256

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockenv.environment.venv import Environment

_SHA = Sha256("0123456789abcdef" * 4)


def install(
    environment: Environment, directory: str, provenance: str | None = None, *, has_record: bool = True
) -> None:
    path = os.path.join(environment.purelib, directory)
    os.mkdir(path)
    if has_record:
        with open(f"{path}/RECORD", "w", encoding="utf-8") as file:
            file.write("")
    if provenance is not None:
        with open(f"{path}/provenance_url.json", "w", encoding="utf-8") as file:
            file.write(provenance)


def provenance(**hashes: str) -> str:
    return json.dumps({"url": "https://index.example/a.whl", "archive_info": {"hashes": hashes}})


def test_empty_environment_holds_nothing(make: Callable[..., Environment]) -> None:
    assert scan(make()) == ()


def test_distributions_are_sorted_and_their_names_normalized(make: Callable[..., Environment]) -> None:
    environment = make()
    install(environment, "zope.interface-6.0.dist-info", provenance(sha256=_SHA))
    install(environment, "Flask_Login-1!0.6rc1+local.dist-info", provenance(sha512="00", sha256=_SHA))

    assert scan(environment) == (
        Installed(NormalizedName("flask-login"), "1!0.6rc1+local", "Flask_Login-1!0.6rc1+local.dist-info", _SHA),
        Installed(NormalizedName("zope-interface"), "6.0", "zope.interface-6.0.dist-info", _SHA),
    )


@pytest.mark.parametrize(
    ("text", "has_record"),
    [
        (None, True),
        ("", True),
        ("{", True),
        (provenance(), True),
        (provenance(sha256="abc"), True),
        (provenance(sha256=_SHA.upper()), True),
        (provenance(sha512=_SHA * 2), True),
        (provenance(sha256=_SHA), False),
    ],
)
def test_origin_that_is_not_recorded_is_none(
    make: Callable[..., Environment], text: str | None, has_record: bool
) -> None:
    environment = make()
    install(environment, "a-1.dist-info", text, has_record=has_record)

    assert scan(environment) == (Installed(NormalizedName("a"), "1", "a-1.dist-info", None),)


def test_origin_behind_a_link_is_none(make: Callable[..., Environment]) -> None:
    environment = make()
    install(environment, "a-1.dist-info")
    with open(f"{environment.root}/planted", "w", encoding="utf-8") as file:
        file.write(provenance(sha256=_SHA))
    os.symlink(f"{environment.root}/planted", f"{environment.purelib}/a-1.dist-info/provenance_url.json")

    assert [installed.sha256 for installed in scan(environment)] == [None]


def test_two_versions_of_one_name_are_both_given(make: Callable[..., Environment]) -> None:
    environment = make()
    install(environment, "a-2.dist-info")
    install(environment, "a-1.dist-info")

    assert [installed.version for installed in scan(environment)] == ["1", "2"]


def test_legacy_distributions_are_given_without_origin(make: Callable[..., Environment]) -> None:
    environment = make()
    for name in ("old_one-1.0-py3.11.egg-info", "older-2.0.egg-info"):
        with open(f"{environment.purelib}/{name}", "w", encoding="utf-8"):
            pass

    assert scan(environment) == (
        Installed(NormalizedName("old-one"), "1.0", "old_one-1.0-py3.11.egg-info", None),
        Installed(NormalizedName("older"), "2.0", "older-2.0.egg-info", None),
    )


def test_what_is_not_a_distribution_is_not_given(make: Callable[..., Environment]) -> None:
    environment = make()
    for name in ("package", "~ackage-1.dist-info", ".package-1.dist-info.old", ".a-1.dist-info"):
        os.mkdir(f"{environment.purelib}/{name}")

    assert scan(environment) == ()


def test_scan_agrees_with_the_standard_library(make: Callable[..., Environment]) -> None:
    environment = make()
    for name in ("a-1.dist-info", "Some.Thing-2.0.dist-info"):
        install(environment, name)
        stem, _, version = name.removesuffix(".dist-info").partition("-")
        with open(f"{environment.purelib}/{name}/METADATA", "w", encoding="utf-8") as file:
            file.write(f"Metadata-Version: 2.1\nName: {stem}\nVersion: {version}\n")
    code = "from importlib.metadata import distributions as d; print(sorted((x.name.lower(), x.version) for x in d()))"
    reported = subprocess.run([environment.python, "-c", code], capture_output=True, text=True, check=True, env={})

    found = [(installed.name.replace("-", "."), installed.version) for installed in scan(environment)]
    assert str(found) == reported.stdout.strip()


def test_unreadable_site_packages_is_reported(make: Callable[..., Environment]) -> None:
    environment = make()
    os.rmdir(environment.purelib)

    with pytest.raises(MachineError, match="cannot read"):
        scan(environment)
