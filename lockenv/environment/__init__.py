"""Interpreters and virtual environments.

Duty: find and probe interpreters, create environments, list and verify what is installed in them.
In: paths. Out: Interpreter, Environment, Installed, Sound or Drifted. Never: a lock, an index.
"""
