"""The Dockerfiles of `docs/containers.md`, step by step, where there is no Docker: roots of Debian 13 on overlayfs.

`build/test-environment/bin/python -m tests.machines.containers [DIR]`, as the superuser on an x86-64 Debian with
debootstrap; minutes, and 400 MB in DIR. A Debian mirror and the registry must be in reach. Each image is built twice;
what follows `CMD` must run. In the second build lockenv is offline, as all is in the mounted cache. Prints a line for
each build.

In place of `python:3.12-slim` a Debian with its own Python and pip is used, without what keeps pip from installing
there. A step that is none of FROM, RUN, ENV, WORKDIR, COPY and CMD is an error.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.machines.debian import debian
from tests.machines.machine import UnexpectedEndError, lacking, mounted
from tests.publish import publish
from tests.support.projects import write_project

PAGE = Path(__file__).resolve().parents[2] / "docs" / "containers.md"
_BLOCK = re.compile(r"```dockerfile\n(.*?)```", re.DOTALL)
_MOUNT = re.compile(r"--mount=(\S+)\s+")
_PACKAGES = ("python3", "python3-pip", "ca-certificates")
_CERTIFICATES = ("etc/ssl/certs/ca-certificates.crt", "etc/resolv.conf")
_APP = "import idna, sys\nprint(idna.encode('exämple').decode(), sys.prefix)\n"


class Image:
    """What the steps of one stage made."""

    def __init__(self, base: Path, place: Path, stack: ExitStack) -> None:
        self.root = place / "merged"
        for name in ("upper", "work", "merged"):
            (place / name).mkdir(parents=True)
        options = f"lowerdir={base},upperdir={place / 'upper'},workdir={place / 'work'}"
        stack.enter_context(mounted("-t", "overlay", "none", "-o", options, str(self.root)))
        stack.enter_context(mounted("-t", "proc", "proc", str(self.root / "proc")))
        self.environ = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
        self.directory = "/"

    def path(self, inside: str) -> Path:
        """Return where a path of the image is here."""
        return self.root / str(Path(self.directory, inside)).lstrip("/")

    def run(self, words: list[str]) -> str:
        """Run a command in the image; return what it wrote. Raises UnexpectedEndError."""
        variables = [f"{name}={value}" for name, value in self.environ.items()]
        inside = ["env", "-i", *variables, "sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", self.directory, *words]
        done = subprocess.run(["chroot", str(self.root), *inside], capture_output=True, text=True, check=False)
        if done.returncode:
            raise UnexpectedEndError(f"`{shlex.join(words)}` ended with {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr


class Build:
    """The build of one Dockerfile."""

    def __init__(self, base: Path, context: Path, cache: Path, place: Path, stack: ExitStack) -> None:
        self.base, self.context, self.cache, self.place, self.stack = base, context, cache, place, stack
        self.images: dict[str, Image] = {}
        self.is_offline = False
        """Whether lockenv may reach no server; pip may."""
        self.image: Image | None = None
        self.command: list[str] = []
        self.said = ""

    def step(self, line: str) -> None:
        """Carry out one instruction."""
        kind, _, rest = line.partition(" ")
        if kind == "FROM":
            name = rest.partition(" AS ")[2] or "last"
            self.image = self.images[name] = Image(self.base, self.place / name, self.stack)
            if self.is_offline:
                self.image.environ["LOCKENV_OFFLINE"] = "1"
            return
        image = self.image
        assert image is not None, "a Dockerfile begins with FROM"
        if kind == "ENV":
            image.environ |= dict(word.split("=", 1) for word in shlex.split(rest))
        elif kind == "WORKDIR":
            image.directory = str(Path(image.directory, rest))
            image.path("").mkdir(parents=True, exist_ok=True)
        elif kind == "COPY":
            self._copy(image, shlex.split(rest))
        elif kind == "RUN":
            self.said += self._run(image, rest)
        elif kind == "CMD":
            self.command = json.loads(rest)
        else:
            raise UnexpectedEndError(f"no instruction that is known here: {line}")

    def _copy(self, image: Image, words: list[str]) -> None:
        source = self.images[words.pop(0).removeprefix("--from=")] if words[0].startswith("--from=") else None
        for word in words[:-1]:
            source_path = source.path(word) if source is not None else self.context / word
            target = image.path(words[-1])
            if words[-1].endswith("/") and word != ".":
                target /= source_path.name
            if source_path.is_dir():
                shutil.copytree(source_path, target, symlinks=True, dirs_exist_ok=True)
            else:
                shutil.copy2(source_path, target)

    def _run(self, image: Image, rest: str) -> str:
        with ExitStack() as stack:
            while found := _MOUNT.match(rest):
                fields = dict(part.split("=", 1) for part in found[1].split(","))
                target = image.path(fields["target"])
                target.mkdir(parents=True, exist_ok=True)
                origin = self.context / fields["source"] if fields["type"] == "bind" else self.cache
                stack.enter_context(mounted("--bind", str(origin), str(target)))
                rest = rest[found.end() :]
            return image.run(["sh", "-c", rest])


def main() -> int:
    """Build each Dockerfile of the page twice; return an exit code."""
    if reasons := lacking("debootstrap", "chroot"):
        sys.stderr.write("".join(f"error: {reason}\n" for reason in reasons))
        return 2
    place = Path(sys.argv[1] if len(sys.argv) > 1 else "/var/tmp/lockenv-machines") / "containers"
    place.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        base = _base(place, stack)
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=_layers(place, stack))))
        context = _context(work / "context", base)
        for number, text in enumerate(_BLOCK.findall(PAGE.read_text("utf-8")), 1):
            try:
                for again in (False, True):
                    said = _built(text, base, context, work, f"{number}-{again}", is_offline=again)
                    sys.stdout.write(f"Dockerfile {number}, {'again' if again else 'first'}: {said}\n")
                    sys.stdout.flush()
            except UnexpectedEndError as error:
                sys.stderr.write(f"error: Dockerfile {number}: {error}\n")
                return 1
    return 0


def _base(place: Path, stack: ExitStack) -> Path:
    """Return the root that all images begin with."""
    machine = debian(place, stack, "Debian 13, x86-64", "trixie", "amd64", _PACKAGES)
    root = machine.path("/")
    for path in root.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
        path.unlink()
    for path in root.glob("usr/lib/python3/dist-packages/*"):
        if not path.name.startswith("pip"):  # which is all that `python:3.12-slim` has
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name in _CERTIFICATES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(f"/{name}", root / name)
    if not os.path.lexists(root / "etc/ssl/cert.pem"):
        (root / "etc/ssl/cert.pem").symlink_to("certs/ca-certificates.crt")
    return root


def _layers(place: Path, stack: ExitStack) -> Path:
    """Return a directory in memory: the upper layer of an overlay may be on no overlay itself."""
    layers = place / "layers"
    layers.mkdir(exist_ok=True)
    stack.enter_context(mounted("-t", "tmpfs", "none", str(layers)))
    return layers


def _context(context: Path, base: Path) -> Path:
    """Return the directory of a project with its lockfile, its code, and a wheel of lockenv."""
    write_project(context, ["idna"], groups={"dev": ["packaging"]})
    (context / "app").mkdir()
    (context / "app/__main__.py").write_text(_APP)
    published = publish(context / "all")
    (context / "tools").mkdir()
    wheel = next(name for name in published if name.endswith(".whl"))
    shutil.move(context / "all" / wheel, context / "tools" / wheel)
    shutil.rmtree(context / "all")
    locked = subprocess.run([sys.executable, "-m", "lockenv", "lock"], cwd=context, check=False, capture_output=True)
    if locked.returncode or not (base / "usr/bin/python3").exists():
        raise UnexpectedEndError(locked.stderr.decode(errors="replace"))
    return context


def _built(text: str, base: Path, context: Path, work: Path, name: str, *, is_offline: bool) -> str:
    """Build the image of a Dockerfile, and run its command; return what that says, and what a sync says there."""
    cache = work / f"cache-{name.partition('-')[0]}"
    cache.mkdir(mode=0o700, exist_ok=True)
    with ExitStack() as stack:
        build = Build(base, context, cache, work / name, stack)
        build.is_offline = is_offline
        for line in filter(None, text.splitlines()):
            build.step(line)
        image = build.image
        assert image is not None, "a Dockerfile has a stage"
        found = image.run(build.command).strip()
        has_dev = any(image.path(".venv").glob("lib/*/site-packages/packaging"))
        has_cache = any(image.path("/cache").iterdir()) if image.path("/cache").is_dir() else False
        if "/app/.venv" not in found or has_dev or has_cache:
            raise UnexpectedEndError(f"the image is not as the page says: {found}, {has_dev}, {has_cache}")
        synced = re.findall(r"^(?:Installed|downloading).*$", build.said, re.MULTILINE)
        return f"{found}; {'; '.join(synced)}"


if __name__ == "__main__":
    raise SystemExit(main())
