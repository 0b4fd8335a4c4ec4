"""Which reader reads which file, and in which order what they find counts.

Pure: the texts of the files beside each other go in, a Declarations for each table or file comes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockenv.project.conversion import declarations, pdm, pipfile, poetry, setuptools, uv
from lockenv.project.conversion.declarations import Declarations, table
from lockenv.project.document import Document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def read(
    texts: Mapping[str, str], files: Mapping[str, str], directory: str, default_index: str
) -> Iterator[Declarations]:
    """Yield what the files of a project declare, which is to be written in this order: what is first wins.

    `texts` holds the text of each file that there is, by its plain name; `files` how messages name them. `directory`
    names a project that names itself nowhere, `default_index` is what other tools ask behind all that is declared.
    """
    document = Document(texts["pyproject.toml"], files["pyproject.toml"]) if "pyproject.toml" in texts else None
    values: Mapping[str, Any] = document.root if document else {}
    tool, project = table(values.get("tool")), table(values.get("project"))
    file, is_buildable = files["pyproject.toml"], "build-system" in values
    name, groups = str(project.get("name", "")), table(values.get("dependency-groups"))
    if "poetry" in tool and not project:
        # It makes the [project] that the others are written beside.
        own = table(tool["poetry"])
        yield poetry.read(own, file, default_index, project, is_buildable=is_buildable, groups=groups)
    if "uv.toml" in texts:
        found = Document(texts["uv.toml"], files["uv.toml"])
        yield uv.read(found.root, found.file, (), default_index, name=name, is_buildable=is_buildable)
    if "uv" in tool:
        at = ("tool", "uv")
        yield uv.read(table(tool["uv"]), file, at, default_index, name=name, is_buildable=is_buildable, groups=groups)
    if "poetry" in tool and project:
        own = table(tool["poetry"])
        yield poetry.read(own, file, default_index, project, is_buildable=is_buildable, groups=groups)
    if "pdm" in tool:
        yield pdm.read(table(tool["pdm"]), file, default_index, groups)
    if "rye" in tool:
        yield pdm.read_rye(table(tool["rye"]), file, default_index)
    if project or "poetry" in tool:
        return
    if "setup.cfg" in texts or "setup.py" in texts:
        cfg, script = ((files[name], texts[name]) if name in texts else None for name in ("setup.cfg", "setup.py"))
        if script or setuptools.is_project(texts.get("setup.cfg", "")):
            builds_with = declarations.texts(table(values.get("build-system")).get("requires"))
            yield setuptools.read(cfg, script, directory, builds_with, has_table="setuptools" in tool)
    if "Pipfile" in texts:
        found = Document(texts["Pipfile"], files["Pipfile"])
        yield pipfile.read(found.root, found.file, directory, default_index)
