"""Projects of uv, Poetry, PDM, pipenv and setuptools in standard terms: nothing is lost, everything left is named."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lockenv.errors import InputError
from lockenv.project.conversion import readers, requirements, write
from lockenv.project.pyproject import manifest
from lockenv.vocabulary import toml

if TYPE_CHECKING:
    from collections.abc import Mapping

SNAPSHOTS = Path(__file__).parent / "snapshots"
DEFAULT = "https://index.example/default/"
NOW = "2026-11-01T00:00:00Z"
NAMES = ("pyproject.toml", "uv.toml", "Pipfile", "setup.cfg", "setup.py")


def converted(texts: Mapping[str, str], directory: str = "shop") -> tuple[str, list[str]]:
    """Return the text of the `pyproject.toml` in `directory`, and what has no counterpart."""
    text, left = texts.get("pyproject.toml", ""), []
    for found in readers.read(texts, {name: name for name in NAMES}, directory, DEFAULT):
        text = write.converted(text, "pyproject.toml", found, NOW)
        left += [str(one) for one in found.left]
    return text, left


def settings(text: str) -> tuple[Mapping[str, Any], list[str]]:
    """Return `[tool.lockenv]` of a project with `text` beside its `[project]`, and what has no counterpart."""
    new, left = converted({"pyproject.toml": f'[project]\nname = "shop"\ndependencies = []\n{text}'})
    return toml.loads(new).get("tool", {}).get("lockenv", {}), left


@pytest.mark.parametrize("name", sorted(path.name for path in SNAPSHOTS.iterdir()))
def test_public_project_is_converted_as_is_recorded(name: str) -> None:
    """The requirements and sources of public projects, as they stood in their repositories; hosts are replaced."""
    directory = SNAPSHOTS / name
    text, left = converted({"pyproject.toml": (directory / "before.toml").read_text("utf-8")})

    found = text + "".join(f"# left: {one}\n" for one in left)
    golden = directory / "converted.toml"
    if os.environ.get("LOCKENV_RENEW_GOLDEN") and (not golden.exists() or golden.read_text("utf-8") != found):
        golden.write_text(found, "utf-8")
        pytest.fail(f"{golden} was written again: look at the difference, then run without LOCKENV_RENEW_GOLDEN")
    assert found == golden.read_text("utf-8")


@pytest.mark.parametrize("name", sorted(path.name for path in SNAPSHOTS.iterdir()))
def test_what_was_there_stays_and_a_second_conversion_changes_nothing(name: str) -> None:
    before = (SNAPSHOTS / name / "before.toml").read_text("utf-8")

    text, _ = converted({"pyproject.toml": before})

    assert all(line in text for line in before.splitlines())
    assert converted({"pyproject.toml": text})[0] == text
    assert manifest(text, now=NOW).unread == ()


@pytest.mark.parametrize(
    ("written", "specifier"),
    [
        ("^1.2.3", ">=1.2.3,<2.0"),
        ("^1.2", ">=1.2,<2.0"),
        ("^1", ">=1,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1.2", ">=1.2,<1.3"),
        ("~1", ">=1,<2"),
        ("1.2.*", "==1.2.*"),
        ("1.*", "==1.*"),
        ("*", ""),
        ("1.2.3", "==1.2.3"),
        ("=1.2", "==1.2"),
        (">= 1.2, < 1.5", ">=1.2,<1.5"),
        (">=1.2 <1.5", ">=1.2,<1.5"),
        ("~=1.4.2", "~=1.4.2"),
        ("!=1.2.*", "!=1.2.*"),
        ("^1.0a1", ">=1.0a1,<2.0"),
        ("^3.8 || ^4.2", ">=3.8,!=4.0.*,!=4.1.*,<5.0"),
        ("<3.0 || >=3.2", "!=3.0.*,!=3.1.*"),
    ],
)
def test_constraint_of_poetry_means_the_same(written: str, specifier: str) -> None:
    text = f'[tool.poetry]\nname = "shop"\nversion = "1"\n[tool.poetry.dependencies]\nacme = "{written}"\n'

    found, left = converted({"pyproject.toml": text})

    assert (toml.loads(found)["project"]["dependencies"], left) == ([f"acme{specifier}"], [])


def test_constraint_that_no_specifier_means_is_named() -> None:
    text = '[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\nacme = "1.2 || 2.3"\nlib = "^bad"\n'

    found, left = converted({"pyproject.toml": text})

    assert toml.loads(found)["project"]["dependencies"] == []
    assert [one.partition(" is ")[0] for one in left] == [
        "pyproject.toml: `tool.poetry.dependencies.acme`",
        "pyproject.toml: `tool.poetry.dependencies.lib`",
    ]


def test_every_setting_of_uv_is_converted_or_named() -> None:
    found, left = settings(
        """
        [project.optional-dependencies]
        cpu = []
        gpu = []
        [dependency-groups]
        docs = []
        [tool.uv]
        constraint-dependencies = ["numpy<2"]
        override-dependencies = ["werkzeug==2.3.0"]
        exclude-dependencies = ["six"]
        dependency-groups = { dev = { requires-python = ">=3.12", made-up = 1 } }
        build-constraint-dependencies = ["setuptools<70"]
        dev-dependencies = ["ruff"]
        default-groups = ["dev", "docs"]
        environments = "sys_platform == 'linux'"
        required-environments = ["sys_platform == 'darwin'"]
        conflicts = [
            [{ extra = "cpu" }, { package = "Shop", extra = "gpu" }],
            [{ package = "api", extra = "a" }, { extra = "gpu" }],
            [{ package = "Shop" }, { extra = "cpu" }],
        ]
        exclude-newer = "P2W"
        exclude-newer-package = { acme = "2026-01-01T00:00:00Z", lib = false }
        prerelease = "explicit"
        resolution = "lowest-direct"
        fork-strategy = "fewest"
        index-strategy = "unsafe-best-match"
        no-build = true
        no-build-package = ["acme"]
        no-binary-package = ["lxml"]
        find-links = ["./wheels"]
        dependency-metadata = [{ name = "acme", version = "1", requires-dist = [] }]
        required-version = ">=0.5"
        made-up = 1
        """
    )

    assert found == {
        "constraints": ["numpy<2"],
        "build-constraints": ["setuptools<70"],
        "overrides": ["werkzeug==2.3.0"],
        "exclude-dependencies": ["six"],
        "dependency-groups": {"dev": {"requires-python": ">=3.12"}},
        "default-groups": ["dev", "docs"],
        "environments": ["sys_platform == 'linux'"],
        "required-environments": ["sys_platform == 'darwin'"],
        "conflicts": [[{"extra": "cpu"}, {"extra": "gpu"}], [{"package": "Shop"}, {"extra": "cpu"}]],
        "exclude-newer": "2 weeks",
        "exclude-newer-package": {"acme": "2026-01-01T00:00:00Z", "lib": False},
        "resolution": "lowest-direct",
        "fork": "fewest",
        "no-build": True,
        "no-build-package": ["acme"],
        "no-binary-package": ["lxml"],
        "find-links": ["./wheels"],
        "dependency-metadata": [{"name": "acme", "version": "1", "requires-dist": []}],
    }
    assert [one.split("`")[1] for one in left] == [
        "tool.uv.dependency-groups.dev.made-up",
        "tool.uv.conflicts[1]",
        "tool.uv.prerelease",
        "tool.uv.index-strategy",
        "tool.uv.required-version",
        "tool.uv.made-up",
    ]


@pytest.mark.parametrize(
    ("written", "converted"),
    [
        ("48h", "48 hours"),
        ("1d", "1 day"),
        ("30 mins", "30 minutes"),
        ("1 wk", "1 week"),
        ("7  days", "7 days"),
        ("1 day, 12 hours", "36 hours"),
        ("P7D", "7 days"),
        ("PT48H", "48 hours"),
        ("P1DT90M", "1530 minutes"),
    ],
)
def test_spans_of_uv_are_cutoffs(written: str, converted: str) -> None:
    found, left = settings(f'[tool.uv]\nexclude-newer = "{written}"\nexclude-newer-package.acme = "{written}"\n')

    assert (found, left) == ({"exclude-newer": converted, "exclude-newer-package": {"acme": converted}}, [])


@pytest.mark.parametrize("written", ["90s", "1.5h", "3 days ago", "1 month", "P1M", "P", "PT", "48", ""])
def test_what_is_no_span_of_whole_minutes_is_named(written: str) -> None:
    found, left = settings(f'[tool.uv]\nexclude-newer = "{written}"\n')

    assert (found, left) == (
        {},
        [f"pyproject.toml: `tool.uv.exclude-newer` is `{written}`, which is not a supported cutoff"],
    )


def test_all_groups_of_uv_are_listed() -> None:
    found, left = settings(
        '[dependency-groups]\ndocs = []\n[tool.uv]\ndefault-groups = "all"\ndev-dependencies = ["ruff"]\n'
    )

    assert found == {"default-groups": ["docs", "dev"]}
    assert left == [
        'pyproject.toml: `tool.uv.default-groups` is "all"; default-groups lists the groups that there are now'
    ]


def test_sources_and_indexes_of_uv_keep_their_order_and_the_default_one_comes_last() -> None:
    found, left = settings(
        """
        [tool.uv]
        extra-index-url = ["https://u:p@extra.example/simple"]
        [tool.uv.sources]
        acme = { git = "https://git.example/acme", tag = "v1", subdirectory = "lib", lfs = true }
        mate = { workspace = true, editable = true }
        part = [{ path = "../part", editable = false }]
        tool = { index = "house" }
        torch = [{ index = "cpu", marker = "sys_platform == 'darwin'" }, { index = "house", extra = "gpu" }]
        near = [{ path = "../near", group = "dev" }]
        team = { workspace = true, group = "dev" }
        away = [{ index = "nowhere", group = "dev" }]
        lost = { index = "nowhere" }
        [[tool.uv.index]]
        name = "house"
        url = "https://index.example/house/"
        authenticate = "always"
        [[tool.uv.index]]
        name = "cpu"
        url = "https://index.example/cpu/"
        explicit = true
        publish-url = "https://index.example/upload/"
        [tool.uv.workspace]
        members = ["./packages/*"]
        exclude = ["packages/old"]
        """
    )

    assert found == {
        "sources": {
            "acme": {"git": "https://git.example/acme", "tag": "v1", "subdirectory": "lib"},
            "mate": {"workspace": True},
            "near": {"path": "../near", "group": "dev"},
            "part": {"path": "../part"},
            "tool": {"index": "house"},
            "torch": [{"index": "cpu", "marker": "sys_platform == 'darwin'"}, {"index": "house", "extra": "gpu"}],
        },
        "index": [
            {"name": "house", "url": "https://index.example/house/", "authenticate": True},
            {"name": "cpu", "url": "https://index.example/cpu/", "explicit": True},
            {"url": "https://extra.example/simple"},
            {"name": "default", "url": DEFAULT},
        ],
        "workspace": {"members": ["packages/*"], "exclude": ["packages/old"]},
    }
    assert [one.split("`")[1] for one in left] == [
        "tool.uv.sources.acme.lfs",
        "tool.uv.sources.team",
        "tool.uv.index[1].publish-url",
        "tool.uv.extra-index-url",
        "tool.lockenv.sources.away",
        "tool.lockenv.sources.lost",
    ]


def test_explicit_indexes_alone_leave_the_default_one() -> None:
    found, _ = settings('[[tool.uv.index]]\nname = "cpu"\nurl = "https://index.example/cpu/"\nexplicit = true\n')

    assert found == {"index": [{"name": "cpu", "url": "https://index.example/cpu/", "explicit": True}]}


def test_what_is_in_the_settings_already_stays_and_a_contradiction_is_named() -> None:
    found, left = settings(
        '[tool.uv]\nresolution = "lowest"\nconstraint-dependencies = ["a<2", "b<2"]\n'
        '[tool.lockenv]\nresolution = "lowest-direct"\nconstraints = [\n  "a<3",  # kept\n]\n'
    )

    assert found == {"resolution": "lowest-direct", "constraints": ["a<3", "b<2"]}
    assert left == [
        "pyproject.toml: `tool.lockenv.resolution` is `lowest-direct`, but is `lowest` in pyproject.toml; "
        "[tool.lockenv] is not changed"
    ]


def test_uv_toml_counts_before_the_table_of_uv() -> None:
    project = '[project]\nname = "a"\n[tool.uv]\nresolution = "lowest"\n'

    found, left = converted({"pyproject.toml": project, "uv.toml": 'resolution = "lowest-direct"'})

    assert toml.loads(found)["tool"]["lockenv"] == {"resolution": "lowest-direct"}
    assert len(left) == 1


def test_poetry_2_beside_a_project_table_adds_sources_groups_and_what_is_locked_for() -> None:
    text = """[project]
name = "shop"
requires-python = ">=3.11"
dependencies = ["acme>=1"]
[tool.poetry]
package-mode = false
requires-poetry = ">=2"
[tool.poetry.dependencies]
python = ">=3.11,<3.13"
acme = { source = "house", allow-prereleases = true }
[tool.poetry.group.test]
include-groups = ["lint"]
[tool.poetry.group.test.dependencies]
pytest = { version = "^8", platform = "linux", python = "^3.11" }
[tool.poetry.group.lint.dependencies]
part = { path = "../part", develop = true }
[[tool.poetry.source]]
name = "house"
url = "https://index.example/house/"
priority = "supplemental"
"""

    found, left = converted({"pyproject.toml": text})

    values = toml.loads(found)
    assert values["project"]["dependencies"] == ["acme>=1"]
    marker = '(python_version >= "3.11" and python_version < "4.0") and sys_platform == "linux"'
    assert values["dependency-groups"] == {
        "test": [f"pytest>=8,<9; {marker}", {"include-group": "lint"}],
        "lint": ["part"],
    }
    assert values["tool"]["lockenv"] == {
        "prerelease-package": {"acme": "allow"},
        "sources": {"acme": {"index": "house"}, "part": {"path": "../part", "editable": True}},
        "environments": ["python_version >= '3.11' and python_version < '3.13'"],
        "default-groups": ["test", "lint"],
        "index": [{"name": "default", "url": DEFAULT}, {"name": "house", "url": "https://index.example/house/"}],
    }
    assert left == ["pyproject.toml: `tool.poetry.requires-poetry` configures Poetry itself"]


def test_pdm_sources_overrides_and_editable_groups_are_converted() -> None:
    found, left = settings(
        """
        [[tool.pdm.source]]
        name = "house"
        url = "https://${USER}:${PASSWORD}@index.example/house/"
        verify_ssl = true
        include_packages = ["acme-*"]
        [tool.pdm.dev-dependencies]
        dev = ["-e file:///${PROJECT_ROOT}/libs/core#egg=house-core", "pytest"]
        [tool.pdm.resolution]
        allow-prereleases = true
        excludes = ["idna"]
        [tool.pdm.resolution.overrides]
        asgiref = "3.2.10"
        urllib3 = ">=1.26.2"
        """
    )

    assert found == {
        "sources": {"house-core": {"path": "./libs/core", "editable": True}},
        "index": [
            {"name": "house", "url": "https://${USER}:${PASSWORD}@index.example/house/"},
            {"name": "default", "url": DEFAULT},
        ],
        "overrides": ["asgiref==3.2.10", "urllib3>=1.26.2"],
        "exclude-dependencies": ["idna"],
        "prerelease": "allow",
    }
    assert [one.split("`")[1] for one in left] == ["tool.pdm.source[0].include_packages"]


@pytest.mark.parametrize(
    ("tables", "defaults"),
    [
        ('[tool.pdm.dev-dependencies]\nold = ["tox"]\n', ["dev", "lint", "old"]),
        ('[[tool.pdm.source]]\nname = "pypi"\nurl = "https://index.example/default/"\n', ["dev", "lint"]),
        ('[tool.pdm.version]\nsource = "scm"\n', None),
        ('[tool.poetry.group.old.dependencies]\ntox = "*"\n', ["dev", "lint", "old"]),
        ("[tool.poetry.group.lint]\noptional = true\n", None),
        ("[tool.poetry]\npackage-mode = false\n", ["dev", "lint"]),
        ('[tool.poetry]\npackages = [{ include = "shop" }]\n', None),
    ],
)
def test_listed_groups_are_installed_by_default_as_poetry_and_pdm_do(tables: str, defaults: list[str] | None) -> None:
    found, _ = settings(f'[dependency-groups]\ndev = ["pytest"]\nlint = ["ruff"]\n{tables}')

    assert found.get("default-groups") == defaults


@pytest.mark.parametrize(
    ("declared", "sources"),
    [
        ("", {}),
        ('[[tool.poetry.source]]\nname = "house"\nurl = "https://index.example/house/"\npriority = "explicit"\n', {}),
        (
            '[[tool.poetry.source]]\nname = "house"\nurl = "https://index.example/house/"\npriority = "supplemental"\n',
            {"idna": {"index": "default"}},
        ),
        ('[[tool.poetry.source]]\nname = "PyPI"\n', {"idna": {"index": "PyPI"}}),
    ],
)
def test_package_from_the_default_index_of_poetry_comes_from_it(declared: str, sources: dict[str, object]) -> None:
    found, left = settings(f'[tool.poetry.dependencies]\nidna = {{ version = "*", source = "pypi" }}\n{declared}')

    assert (found.get("sources", {}), left) == (sources, [])


def test_package_from_the_only_source_of_a_pipfile_names_none() -> None:
    source = f'[[source]]\nname = "pypi"\nurl = "{DEFAULT}"\nverify_ssl = true\n'

    found, left = converted({"Pipfile": f'{source}[packages]\nidna = {{ version = "*", index = "pypi" }}\n'})

    assert ("tool" in toml.loads(found), left) == (False, [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[dependency-groups]\ndev = 1\n", "dependency-groups.dev is not an array"),
        ("[dependency-groups]\ndev = {a = 1}\n", "dependency-groups.dev is not an array"),
        ("[tool.lockenv]\ndefault-groups = {}\n", "tool.lockenv.default-groups is not an array"),
        ("[tool.lockenv]\nsources = []\n", "tool.lockenv.sources is not a table"),
    ],
)
def test_place_of_another_shape_is_reported_before_anything_is_added(text: str, message: str) -> None:
    tables = '[tool.uv]\ndev-dependencies = ["ruff"]\ndefault-groups = ["dev"]\nsources = { a = { path = "a" } }\n'

    with pytest.raises(InputError, match=rf"^pyproject\.toml: {message}$"):
        settings(f"{text}{tables}")


def test_empty_list_of_sources_of_uv_is_named() -> None:
    _, left = settings("[tool.uv.sources]\na = []\n")

    assert left == [
        "pyproject.toml: `tool.uv.sources.a` lists no source; set one source for a in [tool.lockenv.sources]"
    ]


def test_pipfile_becomes_a_project() -> None:
    text = """
[[source]]
name = "main"
url = "https://index.example/main/"
[[source]]
name = "house"
url = "https://index.example/house/"
[packages]
acme = { version = ">=1", index = "house", extras = ["fast"], sys_platform = "== 'linux'" }
part = { path = "./part", editable = true }
lib = "*"
tool = { git = "https://git.example/tool.git", ref = "v1" }
[dev-packages]
pytest = "~=8.0"
[requires]
python_version = "3.12"
[scripts]
run = "python app.py"
"""

    found, left = converted({"Pipfile": text})

    assert toml.loads(found) == {
        "project": {
            "name": "shop",
            "version": "0",
            "requires-python": "==3.12.*",
            "dependencies": ["acme[fast]>=1; sys_platform == 'linux'", "part", "lib", "tool"],
        },
        "dependency-groups": {"dev": ["pytest~=8.0"]},
        "tool": {
            "lockenv": {
                "sources": {
                    "acme": {"index": "house"},
                    "part": {"path": "./part", "editable": True},
                    "tool": {"git": "https://git.example/tool.git", "rev": "v1"},
                },
                "index": [
                    {"name": "main", "url": "https://index.example/main/"},
                    {"name": "house", "url": "https://index.example/house/", "explicit": True},
                ],
            }
        },
    }
    assert left == ["Pipfile: `scripts.run` defines a command of `pipenv run`"]


def test_setup_py_is_read_and_never_run() -> None:
    script = """
import os
from setuptools import setup
raise SystemExit("this file was run")
base = ["requests>=2", "six"]
extras = {"fast": ["ujson"], ":python_version < '3.11'": ["tomli"]}
extras["late"] = ["x"]
setup(
    name="house-shop",
    version=open("VERSION").read(),
    description="A shop",
    install_requires=base + ["attrs"],
    extras_require=extras,
    tests_require=["pytest"],
    python_requires=">=3.11",
    entry_points={"console_scripts": ["shop=shop:main"]},
    **os.environ,
)
"""

    found, left = converted({"setup.py": script})

    assert toml.loads(found) == {
        "project": {
            "name": "house-shop",
            "requires-python": ">=3.11",
            "dynamic": [
                "description",
                "entry-points",
                "gui-scripts",
                "optional-dependencies",
                "scripts",
                "urls",
                "version",
            ],
            "dependencies": ["requests>=2", "six", "attrs"],
        },
        "dependency-groups": {"test": ["pytest"]},
        "build-system": {"requires": ["setuptools"]},
    }
    assert [one.split("`")[1] for one in left] == ["setup.extras_require", 'setup."**"']


def test_requirements_that_setup_py_computes_are_left_to_a_build() -> None:
    script = """
from setuptools import setup
setup(name="shop", version="1", install_requires=list({"idna"}), extras_require={"fast": list({"ujson"})})
"""

    found, left = converted({"setup.py": script})

    assert toml.loads(found)["project"] == {
        "name": "shop",
        "version": "1",
        "dynamic": ["dependencies", "optional-dependencies"],
    }
    assert [one.split("`")[1] for one in left] == ["setup.install_requires", "setup.extras_require"]


@pytest.mark.parametrize(
    "files",
    [
        {"setup.py": "from setuptools import setup\nsetup(name='shop', version='1', **arguments())\n"},
        {"setup.py": "from setuptools import setup\nstart(setup)\n"},
        {"setup.py": "from setuptools import setup\nsetup(setup_requires=['pbr>=2'], pbr=True)\n"},
        {"setup.py": "import setuptools\nsetuptools.setup(setup_requires=['pbr'])\n"},
        {"setup.cfg": "[metadata]\nname = shop\n", "pyproject.toml": '[build-system]\nrequires = ["pbr>=6"]\n'},
        {
            "setup.cfg": "[metadata]\nname = shop\n[options]\ninstall_requires = file: requirements.txt\n"
            "[options.extras_require]\nfast = file: fast.txt\nslow = six\n"
        },
    ],
    ids=["keywords", "call", "pbr", "setup-requires", "build-system", "file"],
)
def test_requirements_that_are_not_written_where_they_are_read_are_left_to_a_build(files: dict[str, str]) -> None:
    found, left = converted(files)

    project = toml.loads(found)["project"]
    assert {"dependencies", "optional-dependencies"} <= {*project["dynamic"]}
    assert not {"dependencies", "optional-dependencies"} & {*project}
    assert any("declared as dynamic, so `lockenv lock` asks the build backend" in one for one in left)


def test_what_pbr_reads_for_a_description_and_for_scripts_is_dynamic() -> None:
    cfg = """
[metadata]
name = shop
description_file = README.rst
python_requires = >=3.10
[extras]
fast = ujson
[entry_points]
console_scripts = shop = shop:main
"""

    found, _ = converted({"setup.cfg": cfg, "setup.py": "import setuptools\nsetuptools.setup(pbr=True)\n"})

    assert toml.loads(found)["project"] == {
        "name": "shop",
        "requires-python": ">=3.10",
        "dynamic": [
            "dependencies",
            "entry-points",
            "gui-scripts",
            "optional-dependencies",
            "readme",
            "scripts",
            "version",
        ],
    }


def test_requirements_of_setup_cfg_are_static_whatever_setup_py_computes() -> None:
    cfg = "[metadata]\nname = shop\n[options]\ninstall_requires = idna\n"
    script = "from setuptools import setup\nsetup(version='1', install_requires=list({'six'}))\n"

    found, _ = converted({"setup.cfg": cfg, "setup.py": script})

    assert toml.loads(found)["project"] == {"name": "shop", "version": "1", "dependencies": ["idna"]}


def test_keys_of_a_dictionary_that_setup_py_writes_out_are_keywords() -> None:
    script = """
from setuptools import setup
given = {"name": "shop", "version": "1", "description": "A shop", "python_requires": ">=3.11", "extras_require": {}}
given["install_requires"] = ["idna"]
given["install_requires"].append("six")
setup(**given)
"""

    found, left = converted({"setup.py": script})

    assert toml.loads(found)["project"] == {
        "name": "shop",
        "version": "1",
        "requires-python": ">=3.11",
        "dynamic": ["dependencies", "description"],
    }
    assert [one.split("`")[1] for one in left] == ["setup.install_requires"]


def test_setup_cfg_wins_over_setup_py() -> None:
    cfg = """
[metadata]
name = house
version = attr: house.__version__
[options]
python_requires = >=3.11
install_requires =
    acme>=1
    # a comment
    tomli; python_version < "3.11"
[options.extras_require]
docs =
    sphinx
[flake8]
max-line-length = 100
"""

    found, left = converted({"setup.cfg": cfg, "setup.py": "from setuptools import setup\nsetup(name='old')\n"})

    assert toml.loads(found)["project"] == {
        "name": "house",
        "requires-python": ">=3.11",
        "dynamic": ["version"],
        "dependencies": ["acme>=1", 'tomli; python_version < "3.11"'],
        "optional-dependencies": {"docs": ["sphinx"]},
    }
    assert left == []


SECRET = "https://me:s3cret@index.example/house/"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", f'[project]\nname = "a"\n[[tool.uv.index]]\nname = "house"\nurl = "{SECRET}"\n'),
        ("pyproject.toml", f'[project]\nname = "a"\n[[tool.poetry.source]]\nname = "house"\nurl = "{SECRET}"\n'),
        ("pyproject.toml", f'[project]\nname = "a"\n[[tool.pdm.source]]\nname = "house"\nurl = "{SECRET}"\n'),
        ("pyproject.toml", f'[project]\nname = "a"\n[[tool.rye.sources]]\nname = "house"\nurl = "{SECRET}"\n'),
        ("Pipfile", f'[[source]]\nname = "house"\nurl = "{SECRET}"\n'),
    ],
)
def test_credentials_are_named_and_not_copied(file: str, text: str) -> None:
    found, left = converted({file: text})

    assert toml.loads(found)["tool"]["lockenv"]["index"][0]["url"] == "https://index.example/house/"
    assert "s3cret" not in found.replace(text, "")
    assert ["contains credentials" in one and "s3cret" not in one for one in left] == [True]


def test_editable_commit_of_pip_freeze_is_a_source() -> None:
    lines = "-e git+https://code.example/o/r.git@0f7ad35640e70a7eeb3b84c804f042020648587a#egg=Tool_Box\nidna==3.10\n"

    found = requirements.read("requirements.txt", lambda _: lines, "", DEFAULT)

    commit = {"git": "https://code.example/o/r.git", "rev": "0f7ad35640e70a7eeb3b84c804f042020648587a"}
    assert found.dependencies == ["tool-box", "idna==3.10"]
    assert found.settings["sources"] == {"tool-box": commit}
    assert [str(one) for one in found.left] == [
        "requirements.txt: `--editable` is for a directory: of a commit, a copy is installed"
    ]


def test_credentials_of_a_requirements_file_are_not_copied_and_variables_stay() -> None:
    lines = f"--index-url {SECRET}\n--extra-index-url https://${{USER}}:${{WORD}}@index.example/own/\nacme\n"

    found = requirements.read("requirements.txt", lambda _: lines, "", DEFAULT)

    urls = [index["url"] for index in found.settings["index"]]
    assert urls == ["https://${USER}:${WORD}@index.example/own/", "https://index.example/house/"]
    assert len(found.left) == 1


def test_project_of_poetry_is_made_before_what_uv_says_beside_it() -> None:
    text = (
        '[tool.uv]\nresolution = "lowest"\n[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\npython = "^3.11"\n'
    )

    found, left = converted({"pyproject.toml": text})

    values = toml.loads(found)
    assert values["project"] == {"name": "shop", "version": "0", "requires-python": ">=3.11,<4.0", "dependencies": []}
    assert (values["tool"]["lockenv"], left) == ({"resolution": "lowest"}, [])
