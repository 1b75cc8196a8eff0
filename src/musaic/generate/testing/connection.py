"""The connections of the loopback Gemini: HTTP read and written, and broken where it was told to."""

import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from musaic.generate.testing.behaviours import Step
from musaic.generate.testing.failures import Reply

# A body beyond this is read and thrown away, so that its sender hears why it is refused.
_MOST_KEPT_BYTES = 120_000_000
_DRIPS = 40


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as it came off the wire.

    Attributes:
        method: In capitals.
        path: Without the query.
        query_key: The key in the query, where there is one.
        headers: By name in lower case.
        body: Empty where it was too long to keep.
        body_bytes: Its length.
    """

    method: str
    path: str
    query_key: str | None = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    body_bytes: int


@dataclass(frozen=True, slots=True)
class Told:
    """What a request gets.

    Attributes:
        step: How it is sent.
        reply: What is sent.
        done: To be called the moment before the answer goes out.
        closing: Set when the server ends: waiting is over then.
    """

    step: Step
    reply: Reply
    done: Callable[[], None]
    closing: threading.Event


class Listener(ThreadingHTTPServer):
    """Listens on 127.0.0.1 and gives every request to a function."""

    # Threads are waited for at the end, so that none outlives the server.
    daemon_threads = False

    def __init__(self, port: int, answered: Callable[[Arrival], Told]) -> None:
        self.answered = answered
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Connection)
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.02,), name="fake-gemini", daemon=True
        )

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """End: connections are cut off. A second call does nothing."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Note a connection, so that it can be cut off."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that ends."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: D102  the base class says it
        # A client that has gone is what many tests want; anything else is a fault of ours and is shown.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Connection(BaseHTTPRequestHandler):
    server: Listener
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "fake-gemini", ""
    # Headers and body leave in two writes; the second shall not wait for the first's receipt.
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self._send(self.server.answered(self._arrival()))

    do_GET = do_PUT = do_DELETE = do_PATCH = do_POST  # noqa: N815  the names are http.server's

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is http.server's
        """Stay silent; the server reports requests itself."""

    def _arrival(self) -> Arrival:
        url = urlsplit(self.path)
        length = int(self.headers.get("content-length") or 0)
        body, left = b"", length
        if length <= _MOST_KEPT_BYTES:
            body, left = self.rfile.read(length), 0
        while left > 0:
            left -= len(self.rfile.read(min(left, 1 << 20))) or left
        key = parse_qs(url.query).get("key", [None])[0]
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Arrival(self.command, url.path, key, headers, body, length)

    def _send(self, told: Told) -> None:
        step, body = told.step, told.reply.body
        if step.behaviour == "slow":
            told.closing.wait(step.seconds)
        if told.closing.is_set():
            self.close_connection = True
            return
        told.done()
        if step.behaviour == "reset":
            self._reset()
            return
        self._send_head(told.reply)
        if step.behaviour == "cut_body":
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif step.behaviour == "drip":
            self._drip(told)
        else:
            self.wfile.write(body)

    def _send_head(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _drip(self, told: Told) -> None:
        body, step = told.reply.body, -(-len(told.reply.body) // _DRIPS)
        for start in range(0, len(body), step):
            if told.closing.wait(told.step.seconds / _DRIPS):
                self.close_connection = True
                return
            self.wfile.write(body[start : start + step])

    def _reset(self) -> None:
        # Lingering for zero seconds makes the system send RST instead of FIN.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()
