"""Declared requirements.

Duty: pyproject.toml, requirements files, dependency groups and settings, from text to a Manifest with the origin of each line.
In: text. Out: Manifest. Never: opening a file, asking an index.
"""
