"""References to what no index serves: URLs, paths, tables of sources."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import InputError
from lockenv.project.direct import from_url
from lockenv.project.member import member
from lockenv.project.pyproject import manifest
from lockenv.project.requirements import manifest as from_requirements
from lockenv.resolve.places import divisions
from lockenv.resolve.problem import universe_of
from lockenv.vocabulary.direct import Archive, Commit, Directory, moved
from lockenv.vocabulary.names import Sha256

if TYPE_CHECKING:
    from lockenv.vocabulary.direct import Direct

BASE = "/home/me/project"
HEAD = "[project]\nname = 'me'\nversion = '1'\n"
DIGEST = "ab" * 32


@pytest.mark.parametrize(
    ("url", "direct"),
    [
        ("git+https://code.example/o/r.git", Commit(url="https://code.example/o/r.git")),
        ("git+https://code.example/o/r@v1", Commit(url="https://code.example/o/r", revision="v1")),
        ("git+https://u:p@code.example/r@v1", Commit(url="https://code.example/r", revision="v1")),
        ("git+ssh://git@code.example/r.git", Commit(url="ssh://git@code.example/r.git")),
        ("git+ssh://git@code.example:22/r@a/b", Commit(url="ssh://git@code.example:22/r", revision="a/b")),
        (
            "git+https://c.example/r@v1#subdirectory=a/b",
            Commit(url="https://c.example/r", revision="v1", subdirectory="a/b"),
        ),
        ("git+file:///home/me/r@v1", Commit(url="../r", revision="v1")),
        (
            f"https://u:p@files.example/a-1.tar.gz#sha256={DIGEST}",
            Archive(location="https://files.example/a-1.tar.gz", filename="a-1.tar.gz", sha256=Sha256(DIGEST)),
        ),
        (
            "https://code.example/r/main.zip?x=1#subdirectory=a",
            Archive(location="https://code.example/r/main.zip?x=1", filename="main.zip", subdirectory="a"),
        ),
        ("file:///home/me/lib", Directory(path="../lib")),
        ("file:///home/me/project/a%20b", Directory(path="a b")),
        ("file:///${PROJECT_ROOT}/a%20b", Directory(path="a b")),
        ("file://${PROJECT_ROOT}/../lib", Directory(path="../lib")),
        ("file:///${PROJECT_ROOT}", Directory(path=".")),
        ("git+file:///${PROJECT_ROOT}/../r@v1", Commit(url="../r", revision="v1")),
        ("{root:uri}/lib", Directory(path="lib")),
        ("{root:parent:parent:uri}/lib#subdirectory=in", Directory(path="../../lib/in")),
        (
            "file:///home/me/a-1-py3-none-any.whl",
            Archive(location="../a-1-py3-none-any.whl", filename="a-1-py3-none-any.whl"),
        ),
    ],
)
def test_a_url_names_a_commit_an_archive_or_a_directory(url: str, direct: Direct) -> None:
    assert from_url(url, BASE) == direct


@pytest.mark.parametrize(
    ("url", "clause"),
    [
        ("hg+https://code.example/r", "is a hg repository"),
        ("ftp://files.example/a.zip", "is not an https, http, file or git"),
        ("https://files.example/a.exe", "is not a wheel"),
        ("https://files.example/", "is not a wheel"),
        ("git+https://code.example/r@-x", "has an invalid git revision"),
        ("git+ext::sh -c x", "is not an https, ssh, git or file URL"),
        ("git+--upload-pack=x", "is not an https, ssh, git or file URL"),
        ("git+https://code.example/r#subdirectory=../x", "has a subdirectory outside of the sources"),
        ("https://files.example/a-1.zip#sha256=12", "is not 64 hexadecimal digits"),
        ("file://elsewhere/a", "is a file on another machine"),
    ],
)
def test_what_a_url_cannot_be_is_reported(url: str, clause: str) -> None:
    with pytest.raises(ValueError, match=clause.replace("+", r"\+")):
        from_url(url, BASE)


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("1.0", "use `lib==1.0` for a version"),
        ("latest", "use `lib` alone for the newest version"),
        (
            "./lib-1.0-py3-none-any.whl",
            'require `lib` by name, and add lib = { path = "./lib-1.0-py3-none-any.whl" } to [tool.lockenv.sources]',
        ),
        ("ftp://files.example/a.zip", "use name @ https://…, name @ git+https://…@revision or name @ file:///…"),
    ],
)
def test_what_is_meant_by_no_url_is_proposed(url: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        manifest(f'{HEAD}dependencies = ["lib @ {url}"]\n', "pyproject.toml")

    assert caught.value.hint == hint


def test_the_url_of_a_requirement_becomes_the_source_of_its_project() -> None:
    read = manifest(
        HEAD + "dependencies = ['b[x] @ git+https://code.example/b@v1 ; os_name == \"nt\"']", directory=BASE
    )

    assert [str(each.requirement) for each in read.dependencies] == ['b[x]; os_name == "nt"']
    assert {name: each.direct for name, each in read.direct.items()} == {
        "b": Commit(url="https://code.example/b", revision="v1")
    }


def test_tables_of_sources_say_where_projects_come_from() -> None:
    read = manifest(
        HEAD
        + "[tool.lockenv.sources]\n"
        + "a = { git = 'https://code.example/a', branch = 'main', subdirectory = 'x' }\n"
        + "b = { path = '../b', editable = true }\n"
        + "c = { url = 'https://files.example/c-1.zip' }\n"
        + "d = { git = '../d' }\n"
    )

    assert {name: each.direct for name, each in read.direct.items()} == {
        "a": Commit(url="https://code.example/a", revision="refs/heads/main", subdirectory="x"),
        "b": Directory(path="../b", editable=True),
        "c": Archive(location="https://files.example/c-1.zip", filename="c-1.zip"),
        "d": Commit(url="../d"),
    }


@pytest.mark.parametrize(
    ("written", "revision"),
    [
        ("branch = 'v1'", "refs/heads/v1"),
        ("tag = 'v1'", "refs/tags/v1"),
        ("rev = 'v1'", "v1"),
        ("rev = 'refs/pull/7/head'", "refs/pull/7/head"),
        ("branch = 'refs/heads/v1'", "refs/heads/v1"),
        ("branch = 'a/b'", "refs/heads/a/b"),
    ],
)
def test_branch_and_tag_of_one_name_are_two_references(written: str, revision: str) -> None:
    read = manifest(f"{HEAD}[tool.lockenv.sources]\na = {{ git = 'https://code.example/a', {written} }}\n")

    assert [each.direct for each in read.direct.values()] == [Commit(url="https://code.example/a", revision=revision)]


@pytest.mark.parametrize(
    "urls", [("", f"#sha256={'AB' * 32}"), (f"#sha256={'ab' * 32}", ""), (f"#sha256={'ab' * 32}",) * 2]
)
def test_url_with_and_without_its_hash_is_one_place(urls: tuple[str, str]) -> None:
    first, second = (f"c @ https://files.example/c-1.zip{hash_}" for hash_ in urls)
    read = manifest(f"{HEAD}dependencies = ['{first}']\noptional-dependencies.x = ['{second}']")

    (found,) = read.direct.values()
    assert found.direct == Archive(
        location="https://files.example/c-1.zip", filename="c-1.zip", sha256=Sha256("ab" * 32)
    )


def test_url_with_two_hashes_is_two_places() -> None:
    first, second = (f"c @ https://files.example/c-1.zip#sha256={digits * 32}" for digits in ("ab", "cd"))

    read = manifest(f"{HEAD}dependencies = ['{first}']\noptional-dependencies.x = ['{second}']")

    with pytest.raises(InputError, match="c has two sources"):
        divisions(read, universe_of(read))


def test_two_places_for_one_project_are_refused() -> None:
    text = HEAD + "dependencies = ['b @ file:///b']\noptional-dependencies.x = ['B @ file:///c']"
    read = manifest(text, directory=BASE)

    with pytest.raises(InputError, match=r"b has two sources where 'x' in extras: /?.*b .*and .*c"):
        divisions(read, universe_of(read))


def test_lines_of_a_requirements_file_name_places() -> None:
    files = {
        "requirements.in": "-e ./lib[x]\n../other ; os_name == 'nt'\nhttps://files.example/c-1-py3-none-any.whl\n"
        "git+https://code.example/d@v1#egg=d\n",
        "lib/pyproject.toml": "[project]\nname = 'Lib'\n",
        "../other/pyproject.toml": "[project]\nname = 'other'\n",
    }
    read = from_requirements(["requirements.in"], lambda name: files[name], {}, "")

    assert [str(each.requirement) for each in read.dependencies] == ["lib[x]", 'other; os_name == "nt"', "c", "d"]
    assert {name: each.direct for name, each in read.direct.items()} == {
        "lib": Directory(path="lib", editable=True),
        "other": Directory(path="../other"),
        "c": Archive(location="https://files.example/c-1-py3-none-any.whl", filename="c-1-py3-none-any.whl"),
        "d": Commit(url="https://code.example/d", revision="v1"),
    }


@pytest.mark.parametrize(
    ("line", "required", "path"),
    [
        ("./my tool[test]", "lib[test]", "my tool"),
        ('-e "./my tool[test,x]"', "lib[test,x]", "my tool"),
        ("-e './my tool'", "lib", "my tool"),
        ("my tool/", "lib", "my tool"),
        (".[test,x]", "lib[test,x]", "."),
        ("-e .[test]", "lib[test]", "."),
        (". ; os_name == 'nt'", 'lib; os_name == "nt"', "."),
        ("..[test] ; os_name == 'nt'", 'lib[test]; os_name == "nt"', ".."),
        ("./my tool [test] ; os_name == 'nt'", 'lib[test]; os_name == "nt"', "my tool"),
        ("../a b/c  d[test] # a comment", "lib[test]", "../a b/c  d"),
    ],
)
def test_path_with_blanks_and_extras_is_read_as_pip_reads_it(line: str, required: str, path: str) -> None:
    files = {"requirements.in": line, os.path.normpath(f"{path}/pyproject.toml"): "[project]\nname = 'Lib'\n"}
    read = from_requirements(["requirements.in"], lambda name: files[name], {}, "")

    assert [str(each.requirement) for each in read.dependencies] == [required]
    (found,) = read.direct.values()
    assert found.direct == Directory(path=path, editable=line.startswith("-e"))


def test_a_member_reports_its_sources_as_the_root_sees_them() -> None:
    text = (
        "[project]\nname = 'Lib'\nversion = '2'\ndependencies = ['c @ file:///home/me/project/c']\n"
        "[tool.lockenv.sources]\nb = { path = '../b' }\nm = { workspace = true }\ni = { index = 'internal' }\n"
    )
    found = member(text, "lib/pyproject.toml", "/home/me/project/lib", "lib")

    assert (found.name, found.version, found.sources) == ("lib", "2", {"i": "internal"})
    assert {name: each.direct for name, each in found.direct.items()} == {
        "b": Directory(path="b"),
        "c": Directory(path="c"),
    }
    assert [name for name, _ in found.of_workspace] == ["m"]


@pytest.mark.parametrize(
    ("direct", "seen"),
    [
        (Directory(path="../b"), Directory(path="b")),
        (Directory(path="."), Directory(path="lib")),
        (Archive(location="x.zip", filename="x.zip"), Archive(location="lib/x.zip", filename="x.zip")),
        (Archive(location="https://a.example/x.zip", filename="x.zip"),) * 2,
        (Commit(url="../../r"), Commit(url="../r")),
        (Commit(url="https://a.example/r"),) * 2,
    ],
)
def test_paths_are_seen_from_elsewhere(direct: Direct, seen: Direct) -> None:
    assert moved(direct, "lib") == seen


@pytest.mark.parametrize("fragment", ["sha512=ab", "md5=ab", "SHA256=ab", f"sha256={DIGEST}&sha256={DIGEST}"])
def test_hash_that_would_not_be_compared_is_refused(fragment: str) -> None:
    with pytest.raises(ValueError, match=r"does not support; use #sha256=|duplicate"):
        from_url(f"https://files.example/a-1.zip#{fragment}", BASE)
