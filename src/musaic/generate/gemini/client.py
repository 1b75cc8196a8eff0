"""The generator: one request to Gemini, and what came of it."""

import asyncio
import json
import logging
import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import JsonValue, SecretStr

from musaic.config import GeminiSettings
from musaic.errors import ConfigError, EngineError, UnknownEngineError
from musaic.generate.base import Answer, Request
from musaic.generate.environment import hidden
from musaic.generate.gemini import failures
from musaic.generate.gemini.answers import answer_of
from musaic.generate.gemini.turns import contents, user_turn
from musaic.generate.gemini.wire import Sending, current, open_http
from musaic.generate.masking import clean_json, masked_bytes
from musaic.network import check_address
from musaic.schemas import ImageModel

if TYPE_CHECKING:
    from google.genai import Client
    from google.genai.types import Content, GenerateContentConfig, HttpOptions

_LEAST_4K_S = 300.0
_PICTURES = frozenset({"data"})


class GeminiGenerator:
    """Google's Gemini image models, by the Developer API or Vertex AI.

    Vertex AI is called with the key where no project is set, else with the default credentials of the machine.
    """

    name = failures.ENGINE

    def __init__(
        self, settings: GeminiSettings, *, models: Mapping[str, ImageModel], deadline_s: float
    ) -> None:
        """Check that a call can be made at all; nothing is sent.

        Args:
            settings: Where and with which key.
            models: The table of image models, by id.
            deadline_s: Limit for one call, in seconds; a 4K picture has 300 at least.

        Raises:
            UnknownEngineError: There is neither a key nor, for Vertex AI, a project.
            ConfigError: A setting cannot be used.
            EngineSetupError: Something in the environment cannot be used: a proxy, certificates.
        """
        self._settings, self._models, self._deadline_s = settings, models, deadline_s
        self._key = _usable_key(settings)
        _check_address(settings.base_url)
        self._opened: tuple[Client, Any] | None = None
        self._open()

    async def generate(self, request: Request) -> Answer:
        """Ask for one picture, in one request.

        Raises:
            EngineError: The call came to nothing.
        """
        asked: list[JsonValue] = [*request.turns, user_turn(request)]
        row = self._models.get(request.model)
        sending = Sending(refused=partial(failures.refused, key=self._secret(), model=row))
        text = await self._ask(request, self._turns(asked), sending)
        body = self._body_of(text, sending)
        return answer_of(body, asked=asked, came=masked_bytes(sending.came, self._secret()))

    async def aclose(self) -> None:
        """Close connections; a second call does nothing."""
        opened, self._opened = self._opened, None
        if opened is None:
            return
        client, http = opened
        # The SDK leaves an HTTP client that was given to it open.
        await client.aio.aclose()
        client.close()
        await http.aclose()

    async def _ask(self, request: Request, turns: "Sequence[Content]", sending: Sending) -> str:
        """Return the body of a 200 answer."""
        limit_s = max(self._deadline_s, _LEAST_4K_S) if request.size == "4K" else self._deadline_s
        client = self._open()
        try:
            # The SDK's timeout is one for each read: a server that drips would keep it waiting for ever.
            async with asyncio.timeout(limit_s) as deadline:
                return await self._post(client, request, turns, sending, limit_s=limit_s)
        except TimeoutError:
            if not deadline.expired():
                raise
            failure = failures.late(host=sending.host, deadline_s=limit_s, billed=sending.billed)
        raise failure  # without its cause, as in _post

    def _turns(self, asked: Sequence[JsonValue]) -> "Sequence[Content]":
        try:
            return contents(asked)
        except EngineError:
            raise
        except Exception as exc:
            failure = failures.broken(exc, host="Gemini", billed="no", key=self._secret())
        raise failure

    async def _post(
        self,
        client: "Client",
        request: Request,
        turns: "Sequence[Content]",
        sending: Sending,
        *,
        limit_s: float,
    ) -> str:
        failure: EngineError
        before = current.set(sending)
        try:
            answer = await client.aio.models.generate_content(
                model=request.model, contents=list(turns), config=self._config(request, limit_s)
            )
            reply = answer.sdk_http_response
        except EngineError as exc:
            failure = exc.with_traceback(None)
        except Exception as exc:
            failure = failures.broken(
                exc, host=sending.host, billed=sending.billed, key=self._secret(), came=sending.came
            )
        else:
            return (reply.body or "") if reply is not None else ""
        finally:
            current.reset(before)
        # Raised here and without the cause: its frames hold the request, with the key among the headers.
        raise failure

    def _config(self, request: Request, limit_s: float) -> "GenerateContentConfig":
        from google.genai import types

        row = self._models.get(request.model)
        sized = row is None or bool(row.sizes)
        return types.GenerateContentConfig(
            response_modalities=["TEXT", "IMAGE"],
            image_config=types.ImageConfig(
                aspect_ratio=request.ratio, image_size=request.size if sized else None
            ),
            max_output_tokens=request.most_output_tokens,
            seed=request.seed,
            # The body as it came: see answers.py. It also keeps the SDK from sending again by itself, as
            # 3.4 does for the finish reason CONTINUATION.
            should_return_http_response=True,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
            http_options=types.HttpOptions(timeout=math.ceil(limit_s * 1000)),
        )

    def _body_of(self, text: str, sending: Sending) -> Mapping[str, JsonValue]:
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise failures.unreadable(text, sending.came, host=sending.host, key=self._secret())
        error = body.get("error")
        if isinstance(error, dict) and isinstance(error.get("code"), int) and "candidates" not in body:
            # Gateways put the error of the service into an answer of their own.
            raise sending.refused(
                failures.Refusal(error["code"], {}, text.encode("utf-8", "replace"), sending.host)
            )
        return self._clean(body, text, sending)

    def _clean(self, body: Mapping[str, JsonValue], text: str, sending: Sending) -> Mapping[str, JsonValue]:
        """Return a body without the key and odd letters, which would go on into records and conversations."""
        try:
            clean = clean_json(dict(body), self._secret(), but=_PICTURES)
        except RecursionError:
            clean = None
        if not isinstance(clean, dict):
            raise failures.unreadable(text, sending.came, host=sending.host, key=self._secret())
        return clean

    def _secret(self) -> str | None:
        return self._key.get_secret_value() if self._key is not None else None

    def _open(self) -> "Client":
        """Return the SDK's client; the SDK is imported here, for it takes a second."""
        if self._opened is None:
            import google.genai

            try:
                http = open_http(google.genai.__version__)
                self._opened = (self._client(http), http)
            except Exception as exc:
                failure = failures.unready(exc, key=self._secret())
            else:
                return self._opened[0]
            raise failure  # without its cause: it may hold a proxy's password
        return self._opened[0]

    def _client(self, http: Any) -> "Client":
        from google.genai import Client, types

        settings = self._settings
        options = types.HttpOptions(
            base_url=settings.base_url, api_version=settings.api_version, httpx_async_client=http
        )
        # It says "Using GOOGLE_API_KEY" where both variables are set, which is not so: ours is given.
        log = logging.getLogger("google_genai._api_client")
        log.addFilter(_not_about_keys)
        try:
            # An API version there is another address, and a client mode no service at all (3.4).
            with hidden("GOOGLE_GENAI_", "GOOGLE_CLOUD_"):
                return self._made(Client, options)
        finally:
            log.removeFilter(_not_about_keys)

    def _made(self, client: "type[Client]", options: "HttpOptions") -> "Client":
        settings = self._settings
        if self._key is not None:
            return client(vertexai=settings.vertex, api_key=self._secret(), http_options=options)
        return client(
            vertexai=True, project=settings.project, location=settings.location, http_options=options
        )


def _not_about_keys(record: logging.LogRecord) -> bool:
    return "GOOGLE_API_KEY" not in record.getMessage()


def _usable_key(settings: GeminiSettings) -> SecretStr | None:
    if settings.vertex and settings.project:
        return None
    key = settings.api_key.get_secret_value().strip() if settings.api_key else ""
    if not key:
        raise UnknownEngineError(
            "the gemini engine is not configured: set GEMINI_API_KEY to a key from "
            "https://aistudio.google.com/api-keys, or generate.gemini.vertex and generate.gemini.project"
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigError("generate.gemini.api_key holds characters that no key has; copy it anew")
    return SecretStr(key)


def _check_address(url: str | None) -> None:
    if url is None:
        return
    check_address(url, setting="generate.gemini.base_url")
    parts = urlsplit(url)
    if parts.query or parts.username or parts.password:
        raise ConfigError(
            "generate.gemini.base_url must hold no key, name or password; the key goes to generate.gemini.api_key"
        )
