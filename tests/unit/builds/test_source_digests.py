"""What requirements files declare is known by a digest without reading them as the program does, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.builds.source_digests import requirements_digest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "include",
    [
        "-r more/b.txt",
        "-rmore/b.txt",
        "--requirement=more/b.txt",
        "-c more/b.txt  # why",
        "\f--constraint more/b.txt\r",
    ],
)
def test_file_that_is_included_counts(tmp_path: Path, include: str) -> None:
    (tmp_path / "more").mkdir()
    inner = tmp_path / "more" / "b.txt"
    files = [str(tmp_path / "a.txt")]
    (tmp_path / "a.txt").write_text(f"a\n{include}\nb\n", newline="")
    inner.write_text("-r c.txt\n")
    (tmp_path / "more" / "c.txt").write_text("c\n")

    first = requirements_digest(files)
    assert first
    assert requirements_digest(files) == first
    (tmp_path / "more" / "c.txt").write_text("c>1\n")
    assert requirements_digest(files) not in ("", first)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32", "iso8859-15"])
def test_included_file_counts_in_every_encoding_that_is_read(tmp_path: Path, encoding: str) -> None:
    mark = {"utf-16-be": "\ufeff", "iso8859-15": "# coding: iso8859-15 \u00fc\n"}.get(encoding, "")
    (tmp_path / "a.txt").write_bytes(f"{mark}-r b.txt\r\n".encode(encoding))
    (tmp_path / "b.txt").write_text("b\n")

    first = requirements_digest([str(tmp_path / "a.txt")])
    (tmp_path / "b.txt").write_text("b>1\n")
    assert first and requirements_digest([str(tmp_path / "a.txt")]) != first


def test_file_that_is_no_text_is_left_to_who_reads_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xff\n")

    assert requirements_digest([str(tmp_path / "a.txt")]) == ""


@pytest.mark.parametrize(
    "line",
    ["-r 'b c.txt'", "-r b\\ c.txt", "a \\\n  >1", "a @ https://files.example/${TOKEN}", "-r $X", "--requirement"],
)
def test_line_that_is_not_plain_is_left_to_who_reads_it(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.txt").write_text(f"{line}\n")

    assert requirements_digest([str(tmp_path / "a.txt")]) == ""


def test_files_that_include_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("-r a.txt\n")

    assert requirements_digest([str(tmp_path / "a.txt")])
