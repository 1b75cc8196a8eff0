"""Decode in one pool, encode in another, hand results to one caller: the engine of ingest.

Both pools are bounded, so memory does not grow with the number of jobs. Decoding and ONNX Runtime
release the GIL; several encoding threads with one core each beat one call with many
(docs/benchmarks.md).
"""

import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from musaic.errors import EmbedError, MusaicError
from musaic.schemas import FileEvent

# So many pictures refused one after the other, each alone, are the encoder's fault and not theirs.
_GIVE_UP_AFTER = 32

Embed = Callable[[NDArray[np.float32]], NDArray[np.float32]]


class _Job(Protocol):
    @property
    def path(self) -> str:
        """What a failure is reported under."""
        ...


class _Prepared(_Job, Protocol):
    @property
    def pixels(self) -> NDArray[np.float32] | None:
        """What the vision tower wants, or None where no vector is needed."""
        ...


Job = TypeVar("Job", bound=_Job)
Ready = TypeVar("Ready", bound=_Prepared)


@dataclass(frozen=True, slots=True)
class Encoded(Generic[Ready]):
    """A decoded job with its vector, shape ``(dim,)``; None where none was needed."""

    ready: Ready
    vector: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True)
class _Refused(Generic[Ready]):
    """A picture that the encoder refused also when it was alone."""

    ready: Ready
    error: Exception


@dataclass(frozen=True, slots=True)
class Pools:
    """How wide each stage is: pictures a batch, and threads."""

    batch_size: int
    decoders: int
    callers: int

    @property
    def in_flight(self) -> int:
        """The most jobs that may be between the first stage and the caller."""
        return self.batch_size * (self.callers + 2) + self.decoders


def run(
    jobs: Iterable[Job | FileEvent | None],
    decode: Callable[[Job], Ready | FileEvent],
    embed: Embed,
    *,
    pools: Pools,
    stop: threading.Event,
) -> Generator[Encoded[Ready] | FileEvent, None, None]:
    """Yield each job's outcome as it comes, in no fixed order.

    Once `stop` is set no new job is taken; what was already taken is still decoded, encoded and yielded.

    Args:
        jobs: Events among them pass through; None says that there is none yet.
        decode: Runs in the decoding threads. What it raises fails that job alone, unless it is an error
            of ours: then no other job would fare better, and the run ends with it.
        embed: Runs in the encoding threads on stacked pixels. A batch that it refuses is tried again one
            by one, so that a single picture cannot take others down.
        pools: How wide each stage is.
        stop: Set from outside.

    Raises:
        EmbedError: The encoder refused everything, or many pictures in a row.
    """
    with (
        ThreadPoolExecutor(pools.decoders, "musaic-decode") as decoders,
        ThreadPoolExecutor(pools.callers, "musaic-encode") as callers,
    ):
        line = _Line(decode, embed, decoders, callers, pools)
        try:
            yield from line.run(iter(jobs), stop)
        finally:
            decoders.shutdown(wait=False, cancel_futures=True)
            callers.shutdown(wait=False, cancel_futures=True)


class _Line(Generic[Job, Ready]):
    def __init__(
        self,
        decode: Callable[[Job], Ready | FileEvent],
        embed: Embed,
        decoders: ThreadPoolExecutor,
        callers: ThreadPoolExecutor,
        pools: Pools,
    ) -> None:
        self._decode, self._embed = decode, embed
        self._decoders, self._callers, self._pools = decoders, callers, pools
        # What a thread has finished, as a call that takes it in.
        self._finished: queue.SimpleQueue[Callable[[], Iterator[Encoded[Ready] | FileEvent]]] = (
            queue.SimpleQueue()
        )
        self._batch: list[Ready] = []
        self._decoding = self._encoding = 0
        self._refused_in_a_row, self._works = 0, False

    def run(
        self, jobs: Iterator[Job | FileEvent | None], stop: threading.Event
    ) -> Iterator[Encoded[Ready] | FileEvent]:
        more = True
        while True:
            waiting = False
            while more and not waiting and not stop.is_set() and self._in_flight() < self._pools.in_flight:
                try:
                    job = next(jobs)
                except StopIteration:
                    more = False
                    break
                if job is None:
                    waiting = True
                elif isinstance(job, FileEvent):
                    yield job
                else:
                    self._submit_decode(job)
            if self._batch and not self._decoding:
                self._submit_rest()
            if self._in_flight():
                yield from self._take(block=not waiting)
            elif not more or stop.is_set():
                return

    def _in_flight(self) -> int:
        return self._decoding + len(self._batch) + self._encoding

    def _submit_decode(self, job: Job) -> None:
        self._decoding += 1
        future = self._decoders.submit(self._decode, job)
        future.add_done_callback(lambda done: self._finished.put(lambda: self._decoded(job, done)))

    def _submit_rest(self) -> None:
        """Share the last pictures among idle callers, so that no core waits for one long batch."""
        rest, self._batch = self._batch, []
        shares = 1 if self._encoding else self._pools.callers
        size = -(-len(rest) // shares)
        for start in range(0, len(rest), size):
            self._batch = rest[start : start + size]
            self._submit_batch()

    def _submit_batch(self) -> None:
        batch, self._batch = self._batch, []
        self._encoding += len(batch)
        future = self._callers.submit(self._encode, batch)
        future.add_done_callback(lambda done: self._finished.put(lambda: self._encoded(done)))

    def _encode(self, batch: Sequence[Ready]) -> list[Encoded[Ready] | _Refused[Ready]]:
        try:
            vectors = self._embed(np.stack([ready.pixels for ready in batch if ready.pixels is not None]))
            return [Encoded(ready, vector) for ready, vector in zip(batch, vectors, strict=True)]
        except Exception as exc:
            if len(batch) == 1:
                return [_Refused(batch[0], exc)]
            return [outcome for ready in batch for outcome in self._encode([ready])]

    def _take(self, *, block: bool) -> Iterator[Encoded[Ready] | FileEvent]:
        """Take in what is finished: at least one thing, or only what is there already."""
        if block:
            yield from self._finished.get()()
        while not self._finished.empty():
            yield from self._finished.get()()

    def _decoded(self, job: Job, future: Future[Ready | FileEvent]) -> Iterator[Encoded[Ready] | FileEvent]:
        self._decoding -= 1
        try:
            result = future.result()
        except MusaicError:
            raise
        except Exception as exc:
            yield _failed(job.path, exc)
            return
        if isinstance(result, FileEvent):
            yield result
        elif result.pixels is None:
            yield Encoded(result, None)
        else:
            self._batch.append(result)
            if len(self._batch) >= self._pools.batch_size:
                self._submit_batch()

    def _encoded(
        self, future: Future[list[Encoded[Ready] | _Refused[Ready]]]
    ) -> Iterator[Encoded[Ready] | FileEvent]:
        outcomes = future.result()
        self._encoding -= len(outcomes)
        self._works |= any(isinstance(outcome, Encoded) for outcome in outcomes)
        for outcome in outcomes:
            if isinstance(outcome, Encoded):
                self._refused_in_a_row = 0
                yield outcome
                continue
            self._refused_in_a_row += 1
            if not self._works or self._refused_in_a_row >= _GIVE_UP_AFTER:
                raise _encoder_error(outcome.error)
            yield _failed(outcome.ready.path, outcome.error)


def _failed(path: str, error: Exception) -> FileEvent:
    words = str(error) or "no reason given"
    return FileEvent(
        event="failed", path=path, reason=f"could not be taken in ({type(error).__name__}: {words})"
    )


def _encoder_error(error: Exception) -> MusaicError:
    if isinstance(error, MusaicError):
        return error
    wrapped = EmbedError(
        f"the encoder failed on every picture it was given ({type(error).__name__}: {error})"
    )
    wrapped.__cause__ = error
    return wrapped
