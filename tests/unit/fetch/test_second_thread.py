from __future__ import annotations

import threading

import pytest

from lockenv.fetch.second_thread import second_thread


def test_pieces_are_taken_in_order_by_another_thread_and_all_before_the_block_ends() -> None:
    taken: list[tuple[int, bool]] = []
    own = threading.get_ident()

    def take(piece: int) -> None:
        taken.append((piece, threading.get_ident() == own))

    with second_thread(take) as put:
        for number in range(100):
            put(number)

    assert taken == [(number, False) for number in range(100)]


def test_only_a_few_pieces_wait() -> None:
    gate, made = threading.Event(), threading.Semaphore(0)

    def take(_: int) -> None:
        gate.wait()

    def make() -> None:
        with second_thread(take) as put:
            for _ in range(100):
                put(0)
                made.release()

    maker = threading.Thread(target=make)
    maker.start()
    for _ in range(4):
        made.acquire()
    is_fifth_held_back = not made.acquire(timeout=0.05)
    gate.set()
    maker.join()

    assert is_fifth_held_back


def test_error_is_raised_where_the_pieces_are_made_and_nothing_is_taken_after_it() -> None:
    taken: list[int] = []

    def take(piece: int) -> None:
        taken.append(piece)
        if piece == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), second_thread(take) as put:
        for number in range(100):
            put(number)

    assert taken == [0, 1, 2]


def test_error_at_the_last_piece_is_raised() -> None:
    def take(_: int) -> None:
        raise OSError("full")

    with pytest.raises(OSError, match="full"), second_thread(take) as put:
        put(1)


def test_error_of_the_block_goes_first_and_the_thread_ends() -> None:
    before = set(threading.enumerate())

    def take(_: int) -> None:
        raise OSError("full")

    with pytest.raises(ValueError, match="damaged"), second_thread(take) as put:
        put(1)
        raise ValueError("damaged")

    assert set(threading.enumerate()) <= before
