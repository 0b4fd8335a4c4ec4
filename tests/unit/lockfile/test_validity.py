from __future__ import annotations

from typing import Any

import pytest

from lockenv.errors import InputError
from lockenv.lockfile.text import read
from lockenv.lockfile.validity import validate
from tests.unit.lockfile.builders import file_table, lock, package
from tests.unit.lockfile.test_select import BAD, NAME

VCS = {"type": "git", "url": "https://code.example/a.git", "commit-id": "abc"}


@pytest.mark.parametrize(
    "entry",
    [
        package("a", "1.0+local", "cp312-cp312-linux_x86_64", sdist=file_table("a-1.0+local.tar.gz")),
        {"name": "a", "vcs": VCS},
        {"name": "a", "directory": {"path": ".", "editable": True}},
        {"name": "a", "archive": file_table("anything.zip")},
        {"name": "a", "wheels": [file_table("a-1-py3-none-any.whl")]},
    ],
)
def test_each_kind_of_source_is_accepted(entry: dict[str, Any]) -> None:
    validate(lock(entry))


@pytest.mark.parametrize(("change", "message"), BAD)
def test_a_file_that_no_environment_selects_is_checked_too(change: dict[str, Any], message: str) -> None:
    entry = {"name": "a", "version": "1", "wheels": [file_table("a-1-py2-none-any.whl"), file_table(NAME, **change)]}

    with pytest.raises(InputError, match=message.replace("[0", "[1")):
        validate(lock(entry, environments=["python_version < '0'"]))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (package("a", "1", marker=""), "a 1: marker is empty, not an environment marker"),
        (package("a", "1", marker="linux"), "a 1: marker 'linux' is not an environment marker"),
        (
            package("a", "1", marker="extra == 'x'"),
            "a 1: marker \"extra == 'x'\" uses `extra`, which only",
        ),
        (package("a", "1", **{"requires-python": "3"}), "a 1: requires-python '3' is not a version specifier"),
        ({**package("a", "1"), "version": "one"}, "a one: 'one' is not a version"),
        (package("a", "1", "py3-none-any", "py3-none-any"), "a 1: the lockfile has a-1-py3-none-any.whl twice"),
        (
            {"name": "a", "vcs": {**VCS, "commit-id": "--upload-pack=x"}},
            "a: the commit-id of the vcs entry begins with",
        ),
        ({"name": "a", "vcs": {**VCS, "url": "-x"}}, "a: the url of the vcs entry begins with a dash"),
        ({"name": "a", "vcs": {"type": "git", "url": "x"}}, "a: the vcs entry has no commit-id"),
        ({"name": "a", "vcs": {"type": "git", "commit-id": "x"}}, "a: the vcs entry has neither url nor path"),
        ({"name": "a", "directory": {}}, "a: the directory has no path"),
        ({"name": "a", "archive": {"url": "https://files.example/x"}}, "a: x has no hash"),
    ],
)
def test_a_fault_is_refused_with_its_place(entry: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        validate(lock(entry))

    assert caught.value.message.startswith(message)
    assert caught.value.origin is not None
    assert caught.value.origin.line > 0


def test_entries_of_one_name_for_the_same_environments_are_refused() -> None:
    one, other = package("a", "1", marker="os_name == 'nt'"), package("a", "2", marker="sys_platform == 'win32'")

    with pytest.raises(InputError, match="the lockfile has 1 and 2 for the same environments"):
        validate(lock(one, other))


def test_markers_that_meet_only_outside_the_covered_environments_are_accepted() -> None:
    one, other = (
        package("a", "1", marker="python_version < '3.13'"),
        package("a", "2", marker="python_version >= '3.12'"),
    )

    validate(lock(one, other, environments=["python_version < '3.12'"]))


def test_recorded_conflicts_that_lockenv_does_not_write_are_refused() -> None:
    whole = lock(tool={"lockenv": {"inputs": {"conflicts": ["extra:x"]}}})

    with pytest.raises(InputError, match="conflicts of the lockfile is invalid"):
        validate(whole)


def test_a_fault_in_a_lock_without_headers_is_reported_without_a_line() -> None:
    whole = read('lock-version = "1.0"\ncreated-by = "x"\npackages = [{ name = "a", directory = {} }]\n')

    with pytest.raises(InputError) as caught:
        validate(whole)

    assert str(caught.value.origin) == "pylock.toml (packages[0].directory)"
