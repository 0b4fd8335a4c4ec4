"""Projects of other tools, in standard tables and in `[tool.lockenv]`.

Duty: read what uv, Poetry, PDM, Rye, pipenv and setuptools declare beside the standard; name what has no counterpart.
In: the text of a file, and its name. Out: a Declarations, and the text of the `pyproject.toml` that holds it. Never:
running a `setup.py`, opening a file, leaving out anything without naming it.
"""
