"""The marker algebra, one fact at a time."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from itertools import combinations
from typing import Final

import pytest
from packaging.markers import InvalidMarker
from packaging.markers import Marker as Reference

from lockenv.vocabulary.markers import (
    ALWAYS,
    NEVER,
    WORLD,
    UndefinedComparisonError,
    cofactor,
    extra,
    in_extras,
    in_groups,
    is_writable,
    marker_text,
    parse,
    python,
    python_lower,
)

LINUX: Final = {
    "sys_platform": "linux",
    "os_name": "posix",
    "platform_system": "Linux",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "platform_machine": "x86_64",
    "python_full_version": "3.11.4",
    "python_version": "3.11",
    "implementation_version": "3.11.4",
    "platform_release": "5.15.0-91-generic",
    "platform_version": "#101-Ubuntu SMP",
}
GREENLET: Final = (
    "python_version < '3.14' and (platform_machine == 'aarch64' or (platform_machine == 'ppc64le' or "
    "(platform_machine == 'x86_64' or (platform_machine == 'amd64' or (platform_machine == 'AMD64' or "
    "(platform_machine == 'win32' or platform_machine == 'WIN32'))))))"
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("python_version >= '3.9'", "python_full_version >= '3.9.0'"),
        ("python_version > '3.9'", "python_version >= '3.10'"),
        ("python_full_version > '3.10.2'", "python_full_version >= '3.10.3'"),
        ("python_version == '3.9.1'", "python_version < '0'"),
        ("python_version ~= '3.9'", "python_version >= '3.9' and python_version < '4'"),
        ("python_full_version ~= '3.9.1'", "python_full_version >= '3.9.1' and python_version < '3.10'"),
        ("python_version == '3.*'", "python_version >= '3' and python_version < '4'"),
        ("python_version != '3.9.*'", "python_version != '3.9'"),
        ("python_full_version >= '3.9.0rc1'", "python_version >= '3.9'"),
        ("python_full_version < '3.9.1rc1'", "python_full_version < '3.9.1'"),
        ("python_full_version > '3.9.1.post1'", "python_full_version >= '3.9.2'"),
        ("python_full_version >= '3.9.1.dev0'", "python_full_version >= '3.9.1'"),
        ("python_full_version == '3.9.1+local'", "python_version < '0'"),
        ("python_full_version <= '3.8.1.5'", "python_full_version < '3.8.2'"),
        ("python_version < '1!3.9'", ""),
        ("python_version === '3.9'", "python_version == '3.9'"),
        ("python_version === '3.9.0'", "python_version < '0'"),
        ("python_version == '=3.9'", "python_version == '3.9'"),
        ("python_version >= '3.x'", "python_version < '0'"),
        ("python_version != '3.x'", ""),
        ("'3.8' <= python_version", "python_version >= '3.8'"),
        ("'3.8' > python_version", "python_version < '3.8'"),
        ("'3.8' ~= python_version", "python_version >= '3.0' and python_version <= '3.8'"),
        ("'3.8rc1' < python_version", "python_version > '3.8'"),
        (
            "python_version in '3.10 3.11'",
            "python_version == '3.1' or python_version == '3.10' or python_version == '3.11'",
        ),
        ("python_version not in '3.8 3.9'", "python_version != '3.8' and python_version != '3.9'"),
        ("python_full_version in '3.9.12'", "python_full_version == '3.9.1' or python_full_version == '3.9.12'"),
        ("os.name == 'nt'", "os_name == 'nt'"),
        ("python_implementation == 'PyPy'", "implementation_name == 'pypy'"),
        ("platform_system == 'Windows'", "sys_platform == 'win32'"),
        ("platform_system != 'Darwin'", "sys_platform != 'darwin'"),
        ("'linux' == sys_platform", "sys_platform >= 'linux'"),
        ("sys_platform < 'linux'", "python_version < '0'"),
        ("sys_platform == os_name", "sys_platform == 'os_name'"),
        ("'nt' == 'os_name'", "os_name == 'nt'"),
        ("extra == 'Dev_Tools'", "extra == 'dev-tools'"),
        ("'Dev.Tools' in extras", "'dev-tools' in extras"),
        ("'x' == extras", "python_version < '0'"),
        ("'' in os_name", ""),
        ("os_name == '\\x6et'", "os_name == 'nt'"),
        ("platform_release in '5.15 6.1' or platform_release not in '5.15 6.1'", ""),
    ],
)
def test_two_texts_mean_the_same(one: str, other: str) -> None:
    assert parse(one) is parse(other)


@pytest.mark.parametrize(
    "text",
    [
        "'linux' in sys_platform and sys_platform == 'darwin'",
        "sys_platform == 'linux' and 'lin' not in sys_platform",
        "os_name == 'nt' and os_name == 'posix'",
        "python_version >= '3.9' and python_full_version < '3.9.0'",
        "extra == 'a' and extra == 'b'",
        "sys_platform in 'linux darwin' and sys_platform == 'win32'",
    ],
)
def test_a_contradiction_is_never(text: str) -> None:
    assert parse(text) is NEVER


@pytest.mark.parametrize(
    "text",
    [
        "sys_platform == 'win32' and os_name == 'posix'",
        "sys_platform == 'darwin' and os_name == 'nt'",
        "'Win' in platform_system and sys_platform == 'linux'",
        "'Py' not in platform_python_implementation and implementation_name == 'pypy'",
        "platform_system == 'Java' and sys_platform == 'win32'",
    ],
)
def test_the_world_excludes(text: str) -> None:
    assert parse(text).disjoint(WORLD)


def test_a_minor_version_and_a_later_patch_of_it_go_together() -> None:
    assert (parse("python_version == '3.10'") & python(">=3.10.1")) is not NEVER


def test_opposite_orders_of_a_release_that_is_no_version_are_both_false() -> None:
    older, newer = parse("platform_release < '20'"), parse("platform_release >= '20'")

    assert not older.evaluate(LINUX)
    assert not newer.evaluate(LINUX)
    assert (older | newer) is not ALWAYS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("platform_release >= '20'", False),
        ("platform_release != '20.1'", False),
        ("sys_platform == 'darwin' and platform_release >= '20'", True),
        ("platform_release == '5.15.0-91-generic'", True),
        ("'Microsoft' in platform_release", True),
        ("sys_platform == 'linux' and python_version > '3'", True),
    ],
)
def test_only_an_order_of_releases_that_may_be_no_version_cannot_be_negated_in_text(
    text: str, *, expected: bool
) -> None:
    assert is_writable(parse(text))
    assert is_writable(~parse(text)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "platform_release < '20.1' and platform_release >= '19'",
            "platform_release >= '19.0' and platform_release < '20.1'",
        ),
        ("platform_release == '20.*'", "platform_release >= '20.0' and platform_release < '21.0'"),
        ("platform_release != '20.1.3'", "platform_release != '20.1.3'"),
        ("platform_release ~= '20.1'", "platform_release >= '20.1' and platform_release < '21.0'"),
        ("platform_release > '20'", "platform_release >= '20.0.1'"),
        ("platform_release >= '0'", "platform_release >= '0'"),
        ("sys_platform == 'darwin' and platform_release >= '0'", "sys_platform == 'darwin'"),
        ("platform_release < '20' and platform_release >= '20.0'", "python_version < '0'"),
        (
            "sys_platform == 'darwin' and (platform_release < '20' or platform_release >= '20')",
            "sys_platform == 'darwin'",
        ),
    ],
)
def test_orders_of_the_release_of_a_system_are_compared_with_each_other(text: str, expected: str) -> None:
    assert marker_text(parse(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "python_version >",
        "sys_platform = 'x'",
        "(os_name == 'nt'",
        "python_version > '3' or",
        " ",
        'implementation_version ===" "3.8.1.5"',
        "'a' == 'b' and",
        "os_name ~= 'nt' and " + "(" * 300 + "os_name == 'nt'" + ")" * 300,
    ],
)
def test_text_that_is_no_marker_is_refused_in_the_words_of_packaging(text: str) -> None:
    with pytest.raises(InvalidMarker) as theirs:
        Reference(text)

    with pytest.raises(ValueError) as ours:
        parse(text)

    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize(
    "text", ["os_name ~= 'nt'", "python_version ~= '3'", "sys_platform === 'linux'", "extras == 'x'"]
)
def test_a_comparison_without_meaning_is_refused(text: str) -> None:
    with pytest.raises(UndefinedComparisonError):
        parse(text)


def test_a_comparison_of_two_literals_is_refused() -> None:
    with pytest.raises(ValueError, match="one of them must be a variable"):
        parse("'a' == 'b'")


def test_parentheses_without_end_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 200 nested parentheses"):
        parse("(" * 500 + "os_name == 'nt'" + ")" * 500)


def test_a_text_too_long_or_too_entangled_is_refused() -> None:
    pairs = " or ".join(f"'a{n}' in platform_version and 'b{n}' in platform_version" for n in range(40))

    with pytest.raises(ValueError, match="too complex"):
        parse(pairs)
    with pytest.raises(ValueError, match="of which 100000 are allowed"):
        parse("os_name == 'nt'" + " or os_name == 'nt'" * 10_000)


def test_a_long_list_is_read() -> None:
    names = " or ".join(f"platform_machine == 'm{n}' or 'e{n}' in extras" for n in range(500))
    versions = " ".join(f"3.{n}" for n in range(2000))

    assert parse(names).evaluate(LINUX, extras=["e77"])
    assert parse(f"python_version in '{versions}'") is python("==3.*,<3.2000")


def test_a_marker_has_no_truth_value_and_no_copy() -> None:
    marker = parse("os_name == 'nt'")

    with pytest.raises(TypeError, match="compare it with NEVER"):
        bool(marker)
    with pytest.raises(TypeError, match="kept as its text"):
        pickle.dumps(marker)
    with pytest.raises(TypeError):
        copy.copy(marker)
    with pytest.raises(TypeError):
        type(marker)()


def test_a_marker_shows_what_it_depends_on() -> None:
    assert repr(parse("os_name=='posix' and python_version > '3'")) == "<Marker on python_full_version, os_name>"
    assert (repr(ALWAYS), repr(NEVER)) == ("<Marker always>", "<Marker never>")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("python_full_version >= '3.14'", "python_version >= '3.14'"),
        (
            "python_full_version >= '3.9.1' and python_version < '3.11'",
            "python_full_version >= '3.9.1' and python_version < '3.11'",
        ),
        ("python_version < '3.9' or python_version >= '3.10'", "python_version != '3.9'"),
        (
            "python_full_version != '3.9.7' and python_version >= '3.8'",
            "python_version >= '3.8' and python_full_version != '3.9.7'",
        ),
        ("python_version < '3.8' or python_version > '3.10'", "python_version < '3.8' or python_version >= '3.11'"),
        ("python_version >= '3.0' and python_version <= '3'", "python_version == '3.0'"),
        ("os_name == 'nt'", "sys_platform == 'win32'"),
        ("platform_system == 'Linux'", "sys_platform == 'linux'"),
        ("os_name == 'posix'", "os_name == 'posix'"),
        ("sys_platform in 'linux'", "sys_platform in 'linux'"),
        ("platform_version != '#1\"'", "platform_version != '#1\"'"),
        ('platform_version == "it\'s"', 'platform_version == "it\'s"'),
        ("platform_version == 'a\\x22\\x27\\\\'", "platform_version == 'a\"\\U00000027\\U0000005c'"),
        (
            "sys_platform == 'linux' and platform_machine == 'x86_64'"
            " or platform_machine == 'arm64' and sys_platform == 'linux'",
            "sys_platform == 'linux' and (platform_machine == 'arm64' or platform_machine == 'x86_64')",
        ),
        ("sys_platform == 'win32' and sys_platform == 'linux'", "python_version < '0'"),
        ("os_name == 'nt' or os_name != 'nt'", ""),
    ],
)
def test_the_text_is_short_and_means_the_same(text: str, written: str) -> None:
    assert marker_text(parse(text)) == written
    assert marker_text(parse(written)) == written


@pytest.mark.parametrize(
    ("text", "assuming", "written"),
    [
        ("python_version >= '3.9'", "python_version >= '3.10'", ""),
        ("python_version < '3.9'", "python_version >= '3.10'", "python_version < '0'"),
        ("python_version >= '3.9' and os_name == 'nt'", "python_version >= '3.10'", "sys_platform == 'win32'"),
        ("sys_platform == 'linux'", "sys_platform == 'linux' or sys_platform == 'darwin'", "sys_platform == 'linux'"),
        ("sys_platform != 'linux'", "sys_platform == 'linux' or sys_platform == 'darwin'", "sys_platform == 'darwin'"),
        ("os_name == 'posix'", "sys_platform == 'linux' or sys_platform == 'darwin'", ""),
        ("python_version == '3.9'", "python_version >= '3.9'", "python_version < '3.10'"),
        ("python_full_version == '3.9.4'", "python_full_version >= '3.9.4'", "python_full_version < '3.9.5'"),
        (
            "python_full_version >= '3.9.1'",
            "python_full_version >= '3.9.1' or python_version < '3.7'",
            "python_version >= '3.7'",
        ),
    ],
)
def test_the_text_leaves_out_what_is_assumed(text: str, assuming: str, written: str) -> None:
    assert marker_text(parse(text), assuming=parse(assuming)) == written


def test_text_is_the_same_for_markers_that_the_world_makes_equal() -> None:
    texts = {
        marker_text(parse(text))
        for text in ("os_name == 'nt'", "sys_platform == 'win32'", "platform_system == 'Windows'")
    }

    assert texts == {"sys_platform == 'win32'"}


def test_a_pre_release_counts_as_its_release_and_the_text_has_no_hole_for_it() -> None:
    candidate = {**LINUX, "python_full_version": "3.14.0rc1", "python_version": "3.14"}
    newer = parse("python_full_version >= '3.14'")

    assert newer.evaluate(candidate)
    assert Reference(marker_text(newer)).evaluate(candidate)
    assert not Reference(marker_text(~newer)).evaluate(candidate)


def test_a_build_between_releases_counts_as_the_release() -> None:
    assert parse("python_full_version == '3.11.4'").evaluate({**LINUX, "python_full_version": "3.11.4+"})


def test_extras_and_groups_are_compared_by_normalized_name() -> None:
    marker = parse("'dev-tools' in extras and 'Lint.All' in dependency_groups")

    assert marker.evaluate(LINUX, extras=["Dev_Tools"], groups={"lint-all"})
    assert not marker.evaluate(LINUX, extras=["dev-tools"])


def test_a_marker_is_evaluated_without_an_extra_unless_the_environment_has_one() -> None:
    assert not extra("x").evaluate(LINUX)
    assert extra("X").evaluate({**LINUX, "extra": "x"})


@pytest.mark.parametrize(
    ("text", "name", "left"),
    [
        ("extra == 'socks' and os_name == 'nt'", "SOCKS", "os_name == 'nt'"),
        ("extra == 'socks' and os_name == 'nt'", "other", "python_version < '0'"),
        ("extra == 'socks' or os_name == 'nt'", None, "os_name == 'nt'"),
        ("extra != 'socks'", None, ""),
        ("extra != 'socks'", "socks", "python_version < '0'"),
        ("extra in 'dev test'", "test", ""),
        ("extra in 'dev test'", "docs", "python_version < '0'"),
        ("'dev' in extra and python_version > '3'", "dev-tools", "python_version > '3'"),
        ("'a' in extras and extra == 'b'", "b", "'a' in extras"),
    ],
)
def test_given_extra_fixes_the_extra(text: str, name: str | None, left: str) -> None:
    assert parse(text).given_extra(name) is parse(left)


def test_choices_of_extras_and_groups_can_be_forgotten_all_or_but_some() -> None:
    marker = parse("os_name == 'nt' and ('a' in extras or 'g' in dependency_groups and python_version > '3')")

    assert marker.without_extras_and_groups() is parse("os_name == 'nt'")
    assert marker.without_extras_and_groups(frozenset({("extra", "a"), ("group", "g")})) is marker
    assert (marker & ~in_extras("A")).without_extras_and_groups() is parse("os_name == 'nt' and python_version > '3'")
    assert (in_groups("g") & in_extras("g")).without_extras_and_groups(frozenset({("group", "g")})) is in_groups("g")


@pytest.mark.parametrize(
    ("specifier", "same"),
    [
        (">=3.8,!=3.9.*,<4", "python_version >= '3.8' and python_version != '3.9' and python_version < '4'"),
        ("", ""),
        (" >= 3.8 , ", "python_version >= '3.8'"),
        (">=3.10.2", "python_full_version >= '3.10.2'"),
        (">3.10", "python_full_version > '3.10'"),
        ("~=3.9", "python_version >= '3.9' and python_version < '4'"),
        ("==3.11.*", "python_version == '3.11'"),
        (">=3.7,<3.12.0a1", "python_version >= '3.7' and python_version < '3.12'"),
        ("<=3.11", "python_version < '3.11' or python_full_version == '3.11.0'"),
        ("===3.9.1", "python_full_version == '3.9.1'"),
    ],
)
def test_requires_python_is_a_marker(specifier: str, same: str) -> None:
    assert python(specifier) is parse(same)


@pytest.mark.parametrize(
    ("specifier", "same"),
    [
        (">=3.8,<4", ">=3.8"),
        (">=3.8,<=3.12,!=3.9.*", ">=3.8,!=3.9.*"),
        ("~=3.9", ">=3.9"),
        ("==3.11.*", "==3.11.*"),
        ("<3.12", ""),
    ],
)
def test_upper_bounds_of_requires_python_can_be_forgotten(specifier: str, same: str) -> None:
    assert python_lower(specifier) is python(same)


@pytest.mark.parametrize("specifier", ["3.8", ">=3.8.*", ">=3.8;", "=>3", "~=3", ">= '3'"])
def test_what_is_no_specifier_is_refused(specifier: str) -> None:
    for read in (python, python_lower):
        with pytest.raises(ValueError, match="Invalid specifier"):
            read(specifier)


def test_the_python_range_is_that_of_any_environment_of_the_set() -> None:
    marker = parse(
        "python_version < '3.8' and os_name == 'nt' or python_version >= '3.9' and python_version < '3.11'"
        " or python_full_version >= '3.12.3'"
    )

    assert marker.python_range() == (((0, 0, 0), (3, 8, 0)), ((3, 9, 0), (3, 11, 0)), ((3, 12, 3), None))
    assert parse("os_name == 'nt'").python_range() == (((0, 0, 0), None),)
    assert NEVER.python_range() == ()
    touching = parse("python_version < '3.9' and os_name == 'nt' or python_version >= '3.9' and os_name != 'nt'")
    assert touching.python_range() == (((0, 0, 0), None),)


def test_a_split_by_python_is_a_partition() -> None:
    marker = parse("python_version >= '3.9' and os_name == 'nt'")
    parts = marker.split_python([(3, 11, 0), (3, 8, 0)])

    assert parts == (marker & python("<3.11"), marker & python(">=3.11"))
    assert all(one.disjoint(other) for one, other in combinations(parts, 2))


@pytest.mark.parametrize(
    ("text", "care", "simple"),
    [
        ("python_version >= '3.9' and os_name == 'nt'", "python_version >= '3.10'", "os_name == 'nt'"),
        ("python_version >= '3.9' or os_name == 'nt'", "python_version >= '3.10'", ""),
        ("python_version == '3.9'", "python_version >= '3.9'", "python_version < '3.10'"),
        ("sys_platform == 'linux'", "sys_platform == 'linux' or sys_platform == 'win32'", "sys_platform == 'linux'"),
        ("sys_platform != 'linux'", "sys_platform == 'linux' or sys_platform == 'win32'", "sys_platform == 'win32'"),
        ("'a' in extras and 'b' in extras", "'a' in extras", "'b' in extras"),
        ("platform_machine == 'x86_64'", "os_name == 'nt'", "platform_machine == 'x86_64'"),
    ],
)
def test_a_cofactor_is_simple_and_agrees_where_it_matters(text: str, care: str, simple: str) -> None:
    assert cofactor(parse(text), parse(care)) is parse(simple)
    assert (parse(simple) & parse(care)) is (parse(text) & parse(care))


def test_a_cofactor_prefers_the_variables_that_a_text_prefers() -> None:
    universe = WORLD & python(">=3.10")

    assert cofactor(parse("os_name == 'nt'") & universe, universe) is parse("sys_platform == 'win32'")


def test_the_text_is_a_product_of_sums_where_that_is_shorter() -> None:
    sums = [f"('a{n}' in extras or platform_machine == 'm{n}')" for n in range(3)]
    marker = parse(" and ".join(sums))

    assert marker_text(marker) == (
        "(platform_machine == 'm0' or 'a0' in extras) and (platform_machine == 'm1' or 'a1' in extras)"
        " and (platform_machine == 'm2' or 'a2' in extras)"
    )
    assert parse(marker_text(marker)) is marker


def test_a_sum_of_one_condition_that_is_a_choice_keeps_its_parentheses() -> None:
    marker = parse(
        "(python_version < '3' or python_version >= '3.11')"
        " and (python_version < '2' or implementation_name == 'a' or 'x' in extras)"
        " and ('y' in extras or os_name == 'b')"
    )

    assert parse(marker_text(marker)) is marker
    assert parse(marker_text(~marker)) is ~marker


@pytest.mark.slow
def test_a_marker_of_hundreds_of_extras_is_written() -> None:
    marker = parse(" or ".join(f"'e{n:03}' in extras" for n in range(200)))

    assert marker_text(marker) == " or ".join(f"'e{n:03}' in extras" for n in range(200))


def test_variables_are_named_once_in_a_fixed_order() -> None:
    assert parse("extra == 'b' and 'x' in os_name and python_version > '3' and os_name != 'nt'").variables() == (
        "python_full_version",
        "os_name",
        "extra",
    )


def test_large_combinations_stay_small() -> None:
    unions = [parse(f"platform_machine == 'm{n}' or python_version >= '3.{n}' and 'e{n}' in extras") for n in range(12)]
    both = ALWAYS
    for union in unions:
        both &= union
    parts = [parse(GREENLET) & parse(f"python_version == '3.{minor}'") for minor in range(9, 15)]
    joined = NEVER
    for part in parts:
        joined |= part

    assert (both | ~both) is ALWAYS
    assert joined is (parse(GREENLET) & python(">=3.9"))
    assert marker_text(parse(GREENLET)) == (
        "python_version < '3.14' and (platform_machine == 'AMD64' or platform_machine == 'WIN32' or "
        "platform_machine == 'aarch64' or platform_machine == 'amd64' or platform_machine == 'ppc64le' or "
        "platform_machine == 'win32' or platform_machine == 'x86_64')"
    )


def test_product_that_is_needless_once_others_are_widened_is_left_out() -> None:
    first = "python_full_version == '3.9' and extra == 'dev' or platform_python_implementation in 'Py'"
    second = "extra != 'x.y' and implementation_version >= '3.9' and implementation_name != 'py'"
    third = "(extra != 'dev-tools' or python_version === '3.11') and 'Dev_Tools' in extra"
    fourth = "'dev-tools' in dependency_groups and ('socks' not in extras or 'Dev_Tools' in dependency_groups)"
    marker = parse(f"({first}) and ({second}) or ({third} or {fourth})")

    assert parse(marker_text(~marker)) is ~marker
    assert parse(marker_text(marker)) is marker


def test_product_of_many_that_needs_nothing_of_a_variable_has_no_condition_on_it() -> None:
    first = (
        "platform_release not in '2.7, 3.1' or '22.04' <= platform_release or "
        "implementation_version != '3.9' and implementation_version > '3.10.2' and platform_system != 'Linux'"
    )
    second = (
        "'Windows' in platform_system or platform_machine == '64' and os_name in 'java' or "
        "python_version not in '3.10.1' or "
        "python_full_version === '3.9.0' and platform_python_implementation <= 'CPython'"
    )
    third = (
        "python_full_version === '3.8.1.5' or platform_version not in '10.0' or implementation_name in 'cpython' or "
        "platform_release != '5.15.0-91-generic' or 'freebsd14' >= sys_platform or 'x.y' not in extras"
    )
    marker = parse(f"({first}) and ({second}) and ({third})")

    assert parse(marker_text(marker)) & WORLD is marker & WORLD


def test_the_usual_markers_are_read_without_packaging() -> None:
    code = """
import sys
from lockenv.vocabulary.markers import marker_text, parse, python
from lockenv.vocabulary.wheeltags import wheel_marker
marker = parse("python_version >= '3.9' and (extra == 'x' or sys_platform in 'linux darwin') and 'a' in extras")
marker_text(marker & python(">=3.10,!=3.11.*,<4") & wheel_marker("x-1-cp311-cp311-win_amd64.whl"))
print(*sorted({"packaging", "ast", "dataclasses", "email", "tempfile"} & {name.split(".")[0] for name in sys.modules}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert done.stdout == "\n"


@pytest.mark.slow
def test_marker_that_has_no_short_sum_is_written_as_a_product() -> None:
    clauses = " and ".join(
        f"(platform_version != 'v{i}' or platform_release != 'r{i * 7 % 60}' or platform_machine != 'm{i * 11 % 60}'"
        f" or sys_platform != 's{i * 13 % 60}' or os_name != 'o{i * 17 % 60}')"
        for i in range(60)
    )

    assert parse(marker_text(parse(clauses))) & WORLD is parse(clauses) & WORLD
