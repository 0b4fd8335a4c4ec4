"""Reading requirement text without `packaging` returns what `packaging` returns, and takes nothing that it refuses."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.requirements import Requirement as Parsed
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from lockenv.vocabulary import requirement as room
from lockenv.vocabulary.markers import NEVER, parse
from lockenv.vocabulary.names import ExtraName, is_valid, normalize
from lockenv.vocabulary.requirement import Requirement

# packaging reads the literals of markers as Python does, which warns of the escapes it does not know.
pytestmark = pytest.mark.filterwarnings("ignore:invalid escape sequence")

REAL = (
    "requests",
    "requests>=2.8.1, ==2.8.*; python_version<'2.7'",
    "requests [security,tests] >= 2.8.1, == 2.8.* ; python_version < '2.7'",
    "Zope.Interface~=5.0",
    "zope_interface ~= 5",
    "numpy>=1.26.0; python_version>='3.12'",
    "numpy>=1.22.4,<2.0.0.dev0; python_version<'3.11'",
    "torch==2.3.1+cpu",
    "torch>=2.3.1+cpu",
    "pywin32>=300; sys_platform == 'win32' and platform_python_implementation != \"PyPy\"",
    "colorama; os_name=='nt' or sys_platform=='cygwin' and python_version>='3'",
    "importlib-metadata (>=1.0,<5) ; python_version < '3.8'",
    "a (>=1.0)",
    "a(>=1.0,<2);os_name=='nt'",
    "a[b] ( >=1.0 ) ",
    "a ()",
    "a ( )",
    "a (>=1.0",
    "a (>=1.0) >=2",
    "a ((>=1.0))",
    "a >=1.0)",
    "pip @ https://index.example/pip.whl",
    "pip@https://index.example/pip.whl ; os_name == 'nt'",
    "x===1.0",
    "x==1!2.0",
    "x==v1.0",
    "x==1.0.RC1",
    "x==1.0-1",
    "x==1.0c1",
    "x>=1.0a",
    "x>=1.0rc1.post2.dev3",
    "x>=1.*",
    "x==1.0a1.*",
    "x~=1",
    "x~=1.0.*",
    "x>=1,>=1",
    "x==1.0,==1",
    "x==1.0,==1.0.0,==1.00",
    "x!=1.10,!=1.1,!=1.1.0",
    "x!=1.0rc1,!=1.0rc10,!=1.0rc01",
    "x>=1,",
    "x,>=1",
    "x>=1 <2",
    "x>1,<2,!=1.5.*",
    "x; extra == 'Foo_Bar..Baz'",
    "x; 'Foo_Bar' == extra",
    "x; extra in 'Foo_Bar'",
    "x; 'foo' in extras",
    "x; 'dev' in dependency_groups",
    "x; python_version in '3.10 3.11'",
    "x; python_version not  in '3.10,3.11'",
    "x; python_version notin '3.10,3.11'",
    "x; python_version in'3.10'",
    "x; (os_name == 'nt')",
    "x; os_name == 'nt'and python_version < '3'",
    "x; os_name == 'nt' and",
    "x; os.name == 'nt'",
    "x; python_implementation == 'CPython'",
    "x; os_name == 'n\"t'",
    "x; os_name == 'n\\tt'",
    "x; os_name === 'nt'",
    "x; os_name ~= 'nt'",
    "x; os_names == 'nt'",
    "x; osname == 'nt'",
    "x; os_name == nt",
    "x; os_name == ''",
    "x; os_name == 'nt' ; os_name == 'nt'",
    "x;",
    ";",
    "",
    " ",
    "x[]",
    "x[ ]",
    "x[a b]",
    "x[a,]",
    "x[,a]",
    "x[a,A,a_b,a-b]",
    "x[a][b]",
    "x]",
    "-x",
    "x-",
    "x_",
    "x.",
    "x>=1\n",
    "x\n>=1",
    "x >=\n1",
    "\tx\t>=\t1\t",
    "x>=\uff11",
    "\u0445>=1",
    "x ^1.2",
    "x=1",
    "x>=",
    "x>= 1.2 .3",
    "x>=1..2",
    "x # comment",
    "./x",
    "x @",
)


def by_packaging(text: str) -> Requirement | None:
    try:
        parsed = Parsed(text)
        marker = str(parsed.marker or "")
    except ValueError:
        return None
    # packaging lets a name end with `_`, which the name format does not, and which its own text then fails to parse.
    if not all(map(is_valid, (parsed.name, *parsed.extras))) or "\\" in marker:
        return None
    extras = tuple(sorted({ExtraName(normalize(extra)) for extra in parsed.extras}))
    return Requirement(normalize(parsed.name), extras, str(parsed.specifier), marker, parsed.url or "")


def by_lockenv(text: str) -> Requirement | None:
    try:
        return room.parse(text)
    except ValueError:
        return None


spaces = st.sampled_from(("", "", "", " ", "  ", "\t"))
gaps = st.sampled_from((" ", " ", "  ", "\t", ""))
names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,5}", fullmatch=True)
operators = st.sampled_from(("==", "!=", "<=", ">=", "<", ">", "~=", "===", "="))
numbers = st.sampled_from(("0", "1", "01", "2", "10", "2024"))
releases = st.lists(numbers, min_size=1, max_size=4).map(".".join)
rests = st.sampled_from(
    ("",) * 8 + (".*", "a.1", "-0", "a1", "b0", "rc10", "rc1", "RC1", ".post1", ".dev0", "+cpu", "+cu1.0", "-1", "c1")
)


@st.composite
def clauses(draw: st.DrawFn) -> str:
    return f"{draw(spaces)}{draw(operators)}{draw(spaces)}{draw(releases)}{draw(rests)}{draw(spaces)}"


@st.composite
def comparisons(draw: st.DrawFn) -> str:
    variable = draw(
        st.sampled_from(
            ("python_version", "python_full_version", "os_name", "sys_platform", "extra", "platform_machine")
        )
        | st.sampled_from(("extras", "os.name", "python_implementation", "implementation_name", "machine", "'3.1'"))
    )
    operator = draw(operators | st.sampled_from(("in", "not in", "not  in", "notin")))
    quote = draw(st.sampled_from("'\""))
    literal = draw(st.text("ab_.-'\"\\ é3", max_size=4) | releases)
    return f"{draw(spaces)}{variable}{draw(gaps)}{operator}{draw(gaps)}{quote}{literal}{quote}{draw(spaces)}"


specifiers = st.lists(clauses(), max_size=4).map(",".join)


@st.composite
def markers(draw: st.DrawFn) -> str:
    text = draw(operands())
    for _ in range(draw(st.integers(0, 3))):
        text += draw(gaps) + draw(st.sampled_from(("and", "or"))) + draw(gaps) + draw(operands())
    return text


def operands() -> st.SearchStrategy[str]:
    inside = st.deferred(markers)
    return comparisons() | comparisons() | inside.map("({})".format) | inside.map("(( {}) )".format)


@st.composite
def requirements(draw: st.DrawFn) -> str:
    text = draw(spaces) + draw(names) + draw(spaces)
    if draw(st.booleans()):
        text += "[" + ",".join(draw(st.lists(names.map(" ".__add__) | names, max_size=3))) + "]"
    text += f"({draw(specifiers)}){draw(spaces)}" if draw(st.integers(0, 3)) == 0 else draw(specifiers)
    return f"{text};{draw(markers())}" if draw(st.booleans()) else text


@pytest.mark.parametrize("text", REAL)
def test_a_requirement_seen_in_the_wild_reads_as_packaging_reads_it(text: str) -> None:
    assert by_lockenv(text) == by_packaging(text)


@given(requirements())
def test_any_requirement_reads_as_packaging_reads_it(text: str) -> None:
    assert by_lockenv(text) == by_packaging(text)


@given(
    requirements()
    | st.builds("{}{}extra{}'{}'".format, requirements(), gaps, st.sampled_from(("==", "!=", ">")), names),
    names,
)
@example("x; extra == 'a'", "a")
@example("x>=1 ; os_name == 'nt' and extra == 'a'", "a")
@example("x; extra == 'a' or extra == 'b'", "a")
@example("x; os_name == 'nt' or os_name == 'posix' and extra == 'b'", "b")
@example("x; (extra == 'a') and extra == 'b'", "b")
@example("x; extra != 'a'", "a")
@example("x~=1; extra == 'a'", "a")
@example("x @ https://index.example/x.whl ; extra == 'a'", "a")
def test_what_is_only_for_an_extra_is_valid_and_applies_nowhere_without_it(text: str, other: str) -> None:
    extra = room.only_for_extra(text)

    if extra is not None:
        read = by_packaging(text)
        assert read is not None
        assert not read.url
        marker = parse(read.marker)
        assert marker.given_extra(None) is NEVER
        assert str(normalize(other)) == extra or marker.given_extra(normalize(other)) is NEVER


@pytest.mark.parametrize(
    ("text", "extra"),
    [
        ("x; extra == 'A_b'", "a-b"),
        ("x [c] (>=1,<2.0rc1) ;python_version<'3' and extra=='a'", "a"),
        ("x; extra == 'a' and os_name == 'nt'", None),
        ("x; 'a' == extra", None),
        ("x; extra == ''", None),
        ("x", None),
    ],
)
def test_extra_that_is_asked_for_last_is_seen(text: str, extra: str | None) -> None:
    assert room.only_for_extra(text) == extra


@given(st.text("ab1.*,;<>=!~[]()'\" \t\n-_@#and", max_size=20))
def test_any_noise_reads_as_packaging_reads_it(text: str) -> None:
    assert by_lockenv(text) == by_packaging(text)


@given(requirements().filter(lambda text: by_packaging(text) is not None))
def test_the_text_of_a_requirement_reads_back_as_itself(text: str) -> None:
    parsed = room.parse(text)

    assert room.parse(str(parsed)) == parsed


@given(specifiers | st.text("1.*,<>=!~ \t\n\x1f", max_size=10))
def test_any_specifier_reads_as_packaging_reads_it(text: str) -> None:
    try:
        expected: str | None = str(SpecifierSet(text))
    except InvalidSpecifier:
        expected = None
    try:
        given_: str | None = room.parse_specifier(text)
    except ValueError:
        given_ = None

    assert given_ == expected


@given(markers())
def test_any_marker_reads_as_packaging_reads_it(text: str) -> None:
    try:
        printed = str(Marker(text))
        # No string of a marker holds a backslash (PEP 508); packaging cannot read back what it prints of one.
        expected = None if "\\" in printed else printed
    except ValueError:
        expected = None
    try:
        given_: str | None = room.parse_marker(text)
    except ValueError:
        given_ = None

    assert given_ == expected
