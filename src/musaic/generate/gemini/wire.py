"""The connection: an HTTP client of our own, given to the SDK.

The SDK's own would follow redirects and take the key along, and would be aiohttp wherever that is
installed, which sends a paid request a second time after a reset (google-genai 2.34 and 3.4). Ours also tells how far a
request got, which decides whether it may have been billed.
"""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import Any

from musaic.errors import EngineError
from musaic.generate.bodies import limit_body
from musaic.generate.gemini.failures import Billed, Refusal, endless
from musaic.generate.progress import Progress

CONNECT_S = 20.0


@dataclass(slots=True, kw_only=True)
class Sending(Progress):
    """How far one request to Gemini has got.

    Attributes:
        refused: Makes the error of an answer that is not 200.
        host: Of the server, once it is known.
        came: The body of an answer with status 200, once all of it is here.
    """

    refused: Callable[[Refusal], EngineError] = field(repr=False)
    host: str = "Gemini"
    came: bytes = field(default=b"", repr=False)

    @property
    def billed(self) -> Billed:
        """Whether a failure now may cost something."""
        safe = not self.begun or (self.watched and not self.sent)
        return "no" if safe else "unknown"


current: ContextVar[Sending] = ContextVar("current")
"""The request that the running task sends."""


def open_http(sdk_version: str) -> Any:
    """Return an asynchronous HTTP client of the kind that a version of the SDK takes.

    It honours the proxy and certificate variables of the environment, follows no redirect, and keeps no idle
    connection: one that the server has closed meanwhile would look like a request that was lost after sending.
    """
    first, second = ("httpx2", "httpx") if int(sdk_version.split(".")[0]) >= 3 else ("httpx", "httpx2")
    try:
        http = import_module(first)
    except ImportError:
        http = import_module(second)
    return http.AsyncClient(
        follow_redirects=False,
        limits=http.Limits(max_keepalive_connections=0),
        event_hooks={"request": [_before], "response": [_after]},
    )


async def _before(request: Any) -> None:
    sending = current.get()
    sending.begun, sending.host = True, request.url.host
    limits = request.extensions["timeout"]
    connect_s = min(CONNECT_S, limits.get("connect") or CONNECT_S)
    request.extensions["timeout"] = {**limits, "connect": connect_s}
    request.extensions["trace"] = sending.watch


async def _after(response: Any) -> None:
    """Limit an answer, and turn a refusal into our error: the SDK reads all and trips over what is not UTF-8."""
    sending = current.get()
    limit_body(response, refuse=partial(endless, host=sending.host))
    if response.status_code == 200:
        sending.came = await response.aread()
        return
    try:
        body = await response.aread()
    except Exception:
        body = b""  # the status alone says enough, whatever broke the body
    headers = {name.lower(): value for name, value in response.headers.items()}
    raise sending.refused(Refusal(response.status_code, headers, body, sending.host))
