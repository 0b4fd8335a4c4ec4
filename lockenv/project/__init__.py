"""Declared requirements.

Duty: pyproject.toml, requirements files, dependency groups and settings, from text to a Manifest that knows each origin.
In: text. Out: Manifest. Never: opening a file, asking an index.
"""
