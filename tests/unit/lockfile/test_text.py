from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from textwrap import dedent

import pytest

from lockenv.errors import InputError
from lockenv.lockfile.text import decode, read, write
from lockenv.vocabulary.origin import Origin
from tests.unit.lockfile.builders import document, file_table, package, sha256

GOLDEN = """\
lock-version = "1.0"
environments = ["python_version >= '3.11'"]
requires-python = ">=3.11"
extras = []
dependency-groups = ["dev"]
default-groups = ["dev"]
created-by = "lockenv"
later = "kept"

[[packages]]
name = "idna"
version = "3.7"
marker = "'dev' in dependency_groups"
requires-python = ">=3.5"
dependencies = [
    { name = "six", version = "1.9" },
]
index = "https://index.example/simple/"
sdist = { upload-time = 2024-04-11T03:34:43.276510Z, url = "https://f.example/i.zip", hashes = { sha256 = "aa" } }
wheels = [
    { name = "idna-3.7-py3-none-any.whl", url = "https://files.example/1", hashes = { sha256 = "bb" } },
]
unknown = { a = 1 }

[packages.tool.lockenv]
requires-dist = ["six; extra == \\"old\\""]

[[packages]]
name = "six"
version = "1.9"
wheels = [
    { url = "https://files.example/six-1.9-py3-none-any.whl", hashes = { sha256 = "cc" } },
]

[[packages]]
name = "six"
version = "1.10"
wheels = [
    { url = "https://files.example/six-1.10-py3-none-any.whl", hashes = { sha256 = "dd" } },
]

[tool.lockenv]
digest = "ee"
schema = 1

[tool.lockenv.inputs]
dependencies = [
    "a-requirement-of-a-rather-long-name-that-makes-the-line-too-long>=1",
    "another-requirement-of-a-long-name",
]

[tool.other]
key = [[1, 2], ["x"]]
"""


def test_canonical_text_survives_reading_and_writing() -> None:
    assert write(read(GOLDEN).document) == GOLDEN


def test_text_depends_on_meaning_alone() -> None:
    loaded = tomllib.loads(GOLDEN)
    shuffled = {key: loaded[key] for key in sorted(loaded, reverse=True)}
    shuffled["packages"] = [dict(reversed(each.items())) for each in reversed(loaded["packages"])]

    assert write(shuffled) == GOLDEN


def test_reading_returns_what_tomllib_returns() -> None:
    assert read(GOLDEN).document == tomllib.loads(GOLDEN)


def test_a_lock_without_packages_is_a_lock() -> None:
    text = 'lock-version = "1.0"\ncreated-by = "lockenv"\npackages = []\n'

    assert write(read(text).document) == text


def test_values_are_escaped() -> None:
    text = 'quote " backslash \\ newline \n bell \x07 delete \x7f tab \t snow \u2603'
    written = write(document(tool={"x": {"odd key": text, "": [text, {"a.b": text}]}}))

    assert tomllib.loads(written)["tool"] == {"x": {"odd key": text, "": [text, {"a.b": text}]}}


def test_times_are_written_as_rfc_3339() -> None:
    moment = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    written = write(document(package("a", "1", sdist=file_table("a-1.tar.gz", **{"upload-time": moment}))))

    assert "sdist = { upload-time = 2024-01-02T03:04:05Z, " in written


def test_a_newer_minor_version_is_read_with_a_note() -> None:
    lock = read('lock-version = "1.3"\ncreated-by = "x"\npackages = []\n')

    assert lock.notes == ("pylock.toml uses format version 1.3; features newer than 1.0 are ignored",)


def test_accessors_return_the_keys_of_the_lock() -> None:
    lock = read(GOLDEN, "pylock.dev.toml")

    assert (lock.file, lock.created_by, lock.requires_python) == ("pylock.dev.toml", "lockenv", ">=3.11")
    assert (lock.environments, lock.extras, lock.groups) == (["python_version >= '3.11'"], [], ["dev"])
    assert lock.own is not None
    assert lock.own["digest"] == "ee"


CONFLICT = 'lock-version = "1.0"\n<<<<<<< HEAD\ncreated-by = "a"\n=======\ncreated-by = "b"\n>>>>>>> other\n'
ENTRY = 'lock-version = "1.0"\ncreated-by = "x"\n\n[[packages]]\nname = "a"\n'


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("", "the lockfile has no lock-version", 0, 0),
        ("a = \n", "the lockfile is not valid TOML: ", 1, 5),
        ("a = 1\na = 2\n", "the lockfile is not valid TOML: ", 2, 6),
        ("a = [1,\n", "the lockfile is not valid TOML: ", 1, 8),
        ('a = "\0"\n', "the lockfile is not valid TOML: ", 1, 6),
        (CONFLICT, "the lockfile has unresolved merge conflict markers at line 2", 2, 1),
        ('created-by = "x"\npackages = []\n', "the lockfile has no lock-version", 0, 0),
        ("lock-version = 1\n", 'lock-version is an integer, not a string such as "1.0"', 1, 1),
        ("lock-version = true\n", 'lock-version is a boolean, not a string such as "1.0"', 1, 1),
        ('lock-version = "one"\n', "lock-version 'one' is not a version", 1, 1),
        (
            '\nlock-version = "2.0"\n',
            "the lockfile uses format version 2.0, but this version of lockenv supports version 1",
            2,
            1,
        ),
        ('lock-version = "1.0"\npackages = []\n', "the lockfile has no created-by", 0, 0),
        ('lock-version = "1.0"\ncreated-by = "x"\n', "the lockfile has no packages", 0, 0),
        ('lock-version = "1.0"\ncreated-by = 1\npackages = []\n', "created-by is an integer, not a string", 2, 1),
        (
            'lock-version = "1.0"\ncreated-by = "x"\npackages = {}\n',
            "packages is a table, not an array",
            3,
            1,
        ),
        (
            'lock-version = "1.0"\ncreated-by = "x"\npackages = [1]\n',
            "packages[0] is an integer, not a table",
            3,
            1,
        ),
        (
            'lock-version = "1.0"\ncreated-by = "x"\nextras = ["A_b"]\npackages = []\n',
            "the extra 'A_b' is not normalized",
            3,
            1,
        ),
        (
            'lock-version = "1.0"\ncreated-by = "x"\nenvironments = [1]\npackages = []\n',
            "environments is not an array of strings",
            3,
            1,
        ),
        (
            f'lock-version = "1.0"\ncreated-by = "x"\nrequires-python = ">=3.{"9" * 5000}"\npackages = []\n',
            "requires-python has more than 4000 characters",
            3,
            1,
        ),
        (ENTRY + f'version = "{"9" * 5000}"\n', "a has version of more than 4000 characters", 6, 1),
        (ENTRY, "a has no file and no other source", 4, 1),
        (ENTRY.replace('"a"', '"A.b"'), "packages[0] has the name 'A.b', which is not normalized", 5, 1),
        (ENTRY.replace('"a"', "1"), "packages[0] has a name that is not a string", 5, 1),
        (ENTRY.replace("name", "nane"), "packages[0] has no name", 4, 1),
        (ENTRY + "version = 1\n", "a has version as an integer, not a string", 6, 1),
        (ENTRY + "wheels = [1]\n", "a has wheels that is not an array of tables", 6, 1),
        (ENTRY + "wheels = []\n", "a has no file and no other source", 4, 1),
        (ENTRY + "sdist = {}\nvcs = {}\n", "a has more than one source: vcs, sdist", 7, 1),
        (ENTRY + 'vcs = {}\ndirectory = { path = "." }\n', "a has more than one source: vcs, directory", 6, 1),
    ],
)
def test_a_malformed_lock_is_refused_where_it_is_wrong(text: str, message: str, line: int, column: int) -> None:
    with pytest.raises(InputError) as caught:
        read(text)

    assert caught.value.message.startswith(message)
    origin = caught.value.origin
    assert origin is not None
    assert (origin.file, origin.line, origin.column) == ("pylock.toml", line, column)
    if line:
        assert origin.source == (text.split("\n")[line - 1])


def test_an_empty_lock_is_refused_with_a_command_that_locks_again() -> None:
    with pytest.raises(InputError) as caught:
        read("")

    assert caught.value.hint == (
        "it is not a pylock.toml, or is truncated; restore it from version control, or run `lockenv lock --upgrade`"
    )


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(InputError, match="nests values too deeply"):
        read(f"a = {'[' * 100_000}")


def test_a_number_too_long_to_read_is_refused() -> None:
    with pytest.raises(InputError, match="not valid TOML"):
        read(f"a = {'9' * 5000}\n")


def test_bytes_that_are_not_utf_8_are_refused_with_their_place() -> None:
    with pytest.raises(InputError) as caught:
        decode(b'a = 1\nb = "\xff"\n')

    assert caught.value.origin == Origin(file="pylock.toml", line=2, column=6)


LINE = f'{{ url = "https://files.example/a-1-py3-none-any.whl", hashes = {{ sha256 = "{sha256("a")}" }} }}'
BLOCK = f"wheels = [\n    {LINE},\n]\n"


@pytest.mark.parametrize(
    "text",
    [
        ENTRY + BLOCK,
        ENTRY + f"sdist = {LINE}\n",
        ENTRY + BLOCK.replace("\n", "\r\n"),
        ENTRY + BLOCK.replace("},\n", "}, # why\n"),
        ENTRY + BLOCK.replace(" url", "url"),
        ENTRY + BLOCK.replace("url =", "upload-time = 2024-02-30T00:00:00Z, url ="),
        ENTRY + BLOCK.replace("url =", "upload-time = 2024-02-20T00:00:00.5Z, url ="),
        ENTRY + BLOCK.replace("url =", 'name = "", url ='),
        ENTRY + BLOCK.replace("hashes =", "size = 007, hashes ="),
        ENTRY + BLOCK.replace("hashes =", "size = 1_0, hashes ="),
        ENTRY + BLOCK.replace("hashes =", "size = 9223372036854775808, hashes ="),
        ENTRY + BLOCK.replace("a-1", "a\\u002d1"),
        ENTRY + BLOCK.replace("a-1", "a\x011"),
        ENTRY + BLOCK + BLOCK,
        ENTRY + BLOCK.replace("]\n", "]"),
        ENTRY + BLOCK.replace("]\n", "] x"),
        ENTRY + "[packages.tool.x]\n" + BLOCK,
        ENTRY + "x = [\n" + BLOCK + "]\n",
        ENTRY + "x = { \n" + BLOCK + "}\n",
        ENTRY + '"wheels" = "<cut from the lock 0>"\n[packages.tool.x]\n' + BLOCK,
        ENTRY + '"wheels" = "\\u003ccut from the lock 0>"\n[packages.tool.x]\n' + BLOCK,
        ENTRY + 'x = """\n' + BLOCK + '"""\n' + BLOCK,
        ENTRY + "x = '''\n" + BLOCK + "'''\n" + BLOCK,
        "packages = 1\n" + BLOCK,
        ENTRY + BLOCK.replace(f"{LINE},", f"{LINE}, {LINE},"),
        ENTRY + 'sdist = { url = "}" }\n',
        ENTRY + BLOCK + '[packages.tool.lockenv]\nrequires-dist = ["a", "b; extra == \\"x\\""]\n',
        ENTRY + BLOCK + '[packages.tool.lockenv]\nrequires-dist = [\n    "a\\\\",\n    "",\n]\n',
        ENTRY + BLOCK + '[packages.tool.lockenv]\nrequires-dist = ["a",  "b"]\n',
        ENTRY + BLOCK + '[packages.tool.lockenv]\nrequires-dist = ["a\\n", "\\t"]\n',
        ENTRY + BLOCK + '[packages.tool.lockenv]\nrequires-dist = ["a" "b"]\n',
        ENTRY + BLOCK + '[packages.tool.lockenv]\nrequires-dist = ["a]"]\n',
        ENTRY + BLOCK + '[packages.tool.other]\nrequires-dist = ["a"]\n',
        ENTRY + BLOCK + 'requires-dist = ["a"]\n',
        ENTRY + BLOCK + '[packages.tool]\nlockenv = 1\n[tool.lockenv]\nrequires-dist = ["a"]\n',
        ENTRY + BLOCK + 'dependencies = [\n    { name = "x" },\n    { name = "y", version = "1" },\n]\n',
        ENTRY + BLOCK + 'dependencies = [\n    { name = "x", version = "" },\n]\n',
        ENTRY + BLOCK + 'dependencies = [\n    { name = "x", marker = "1" },\n]\n',
        BLOCK + ENTRY,
    ],
)
def test_the_shortcut_of_the_reader_never_disagrees_with_tomllib(text: str) -> None:
    try:
        expected: object = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        expected = None
    try:
        found: object = read(text).document
    except InputError as error:
        if "not valid TOML" not in error.message:
            return
        found = None

    assert found == expected


def test_messages_of_the_golden_file_are_stable() -> None:
    text = GOLDEN.replace('name = "six"\nversion = "1.9"', 'name = "six"\nversion = 19')

    with pytest.raises(InputError) as caught:
        read(text)

    assert caught.value.origin == Origin(
        file="pylock.toml", key="packages[1].version", line=30, column=1, source="version = 19"
    )


def test_a_text_of_dedented_lines_by_another_tool_is_read() -> None:
    text = dedent(
        """\
        lock-version = '1.0'
        created-by = 'other'
        [[packages]]
        name = 'attrs'
        version = '25.1.0'
        wheels = [
          {name = 'attrs-25.1.0-py3-none-any.whl', url = 'https://files.example/x', hashes = {sha256 = 'c7'}},
        ]
        [[packages.attestation-identities]]
        kind = 'Forge'
        repository = 'attrs'
        [tool.other]
        run-on = 2025-03-06T12:28:57.760769
        """
    )

    assert read(write(read(text).document)).document == tomllib.loads(text)


def test_entries_that_differ_in_their_files_alone_are_written_in_one_order() -> None:
    one, other = ({"name": "a", "version": "1", "directory": {"path": path}} for path in ("x", "y"))

    assert write({"packages": [one, other]}) == write({"packages": [other, one]})


@pytest.mark.parametrize(
    "text", ['"', "\\", '\\"', "a\nb", "\x7f", "\t", "\u00a0", "\u2028", "é", "\udc80", "\x00", ""]
)
def test_text_of_any_characters_is_read_back(text: str) -> None:
    document = {"packages": [{"name": text, "tool": {"x": {text: [text, {"name": text}]}}}]}

    assert tomllib.loads(write(document)) == document
