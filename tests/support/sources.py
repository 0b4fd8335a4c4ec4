"""Trees of sources with a build backend of their own, so that a build needs nothing from an index."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import tomli_w

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

BACKEND = """\
# A build starts a process for each hook: what one does not use costs it half of its time.
import pathlib

def _project():
    import tomllib
    return tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]

def _metadata(project):
    version = project.get("version") or pathlib.Path("VERSION").read_text().strip()
    lines = ["Metadata-Version: 2.1", "Name: " + project["name"], "Version: " + version]
    needs = project["dependencies"] if "dependencies" in project else pathlib.Path("NEEDS").read_text().split("\\n")
    lines += ["Requires-Dist: " + each for each in needs if each]
    for extra, needs in project.get("optional-dependencies", {}).items():
        lines.append("Provides-Extra: " + extra)
        lines += [f"Requires-Dist: {each} ; extra == '{extra}'" for each in needs]
    return version, "\\n".join(lines) + "\\n"

def _write(directory, files):
    import base64, hashlib, zipfile
    project = _project()
    version, metadata = _metadata(project)
    stem = project["name"].replace("-", "_") + "-" + version
    info = stem + ".dist-info"
    files = {**files, info + "/METADATA": metadata.encode(),
             info + "/WHEEL": b"Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
    rows = []
    name = stem + "-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(directory, name), "w") as archive:
        for path, content in sorted(files.items()):
            archive.writestr(path, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            rows.append(f"{path},sha256={digest},{len(content)}")
        archive.writestr(info + "/RECORD", "\\n".join([*rows, info + "/RECORD,,"]) + "\\n")
    return name

def build_wheel(directory, config_settings=None, metadata_directory=None):
    found = sorted(pathlib.Path(".").glob("*.py"))
    return _write(directory, {str(path): path.read_bytes() for path in found if path.name != "backend.py"})

def build_editable(directory, config_settings=None, metadata_directory=None):
    place = str(pathlib.Path(".").resolve()) + "\\n"
    return _write(directory, {_project()["name"].replace("-", "_") + ".pth": place.encode()})
"""


def write_tree(
    directory: Path,
    name: str,
    *,
    version: str | None = "1.0",
    dependencies: Sequence[str] = (),
    module: str = "",
    files: Mapping[str, str] | None = None,
    **more: object,
) -> Path:
    """Write the sources of the project `name`, with a module of its name; `more` are keys of its `[project]` table."""
    directory.mkdir(parents=True, exist_ok=True)
    project = {"name": name, "version": version, "dependencies": list(dependencies), **more}
    project = {key: value for key, value in project.items() if value is not None}
    tool = project.pop("tool", {})
    document = {
        "project": project,
        "build-system": {"requires": [], "build-backend": "backend", "backend-path": ["."]},
        "tool": {"lockenv": tool},
    }
    (directory / "pyproject.toml").write_text(tomli_w.dumps(document))
    (directory / "backend.py").write_text(BACKEND)
    stem = name.replace("-", "_")
    (directory / f"{stem}.py").write_text(module or f"NAME = {name!r}\nVERSION = {version!r}\n")
    for path, text in (files or {}).items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text)
    return directory


def git(directory: Path, *arguments: str) -> str:
    """Run git in `directory` with no settings but its own, and return what it says."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in _WHO.items()},
    }
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", *arguments],
        cwd=directory, env=environ, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip()


_WHO = {"NAME": "A", "EMAIL": "a@a.example", "DATE": "2026-01-01T00:00:00Z"}


def commit(directory: Path, message: str = "change", tag: str = "") -> str:
    """Commit everything in `directory`, a repository from then on, and return the name of the commit."""
    if not (directory / ".git").exists():
        git(directory, "init", "--quiet")
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "--allow-empty", "-m", message)
    if tag:
        git(directory, "tag", tag)
    return git(directory, "rev-parse", "HEAD")
