"""The graph that is derived from the text of a lock, against the proof of the resolution it was written from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.lockfile.chains import chains
from lockenv.lockfile.compose import compose
from lockenv.lockfile.digest import sealed_text
from lockenv.lockfile.graph import Graph, at, graph
from lockenv.lockfile.text import read
from lockenv.vocabulary import markers
from lockenv.vocabulary.manifest import Policy
from tests.properties.random_universes import answer, case
from tests.support.exhaustive import exhaust
from tests.support.oracle import environments
from tests.support.universe import manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import Resolution
    from tests.properties.random_universes import Case

BATCHES = range(6)
EACH = 25


def declared(given: Case) -> Manifest:
    return manifest(
        *given.roots,
        requires_python=given.requires_python,
        constraints=given.constraints,
        overrides=given.overrides,
        extras={name: texts for (kind, name), texts in given.gated if kind == "extra"},
        groups={name: texts for (kind, name), texts in given.gated if kind == "group"},
        conflicts=given.conflicts,
        policy=Policy(fork=given.fork),
    )


def resolved(batch: int) -> Iterator[tuple[int, Resolution, Graph]]:
    for seed in range(batch * EACH, (batch + 1) * EACH):
        given = case(seed)
        found = answer(given, exhaust)
        if found is not None:
            text = sealed_text(compose(found, declared(given)))
            yield seed, found, graph(read(text), declared(given))


@pytest.mark.parametrize("batch", BATCHES)
def test_edges_are_those_of_the_proof(batch: int) -> None:
    for seed, found, drawn in resolved(batch):
        edges = {
            (drawn.nodes[edge.source].title, drawn.nodes[edge.target].title)
            for edge in drawn.edges
            if edge.source is not None
        }
        proved = {
            (f"{pin.name} {pin.version}", f"{name} {version}")
            for pin in found.pins
            for name, version in pin.dependencies
        }

        assert (seed, edges) == (seed, proved)


@pytest.mark.parametrize("batch", BATCHES)
def test_everything_is_reached_exactly_where_it_is_installed(batch: int) -> None:
    for seed, _, drawn in resolved(batch):
        for node in drawn.nodes:
            entered, chained = markers.NEVER, markers.NEVER
            for edge in drawn.entering(node.position):
                assert edge.root is None or not edge.root.is_adopted, (seed, node.title)
                entered |= edge.where
            for chain in chains(drawn, node):
                chained |= chain.where

            assert (seed, node.title, entered, chained) == (seed, node.title, node.area, node.area)


@pytest.mark.parametrize("batch", BATCHES)
def test_part_for_an_environment_is_what_is_installed_in_it(batch: int) -> None:
    for seed, _, drawn in resolved(batch):
        for environment in environments()[batch::29]:
            if not drawn.universe.without_extras_and_groups().evaluate(environment):
                continue
            there = at(drawn, environment)
            installed = [
                node.title for node in drawn.nodes if node.area.without_extras_and_groups().evaluate(environment)
            ]

            assert (seed, [node.title for node in there.nodes]) == (seed, installed)
            assert {edge.condition for edge in there.edges} <= {""}


def test_no_chain_is_longer_than_another_that_holds_wherever_it_does() -> None:
    for seed, _, drawn in resolved(0):
        for node in drawn.nodes:
            found = chains(drawn, node)
            for one in found:
                for other in found:
                    is_same = one.edges[0] is other.edges[0] and one is not other
                    assert not (is_same and len(one.edges) > len(other.edges) and one.where.implies(other.where)), (
                        seed,
                        node.title,
                    )
