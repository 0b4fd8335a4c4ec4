"""Environments of Pythons that this machine does not have: CPython 3.14 and 3.15, and PyPy, from Debian's sid.

`build/test-environment/bin/python -m tests.machines.pythons [DIR]`, as the superuser on an x86-64 Debian with
debootstrap; minutes, and 500 MB in DIR. Prints a line for each interpreter: its best tags, and what held.
Debian has no free-threaded builds.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from lockenv.environment.tags import supported
from tests.machines.debian import debian
from tests.machines.machine import HOME, Machine, UnexpectedEndError, lacking
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.wheels import wheel

PACKAGES = ("python3.14", "python3.15", "pypy3")
RUN_BY = "/usr/bin/python3.14"
"""What runs lockenv, which needs CPython."""
APP = {"app/__init__.py": "def main() -> None:\n    print('ready')\n"}
PROBE = Path(__file__).resolve().parents[2] / "lockenv" / "environment" / "probe_script.py"


def main() -> int:
    """Try each; return an exit code."""
    if reasons := lacking("debootstrap", "chroot"):
        sys.stderr.write("".join(f"error: {reason}\n" for reason in reasons))
        return 2
    place = Path(sys.argv[1] if len(sys.argv) > 1 else "/var/tmp/lockenv-machines")
    place.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        machine = debian(place, stack, "Debian sid, x86-64", "sid", "amd64", PACKAGES, RUN_BY)
        index = stack.enter_context(LoopbackIndex())
        index.add(wheel("app", "1.0", files=APP, entry_points={"console_scripts": {"app": "app:main"}}))
        try:
            for name in PACKAGES:
                python = f"/usr/bin/{name}"
                runs = python if name.startswith("python") else RUN_BY
                sys.stdout.write(f"{tried(replace(machine, python=runs), python, index)}\n")
                sys.stdout.flush()
        except UnexpectedEndError as error:
            sys.stderr.write(f"error: {error}\n")
            return 1
    return 0


def tried(machine: Machine, python: str, index: LoopbackIndex) -> str:
    """Return what held for the environments of an interpreter. Raises UnexpectedEndError for what did not."""
    shutil.copyfile(PROBE, machine.path(f"{HOME}/probe_script.py"))
    facts = json.loads(machine.run(HOME, python, "-I", "-S", "-B", f"{HOME}/probe_script.py"))
    tags = supported(facts, None)
    own = tags[0]
    index.add(wheel("native", "1.0", tag=own))
    work = f"{HOME}/{os.path.basename(python)}"
    # A lockfile covers CPython unless `environments` names another: there, only what runs everywhere is installed.
    is_cpython = facts["markers"]["implementation_name"] == "cpython"
    write_project(machine.path(work), ["app", "native"] if is_cpython else ["app"], index=index.url)
    machine.lockenv(work, "lock", "--refresh")
    sync = ("sync", "--python", python)
    machine.lockenv(work, *sync)
    first = machine.fingerprint(work)
    if machine.run(work, ".venv/bin/app").strip() != "ready":
        raise UnexpectedEndError(f"{python}: the script does not run")
    machine.lockenv(work, *sync, "--compile", "--reinstall")
    if machine.fingerprint(work) != first:
        raise UnexpectedEndError(f"{python}: byte-code changes the fingerprint")
    compiled = sorted(machine.path(work).glob(".venv/lib/*/site-packages/app/__pycache__/*.pyc"))
    if not compiled:
        raise UnexpectedEndError(f"{python}: nothing was compiled")
    compiled[0].write_bytes(compiled[0].read_bytes()[:-1] + b"x")
    machine.lockenv(work, "verify", expected=(1,))
    killed = machine.heal(work, *sync, numbers=range(9, 80, 30), wanted=first)
    version = f"{facts['markers']['platform_python_implementation']} {facts['markers']['implementation_version']}"
    return f"{version}: {own}, then {tags[1]}; lock, sync, verify, scripts, byte-code; {killed} kills healed; {first}"


if __name__ == "__main__":
    raise SystemExit(main())
