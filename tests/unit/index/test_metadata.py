from __future__ import annotations

import pytest

from lockenv.errors import InputError, RefusedError
from lockenv.index.legacy import requirement, specifier
from lockenv.index.metadata import (
    compact,
    compact_source,
    decode,
    headers,
    is_current,
    is_metadata_of,
    license_and_page,
)
from lockenv.vocabulary.distribution import Metadata, NeedsBuild
from lockenv.vocabulary.names import ExtraName, NormalizedName

A = NormalizedName("a")


def read(text: str, version: str = "1.0") -> Metadata | NeedsBuild:
    return decode(compact(text.encode(), "a-1.0-py3-none-any.whl"), "a-1.0-py3-none-any.whl", A, version)


def source(text: str) -> Metadata | NeedsBuild:
    return decode(compact_source(text.encode(), "a-1.0.tar.gz"), "a-1.0.tar.gz", A, "1.0")


def test_fields_are_read_to_the_blank_line() -> None:
    assert read(
        "Metadata-Version: 2.1\nNAME: A\nVersion: 1.0\nrequires-dist: b (>=1)\nRequires-Dist: c[x]; extra == 'y'\n"
        "Requires-Python: >=3.8\nProvides-Extra: Y_Z\nLicense: line\n  Requires-Dist: no\n\nRequires-Dist: not this\n"
    ) == Metadata(
        name=A,
        version="1.0",
        requires=("b (>=1)", "c[x]; extra == 'y'"),
        requires_python=">=3.8",
        extras=(ExtraName("y-z"),),
        license="\tline Requires-Dist: no",
    )


def test_folded_lines_and_other_line_ends_are_understood() -> None:
    assert read("Name: a\r\nVersion: 1.0\r\nRequires-Dist: b\r\n  ; extra == 'x'\r\n\r\nbody") == Metadata(
        name=A, version="1.0", requires=("b ; extra == 'x'",)
    )


def test_bytes_that_are_not_utf_8_do_no_harm() -> None:
    assert headers(b"Author: \xff\nName: a\n").first("name") == "a"


def test_version_that_is_equal_but_written_otherwise_is_the_same_release() -> None:
    assert read("Name: a\nVersion: 1.0.0\n", "1") == Metadata(name=A, version="1")


@pytest.mark.parametrize(
    "text", ["", "Name: a\n", "Version: 1.0\n", "Name: a\nVersion: new\n", "Name: -\nVersion: 1\n"]
)
def test_file_without_name_or_version_is_reported(text: str) -> None:
    with pytest.raises(InputError, match=r"a-1\.0-py3-none-any\.whl: its metadata has no valid"):
        read(text)


def test_metadata_of_another_release_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"its metadata is for b 1\.0"):
        read("Name: b\nVersion: 1.0\n")


def test_requirement_no_one_understands_is_given_as_written() -> None:
    kept = compact(b"Name: a\nVersion: 1.0\nRequires-Dist: b=>1\n", "a.whl")

    assert decode(kept, "a.whl", A, "1.0") == Metadata(name=A, version="1.0", requires=("b=>1",))


def test_static_source_metadata_counts() -> None:
    text = "Metadata-Version: 2.2\nName: a\nVersion: 1.0\nDynamic: Summary\nRequires-Dist: b\n"

    assert source(text) == Metadata(name=A, version="1.0", requires=("b",))


@pytest.mark.parametrize("field", ["Requires-Dist", "requires-python", "Provides-Extra"])
def test_dynamic_source_metadata_needs_a_build(field: str) -> None:
    text = f"Metadata-Version: 2.3\nName: a\nVersion: 1.0\nDynamic: {field}\n"

    assert source(text) == NeedsBuild(reason=f"a-1.0.tar.gz declares {field.title()} as dynamic")


@pytest.mark.parametrize("version", ["1.2", "2.1", "", "two"])
def test_old_source_metadata_needs_a_build(version: str) -> None:
    assert isinstance(source(f"Metadata-Version: {version}\nName: a\nVersion: 1.0\n"), NeedsBuild)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("b", "b"),
        ("b (>=1.0)", "b (>=1.0)"),
        ("b (>=1.0.*)", "b>=1.0"),
        ("b>=1.0 <2 ; python_version<'3'", "b>=1.0,<2; python_version<'3'"),
        ("b[x] >='1.0'", "b[x]>=1.0"),
        ("b ()", "b"),
        ("b=1", "b==1"),
        ("b~=3", "b>=3"),
        ("b @ https://files.example/b.whl ; os_name == 'nt'", "b @ https://files.example/b.whl ; os_name == 'nt'"),
        ("b; extra == 'x@y'", "b; extra == 'x@y'"),
        ("b (1.0)", None),
        ("b >> 1", None),
        ("", None),
        ("b[x y]", None),
        ("-e .", None),
        ("b\r", "b "),
        ("b\x1f>=\x1f1", "b >= 1"),
        ("b\xa0", "b"),
    ],
)
def test_old_requirements_are_made_valid_where_their_meaning_is_plain(written: str, meant: str | None) -> None:
    found = requirement(written)

    assert (found and found.replace(" ;", ";")) == (meant and meant.replace(" ;", ";"))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (">=3.8", ">=3.8"),
        (">=2.7, !=3.0.*", ">=2.7, !=3.0.*"),
        (">=2.7,!=3.0.*,>=3.4*", ">=2.7,!=3.0.*,>=3.4"),
        ("~=3", ">=3"),
        ("'>=3.6'", ">=3.6"),
        ("", ""),
        ("3.6", None),
        ("any", None),
    ],
)
def test_old_specifiers_are_made_valid_where_their_meaning_is_plain(written: str, meant: str | None) -> None:
    assert specifier(written) == meant


@pytest.mark.slow
def test_value_of_a_million_lines_is_read_in_linear_time() -> None:
    found = headers(b"Requires-Dist: b\n" + b" x\n" * 4_000_000)

    assert len(found.first("requires-dist")) == 1 + 4_000_000 * 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "requires", [f"Requires-Dist: {'b' * 70_000}\n", "Requires-Dist: b\n  c\n" * 400_000], ids=["one", "all"]
)
def test_requirements_beyond_all_measure_are_refused_and_no_guess(requires: str) -> None:
    text = f"Name: a\nVersion: 1.0\n{requires}"

    with pytest.raises(InputError, match=r"a-1\.0-py3-none-any\.whl: its metadata has"):
        read(text)
    assert not is_metadata_of(text.encode(), "a-1.0-py3-none-any.whl")


@pytest.mark.parametrize("text", [">=" + "9" * 5000, ">=1," * 3000])
def test_specifier_beyond_all_measure_has_no_meaning(text: str) -> None:
    assert (specifier(text), requirement(f"a{text}")) == (None, None)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ("License-Expression: MIT OR ISC\nLicense: x\nClassifier: License :: Public Domain\n", "MIT OR ISC"),
        (
            "License: x\nClassifier: License :: OSI Approved\nClassifier: License :: OSI Approved :: MIT License\n"
            "Classifier: License :: OSI Approved :: BSD License\nClassifier: Topic :: Games\n",
            "MIT License, BSD License",
        ),
        ("License: ISC\n", "ISC"),
        ("License: UNKNOWN\n", ""),
        ("License: Copyright (c) 2020\n" + "        Permission is hereby granted\n" * 9, ""),
        ("License: \x1b[31mred\n", "\\x1b[31mred"),
        ("", ""),
    ],
)
def test_license_is_the_expression_or_else_what_names_one(fields: str, named: str) -> None:
    payload = compact(f"Name: a\nVersion: 1.0\n{fields}Requires-Dist: b\n\n".encode(), "a-1.0-py3-none-any.whl")

    assert license_and_page(payload) == (named, "")
    assert decode(payload, "a", A, "1.0").requires == ("b",)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("fields", "page"),
    [
        (
            "Project-URL: Source, https://a.example/s\nProject-URL: Home-Page, https://a.example/\n",
            "https://a.example/",
        ),
        ("Home-page: https://a.example/\nProject-URL: Documentation, https://a.example/d\n", "https://a.example/"),
        ("Home-page: UNKNOWN\nProject-URL: GitHub, http://a.example/g\n", "http://a.example/g"),
        ("Project-URL: Homepage, javascript:alert(1)\nProject-URL: Homepage, https://a.example/\n", ""),
        ("Project-URL: Homepage\nProject-URL: Funding, https://a.example/f\n", ""),
        ("Home-page: https://a.example/\x1b[31m\n", ""),
    ],
)
def test_page_is_the_home_page_or_else_the_next_best_on_the_web(fields: str, page: str) -> None:
    assert license_and_page(compact(f"Name: a\nVersion: 1.0\n{fields}\n".encode(), "a-1.0.whl")) == ("", page)


def test_license_that_an_older_version_kept_for_people_is_read_again_where_its_words_count() -> None:
    payload = b"metadata 3\na\n1.0\n>=3.8\nx\nMIT License\nhttps://a.example/\nb"

    assert license_and_page(payload) == ("MIT License", "https://a.example/")
    assert (is_current(payload), is_current(payload, has_license=True)) == (True, False)
    assert decode(payload, "a-1.0-py3-none-any.whl", A, "1.0").requires == ("b",)  # type: ignore[union-attr]


def test_metadata_that_was_kept_without_a_license_still_counts() -> None:
    payload = b"metadata 1\na\n1.0\n>=3.8\nx\nb\nc"

    assert (is_current(payload), license_and_page(payload)) == (True, ("", ""))
    assert decode(payload, "a-1.0-py3-none-any.whl", A, "1.0") == Metadata(
        name=A, version="1.0", requires=("b", "c"), requires_python=">=3.8", extras=(ExtraName("x"),)
    )
