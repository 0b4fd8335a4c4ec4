from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import InputError
from lockenv.project.pyproject import manifest
from lockenv.vocabulary.manifest import Index, Manifest, Policy
from lockenv.vocabulary.names import ExtraName, GroupName, NormalizedName
from lockenv.vocabulary.origin import Origin

if TYPE_CHECKING:
    from lockenv.vocabulary.requirement import Declared

HEAD = '[project]\nname = "me"\n'


def texts(declared: tuple[Declared, ...]) -> list[str]:
    return [str(each.requirement) for each in declared]


def settings(text: str) -> Manifest:
    return manifest(f"{HEAD}[tool.lockenv]\n{text}")


def test_a_bare_project_declares_nothing() -> None:
    assert manifest('[project]\nname = "Me.And_You"\n') == Manifest(name="me-and-you")


def test_groups_need_no_project() -> None:
    read = manifest('[dependency-groups]\nlint = ["ruff"]\n')

    assert (read.name, read.is_buildable, texts(read.groups[GroupName("lint")])) == ("", False, ["ruff"])


def test_a_build_system_makes_the_project_installable() -> None:
    assert manifest(f'{HEAD}[build-system]\nrequires = ["hatchling"]\n').is_buildable


def test_each_requirement_has_the_origin_of_its_line() -> None:
    text = f"""{HEAD}dependencies = [
  "Requests [socks]>= 2.32", 'rich; python_version < "3.12"',   # "commented>=1",
\t\"\"\"idna\"\"\",
]
"""
    assert [(str(one.requirement), one.origin) for one in manifest(text, "sub/pyproject.toml").dependencies] == [
        (
            "requests[socks]>=2.32",
            Origin(
                file="sub/pyproject.toml",
                key="project.dependencies[0]",
                line=4,
                column=3,
                source="""  "Requests [socks]>= 2.32", 'rich; python_version < "3.12"',   # "commented>=1",""",
            ),
        ),
        (
            'rich; python_version < "3.12"',
            Origin(
                file="sub/pyproject.toml",
                key="project.dependencies[1]",
                line=4,
                column=30,
                source="""  "Requests [socks]>= 2.32", 'rich; python_version < "3.12"',   # "commented>=1",""",
            ),
        ),
        (
            "idna",
            Origin(file="sub/pyproject.toml", key="project.dependencies[2]", line=5, column=2, source='\t"""idna""",'),
        ),
    ]


def test_windows_line_ends_are_no_part_of_a_source_line() -> None:
    read = manifest('[project]\r\nname = "me"\r\ndependencies = [\r\n  "a",\r\n]\r\n')

    assert read.dependencies[0].origin == Origin(
        file="pyproject.toml", key="project.dependencies[0]", line=4, column=3, source='  "a",'
    )


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert manifest("\ufeff" + HEAD) == manifest(HEAD)


def test_requires_python_is_canonical_and_has_its_origin() -> None:
    read = manifest(f'{HEAD}requires-python = ">= 3.11, <4"\n')

    assert (read.requires_python, read.requires_python_origin) == (
        "<4,>=3.11",
        Origin(
            file="pyproject.toml",
            key="project.requires-python",
            line=3,
            column=19,
            source='requires-python = ">= 3.11, <4"',
        ),
    )


def test_references_to_own_extras_are_expanded_at_their_place() -> None:
    read = manifest(
        """
[project]
name = "Me"
dependencies = ["x", "me[B]"]
[project.optional-dependencies]
all = ["first", "me[a,b]", "last"]
a = ["only-a>1"]
b = ["only-b; os_name == 'nt' or os_name == 'java'", "ME[a] ; python_version < '3.12'"]
"""
    )
    b = [
        'only-b; os_name == "nt" or os_name == "java"',
        'only-a>1; python_version < "3.12"',
    ]
    assert texts(read.dependencies) == ["x", *b]
    assert {extra: texts(declared) for extra, declared in read.extras.items()} == {
        "all": ["first", "only-a>1", *b, "last"],
        "a": ["only-a>1"],
        "b": b,
    }


def test_the_marker_of_a_self_reference_joins_the_marker_it_refers_to() -> None:
    read = manifest(
        f"""{HEAD}
dependencies = ["me[a]; python_version < '3.12'"]
[project.optional-dependencies]
a = ["x; os_name == 'nt' or os_name == 'java'"]
"""
    )
    assert texts(read.dependencies) == ['x; (os_name == "nt" or os_name == "java") and python_version < "3.12"']


def test_extras_in_a_cycle_require_what_each_of_them_does() -> None:
    read = manifest(
        f"""{HEAD}
version = "2.0rc1"
dependencies = ["me[all]"]
[project.optional-dependencies]
a = ["only-a", "me[b] > 1"]
b = ["me[c]", "only-b"]
c = ["me[a, c]", "only-c"]
all = ["me[b]", "last"]
"""
    )
    assert {extra: texts(declared) for extra, declared in read.extras.items()} == {
        "a": ["only-a", "only-c", "only-b"],
        "b": ["only-a", "only-c", "only-b"],
        "c": ["only-a", "only-b", "only-c"],
        "all": ["only-a", "only-c", "only-b", "last"],
    }
    assert texts(read.dependencies) == ["only-a", "only-c", "only-b", "last"]


def test_reference_to_an_own_extra_that_is_not_declared_adds_nothing_and_is_known_with_its_place() -> None:
    read = manifest(
        f"""{HEAD}
dependencies = ["x"]
[project.optional-dependencies]
a = ["only-a", "me[b]"]
b = ["me[a,Gone]"]
all = ["me[lost,a]"]
[dependency-groups]
dev = ["me[gone]", "y"]
"""
    )

    assert {name: texts(some) for name, some in (*read.extras.items(), *read.groups.items())} == {
        "a": ["only-a"],
        "b": ["only-a"],
        "all": ["only-a"],
        "dev": ["y"],
    }
    assert [(extra.name, extra.origin.key, extra.origin.line) for extra in read.undeclared] == [
        ("gone", "project.optional-dependencies.b[0]", 7),
        ("lost", "project.optional-dependencies.all[0]", 8),
        ("gone", "dependency-groups.dev[0]", 10),
    ]


def test_once_around_a_cycle_adds_conditions_and_another_way_adds_where_it_holds() -> None:
    read = manifest(
        f"""{HEAD}
[project.optional-dependencies]
a = ["x", "me[b]; os_name == 'nt'"]
b = ["y", "me[a]; python_version < '3.12'", "me[c]"]
c = ["me[b]", "z"]
d = ["me[b]; os_name == 'nt'", "me[c]", "me[d]"]
"""
    )
    nt, old = 'os_name == "nt"', 'python_version < "3.12"'
    assert {extra: texts(declared) for extra, declared in read.extras.items()} == {
        "a": ["x", f"y; {nt}", f"z; {nt}"],
        "b": ["y", f"x; {old}", "z"],
        "c": ["y", f"x; {old}", "z"],
        "d": [
            f"y; {nt}",
            f"x; {old} and {nt}",
            f"z; {nt}",
            "y",
            f"x; {old}",
            "z",
        ],
    }


def test_an_expanded_requirement_keeps_the_origin_of_its_own_line() -> None:
    read = manifest(
        f"""{HEAD}
[project.optional-dependencies]
all = ["me[a]"]
a = ["x"]
[dependency-groups]
dev = [{{include-group = "Lint.All"}}, "me[all]"]
lint-all = ["ruff"]
"""
    )
    assert [str(one.origin) for one in read.extras[ExtraName("all")]] == [
        "pyproject.toml:6 (project.optional-dependencies.a[0])"
    ]
    assert [str(one.origin) for one in read.groups[GroupName("dev")]] == [
        "pyproject.toml:9 (dependency-groups.lint-all[0])",
        "pyproject.toml:6 (project.optional-dependencies.a[0])",
    ]


def test_groups_that_require_the_project_itself_are_known() -> None:
    read = manifest(
        f"""{HEAD}
version = "1.0"
dependencies = ["x"]
[project.optional-dependencies]
a = ["ME", "y"]
[dependency-groups]
bare = ["me>=1", "z"]
extra = ["me[a]"]
more = ["w", {{ include-group = "extra" }}]
other = ["w"]
"""
    )
    assert read.own_groups == {"bare": "", "extra": "", "more": ""}
    assert texts(read.extras[ExtraName("a")]) == ["y"]
    assert texts(read.groups[GroupName("bare")]) == ["z"]


def test_groups_require_the_project_itself_where_a_marker_says_so() -> None:
    read = manifest(
        f"""{HEAD}
dependencies = ["x"]
[project.optional-dependencies]
a = ["y"]
[dependency-groups]
some = ["me[a] ; python_version < '3.13'"]
either = [{{ include-group = "some" }}, "me ; os_name == 'nt' or os_name == 'java'"]
all = [{{ include-group = "some" }}, "me"]
"""
    )
    assert read.own_groups == {
        "some": '(python_version < "3.13")',
        "either": '(python_version < "3.13") or (os_name == "nt" or os_name == "java")',
        "all": "",
    }


def test_what_two_includes_name_is_returned_once() -> None:
    groups = "\n".join(f'g{n} = [{{include-group = "g{n + 1}"}}, {{include-group = "g{n + 1}"}}]' for n in range(60))
    read = manifest(f'[dependency-groups]\n{groups}\ng60 = ["x", "x"]\n')

    assert texts(read.groups[GroupName("g0")]) == ["x", "x"]


def test_the_dev_group_is_the_default_where_it_exists() -> None:
    assert manifest("[dependency-groups]\nDEV = []\nlint = []\n").default_groups == ("dev",)
    assert manifest("[dependency-groups]\nlint = []\n").default_groups == ()
    assert manifest("[dependency-groups]\ndev = []\n[tool.lockenv]\ndefault-groups = []\n").default_groups == ()


def test_every_setting_has_its_place_in_the_manifest() -> None:
    read = manifest(
        """
[project]
name = "me"
[project.optional-dependencies]
cpu = []
GPU = []
[dependency-groups]
lint = []
Docs = []
[tool.lockenv]
environments = ["sys_platform=='linux'", "sys_platform == 'win32' and (os_name == 'nt')"]
required-environments = ["sys_platform == 'win32'"]
prerelease = "allow"
exclude-newer = "2026-11-01"
allow-build = ["Docopt", "a_b", "docopt"]
no-build-package = ["x"]
no-binary-package = ["Y.Z"]
constraints = ["urllib3<3"]
overrides = ["numpy==2.1.*; os_name == 'nt'"]
default-groups = ["docs", "lint"]
allow-overwrite = ["B.b > a", "a>c", "a>c"]
system-site-packages = true
provided = ["torch; sys_platform == 'linux'", "NumPy>=1.26"]
accept-faults = { S_b = ["record-mismatch", "record-absent", "record-mismatch"], a = ["record-mismatch"], c = [] }
conflicts = [[{ extra = "cpu" }, { extra = "gpu" }], [{ group = "lint" }, { group = "docs" }, { extra = "cpu" }]]
fork = "fewest"
sources = { My_Pkg = { index = "internal" } }
[[tool.lockenv.index]]
name = "internal"
url = "https://${USER}:${PASSWORD}@index.example/simple"
explicit = true
[[tool.lockenv.index]]
url = "https://mirror.example/simple/"
"""
    )
    assert texts(read.constraints) == ["urllib3<3", "numpy>=1.26"]
    assert texts(read.overrides) == ['numpy==2.1.*; os_name == "nt"']
    assert texts(read.provided) == ['torch; sys_platform == "linux"', "numpy>=1.26"]
    assert read == Manifest(
        name="me",
        extras={ExtraName("cpu"): (), ExtraName("gpu"): ()},
        groups={GroupName("lint"): (), GroupName("docs"): ()},
        default_groups=(GroupName("docs"), GroupName("lint")),
        has_default_groups=True,
        constraints=read.constraints,
        overrides=read.overrides,
        environments=('sys_platform == "linux"', 'sys_platform == "win32" and os_name == "nt"'),
        required_environments=('sys_platform == "win32"',),
        conflicts=(
            (("extra", "cpu"), ("extra", "gpu")),
            (("group", "lint"), ("group", "docs"), ("extra", "cpu")),
        ),
        indexes=(
            Index(name="internal", url="https://${USER}:${PASSWORD}@index.example/simple/", explicit=True),
            Index(name="", url="https://mirror.example/simple/"),
        ),
        sources={NormalizedName("my-pkg"): "internal"},
        allow_overwrite=(
            (NormalizedName("a"), NormalizedName("c")),
            (NormalizedName("b-b"), NormalizedName("a")),
            (NormalizedName("b-b"), NormalizedName("c")),
        ),
        accept_faults={
            NormalizedName("a"): ("record-mismatch",),
            NormalizedName("s-b"): ("record-absent", "record-mismatch"),
        },
        shows_base=True,
        provided=read.provided,
        policy=Policy(
            prerelease="allow",
            exclude_newer="2026-11-02T00:00:00Z",
            allow_build=("a-b", "docopt"),
            no_build=("x",),
            no_binary=("y-z",),
            fork="fewest",
        ),
    )


def test_true_means_every_package() -> None:
    assert settings("allow-build = true\nno-build = true\nno-binary = true\n").policy == Policy(
        allow_build=("*",), no_build=("*",), no_binary=("*",)
    )


def test_false_means_no_package() -> None:
    assert settings("allow-build = false\nno-build = false\nno-binary = false\n").policy == Policy()


def test_the_url_of_an_index_ends_in_one_slash() -> None:
    read = settings('index = [{ name = "a", url = "https://index.example/simple//", explicit = true }]\n')

    assert read.indexes == (Index(name="a", url="https://index.example/simple/", explicit=True),)


def test_a_relative_cutoff_counts_back_from_now_and_keeps_its_text() -> None:
    read = manifest(f'{HEAD}[tool.lockenv]\nexclude-newer = "7 days"\n', now="2026-11-08T10:30:00+02:00")

    assert read.policy == Policy(exclude_newer="2026-11-01T08:30:00Z", exclude_newer_span="7 days")


def test_a_cutoff_may_be_a_date_of_toml() -> None:
    assert settings("exclude-newer = 2026-12-31\n").policy.exclude_newer == "2027-01-01T00:00:00Z"
    assert settings("exclude-newer = 2026-12-31T23:00:00-02:00\n").policy.exclude_newer == "2027-01-01T01:00:00Z"


def test_a_plain_project_is_read_without_packaging() -> None:
    program = """
import sys
from lockenv.project.pyproject import manifest
manifest('''
[project]
name = "me"
version = "1"
description = "d"
requires-python = ">=3.11"
dependencies = ["requests[socks]>=2.32,<3", "rich~=13.9; python_version < '3.12' and os_name != 'nt'"]
[project.optional-dependencies]
a = ["x==1.*"]
all = ["me[a]"]
[dependency-groups]
dev = ["pytest>=8", {include-group = "lint"}]
lint = ["ruff"]
[tool.lockenv]
environments = ["sys_platform == 'linux'"]
''')
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"packaging", "difflib", "shlex"}))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "\n"


INCLUDING = """
[project]
name = "me"
[project.optional-dependencies]
cpu = []
gpu = []
all = ["me[gpu]"]
[dependency-groups]
dev = [{ include-group = "run" }, "pytest"]
run = ["me[cpu]"]
"""


def test_what_includes_a_member_of_a_conflict_conflicts_with_the_others() -> None:
    read = manifest(INCLUDING + '[tool.lockenv]\nconflicts = [[{ extra = "cpu" }, { extra = "gpu" }]]\n')

    assert read.conflicts == (
        (("extra", "cpu"), ("extra", "gpu")),
        (("extra", "all"), ("extra", "cpu")),
        (("extra", "all"), ("group", "dev")),
        (("extra", "all"), ("group", "run")),
        (("extra", "gpu"), ("group", "dev")),
        (("extra", "gpu"), ("group", "run")),
    )


def test_extra_that_includes_both_members_on_different_systems_is_no_mistake() -> None:
    both = """both = ["me[cpu] ; sys_platform == 'linux'", "me[gpu] ; sys_platform != 'linux'"]\n"""
    text = INCLUDING.replace("all =", f"{both}all =")

    read = manifest(text + '[tool.lockenv]\nconflicts = [[{ extra = "cpu" }, { extra = "gpu" }]]\n')

    assert (("extra", "both"), ("extra", "gpu")) in read.conflicts


def test_group_that_includes_both_members_of_a_conflict_is_refused_with_the_ways() -> None:
    text = INCLUDING.replace('"pytest"', '"me[all]"')

    with pytest.raises(InputError) as caught:
        manifest(text + '[tool.lockenv]\nconflicts = [[{ extra = "cpu" }, { extra = "gpu" }]]\n')

    assert "includes dev -> run -> cpu and dev -> all -> gpu" in str(caught.value)
    assert 'the extra "cpu" and the extra "gpu" conflict' in str(caught.value)
    assert caught.value.origin is not None
    assert caught.value.origin.key == "dependency-groups.dev"
