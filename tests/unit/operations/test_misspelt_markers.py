from __future__ import annotations

from lockenv.operations.misspelt_markers import notes
from lockenv.vocabulary.dataclasses import replace
from tests.support.universe import manifest


def test_each_requirement_that_means_another_marker_is_noted_with_its_place() -> None:
    declared = manifest(
        "a ; sys_platform == 'Windows'",
        "b ; sys_platform != 'Windows'",
        "d ; python_version < '3.8'",
        extras={"x": ("e>=1 ; os_name == 'windows'",)},
        requires_python=">=3.9",
    )

    found = [text.rpartition(" [")[0] for text in notes(declared)]

    assert found == [
        "`a; sys_platform == \"Windows\"` applies nowhere, as `sys_platform` is never 'Windows'; "
        "did you mean `sys_platform == 'win32'`?",
        "`b; sys_platform != \"Windows\"` names a value that does not exist: `sys_platform` is never 'Windows'; "
        "did you mean `sys_platform != 'win32'`?",
        "`e>=1; os_name == \"windows\"` applies nowhere, as `os_name` is never 'windows'; "
        "did you mean `os_name == 'nt'`?",
    ]


def test_environment_that_does_not_exist_is_noted_and_others_need_nothing_that_is_for_it() -> None:
    declared = manifest("a ; sys_platform == 'macos'", requires_python=">=3.9")

    assert list(notes(replace(declared, environments=("sys_platform == 'linux'",)))) == []
    assert list(notes(replace(declared, environments=("sys_platform == 'windows'",)))) == [
        "the environment `sys_platform == 'windows'` does not exist, as `sys_platform` is never 'windows'; "
        "did you mean `sys_platform == 'win32'`?"
    ]
