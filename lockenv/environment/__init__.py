"""Interpreters and virtual environments.

Duty: find and probe interpreters, create environments, list and verify what is installed in them.
In: paths. Out: Interpreter, Target, Installed. Never: a lock, an index.
"""
