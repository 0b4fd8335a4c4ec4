from __future__ import annotations

import os.path
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import InputError, MachineError
from lockenv.project.requirements import manifest
from lockenv.project.settings import FOLDER_HINT
from lockenv.vocabulary.manifest import Index, Manifest, Policy
from lockenv.vocabulary.origin import Origin
from tests.unit.project.marked import marked_origin, unmarked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.vocabulary.requirement import Declared

FILE = "requirements.in"
PLACE = "use name @ https://…, name @ git+https://…@revision, ./directory or -e ./directory"
REQUIREMENT = "use the form name[extra]>=1.0; marker"
OPTIONS = (
    "the options are --requirement, --constraint, --editable, --index-url, --extra-index-url, --find-links, "
    "--no-index, --pre, --no-binary, --only-binary, --require-hashes"
)
DIGEST = "use --hash=sha256: and 64 hexadecimal digits, as `pip-compile --generate-hashes` writes them"
ONE, TWO = "0" * 64, "1" * 64
URL = "use an https://, http:// or file:// URL without ? and #"


def read(text: str, environ: Mapping[str, str] | None = None, **others: str) -> Manifest:
    """Read `text`, beside files named as the keywords with `_` for `/`."""
    files = {FILE: text} | {name.replace("_", "/") + ".txt": other for name, other in others.items()}
    return manifest([FILE], lambda name: files[os.path.normpath(name)], environ or {})


def texts(declared: tuple[Declared, ...]) -> list[str]:
    return [str(each.requirement) for each in declared]


def test_an_empty_file_declares_nothing() -> None:
    assert read("\n  \n# nothing\n\t# at all") == Manifest()


def test_each_requirement_has_the_origin_of_its_line() -> None:
    read_ = read("# first\r\nRequests [socks]>=2 # why\r\n\r\n  idna ; python_version < '3.12'\r\n")

    assert [(str(one.requirement), one.origin) for one in read_.dependencies] == [
        ("requests[socks]>=2", Origin(file=FILE, line=2, column=1, source="Requests [socks]>=2 # why")),
        (
            'idna; python_version < "3.12"',
            Origin(file=FILE, line=4, column=3, source="  idna ; python_version < '3.12'"),
        ),
    ]


def test_a_backslash_joins_lines_and_a_comment_ends_them() -> None:
    declared = read("a \\\n  >=1, \\\n  <2  # c\nb \\\n# between\nc\nd\\").dependencies

    assert [(str(one.requirement), one.origin.line) for one in declared] == [
        ("a<2,>=1", 1),
        ("b", 4),
        ("c", 6),
        ("d", 7),
    ]


def test_files_are_included_relative_to_the_file_that_includes_them() -> None:
    declared = read("a\n-r sub/one.txt\nb\n", sub_one="--requirement=../two.txt\n-rthree.txt\n", two="c", sub_three="d")

    assert [(str(one.requirement), str(one.origin)) for one in declared.dependencies] == [
        ("a", "requirements.in:1"),
        ("c", "sub/../two.txt:1"),
        ("d", "sub/three.txt:1"),
        ("b", "requirements.in:3"),
    ]


def test_a_file_that_is_included_twice_is_read_once() -> None:
    assert texts(read("-r a.txt\n-r ./a.txt\n", a="x").dependencies) == ["x"]


def test_all_in_a_constraints_file_constrains() -> None:
    read_ = read("-c a.txt\n-r b.txt\nx\n", a="urllib3<3\n-r b.txt\n", b="idna")

    assert (texts(read_.dependencies), texts(read_.constraints)) == (["idna", "x"], ["urllib3<3", "idna"])


def test_several_files_are_read_in_order() -> None:
    files = {"a.in": "x", "b.in": "y\n-r a.in"}

    assert texts(manifest(["b.in", "a.in"], files.__getitem__, {}).dependencies) == ["y", "x"]


def test_upper_case_variables_that_are_set_are_expanded() -> None:
    read_ = read(
        "x${V}\n--find-links ${FOLDER}/$HOME/${lower}/${UNSET}/${EMPTY}",
        {"lower": "no", "HOME": "no", "V": "==1", "EMPTY": "", "FOLDER": "wheels"},
    )

    assert texts(read_.dependencies) == ["x==1"]
    assert [index.url for index in read_.indexes] == ["wheels/$HOME/${lower}/${UNSET}/${EMPTY}/"]


def test_variables_of_an_index_stay_as_they_are_written() -> None:
    read_ = read(
        "-i https://${USER}@one.example/\n--extra-index-url ${USER}\n-f https://${USER}@two.example/", {"USER": "me"}
    )

    urls = ["https://${USER}@two.example/", "${USER}/", "https://${USER}@one.example/"]
    assert [index.url for index in read_.indexes] == urls


def test_extra_indexes_come_before_the_index() -> None:
    read_ = read(
        "--extra-index-url https://a.example/simple\n-i 'https://b.example/'\n--extra-index-url=https://c.example/simple/\n"
    )

    assert [index.url for index in read_.indexes] == [
        "https://a.example/simple/",
        "https://c.example/simple/",
        "https://b.example/",
    ]


def test_the_default_index_follows_extra_indexes_alone() -> None:
    assert read("--extra-index-url https://a.example/simple\n").indexes == (
        Index(name="", url="https://a.example/simple/"),
        Index(name="", url=""),
    )


def test_pre_allows_prereleases() -> None:
    assert read("--pre").policy == Policy(prerelease="allow")


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("--no-binary :all:", Policy(no_binary=("*",))),
        ("--only-binary=:all:", Policy(no_build=("*",))),
        ("--no-binary b,A_a\n--no-binary c", Policy(no_binary=("a-a", "b", "c"))),
        ("--no-binary a,b\n--only-binary B", Policy(no_binary=("a",), no_build=("b",))),
        ("--no-binary a,b\n--no-binary :none:", Policy()),
        ("--no-binary a\n--only-binary :all:", Policy(no_build=("*",))),
        ("--no-binary :all:\n--no-binary a", Policy(no_binary=("*",))),
    ],
)
def test_formats_are_restricted_as_pip_restricts_them(text: str, policy: Policy) -> None:
    assert read(text).policy == policy


FAULTS = [
    (
        "a\n  b ▲^1.2",
        "this line is not a valid requirement: expected semicolon (after name with no version specifier) or end",
        "use explicit bounds instead of a caret, such as >=1.2,<2",
    ),
    (
        "a \\\n >=1 \\\n  ▲x",
        "this line is not a valid requirement: "
        "expected comma (within version specifier), semicolon (after version specifier) or end",
        REQUIREMENT,
    ),
    (
        "▲b^${V} # ${V}",
        "this line is not a valid requirement: expected semicolon (after name with no version specifier) or end",
        "use explicit bounds instead of a caret, such as >=1.2,<2",
    ),
    ("a\n ▲svn+https://code.example/a", "this line is a svn repository, but only git is supported", PLACE),
    ("a\n ▲https://index.example/a", "this line is not a wheel (.whl) or an archive (.tar.gz, .zip)", PLACE),
    ("a\n ▲git+https://code.example/a", "this line has no package name, and its name cannot be determined", PLACE),
    ("a\n ▲https://code.example/main.zip", "this line has no package name, and its name cannot be determined", PLACE),
    ("-e ▲https://index.example/a-1.zip", "this line is editable, but only a directory can be editable", PLACE),
    ("▲--no-index x", "--no-index takes no argument", "use one option on each line"),
    ("▲-f ftp://a.example", "-f is not a directory or a page", FOLDER_HINT),
    ("▲--require-hashes x", "--require-hashes takes no argument", "use one option on each line"),
    ("a==1 \\\n  ▲--hash=sha256:00 --hash=sha256:01", "this --hash is not a sha256 of 64 hexadecimal digits", DIGEST),
    (
        f"a==1 --hash=sha256:{ONE} ▲--hash=sha512:{ONE}",
        "this --hash is a sha512, but lockfiles name files by their sha256",
        DIGEST,
    ),
    (f"a==1 ▲--hash=strange:{ONE}", "this --hash names no algorithm that lockenv knows", DIGEST),
    ("a==1 ▲--hash", "this --hash has no value", DIGEST),
    (
        f"a==1\n  ▲--hash=sha256:{ONE}",
        "this --hash belongs to no requirement",
        "end the line before it with a backslash",
    ),
    (
        f"a==1 --hash=sha256:{ONE} ▲; python_version < '3'",
        "a requirement ends where its hashes begin",
        "write the marker before them",
    ),
    (
        f"a==1 --hash=sha256:{ONE}\na == 1 ▲--hash=sha256:{TWO}",
        "these hashes are not those that requirements.in:1 lists for the same requirement",
        "list the same hashes on both lines, or remove one of them",
    ),
    (
        f"a @ git+https://code.example/a ▲--hash=sha256:{ONE}",
        "these hashes cannot be compared, as only files have hashes, not directories or commits",
        "remove them",
    ),
    (f"a==1 --hash=sha256:{ONE} ▲--config-settings x=y", "--config-settings is not supported yet", "remove it"),
    ("a==1 ▲--config-settings x=y", "--config-settings is not supported yet", "remove it"),
    ("a==1 ▲--strange", "--strange is not an option of requirements files", OPTIONS),
    (
        "▲--requirements a.txt",
        '--requirements is not an option of requirements files; did you mean "--requirement"?',
        OPTIONS,
    ),
    ("▲--pre x", "--pre takes no argument", "use one option on each line"),
    ("▲-", "- is not an option of requirements files", OPTIONS),
    ("▲-r", "-r takes one argument, and has 0", "use one option on each line"),
    ("▲-r a b", "-r takes one argument, and has 2", "use one option on each line"),
    ("▲-r 'a", "-r has an argument with an unclosed quote", "close the quote"),
    ("▲-r https://a.example/b", "-r with a URL is not supported yet", "save the file next to this one"),
    ("▲-i ./simple", "-i is not followed by the URL of an index", URL),
    ("▲--no-binary -", '--no-binary has the invalid name "-"', "use names separated by commas"),
    (
        "--only-binary :all:\n▲--no-binary a",
        "--no-binary has an exception to :all:, which is not supported yet",
        "list the packages instead",
    ),
    (
        "a\n▲-r requirements.in",
        "this line creates a cycle of includes: requirements.in -> requirements.in",
        "remove one of these includes",
    ),
]


@pytest.mark.parametrize(("text", "message", "hint"), FAULTS)
def test_a_fault_is_reported_with_its_place(text: str, message: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        read(unmarked(text), {"V": "1.2.3"})

    assert (caught.value.message, caught.value.hint, caught.value.origin) == (
        message,
        hint,
        marked_origin(text, FILE, ""),
    )


def test_a_cycle_of_files_is_reported_where_it_closes() -> None:
    with pytest.raises(InputError) as caught:
        read("-r sub/a.txt", sub_a="-r b.txt", sub_b="x\n -r ../sub/a.txt")

    assert caught.value.message == "this line creates a cycle of includes: sub/a.txt -> sub/b.txt -> sub/a.txt"
    assert caught.value.origin == Origin(file="sub/b.txt", line=2, column=2, source=" -r ../sub/a.txt")


def test_a_constraint_has_no_extras() -> None:
    with pytest.raises(InputError) as caught:
        read("-c a.txt", a="x[y]<2")

    assert caught.value.message == "this constraint has extras, which are not allowed in constraints"
    assert caught.value.origin == Origin(file="a.txt", line=1, column=1, source="x[y]<2")


def test_a_file_that_is_not_there_is_reported_where_it_was_included() -> None:
    def missing(name: str) -> str:
        if name == FILE:
            return "\n  -c gone.txt"
        raise MachineError(f"cannot read {name}: No such file or directory")

    with pytest.raises(InputError) as caught:
        manifest([FILE], missing, {})

    assert caught.value.message == "cannot read gone.txt: No such file or directory"
    assert caught.value.origin == Origin(file=FILE, line=2, column=3, source="  -c gone.txt")


def test_files_within_files_end_somewhere() -> None:
    with pytest.raises(InputError) as caught:
        manifest(["0"], lambda name: f"-r {int(name) + 1}", {})

    assert caught.value.message == "this include is nested more than 100 files deep"


@pytest.mark.parametrize(
    "line",
    [
        "-i http://me:secret@index.example/?x",
        "-i ftp://${USER}:${PASS}@index.example/",
        "a @ https://me:secret@index.example/a",
        "a @ https://${USER}:${PASS}@index.example/a extra",
    ],
)
def test_no_error_shows_a_password(line: str) -> None:
    with pytest.raises(InputError) as caught:
        read(line, {"USER": "me", "PASS": "secret"})

    error = caught.value
    assert error.origin is not None
    assert "secret" not in error.message + error.hint + error.origin.source


@pytest.mark.parametrize("line", ["a" + "\\\n" * 300_000, f"a{' ' * 300_000}", f"a{' #' * 100_000}"])
def test_long_line_costs_time_in_proportion_to_its_length(line: str) -> None:
    assert texts(read(line).dependencies) == ["a"]
