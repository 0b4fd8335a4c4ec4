"""License expressions are read as the library `license-expression` reads them, where it is installed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockenv.vocabulary.license_terms import canonical, is_met, parsed, singles

license_expression: Any = pytest.importorskip("license_expression", reason="license-expression is not installed")
LICENSES = ["MIT", "ISC", "Apache-2.0", "GPL-2.0-only", "GPL-2.0-or-later", "BSD-3-Clause", "MPL-2.0"]
single = st.sampled_from([*LICENSES, "GPL-2.0-only WITH Classpath-exception-2.0", "Apache-2.0 WITH LLVM-exception"])
expressions = st.recursive(
    single,
    lambda inner: st.builds(
        lambda word, parts: f" {word} ".join(f"({part})" if " " in part else part for part in parts),
        st.sampled_from(["AND", "OR"]),
        st.lists(inner, min_size=2, max_size=4),
    ),
    max_leaves=12,
)
SPDX = license_expression.get_spdx_licensing()


def holds(node: Any, accepted: set[str]) -> bool:
    """What the library's tree says of a set of licenses."""
    if isinstance(node, SPDX.AND):
        return all(holds(part, accepted) for part in node.args)
    if isinstance(node, SPDX.OR):
        return any(holds(part, accepted) for part in node.args)
    return node.render() in accepted


@given(expressions, st.sets(single))
def test_structure_is_that_of_the_library(text: str, accepted: set[str]) -> None:
    mine, theirs = parsed(canonical(text)), SPDX.parse(text, simple=True)

    assert is_met(mine, accepted.__contains__) == holds(theirs, accepted)
    assert set(singles(mine)) == {one.render() for one in SPDX.license_symbols(theirs, decompose=False)}
