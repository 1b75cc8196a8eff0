"""How far a request has got, told by the HTTP client: what never left costs nothing."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far one request has got.

    Attributes:
        begun: The request was handed to the HTTP client.
        watched: The HTTP client tells of its progress.
        leaving: Its own first bytes are being sent; what a proxy is asked before is not its own.
        headed: Its headers have left.
        posting: The body being sent is the request's own.
        sent: The whole request has left.
    """

    begun: bool = False
    watched: bool = False
    leaving: bool = False
    headed: bool = False
    posting: bool = False
    sent: bool = False

    @property
    def unsent(self) -> bool:
        """Whether no byte of the request can have left."""
        return not self.begun or (self.watched and not self.leaving)

    async def watch(self, event: str, values: Mapping[str, object]) -> None:
        """Take note of one step of the HTTP client (the `trace` extension of httpcore)."""
        self.watched = True
        # A proxy is sent a CONNECT of its own first.
        own = getattr(values.get("request"), "method", b"POST") == b"POST"
        if event.endswith("send_request_headers.started"):
            self.leaving = self.leaving or own
        elif event.endswith("send_request_headers.complete"):
            self.headed = self.leaving
        elif event.endswith("send_request_body.started"):
            self.posting = own
        elif event.endswith("send_request_body.complete"):
            self.sent = self.posting
