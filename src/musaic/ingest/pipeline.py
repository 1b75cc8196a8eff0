"""Decode in one pool, encode in another, hand results to one caller: the engine of ingest.

Both pools are bounded, so memory does not grow with the number of jobs. Decoding and ONNX Runtime
release the GIL; several encoding threads with one core each beat one call with many
(docs/benchmarks.md).
"""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from musaic.schemas import FileEvent


class _Prepared(Protocol):
    @property
    def pixels(self) -> NDArray[np.float32] | None:
        """What the vision tower wants, or None where no vector is needed."""
        ...


Job = TypeVar("Job")
Ready = TypeVar("Ready", bound=_Prepared)


@dataclass(frozen=True, slots=True)
class Encoded(Generic[Ready]):
    """A decoded job with its vector, shape ``(dim,)``; None where none was needed."""

    ready: Ready
    vector: NDArray[np.float32] | None


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
    jobs: Iterable[Job | FileEvent],
    decode: Callable[[Job], Ready | FileEvent],
    embed: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    *,
    pools: Pools,
    stop: threading.Event,
) -> Iterator[Encoded[Ready] | FileEvent]:
    """Yield each job's outcome as it comes, in no fixed order; events among the jobs pass through.

    Once `stop` is set no new job is taken; what was already decoded is still encoded and yielded.
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
        embed: Callable[[NDArray[np.float32]], NDArray[np.float32]],
        decoders: ThreadPoolExecutor,
        callers: ThreadPoolExecutor,
        pools: Pools,
    ) -> None:
        self._decode, self._embed = decode, embed
        self._decoders, self._callers, self._pools = decoders, callers, pools
        self._results: queue.SimpleQueue[tuple[bool, Future[object]]] = queue.SimpleQueue()
        self._batch: list[Ready] = []
        self._decoding = self._encoding = 0

    def run(
        self, jobs: Iterator[Job | FileEvent], stop: threading.Event
    ) -> Iterator[Encoded[Ready] | FileEvent]:
        more = True
        while True:
            while more and not stop.is_set() and self._in_flight() < self._pools.in_flight:
                job = next(jobs, None)
                if job is None:
                    more = False
                elif isinstance(job, FileEvent):
                    yield job
                else:
                    self._submit_decode(job)
            if self._batch and not self._decoding:
                self._submit_batch()
            if not self._in_flight():
                if more and not stop.is_set():
                    continue
                return
            yield from self._take(*self._results.get())

    def _in_flight(self) -> int:
        return self._decoding + len(self._batch) + self._encoding

    def _submit_decode(self, job: Job) -> None:
        self._decoding += 1
        future = self._decoders.submit(self._decode, job)
        future.add_done_callback(lambda done: self._results.put((True, done)))

    def _submit_batch(self) -> None:
        batch, self._batch = self._batch, []
        self._encoding += len(batch)
        future = self._callers.submit(self._encode, batch)
        future.add_done_callback(lambda done: self._results.put((False, done)))

    def _encode(self, batch: list[Ready]) -> list[Encoded[Ready]]:
        vectors = self._embed(np.stack([ready.pixels for ready in batch if ready.pixels is not None]))
        return [Encoded(ready, vector) for ready, vector in zip(batch, vectors, strict=True)]

    def _take(self, decoded: bool, future: Future[object]) -> Iterator[Encoded[Ready] | FileEvent]:
        result = future.result()
        if not decoded:
            assert isinstance(result, list)
            self._encoding -= len(result)
            yield from result
            return
        self._decoding -= 1
        if isinstance(result, FileEvent):
            yield result
        elif result.pixels is None:  # type: ignore[attr-defined]
            yield Encoded(result, None)  # type: ignore[arg-type]
        else:
            self._batch.append(result)  # type: ignore[arg-type]
            if len(self._batch) >= self._pools.batch_size:
                self._submit_batch()
