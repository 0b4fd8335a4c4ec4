"""Name a script that lockenv ships to another interpreter, which runs it in a process of its own.

In: the path of the script as its package states it. Out: the arguments that follow those of the interpreter. Never:
writing. Where lockenv is installed, that is the path; where it is one file, `lockenv.pyz`, no interpreter can open what
is inside by its path, and gets the text.
"""

from __future__ import annotations

import os

import lockenv


def arguments(path: str) -> list[str]:
    """Return what makes an interpreter run the script at `path`; its own arguments come behind.

    Raises OSError where neither the file nor the archive that lockenv was loaded from is there.
    """
    if os.path.isfile(path):
        return [path]
    # PEP 302, "Optional Extensions to the Importer Protocol": the archive's own name may be in front.
    return ["-c", lockenv.__loader__.get_data(path).decode("utf-8")]  # type: ignore[attr-defined, union-attr, unused-ignore]
