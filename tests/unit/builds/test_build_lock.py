"""Under what builds are kept whose tools nothing locks."""

from __future__ import annotations

from lockenv.builds.build_lock import is_unlocked, unlocked
from lockenv.context.settings import Settings
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.manifest import Index, Manifest, Policy
from lockenv.vocabulary.names import NormalizedName

SETTINGS = Settings(directory="/work", environ={}, now="2026-01-01T00:00:00Z")
OWN = Index(name="own", url="https://index.example/simple/")
BASE = Manifest(indexes=(OWN,))


def test_tools_of_other_indexes_build_something_else() -> None:
    folder = Index(name="own", url="./wheels/", place="file:///clone/wheels/")
    keys = {
        unlocked(manifest, settings)
        for manifest, settings in (
            (BASE, SETTINGS),
            (Manifest(), SETTINGS),
            (replace(BASE, indexes=(folder, OWN)), SETTINGS),
            (replace(BASE, indexes=(replace(folder, place="file:///other/wheels/"), OWN)), SETTINGS),
            (replace(BASE, indexes=(replace(OWN, mirrors=("https://mirror.example/simple/",)),)), SETTINGS),
            (replace(BASE, sources={NormalizedName("setuptools"): "own"}), SETTINGS),
            (BASE, replace(SETTINGS, index_url="https://other.example/simple/")),
        )
    }

    assert len(keys) == 7
    assert all(map(is_unlocked, keys))


def test_time_of_the_command_decides_nothing_about_where_tools_come_from() -> None:
    later = replace(BASE, policy=Policy(exclude_newer="2026-02-01T00:00:00Z"))

    assert unlocked(BASE, SETTINGS) == unlocked(later, replace(SETTINGS, now="2026-03-01T00:00:00Z"))
