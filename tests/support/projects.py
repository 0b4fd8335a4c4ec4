"""Write the projects that the program is run on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def write_project(
    directory: Path,
    requires: Sequence[str] = (),
    *,
    index: str = "",
    name: str = "example",
    requires_python: str = ">=3.11",
    extras: Mapping[str, Sequence[str]] | None = None,
    groups: Mapping[str, Sequence[str | Mapping[str, str]]] | None = None,
    tool: Mapping[str, Any] | None = None,
) -> Path:
    """Write `pyproject.toml` into `directory` (made when it is missing); return the directory.

    `index` is the simple root of the one index; `tool` is the rest of `[tool.lockenv]`. There is no build system, so
    the project itself is never installed.
    """
    import tomli_w

    project: dict[str, Any] = {"name": name, "version": "0.1.0"}
    if requires_python:
        project["requires-python"] = requires_python
    project["dependencies"] = list(requires)
    if extras:
        project["optional-dependencies"] = {extra: list(texts) for extra, texts in extras.items()}
    table: dict[str, Any] = {"project": project}
    if groups:
        table["dependency-groups"] = {group: list(entries) for group, entries in groups.items()}
    settings: dict[str, Any] = dict(tool or {})
    if index:
        settings["index"] = [{"name": "loopback", "url": index}, *settings.get("index", ())]
    if settings:
        table["tool"] = {"lockenv": settings}
    directory.mkdir(parents=True, exist_ok=True)
    directory.joinpath("pyproject.toml").write_text(tomli_w.dumps(table), encoding="utf-8")
    return directory
