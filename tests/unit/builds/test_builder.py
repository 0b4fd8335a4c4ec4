"""What a build is said to see of the machine beside its sources and tools."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.builds.build_lock_resolver import ResolvedBuildDependencies
from lockenv.builds.builder import WheelBuilder
from lockenv.context.settings import Settings
from lockenv.environment.interpreter import Interpreter, probe
from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import FetchSettings
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.manifest import Manifest
from lockenv.vocabulary.progress import SILENT_LISTENER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def with_other_tags(interpreter: Interpreter) -> Interpreter:
    """Return the same after the system's libraries were replaced by older ones."""
    return replace(interpreter, target=replace(interpreter.target, tags=interpreter.target.tags[1:]))


@pytest.mark.parametrize(
    "other",
    [
        lambda interpreter: replace(interpreter, executable="/opt/python"),
        lambda interpreter: replace(interpreter, build="built a day later"),
        with_other_tags,
    ],
    ids=["place", "build", "tags"],
)
def test_another_interpreter_is_another_place_to_build(
    tmp_path: Path, other: Callable[[Interpreter], Interpreter]
) -> None:
    found = probe(sys.executable, cache_dir=str(tmp_path), environ=os.environ)
    settings = Settings.of(tmp_path, environ={}, is_configured=False, cache_dir=str(tmp_path / "cache"))
    fetcher = Fetcher(FetchSettings(cache_dir=str(tmp_path / "cache"), offline=True))
    tools = ResolvedBuildDependencies(Manifest(), settings, fetcher)

    def surroundings(interpreter: Interpreter) -> str:
        builder = WheelBuilder(Manifest(), lambda: interpreter, settings, SILENT_LISTENER, fetcher, None, tools)
        return builder.surroundings()

    assert surroundings(other(found)) != surroundings(found)
