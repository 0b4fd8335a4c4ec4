"""One lockfile on several machines: this one, Debian 12 and Debian 13 on x86-64, and Debian 12 on an emulated aarch64.

`build/test-environment/bin/python -m tests.machines.arm64 [DIR]`, as the superuser on an x86-64 Debian with debootstrap
and qemu-user-static; minutes, and 1 GB in DIR, where the roots are kept for the next time. A Debian mirror and, for
what is compiled, the registry must be in reach. Prints a line for each fact; ends with an error at the first that does
not hold.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lockenv.operations.program_archive import program_archive
from tests.machines.debian import bound, debian, emulator
from tests.machines.machine import Machine, UnexpectedEndError, lacking
from tests.support.interpreters import INTERPRETERS

if TYPE_CHECKING:
    from collections.abc import Iterator

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
SYSTEMS = (
    ("Debian 12, x86-64", "bookworm", "amd64"),
    ("Debian 13, x86-64", "trixie", "amd64"),
    ("Debian 12, aarch64 (emulated)", "bookworm", "arm64"),
)
BINARY = """\
[project]
name = "binary"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["markupsafe==3.0.2"]
"""
SAID = "import markupsafe._speedups as s, platform; print(platform.machine(), s.__file__.rpartition('/')[2])"
PORT = "8799"
INDEX = {"LOCKENV_INDEX_URL": f"http://127.0.0.1:{PORT}/simple/"}


def main() -> int:
    """Make the machines and compare them; return an exit code."""
    if reasons := lacking("debootstrap", "qemu-aarch64-static", "chroot"):
        sys.stderr.write("".join(f"error: {reason}\n" for reason in reasons))
        return 2
    place = Path(sys.argv[1] if len(sys.argv) > 1 else "/var/tmp/lockenv-machines")
    place.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(emulator())
        stack.enter_context(_index())
        machines = [_here(place, "3.11"), *(debian(place, stack, *system) for system in SYSTEMS)]
        if "3.13" in INTERPRETERS:
            machines.append(_here(place, "3.13"))
        older = Path(INTERPRETERS["3.11"]).resolve()
        if not older.is_relative_to("/usr"):
            machines.append(bound(machines[2], older, stack))
        try:
            _compare(machines)
        except UnexpectedEndError as error:
            sys.stderr.write(f"error: {error}\n")
            return 1
    return 0


def _compare(machines: list[Machine]) -> None:
    """Print what holds on all of them. Raises UnexpectedEndError."""
    first = machines[0]
    lock, pure = "", dict[int, str]()
    for machine in machines:
        work = _work(machine)
        example = f"{work}/example"
        shutil.copytree(FIXTURES / "offline-example", machine.path(example), ignore=shutil.ignore_patterns(".venv"))
        machine.lockenv(example, "lock", env=INDEX)
        text = machine.path(f"{example}/pylock.toml").read_text("utf-8")
        if text != (lock := lock or text):
            raise UnexpectedEndError(f"{machine.title} locks otherwise:\n{text}")
        sync = ("sync", "--extra", "biscuits", "--python", machine.python)
        machine.lockenv(example, *sync, env=INDEX)
        pure[id(machine)] = machine.fingerprint(example)
        machine.lockenv(example, "run", "--no-sync", "python", "-c", "import teapot_demo")
        killed = machine.heal(example, *sync, numbers=range(9, 60, 25), wanted=pure[id(machine)], env=INDEX)
        _say(machine, f"README's example locked, synced, verified, run; {killed} kills healed; {pure[id(machine)]}")
    _bundle(first, machines)
    for version in {_python(machine) for machine in machines}:
        same = {pure[id(machine)] for machine in machines if _python(machine) == version}
        titles = [machine.title for machine in machines if _python(machine) == version]
        if len(same) > 1:
            raise UnexpectedEndError(f"the fingerprints with Python {version} differ: {same}")
        sys.stdout.write(f"Python {version}: one fingerprint on {len(titles)} machines: {', '.join(titles)}\n")


def _bundle(first: Machine, machines: list[Machine]) -> None:
    """Lock what is compiled on the first machine, bundle it for all, and install it on each without the registry."""
    project = Path(f"{_work(first)}-binary")
    shutil.rmtree(project, ignore_errors=True)
    project.mkdir()
    (project / "pyproject.toml").write_text(BINARY, "utf-8")
    first.lockenv(str(project), "lock")
    chosen = [word for version in ("3.11", "3.13") for word in ("--python", version)]
    chosen += [word for machine in ("linux-x86_64", "linux-aarch64") for word in ("--platform", machine)]
    first.lockenv(str(project), "bundle", "bundle", "--with-lockenv", *chosen)
    for machine in machines:
        inside = f"{_work(machine)}-carried"
        shutil.rmtree(machine.path(inside), ignore_errors=True)
        shutil.copytree(project, machine.path(inside))
        words = (machine.python, "bundle/lockenv.pyz", "sync", "--from", "bundle", "--offline")
        machine.run(inside, *words, "--python", machine.python)
        machine.fingerprint(inside)
        said = machine.run(inside, ".venv/bin/python", "-c", SAID).strip()
        if said.split()[0] not in said.split()[1]:
            raise UnexpectedEndError(f"{machine.title} has a wheel for another machine: {said}")
        _say(machine, f"the same bundle installed: {said}")


def _say(machine: Machine, text: str) -> None:
    sys.stdout.write(f"{machine.title}, Python {_python(machine)}: {text}\n")
    sys.stdout.flush()


def _python(machine: Machine) -> str:
    return machine.run("/", machine.python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])").strip()


def _work(machine: Machine) -> str:
    """Return a directory of the machine with nothing in it but what `_compare` puts there."""
    return f"{machine.home}/work"


def _here(place: Path, version: str) -> Machine:
    home = place / f"here-{version}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    program = home / "lockenv.pyz"
    program.write_bytes(program_archive())
    kept = {name: os.environ[name] for name in ("SSL_CERT_FILE", "HTTPS_PROXY", "https_proxy") if name in os.environ}
    title = f"this machine ({platform.machine()})"
    return Machine(title, INTERPRETERS[version], str(program), home=str(home), variables=kept)


@contextmanager
def _index() -> Iterator[None]:
    """Serve the offline index on the loopback interface, which the roots share."""
    words = [sys.executable, str(FIXTURES / "serve.py"), "--port", PORT, "--", "cat"]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as server:
        try:
            yield
        finally:
            assert server.stdin is not None
            server.stdin.close()


if __name__ == "__main__":
    raise SystemExit(main())
