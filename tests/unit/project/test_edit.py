from __future__ import annotations

import tomllib

import pytest

from lockenv.errors import InputError, UsageError
from lockenv.project import lines
from lockenv.project.edit import EditedFile, EditedList, added, declaring, removed
from lockenv.project.requested import read_requested

PROJECT = """\
# The whole file is kept.
[project]
name = "example"      # a name
dependencies = [
    "Flask[async] >=2 ; python_version >= '3.9'",  # the web
    # What follows is not sorted.
    'celery',
    "attrs>=20",
]

[project.optional-dependencies]
Docs_HTML = ["sphinx"]

[dependency-groups]
dev = [
  "pytest>=8",
  {include-group = "typing"}
]
typing = []

[tool.black]
line-length = 100
"""


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return the lines that went and the lines that came."""
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


def add(text: str, *wanted: str, place: EditedList | None = None) -> EditedFile:
    return added(text, "pyproject.toml", place or EditedList(), read_requested(wanted))


def test_new_requirement_comes_last_in_a_list_without_order() -> None:
    edited = add(PROJECT, "idna>=3")

    assert changed(PROJECT, edited.text) == ([], ['    "idna>=3",'])
    assert edited.text.index('"attrs>=20"') < edited.text.index('"idna>=3"')


def test_new_requirement_keeps_a_list_in_order() -> None:
    text = '[project]\nname = "x"\ndependencies = ["attrs", "idna", "zope"]\n'

    assert add(text, "httpx").text == text.replace('"idna"', '"httpx", "idna"'.replace('"idna"', '"idna"'))
    assert add(text, "aaa").text == text.replace('["attrs"', '["aaa", "attrs"')


@pytest.mark.parametrize("place", [EditedList(), EditedList(kind="extra", name="x")])
def test_list_that_is_left_to_a_build_is_not_begun(place: EditedList) -> None:
    dynamic = '[project]\nname = "a"\ndynamic = ["dependencies", "optional-dependencies"]\n'
    stated = f"{dynamic}dependencies = []\noptional-dependencies = {{}}\n"

    with pytest.raises(UsageError, match="dependencies as dynamic"):
        add(dynamic, "idna", place=place)
    assert "idna" in add(stated, "idna", place=place).text


def test_same_name_in_another_spelling_is_the_same_requirement() -> None:
    edited = add(PROJECT, "ATTRS==23")

    assert changed(PROJECT, edited.text) == (['    "attrs>=20",'], ['    "attrs==23",'])
    assert edited.unbounded == ()


def test_extras_are_merged_and_the_marker_stays_as_it_was_written() -> None:
    edited = add(PROJECT, "flask[dotenv]; python_version>='3.9'")

    assert changed(PROJECT, edited.text) == (
        ["    \"Flask[async] >=2 ; python_version >= '3.9'\",  # the web"],
        ["    \"Flask[async,dotenv]>=2; python_version >= '3.9'\",  # the web"],
    )


def test_other_marker_is_another_requirement() -> None:
    edited = add(PROJECT, "flask>=3; sys_platform == 'win32'")

    assert changed(PROJECT, edited.text) == ([], ["    \"flask>=3; sys_platform == 'win32'\","])


def test_what_is_declared_already_changes_no_byte() -> None:
    assert add(PROJECT, "celery", "flask[Async]; python_version >= '3.9'") == EditedFile(text=PROJECT)


def test_string_keeps_its_quotes() -> None:
    assert changed(PROJECT, add(PROJECT, "celery>=5").text) == (["    'celery',"], ["    'celery>=5',"])


def test_name_alone_that_is_new_is_unbounded() -> None:
    edited = add(PROJECT, "Zope.Interface", "celery", "idna>=3")

    assert edited.unbounded == ("zope-interface",)


def test_extra_and_group_are_found_in_any_spelling() -> None:
    extra = add(PROJECT, "furo", place=EditedList(kind="extra", name="docs-html"))
    group = add(PROJECT, "idna", place=EditedList(kind="group", name="DEV"))

    assert changed(PROJECT, extra.text)[1] == ['Docs_HTML = ["sphinx", "furo"]']
    assert changed(PROJECT, group.text) == (
        ['  {include-group = "typing"}'],
        ['  {include-group = "typing"},', '  "idna"'],
    )


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        (EditedList(), '[project]\nname = "x"\ndependencies = ["idna>=3"]\n\n[tool.a]\nb = 1\n'),
        (
            EditedList(kind="extra", name="fast"),
            '[project]\nname = "x"\n\n[project.optional-dependencies]\nfast = ["idna>=3"]\n\n[tool.a]\nb = 1\n',
        ),
        (
            EditedList(kind="group", name="dev"),
            '[project]\nname = "x"\n\n[tool.a]\nb = 1\n\n[dependency-groups]\ndev = ["idna>=3"]\n',
        ),
    ],
    ids=str,
)
def test_list_that_is_missing_is_made(place: EditedList, wanted: str) -> None:
    assert add('[project]\nname = "x"\n\n[tool.a]\nb = 1\n', "idna>=3", place=place).text == wanted


def test_file_without_a_project_has_no_place_for_its_requirements() -> None:
    with pytest.raises(UsageError, match=r"no \[project\] table"):
        add("[dependency-groups]\ndev = []\n", "idna")


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_mark_stay(mark: str) -> None:
    text = mark + PROJECT.replace("\n", "\r\n")

    assert add(text, "idna>=3").text == mark + add(PROJECT, "idna>=3").text.replace("\n", "\r\n")


def test_mixed_line_ends_stay_where_they_are() -> None:
    text = '[project]\r\nname = "x"\ndependencies = [\r\n  "a",\r\n]\n'

    assert add(text, "b").text == text.replace('"a",\r\n', '"a",\r\n  "b",\r\n')


def test_name_is_removed_with_its_comment_and_all_its_markers() -> None:
    text = add(PROJECT, "flask; sys_platform == 'win32'").text

    edited = removed(text, "pyproject.toml", EditedList(), ["FLASK", "attrs"])

    assert changed(PROJECT, edited.text) == (
        ["    \"Flask[async] >=2 ; python_version >= '3.9'\",  # the web", '    "attrs>=20",'],
        [],
    )


def test_name_that_only_a_build_knows_is_removed_where_the_build_reads_it() -> None:
    text = '[project]\nname = "a"\ndynamic = ["dependencies"]\n'

    with pytest.raises(UsageError) as raised:
        removed(text, "pyproject.toml", EditedList(), ["celery"])

    assert raised.value.message == "pyproject.toml declares dependencies as dynamic"
    assert raised.value.hint == "remove it where the build reads it"


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("pytest", "pytest is not in project.dependencies of pyproject.toml, but in group dev", "--group dev"),
        ("sphinx", "sphinx is not in project.dependencies of pyproject.toml, but in extra Docs_HTML", "--optional"),
        ("celry", 'celry is not in project.dependencies of pyproject.toml; did you mean "celery"?', ""),
    ],
)
def test_name_that_is_not_there_is_reported_with_where_it_is(name: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        removed(PROJECT, "pyproject.toml", EditedList(), ["celery", name])

    assert raised.value.message == message
    assert hint in raised.value.hint


def test_project_is_declared_above_what_other_tools_have() -> None:
    text = "# black\n[tool.black]\nline-length = 100\n"

    assert declaring(text, "x", ">=3.11") == (
        '[project]\nname = "x"\nversion = "0.1.0"\nrequires-python = ">=3.11"\ndependencies = []\n\n' + text
    )
    assert declaring("top = 1\n", "x", ">=3.11").startswith("top = 1\n\n[project]\n")


def test_direct_reference_takes_the_place_of_versions_and_they_of_it() -> None:
    text = '[project]\nname = "x"\ndependencies = ["idna[a]>=3", "b @ https://git.example/b.zip ; os_name == \'nt\'"]\n'

    edited = add(text, "IDNA @ https://index.example/idna;x.zip", "b>=2; os_name == 'nt'")

    assert edited.unbounded == ()
    assert edited.text.splitlines()[2] == (
        'dependencies = ["idna[a] @ https://index.example/idna;x.zip", "b>=2; os_name == \'nt\'"]'
    )
    assert removed(edited.text, "p", EditedList(), ["b", "idna"]).text.endswith("dependencies = []\n")


def test_nonsense_is_a_usage_error() -> None:
    for text in ("idna=3", "", "--index-url=x"):
        with pytest.raises(UsageError):
            read_requested([text])


def test_one_name_with_two_versions_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="are different requirements"):
        read_requested(["idna>=3", "IDNA>=4"])


LINES = "-r base.txt\r\n# what we need\r\nidna >= 2  # names\r\nFlask[async]\r\nhttpx \\\r\n  >=1"


def test_lines_are_merged_added_and_removed() -> None:
    edited = lines.added(LINES, "requirements.in", read_requested(["IDNA>=3", "attrs", "flask[dotenv]"]))

    assert edited.text == (
        "-r base.txt\r\n# what we need\r\nidna>=3  # names\r\nFlask[async,dotenv]\r\nhttpx \\\r\n  >=1\r\nattrs\r\n"
    )
    assert edited.unbounded == ("attrs",)
    assert lines.removed(LINES, "requirements.in", ["flask", "Idna"]).text == (
        "-r base.txt\r\n# what we need\r\nhttpx \\\r\n  >=1"
    )


def test_line_that_continues_is_left_to_a_person() -> None:
    with pytest.raises(UsageError, match=r"requirements\.in:5"):
        lines.removed(LINES, "requirements.in", ["httpx"])


def test_second_requirement_of_one_name_follows_the_first() -> None:
    text = """[project]\ndependencies = [\n  "a; os_name == 'nt'",\n  "b",\n]\n"""

    edited = added(text, "pyproject.toml", EditedList(), read_requested(["a>=2; os_name == 'posix'"]))

    assert changed(text, edited.text) == ([], ["""  "a>=2; os_name == 'posix'","""])
    assert edited.text.index("os_name == 'nt'") < edited.text.index("os_name == 'posix'") < edited.text.index('"b"')


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("project = 1", "project is not a table"),
        ("project = [{}]", "project is not a table"),
        ("project = { optional-dependencies = [] }", "project.optional-dependencies is not a table"),
        ("project = { dynamic = 1 }", "project.dynamic is not an array"),
        ("dependency-groups = [1]", "dependency-groups is not a table"),
        ("tool = 1", "tool is not a table"),
    ],
)
def test_file_of_another_shape_is_an_error_of_its_own(line: str, words: str) -> None:
    place = EditedList(kind="extra", name="x")

    with pytest.raises(InputError, match=f"pyproject.toml: {words}"):
        added(f"{line}\n", "pyproject.toml", place, read_requested(["idna"]))
    with pytest.raises(InputError, match=f"pyproject.toml: {words}"):
        removed(f"{line}\n", "pyproject.toml", place, ["idna"])


def test_extra_is_added_to_a_project_on_one_line() -> None:
    text = 'project = { name = "p" }\n'

    new = added(text, "pyproject.toml", EditedList(kind="extra", name="x"), read_requested(["idna"])).text

    assert tomllib.loads(new)["project"] == {"name": "p", "optional-dependencies": {"x": ["idna"]}}
