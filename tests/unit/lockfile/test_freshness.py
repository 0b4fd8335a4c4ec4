from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from lockenv.errors import InputError
from lockenv.lockfile.freshness import compare
from lockenv.lockfile.inputs import inputs
from lockenv.lockfile.verdicts import Difference, Fresh, Loosened, Stale, Unknown
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.direct import Commit, DeclaredSource, Directory
from lockenv.vocabulary.manifest import Index, Manifest, Policy, Workspace
from lockenv.vocabulary.names import ExtraName, GroupName, NormalizedName
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.places import Place
from tests.unit.lockfile.builders import declared, file_table, lock, manifest, package

if TYPE_CHECKING:
    from lockenv.lockfile.text import Lock
    from lockenv.vocabulary.direct import Direct

WORKSPACE = Workspace(members=("packages/*",), origin=Origin(file="pyproject.toml", line=6))
MOMENT = datetime(2024, 6, 1, tzinfo=UTC)


def locked(made_from: Manifest) -> Lock:
    """A lock of `made_from` that holds a 1.5, b in two versions, and c."""
    return lock(
        package("a", "1.5"),
        package("b", "1.0", marker="sys_platform == 'win32'"),
        package("b", "2.0", marker="sys_platform != 'win32'"),
        {"name": "c", "version": "3.0", "sdist": file_table("c-3.0.tar.gz", **{"upload-time": MOMENT})},
        tool={"lockenv": {"schema": 1, "inputs": inputs(made_from)}},
    )


def verdict(old: Manifest, new: Manifest) -> Any:
    return compare(locked(old), new)


def test_the_same_inputs_are_fresh() -> None:
    whole = manifest("a>=1", "b", extras={ExtraName("x"): declared("c")}, requires_python=">=3.11")

    assert verdict(whole, whole) == Fresh()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (manifest("a>=1", "b"), manifest("b", "a >= 1")),
        (manifest("a>=1,<2"), manifest("A <2, >=1")),
        (manifest("a", "a"), manifest("a")),
        (manifest("a>=1"), manifest("a>=1.0")),
        (
            manifest("a; os_name == 'nt' and python_version > '3.9'"),
            manifest("a; python_version > '3.9' and 'nt' == os_name"),
        ),
        (manifest(requires_python=">=3.11,<4"), manifest(requires_python="<4, >= 3.11")),
        (manifest(requires_python=">=3.11"), manifest(requires_python=">=3.11.0")),
        (
            manifest(environments=("os_name=='nt'", "os_name=='posix'")),
            manifest(environments=("os_name == 'posix'", "os_name == 'nt'")),
        ),
        (manifest(default_groups=("a", "b")), manifest(default_groups=("b", "a"))),
        (
            manifest(conflicts=((("extra", "x"), ("group", "y")),)),
            manifest(conflicts=((("group", "y"), ("extra", "x")),)),
        ),
        (
            manifest(indexes=(Index(name="", url="https://index.example/simple/"),)),
            manifest(indexes=(Index(name="", url="https://${USER}:${TOKEN}@index.example/simple"),)),
        ),
        (manifest(policy=Policy(allow_build=("a",))), manifest()),
        (manifest(name="one", is_buildable=True), manifest(name="two")),
    ],
)
def test_what_means_the_same_is_fresh(old: Manifest, new: Manifest) -> None:
    assert verdict(old, new) == Fresh()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("a>=1,<2", "a>=1", "a<2,>=1 became a>=1"),
        ("a>=1", "a>=1.5", "a>=1 became a>=1.5"),
        ("a", "a==1.5", "a became a==1.5"),
        ("b<3", "b<4", "b<3 became b<4"),
        (
            "b==1.*; sys_platform == 'win32'",
            "b<2; sys_platform == 'win32'",
            'b==1.*; sys_platform == "win32" became b<2; sys_platform == "win32"',
        ),
    ],
)
def test_a_changed_requirement_that_the_pins_satisfy_is_loosened(old: str, new: str, sentence: str) -> None:
    origin = Origin(file="pyproject.toml", key="project.dependencies[0]")

    assert verdict(manifest(old), manifest(new)) == Loosened(
        differences=(Difference(sentence=sentence, key="dependencies", origin=origin, is_satisfied=True),)
    )


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("a>=1", "a>=2", "a>=1 became a>=2"),
        ("b<3", "b<2", "b<3 became b<2"),
        ("a", "a[x]", "a became a[x]"),
        ("a", "a @ https://files.example/a-1.5.tar.gz", "a became a @ https://files.example/a-1.5.tar.gz"),
        ("missing<3", "missing<4", "missing<3 became missing<4"),
    ],
)
def test_a_changed_requirement_that_the_lock_cannot_answer_is_stale(old: str, new: str, sentence: str) -> None:
    origin = Origin(file="pyproject.toml", key="project.dependencies[0]")

    assert verdict(manifest(old), manifest(new)) == Stale(
        differences=(Difference(sentence=sentence, key="dependencies", origin=origin),)
    )


def sentences(answer: Any) -> list[tuple[str, str, bool]]:
    assert isinstance(answer, Loosened | Stale), answer
    return [(each.sentence, each.key, each.is_satisfied) for each in answer.differences]


def place(path: str, marker: str, *declares: str) -> Place:
    origin = Origin(file="pyproject.toml")
    return Place(direct=Directory(path=path), marker=marker, origin=origin, declares=declares)


OTHER = Index(name="o", url="https://index.example/o/", explicit=True)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"dependencies": declared("a")}, {}, ("a was removed", "dependencies")),
        ({}, {"dependencies": declared("a")}, ("a was added", "dependencies")),
        ({}, {"overrides": declared("a==2")}, ("a==2 was added", "overrides")),
        (
            {},
            {"group_pythons": {GroupName("dev"): ">=3.12"}},
            ("requires-python of single groups changed from none to dev = >=3.12", "dependency-groups"),
        ),
        (
            {},
            {"excluded": (NormalizedName("a"),)},
            ("exclude-dependencies changed from none to a", "exclude-dependencies"),
        ),
        ({}, {"constraints": declared("a>=2")}, ("a>=2 was added", "constraints")),
        ({}, {"extras": {ExtraName("x"): ()}}, ("the extra x was added", "extras.x")),
        ({"extras": {ExtraName("x"): declared("a")}}, {}, ("the extra x was removed", "extras.x")),
        ({}, {"groups": {GroupName("dev"): declared("a")}}, ("the group dev was added", "groups.dev")),
        (
            {"groups": {GroupName("dev"): declared("a")}},
            {"groups": {GroupName("dev"): declared("a", "c")}},
            ("c was added", "groups.dev"),
        ),
        (
            {"requires_python": ">=3.11"},
            {"requires_python": ">=3.12"},
            ("requires-python changed from >=3.11 to >=3.12", "requires-python"),
        ),
        (
            {},
            {"indexes": (OTHER,)},
            (
                "the indexes changed from none to name = o, url = https://index.example/o/, explicit = True",
                "indexes",
            ),
        ),
        ({}, {"sources": {NormalizedName("a"): "other"}}, ("sources changed from none to a = other", "sources")),
        (
            {"places": {NormalizedName("a"): (place("a-1", "os_name == 'nt'"), place("a-2", "os_name != 'nt'"))}},
            {"places": {NormalizedName("a"): (place("a-1", "os_name == 'nt'"),)}},
            ("the sources of a for some environments changed: -the directory a-2 where os_name != 'nt'", "places.a"),
        ),
        (
            {"places": {NormalizedName("a"): (place("a-1", "os_name == 'nt'", "version 1"),)}},
            {"places": {NormalizedName("a"): (place("a-1", "os_name == 'nt'", "version 2"),)}},
            (
                "the sources of a for some environments changed: -version 1 in the directory a-1 where os_name == 'nt'"
                ", +version 2 in the directory a-1 where os_name == 'nt'",
                "places.a",
            ),
        ),
        (
            {"environments": ("os_name == 'nt'",)},
            {},
            ("environments changed from os_name == 'nt' to none", "environments"),
        ),
        ({}, {"default_groups": ("dev",)}, ("the default groups changed from none to dev", "default-groups")),
        (
            {},
            {"conflicts": ((("extra", "x"), ("extra", "y")),)},
            ("the declared conflicts changed from none to extra:x, extra:y", "conflicts"),
        ),
        (
            {},
            {"policy": Policy(prerelease="allow")},
            ("the prerelease policy changed from none to allow", "prerelease"),
        ),
        ({}, {"policy": Policy(no_build=("*",))}, ("no-build changed from none to *", "no-build")),
        ({}, {"policy": Policy(fork="fewest")}, ("the fork policy changed from none to fewest", "fork")),
        (
            {},
            {"policy": Policy(exclude_newer="2024-05-01T00:00:00Z")},
            ("exclude-newer changed from none to 2024-05-01T00:00:00Z", "exclude-newer"),
        ),
    ],
)
def test_a_change_that_the_lock_cannot_answer_is_stale(
    old: dict[str, Any], new: dict[str, Any], expected: tuple[str, str]
) -> None:
    answer = verdict(Manifest(**old), Manifest(**new))

    assert isinstance(answer, Stale)
    assert sentences(answer) == [(*expected, False)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"constraints": declared("a<2")}, {}, ("a<2 was removed", "constraints", True)),
        ({}, {"constraints": declared("a<2")}, ("a<2 was added", "constraints", True)),
        ({}, {"constraints": declared("unheard<2")}, ("unheard<2 was added", "constraints", True)),
        (
            {"policy": Policy(exclude_newer="2024-07-01T00:00:00Z")},
            {"policy": Policy(exclude_newer="2024-08-01T00:00:00Z")},
            ("exclude-newer changed from 2024-07-01T00:00:00Z to 2024-08-01T00:00:00Z", "exclude-newer", True),
        ),
        (
            {"policy": Policy(exclude_newer="2024-07-01T00:00:00Z")},
            {},
            ("exclude-newer changed from 2024-07-01T00:00:00Z to none", "exclude-newer", True),
        ),
    ],
)
def test_a_change_that_the_lock_still_serves_is_loosened(
    old: dict[str, Any], new: dict[str, Any], expected: tuple[str, str, bool]
) -> None:
    answer = verdict(Manifest(**old), Manifest(**new))

    assert isinstance(answer, Loosened)
    assert sentences(answer) == [expected]


@pytest.mark.parametrize(
    ("cutoff", "kind"),
    [("2024-06-02T00:00:00Z", Loosened), ("2024-06-01T00:00:00.000001Z", Loosened), ("2024-06-01T00:00:00Z", Stale)],
)
def test_an_earlier_cutoff_is_served_when_every_file_is_older(cutoff: str, kind: type) -> None:
    old = Manifest()
    whole = lock(
        {"name": "c", "version": "3.0", "sdist": file_table("c-3.0.tar.gz", **{"upload-time": MOMENT})},
        tool={"lockenv": {"schema": 1, "inputs": {"prerelease": "allow", **inputs(old)}}},
    )
    new = Manifest(policy=Policy(prerelease="allow", exclude_newer=cutoff))

    assert isinstance(compare(whole, new), kind)


SPAN = "2024-07-01T00:00:00Z"


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (Policy(exclude_newer_span="7 days", exclude_newer=SPAN), Policy(exclude_newer_span="7 days"), Fresh),
        (
            Policy(exclude_newer="2024-06-15T00:00:00Z"),
            Policy(exclude_newer_span="7 days", exclude_newer=SPAN),
            Loosened,
        ),
        (Policy(exclude_newer_span="7 days"), Policy(exclude_newer_span="9 days", exclude_newer=SPAN), Stale),
        (Policy(exclude_newer_span="7 days"), Policy(), Loosened),
    ],
)
def test_a_relative_cutoff_is_compared_as_it_is_said(old: Policy, new: Policy, kind: type) -> None:
    assert isinstance(verdict(Manifest(policy=old), Manifest(policy=new)), kind)


def test_what_makes_a_lock_stale_is_reported_first() -> None:
    answer = verdict(manifest("a<2", "c>=3"), manifest("a<3", "c>=4"))

    assert sentences(answer) == [
        ("c>=3 became c>=4", "dependencies", False),
        ("a<2 became a<3", "dependencies", True),
    ]


def test_a_requirement_that_moved_to_another_marker_was_removed_and_added() -> None:
    answer = verdict(manifest("a"), manifest("a; os_name == 'nt'"))

    assert sentences(answer) == [
        ("a was removed", "dependencies", False),
        ('a; os_name == "nt" was added', "dependencies", False),
    ]


ROOT = Origin(file="pyproject.toml", line=6, key="tool.lockenv.workspace")
A, B = (Directory(path=f"packages/{name}", editable=True) for name in ("a", "b"))


def sourced(workspace: Workspace | None = None, **places: Direct) -> Manifest:
    """Return a manifest that requires the projects of `places`, each from there."""
    return manifest(
        *places,
        workspace=workspace,
        direct={NormalizedName(name): DeclaredSource(direct=each, origin=ROOT) for name, each in places.items()},
    )


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        (sourced(WORKSPACE, a=A, b=B), sourced(WORKSPACE, b=B), ["workspace member `packages/a` is missing"]),
        (sourced(WORKSPACE, a=A), sourced(WORKSPACE, a=A, b=B), ["workspace member `packages/b` was added"]),
        (
            sourced(WORKSPACE, a=Directory(path="packages/a/lib")),
            sourced(WORKSPACE),
            ["a was removed", "the source of a was removed: the directory packages/a/lib"],
        ),
        (
            sourced(a=A),
            sourced(),
            ["a was removed", "the source of a was removed: the editable directory packages/a"],
        ),
        (
            sourced(a=A),
            sourced(a=Commit(url="https://git.example/a.git", revision="v1", subdirectory="lib")),
            [
                "the source of a changed from the editable directory packages/a to "
                "https://git.example/a.git@v1 (subdirectory lib)"
            ],
        ),
    ],
)
def test_a_changed_source_is_named_as_users_call_it(old: Manifest, new: Manifest, sentences: list[str]) -> None:
    found = verdict(old, new)

    assert [each.sentence for each in found.differences] == sentences


def test_the_origin_of_requires_python_is_reported() -> None:
    origin = Origin(file="pyproject.toml", key="project.requires-python", line=3)
    answer = verdict(manifest(), replace(manifest(), requires_python=">=3.12", requires_python_origin=origin))

    assert isinstance(answer, Stale)
    assert answer.differences[0].origin == origin


def test_a_lock_without_inputs_is_of_unknown_freshness() -> None:
    reason = "pylock.toml (created by lockenv) does not record its inputs, so it is unknown whether it is up to date"

    assert compare(lock(), manifest()) == Unknown(reason=reason)


def test_a_lock_with_inputs_of_another_schema_is_of_unknown_freshness() -> None:
    whole = lock(tool={"lockenv": {"schema": 2, "inputs": {}}})

    assert compare(whole, manifest()) == Unknown(
        reason="pylock.toml was created by another version of lockenv, so it is unknown whether it is up to date"
    )


@pytest.mark.parametrize(
    "recorded",
    [
        {"dependencies": "a"},
        {"dependencies": [1]},
        {"dependencies": ["not a requirement!"]},
        {"extras": []},
        {"places": {"a": {"index": "x"}}},
        {"extras": {"x": 1}},
        {"groups": {"x": [1]}},
        {"requires-python": 3},
        {"requires-python": "three"},
        {"environments": ["linux"]},
    ],
)
def test_inputs_that_lockenv_does_not_write_are_refused(recorded: dict[str, Any]) -> None:
    whole = lock(tool={"lockenv": {"schema": 1, "inputs": recorded}})

    with pytest.raises(InputError, match=r"cannot read tool\.lockenv\.inputs of the lockfile"):
        compare(whole, manifest("a", policy=Policy(exclude_newer="2024-01-01"), environments=("os_name == 'nt'",)))


def test_inputs_never_hold_credentials() -> None:
    whole = manifest(
        "a @ https://user:secret@files.example/a-1.tar.gz",
        indexes=(Index(name="x", url="https://user:secret@index.example/simple?token=secret#secret"),),
    )

    assert inputs(whole) == {
        "dependencies": ["a @ https://files.example/a-1.tar.gz"],
        "indexes": [{"name": "x", "url": "https://index.example/simple/"}],
    }


def test_a_fresh_lock_is_judged_and_selected_from_without_packaging() -> None:
    script = """
import sys
from lockenv.lockfile.digest import is_intact
from lockenv.lockfile.freshness import compare
from lockenv.lockfile.verdicts import Fresh
from lockenv.lockfile.select import select
from lockenv.lockfile.text import read
from lockenv.vocabulary.manifest import Manifest
from lockenv.vocabulary.target import Target
lock = read('''lock-version = "1.0"
environments = ["python_version >= '3.11'"]
requires-python = ">=3.11"
created-by = "lockenv"
[[packages]]
name = "a"
version = "1"
marker = "sys_platform == 'linux' or 'x' in extras"
requires-python = ">=3.8,!=3.9.*"
wheels = [ { url = "https://files.example/a-1-py3-none-any.whl", hashes = { sha256 = "%s" } } ]
[tool.lockenv]
schema = 1
inputs = {}
''' % ('a' * 64))
environment = {"python_full_version": "3.12.1", "python_version": "3.12", "sys_platform": "linux"}
assert compare(lock, Manifest()) == Fresh()
assert is_intact(lock) is False
assert len(select(lock, Target(environment=environment, tags=("py3-none-any",))).files) == 1
banned = {"packaging", "requests", "rich", "email", "resolvelib", "tomlkit", "urllib", "json"}
print(sorted(banned & {name.partition(".")[0] for name in sys.modules}))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("[]\n", "")
