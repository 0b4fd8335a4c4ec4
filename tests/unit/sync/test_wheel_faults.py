"""A wheel whose RECORD disagrees with its files is installed where the project accepts that rule, and nowhere else."""

from __future__ import annotations

import io
import os
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.verify import EnvironmentMatches, verify
from lockenv.errors import RefusedError
from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import FetchSettings
from lockenv.sync import record
from lockenv.sync.expected import expected
from lockenv.sync.session import synchronise
from lockenv.vocabulary.manifest import ACCEPTABLE
from lockenv.vocabulary.names import NormalizedName
from tests.support.wheels import wheel
from tests.unit.sync.crafted import Part, archive, built, members, parts
from tests.unit.sync.test_hostile import described, entries, recorded

if TYPE_CHECKING:
    from lockenv.environment.interpreter import Interpreter
    from lockenv.vocabulary.manifest import Accepted
    from tests.support.wheels import Built
    from tests.unit.sync.conftest import Place

BAD = NormalizedName("bad")
FAULTY = {
    "purelib-twice": described(WHEEL=b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nRoot-Is-Purelib: False\n"),
    "record-mismatch": archive(parts({**members(), "bad.py": b"a = 2\n"})),
    "record-absent": recorded("bad.py,", "../../../gone.py,,\nbad.py,"),
    "record-unlisted": archive([*parts(members()), Part(name=b"more.py")]),
    "record-weak-hash": recorded("sha256=", "md5="),
    "script-twice": entries("[console_scripts]\nx = bad:main\n", {"bad-1.0.data/scripts/x": b"#!python\n"}),
}


def sync(place: Place, *wheels: Built, accepted: Accepted) -> None:
    fetcher = Fetcher(FetchSettings(cache_dir=str(place.cache), offline=True))
    synchronise([place.selected(one) for one in wheels], place.environment, fetcher, accepted=accepted)


def refused(place: Place, *wheels: Built, accepted: Accepted) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        sync(place, *wheels, accepted=accepted)
    return caught.value


def test_every_rule_that_may_be_accepted_has_a_case() -> None:
    assert sorted(FAULTY) == sorted(ACCEPTABLE)


@pytest.mark.parametrize("rule", sorted(FAULTY))
def test_accepted_wheel_is_installed_with_true_hashes_and_proved(
    place: Place, interpreter: Interpreter, rule: str
) -> None:
    bad, accepted = built(FAULTY[rule]), {BAD: (rule,)}

    sync(place, bad, accepted=accepted)

    rows = record.parse((place.site / "bad-1.0.dist-info/RECORD").read_text())
    for path, row in rows.items():
        assert (place.site / path).is_file()
        assert row.algorithm == "sha256" or path == "bad-1.0.dist-info/RECORD"
    wanted = expected([place.selected(bad)], place.environment, str(place.cache / "archives"), (), accepted)
    assert isinstance(
        verify(place.environment, wanted.files, interpreter=interpreter, environ=os.environ), EnvironmentMatches
    )


def test_script_of_an_entry_point_is_installed_where_there_are_two(place: Place) -> None:
    sync(place, built(FAULTY["script-twice"]), accepted={BAD: ("script-twice",)})

    assert "from bad import main" in (place.root / "bin/x").read_text()


@pytest.mark.parametrize("rule", sorted(FAULTY))
def test_refusal_says_the_setting_that_accepts_it(place: Place, rule: str) -> None:
    before = place.tree()

    error = refused(place, built(FAULTY[rule]), accepted={NormalizedName("other"): ("record-absent",)})

    assert (error.rule, place.tree()) == (rule, before)
    assert f'`accept-faults = {{ bad = ["{rule}"], other = ["record-absent"] }}` under [tool.lockenv]' in error.hint


@pytest.mark.parametrize("rule", sorted(FAULTY))
def test_what_another_project_accepted_is_refused_here_although_it_is_unpacked(place: Place, rule: str) -> None:
    bad = built(FAULTY[rule])
    fresh = refused(place, bad, accepted={})
    sync(place, bad, accepted={BAD: (rule,)})
    sync(place, accepted={})

    error = refused(place, bad, accepted={BAD: tuple({*ACCEPTABLE} - {rule})})

    assert (error.rule, error.message) == (rule, fresh.message)


def with_more(plain: Built) -> Built:
    """Return a wheel with a file that its RECORD does not list."""
    content = io.BytesIO(plain.content)
    with zipfile.ZipFile(content, "a") as file:
        file.writestr("more.py", "")
    return replace(plain, content=content.getvalue())


def test_all_rules_of_all_wheels_are_named_at_once(place: Place) -> None:
    several = archive(
        [
            *parts({**members({"bad.py": b"", "x.py": b"1"}), "bad.py": b"a = 23\n", "x.py": b"2"}),
            Part(name=b"more.py"),
            Part(name=b"most.py"),
        ]
    )
    fine, also = wheel("fine"), with_more(wheel("also"))

    error = refused(place, also, built(several), fine, accepted={})

    assert error.message == (
        "also-1.0-py3-none-any.whl: more.py: RECORD does not list it (record-unlisted); "
        "bad-1.0-py3-none-any.whl: bad.py: it has 7 bytes, but 0 in RECORD (and 1 more) (record-mismatch); "
        "bad-1.0-py3-none-any.whl: more.py: RECORD does not list it (and 1 more) (record-unlisted)"
    )
    setting = '{ also = ["record-unlisted"], bad = ["record-mismatch", "record-unlisted"] }'
    assert f"`accept-faults = {setting}`" in error.hint
    rules = ("record-mismatch", "record-unlisted")
    sync(place, also, built(several), fine, accepted={BAD: rules, NormalizedName("also"): rules[1:]})
