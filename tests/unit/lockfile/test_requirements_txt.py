"""Requirements hold what a lock says, and nothing that pip takes for more."""

from __future__ import annotations

import pytest

from lockenv.errors import InputError
from lockenv.lockfile.requirements_txt import Form, requirements
from lockenv.lockfile.subset import Entry, LockSubset
from lockenv.vocabulary.direct import Archive, Commit, Directory
from lockenv.vocabulary.markers import ALWAYS
from lockenv.vocabulary.names import NormalizedName

HOST = "https://index.example/simple/"
FORM = Form(title="a lock", default_index=HOST, has_hashes=False)
TRICKS = (
    "\n--extra-index-url https://evil.example/\n",
    "\r--pre",
    " --extra-index-url=https://evil.example/ ",
    " -r /etc/passwd",
    " # comment",
    "${HOME}",
    "\\",
    "\u202e",
    "\x85",
)


def entry(version: str = "1.0", index: str = HOST, direct: Commit | Directory | Archive | None = None) -> Entry:
    return Entry(
        position=0,
        name=NormalizedName("pkg"),
        version=version,
        marker=ALWAYS,
        wheels=(),
        sdist=None,
        index=index,
        direct=direct,
    )


def text(one: Entry) -> str:
    return requirements(LockSubset(region=ALWAYS, entries=(one,)), FORM)


@pytest.mark.parametrize("trick", TRICKS, ids=ascii)
@pytest.mark.parametrize("field", ["version", "index", "directory", "archive", "subdirectory"])
def test_line_that_pip_reads_as_more_is_refused(field: str, trick: str) -> None:
    made = {
        "version": lambda: entry(version=f"1.0{trick}"),
        "index": lambda: entry(index=f"https://other.example/{trick}"),
        "directory": lambda: entry(direct=Directory(path=f"x{trick}", editable=True)),
        "archive": lambda: entry(direct=Archive(location=f"https://files.example/x{trick}.whl", filename="x.whl")),
        "subdirectory": lambda: entry(
            direct=Commit(url="https://code.example/x", commit="a" * 40, subdirectory=f"x{trick}")
        ),
    }[field]()

    with pytest.raises(InputError, match="pip would read more than one"):
        text(made)


@pytest.mark.parametrize("trick", TRICKS, ids=ascii)
def test_address_of_a_repository_is_one_word(trick: str) -> None:
    try:
        lines = text(entry(direct=Commit(url=f"https://code.example/x{trick}", commit="a" * 40)))
    except InputError:
        return
    # What is no URL is a path, of which all that means something to pip is encoded.
    assert lines.startswith("# Created by lockenv: a lock.\npkg @ git+file://")
    assert len(lines.splitlines()[1].split()) == 3


def test_honest_lines_are_written() -> None:
    assert text(entry(index="https://other.example/simple")) == (
        "# Created by lockenv: a lock.\n--index-url https://other.example/simple/\npkg==1.0\n"
    )
    assert text(entry(direct=Directory(path="a dir", editable=True))).endswith("\n-e ./a dir\n")
