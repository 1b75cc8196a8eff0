"""Requests to the Gemini engine, and bodies as the service writes them."""

import asyncio
import base64
import hashlib
from typing import Any

from pydantic import SecretStr

from musaic.config import GeminiSettings
from musaic.generate.base import Answer, Attachment, Request
from musaic.generate.gemini import GeminiGenerator
from musaic.schemas import ImageModel

KEY = "AIzaSyFake-key_0123456789abcdefghijk"
MODEL = "gemini-nano-banana-2.1"
# Bytes whose base64 holds all four of + / - _ in one alphabet or the other.
PNG = b"\x89PNG\r\n\x1a\n\xfb\xef\xbe\xff\xff\xfe" * 3
DRAFT = b"\x89PNG draft"


def generator(url: str, *, deadline_s: float = 20.0, **given: Any) -> GeminiGenerator:
    """Return a generator that asks a server on loopback."""
    settings = GeminiSettings(**({"api_key": SecretStr(KEY), "base_url": url} | given))
    rows = {MODEL: ImageModel(id=MODEL, engine="gemini", sizes=("1K", "2K", "4K"), ratios=("1:1", "16:9"))}
    rows["old"] = ImageModel(id="old", engine="gemini", successor=MODEL)
    return GeminiGenerator(settings, models=rows, deadline_s=deadline_s)


def attachment(
    number: int, role: Any = "product", content: bytes = PNG, mime: str = "image/png"
) -> Attachment:
    digest = hashlib.sha256(content).hexdigest()
    return Attachment(number, role, digest[:32], mime, content, digest)


def request(prompt: str = "a gold watch on a pier", **given: Any) -> Request:
    values = {"attachments": (), "ratio": "16:9", "size": "1K", "model": MODEL} | given
    return Request(prompt=prompt, **values)


def ask(one: GeminiGenerator, asked: Request | None = None) -> Answer:
    """Ask in an event loop of its own."""
    return asyncio.run(one.generate(asked or request()))


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"text": words, **more}


def image(content: bytes | str = PNG, mime: str = "image/png", **more: Any) -> dict[str, Any]:
    coded = content if isinstance(content, str) else base64.b64encode(content).decode()
    return {"inlineData": {"mimeType": mime, "data": coded}, **more}


def candidate(*parts: dict[str, Any], finish: str | None = "STOP", **more: Any) -> dict[str, Any]:
    content = {"content": {"role": "model", "parts": list(parts)}} if parts else {}
    return content | ({"finishReason": finish} if finish else {}) | more


def body(*candidates: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"candidates": list(candidates), "modelVersion": "v-7", "responseId": "r-1", **more}


def error(code: int, message: str, status: str = "", *details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


PICTURE = body(candidate(image()))
