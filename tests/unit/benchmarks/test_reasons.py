from __future__ import annotations

from typing import Any

from tests.benchmarks.reasons import Locks, Reasons
from tests.benchmarks.versions import environments

HERE = next(one for one in environments("==3.12.*") if one.system == "macos-arm64")


def entry(name: str, version: str, *requires: str, wheel: str = "py3-none-any") -> dict[str, Any]:
    return {
        "name": name,
        "version": version,
        "wheels": [{"name": f"{name}-{version}-{wheel}.whl"}],
        "tool": {"lockenv": {"requires-dist": list(requires)}},
    }


def reason(ours: list[dict[str, Any]], theirs: list[dict[str, Any]], name: str, *declared: str) -> str:
    """Return why `name` is lower in `ours`; what `theirs` require is what a `uv.lock` would have, names alone."""
    graph = [
        {
            "name": one["name"],
            "version": one["version"],
            "dependencies": [
                {"name": text.split("<")[0].split("=")[0]} for text in one["tool"]["lockenv"]["requires-dist"]
            ],
        }
        for one in theirs
    ]
    locks = Locks(ours={"packages": ours}, theirs={"packages": theirs}, graph={"package": graph}, declared=declared)
    return Reasons(locks, HERE).of(name)


def test_a_newer_package_limits_the_version() -> None:
    ours = [entry("app", "2", "lib<2"), entry("lib", "1")]
    theirs = [entry("app", "1", "lib"), entry("lib", "2")]

    assert reason(ours, theirs, "lib", "app", "lib") == "app 2 (uv 1) requires lib<2"


def test_a_newer_package_no_longer_requires_the_package() -> None:
    ours = [entry("app", "2")]
    theirs = [entry("app", "1", "lib"), entry("lib", "2")]

    assert reason(ours, theirs, "lib", "app") == "not required: app 2 (uv 1)"


def test_what_the_version_requires_is_limited_itself() -> None:
    ours = [entry("tool", "1", "core<2"), entry("lib", "1", "core<2"), entry("core", "1")]
    theirs = [entry("lib", "2", "core"), entry("core", "2")]

    assert reason(ours, theirs, "lib", "tool", "lib") == "it requires core: tool 1 (uv -) requires core<2"


def test_a_version_without_a_file_for_the_environment_is_left() -> None:
    ours = [entry("lib", "1")]
    theirs = [entry("lib", "2", wheel="cp312-cp312-win_amd64")]

    assert reason(ours, theirs, "lib", "lib") == "2 has no file for this environment"


def test_a_package_of_the_same_version_is_no_reason() -> None:
    ours = [entry("app", "1", "lib<2"), entry("lib", "1")]
    theirs = [entry("app", "1", "lib<2"), entry("lib", "2")]

    assert not reason(ours, theirs, "lib", "app")


def test_an_extra_that_is_not_asked_for_is_no_reason() -> None:
    ours = [entry("app", "2", "lib<2; extra == 'more'"), entry("lib", "1")]
    theirs = [entry("app", "1"), entry("lib", "2")]

    assert not reason(ours, theirs, "lib", "app", "lib")
    assert reason(ours, theirs, "lib", "app[more]", "lib") == "app 2 (uv 1) requires lib<2"
