"""From argv to a command to an exit code.

Duty: read argv, the process environment and the clock once into Settings. Never: doing anything else.
"""

from __future__ import annotations


def main() -> int:
    """Run the program on `sys.argv` and give its exit code."""
    return 0
