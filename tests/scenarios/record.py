"""Record a refusal that real projects meet, so that its explanation can be kept for ever.

    python -m tests.scenarios.record INDEX NAME DESCRIPTION REQUIRES-PYTHON REQUIREMENT ...

Resolves the requirements on INDEX and writes `refused/NAME.toml`: of each project the releases whose metadata was
looked at, and the versions of the others. Requirements of extras are left out. Fails unless what is left is refused for
the same reasons.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import FetchSettings
from lockenv.index.catalog import Catalog
from lockenv.index.index_access import IndexAccess
from lockenv.resolve.problem import problem
from lockenv.resolve.solve import solve
from lockenv.vocabulary.distribution import Metadata, Unusable
from lockenv.vocabulary.pin import Unsolvable
from tests.support.universe import MemoryCatalog, manifest, with_others

if TYPE_CHECKING:
    from lockenv.index.releases import IndexReleases
    from lockenv.vocabulary.distribution import NeedsBuild
    from lockenv.vocabulary.names import NormalizedName

FOLDER = Path(__file__).parent / "refused"


class Witness(Catalog):
    """An index that remembers what it was asked."""

    asked: dict[NormalizedName, IndexReleases]
    looked_at: dict[tuple[NormalizedName, int], Metadata | NeedsBuild | Unusable]

    def releases(self, name: NormalizedName) -> IndexReleases | None:
        found = super().releases(name)
        if found is not None:
            self.__dict__.setdefault("asked", {})[name] = found
        return found

    def metadata(self, name: NormalizedName, position: int) -> Metadata | NeedsBuild | Unusable:
        found = super().metadata(name, position)
        self.__dict__.setdefault("looked_at", {})[name, position] = found
        return found


def main(index: str, name: str, description: str, requires_python: str, *requires: str) -> int:
    asked = problem(manifest(*requires, requires_python=requires_python))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as cache:  # pages may still be arriving
        fetcher = Fetcher(FetchSettings(cache_dir=cache))
        catalog = Witness([IndexAccess(url=index)], fetcher)
        refusal = solve(asked, catalog)
        packages = {str(project): _releases(catalog, project) for project in sorted(catalog.asked)}
        others = {str(project): _others(catalog, project) for project in sorted(catalog.asked)}
        fetcher.close()
    again = solve(asked, MemoryCatalog(with_others(packages, others)))
    if not isinstance(refusal, Unsolvable) or not isinstance(again, Unsolvable) or again.reasons != refusal.reasons:
        sys.stderr.write(f"{name}: {getattr(refusal, 'reasons', 'solved')} but {getattr(again, 'reasons', 'solved')}\n")
        return 1
    table = {
        "description": description,
        "project": {"requires": list(requires), "requires_python": requires_python},
        "packages": packages,
        "others": {name: found for name, found in others.items() if found},
    }
    (FOLDER / f"{name}.toml").write_text(_dense(table), "utf-8")
    return 0


def _releases(catalog: Witness, name: NormalizedName) -> dict[str, dict[str, Any]]:
    looked_at = sorted(position for project, position in catalog.looked_at if project == name)
    return {catalog.asked[name].versions[at]: _release(catalog, name, at) for at in looked_at}


def _others(catalog: Witness, name: NormalizedName) -> dict[str, str]:
    """Return the releases that were not looked at, by the Python they require."""
    releases = catalog.asked[name]
    others: dict[str, list[str]] = {}
    for at, version in enumerate(releases.versions):
        if (name, at) not in catalog.looked_at:
            others.setdefault(releases.requires_python(at), []).append(version)
    return {python: " ".join(versions) for python, versions in others.items()}


def _release(catalog: Witness, name: NormalizedName, at: int) -> dict[str, Any]:
    releases = catalog.asked[name]
    table: dict[str, Any] = {}
    described = catalog.looked_at[name, at]
    if isinstance(described, Metadata):
        requires = [text for text in described.requires if "extra" not in text.partition(";")[2]]
        table |= {"requires": requires} if requires else {}
    elif isinstance(described, Unusable):
        table["unusable"] = described.reason
    else:
        table["needs_build"] = True
    table |= {"requires_python": python} if (python := releases.requires_python(at)) else {}
    table |= {"yanked": True} if releases.yanked(at) is not None else {}
    wheels = [wheel.filename.removesuffix(".whl").split("-", 2)[2] for wheel in releases.wheels(at)]
    if not wheels:
        table["wheel"] = False
    elif not any(tag.endswith("none-any") for tag in wheels):
        table["wheel_tags"] = wheels
    if releases.sdist(at) is None:
        table["sdist"] = False
    return table


def _dense(table: dict[str, Any]) -> str:
    """Write a release on one line, as the scenarios written by hand do."""
    head = tomli_w.dumps({"description": table["description"], "project": table["project"]})
    blocks = []
    for name, releases in table["packages"].items():
        lines = [f'"{version}" = {_inline(release)}' for version, release in releases.items()]
        blocks.append("\n".join([f"[packages.{name}]", *lines, ""]))
    return "\n".join([head, *blocks, tomli_w.dumps({"others": table["others"]})])


def _inline(release: dict[str, Any]) -> str:
    import json

    fields = ", ".join(f"{key} = {json.dumps(value)}" for key, value in release.items())
    return f"{{ {fields} }}" if fields else "{}"


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
