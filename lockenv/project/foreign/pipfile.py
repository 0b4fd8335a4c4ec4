"""Pipfile.lock, which is JSON, and the Pipfile beside it."""

from __future__ import annotations

import json
from typing import Any

from lockenv.errors import InputError
from lockenv.project.foreign.pinned import ForeignPin, ForeignPins, merged, pinned, table
from lockenv.vocabulary import toml


def read(text: str, file: str) -> ForeignPins:
    """Return what a Pipfile.lock pins in its default and its other categories."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file} is not valid JSON: {error}", hint="create it again with pipenv") from error
    if not isinstance(document, dict) or "_meta" not in document:
        raise InputError(f"{file} is not a valid Pipfile.lock: it has no _meta", hint="specify the lockfile itself")
    found: list[ForeignPin] = []
    left: list[str] = []
    for category, packages in document.items():
        if category == "_meta":
            continue
        for name, entry in table(packages, file, category).items():
            value = table(entry, file, f"{category}.{name}")
            version = value.get("version")
            if not isinstance(version, str) or not version.startswith("=="):
                kind = next((key for key in ("git", "path", "file", "editable") if key in value), "")
                left.append(
                    f"{name} comes from {kind}, not from an index" if kind else f"{name} is listed without a version"
                )
            elif version[2:].startswith(("<", ">", "!", "~")):
                # So pipenv writes what is not for the machine that locks: `==` before what the Pipfile asks.
                left.append(f"{name} is listed with the versions {version[2:]}, not a single version")
            else:
                hashes = value.get("hashes", [])
                listed = hashes if isinstance(hashes, list) else []
                found.append(pinned(file, name, version.lstrip("="), value.get("markers", ""), listed))
    requires = table(table(document["_meta"], file, "_meta").get("requires"), file, "_meta.requires")
    return ForeignPins(file=file, pins=merged(found), python=python(requires), left=tuple(dict.fromkeys(left)))


def python(requires: dict[str, Any]) -> str:
    """Return the specifier of the Python that pipenv requires."""
    full, minor = requires.get("python_full_version"), requires.get("python_version")
    if isinstance(full, str) and full:
        return f"=={full}"
    return f"=={minor}.*" if isinstance(minor, str) and minor not in ("", "*") else ""


def declared(text: str, file: str) -> dict[str, list[str]]:
    """Return the requirements of each category of a Pipfile as PEP 508 writes them; what is of no index is left out."""
    try:
        document = toml.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file} is not valid TOML: {error}", hint="fix it there") from error
    found: dict[str, list[str]] = {}
    for category, packages in document.items():
        if category in ("source", "requires", "scripts", "pipenv"):
            continue
        texts = [_requirement(name, value) for name, value in table(packages, file, category).items()]
        found[category] = [text for text in texts if text]
    return found


def _requirement(name: str, value: object) -> str:
    if isinstance(value, str):
        return name + ("" if value.strip() in ("*", "") else value.replace(" ", ""))
    if not isinstance(value, dict) or any(key in value for key in ("git", "path", "file")):
        return ""
    extras = value.get("extras", [])
    version = str(value.get("version", "*")).replace(" ", "")
    markers = [f"({value['markers']})"] if "markers" in value else []
    markers += [f"{key} {value[key]}" for key in ("sys_platform", "platform_machine", "os_name") if key in value]
    head = name + (f"[{','.join(map(str, extras))}]" if extras else "") + ("" if version == "*" else version)
    return f"{head}; {' and '.join(markers)}" if markers else head
