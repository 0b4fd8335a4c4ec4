"""Start the commands of builds: cut off from the network where the machine allows it, else as they are.

A command goes in, and how it ended comes out. `alone` is the program that cuts off.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from lockenv.backend import network_namespace
from lockenv.files import shipped_script
from lockenv.vocabulary import system

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Runner:
    """Runs the commands of builds, without a network unless it `is_allowed`."""

    def __init__(self, *, is_allowed: bool = False, note: Callable[[str], object] = lambda _: None) -> None:
        """Report once what a machine cannot do."""
        self.is_allowed = is_allowed
        self._is_cut = not is_allowed
        self._note = note

    def run(self, command: Sequence[str], **how: Any) -> tuple[int, bool]:
        """Return the exit code of `command`, and whether it was cut off; `how` is what `subprocess.run` takes."""
        if self._is_cut:
            code, refusal = _run_alone(command, how) if system.platform == "linux" else (0, "this is not Linux")
            if not refusal:
                return code, True
            self._is_cut = False
            self._note(f"builds can access the network on this machine: {refusal}")
        return subprocess.run(command, check=False, **how).returncode, False  # noqa: S603 - the caller's command


def _run_alone(command: Sequence[str], how: dict[str, Any]) -> tuple[int, str]:
    """Return how `command` ended, or why it did not begin."""
    try:
        program = shipped_script.arguments(network_namespace.__file__)
    except OSError:
        program = []
    if not sys.executable or not program:
        return 0, "no interpreter can be started in it"
    answer, report = os.pipe()
    # The command never holds `report`: what it writes there would start it again, with a network.
    with open(answer, "rb") as stream:
        try:
            own = [sys.executable, "-I", "-S", *program, str(report), *command]
            code = subprocess.run(own, check=False, pass_fds=(report,), **how).returncode  # noqa: S603 - this file
        finally:
            os.close(report)
        answered = stream.read()
    if answered == network_namespace.DONE:
        return code, ""
    return code, answered.decode("utf-8", "replace") or "no interpreter could be started in it"
