"""A base interpreter with packages of its own: the one that runs the tests, in a prefix of its own.

CPython finds its prefix from where its executable is, by the standard library beside it. Where that does not work, as
for a framework build or on Windows, `base_interpreter` skips the test with the reason.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.wheels import Built

_MINOR = f"python{sys.version_info.major}.{sys.version_info.minor}"


class Base:
    """A prefix with an interpreter."""

    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix
        self.python = str(prefix / "bin" / _MINOR)
        self.site = prefix / "lib" / _MINOR / "site-packages"

    def install(self, *wheels: Built, installer: str = "pip") -> None:
        """Unpack wheels into its site-packages, in place of other versions of them, as another installer would."""
        for built in wheels:
            self.remove(built.name)
            with zipfile.ZipFile(io.BytesIO(built.content)) as archive:
                archive.extractall(self.site)
                record = next(name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
            (self.site / record).with_name("INSTALLER").write_text(f"{installer}\n")

    def remove(self, name: str) -> None:
        """Remove a package that is one module, if it is there."""
        (self.site / f"{name}.py").unlink(missing_ok=True)
        for directory in (*self.site.glob(f"{name}-*.dist-info"), self.site / name):
            shutil.rmtree(directory, ignore_errors=True)


def base_interpreter(prefix: Path) -> Base:
    """Make `prefix` that of an interpreter: a copy of its executable, and links to its standard library."""
    executable = Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
    base = Base(prefix)
    Path(base.python).parent.mkdir(parents=True)
    base.site.mkdir(parents=True)
    shutil.copy2(executable, base.python)
    (prefix / "bin" / "python3").symlink_to(_MINOR)
    (prefix / "bin" / "python").symlink_to(_MINOR)
    for entry in (Path(sys.base_prefix) / "lib" / _MINOR).iterdir():
        if entry.name not in ("site-packages", "EXTERNALLY-MANAGED"):
            (base.site.parent / entry.name).symlink_to(entry)
    say = "import sys, sysconfig; print(sys.prefix, sysconfig.get_path('purelib'))"
    done = subprocess.run([base.python, "-I", "-c", say], capture_output=True, text=True, check=False)
    if done.stdout.split() != [str(prefix), str(base.site)]:
        pytest.skip(f"{executable} cannot run from another prefix: {done.stdout or done.stderr}")
    return base
