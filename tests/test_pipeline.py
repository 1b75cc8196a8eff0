"""The engine of ingest: bounded, in any order, and no single picture stops it."""

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from musaic.errors import EmbedError, LibraryError
from musaic.ingest.pipeline import Encoded, Pools, run
from musaic.schemas import FileEvent

POOLS = Pools(batch_size=4, decoders=2, callers=2)


@dataclass(frozen=True)
class Number:
    """A job and its decoded form: pixels that hold the number itself."""

    value: int
    pixels: NDArray[np.float32] | None = None

    @property
    def path(self) -> str:
        return str(self.value)


def decode(job: Number) -> Number | FileEvent:
    return Number(job.value, np.full((3, 2, 2), job.value, np.float32))


def embed(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    return pixels[:, :, 0, 0]


def outcomes(jobs, *, decode=decode, embed=embed, pools=POOLS, stop=None):
    """Vectors by number, and reasons by path."""
    found = list(run(jobs, decode, embed, pools=pools, stop=stop or threading.Event()))
    vectors = [(each.ready.value, each.vector) for each in found if isinstance(each, Encoded)]
    reasons = {each.path: each.reason for each in found if isinstance(each, FileEvent)}
    assert len(vectors) + len(reasons) == len(found)
    return dict(vectors), reasons


def numbers(count: int) -> Iterator[Number]:
    return (Number(value) for value in range(count))


def refuse(*values: int, error: type[Exception] = RuntimeError):
    def embed_others(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        if set(pixels[:, 0, 0, 0].astype(int)) & set(values):
            raise error("not that one")
        return embed(pixels)

    return embed_others


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 97])
def test_every_job_comes_out_once_with_its_own_vector(count: int) -> None:
    vectors, reasons = outcomes(numbers(count))

    assert sorted(vectors) == list(range(count))
    assert all(vector.tolist() == [value] * 3 for value, vector in vectors.items())
    assert not reasons


def test_events_pass_through_and_what_needs_no_vector_gets_none() -> None:
    events = [FileEvent(event="skipped", path=name, reason="hidden") for name in ("x", "y")]

    vectors, reasons = outcomes([events[0], Number(1), None, events[1], Number(2)], decode=lambda job: job)

    assert vectors == {1: None, 2: None}
    assert reasons == {"x": "hidden", "y": "hidden"}


@pytest.mark.parametrize("pools", [POOLS, Pools(batch_size=1, decoders=1, callers=1), Pools(7, 3, 1)])
def test_no_more_is_in_flight_than_the_pools_say(pools: Pools) -> None:
    taken, given_back, most = itertools.count(), 0, 0
    seen = 0

    def jobs() -> Iterator[Number]:
        nonlocal most, seen
        for value in range(400):
            seen = next(taken) + 1
            most = max(most, seen - given_back)
            yield Number(value)

    for _ in run(jobs(), decode, embed, pools=pools, stop=threading.Event()):
        given_back += 1
        if given_back % 50 == 0:
            time.sleep(0.02)  # a slow writer: the pools must not run away from it

    assert given_back == 400
    assert most <= pools.in_flight


def test_an_unexpected_error_of_a_decoder_fails_one_picture() -> None:
    def odd(job: Number) -> Number | FileEvent:
        if job.value == 5:
            raise ZeroDivisionError("width")
        if job.value == 7:
            raise MemoryError
        return decode(job)

    vectors, reasons = outcomes(numbers(20), decode=odd)

    assert len(vectors) == 18
    assert reasons == {
        "5": "could not be taken in (ZeroDivisionError: width)",
        "7": "could not be taken in (MemoryError: no reason given)",
    }


def test_an_error_of_ours_in_a_decoder_ends_the_run() -> None:
    def full(job: Number) -> Number:
        raise LibraryError("the disk is full")

    with pytest.raises(LibraryError, match="the disk is full"):
        outcomes(numbers(20), decode=full)


@pytest.mark.parametrize("error", [RuntimeError, EmbedError])
def test_a_picture_that_the_encoder_refuses_fails_alone(error: type[Exception]) -> None:
    vectors, reasons = outcomes(numbers(40), embed=refuse(3, 11, error=error))

    assert sorted(vectors) == [value for value in range(40) if value not in (3, 11)]
    assert all(vector.tolist() == [value] * 3 for value, vector in vectors.items())
    assert reasons == dict.fromkeys(("3", "11"), f"could not be taken in ({error.__name__}: not that one)")


def test_an_encoder_that_refuses_everything_ends_the_run() -> None:
    with pytest.raises(EmbedError, match="failed on every picture"):
        outcomes(numbers(40), embed=refuse(*range(40)))
    with pytest.raises(EmbedError, match="not that one"):
        outcomes(numbers(1), embed=refuse(0, error=EmbedError))


def test_an_encoder_that_breaks_in_mid_run_ends_it_soon() -> None:
    calls = itertools.count()

    def breaks(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        if next(calls) > 5:
            raise RuntimeError("out of memory")
        return embed(pixels)

    with pytest.raises(EmbedError, match="out of memory"):
        outcomes(numbers(2_000), embed=breaks)
    assert next(calls) < 200


def test_a_stop_takes_no_new_job_and_finishes_those_in_hand() -> None:
    stop, taken = threading.Event(), []

    def jobs() -> Iterator[Number]:
        for value in range(1_000):
            taken.append(value)
            if value == 30:
                stop.set()
            yield Number(value)

    vectors, _ = outcomes(jobs(), stop=stop)

    assert taken == list(range(31))
    assert sorted(vectors) == taken


def test_what_is_decoded_is_encoded_while_the_list_is_slow() -> None:
    """The listing of a network drive must not hold back what was found already."""
    encoded = threading.Event()

    def slow() -> Iterator[Number | None]:
        yield Number(1)
        deadline = time.monotonic() + 5
        while not encoded.is_set():
            assert time.monotonic() < deadline, "the first picture waits for the second to be found"
            time.sleep(0.01)
            yield None
        yield Number(2)

    def embed_and_tell(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        encoded.set()
        return embed(pixels)

    vectors, _ = outcomes(slow(), embed=embed_and_tell)

    assert sorted(vectors) == [1, 2]


def test_a_long_decode_does_not_hold_back_what_is_found_meanwhile() -> None:
    other = threading.Event()

    def decode_pair(job: Number) -> Number | FileEvent:
        if job.value == 1:
            assert other.wait(5), "the second picture waits for the first"
        other.set()
        return decode(job)

    vectors, reasons = outcomes([Number(1), None, Number(2)], decode=decode_pair)

    assert sorted(vectors) == [1, 2], reasons


def test_an_error_of_the_list_comes_out_and_ends_the_threads() -> None:
    def broken() -> Iterator[Number]:
        yield from numbers(3)
        raise OSError("drive gone")

    before = threading.active_count()
    with pytest.raises(OSError, match="drive gone"):
        outcomes(broken())
    assert threading.active_count() <= before


def test_a_run_that_is_left_early_ends_its_threads() -> None:
    before = threading.active_count()
    walk = run(numbers(1_000), decode, embed, pools=POOLS, stop=threading.Event())
    next(walk)

    walk.close()

    assert threading.active_count() <= before
