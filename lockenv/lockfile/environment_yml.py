"""Write a part of a lock as an environment.yml: the Python from conda, everything else by pip.

Pure: a LockSubset goes in, YAML comes out. conda passes the list of `pip` to pip as a requirements file, so each item
is a line of one, with its hashes. Every text is a string in double quotes as JSON writes it, which YAML reads.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lockenv.lockfile.requirements_txt import requirements

if TYPE_CHECKING:
    from lockenv.lockfile.requirements_txt import Form
    from lockenv.lockfile.subset import LockSubset


def environment(part: LockSubset, form: Form, name: str, python: str) -> str:
    """Return the text of an environment.yml called `name`; no name is written where that is empty.

    `python` is what follows `python` in a match specification of conda: `=3.12`, `>=3.11`; empty for any. Channels are
    those of whoever uses the file. Raises InputError for a file without a hash that pip accepts.
    """
    lines = requirements(part, form).replace(" \\\n    ", " ").splitlines()
    comments = [line for line in lines if line.startswith("#")]
    items = [line for line in lines if not line.startswith("#")]
    head = [f"name: {_string(name)}"] if name else []
    listed = ["  - pip:", *(f"      - {_string(item)}" for item in items)] if items else []
    return (
        "\n".join([*comments, *head, "dependencies:", f"  - {_string(f'python{python}')}", "  - pip", *listed]) + "\n"
    )


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
