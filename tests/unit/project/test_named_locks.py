"""What a named lock is of: pure, from the text of a `pyproject.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.errors import InputError
from lockenv.lockfile.inputs import inputs
from lockenv.project.document import Document
from lockenv.project.layers import may_have_locks, of_project
from lockenv.project.named_locks import names
from lockenv.project.pyproject import manifest
from lockenv.vocabulary.names import GroupName

if TYPE_CHECKING:
    from lockenv.vocabulary.manifest import Manifest

PROJECT = """\
[project]
name = "me"
version = "1"
requires-python = ">=3.9"
dependencies = ["base"]
[project.optional-dependencies]
fast = ["quick"]
[dependency-groups]
docs = ["pages", { include-group = "lint" }]
lint = ["checker"]
[build-system]
requires = ["builder"]
[tool.lockenv]
constraints = ["base<2"]
default-groups = ["lint"]
conflicts = [[{ extra = "fast" }, { group = "docs" }, { group = "lint" }]]
[tool.lockenv.sources]
pages = [{ index = "one", group = "docs" }, { index = "two", group = "lint" }]
[[tool.lockenv.index]]
name = "one"
url = "https://one.example/simple/"
[[tool.lockenv.index]]
name = "two"
url = "https://two.example/simple/"
"""


def named(table: str, name: str = "it") -> Manifest:
    return manifest(f"{PROJECT}[tool.lockenv.lock.{name}]\n{table}", lock=name)


def own(table: str) -> Manifest:
    return manifest(f"{PROJECT}[tool.lockenv.lock.it]\n{table}")


def texts(found: Manifest) -> list[str]:
    return [str(each.requirement) for each in found.dependencies]


def refused(table: str, name: str = "it") -> str:
    with pytest.raises(InputError) as caught:
        found = manifest(f"{PROJECT}[tool.lockenv.lock.{name}]\n{table}", lock=name)
        pytest.fail(f"accepted: {found}")
    assert caught.value.origin is not None
    assert caught.value.origin.line > PROJECT.count("\n")
    return caught.value.message


@pytest.mark.parametrize(
    ("table", "dependencies", "is_installed"),
    [
        ('groups = ["docs"]', ["pages", "checker"], False),
        ('groups = ["docs", "lint"]', ["pages", "checker"], False),
        ('extras = ["Fast"]', ["base", "quick"], True),
        ('extras = ["fast"]\nproject = false', ["quick"], False),
        ("project = true", ["base"], True),
        ('groups = ["lint"]\nproject = true', ["base", "checker"], True),
        ('requirements = ["tools.in"]', [], False),
    ],
)
def test_a_lock_of_a_part_installs_all_that_it_lists(table: str, dependencies: list[str], is_installed: bool) -> None:
    found = named(table)

    assert (texts(found), found.is_installed) == (dependencies, is_installed)
    assert (found.name, dict(found.extras), dict(found.groups), found.default_groups, found.conflicts) == (
        "me",
        {},
        {},
        (),
        (),
    )


@pytest.mark.parametrize("table", ["", "apart = true", "requires-python = '>=3.9'", "constraints = ['base<2']"])
def test_a_lock_that_lists_nothing_is_of_the_whole_project(table: str) -> None:
    found = named(table)

    assert inputs(found) == inputs(manifest(PROJECT))
    assert found.is_installed


def test_settings_of_a_lock_replace_those_of_the_project() -> None:
    found = named(
        'groups = ["lint"]\nconstraints = []\nrequires-python = ">=3.12"\nenvironments = ["os_name == \'posix\'"]\n'
        'index = [{ name = "three", url = "https://three.example/simple/" }]\nsources = {}'
    )

    assert inputs(found) == {
        "requires-python": ">=3.12",
        "dependencies": ["checker"],
        "environments": ['os_name == "posix"'],
        "indexes": [{"name": "three", "url": "https://three.example/simple/"}],
    }


def test_sources_of_chosen_groups_count_always_and_those_of_others_never() -> None:
    found = named('groups = ["docs"]')

    assert inputs(found)["places"] == {"pages": [{"index": "one"}]}
    assert "places" not in inputs(named("project = true"))


def test_declared_locks_do_not_change_the_lock_of_the_project() -> None:
    assert inputs(own('groups = ["docs"]\nconstraints = []')) == inputs(manifest(PROJECT))


def test_groups_apart_are_no_part_of_the_lock_of_the_project() -> None:
    found = own('groups = ["lint"]\napart = true')

    assert list(found.groups) == [GroupName("docs")]
    assert [str(each.requirement) for each in found.groups[GroupName("docs")]] == ["pages", "checker"]
    assert found.default_groups == ()
    assert found.conflicts == ((("extra", "fast"), ("group", "docs")),)
    assert inputs(found)["places"] == {"pages": [{"group": "docs", "index": "one"}]}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('groups = ["doc"]', 'tool.lockenv.lock.it.groups[0] refers to "doc", which the project does not declare; did'),
        ('extras = ["slow"]', 'tool.lockenv.lock.it.extras[0] refers to "slow", which the project does not declare'),
        ('requirements = ["../other.in"]', "which is outside of the project"),
        ('requirements = ["/etc/hosts"]', "which is outside of the project"),
        ('groups = ["lint"]\ndefault-groups = ["lint"]', "default-groups has no effect: all that this lock lists"),
        ("workspace = {}", 'tool.lockenv.lock.it has no key "workspace"'),
        ("lock = {}", 'tool.lockenv.lock.it has no key "lock"'),
        ('group = ["lint"]', 'tool.lockenv.lock.it has no key "group"; did you mean "groups"?'),
        ('requires-python = "3.12"', "is not a valid version specifier"),
    ],
)
def test_what_a_lock_cannot_be_is_refused_where_it_is_written(table: str, message: str) -> None:
    assert message in refused(table)


@pytest.mark.parametrize("name", ["Docs", "a.b", "build", "docs-build", "-a", "a--b", ""])
def test_a_name_that_could_be_the_file_of_something_else_is_refused(name: str) -> None:
    document = Document(f'[tool.lockenv.lock."{name}"]\n', "pyproject.toml")

    with pytest.raises(InputError):
        names(of_project(document, None))


@pytest.mark.parametrize(
    "text",
    [
        "[tool.lockenv.lock.docs]",
        "[lock.docs]",
        '[ tool . lockenv . "lock" . docs ]',
        "[tool.lockenv]\nlock = { docs = {} }",
        "[tool.lockenv]\nlock.docs.groups = []",
        "[tool]\nlockenv = { 'lock' = {} }",
        "[tool.lockenv.lock]",
    ],
)
def test_every_way_to_write_the_table_is_noticed(text: str) -> None:
    assert may_have_locks(text.encode())


def test_other_words_are_not_taken_for_the_table() -> None:
    assert not may_have_locks(b"[tool.lockenv]\n# run lockenv lock\n[tool.pdm]\nlockfile = 1\n")
