"""The places that only other tools' tables name: what a lock would take from a stranger."""

from __future__ import annotations

import pytest

from lockenv.project import messages
from lockenv.project.document import Document
from lockenv.project.layers import of_project
from lockenv.project.pyproject import manifest
from lockenv.project.unread import overlooked, overlooked_in_uv, unread_in_uv

PROJECT = '[project]\nname = "shop"\nrequires-python = ">=3.11"\n'
URL = "https://index.example/simple/"


def keys(text: str) -> list[str]:
    return [messages.key_text(one.path) for one in manifest(PROJECT + text).unread]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[tool.uv.sources]\nacme = { git = "https://git.example/acme" }\n', "tool.uv.sources.acme"),
        (f'[[tool.uv.index]]\nurl = "{URL}"\n', "tool.uv.index[0]"),
        (f'[tool.uv]\nindex-url = "{URL}"\n', "tool.uv.index-url"),
        (f'[tool.uv]\nextra-index-url = ["{URL}"]\n', "tool.uv.extra-index-url"),
        ('[tool.uv]\nfind-links = ["./wheels"]\n', "tool.uv.find-links"),
        ('[tool.uv.workspace]\nmembers = ["packages/*"]\n', "tool.uv.workspace"),
        (f'[[tool.pdm.source]]\nname = "acme"\nurl = "{URL}"\n', "tool.pdm.source[0]"),
        (f'[[tool.rye.sources]]\nname = "acme"\nurl = "{URL}"\n', "tool.rye.sources[0]"),
        (f'[[tool.poetry.source]]\nname = "acme"\nurl = "{URL}"\n', "tool.poetry.source[0]"),
        ('[tool.poetry.dependencies]\nacme = { path = "../acme" }\n', "tool.poetry.dependencies.acme"),
        (
            '[tool.poetry.group.dev.dependencies]\nacme = { version = "1", source = "acme" }\n',
            "tool.poetry.group.dev.dependencies.acme",
        ),
    ],
)
def test_place_that_only_another_tool_reads_is_found(text: str, key: str) -> None:
    assert keys(text) == [key]


@pytest.mark.parametrize(
    ("text", "obstacle"),
    [
        ("", "comes from a workspace, but this project is not a workspace root"),
        ('[tool.uv.workspace]\nmembers = ["a"]\n', ""),
        ('[tool.lockenv.workspace]\nmembers = ["a"]\n', ""),
    ],
)
def test_source_in_a_workspace_has_no_counterpart_where_there_is_none(text: str, obstacle: str) -> None:
    found = manifest(f"{PROJECT}[tool.uv.sources]\nacme = {{ workspace = true }}\nlib = {{ path = 'lib' }}\n{text}")

    assert [each.obstacle for each in found.unread if each.name] == [obstacle, ""]


@pytest.mark.parametrize(
    "text",
    [
        '[tool.uv.sources]\nAcme = { path = "a" }\n[tool.lockenv.sources]\nacme = { path = "a" }\n',
        f'[[tool.uv.index]]\nurl = "{URL}"\n[[tool.lockenv.index]]\nurl = "{URL.rstrip("/")}"\n',
        f'[[tool.uv.index]]\nname = "A"\nurl = "x:/"\n[[tool.lockenv.index]]\nname = "a"\nurl = "{URL}"\n',
        '[[tool.uv.index]]\nurl = "https://u:p@x.example/"\n[[tool.lockenv.index]]\nurl = "https://x.example"\n',
        f'[[tool.uv.index]]\nname = "a"\nurl = "{URL}"\nexplicit = true\n',
        f'[[tool.uv.index]]\nurl = "{URL}"\n[tool.lockenv]\nindex = []\n',
        '[tool.uv.workspace]\nmembers = ["a"]\n[tool.lockenv.workspace]\nmembers = ["a"]\n',
        '[tool.poetry.dependencies]\nacme = "^1"\n',
        '[[tool.poetry.source]]\nname = "PyPI"\npriority = "primary"\n',
        "[tool.uv]\nsources = 3\nindex = 4\n",
    ],
)
def test_place_with_a_counterpart_is_not(text: str) -> None:
    assert keys(text) == []


def test_dependency_that_names_its_url_needs_no_other_source() -> None:
    text = PROJECT + 'dependencies = ["acme @ https://files.example/acme-1.tar.gz"]\n'
    source = '[tool.uv.sources]\nacme = { url = "https://files.example/acme-1.tar.gz" }\n'

    assert manifest(text + source).unread == ()


@pytest.mark.parametrize(
    ("source", "obstacle"),
    [("path = '../torch'", ""), ("workspace = true", "is a workspace member in some environments only")],
)
def test_member_for_one_environment_says_why_it_cannot_be_converted(source: str, obstacle: str) -> None:
    found = manifest(f"{PROJECT}[tool.uv.sources]\ntorch = {{ {source}, marker = 'os_name == \"nt\"' }}\n").unread

    assert [one.obstacle for one in found] == [obstacle]


def test_workspace_without_a_root_project_is_found() -> None:
    text = '[dependency-groups]\n[tool.uv.workspace]\nmembers = ["a"]\n'

    assert [messages.key_text(one.path) for one in manifest(text).unread] == ["tool.uv.workspace"]


def test_indexes_of_uv_toml_are_found() -> None:
    document = Document(f'index-url = "{URL}"\n', "uv.toml")

    assert [(one.file, one.url) for one in unread_in_uv(document, ())] == [("uv.toml", URL)]


def noted(text: str) -> tuple[str, ...]:
    document = Document(PROJECT + text, "pyproject.toml")
    return overlooked(document, of_project(document, None))


def test_settings_that_change_what_is_locked_are_named_until_they_have_a_counterpart() -> None:
    uv = '[tool.uv]\nconstraint-dependencies = ["a<2"]\nresolution = "highest"\ndev-dependencies = ["b"]\n'
    others = '[tool.poetry.group.docs.dependencies]\na = "*"\n[tool.pdm.resolution.overrides]\na = "1"\n'
    ours = "[dependency-groups]\nDev = ['c', 'B>1']\nDocs = []\n[tool.lockenv]\nconstraints = []\noverrides = []\n"

    assert noted(uv + others) == (
        "tool.uv.constraint-dependencies",
        "tool.uv.dev-dependencies",
        "tool.poetry.group",
        "tool.pdm.resolution.overrides",
    )
    assert noted(uv + others + ours) == ()
    assert noted("[tool.ruff]\n") == ()
    assert noted(f"[dependency-groups]\ndev = ['c']\n{uv}") == (
        "tool.uv.constraint-dependencies",
        "tool.uv.dev-dependencies",
    )


def test_settings_of_uv_toml_are_named_until_they_have_a_counterpart() -> None:
    document = Document('override-dependencies = ["a<2"]\nresolution = "highest"\n', "uv.toml")
    bare, ours = (
        Document(f"{PROJECT}{text}", "pyproject.toml") for text in ("", "[tool.lockenv]\noverrides = ['a<2']\n")
    )

    assert overlooked_in_uv(document, of_project(bare, None)) == ("override-dependencies",)
    assert overlooked_in_uv(document, of_project(ours, None)) == ()


@pytest.mark.parametrize(
    ("listed", "own", "expected"),
    [
        ('["dev", "docs"]', "", True),
        ('"all"', "", True),
        ("[]", "", True),
        ('["Dev"]', "", False),
        ("3", "", False),
        ('["docs"]', '[tool.lockenv]\ndefault-groups = ["dev"]\n', False),
    ],
)
def test_other_default_groups_of_uv_are_named(listed: str, own: str, expected: bool) -> None:
    groups = "[dependency-groups]\ndev = []\ndocs = []\n"

    found = noted(f"{groups}[tool.uv]\ndefault-groups = {listed}\n{own}")

    assert found == (("tool.uv.default-groups",) if expected else ())
