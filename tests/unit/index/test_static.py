from __future__ import annotations

import io
import tarfile

import pytest

from lockenv.errors import RefusedError
from lockenv.index.archives import sdist_pyproject
from lockenv.index.metadata import Headers, compact_source, decode
from lockenv.index.static import project_headers
from lockenv.vocabulary.distribution import Metadata, NeedsBuild
from lockenv.vocabulary.names import ExtraName, NormalizedName
from tests.support.wheels import tar_gz_of, zip_of

A = NormalizedName("a")
OLD = b"Metadata-Version: 2.1\nName: a\nVersion: 1.0\n"
WHOLE = """\
[project]
name = "A"
dynamic = ["version", "readme"]
requires-python = ">=3.9"
dependencies = ["b>=1", "c @ https://files.example/c.whl ; os_name == 'nt'"]

[project.optional-dependencies]
more = ["d", "e ; os_name == 'nt' or os_name == 'posix'"]
"""


def source(project: str, info: bytes = OLD) -> Metadata | NeedsBuild:
    def declared(version: str) -> Headers | str:
        return project_headers(project.encode(), version)

    return decode(compact_source(info, "a-1.0.tar.gz", declared), "a-1.0.tar.gz", A, "1.0")


def test_static_project_table_needs_no_build() -> None:
    assert source(WHOLE) == Metadata(
        name=A,
        version="1.0",
        requires=(
            "b>=1",
            "c @ https://files.example/c.whl ; os_name == 'nt'",
            "d ; extra == 'more'",
            "e ; (os_name == 'nt' or os_name == 'posix') and extra == 'more'",
        ),
        requires_python=">=3.9",
        extras=(ExtraName("more"),),
    )


def test_tree_without_a_table_leaves_it_to_a_build() -> None:
    old = "the metadata of a-1.0.tar.gz is older than version 2.2, so a build may change it"

    assert source("[build-system]\nrequires = []\n") == NeedsBuild(reason=old)


def test_table_without_dependencies_has_none() -> None:
    assert source('[project]\nname = "a"\nversion = "1"\n') == Metadata(name=A, version="1.0")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[project", "its pyproject.toml is not TOML"),
        ('[project]\nname = "a"\ndynamic = ["dependencies"]\n', "its [project] table declares dependencies as dynamic"),
        (
            '[project]\nname = "a"\ndynamic = ["requires-python", "optional-dependencies"]\n',
            "its [project] table declares optional-dependencies, requires-python as dynamic",
        ),
        ('[project]\nname = "a"\ndynamic = "version"\n', "its [project] table is not valid"),
        ('[project]\nname = "a"\ndependencies = "b"\n', "its [project] table is not valid"),
        ('[project]\nname = "a"\ndependencies = ["b\\nc"]\n', "its [project] table is not valid"),
        ('[project]\nname = "a"\noptional-dependencies = {x = "b"}\n', "its [project] table is not valid"),
        (
            '[project]\nname = "a"\n[tool.poetry]\n',
            "its pyproject.toml has a [tool.poetry] table, which may differ",
        ),
        ('[project]\nname = "b"\n', "its pyproject.toml is for a different release"),
        ('[project]\nname = "a"\nversion = "2"\n', "its pyproject.toml is for a different release"),
    ],
)
def test_table_that_does_not_state_all_leaves_it_to_a_build(text: str, reason: str) -> None:
    old = "the metadata of a-1.0.tar.gz is older than version 2.2, so a build may change it"

    assert source(text) == NeedsBuild(reason=f"{old}, and {reason}")


@pytest.mark.parametrize("line", [b"Name: b", b"Version: 2.0", b"Version: none"])
def test_source_that_says_it_is_another_release_is_refused_before_any_build(line: bytes) -> None:
    field = line.partition(b":")[0]
    lying = b"\n".join(line if old.startswith(field + b":") else old for old in OLD.splitlines())

    with pytest.raises(RefusedError, match=r"^a-1\.0\.tar\.gz: its metadata is for "):
        source(WHOLE, lying)


def test_pyproject_is_found_in_both_kinds_of_archive() -> None:
    members = {"a-1.0/PKG-INFO": OLD, "a-1.0/tests/pyproject.toml": b"x", "a-1.0/pyproject.toml": WHOLE.encode()}

    assert sdist_pyproject(io.BytesIO(tar_gz_of(members)), "a-1.0.tar.gz") == WHOLE.encode()
    assert sdist_pyproject(io.BytesIO(zip_of(members)), "a-1.0.zip") == WHOLE.encode()
    assert sdist_pyproject(io.BytesIO(tar_gz_of({"a-1.0/PKG-INFO": OLD})), "a-1.0.tar.gz") is None
    assert sdist_pyproject(io.BytesIO(zip_of({"a-1.0/PKG-INFO": OLD})), "a-1.0.zip") is None


def test_link_to_a_pyproject_is_not_followed() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        link = tarfile.TarInfo("a-1.0/pyproject.toml")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    out.seek(0)

    assert sdist_pyproject(out, "a-1.0.tar.gz") is None
