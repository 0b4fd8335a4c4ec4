from __future__ import annotations

import pytest

from lockenv.index.page import File, Page
from lockenv.index.page_cache import encode
from lockenv.index.page_columns import decode
from lockenv.index.releases import IndexReleases
from lockenv.vocabulary.manifest import Policy
from lockenv.vocabulary.markers import python
from lockenv.vocabulary.names import NormalizedName

A = NormalizedName("a")


def releases(pythons: str, **files: str) -> IndexReleases:
    """Return a release of files named by their tags, each with its Requires-Python."""
    listed = [
        File(name := f"a-1-{tags.replace('__', '-')}.whl", f"https://h/{name}", "ab" * 32, 5, "", stated, None, "")
        for tags, stated in files.items()
    ]
    columns = decode(encode(Page(listed, "active", "", 0), A))
    return IndexReleases(A, "https://h/", columns, Policy(), python(pythons).python_range())


@pytest.mark.parametrize(
    ("pythons", "tag"),
    [
        ("", "cp310-cp310-any"),
        (">=3.10", "cp310-cp310-any"),
        (">=3.11", "cp311-cp311-any"),
        (">=3.12", "cp39-abi3-any"),
        (">=2.7,<3", "cp27-cp27m-any"),
        (">=2.6,<2.7", "cp310-cp310-any"),
    ],
)
def test_the_first_wheel_that_a_locked_python_can_use_describes_its_release(pythons: str, tag: str) -> None:
    stated = {f"cp{tag}__cp{tag}__any": f"=={tag}" for tag in ("310", "311")}
    found = releases(pythons, **stated, cp27__cp27m__any="==27", cp39__abi3__any=">=39")

    assert found.described(0).filename == f"a-1-{tag}.whl"
    assert found.requires_python(0) == found.described(0).requires_python


def test_a_wheel_for_all_platforms_describes_its_release_unless_no_locked_python_can_use_it() -> None:
    files = {"cp312__cp312__win_amd64": "", "py38__none__any": "", "py310__none__any": ""}

    assert releases(">=3.10", **files).described(0).filename == "a-1-py310-none-any.whl"
    assert releases("<3.9", **files).described(0).filename == "a-1-py38-none-any.whl"
    assert releases(">=3.12,<3.13", cp312__cp312__win_amd64="", cp39__none__any="").described(0).filename == (
        "a-1-cp312-cp312-win_amd64.whl"
    )


def test_requires_python_that_all_files_state_is_known_without_them() -> None:
    one = releases(">=3.12", cp312__cp312__any=">=3.8", cp311__cp311__any=">=3.8")

    assert one.columns.requires_python(0) == one.requires_python(0) == ">=3.8"
