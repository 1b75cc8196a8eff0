"""Waiting for another process that holds the library: told of, and not for ever."""

import os
import time
from collections.abc import Callable

from musaic.errors import LibraryBusyError

_TELL_AFTER_S, _PAUSE_S = 0.1, 0.05


class Patience:
    """Waits a little, each time it is asked.

    Args:
        most_s: How long in all.
        notify: Told once who is waited for.
    """

    def __init__(self, most_s: float, notify: Callable[[str], None]) -> None:
        self._most_s, self._notify = most_s, notify
        self._began, self._told = time.monotonic(), False

    def wait(self, busy: LibraryBusyError) -> None:
        """Return after a moment, so that the library may be free by now.

        Raises:
            LibraryBusyError: It has been too long, or this very process holds the library, and waits for itself.
        """
        waited_s = time.monotonic() - self._began
        if busy.pid == os.getpid() or not self._most_s:
            raise busy
        if waited_s >= self._most_s:
            raise busy.after(waited_s) from busy
        if not self._told and waited_s >= _TELL_AFTER_S:
            self._told = True
            self._notify(f"{busy.in_use}; waiting for it, {self._most_s:.0f} s at most (Ctrl-C ends this)")
        time.sleep(min(_PAUSE_S, self._most_s - waited_s))
