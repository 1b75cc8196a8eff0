"""OpenAI's image API on loopback, strict: it refuses what OpenAI refuses, in OpenAI's words.

With ``own=True`` it is instead a server of one's own, as vLLM-Omni, SGLang or LocalAI are: any model, any size, a
seed, and an address as the answer unless base64 is asked for.
"""

import base64
import io
import json
import re
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image

KEY = "sk-proj-loopback0123456789"
MODELS = ("gpt-image-1.5", "gpt-image-2", "gpt-image-2.5-flare", "gpt-image-2.6-flare")
FIELDS = {"model", "prompt", "n", "size", "quality", "background", "output_format", "user", "stream"}
MAGIC = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/webp": b"RIFF"}
USAGE = {
    "input_tokens": 350, "input_tokens_details": {"text_tokens": 30, "image_tokens": 320},
    "output_tokens": 1120, "total_tokens": 1470,
}  # fmt: skip


@dataclass(frozen=True)
class Upload:
    """A file of a multipart body."""

    field: str
    filename: str
    mime: str
    content: bytes


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    fields: dict[str, Any]
    files: list[Upload]


@dataclass(frozen=True)
class Reply:
    """A scripted answer; `cut` closes the connection after so many bytes, `drip_s` waits before each piece."""

    status: int = 200
    body: bytes | dict[str, Any] = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    drip_s: float = 0.0


class Refusal(Exception):  # noqa: N818 - what the service says
    """An answer in OpenAI's error shape."""

    def __init__(
        self, status: int, message: str, *, code: str | None = None, param: str | None = None
    ) -> None:
        error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
        self.reply = Reply(status, {"error": error})


class FakeOpenai(ThreadingHTTPServer):
    """Answers from `script` first, then with a picture of the size asked for; keeps what came in `requests`."""

    daemon_threads = True

    def __init__(self, *, own: bool = False, key: str | None = KEY) -> None:
        super().__init__(("127.0.0.1", 0), _Desk)
        self.own, self.key = own, key
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.script: list[Reply] = []
        self.requests: list[Asked] = []
        self.closing = threading.Event()


@contextmanager
def serving(*, own: bool = False, key: str | None = KEY) -> Iterator[FakeOpenai]:
    """Run a server for the length of a block."""
    with FakeOpenai(own=own, key=key) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()


def png(width: int, height: int) -> bytes:
    """Return a picture that compresses to little."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), (120, 30, 30)).save(file, "PNG", compress_level=1)
    return file.getvalue()


class _Desk(BaseHTTPRequestHandler):
    server: FakeOpenai

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature is the library's
        """Say nothing."""

    def do_GET(self) -> None:
        self._send(Reply(200, png(8, 8), {"content-type": "image/png"}))
        self.server.requests.append(Asked(self.path, dict(self.headers), {}, []))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            asked = self._read(body)
            self.server.requests.append(asked)
            if self.server.script:
                return self._send(self.server.script.pop(0))
            self._judge(asked)
            self._send(self._picture(asked))
        except Refusal as exc:
            self._send(exc.reply)

    def _read(self, body: bytes) -> Asked:
        mime = self.headers["content-type"]
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.path == "/v1/images/generations":
            if mime != "application/json":
                raise Refusal(400, f"Invalid content type: {mime}")
            return Asked(self.path, headers, json.loads(body), [])
        if self.path == "/v1/images/edits":
            boundary = re.fullmatch(r"multipart/form-data; boundary=([\w-]+)", mime)
            if not boundary:
                raise Refusal(400, f"Invalid content type: {mime}")
            return Asked(self.path, headers, *_multipart(body, boundary[1].encode()))
        raise Refusal(404, f"Invalid URL (POST {self.path})")

    def _judge(self, asked: Asked) -> None:
        key = self.server.key
        if key is not None and asked.headers.get("authorization") != f"Bearer {key}":
            raise Refusal(
                401,
                f"Incorrect API key provided: {asked.headers.get('authorization')}",
                code="invalid_api_key",
            )
        if asked.path.endswith("edits") and not asked.files:
            raise Refusal(400, "Missing required parameter: 'image'.", param="image")
        names = {each.field for each in asked.files}
        if names not in (set(), {"image"}, {"image[]"}) or (names == {"image"} and len(asked.files) > 1):
            raise Refusal(400, f"Duplicate or mixed parameters: {sorted(names)}", param="image")
        for each in asked.files:
            if not each.content.startswith(MAGIC.get(each.mime, b"no such type")):
                raise Refusal(
                    400,
                    f"Invalid file '{each.filename}': unsupported mimetype ('{each.mime}')",
                    param="image",
                )
        if not self.server.own:
            self._judge_as_openai(asked)

    def _judge_as_openai(self, asked: Asked) -> None:
        model = asked.fields.get("model")
        if model not in MODELS:
            raise Refusal(404, f"The model '{model}' does not exist", code="model_not_found", param="model")
        for name in asked.fields:
            if name not in FIELDS:
                raise Refusal(400, f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)
        if len(asked.files) > 16:
            raise Refusal(400, f"Too many images: {len(asked.files)}, at most 16", param="image")
        if len(asked.fields["prompt"]) > 32_000:
            raise Refusal(400, "Prompt is too long", param="prompt")
        size = asked.fields["size"]
        if not size_is_allowed(str(model), size):
            raise Refusal(400, f"Invalid size '{size}'", code="invalid_value", param="size")

    def _picture(self, asked: Asked) -> Reply:
        width, height = map(int, asked.fields["size"].split("x"))
        entry = {"b64_json": base64.b64encode(png(width, height)).decode()}
        if self.server.own and asked.fields.get("response_format") != "b64_json":
            entry = {"url": f"{self.server.url}/files/made.png"}
        body = {"created": 1, "data": [entry], "usage": None if self.server.own else USAGE}
        return Reply(200, body, {"x-request-id": f"req_{len(self.server.requests)}"})

    def _send(self, reply: Reply) -> None:
        body = json.dumps(reply.body).encode() if isinstance(reply.body, dict) else reply.body
        headers = {"content-type": "application/json", **reply.headers}
        if reply.cut == 0:
            return self._reset()
        self.send_response(reply.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if reply.drip_s:
            for place in range(len(body)):
                if self.server.closing.wait(reply.drip_s):
                    return None
                self.wfile.write(body[place : place + 1])
                self.wfile.flush()
            return None
        self.wfile.write(body[: reply.cut])
        return None

    def _reset(self) -> None:
        """Break the connection as a crashed server does, with RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True
        self.wfile = io.BytesIO()


def size_is_allowed(model: str, size: str) -> bool:
    """Return whether OpenAI makes pictures of a size with a model."""
    if model in ("gpt-image-1.5", "gpt-image-2.6-flare"):
        return size in ("1024x1024", "1536x1024", "1024x1536")
    width, height = map(int, size.split("x"))
    fits = width % 16 == height % 16 == 0 and max(width, height) <= min(3840, 3 * min(width, height))
    return fits and 655_360 <= width * height <= 8_294_400


def _multipart(body: bytes, boundary: bytes) -> tuple[dict[str, Any], list[Upload]]:
    """Take a body apart to the byte; a part that is cut or out of place is refused."""
    first, *parts, last = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if first or last not in (b"--\r\n", b"--"):
        raise Refusal(400, "Could not parse multipart form")
    fields: dict[str, Any] = {}
    files = []
    for part in parts:
        head, separator, content = part.partition(b"\r\n\r\n")
        name = re.search(rb'form-data; name="([^"]+)"(?:; filename="([^"]+)")?', head)
        if not separator or not name:
            raise Refusal(400, "Could not parse multipart form")
        mime = re.search(rb"(?i)content-type: (\S+)", head)
        if name[2]:
            kind = mime[1].decode() if mime else "application/octet-stream"
            files.append(Upload(name[1].decode(), name[2].decode(), kind, content))
        elif name[1].decode() in fields:
            raise Refusal(400, f"Duplicate parameter: {name[1].decode()}")
        else:
            fields[name[1].decode()] = content.decode()
    return fields, files
