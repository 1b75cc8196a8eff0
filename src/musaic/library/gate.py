"""Many threads ask, and one now and then changes what all of them ask."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """Lets those who ask in together, and who changes something in alone.

    A thread that is in may go in again, also while another one waits to be alone.
    """

    def __init__(self) -> None:
        self._moved = threading.Condition()
        self._own = threading.local()
        self._asking = 0
        self._wanted_alone = False

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Be in with others."""
        depth = getattr(self._own, "depth", 0)
        with self._moved:
            if not depth:
                self._moved.wait_for(lambda: not self._wanted_alone)
            self._asking += 1
        self._own.depth = depth + 1
        try:
            yield
        finally:
            self._own.depth = depth
            with self._moved:
                self._asking -= 1
                self._moved.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be in when all others are out. One thread at a time may ask for it."""
        with self._moved:
            # From here on nobody new comes in, or it might never be empty.
            self._wanted_alone = True
            try:
                self._moved.wait_for(lambda: self._asking == getattr(self._own, "depth", 0))
                yield
            finally:
                self._wanted_alone = False
                self._moved.notify_all()
