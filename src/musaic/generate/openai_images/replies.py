"""What a server answered, read without trusting it."""

import json
import re
from collections.abc import Mapping

from musaic.errors import EngineProtocolError
from musaic.generate.base import Answer, Malformed, NoPicture, Pictured
from musaic.generate.coded import decoded
from musaic.generate.masking import clean_json, masked, masked_bytes, writable
from musaic.schemas import Usage

ENGINE = "openai-images"
_PICTURES = frozenset({"b64_json", "url"})
_TYPE = r"[A-Za-z0-9.+-]{1,40}"
_DATA_TYPE = re.compile(rf"data:({_TYPE}/{_TYPE})[;,]")
_FORMAT = re.compile(_TYPE)


def read_reply(content: bytes, *, request_id: str | None, secret: str | None = None) -> Answer:
    """Return what a whole answer with status 200 says.

    Args:
        content: The body.
        request_id: The service's id of it, from the headers.
        secret: The key; taken out of all that the server says.

    Raises:
        EngineProtocolError: It is no answer of an image server. It may have been billed.
    """
    came = masked_bytes(content, secret)
    body = _object(content, came, secret)
    request_id = masked(writable(request_id), secret) if request_id else None
    entries = body.get("data")
    pictures = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    coded = [entry for entry in pictures if _base64_of(entry)]
    addressed = any(_word(entry.get("url")) for entry in pictures)
    usage, version = _usage(body.get("usage"), pictured=bool(coded) or addressed), _word(body.get("model"))
    whole = [(entry, found) for entry in coded if (found := decoded(_base64_of(entry)))]
    if whole:
        labels = tuple(_label(entry, body, secret) for entry, _ in whole)
        words = _word(pictures[-1].get("revised_prompt")) or ""
        said = labels if any(labels) else ()
        rest = came if len(whole) < len(pictures) else b""
        drawn = tuple(each for _, each in whole)
        return Pictured(usage, version, request_id, rest, pictures=drawn, text=words, labels=said)
    if coded:
        reason = "the picture in the answer is not whole: its base64 cannot be decoded"
        return Malformed(usage, version, request_id, came, reason=reason)
    if addressed:
        reason = (
            "the server answered with the address of a picture instead of the picture, and addresses that a server "
            "names are never fetched; set it up to answer with b64_json"
        )
        return Malformed(usage, version, request_id, came, reason=reason)
    return NoPicture(usage, version, request_id, came, reason=_why_none(body, pictures))


def _object(content: bytes, came: bytes, secret: str | None) -> dict[str, object]:
    try:
        body = clean_json(json.loads(content), secret, but=_PICTURES)
    except (ValueError, RecursionError) as exc:
        what = "a web page" if content.lstrip()[:1] == b"<" else "something that is no JSON"
        raise _protocol(
            f"{what} came in the place of an answer; correct generate.openai.base_url", came
        ) from exc
    if not isinstance(body, dict):
        raise _protocol(
            "the answer is JSON, but not of the image API; correct generate.openai.base_url", came
        )
    return dict(body)


def _base64_of(entry: Mapping[str, object]) -> str | None:
    """Return the text of an entry's picture: `b64_json`, or a `data:` address that holds it itself."""
    return _word(entry.get("b64_json")) or _own_address(entry)


def _own_address(entry: Mapping[str, object]) -> str | None:
    address = _word(entry.get("url"))
    return address if address and address.startswith("data:") else None


def _label(entry: Mapping[str, object], body: Mapping[str, object], secret: str | None) -> str | None:
    """Return the type a picture is said to be of: by its own `data:` address, or by the whole answer."""
    coded = _word(entry.get("b64_json")) or _own_address(entry) or ""
    own = _DATA_TYPE.match(coded)
    if own:
        return masked(own[1], secret)
    told = _word(body.get("output_format"))
    return f"image/{told}" if told and _FORMAT.fullmatch(told) else None


def _why_none(body: Mapping[str, object], pictures: list[dict[str, object]]) -> str:
    error = body.get("error")
    said = _word(error.get("message")) if isinstance(error, dict) else _word(error)
    revised = next((text for entry in pictures if (text := _word(entry.get("revised_prompt")))), None)
    return said or revised or "the server answered without a picture and gave no reason"


def _usage(told: object, *, pictured: bool) -> Usage | None:
    """Return the tokens of an answer; zeros all over are how a server says that it does not count.

    Where a picture came and no token is left that can be its own, `output_image` is None: its cost is not known.
    """
    if not isinstance(told, dict):
        return None
    came = told.get("input_tokens_details")
    words, image = _made(told, pictured=pictured)
    usage = Usage(
        input_text=_count(came, "text_tokens") if isinstance(came, dict) else _count(told, "input_tokens"),
        input_image=_count(came, "image_tokens"),
        output_text=words,
        output_image=image,
    )
    return usage if any(usage.model_dump().values()) else None


def _made(told: Mapping[str, object], *, pictured: bool) -> tuple[int | None, int | None]:
    """Return the output's tokens of text and of pictures: what is not said to be text is a picture's."""
    went, total = told.get("output_tokens_details"), _count(told, "output_tokens")
    words, image = _count(went, "text_tokens"), _count(went, "image_tokens")
    if total is not None and (image is None or (pictured and not image)):
        image = max(total - (words or 0), 0)
    if pictured:
        return words, image or None
    return words, 0 if image is None and words is not None else image


def _count(told: object, name: str) -> int | None:
    value = told.get(name) if isinstance(told, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _protocol(message: str, came: bytes) -> EngineProtocolError:
    return EngineProtocolError(f"openai-images: {message}", engine=ENGINE, billed="unknown", came=came)
