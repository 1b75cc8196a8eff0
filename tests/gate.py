"""A program whose encoder waits at a gate: how far a run has come is the test's choice, not the machine's."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Runs as `python -m musaic` does. Every batch takes a letter out of the pipe before it is encoded, and each picture
# is written, and reported, by itself.
_PROGRAM = """
import os, runpy, sys, threading
import musaic.ingest.reindex, musaic.ingest.run
from musaic.embed.onnx import OnnxEmbedder

gate = os.open({path!r}, os.O_RDONLY)
real = OnnxEmbedder.embed_prepared

def embed_prepared(self, pixels):
    if threading.current_thread() is not threading.main_thread():  # which tries a new encoder before the run
        os.read(gate, 1)
    return real(self, pixels)

OnnxEmbedder.embed_prepared = embed_prepared
musaic.ingest.run._FLUSH_ROWS = musaic.ingest.reindex._FLUSH_ROWS = 1
sys.argv[0] = "musaic"
runpy.run_module("musaic", run_name="__main__", alter_sys=True)
"""


class Gate:
    """Lets batches of a program through; shut until told otherwise.

    Attributes:
        program: What to start instead of `python -m musaic`; a gate is for one start.
    """

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        # For reading too: neither end then waits for the other one to be opened.
        self._pipe: int | None = os.open(path, os.O_RDWR)
        self.program = (sys.executable, "-c", _PROGRAM.format(path=str(path)))

    def let(self, batches: int) -> None:
        """Let so many more batches be encoded."""
        assert self._pipe is not None
        os.write(self._pipe, b"." * batches)

    def open(self) -> None:
        """Let everything through from now on; a second call does nothing."""
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None


@contextmanager
def gate(path: Path) -> Iterator[Gate]:
    """Keep a gate, a pipe under a new name, for the length of a block; what still waits there goes on after it."""
    made = Gate(path)
    try:
        yield made
    finally:
        made.open()
