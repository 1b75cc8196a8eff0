"""One request to `/v1/images/edits` or `/v1/images/generations`, and what became of it.

The pictures go out as files, which have no captions here: the prompt opens with a line for each, and a file's name is
its number and role, never the user's. There is no conversation: to go on from a picture, send it as a reference.
"""

import asyncio
import importlib
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from musaic.config import OpenaiImagesSettings
from musaic.errors import (
    EngineAuthError,
    EngineError,
    EngineRequestError,
    ExtraMissingError,
)
from musaic.generate.base import Answer, Attachment, Request
from musaic.generate.bodies import limit_body
from musaic.generate.environment import hidden
from musaic.generate.openai_images.failures import broken, endless, late, refusal, unready
from musaic.generate.openai_images.replies import ENGINE, read_reply
from musaic.generate.openai_images.sizes import asked_size, is_gpt_image
from musaic.generate.progress import Progress
from musaic.network import check_address
from musaic.schemas import ImageModel

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from openai import AsyncAPIResponse, AsyncOpenAI, Omit
    from openai.resources.images import AsyncImagesWithStreamingResponse
    from openai.types import ImagesResponse

    _Call = AbstractAsyncContextManager[AsyncAPIResponse[ImagesResponse]]

current: ContextVar[Progress] = ContextVar("current")
"""How far the request of the running task has got."""

_OPENAI = "https://api.openai.com/v1"
_OF_OPENAI = ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID")
# A server of one's own asks for no key, but the SDK sends none without.
_NO_KEY = "none-needed"
_CONNECT_S, _LEAST_4K_S = 15.0, 300.0
_ENDINGS = {"image/jpeg": "jpg", "image/svg+xml": "svg"}


class OpenaiImagesGenerator:
    """OpenAI's image models, and those of servers that speak its API: LiteLLM, vLLM-Omni, SGLang, LocalAI.

    Redirects are not followed, nothing is sent twice, and addresses in an answer are not fetched.
    """

    name: Final = ENGINE

    def __init__(
        self, settings: OpenaiImagesSettings, *, models: Mapping[str, ImageModel], deadline_s: float
    ) -> None:
        """Prepare a client; nothing is sent.

        Args:
            settings: Key and address.
            models: The table of image models; how many references one takes is read from it.
            deadline_s: Limit for one call, in seconds; 4K has 300 at least.

        Raises:
            ExtraMissingError: The `openai` package is not installed.
            ConfigError: The address is none.
            EngineSetupError: Something in the environment cannot be used: a proxy, certificates.
            EngineAuthError: There is neither a key nor another server's address, or the key cannot be one.
        """
        key = settings.api_key.get_secret_value().strip() if settings.api_key else ""
        if not (key.isascii() and key.isprintable()) or " " in key:
            # The HTTP client would say so too, with the key in its message.
            raise EngineAuthError(
                f"{ENGINE}: the key has letters that no key has; copy it anew", engine=ENGINE
            )
        if not key and settings.base_url is None:
            raise EngineAuthError(
                f"{ENGINE}: there is no key; set OPENAI_API_KEY, or generate.openai.base_url for another server",
                engine=ENGINE,
            )
        self._secret = key or _NO_KEY
        self._own_server = settings.base_url is not None
        self._models, self._deadline_s = models, deadline_s
        base_url = settings.base_url or _OPENAI
        check_address(base_url, setting="generate.openai.base_url")
        self._address = _without_secrets(base_url)
        self._client = _open(self._secret, base_url, own_server=self._own_server)

    async def generate(self, request: Request) -> Answer:
        """Ask for one picture; see `Generator.generate`."""
        self._refuse_too_many(request)
        limit_s = max(self._deadline_s, _LEAST_4K_S) if request.size == "4K" else self._deadline_s
        progress = Progress()
        before = current.set(progress)
        try:
            async with asyncio.timeout(limit_s):
                return await self._ask(request, progress)
        except TimeoutError as exc:
            raise late(limit_s, progress=progress) from exc
        finally:
            current.reset(before)

    async def aclose(self) -> None:
        """Close connections; a second call does nothing."""
        await self._client.close()

    def _refuse_too_many(self, request: Request) -> None:
        row = self._models.get(request.model)
        if row is not None and len(request.attachments) > row.references:
            raise EngineRequestError(
                f"{ENGINE}: {row.id} takes {row.references} references at most, not {len(request.attachments)}",
                engine=ENGINE,
            )

    async def _ask(self, request: Request, progress: Progress) -> Answer:
        import openai

        try:
            content, request_id = await self._send(request)
        except openai.APIStatusError as exc:
            outcome = refusal(exc, secret=self._secret)
            if isinstance(outcome, EngineError):
                # Not chained: the SDK's message is the service's own, and may repeat the key in a traceback.
                raise outcome from None
            return outcome
        except EngineError:
            raise
        except Exception as exc:
            # The SDK wraps whatever its HTTP client raises, and not all of that is an error of HTTP.
            cause = exc.__cause__ if isinstance(exc, openai.APIConnectionError) else None
            failure = broken(cause or exc, address=self._address, progress=progress, secret=self._secret)
            raise failure from None
        return read_reply(content, request_id=request_id, secret=self._secret)

    async def _send(self, request: Request) -> tuple[bytes, str | None]:
        """Return the whole body and the service's id of it."""
        images = self._client.images.with_streaming_response
        async with self._call(images, request) as response:
            parts = [part async for part in response.iter_bytes()]
            return b"".join(parts), response.headers.get("x-request-id")

    def _call(self, images: "AsyncImagesWithStreamingResponse", request: Request) -> "_Call":
        from openai import omit

        # OpenAI's own models always answer with base64, and refuse both fields.
        limited = is_gpt_image(request.model) or not self._own_server
        size = asked_size(request.model, ratio=request.ratio, size=request.size, limited=limited).text
        response_format: Literal["b64_json"] | Omit = omit if limited else "b64_json"
        seed = None if limited or request.seed is None else {"seed": request.seed}
        if not request.attachments:
            return images.generate(
                model=request.model, prompt=request.prompt, n=1, size=size,
                response_format=response_format, extra_body=seed,
            )  # fmt: skip
        files = [_file(each) for each in request.attachments]
        return images.edit(
            model=request.model, prompt=_captioned(request), n=1, size=size,
            # Every server takes one file as `image`; several must be `image[]`.
            image=files[0] if len(files) == 1 else files,
            response_format=response_format, extra_body=seed,
        )  # fmt: skip


def _open(key: str, base_url: str, *, own_server: bool) -> "AsyncOpenAI":
    """Return a client, or say why there can be none."""
    try:
        import openai  # noqa: F401 - only whether it is there
    except ImportError as exc:
        raise ExtraMissingError(extra="openai", needed_for=f"the engine {ENGINE}") from exc
    try:
        return _connect(key, base_url, own_server=own_server)
    except Exception as exc:
        # Without its cause, which may hold a proxy's password.
        raise unready(exc, secret=key) from None


def _connect(key: str, base_url: str, *, own_server: bool) -> "AsyncOpenAI":
    """Return a client that sends each request once, on the HTTP package that the installed SDK is built on."""
    import openai

    # httpx up to openai 2, httpx2 from 3 on.
    bases = openai.DefaultAsyncHttpxClient.__mro__
    package = next(base.__module__.split(".")[0] for base in bases if base.__name__ == "AsyncClient")
    http = importlib.import_module(package)
    timeout = http.Timeout(None, connect=_CONNECT_S)  # the whole has a deadline of our own
    # A kept connection may be closed just as a request goes out, which looks like a call that may have been billed.
    limits = http.Limits(max_keepalive_connections=0)
    transport = openai.DefaultAsyncHttpxClient(
        follow_redirects=False,
        timeout=timeout,
        limits=limits,
        event_hooks={"request": [_watched], "response": [_limited]},
    )
    # Organization and project are OpenAI's to know, and headers that other programs need nobody's.
    with hidden("OPENAI_", but=() if own_server else _OF_OPENAI):
        return openai.AsyncOpenAI(
            api_key=key, base_url=base_url, max_retries=0, timeout=timeout, http_client=transport
        )


async def _watched(request: Any) -> None:
    progress = current.get()
    progress.begun = True
    request.extensions["trace"] = progress.watch


async def _limited(response: Any) -> None:
    limit_body(response, refuse=endless)


def _captioned(request: Request) -> str:
    lines = [
        f"Image {each.number} — role: {each.role} — asset {each.asset_id[:12]}"
        for each in request.attachments
    ]
    return "\n".join([*lines, "", request.prompt])


def _file(each: Attachment) -> tuple[str, bytes, str]:
    ending = _ENDINGS.get(each.mime, each.mime.rpartition("/")[2])
    return f"image-{each.number}-{each.role}.{ending}", each.content, each.mime


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
