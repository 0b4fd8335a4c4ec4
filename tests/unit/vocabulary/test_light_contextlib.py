"""What takes the place of `contextlib` does what that does, in a `with` statement."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

import pytest

from lockenv.vocabulary import light_contextlib

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import Any

Seen = list[object]


def plain(seen: Seen) -> Iterator[str]:
    seen.append("begin")
    yield "value"
    seen.append("end")


def finishing(seen: Seen) -> Iterator[str]:
    try:
        yield "value"
    finally:
        seen.append("end")


def swallowing(seen: Seen) -> Iterator[str]:
    try:
        yield "value"
    except (OSError, StopIteration) as error:
        seen.append(error.args)


def replacing(seen: Seen) -> Iterator[str]:
    try:
        yield "value"
    except OSError as error:
        seen.append("replaced")
        raise KeyError("another") from error


def again(seen: Seen) -> Iterator[str]:
    try:
        yield "value"
    except OSError as error:
        seen.append("raised again")
        raise error from None


def empty(seen: Seen) -> Iterator[str]:
    seen.append("none")
    yield from ()


def twice(seen: Seen) -> Iterator[str]:
    with contextlib.suppress(BaseException):
        yield "value"
    seen.append("second")
    yield "more"


ERRORS = (None, OSError(1, "no"), KeyError("no"), StopIteration("no"), RuntimeError("no"), KeyboardInterrupt())
MANAGERS = (plain, finishing, swallowing, replacing, again, empty, twice)


def run(block: Callable[[], Any], error: BaseException | None) -> Seen:
    """Return what is seen of a block in which `error` is raised."""
    seen: Seen = []
    try:
        with block() as value:
            seen.append(value)
            if error is not None:
                raise error.with_traceback(None)
        seen.append("after")
    except BaseException as raised:  # noqa: BLE001 - it is compared
        lines, at = [], raised.__traceback__
        while at is not None:
            lines.append(at.tb_frame.f_code.co_name)
            at = at.tb_next
        seen += [type(raised), raised.args, type(raised.__cause__), raised is error, lines[:2]]
    return seen


@pytest.mark.parametrize("error", ERRORS, ids=repr)
@pytest.mark.parametrize("manager", MANAGERS, ids=lambda each: each.__name__)
def test_manager_of_a_generator_does_what_the_library_does(
    manager: Callable[[Seen], Iterator[str]], error: BaseException | None
) -> None:
    def outcome(library: ModuleType) -> tuple[Seen, Seen]:
        seen: Seen = []
        made = library.contextmanager(manager)
        return run(partial(made, seen), error), seen

    ours, theirs = outcome(light_contextlib), outcome(contextlib)

    assert [str(each) for each in ours] == [str(each) for each in theirs]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
@pytest.mark.parametrize("kinds", [(), (OSError,), (KeyError, RuntimeError), (BaseException,)], ids=repr)
def test_suppressed_errors_are_those_that_the_library_suppresses(
    kinds: tuple[type[BaseException], ...], error: BaseException | None
) -> None:
    found = [run(partial(library.suppress, *kinds), error) for library in (light_contextlib, contextlib)]

    assert found[0] == found[1]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_null_context_does_nothing(error: BaseException | None) -> None:
    found = [run(library.nullcontext, error) for library in (light_contextlib, contextlib)]

    assert found[0] == found[1]


def test_manager_has_name_and_documentation_of_its_function() -> None:
    made = light_contextlib.contextmanager(plain)

    assert (made.__name__, made.__module__, made.__doc__) == (plain.__name__, plain.__module__, plain.__doc__)
