from __future__ import annotations

import pytest

from lockenv.errors import InputError
from lockenv.project.pyproject import FLIT_HINT, manifest
from tests.unit.project.marked import marked_origin, unmarked

HEAD = '[project]\nname = "me"\n'
VALID = (
    "the keys of tool.lockenv are python, python-archives, environments, required-environments, prerelease, "
    "prerelease-package, resolution, exclude-newer, exclude-newer-package, allow-build, build-network, "
    "no-build, no-build-package, no-binary, no-binary-package, constraints, build-constraints, overrides, "
    "exclude-dependencies, "
    "default-groups, dependency-groups, conflicts, index, find-links, no-index, sources, workspace, allowed-hosts, "
    "licenses, publishers, deny-startup-code, allow-startup-code, allow-overwrite, accept-faults, dependency-metadata, "
    "system-site-packages, provided, fork, audit, lock"
)
SOURCE = 'write { git = "https://…", tag = "…" }, { url = "https://…" }, { path = "…" } or { index = "…" }'
REQUIREMENT = "use the form name[extra]>=1.0; marker"
MARKER = "use a marker such as sys_platform == 'linux' and python_version >= '3.11'"
CLAUSES = "use clauses separated by commas, such as >=3.11,<4"
FOLDER = "use the path of a directory, or the URL of a directory or an HTML page"
RESOLUTION = "write highest or lowest or lowest-direct"
URL = "use an https://, http:// or file:// URL without ? and #"
NAME = "use letters and digits, separated by `-`, `_` or `.`"
OVERWRITE = 'use "winner>loser": if both contain a file, the winner\'s is installed'
DECIDE = "remove one of the entries"
CUTOFF = 'use a date ("2026-11-01"), a timestamp ("2026-11-01T12:00:00Z") or a span ("7 days")'
GROUP = 'use a requirement string, or { include-group = "name" }'

PROJECT = [
    (
        '[project]\nname = "me"\ndependencies = [\n  "a",\n  "requests >=2▲.x",\n]\n',
        "project.dependencies[1]",
        "is not a valid requirement: "
        "expected comma (within version specifier), semicolon (after version specifier) or end",
        REQUIREMENT,
    ),
    (
        HEAD + "dependencies = ['a', 'b ▲^1.2']",
        "project.dependencies[1]",
        "is not a valid requirement: expected semicolon (after name with no version specifier) or end",
        "use explicit bounds instead of a caret, such as >=1.2,<2",
    ),
    (
        HEAD + 'dependencies = ["b▲=1.2"]',
        "project.dependencies[0]",
        "is not a valid requirement: expected semicolon (after name with no version specifier) or end",
        "use == before an exact version",
    ),
    (
        HEAD + 'dependencies = ["b▲~1.2"]',
        "project.dependencies[0]",
        "is not a valid requirement: expected semicolon (after name with no version specifier) or end",
        "use ~= for a compatible release, such as ~=1.2, or explicit bounds",
    ),
    (
        HEAD + 'dependencies = ["b▲~=1"]',
        "project.dependencies[0]",
        "is not a valid requirement: expected semicolon (after name with no version specifier) or end",
        "use ~= with two parts or more, such as ~=1.0",
    ),
    (
        HEAD + 'dependencies = ["b==1.2 ▲--hash=sha256:ab"]',
        "project.dependencies[0]",
        "is not a valid requirement: expected comma (within version specifier), semicolon (after version specifier) or "
        "end",
        "remove the hash: the lockfile has one of each file",
    ),
    (
        HEAD + "dependencies = [\"b; os_name ▲= 'nt'\"]",
        "project.dependencies[0]",
        "is not a valid requirement: expected marker operator, one of <=, <, !=, ==, >=, >, ~=, ===, in, not in",
        REQUIREMENT,
    ),
    (
        HEAD + 'dependencies = [▲"b\\u0020^1"]',
        "project.dependencies[0]",
        "is not a valid requirement: expected semicolon (after name with no version specifier) or end",
        "use explicit bounds instead of a caret, such as >=1.2,<2",
    ),
    (
        HEAD + 'dependencies = ["""\nb ▲^1"""]',
        "project.dependencies[0]",
        "is not a valid requirement: expected semicolon (after name with no version specifier) or end",
        "use explicit bounds instead of a caret, such as >=1.2,<2",
    ),
    (HEAD + 'dependencies = ▲"requests"', "project.dependencies", "is a string, not an array", "write an array"),
    (HEAD + "dependencies = ['a', ▲3]", "project.dependencies[1]", "is `3`, not a string", "write a string"),
    (
        HEAD + "[project.▲dependencies]\nrequests = '1'",
        "project.dependencies",
        "is a table, not an array",
        "write an array",
    ),
    ("project = ▲3", "project", "is `3`, not a table", "write a table"),
    ("[▲project]\nversion = '1'", "project", "has no name", 'set name = "…" in [project]'),
    ("[project]\nname = ▲'a b'", "project.name", 'is "a b", which is not a valid name', NAME),
    (
        HEAD + 'version = "1"\ndynamic = ["version", ▲"dependencies"]',
        "project.dynamic[1]",
        "declares dependencies as dynamic, but there is no [build-system]",
        "set dependencies in [project]",
    ),
    (
        HEAD + 'dynamic = [▲"requires-python"]\n[build-system]\nrequires = []',
        "project.dynamic[0]",
        "declares requires-python as dynamic, which is not supported",
        "set requires-python in [project]",
    ),
    (
        HEAD + "requires-python = '>=3.11, ▲3.12'",
        "project.requires-python",
        "is not a valid version specifier: '3.12' is not a valid clause",
        CLAUSES,
    ),
    (
        HEAD + "requires-python = '▲3.11'",
        "project.requires-python",
        "is not a valid version specifier: '3.11' is not a valid clause",
        "use >=3.11 for this version and later ones",
    ),
    (
        HEAD + 'dependencies = [▲"ME"]',
        "project.dependencies[0]",
        "makes the project require itself",
        "remove it, or rename the project if another package is meant",
    ),
    (
        HEAD + 'dependencies = [▲"me[a]>1"]\n[project.optional-dependencies]\na = []',
        "project.dependencies[0]",
        "requires a version of the project itself, which [project] does not state",
        "use `me[a]`",
    ),
    (
        HEAD
        + 'version = "1.0"\ndependencies = [▲"Me[a] > 1 ; os_name == \'nt\'"]\n[project.optional-dependencies]\na = []',
        "project.dependencies[0]",
        "requires me>1, but the version of the project is 1.0",
        'use `me[a]; os_name == "nt"`, or rename the project if another package is meant',
    ),
    (
        HEAD + 'dependencies = [▲"me[a] @ file:///me"]\n[project.optional-dependencies]\na = []',
        "project.dependencies[0]",
        "names a URL of the project itself",
        "use `me[a]`",
    ),
]
EXTRAS = [
    (
        'A_B = []\n▲"a.b" = []',
        'project.optional-dependencies."a.b"',
        'is the same extra as "A_B"',
        "keep one of them; names that differ only in `-`, `_`, `.` or letter case are the same",
    ),
    ('▲"a b" = []', 'project.optional-dependencies."a b"', 'cannot be named "a b"', NAME),
]
GROUPS = [
    (
        "a_b = []\n▲A-b = []",
        "dependency-groups.A-b",
        'is the same group as "a_b"',
        "keep one of them; names that differ only in `-`, `_`, `.` or letter case are the same",
    ),
    (
        'dev = ["a", ▲{ include-group = "lnt" }]\nlint = []',
        "dependency-groups.dev[1]",
        'includes the group "lnt", which is not declared; did you mean "lint"?',
        "the groups are dev, lint",
    ),
    (
        'a = [{ include-group = "b" }]\nb = [\n  ▲{ include-group = "A" },\n]',
        "dependency-groups.b[0]",
        "creates a cycle of includes: a -> b -> a",
        "remove one of these includes",
    ),
    ("a = [▲3]", "dependency-groups.a[0]", "is `3`, not a requirement", GROUP),
    ("a = [▲{}]", "dependency-groups.a[0]", "includes no group", GROUP),
    ("a = [{ include-group = ▲1 }]", "dependency-groups.a[0].include-group", "is `1`, not a string", "write a string"),
    ("a = ▲'x'", "dependency-groups.a", "is a string, not an array", "write an array"),
    (
        "\n".join(f'g{n} = [{{ include-group = "g{n + 1}" }}]' for n in range(200)).replace("g100 = [", "g100 = [▲")
        + "\ng200 = []",
        "dependency-groups.g100[0]",
        "is nested in more than 100 includes",
        "reduce the nesting",
    ),
]
SETTINGS = [
    (
        "prerelease = ▲'alow'",
        "tool.lockenv.prerelease",
        'has the invalid value "alow"; did you mean "allow"?',
        "write if-necessary-or-explicit or allow or disallow",
    ),
    ("fork = ▲'most'", "tool.lockenv.fork", 'has the invalid value "most"', "write latest or fewest"),
    ("fork = ▲true", "tool.lockenv.fork", "is true or false, not a string", "write a string"),
    ("no-build = ▲['a']", "tool.lockenv.no-build", "is an array, not true or false", "write true or false"),
    ("allow-build = ['a', ▲'-']", "tool.lockenv.allow-build[1]", 'is "-", which is not a valid name', NAME),
    *(
        (f"allow-overwrite = ['a>b', ▲'{written}']", "tool.lockenv.allow-overwrite[1]", message, hint)
        for written, message, hint in (
            ("a", 'is "a", which is not two names', OVERWRITE),
            ("a>b>c", 'is "a>b>c", which is not two names', OVERWRITE),
            ("a >", 'is "a >", which is not two names', OVERWRITE),
            ("a>=b", 'is "=b", which is not a valid name', NAME),
            ("A_b>a-b", 'has "a-b" twice', OVERWRITE),
            ("B>a", 'is "B>a", but earlier entries imply "a>b"', DECIDE),
        )
    ),
    (
        "dependency-groups = { ▲test = { requires-python = '>=3.12' } }",
        "tool.lockenv.dependency-groups.test",
        'refers to the group "test", which is not declared',
        "the groups are lint",
    ),
    (
        "overrides = ['a>1']\nexclude-dependencies = ['b', ▲'A']",
        "tool.lockenv.exclude-dependencies[1]",
        'is "A", which is among the overrides too',
        DECIDE,
    ),
    (
        "exclude-dependencies = [▲'a>1']",
        "tool.lockenv.exclude-dependencies[0]",
        'is "a>1", which is not a valid name',
        NAME,
    ),
    (
        "allow-overwrite = ['a>b', 'b>c', ▲'c>a']",
        "tool.lockenv.allow-overwrite[2]",
        'is "c>a", but earlier entries imply "a>c"',
        DECIDE,
    ),
    (
        "accept-faults = { a = ['record-absent', ▲'path-unsafe'] }",
        "tool.lockenv.accept-faults.a[1]",
        'is "path-unsafe", which is not a rule that can be accepted',
        "the rules are purelib-twice, record-absent, record-mismatch, record-unlisted, record-weak-hash, script-twice",
    ),
    (
        "accept-faults = { A_a = ['record-absent'], ▲a-a = ['record-absent'] }",
        "tool.lockenv.accept-faults.a-a",
        "lists a package twice",
        "list it once",
    ),
    ("accept-faults = ▲['a']", "tool.lockenv.accept-faults", "is an array, not a table", "write a table"),
    ("allow-overwrite = ▲'a>b'", "tool.lockenv.allow-overwrite", "is a string, not an array", "write an array"),
    (
        "system-site-packages = true\nprovided = ['a>=1', ▲'b[c]']",
        "tool.lockenv.provided[1]",
        "has extras, which is not allowed here",
        "name the package and its versions",
    ),
    (
        "▲provided = ['a']",
        "tool.lockenv.provided",
        "has no effect without `system-site-packages`",
        "set `system-site-packages = true`: environments then show the packages of their base interpreter",
    ),
    ("allow-build = ▲'a'", "tool.lockenv.allow-build", "is a string, not an array", "write an array"),
    (
        "environments = [\n  'os_name == \"nt\"',\n  'os_name ▲= 3',\n]",
        "tool.lockenv.environments[1]",
        "is not a valid environment marker: expected marker operator, one of <=, <, !=, ==, >=, >, ~=, ===, in, not in",
        MARKER,
    ),
    (
        "required-environments = [▲\"extra == 'a'\"]",
        "tool.lockenv.required-environments[0]",
        "uses `extra`, which is not allowed here",
        MARKER,
    ),
    (
        "constraints = [▲'a[b]<3']",
        "tool.lockenv.constraints[0]",
        "has extras, which are not allowed in constraints",
        "constrain only the versions, and add the extras to the requirement",
    ),
    (
        "default-groups = [▲'dev']",
        "tool.lockenv.default-groups[0]",
        'refers to the group "dev", which is not declared',
        "the groups are lint",
    ),
    ("conflicts = [▲{ extra = 'a' }]", "tool.lockenv.conflicts[0]", "is a table, not an array", "write an array"),
    (
        "conflicts = [▲[{ extra = 'cpu' }]]",
        "tool.lockenv.conflicts[0]",
        "has fewer than two members",
        "list at least two extras, groups or packages",
    ),
    (
        "conflicts = [[{ extra = 'cpu' }, ▲{ extra = 'CPU' }]]",
        "tool.lockenv.conflicts[0][1]",
        'lists the extra "cpu" twice',
        "list it once",
    ),
    (
        "conflicts = [[{ extra = 'cpu' }, { extra = ▲'gp' }]]",
        "tool.lockenv.conflicts[0][1].extra",
        'refers to the extra "gp", which is not declared; did you mean "gpu"?',
        "the extras are cpu, gpu",
    ),
    (
        "conflicts = [[▲{ extra = 'cpu', group = 'lint' }]]",
        "tool.lockenv.conflicts[0][0]",
        "must have exactly one of extra, group and package",
        'write { extra = "cpu" }, { group = "cpu" } or { package = "name" }',
    ),
    ("index = ▲{ url = 'https://index.example/' }", "tool.lockenv.index", "is a table, not an array", "write an array"),
    ("index = [▲{ name = 'a' }]", "tool.lockenv.index[0]", "has no url", 'write url = "https://…/simple/"'),
    (
        "no-index = ▲true",
        "tool.lockenv.no-index",
        "leaves no package source",
        "set find-links, or declare an index",
    ),
    ("find-links = [▲'']", "tool.lockenv.find-links[0]", "is not a directory or a page", FOLDER),
    ("find-links = [▲'ftp://a.example/']", "tool.lockenv.find-links[0]", "is not a directory or a page", FOLDER),
    (
        "index = [{ name = 'a', url = 'https://a.example', mirrors = [▲'b'] }]",
        "tool.lockenv.index[0].mirrors[0]",
        "is not the URL of an index",
        URL,
    ),
    ("resolution = ▲'middle'", "tool.lockenv.resolution", 'has the invalid value "middle"', RESOLUTION),
    (
        "prerelease-package = { a = ▲'yes' }",
        "tool.lockenv.prerelease-package.a",
        'has the invalid value "yes"',
        "write if-necessary-or-explicit or allow or disallow",
    ),
    (
        "exclude-newer-package = { a = '7 days', ▲A = '8 days' }",
        "tool.lockenv.exclude-newer-package.A",
        "is a duplicate for the same package",
        "set it once",
    ),
    (
        "exclude-newer-package = { a = ▲true }",
        "tool.lockenv.exclude-newer-package.a",
        "is true or false, not a string",
        "write a string",
    ),
    ("index = [{ url = ▲'wheels' }]", "tool.lockenv.index[0].url", "is not the URL of an index", URL),
    (
        "index = [▲{ url = 'https://index.example/', explicit = true }]",
        "tool.lockenv.index[0]",
        "is explicit, but has no name",
        "add a name, so that sources can refer to it",
    ),
    (
        "index = [{ name = 'a', url = 'https://index.example/' },\n{ name = ▲'a', url = 'https://index.example/' }]",
        "tool.lockenv.index[1].name",
        'is "a", but an earlier index is named "a"',
        "use a different name for each index",
    ),
    (
        "index = [{ name = 'a.b', url = 'https://a.example/' },\n{ name = ▲'A-b', url = 'https://b.example/' }]",
        "tool.lockenv.index[1].name",
        'is "A-b", but an earlier index is named "a.b"',
        "use a different name for each index",
    ),
    (
        "sources.b = { index = ▲'a' }",
        "tool.lockenv.sources.b.index",
        'refers to the index "a", which is not declared',
        "the project declares no indexes; declare one under [[tool.lockenv.index]], with its name and url",
    ),
    (
        "sources = { b = { git = ▲'svn://code.example/b' } }",
        "tool.lockenv.sources.b.git",
        "is not an https, ssh, git or file URL of a repository",
        SOURCE,
    ),
    (
        "sources = { b = ▲{ git = 'https://code.example/b', rev = 'a', tag = 'b' } }",
        "tool.lockenv.sources.b",
        "names rev and tag",
        "use only one of rev, tag and branch",
    ),
    ("sources = { b = ▲{ path = 'x', url = 'y' } }", "tool.lockenv.sources.b", "names url and path", SOURCE),
    ("sources = { b = ▲{ } }", "tool.lockenv.sources.b", "has no source", SOURCE),
    (
        "sources = { b = { url = 'https://a.example/b.zip', ▲editable = true } }",
        "tool.lockenv.sources.b.editable",
        "cannot be used with url",
        "remove editable",
    ),
    (
        "sources = { b = { path = ▲'b.zip', editable = true } }",
        "tool.lockenv.sources.b.path",
        "is an archive, but only a directory can be editable",
        SOURCE,
    ),
    (
        "[tool.lockenv.workspace]\nmembers = [▲'../a']",
        "tool.lockenv.workspace.members[0]",
        "is outside of the workspace",
        "use directories below this one",
    ),
    ("[tool.lockenv.sources]\nb = ▲'a'", "tool.lockenv.sources.b", "is a string, not a table", "write a table"),
    (
        "exclude-newer = ▲'yesterday'",
        "tool.lockenv.exclude-newer",
        "is not a cutoff: yesterday is not a date, a timestamp or a span",
        CUTOFF,
    ),
    ("exclude-newer = ▲'2026-13-01'", "tool.lockenv.exclude-newer", "is not a cutoff: month must be in 1..12", CUTOFF),
    (
        "exclude-newer = ▲9999-12-31",
        "tool.lockenv.exclude-newer",
        "is not a cutoff: 9999-12-31 is outside the years 1 to 9999",
        CUTOFF,
    ),
    (
        "exclude-newer = ▲2026-11-01T00:00:00",
        "tool.lockenv.exclude-newer",
        "is not a cutoff: 2026-11-01T00:00:00 is not a date, a timestamp or a span",
        CUTOFF,
    ),
    ("exclude-newer = ▲7", "tool.lockenv.exclude-newer", "is `7`, not a string", "write a string"),
]
UNKNOWN = [
    (
        "dependency-groups = { lint = { ▲python = '>=3.12' } }",
        "tool.lockenv.dependency-groups.lint.python",
        'tool.lockenv.dependency-groups.lint has no key "python"',
        "the keys of tool.lockenv.dependency-groups.lint are requires-python",
    ),
    (
        "▲prereleases = 'allow'",
        "tool.lockenv.prereleases",
        'tool.lockenv has no key "prereleases"; did you mean "prerelease"?',
        VALID,
    ),
    ("▲zzz.a = 1", "tool.lockenv.zzz", 'tool.lockenv has no key "zzz"', VALID),
    (
        "[[tool.lockenv.index]]\n▲uri = 'a'",
        "tool.lockenv.index[0].uri",
        'tool.lockenv.index[0] has no key "uri"; did you mean "url"?',
        "the keys of tool.lockenv.index[0] are name, url, explicit, mirrors, authenticate, client-cert",
    ),
    (
        "sources.b = { ▲indx = 'a' }",
        "tool.lockenv.sources.b.indx",
        'tool.lockenv.sources.b has no key "indx"; did you mean "index"?',
        "the keys of tool.lockenv.sources.b are index, git, rev, tag, branch, subdirectory, url, path, editable, "
        "workspace",
    ),
    (
        "conflicts = [[{ ▲project = 'a' }]]",
        "tool.lockenv.conflicts[0][0].project",
        'tool.lockenv.conflicts[0][0] has no key "project"',
        "the keys of tool.lockenv.conflicts[0][0] are extra, group, package",
    ),
]


def refused(text: str) -> tuple[str, str, object]:
    with pytest.raises(InputError) as caught:
        manifest(unmarked(text))
    return caught.value.message, caught.value.hint, caught.value.origin


CONVERT = "run `lockenv import` to convert [tool.poetry], setup.cfg or setup.py to [project]"


def check(text: str, key: str, message: str, hint: str) -> None:
    assert refused(text) == (message, hint, marked_origin(text, "pyproject.toml", key))


@pytest.mark.parametrize(("text", "key", "message", "hint"), PROJECT)
def test_a_fault_in_project_is_reported_with_its_place(text: str, key: str, message: str, hint: str) -> None:
    check(text, key, f"{key} {message}", hint)


@pytest.mark.parametrize(("text", "key", "message", "hint"), EXTRAS)
def test_a_fault_in_extras_is_reported_with_its_place(text: str, key: str, message: str, hint: str) -> None:
    check(f"{HEAD}[project.optional-dependencies]\n{text}\n", key, f"{key} {message}", hint)


@pytest.mark.parametrize(("text", "key", "message", "hint"), GROUPS)
def test_a_fault_in_groups_is_reported_with_its_place(text: str, key: str, message: str, hint: str) -> None:
    check(f"{HEAD}[dependency-groups]\n{text}\n", key, f"{key} {message}", hint)


TABLES = "[project.optional-dependencies]\ncpu = []\nGPU = []\n[dependency-groups]\nlint = []\n[tool.lockenv]\n"


@pytest.mark.parametrize(("text", "key", "message", "hint"), SETTINGS)
def test_a_fault_in_settings_is_reported_with_its_place(text: str, key: str, message: str, hint: str) -> None:
    check(f"{HEAD}{TABLES}{text}\n", key, f"{key} {message}", hint)


@pytest.mark.parametrize(("text", "key", "message", "hint"), UNKNOWN)
def test_an_unknown_key_is_reported_with_those_that_are_known(text: str, key: str, message: str, hint: str) -> None:
    check(f"{HEAD}{TABLES}{text}\n", key, message, hint)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[project]\nname = ▲\n", "pyproject.toml is not valid TOML: invalid value"),
        ("[project]\nname = 'a'\nname▲ = 'b'\n", "pyproject.toml is not valid TOML: `name` already has a value"),
        ("[tool.a]\n[tool.b]\n[tool.a▲]\n", "pyproject.toml is not valid TOML: `[tool.a]` is declared twice"),
        ("[project]\r\ndependencies = [\r\n  'a'▲\r\n", "pyproject.toml is not valid TOML: unclosed array"),
    ],
)
def test_a_fault_of_toml_is_reported_with_its_place(text: str, message: str) -> None:
    message_, hint, origin = refused(text)

    expected = marked_origin(text, "pyproject.toml", "")
    assert (message_, hint) == (message, "fix it there")
    assert str(origin) == str(expected)


def test_a_misspelled_table_is_not_overlooked() -> None:
    text = HEAD + "[▲dependency-group]\ndev = []\n"

    message = 'pyproject.toml has no key "dependency-group"; did you mean "dependency-groups"?'
    check(text, "dependency-group", message, "fix it, or remove it")


def test_a_misspelled_key_of_project_is_not_overlooked() -> None:
    text = HEAD + "▲dependancies = []\n"

    message = '[project] has no key "dependancies"; did you mean "dependencies"?'
    check(text, "project.dependancies", message, "fix it, or remove it")


def test_a_project_that_only_a_build_could_describe_is_refused() -> None:
    text = "[▲build-system]\nrequires = []\n"

    message = "pyproject.toml has no [project] table; its build backend reads the requirements from another file"
    check(text, "build-system", message, CONVERT)


def test_a_project_of_poetry_alone_says_the_command_that_converts_it() -> None:
    text = '[tool.▲poetry]\nname = "shop"\n[build-system]\nrequires = []\n'

    message = "pyproject.toml declares its requirements only in [tool.poetry], which lockenv does not read"
    check(text, "tool.poetry", message, CONVERT)


def test_a_project_of_an_older_flit_says_what_flit_reads_too() -> None:
    text = '[tool.flit.▲metadata]\nmodule = "shop"\n[build-system]\nrequires = []\n'

    message = "pyproject.toml declares its requirements only in [tool.flit], which lockenv neither reads nor converts"
    check(text, "tool.flit.metadata", message, FLIT_HINT)


def test_a_file_that_declares_nothing_is_refused() -> None:
    assert refused("[tool.other]\n") == (
        "pyproject.toml declares no requirements: it has neither [project] nor [dependency-groups]",
        "run `lockenv init` to add a [project] table, `lockenv import` to convert setup.py, setup.cfg or a Pipfile, "
        "or use -r to read a requirements file",
        None,
    )


def test_a_password_is_blotted_out_of_the_line_that_an_error_shows() -> None:
    with pytest.raises(InputError) as caught:
        manifest(f"{HEAD}[tool.lockenv]\nindex = [{{ url = 'https://me:secret@index.example/?a' }}]\n")

    assert caught.value.origin is not None
    assert caught.value.origin.source == "index = [{ url = 'https://*********@index.example/?a' }]"


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        manifest("a = " + "[" * 100_000)

    assert caught.value.message == "pyproject.toml is nested too deeply"


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("./part", 'require `part` by name, and add part = { path = "./part" } to [tool.lockenv.sources]'),
        ("../a/part/", 'require `part` by name, and add part = { path = "../a/part/" } to [tool.lockenv.sources]'),
        (
            "./part-1.0.zip",
            'require `part` by name, and add part = { path = "./part-1.0.zip" } to [tool.lockenv.sources]',
        ),
        (
            "git+https://git.example/tool.git@v1",
            "use the form name @ URL: `tool @ git+https://git.example/tool.git@v1`",
        ),
        (
            "https://x.example/a-1-py3-none-any.whl",
            "use the form name @ URL: `a @ https://x.example/a-1-py3-none-any.whl`",
        ),
        ("https://me:secret@x.example/part-1.zip", "use the form name @ URL: `part @ https://…`"),
    ],
)
def test_place_without_a_name_is_refused_with_how_to_name_it(written: str, hint: str) -> None:
    assert refused(f'{HEAD}dependencies = ["{written}"]\n')[1].removesuffix(" in [tool.lockenv.sources]") == hint
