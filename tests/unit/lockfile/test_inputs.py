from __future__ import annotations

import pytest

from lockenv.errors import InputError
from lockenv.lockfile.cutoffs import moments
from lockenv.lockfile.inputs import inputs, recorded_dynamic, recorded_manifest
from lockenv.lockfile.lock import LockInputs
from lockenv.project.pyproject import manifest as declared
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.manifest import BuildStatement, Dynamic
from lockenv.vocabulary.names import ExtraName

NOW = "2026-11-01T00:00:00Z"
PROJECTS = {
    "plain": '[project]\nname = "a"\ndependencies = ["b>=1", "c; sys_platform == \'win32\'"]\n',
    "extras and groups": """
[project]
name = "a"
requires-python = ">=3.11"
optional-dependencies = { x = ["b[c]>=1"], y = [] }
[dependency-groups]
dev = ["d"]
docs = ["e", { include-group = "dev" }]
[tool.lockenv]
default-groups = ["docs"]
conflicts = [[{ extra = "x" }, { group = "dev" }]]
""",
    "direct sources": """
[project]
name = "a"
dependencies = [
    "b @ git+https://code.example/b@main#subdirectory=python",
    "c @ https://files.example/c-1.tar.gz",
    "d @ https://files.example/d-1-py3-none-any.whl#sha256=0000000000000000000000000000000000000000000000000000000000000000",
    "e",
]
[tool.lockenv.sources]
e = { path = "../e", editable = true }
""",
    "settings": """
[project]
name = "a"
[tool.lockenv]
environments = ["sys_platform == 'linux'"]
required-environments = ["sys_platform == 'linux' and platform_machine == 'x86_64'"]
prerelease = "allow"
prerelease-package = { b = "disallow" }
resolution = "lowest"
exclude-newer = "7 days"
exclude-newer-package = { c = false, d = "2 days", e = "2026-01-01" }
constraints = ["b<3"]
overrides = ["c==2"]
exclude-dependencies = ["e", "F_f"]
no-build = true
no-binary-package = ["d"]
fork = "fewest"
accept-faults = { d = ["record-absent", "record-mismatch"] }
dependency-metadata = [
    { name = "d", version = "1.0", requires-dist = ["b>=1; extra == 'x'"], provides-extra = ["x"] },
    { name = "d", requires-python = ">=3.8" },
]
find-links = ["./wheels"]
no-index = true
[[tool.lockenv.index]]
name = "one"
url = "https://index.example/simple/"
explicit = true
[tool.lockenv.sources]
b = { index = "one" }
""",
}


def test_what_a_build_reported_is_what_was_recorded() -> None:
    text = '[project]\nname = "a"\ndynamic = ["dependencies"]\n[build-system]\nrequires = []\n'
    statement = BuildStatement(requires=("b>=1", 'c; extra == "x"'), extras=(ExtraName("x"),))
    project = replace(declared(text, reported=statement), dynamic=Dynamic(digest="0", reported=statement))

    found = recorded_manifest({"inputs": inputs(project)}, "pylock.toml")

    assert found.dynamic == project.dynamic
    assert inputs(found) == inputs(project)


@pytest.mark.parametrize("table", [{}, 3, {"digest": 3}, {"digest": "0", "requires-dist": 3}, {"digest": "0"}])
def test_what_a_build_reported_is_unknown_where_lockenv_did_not_write_it(table: object) -> None:
    assert recorded_dynamic(LockInputs({"dynamic": table})) is None


@pytest.mark.parametrize("text", PROJECTS.values(), ids=PROJECTS)
def test_recorded_inputs_are_those_that_were_recorded(text: str) -> None:
    project = declared(text, now=NOW)
    recorded = {"inputs": inputs(project), **moments(project.policy)}

    found = recorded_manifest(recorded, "pylock.toml")

    assert (inputs(found), moments(found.policy)) == (inputs(project), moments(project.policy))
    assert found.policy.exclude_newer == project.policy.exclude_newer


@pytest.mark.parametrize("own", [{}, {"inputs": []}, {"inputs": {"dependencies": ["not a ; requirement"]}}])
def test_what_lockenv_does_not_write_is_an_error(own: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"tool.lockenv of pylock.toml"):
        recorded_manifest(own, "pylock.toml")
