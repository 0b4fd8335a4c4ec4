"""Each place that decides by the operating system is listed, with a test that runs it here as on another one."""

from __future__ import annotations

from tests.support.platform_branches import ROOT, functions, listed, places

_OWN = ("lockenv/environment/probe_script.py",)
"""What other interpreters run: it cannot ask `lockenv.vocabulary.system`."""


def test_every_branch_is_listed() -> None:
    assert sorted(places()) == sorted(listed())


def test_each_has_a_test() -> None:
    wrong = []
    for place, tests in listed().items():
        for test in tests:
            file, _, name = test.partition("::")
            if not (ROOT / file).is_file() or name not in functions(file):
                wrong.append((place, test))
        if not tests:
            wrong.append((place, "no test"))

    assert wrong == []


def test_one_value_says_which_system_this_is() -> None:
    others = {"os.name", "sys.platform", "sys.getwindowsversion", "platform.system"}

    assert {place for place, read in places().items() if read & others and not place.startswith(_OWN)} == set()
