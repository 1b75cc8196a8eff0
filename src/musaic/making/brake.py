"""When nothing more is to be sent: the user said so, or it would be of no use."""

import asyncio
import threading
import time

_POLL_S = 0.05
_INTERRUPTED = "interrupted before it was asked for"


class Brake:
    """Stops a run between two requests; what was sent is waited for.

    Args:
        stop: Set by the user.
    """

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._why: str | None = None

    @property
    def on(self) -> bool:
        """Whether nothing more is to be sent."""
        return self._stop.is_set() or self._why is not None

    @property
    def interrupted(self) -> bool:
        """Whether the user said so."""
        return self._stop.is_set()

    @property
    def why(self) -> str:
        """In words, for those that were not asked for."""
        return _INTERRUPTED if self._stop.is_set() else f"not asked for: {self._why}"

    def pull(self, why: str) -> None:
        """Send nothing more; the first reason stands."""
        self._why = self._why or why

    async def wait(self, seconds: float) -> None:
        """Wait so long, or until nothing more is to be sent."""
        until = time.monotonic() + seconds
        while not self.on and (left := until - time.monotonic()) > 0:
            await asyncio.sleep(min(left, _POLL_S))
