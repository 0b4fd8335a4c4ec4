"""The interpreters of this machine: the one that runs the tests, and those of pyenv and of the PATH.

Tests that are for each interpreter run for those that are there; none is needed but the one that runs the tests.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

_SUPPORTED = [f"3.{minor}" for minor in range(8, 15)]


def _found() -> dict[str, str]:
    places = [Path(os.environ[name]) for name in ("PYENV_ROOT",) if name in os.environ] + [Path.home() / ".pyenv"]
    found = {}
    for version in _SUPPORTED:
        kept = [str(one) for place in places for one in sorted(place.glob(f"versions/{version}.*/bin/python"))]
        system = shutil.which(f"python{version}", path=os.defpath)
        if kept or system:
            found[version] = kept[0] if kept else str(system)
    # The base of the environment that the tests run in.
    found[RUNNING] = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    return dict(sorted(found.items(), key=lambda item: _SUPPORTED.index(item[0]) if item[0] in _SUPPORTED else 99))


RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The version of the interpreter that runs the tests, as `3.12`."""
INTERPRETERS = _found()
"""By version, oldest first: the path of an interpreter, outside of any environment."""
