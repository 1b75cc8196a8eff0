"""A model hub on loopback: what huggingface_hub asks of the real one, and its ways to fail.

Large files (.onnx) answer as the hub does: a redirect to another host, with the SHA-256 in ``X-Linked-Etag``.
"""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "c0ffee" + "0" * 34


class FakeHub(ThreadingHTTPServer):
    """Serves `files` as one repository.

    Attributes:
        files: Name in the repository to bytes.
        corrupt: Names whose bytes are sent wrongly, though announced rightly.
        break_after: Bytes after which the next large answers break off, one entry an answer.
        stall_after: Bytes after which the next large answers stop without an end, one entry an answer.
        ignore_ranges: Send everything, whatever range is asked for.
        refuse: Status for every answer, if set.
        extra: Entries added to the listing as they are.
        requests: Method, path and Range header of all that was asked.
    """

    daemon_threads = True

    def __init__(self, repository: str, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.repository = repository
        self.files = {
            p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
        }
        self.corrupt: set[str] = set()
        self.break_after: list[int] = []
        self.stall_after: list[int] = []
        self.stopped = threading.Event()
        self.ignore_ranges = False
        self.refuse: int | None = None
        self.extra: list[dict[str, object]] = []
        self.requests: list[tuple[str, str, str | None]] = []

    def listing(self) -> dict[str, object]:
        siblings = [self._entry(name, body) for name, body in self.files.items()]
        return {
            "id": self.repository,
            "sha": COMMIT,
            "siblings": siblings + self.extra,
            "tags": [],
            "private": False,
        }

    def _entry(self, name: str, body: bytes) -> dict[str, object]:
        entry: dict[str, object] = {"rfilename": name, "size": len(body), "blobId": git_digest(body)}
        if name.endswith(".onnx"):
            entry["lfs"] = {"sha256": hashlib.sha256(body).hexdigest(), "size": len(body), "pointerSize": 134}
        return entry

    def ranges(self) -> list[str]:
        """Return the ranges of large files that were asked for."""
        return [asked for _, path, asked in self.requests if path.startswith("/cdn/") and asked]


class _Handler(BaseHTTPRequestHandler):
    server: FakeHub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        hub = self.server
        hub.requests.append((self.command, path, self.headers.get("Range")))
        if hub.refuse:
            self._send(hub.refuse, {}, b"no")
        elif path in (f"/api/models/{hub.repository}", f"/api/models/{hub.repository}/revision/main"):
            self._send(200, {"Content-Type": "application/json"}, json.dumps(hub.listing()).encode())
        elif path.startswith(f"/{hub.repository}/resolve/{COMMIT}/"):
            self._resolve(path.split(COMMIT + "/", 1)[1])
        elif path.startswith("/cdn/"):
            self._large(path.removeprefix("/cdn/"))
        else:
            self._send(404, {"X-Error-Code": "RepoNotFound"}, b"Repository not found")

    def _resolve(self, name: str) -> None:
        body = self.server.files.get(name)
        if body is None:
            self._send(404, {"X-Error-Code": "EntryNotFound"}, b"")
            return
        headers = {"X-Repo-Commit": COMMIT}
        if name.endswith(".onnx"):
            linked = {
                "X-Linked-Size": str(len(body)),
                "X-Linked-Etag": f'"{hashlib.sha256(body).hexdigest()}"',
            }
            self._send(
                302,
                headers | linked | {"Location": f"http://localhost:{self.server.server_port}/cdn/{name}"},
                b"",
            )
        else:
            self._send(200, headers | {"ETag": f'"{git_digest(body)}"'}, self._body(name))

    def _large(self, name: str) -> None:
        body, wanted = self._body(name), self.headers.get("Range")
        start = (
            0
            if wanted is None or self.server.ignore_ranges
            else int(wanted.removeprefix("bytes=").rstrip("-"))
        )
        headers = {"Accept-Ranges": "bytes"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        self._send(206 if start else 200, headers, body[start:], breakable=True)

    def _body(self, name: str) -> bytes:
        body = self.server.files[name]
        return body[:-1] + bytes([body[-1] ^ 1]) if name in self.server.corrupt else body

    def _send(self, status: int, headers: dict[str, str], body: bytes, *, breakable: bool = False) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if breakable and self.server.break_after:
            body = body[: self.server.break_after.pop(0)]
            self.close_connection = True
        elif breakable and self.server.stall_after:
            self.wfile.write(body[: self.server.stall_after.pop(0)])
            self.server.stopped.wait(60)
            self.close_connection = True
            return
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""


def git_digest(body: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()


@contextmanager
def running(repository: str, folder: Path) -> Iterator[FakeHub]:
    """Serve a folder as a repository of the hub."""
    with FakeHub(repository, folder) as hub:
        thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield hub
        finally:
            hub.stopped.set()
            hub.shutdown()
            thread.join()
