"""Declared requirements.

Duty: pyproject.toml, requirements files, dependency groups and settings, from text to a Manifest with origins.
In: text. Out: Manifest. Never: opening a file, asking an index.
"""
