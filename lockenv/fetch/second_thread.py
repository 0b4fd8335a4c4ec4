"""Work that a second thread does on the pieces that the first one makes.

In: what to do with each piece. Out: a function that passes a piece on. Pieces are taken in the order in which they are
passed on, and all of them before the block ends; only a few wait at a time. Never: a thread that outlives the block.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

_WAITING = 4
"""Pieces that may wait: enough that neither thread waits for a moment of the other."""


@contextmanager
def second_thread(take: Callable[[T], None]) -> Iterator[Callable[[T], None]]:
    """Return a function that has `take` called with its argument in a second thread, one call after the other.

    After an error of `take` no other piece is taken, and the error is raised by one of the next calls or at the end of
    the block; one that the block itself raises goes first. Where no thread can be started, `take` is called at once.
    """
    from _queue import SimpleQueue
    from threading import Thread

    pieces: SimpleQueue[tuple[T] | None] = SimpleQueue()
    room: SimpleQueue[None] = SimpleQueue()
    errors: list[BaseException] = []

    def work() -> None:
        while piece := pieces.get():
            try:
                if not errors:
                    take(*piece)
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that made the piece
                errors.append(error)
            room.put(None)

    def put(piece: T) -> None:
        room.get()
        if errors:
            raise errors[0]
        pieces.put((piece,))

    thread = Thread(target=work, name="pieces", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # the limit of the system
        yield take
        return
    try:
        for _ in range(_WAITING):
            room.put(None)
        yield put
    finally:
        pieces.put(None)
        thread.join()
    if errors:
        raise errors[0]
