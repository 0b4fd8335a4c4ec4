"""Which reader reads which file, and in which order what they find counts.

Pure: the texts of the files beside each other go in, a Declarations for each table or file comes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockenv.project.conversion import uv
from lockenv.project.conversion.declarations import Declarations, table
from lockenv.project.document import Document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def read(texts: Mapping[str, str], files: Mapping[str, str], default_index: str) -> Iterator[Declarations]:
    """Yield what the files of a project declare, which is to be written in this order: what is first wins.

    `texts` holds the text of each file that there is, by its plain name; `files` how messages name them.
    `default_index` is what other tools ask behind all that is declared.
    """
    document = Document(texts["pyproject.toml"], files["pyproject.toml"]) if "pyproject.toml" in texts else None
    values: Mapping[str, Any] = document.root if document else {}
    tool = table(values.get("tool"))
    is_buildable = "build-system" in values
    if "uv.toml" in texts:
        found = Document(texts["uv.toml"], files["uv.toml"])
        yield uv.read(found.root, found.file, (), default_index, is_buildable=is_buildable)
    if "uv" in tool:
        yield uv.read(
            table(tool["uv"]), files["pyproject.toml"], ("tool", "uv"), default_index, is_buildable=is_buildable
        )
