"""A server on loopback that answers with whatever bytes it is told to, or breaks the connection."""

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """One answer.

    Attributes:
        body: Bytes as they are, or JSON.
        status: Of HTTP.
        headers: Besides Content-Length.
        wait_s: Before anything is sent.
        drip_s: Between any two bytes of the body.
        cut: Bytes of the body after which the connection ends.
        together: Nothing is sent before so many requests have come in all.
        reset: The connection is reset instead of answered: after the request was read, or in the middle of it.
        raw: Sent instead of all of it.
    """

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    wait_s: float = 0
    together: int = 0
    drip_s: float = 0
    cut: int | None = None
    reset: str = ""
    raw: bytes | None = None

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Seen:
    """A request: its headers with small letters, and its body as JSON, or as bytes where it is none."""

    path: str
    headers: Mapping[str, str]
    body: Any


class Replies(ThreadingHTTPServer):
    """Answers from `replies`, in order, and keeps every request in `seen`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.replies: list[Reply] = []
        self.seen: list[Seen] = []
        self.over = threading.Event()

    def wait_for(self, count: int) -> None:
        """Wait until so many requests have come in all."""
        deadline = time.monotonic() + 60
        while len(self.seen) < count:
            assert time.monotonic() < deadline, f"{len(self.seen)} of {count} requests came"
            time.sleep(0.005)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet: clients that go away are part of the tests."""


class _Connection(BaseHTTPRequestHandler):
    server: Replies
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        reply = self.server.replies.pop(0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        if reply.reset == "early":
            self.server.seen.append(Seen(self.path, headers, None))
            self.rfile.read(1000)
            self._reset()
            return
        body = self.rfile.read(int(headers.get("content-length", 0)))
        self.server.seen.append(Seen(self.path, headers, _parsed(body)))
        while len(self.server.seen) < reply.together and not self.server.over.wait(0.005):
            pass
        self.server.over.wait(reply.wait_s)
        if reply.reset:
            self._reset()
        elif reply.raw is not None:
            self.wfile.write(reply.raw)
            self.close_connection = True
        else:
            self._send(reply)

    def do_CONNECT(self) -> None:
        self.server.seen.append(
            Seen(self.path, {name.lower(): value for name, value in self.headers.items()}, None)
        )
        self.wfile.write(self.server.replies.pop(0).raw or b"")
        self.close_connection = True

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in ({"Content-Length": str(len(reply.content))} | dict(reply.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        if not reply.drip_s:
            self.wfile.write(reply.content[: reply.cut])
        for byte in reply.content if reply.drip_s else b"":
            self.wfile.write(bytes([byte]))
            if self.server.over.wait(reply.drip_s):
                break
        self.close_connection = self.close_connection or reply.cut is not None

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body


@contextmanager
def running() -> Iterator[Replies]:
    """Serve until the end of the block."""
    with Replies() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()
