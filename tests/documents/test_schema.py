"""The schema for editors is that of the program: it accepts what pages show, and refuses what the program refuses."""

from __future__ import annotations

import datetime
import json
import re
import tomllib
from typing import Any

import pytest

from lockenv.errors import InputError
from lockenv.project import settings
from lockenv.project.audit import audit
from lockenv.project.document import Document
from lockenv.project.layers import of_project
from lockenv.project.pyproject import manifest
from tests.documents import reference, schema

SCHEMA: dict[str, Any] = schema.schema()
_EXAMPLE = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
_NOW = "2026-01-01T00:00:00Z"


def faults(value: object, shape: dict[str, Any], place: str = "") -> list[str]:
    """Where `value` is not of `shape`, for the keywords of JSON Schema (draft 7) that the schema uses."""
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool}
    if "type" in shape and not isinstance(value, kinds[shape["type"]]):
        return [place]
    found = [place] if "enum" in shape and value not in shape["enum"] else []
    if "anyOf" in shape and all(faults(value, one, place) for one in shape["anyOf"]):
        found.append(place)
    if "oneOf" in shape and sum(not faults(value, one, place) for one in shape["oneOf"]) != 1:
        found.append(place)
    if isinstance(value, str) and re.search(shape.get("pattern", ""), value) is None:
        found.append(place)
    if isinstance(value, list):
        found += [place] if len(value) < shape.get("minItems", 0) else []
        found += [fault for item in value for fault in faults(item, shape.get("items", {}), place)]
    if isinstance(value, dict):
        found += _faults_of_table(value, shape, place)
    return found


def _faults_of_table(value: dict[str, object], shape: dict[str, Any], place: str) -> list[str]:
    found = [f"{place}.{key}" for key in shape.get("required", ()) if key not in value]
    found += [place] if not shape.get("minProperties", 0) <= len(value) <= shape.get("maxProperties", 99) else []
    for key, wanted in shape.get("dependencies", {}).items():
        found += [f"{place}.{other}" for other in wanted if key in value and other not in value]
    others = shape.get("additionalProperties", {})
    for key, item in value.items():
        inner = shape.get("properties", {}).get(key, others)
        found += [f"{place}.{key}"] if inner is False else faults(item, inner, f"{place}.{key}")
    return found


def read(text: str) -> Any:
    """TOML as editors pass it to a schema: dates as text."""
    return json.loads(json.dumps(tomllib.loads(text), default=datetime.date.isoformat))


def examples() -> list[str]:
    """Each TOML example on a page that has the table `[tool.lockenv]`."""
    pages = [*sorted(reference.DOCS.glob("*.md")), *reference.pages(), reference.DOCS.parent / "README.md"]
    found = [text for page in pages for text in _EXAMPLE.findall(page.read_text("utf-8"))]
    return [text for text in found if "tool.lockenv" in text]


def load(text: str) -> None:
    """Read all settings of a pyproject.toml, as `lock` and `audit` do."""
    manifest(text, "pyproject.toml", now=_NOW)
    audit(of_project(Document(text, "pyproject.toml"), None))


def test_examples_of_the_pages_are_accepted() -> None:
    found = examples()

    assert len(found) > 10
    assert [fault for text in found for fault in faults(read(text)["tool"]["lockenv"], SCHEMA)] == []


def test_a_project_with_every_setting_is_accepted_by_both() -> None:
    text = reference.EVERYTHING

    load(text)

    assert faults(read(text)["tool"]["lockenv"], SCHEMA) == []


@pytest.mark.parametrize("value", ["17", "[17]", "{ idna = 17 }"])
@pytest.mark.parametrize("key", settings.KEYS)
def test_what_the_schema_refuses_of_a_wrong_value_the_program_refuses_too(key: str, value: str) -> None:
    text = f'[project]\nname = "a"\nversion = "1"\n[tool.lockenv]\n{key} = {value}\n'

    assert faults(read(text)["tool"]["lockenv"], SCHEMA) != []
    with pytest.raises(InputError):
        load(text)


@pytest.mark.parametrize(
    "setting",
    [
        "unknown = true",
        'fork = "newest"',
        'resolution = "newest"',
        'conflicts = [[{ extra = "cpu" }]]',
        'conflicts = [[{ extra = "cpu", group = "dev" }, { extra = "gpu" }]]',
        'index = [{ name = "internal" }]',
        'index = [{ url = "https://index.example/simple/", priority = 1 }]',
        "sources = { idna = {} }",
        'sources = { idna = { git = "https://code.example/a.git", path = "a" } }',
        'dependency-metadata = [{ name = "a", provides-extra = ["b"] }]',
        'accept-faults = { idna = ["path-unsafe"] }',
        'allow-overwrite = ["idna"]',
        'audit = { ignore = [{ id = "CVE-1" }] }',
        "exclude-newer-package = { idna = true }",
        "publishers = { idna = true }",
        'publishers = { idna = { owner = "kjd" } }',
        "publishers = { idna = { repository = [] } }",
    ],
)
def test_what_is_wrong_is_refused_by_both(setting: str) -> None:
    text = '[project]\nname = "a"\nversion = "1"\n[project.optional-dependencies]\ncpu = []\ngpu = []\n'
    text += f"[dependency-groups]\ndev = []\n[tool.lockenv]\n{setting}\n"

    assert faults(read(text)["tool"]["lockenv"], SCHEMA) != []
    with pytest.raises(InputError):
        load(text)
