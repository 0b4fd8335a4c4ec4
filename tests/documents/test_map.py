"""The pages for those who change lockenv name rooms, modules, files and names that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = ("architecture.md", "contributing.md", "glossary.md", "markers.md", "resolver.md")
LAYERS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"][0]["layers"]
ROOMS = [room.strip() for layer in LAYERS for room in layer.split("|")]
_MODULE = re.compile(rf"`((?:{'|'.join(ROOMS)})(?:/[a-z0-9_]+)+)(?:\.([A-Za-z_]+))?`")
_FILE = re.compile(r"`((?:docs|tests|fixtures|lockenv)/[\w./-]+|[\w.-]+\.(?:toml|yml|yaml|md))`")
_OF_USERS = {"lockenv.toml", "uv.toml", "pylock.toml", "pylock.build.toml"}


def test_drawing_has_the_rooms_of_the_contract_in_its_order() -> None:
    drawing = (DOCS / "architecture.md").read_text("utf-8").split("```")[1]

    floors = [re.match(r"[a-z]+(?: │ [a-z]+)*", line.strip()) for line in drawing.splitlines()[1:] if line.strip()]

    assert [floor and floor[0].replace("│", "|") for floor in floors] == LAYERS


def test_table_has_each_room_once_in_that_order() -> None:
    table = (DOCS / "architecture.md").read_text("utf-8").split("| room | duty |")[1].split("##")[0]

    assert re.findall(r"^\| `([a-z]+)` \|", table, re.MULTILINE) == ROOMS


@pytest.mark.parametrize("page", PAGES)
def test_each_module_that_is_named_exists_and_defines_what_is_named_of_it(page: str) -> None:
    named = _MODULE.findall((DOCS / page).read_text("utf-8"))

    assert [f"{module}.{name}" for module, name in named if not _defines(module, name)] == []


def _defines(module: str, name: str) -> bool:
    path = ROOT / "lockenv" / module
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not file.is_file():
        return False
    defined = rf"^ *(?:class|def) {name}\b|^ *{name}\b.*=" if name else ""
    return re.search(defined, file.read_text("utf-8"), re.MULTILINE) is not None


@pytest.mark.parametrize("page", PAGES)
def test_each_file_that_is_named_exists(page: str) -> None:
    named = set(_FILE.findall((DOCS / page).read_text("utf-8"))) - _OF_USERS

    assert [file for file in sorted(named) if not (ROOT / file).exists()] == []
