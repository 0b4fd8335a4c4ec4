"""Make `docs/lockenv.schema.json`, which editors use: the keys that the program knows, and their values' shapes.

The program's tables of keys and the meanings of the reference go in; JSON Schema (draft 7) comes out. It says what can
be said of one value by itself: that a group is declared, or that a text is a marker, is checked by lockenv alone.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from lockenv.project import (
    audit,
    direct,
    group_pythons,
    layers,
    licenses,
    python_archives,
    settings,
    stated_metadata,
)
from lockenv.project.policies import FORKS
from lockenv.vocabulary.identity import POLICY_KEYS
from lockenv.vocabulary.manifest import ACCEPTABLE, PREFERENCES, PRERELEASE_POLICIES
from tests.documents import meanings
from tests.documents.reference import DOCS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PATH: Final = DOCS / "lockenv.schema.json"
Schema = dict[str, Any]
_TEXT: Final[Schema] = {"type": "string"}
_BOOLEAN: Final[Schema] = {"type": "boolean"}


def _array(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _choice(words: Iterable[str]) -> Schema:
    return {"type": "string", "enum": list(words)}


def _by_name(of: Schema) -> Schema:
    return {"type": "object", "additionalProperties": of}


def _table(
    keys: Iterable[str], shapes: Mapping[str, Schema], reported: Mapping[str, tuple[str, str]], **also: object
) -> Schema:
    """Return the shape of a table that has some of `keys` and no other key."""
    described = {
        key: {"description": reported[key][1], **shapes[key]} if key in reported else shapes[key] for key in keys
    }
    return {"type": "object", "additionalProperties": False, "properties": described, **also}


def _all(keys: Iterable[str], shape: Schema) -> dict[str, Schema]:
    return dict.fromkeys(keys, shape)


_INDEX: Final = _table(
    settings.INDEX_KEYS,
    _all(("name", "url", "client-cert"), _TEXT)
    | _all(("explicit", "authenticate"), _BOOLEAN)
    | {"mirrors": _array(_TEXT)},
    meanings.INDEX,
    required=["url"],
)
_SOURCE: Final = _table(
    (*direct.KEYS, *direct.CONDITIONS),
    _all((*direct.KEYS, *direct.CONDITIONS), _TEXT) | _all(("editable", "workspace"), _BOOLEAN),
    meanings.SOURCE,
    oneOf=[{"required": [key]} for key in ("index", "git", "url", "path", "workspace")],
)
_STATED: Final = _table(
    stated_metadata.KEYS,
    _all(("name", "version", "requires-python"), _TEXT) | _all(("requires-dist", "provides-extra"), _array(_TEXT)),
    {},
    required=["name"],
    dependencies={"provides-extra": ["requires-dist"]},
)
_IGNORED: Final = _table(
    audit.IGNORED_KEYS, _all(audit.IGNORED_KEYS, _TEXT), meanings.IGNORED, required=list(audit.IGNORED_KEYS)
)
_LICENSE_EXCEPTION: Final = _table(
    licenses.EXCEPTION_KEYS,
    {**_all(licenses.EXCEPTION_KEYS, _TEXT), "allow": _array(_TEXT)},
    meanings.LICENSE_EXCEPTION,
    required=["package", "reason", "until"],
    anyOf=[{"required": ["license"]}, {"required": ["allow"]}],
)
_LICENSES: Final = _table(
    licenses.KEYS,
    {
        **_all(("allow", "deny"), _array(_TEXT)),
        "exceptions": _array(_LICENSE_EXCEPTION),
        "on-sync": _choice(licenses.ON_SYNC),
    },
    meanings.LICENSES,
)
_CONFLICT: Final = _table(
    settings.CONFLICT_KEYS, _all(settings.CONFLICT_KEYS, _TEXT), meanings.CONFLICT, minProperties=1, maxProperties=1
)
_SHAPES: Final[Mapping[str, Schema]] = {
    **_all(
        (
            "environments",
            "required-environments",
            "constraints",
            "build-constraints",
            "provided",
            "overrides",
            "exclude-dependencies",
            "default-groups",
            "find-links",
        ),
        _array(_TEXT),
    ),
    **_all(("no-build-package", "no-binary-package", "allowed-hosts", "allow-startup-code"), _array(_TEXT)),
    **_all(
        ("build-network", "deny-startup-code", "no-build", "no-binary", "no-index", "system-site-packages"), _BOOLEAN
    ),
    "prerelease": _choice(PRERELEASE_POLICIES),
    "prerelease-package": _by_name(_choice(PRERELEASE_POLICIES)),
    "resolution": _choice(PREFERENCES),
    "python": _TEXT,
    "python-archives": _array(
        _table(python_archives.KEYS, _all(python_archives.KEYS, _TEXT), {}, required=list(python_archives.KEYS))
    ),
    "exclude-newer": _TEXT,
    "exclude-newer-package": _by_name({"anyOf": [_TEXT, {"enum": [False]}]}),
    "allow-build": {"anyOf": [_array(_TEXT), _BOOLEAN]},
    "dependency-groups": _by_name(_table(group_pythons.KEYS, {"requires-python": _TEXT}, {})),
    "conflicts": _array({**_array(_CONFLICT), "minItems": 2}),
    "index": _array(_INDEX),
    "sources": _by_name({"anyOf": [_SOURCE, {**_array(_SOURCE), "minItems": 1}]}),
    "workspace": _table(settings.WORKSPACE_KEYS, _all(settings.WORKSPACE_KEYS, _array(_TEXT)), meanings.WORKSPACE),
    "licenses": _LICENSES,
    "allow-overwrite": _array({"type": "string", "pattern": "^[^>]+>[^>]+$"}),
    "accept-faults": _by_name(_array(_choice(ACCEPTABLE))),
    "dependency-metadata": _array(_STATED),
    "publishers": _by_name(
        {
            "anyOf": [
                _table(POLICY_KEYS, _all(POLICY_KEYS, {"anyOf": [_TEXT, {**_array(_TEXT), "minItems": 1}]}), {}),
                {"enum": [False]},
            ]
        }
    ),
    "fork": _choice(FORKS),
    "audit": _table(
        audit.KEYS,
        {
            **_all(("osv", "database"), _TEXT),
            "ignore": _array(_IGNORED),
            "on-lock": _choice(audit.ON_LOCK),
            "on-sync": _choice(audit.ON_SYNC),
        },
        meanings.AUDIT,
    ),
}
_NAMED_LOCK: Final = _table(
    (*layers.OF_LOCK, *(key for key in settings.KEYS if key not in layers.NOT_OF_LOCK)),
    {
        **_SHAPES,
        **_all(("requirements", "groups", "extras"), _array(_TEXT)),
        **_all(("project", "apart"), _BOOLEAN),
        "requires-python": _TEXT,
    },
    {**meanings.SETTINGS, **meanings.NAMED_LOCK},
)
SHAPES: Final[Mapping[str, Schema]] = {
    **_SHAPES,
    layers.LOCKS: {
        "type": "object",
        "propertyNames": {"pattern": "^[a-z0-9]+([-_][a-z0-9]+)*$"},
        "additionalProperties": _NAMED_LOCK,
    },
}


def schema() -> Schema:
    """Return the schema of `[tool.lockenv]`, and of a project's `lockenv.toml`."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Settings of lockenv",
        "description": "The table [tool.lockenv] of pyproject.toml, or the whole of lockenv.toml in a project.",
        **_table(settings.KEYS, SHAPES, meanings.SETTINGS),
    }


def text() -> str:
    """Return the file as it is to be."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), "utf-8")
