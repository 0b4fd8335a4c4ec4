from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from packaging.pylock import PackageSdist, PackageWheel, Pylock
from packaging.tags import parse_tag

from lockenv.errors import InputError, UsageError
from lockenv.lockfile.select import NotCovered, Selection, select
from lockenv.vocabulary.direct import Archive, Commit, Directory
from lockenv.vocabulary.distribution import Sdist, Wheel
from lockenv.vocabulary.names import NormalizedName, Sha256
from lockenv.vocabulary.selected import Selected
from tests.unit.lockfile.builders import file_table, lock, package, sha256, target

if TYPE_CHECKING:
    from lockenv.lockfile.text import Lock


def chosen(answer: Selection | NotCovered) -> list[str]:
    assert isinstance(answer, Selection), answer
    return [each.file.filename for each in answer.files]


def reasons(answer: Selection | NotCovered) -> tuple[str, ...]:
    assert isinstance(answer, NotCovered), answer
    return answer.reasons


def test_a_selected_file_carries_all_that_installing_needs() -> None:
    entry = package("idna", "3.7", index="https://index.example/simple/")
    name = "idna-3.7-py3-none-any.whl"

    assert select(lock(entry), target()) == Selection(
        files=(
            Selected(
                name=NormalizedName("idna"),
                version="3.7",
                file=Wheel(
                    filename=name, url=f"https://files.example/{name}", sha256=Sha256(sha256(name)), size=len(name)
                ),
                hashes=(("sha256", sha256(name)),),
                index="https://index.example/simple/",
            ),
        )
    )


@pytest.mark.parametrize(
    ("where", "file"),
    [
        (target("3.12.1"), "n-1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"),
        (target("3.12.1", "win32", "AMD64"), "n-1-cp312-cp312-win_amd64.whl"),
        (target("3.13.0"), "n-1-cp311-abi3-manylinux_2_17_x86_64.whl"),
        (target("3.13.0", "darwin", "arm64"), "n-1-py2.py3-none-any.whl"),
    ],
)
def test_the_wheel_with_the_best_tag_is_chosen(where: Any, file: str) -> None:
    entry = package(
        "n",
        "1",
        "cp311-abi3-manylinux_2_17_x86_64",
        "cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64",
        "cp312-cp312-win_amd64",
        "py2.py3-none-any",
    )

    assert chosen(select(lock(entry), where)) == [file]


def test_of_two_wheels_with_one_tag_the_higher_build_number_is_chosen() -> None:
    entry = package("n", "1", "9-py3-none-any", "10-py3-none-any", "py3-none-any", "10a-py3-none-any")

    assert chosen(select(lock(entry), target())) == ["n-1-10a-py3-none-any.whl"]


def test_an_sdist_is_selected_only_where_no_wheel_fits() -> None:
    entry = package("n", "1", "cp312-cp312-win_amd64", sdist=file_table("n-1.tar.gz"))

    assert chosen(select(lock(entry), target())) == ["n-1.tar.gz"]
    assert chosen(select(lock(entry), target(platform="win32", machine="AMD64"))) == ["n-1-cp312-cp312-win_amd64.whl"]


def test_an_sdist_alone_is_selected() -> None:
    entry = {"name": "n", "sdist": file_table("n-1.0.zip")}
    answer = select(lock(entry), target())

    assert isinstance(answer, Selection)
    assert (answer.files[0].version, type(answer.files[0].file)) == ("1.0", Sdist)


def test_a_package_without_a_file_for_the_environment_is_named() -> None:
    entry = package("n", "1", "cp312-cp312-win_amd64")

    assert reasons(select(lock(entry), target())) == (
        "n 1 has no file for this environment (cpython 3.12.1 on linux x86_64, cp312-cp312-manylinux_2_28_x86_64)",
    )


def test_markers_decide_for_environment_extras_and_groups() -> None:
    whole = lock(
        package("a", "1", marker="sys_platform == 'linux'"),
        package("b", "1", marker="sys_platform == 'win32'"),
        package("c", "1", marker="'x' in extras"),
        package("d", "1", marker="'dev' in dependency_groups"),
        extras=["x"],
        **{"dependency-groups": ["dev"]},
    )

    assert chosen(select(whole, target())) == ["a-1-py3-none-any.whl"]
    assert chosen(select(whole, target(), extras=["x"])) == ["a-1-py3-none-any.whl", "c-1-py3-none-any.whl"]
    assert chosen(select(whole, target(), groups=["dev"])) == ["a-1-py3-none-any.whl", "d-1-py3-none-any.whl"]


def test_an_extra_or_group_that_the_lock_does_not_have_is_a_usage_error() -> None:
    whole = lock(extras=["x", "y"])

    with pytest.raises(UsageError, match="the lockfile has no extra `z`; it defines x, y"):
        select(whole, target(), extras=["z"])
    with pytest.raises(UsageError, match="the lockfile has no group `dev`; it defines no groups"):
        select(whole, target(), groups=["dev"])


def test_a_default_group_may_be_selected_though_it_is_not_public() -> None:
    whole = lock(package("a", "1", marker="'default' in dependency_groups"), **{"default-groups": ["default"]})

    assert chosen(select(whole, target(), groups=["default"])) == ["a-1-py3-none-any.whl"]


def test_python_outside_requires_python_is_not_covered() -> None:
    whole = lock(**{"requires-python": ">=3.13"})

    assert reasons(select(whole, target())) == ("pylock.toml requires Python >=3.13, but this environment has 3.12.1",)


def test_a_platform_outside_environments_is_not_covered() -> None:
    whole = lock(environments=["sys_platform == 'win32'", "sys_platform == 'darwin'"])

    assert reasons(select(whole, target())) == (
        "pylock.toml covers sys_platform == 'win32' or sys_platform == 'darwin', but not this environment "
        "(cpython 3.12.1 on linux x86_64, cp312-cp312-manylinux_2_28_x86_64)",
    )


def test_every_package_that_does_not_fit_is_reported() -> None:
    whole = lock(
        package("b", "1", "cp312-cp312-win_amd64"),
        package("a", "1", **{"requires-python": ">=3.13"}),
        package("c", "1", marker="sys_platform == 'win32'", **{"requires-python": ">=3.13"}),
    )

    assert reasons(select(whole, target())) == (
        "a 1 requires Python >=3.13, but this environment has 3.12.1",
        "b 1 has no file for this environment (cpython 3.12.1 on linux x86_64, cp312-cp312-manylinux_2_28_x86_64)",
    )


def test_two_entries_of_one_name_for_one_environment_are_refused() -> None:
    whole = lock(package("a", "1", marker="python_version >= '3.8'"), package("a", "2"))

    with pytest.raises(InputError, match="the lockfile selects both 1 and 2 for this environment"):
        select(whole, target())


def test_extras_that_were_declared_to_conflict_are_a_usage_error() -> None:
    whole = lock(
        package("a", "1", marker="'x' in extras"),
        package("a", "2", marker="'dev' in dependency_groups"),
        extras=["x"],
        tool={"lockenv": {"inputs": {"conflicts": [["extra:x", "group:dev"]]}}},
        **{"dependency-groups": ["dev"]},
    )

    with pytest.raises(UsageError, match="extra x and group dev are declared as conflicts"):
        select(whole, target(), extras=["x"], groups=["dev"])
    assert chosen(select(whole, target(), groups=["dev"])) == ["a-2-py3-none-any.whl"]


def test_a_marker_that_is_none_is_refused_at_its_place() -> None:
    whole = lock(package("a", "1", marker="__import__('os')"))

    with pytest.raises(InputError) as caught:
        select(whole, target())

    assert caught.value.origin is not None
    assert caught.value.origin.source == "marker = \"__import__('os')\""


@pytest.mark.parametrize(
    ("more", "key"), [({"requires-python": "three"}, "requires-python"), ({"environments": ["linux"]}, "environments")]
)
def test_a_condition_of_the_lock_that_is_none_is_refused(more: dict[str, Any], key: str) -> None:
    with pytest.raises(InputError) as caught:
        select(lock(**more), target())

    assert caught.value.origin is not None
    assert caught.value.origin.source.startswith(key)


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("source", "direct"),
    [
        (
            {"vcs": {"type": "git", "url": "https://code.example/a.git", "commit-id": COMMIT}},
            Commit(url="https://code.example/a.git", commit=COMMIT),
        ),
        (
            {
                "vcs": {
                    "type": "git",
                    "path": "../a",
                    "commit-id": COMMIT,
                    "requested-revision": "v1",
                    "subdirectory": "b",
                }
            },
            Commit(url="../a", commit=COMMIT, revision="v1", subdirectory="b"),
        ),
        ({"directory": {"path": "../a", "editable": True}}, Directory(path="../a", editable=True)),
        ({"directory": {"path": "a", "subdirectory": "b"}}, Directory(path="a/b")),
    ],
)
def test_a_commit_or_a_directory_is_selected_as_sources_to_be_built(source: dict[str, Any], direct: Any) -> None:
    answer = select(lock({"name": "a", **source}), target())

    assert isinstance(answer, Selection)
    assert answer.files[0].direct == direct
    assert isinstance(answer.files[0].file, Sdist)


@pytest.mark.parametrize(
    ("filename", "kind", "version"), [("a-1-py3-none-any.whl", Wheel, "1"), ("main.zip", Sdist, "")]
)
def test_an_archive_is_a_wheel_whose_name_has_its_version_or_is_to_be_built(
    filename: str, kind: type, version: str
) -> None:
    answer = select(lock({"name": "a", "archive": file_table(filename)}), target())

    assert isinstance(answer, Selection)
    assert isinstance(answer.files[0].file, kind)
    assert isinstance(answer.files[0].direct, Archive)
    assert answer.files[0].version == version


@pytest.mark.parametrize("key", ["archive", "wheels[0]"])
def test_a_wheel_without_the_hash_that_names_it_is_refused_where_it_is(key: str) -> None:
    file = file_table("a-1-py3-none-any.whl", hashes={"sha512": "a" * 128})
    entry = {"archive": file} if key == "archive" else {"wheels": [file]}

    with pytest.raises(InputError, match=r"a: a-1-py3-none-any\.whl has no sha256") as caught:
        select(lock({"name": "a", **entry}), target())

    assert caught.value.origin is not None
    assert caught.value.origin.key == f"packages[0].{key}"


def test_a_wheel_by_itself_that_does_not_fit_is_no_wheel_for_the_environment() -> None:
    answer = select(lock({"name": "a", "archive": file_table("a-1-cp27-none-any.whl")}), target())

    assert isinstance(answer, NotCovered)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"vcs": {"type": "hg", "url": "https://code.example/a", "commit-id": COMMIT}}, "only git is supported"),
        ({"vcs": {"type": "git", "url": "https://code.example/a", "commit-id": "main"}}, "not a full commit hash"),
        ({"vcs": {"type": "git", "url": "../a", "commit-id": COMMIT}}, "not the URL of a repository"),
        ({"vcs": {"type": "git", "url": "--upload-pack=x", "commit-id": COMMIT}}, "has the invalid value"),
        (
            {"vcs": {"type": "git", "url": "https://c.example/a", "commit-id": COMMIT, "subdirectory": "../b"}},
            "is outside of the sources",
        ),
        ({"vcs": {"type": "git", "url": "ext::sh -c x", "commit-id": COMMIT}}, "not the URL of a repository"),
        ({"directory": {"path": "/etc"}}, "not relative to the lock"),
        ({"directory": {"path": "C:\\x"}}, "not relative to the lock"),
        ({"directory": {"path": "a", "editable": "yes"}}, "not true or false"),
    ],
)
def test_a_direct_source_that_cannot_be_trusted_is_refused(source: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        select(lock({"name": "a", **source}), target())


def test_all_hashes_that_can_be_checked_are_given() -> None:
    both = {"sha512": "B" * 128, "SHA256": "A" * 64, "md5": "c" * 32, "unknown": "x"}
    entry = {"name": "a", "version": "1", "wheels": [file_table("a-1-py3-none-any.whl", hashes=both)]}
    answer = select(lock(entry), target())

    assert isinstance(answer, Selection)
    assert answer.files[0].file.sha256 == "a" * 64
    assert answer.files[0].hashes == (("md5", "c" * 32), ("sha256", "a" * 64), ("sha512", "b" * 128))


NAME = "a-1-py3-none-any.whl"
BAD = [
    ({"hashes": None}, "has no hash"),
    ({"hashes": {}}, "has no hash"),
    ({"hashes": {"md5": "c" * 32}}, "no secure hash, only md5"),
    ({"hashes": {"sha1": "c" * 40, "md5": "c" * 32}}, "no secure hash, only md5, sha1"),
    ({"hashes": {"nonsense": "c" * 40}}, "no secure hash, only nonsense"),
    ({"hashes": {"sha256": ""}}, "is not 64 hexadecimal digits"),
    ({"hashes": {"sha256": "a" * 63}}, "is not 64 hexadecimal digits"),
    ({"hashes": {"sha256": "g" * 64}}, "is not 64 hexadecimal digits"),
    ({"hashes": {"sha256": 1}}, "the sha256 of a-1-py3-none-any.whl is not a string"),
    ({"hashes": {"sha256": "a" * 64, "sha512": "a"}}, "is not 128 hexadecimal digits"),
    ({"size": -1}, "is -1, not a number of bytes"),
    ({"size": True}, "is True, not a number of bytes"),
    ({"size": "1"}, "is '1', not a number of bytes"),
    ({"upload-time": "2024"}, "is not a date and time"),
    ({"url": None}, "has no usable file name"),
    ({"url": 1}, "url of wheels\\[0\\] is not a string"),
    ({"url": None, "name": NAME}, "has neither url nor path"),
    ({"url": "file:///tmp/" + NAME}, "is not an https or http URL"),
    ({"url": "ftp://files.example/" + NAME}, "is not an https or http URL"),
    ({"url": "https:///" + NAME}, "is not an https or http URL"),
    ({"url": "https://files.example/x y/" + NAME}, "is not an https or http URL"),
    ({"url": NAME}, "is not an https or http URL"),
    ({"path": "/tmp/" + NAME}, "leaves the directory of the lock"),
    ({"path": "../" + NAME}, "leaves the directory of the lock"),
    ({"path": "x/../../" + NAME}, "leaves the directory of the lock"),
    ({"path": "x\\..\\..\\" + NAME}, "leaves the directory of the lock"),
    ({"path": "c:/" + NAME}, "leaves the directory of the lock"),
    ({"path": "\\\\host\\share\\" + NAME}, "leaves the directory of the lock"),
    ({"name": "../" + NAME}, "has no usable file name"),
    ({"name": "a-1-py3-none-any.whl\n"}, "has no usable file name"),
    ({"url": "https://files.example/..%2Fa-1-py3-none-any.whl"}, "has no usable file name"),
    ({"name": "b-1-py3-none-any.whl"}, "belongs to b"),
    ({"name": "a-2-py3-none-any.whl"}, "belongs to version 2"),
    ({"name": "a-1-py3-none-any.zip"}, "is not the name of a wheel"),
    ({"name": "a-py3-none-any.whl"}, "is not the name of a wheel"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_a_selected_file_that_is_not_well_formed_is_refused(change: dict[str, Any], message: str) -> None:
    entry = {"name": "a", "version": "1", "wheels": [file_table(NAME, **change)]}

    with pytest.raises(InputError, match=message):
        select(lock(entry), target())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "a-1.tar.bz2"}, "is not the name of an sdist"),
        ({"name": "a.tar.gz"}, "is not the name of an sdist"),
        ({"name": "b-1.tar.gz"}, "belongs to b"),
        ({"name": "a-2.tar.gz"}, "belongs to version 2"),
        ({"hashes": {}}, "has no hash"),
    ],
)
def test_a_selected_sdist_that_is_not_well_formed_is_refused(change: dict[str, Any], message: str) -> None:
    entry = {"name": "a", "version": "1", "sdist": file_table("a-1.tar.gz", **change)}

    with pytest.raises(InputError, match=message):
        select(lock(entry), target())


def test_a_fault_in_a_file_is_shown_at_its_place() -> None:
    entry = {"name": "a", "version": "1", "wheels": [file_table(NAME, hashes={"sha256": "abc"})]}

    with pytest.raises(InputError) as caught:
        select(lock(entry), target())

    origin = caught.value.origin
    assert origin is not None
    assert (origin.key, origin.line) == ("packages[0].wheels[0]", 8)
    assert origin.source[origin.column - 1 :].startswith("abc")


@pytest.mark.parametrize("path", ["a-1-py3-none-any.whl", "wheels/a-1-py3-none-any.whl", "w\\a-1-py3-none-any.whl"])
def test_a_path_below_the_lock_is_given_relative_to_it(path: str) -> None:
    entry = {"name": "a", "version": "1", "wheels": [file_table(NAME, path=path)]}
    answer = select(lock(entry), target())

    assert isinstance(answer, Selection)
    assert answer.files[0].file.url == path.replace("\\", "/")


@pytest.mark.parametrize("version", ["1.0", "1", "1.0.0"])
def test_a_file_of_an_equal_version_in_other_words_is_accepted(version: str) -> None:
    entry = {"name": "a", "version": version, "wheels": [file_table("A-1.0-py3-none-any.whl")]}

    assert chosen(select(lock(entry), target())) == ["A-1.0-py3-none-any.whl"]


TARGETS = [
    target("3.11.9"),
    target("3.12.1", "win32", "AMD64"),
    target("3.13.0", "darwin", "arm64"),
    target("3.14.2"),
]


def varied() -> Lock:
    tags = (
        "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
        "cp312-cp312-win_amd64",
        "cp312-abi3-macosx_11_0_arm64",
        "cp313-cp313-macosx_11_0_universal2",
    )
    return lock(
        package("binary", "1.0", *tags, sdist=file_table("binary-1.0.tar.gz")),
        package("split", "1.0", marker="python_version < '3.13'", **{"requires-python": ">=3.8,!=3.10.*"}),
        package("split", "2.0", marker="python_full_version >= '3.13.0'"),
        package("posix", "1.0", "py2.py3-none-any", marker="os_name == 'posix' and 'x' in extras"),
        package("grouped", "1.0", "cp3-none-any", "py3-none-any", marker="'dev' in dependency_groups"),
        environments=["sys_platform != 'win32'", "sys_platform == 'win32'"],
        extras=["x"],
        **{"dependency-groups": ["dev"], "requires-python": ">=3.11"},
    )


@pytest.mark.parametrize("where", TARGETS)
@pytest.mark.parametrize("extras", [[], ["x"]])
@pytest.mark.parametrize("groups", [[], ["dev"]])
def test_selection_agrees_with_the_standards_reader(where: Any, extras: list[str], groups: list[str]) -> None:
    whole = varied()
    expected = Pylock.from_dict(whole.document).select(
        environment=where.environment,
        tags=[tag for text in where.tags for tag in parse_tag(text)],
        extras=extras,
        dependency_groups=groups,
    )

    files = [file.filename for _, file in expected if isinstance(file, PackageWheel | PackageSdist)]
    assert chosen(select(whole, where, extras, groups)) == sorted(files)


def left_out(*tables: dict[str, str]) -> Lock:
    entry = package("n", "1", "py3-none-any", marker="'tf' in extras or 'dev' in dependency_groups")
    tool = {"lockenv": {"schema": 1, "left-out": list(tables)}}
    return lock(entry, extras=["tf"], tool=tool, **{"dependency-groups": ["dev"]})


def test_extra_that_the_lock_leaves_out_is_refused_with_the_reason_and_only_there() -> None:
    written = left_out({"extra": "tf", "marker": "python_version >= '3.13'", "reason": "n 1 needs <3.13"})

    assert reasons(select(written, target("3.13.0"), ["tf"])) == (
        "extra tf is not available in this environment (cpython 3.13.0 on linux x86_64, "
        f"{target('3.13.0').tags[0]}): n 1 needs <3.13",
    )
    assert chosen(select(written, target("3.13.0"), (), ["dev"])) == ["n-1-py3-none-any.whl"]
    assert chosen(select(written, target("3.12.0"), ["tf"])) == ["n-1-py3-none-any.whl"]


@pytest.mark.parametrize("wrong", [{"marker": "python_version >= '3.13'"}, {"reason": "so", "marker": ""}, {"a": "b"}])
def test_what_a_lock_says_it_leaves_out_in_another_shape_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(InputError, match="left-out of the lockfile is invalid"):
        select(left_out(wrong), target("3.13.0"), ["tf"])


def test_declared_conflict_is_refused_though_the_lock_has_one_version_for_both() -> None:
    written = lock(
        package("n", "1", marker="'x' in extras"),
        extras=["x", "y"],
        tool={"lockenv": {"inputs": {"conflicts": [["extra:x", "extra:y"]]}}},
    )

    with pytest.raises(UsageError, match="extra x and extra y are declared as conflicts"):
        select(written, target(), ["x", "y"])
