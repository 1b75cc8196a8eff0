"""A program on a pseudo-terminal."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.shop import environment

# A session of its own takes a terminal as its own only when it asks; then typed Ctrl-C and questions work as usual.
_TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """A program on a pseudo-terminal; `screen` is all it wrote there."""

    def __init__(
        self, arguments: Sequence[object], *, here: Path, stdout: int | None = None, **more: str
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-c", _TAKE_TERMINAL, *(str(each) for each in arguments)],
            cwd=here, env=environment(here, **{"TERM": "xterm-256color", **more}),
            stdin=slave, stdout=stdout or slave, stderr=slave, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.screen = ""

    def read_until(self, found: Callable[[str], bool], *, timeout_s: float = 90) -> None:
        deadline = time.monotonic() + timeout_s
        while not found(self.screen):
            left = deadline - time.monotonic()
            assert left > 0, self.screen
            if select.select([self._master], [], [], left)[0]:
                try:
                    self.screen += os.read(self._master, 65536).decode("utf-8", "replace")
                except OSError:  # Linux says EIO at the end
                    return

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def end(self) -> int:
        self.read_until(lambda _: False)
        os.close(self._master)
        return self.process.wait(90)
