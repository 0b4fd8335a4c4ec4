"""Small locks, targets and manifests for the tests of this room."""

from __future__ import annotations

import hashlib
from typing import Any

from packaging.tags import compatible_tags, cpython_tags

from lockenv.lockfile.text import Lock, read, write
from lockenv.vocabulary.manifest import Manifest
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.requirement import Declared, parse
from lockenv.vocabulary.target import Target

PLATFORMS = {
    ("linux", "x86_64"): ["manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "linux_x86_64"],
    ("win32", "AMD64"): ["win_amd64"],
    ("darwin", "arm64"): ["macosx_14_0_arm64", "macosx_11_0_arm64", "macosx_11_0_universal2"],
}


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def file_table(filename: str, **more: Any) -> dict[str, Any]:
    table: dict[str, Any] = {
        "url": f"https://files.example/{filename}",
        "size": len(filename),
        "hashes": {"sha256": sha256(filename)},
    }
    return {key: value for key, value in {**table, **more}.items() if value is not None}


def package(name: str, version: str, *tags: str, **more: Any) -> dict[str, Any]:
    """An entry with a wheel for each of `tags`, or a pure one."""
    stem = f"{name.replace('-', '_')}-{version}"
    wheels = [file_table(f"{stem}-{tag}.whl") for tag in tags or ("py3-none-any",)]
    return {"name": name, "version": version, "wheels": wheels, **more}


def document(*packages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"lock-version": "1.0", "created-by": "lockenv", "packages": list(packages), **more}


def lock(*packages: dict[str, Any], **more: Any) -> Lock:
    """A lock as it comes from a file."""
    return read(write(document(*packages, **more)))


def target(python: str = "3.12.1", platform: str = "linux", machine: str = "x86_64") -> Target:
    major, minor = (int(part) for part in python.split(".")[:2])
    platforms = PLATFORMS[platform, machine]
    tags = [*cpython_tags((major, minor), platforms=platforms), *compatible_tags((major, minor), platforms=platforms)]
    return Target(
        environment={
            "implementation_name": "cpython",
            "implementation_version": python,
            "os_name": "nt" if platform == "win32" else "posix",
            "platform_machine": machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": {"linux": "Linux", "win32": "Windows", "darwin": "Darwin"}[platform],
            "platform_version": "",
            "python_full_version": python,
            "python_version": f"{major}.{minor}",
            "sys_platform": platform,
        },
        tags=tuple(str(tag) for tag in tags),
    )


def declared(*texts: str, key: str = "project.dependencies") -> tuple[Declared, ...]:
    return tuple(
        Declared(requirement=parse(text), origin=Origin(file="pyproject.toml", key=f"{key}[{number}]"))
        for number, text in enumerate(texts)
    )


def manifest(*texts: str, **more: Any) -> Manifest:
    return Manifest(dependencies=declared(*texts), **more)
