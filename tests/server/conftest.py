"""The real Milvus server that these tests share; without one, see run.py, they are not collected."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest

from musaic.config import StoreSettings
from musaic.errors import StoreError
from musaic.store import Store

PROGRAM = os.environ.get("MUSAIC_TEST_SERVER")
if not PROGRAM:
    collect_ignore_glob = ["test_*.py"]

PORT = 19530
SETTINGS = StoreSettings(uri=f"http://127.0.0.1:{PORT}", token="root:Milvus", timeout_s=60)
_START_S = 120.0
# Milvus' own setting, in seconds: after a kill it waits until what its dead self registered has run out. Longer than a
# test holds it still.
_ENVIRONMENT = {"COMMON_SESSION_TTL": "20"}


class Milvus:
    """A server with token authentication that can be stopped, killed and started again with its rows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it, and wait until it answers."""
        assert PROGRAM
        options = ["--data", str(self.folder), "--proxy-port", str(PORT), "--authorization-enabled", "true"]
        with (self.folder / "server.log").open("ab") as log:
            # A session of its own: the launcher leaves its child running when it alone is stopped.
            self._process = subprocess.Popen(
                [PROGRAM, *options],
                stdout=log,
                stderr=log,
                env=os.environ | _ENVIRONMENT,
                start_new_session=True,
            )
        self._until(self._answers, "start")
        return self

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the launcher and the server."""
        assert self._process
        os.killpg(self._process.pid, number)

    def kill(self) -> None:
        """Kill it as a power cut would, and wait until its port is free."""
        self.signal(signal.SIGKILL)
        assert self._process
        self._process.wait()
        self._until(self._is_free, "end")

    def _answers(self) -> bool:
        try:
            with tempfile.TemporaryDirectory() as folder, Store.open(SETTINGS, Path(folder)) as store:
                return bool(store.capabilities.server)
        except StoreError:
            return False

    def _is_free(self) -> bool:
        """Say whether the port can be had the way the launcher asks: else it takes the next one."""
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", PORT))
            except OSError:
                return False
        return True

    def _until(self, reached: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _START_S
        while not reached():
            log = (self.folder / "server.log").read_text(errors="replace")[-2_000:]
            assert time.monotonic() < deadline, f"the server did not {what} in {_START_S:.0f} s:\n{log}"
            time.sleep(0.2)


@pytest.fixture(scope="session")
def milvus() -> Iterator[Milvus]:
    with tempfile.TemporaryDirectory(prefix="musaic-milvus-", ignore_cleanup_errors=True) as folder:
        server = Milvus(Path(folder))
        try:
            yield server.start()
        finally:
            server.kill()


@pytest.fixture
def server_settings(milvus: Milvus) -> StoreSettings:
    return SETTINGS
