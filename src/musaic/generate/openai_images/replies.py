"""What a server answered, read without trusting it."""

import base64
import binascii
import json
from collections.abc import Mapping

from musaic.errors import EngineProtocolError
from musaic.generate.base import Answer, Malformed, NoPicture, Pictured
from musaic.generate.masking import masked, masked_json
from musaic.schemas import Usage

ENGINE = "openai-images"
_PICTURES = frozenset({"b64_json", "url"})


def read_reply(content: bytes, *, request_id: str | None, secret: str | None = None) -> Answer:
    """Return what a whole answer with status 200 says.

    Args:
        content: The body.
        request_id: The service's id of it, from the headers.
        secret: The key; taken out of all that the server says.

    Raises:
        EngineProtocolError: It is no answer of an image server. It may have been billed.
    """
    body = _object(content, secret)
    request_id = masked(request_id, secret) if request_id else None
    usage, version = _usage(body.get("usage")), _word(body.get("model"))
    entries = body.get("data")
    pictures = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    encoded = [text for entry in pictures if (text := _base64_of(entry))]
    if encoded:
        found = tuple(_decoded(text) for text in encoded)
        words = _word(pictures[-1].get("revised_prompt")) or ""
        return Pictured(usage, version, request_id, pictures=found, text=words)
    if any(_word(entry.get("url")) for entry in pictures):
        reason = (
            "the server answered with the address of a picture instead of the picture, and addresses that a server "
            "names are never fetched; set it up to answer with b64_json"
        )
        return Malformed(usage, version, request_id, reason=reason)
    return NoPicture(usage, version, request_id, reason=_why_none(body, pictures))


def _object(content: bytes, secret: str | None) -> dict[str, object]:
    try:
        body = masked_json(json.loads(content), secret, but=_PICTURES)
    except (ValueError, RecursionError) as exc:
        what = "a web page" if content.lstrip()[:1] == b"<" else "something that is no JSON"
        raise _protocol(f"{what} came in the place of an answer; correct generate.openai.base_url") from exc
    if not isinstance(body, dict):
        raise _protocol("the answer is JSON, but not of the image API; correct generate.openai.base_url")
    return dict(body)


def _base64_of(entry: Mapping[str, object]) -> str | None:
    """Return the text of an entry's picture: `b64_json`, or what a `data:` address holds itself."""
    text, address = _word(entry.get("b64_json")), _word(entry.get("url"))
    if text is None and address and address.startswith("data:"):
        text = address
    return text.rpartition(";base64,")[2] if text else None


def _decoded(text: str) -> bytes:
    alphabet = str.maketrans("-_", "+/", "\r\n")
    try:
        return base64.b64decode(text.translate(alphabet), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise _protocol("the picture in the answer is not whole: its base64 cannot be decoded") from exc


def _why_none(body: Mapping[str, object], pictures: list[dict[str, object]]) -> str:
    error = body.get("error")
    said = _word(error.get("message")) if isinstance(error, dict) else _word(error)
    revised = next((text for entry in pictures if (text := _word(entry.get("revised_prompt")))), None)
    return said or revised or "the server answered without a picture and gave no reason"


def _usage(told: object) -> Usage | None:
    """Return the tokens of an answer; zeros all over are how a server says that it does not count."""
    if not isinstance(told, dict):
        return None
    came, went = told.get("input_tokens_details"), told.get("output_tokens_details")
    usage = Usage(
        input_text=_count(came, "text_tokens") if isinstance(came, dict) else _count(told, "input_tokens"),
        input_image=_count(came, "image_tokens"),
        output_text=_count(went, "text_tokens"),
        output_image=_count(went, "image_tokens")
        if isinstance(went, dict)
        else _count(told, "output_tokens"),
    )
    return usage if any(usage.model_dump().values()) else None


def _count(told: object, name: str) -> int | None:
    value = told.get(name) if isinstance(told, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _protocol(message: str) -> EngineProtocolError:
    return EngineProtocolError(f"openai-images: {message}", engine=ENGINE, billed="unknown")
