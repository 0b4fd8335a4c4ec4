"""What `docs/resolver.md` and `docs/markers.md` work out is what the code answers; modules name their sections."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lockenv.resolve.model import Model
from lockenv.resolve.problem import problem
from lockenv.resolve.solve import solve
from lockenv.vocabulary.markers import NEVER, WORLD, marker_text, parse
from lockenv.vocabulary.names import NormalizedName
from lockenv.vocabulary.pin import Resolution, Unsolvable
from tests.support.universe import MemoryCatalog, Universe, manifest

ROOT = Path(__file__).parents[2]
RESOLVER = (ROOT / "docs" / "resolver.md").read_text("utf-8")
MARKERS = (ROOT / "docs" / "markers.md").read_text("utf-8")
PACKAGE = ROOT / "lockenv"
UNIVERSE: Universe = {
    "app": {"2": {"requires": ["lib>=2"]}, "1": {"requires": ["lib"]}},
    "lib": {"2": {}, "1": {}},
    "tool": {"1": {"requires": ["lib<2"]}},
}
ASKED = problem(manifest("app", "tool; sys_platform == 'win32'"))
_BLOCK = re.compile(r"^```text\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: str) -> list[list[list[str]]]:
    """The columns of each line of each block of a worked example."""
    found = _BLOCK.findall(page.split("## A worked example")[1])
    return [[re.split(r" {2,}", line.strip()) for line in block.splitlines()] for block in found]


def pins(found: object) -> list[list[str]]:
    assert isinstance(found, Resolution)
    texts = [(pin, marker_text(pin.marker, assuming=found.universe)) for pin in found.pins]
    return [[f"{pin.name} {pin.version}", text or "everywhere"] for pin, text in texts]


def test_example_is_posed_as_the_page_says() -> None:
    metadata = [
        [f"{name} {version}", f"requires {requirement}"]
        for name, releases in UNIVERSE.items()
        for version, table in releases.items()
        for requirement in table.get("requires", ())
    ]

    assert blocks(RESOLVER)[0] == [
        ["project", "requires app"],
        ["project", "requires tool; sys_platform == 'win32'"],
        *metadata,
    ]


def test_masks_of_the_example_are_those_of_the_page() -> None:
    lib = Model(ASKED, MemoryCatalog(UNIVERSE)).candidates(NormalizedName("lib"))
    masks = [f"0b{lib.mask(specifier):02b}" for specifier in (">=2", "<2", "")]

    assert "`lib>=2` is the mask {}, `lib<2` is {}, `lib` is {}".format(*masks) in RESOLVER


def test_pins_and_effort_of_the_example_are_those_of_the_page() -> None:
    found = solve(ASKED, MemoryCatalog(UNIVERSE))

    assert pins(found) == blocks(RESOLVER)[1]
    assert isinstance(found, Resolution)
    cost = found.effort
    said = f"{cost.regions} regions, {cost.conflicts} conflict and the metadata of {cost.metadata} releases"
    assert said in " ".join(RESOLVER.split())


def test_second_engine_alone_answers_as_the_page_says() -> None:
    assert pins(solve(ASKED, MemoryCatalog(UNIVERSE), patience=-1)) == blocks(RESOLVER)[2]


def test_failure_of_the_example_is_explained_as_the_page_says() -> None:
    found = solve(problem(manifest("app>=2", "tool")), MemoryCatalog(UNIVERSE))

    assert isinstance(found, Unsolvable)
    assert [[reason] for reason in found.reasons] == blocks(RESOLVER)[3]


def test_markers_of_the_example_are_printed_as_the_page_says() -> None:
    universe = parse("python_version >= '3.11'") & WORLD
    (lines,) = blocks(MARKERS)
    examples = [(line[0], after[-1]) for line, after in zip(lines[::2], lines[1::2], strict=True)]

    found = [parse(text) & universe for text, _ in examples]

    printed = ["(never)" if one is NEVER else marker_text(one, assuming=universe) or "(always)" for one in found]
    assert printed == [text for _, text in examples]


@pytest.mark.parametrize(
    ("room", "page"), [("resolve", "resolver.md"), ("vocabulary/markers", "markers.md")], ids=["resolver", "markers"]
)
def test_each_module_names_its_section_which_exists(room: str, page: str) -> None:
    sections = set(re.findall(r"^## (.+)$", (ROOT / "docs" / page).read_text("utf-8"), re.MULTILINE))
    modules = {path.name: path.read_text("utf-8") for path in (PACKAGE / room).glob("*.py") if path.stem != "__init__"}

    named = {
        name: re.findall(rf'^Explained in docs/{page}, "(.+)"\.$', text, re.MULTILINE) for name, text in modules.items()
    }

    assert {name: found for name, found in named.items() if len(found) != 1 or found[0] not in sections} == {}
