"""An event loop in a thread of its own: a notebook has one running already, and Ctrl-C must stay ours."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import TypeVar

_POLL_S = 0.1
_Result = TypeVar("_Result")


async def whole(work: Coroutine[object, object, _Result]) -> _Result:
    """Do something to its end; an interrupt that comes meanwhile is raised after it."""
    task, interrupt = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as exc:
            interrupt = exc
    if interrupt is not None:
        raise interrupt
    return task.result()


async def together(*works: Coroutine[object, object, object]) -> None:
    """Do things at the same time, each to its end; then raise what the first of them raised.

    An interrupt of one is one of all: the others are cancelled too, and waited for.
    """
    tasks = [asyncio.ensure_future(work) for work in works]
    # Without `return_exceptions` the first that raises would leave the others running unattended.
    everything = asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        task.add_done_callback(lambda done: everything.cancel() if done.cancelled() else None)
    for result in await everything:
        if isinstance(result, BaseException):
            raise result


class Loop:
    """Runs one coroutine to its end; an interrupt cancels it, waits for it, and is raised again.

    Args:
        stop: Set when an interrupt comes, before the cancelling.
    """

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._ended = threading.Event()
        self._failure: BaseException | None = None

    def run(self, work: Coroutine[object, object, None]) -> None:
        """Run `work`; raise what it raises.

        Raises:
            KeyboardInterrupt: One came meanwhile; everything was cleaned up before.
        """
        threading.Thread(target=self._thread, args=(work,), name="musaic-make").start()
        interrupt = self._waited()
        if interrupt is not None:
            raise interrupt
        if self._failure is not None:
            raise self._failure

    def _thread(self, work: Coroutine[object, object, None]) -> None:
        try:
            asyncio.run(self._guarded(work))
        except BaseException as exc:
            self._failure = exc
        finally:
            self._ended.set()

    async def _guarded(self, work: Coroutine[object, object, None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._main = asyncio.ensure_future(work)
        with contextlib.suppress(asyncio.CancelledError):
            await self._main

    def _waited(self) -> KeyboardInterrupt | None:
        """Wait for the thread; return the last interrupt that came meanwhile.

        By an event, and not by `Thread.join`: up to Python 3.12 an interrupted `join` takes a thread for ended that
        is not (https://github.com/python/cpython/issues/90882, seen with 3.11.7).
        """
        interrupt: KeyboardInterrupt | None = None
        while not self._ended.is_set():
            try:
                self._ended.wait(_POLL_S)
            except KeyboardInterrupt as exc:
                interrupt = exc
                self._abandon()
        return interrupt

    def _abandon(self) -> None:
        self._stop.set()
        if self._loop is not None and self._main is not None:
            with contextlib.suppress(RuntimeError):  # the loop may have just closed
                self._loop.call_soon_threadsafe(self._main.cancel)
