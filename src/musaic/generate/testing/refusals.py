"""What Google refuses: the key, the model, and everything in a request that the model does not take.

Wordings follow answers that users of the service have published; where none is known, the message says what is wrong.
"""

import hashlib
import io
from collections.abc import Mapping
from datetime import UTC, datetime

from PIL import Image
from pydantic import JsonValue

from musaic.generate.testing.wire import Address, Asked, Part, Refusal
from musaic.schemas import ImageModel

_NO_KEY = (
    "Method doesn't allow unregistered callers (callers without established identity). "
    "Please use API Key or other form of API consumer identity to call this API."
)
_BAD_KEY = "API key not valid. Please pass a valid API key."
_NOT_SIGNED_IN = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
    "valid authentication credential."
)
_SIGNATURES = "https://ai.google.dev/gemini-api/docs/thought-signatures"
# Google's own bound of what any model may be asked to write.
_MOST_OUTPUT_TOKENS = 65536


def sign(content: bytes) -> bytes:
    """Return the thought signature of a picture or of words: it fits these bytes alone."""
    return b"fake-signature-" + hashlib.sha256(b"musaic fake gemini" + content).digest()


def check_key(headers: Mapping[str, str], query_key: str | None, *, key: str) -> None:
    """Refuse a request without the key, or with another one.

    Args:
        headers: By name in lower case.
        query_key: The key in the address, where it may stand too.
        key: The right one; also as the bearer token of Vertex AI.

    Raises:
        Refusal: 400 with reason API_KEY_INVALID, 401 for a bearer token, 403 where there is nothing.
    """
    given = headers.get("x-goog-api-key") or query_key
    bearer = headers.get("authorization", "").partition(" ")[2]
    if given is None and not bearer:
        raise Refusal(_NO_KEY, code=403, status="PERMISSION_DENIED")
    if given is None and bearer != key:
        raise Refusal(_NOT_SIGNED_IN, code=401, status="UNAUTHENTICATED")
    if given is not None and given != key:
        raise Refusal(_BAD_KEY, details=_bad_key_details())


def check_length(body_bytes: int, *, most: int) -> None:
    """Refuse a body that is too long.

    Raises:
        Refusal: 413.
    """
    if body_bytes > most:
        raise Refusal(f"Request payload size exceeds the limit: {most} bytes.", code=413)


def _bad_key_details() -> JsonValue:
    return [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "API_KEY_INVALID",
            "domain": "googleapis.com",
            "metadata": {"service": "generativelanguage.googleapis.com"},
        },
        {
            "@type": "type.googleapis.com/google.rpc.LocalizedMessage",
            "locale": "en-US",
            "message": _BAD_KEY,
        },
    ]


def model_at(address: Address, models: Mapping[str, ImageModel]) -> ImageModel:
    """Return the model that a path names.

    Raises:
        Refusal: 404: there is none, or it was switched off.
    """
    model = models.get(address.model)
    if model is None or model.engine != "gemini":
        raise Refusal(
            f"models/{address.model} is not found for API version {address.version}, or is not supported for "
            "generateContent. Call ListModels to see the list of available models and their supported methods.",
            code=404,
            status="NOT_FOUND",
        )
    today = datetime.now(UTC).date().isoformat()
    if model.state == "retired" or (model.retired_on is not None and model.retired_on <= today):
        raise Refusal(
            f"This model models/{address.model} is no longer available. Please update your code to use a newer model "
            "for the latest features and improvements.",
            code=404,
            status="NOT_FOUND",
        )
    return model


def check_request(asked: Asked, model: ImageModel, *, vertex: bool) -> None:
    """Refuse what the model does not take.

    Raises:
        Refusal: 400 INVALID_ARGUMENT; the message names the field.
    """
    _check_turns(asked)
    _check_numbers(asked)
    _check_shape(asked, model)
    _check_images(asked, model, vertex=vertex)
    if model.thought_signatures:
        _check_signatures(asked)


def _check_turns(asked: Asked) -> None:
    if not asked.turns:
        raise Refusal("* GenerateContentRequest.contents: contents is not specified\n")
    for turn in asked.turns:
        if turn.role not in ("user", "model"):
            raise Refusal("Please use a valid role: user, model.")
        if not turn.parts:
            raise Refusal("Unable to submit request because it must include at least one parts field.")
    if asked.turns[-1].role != "user":
        raise Refusal("Please ensure that the last turn of a conversation is one of the user.")


def _check_numbers(asked: Asked) -> None:
    if asked.candidates != 1:
        raise Refusal("Multiple candidates is not enabled for this model")
    if asked.most_output_tokens is not None and not 0 < asked.most_output_tokens <= _MOST_OUTPUT_TOKENS:
        raise Refusal(
            f"Unable to submit request because it has a maxOutputTokens value of {asked.most_output_tokens} but the "
            f"supported range is from 1 (inclusive) to {_MOST_OUTPUT_TOKENS + 1} (exclusive)."
        )


def _check_shape(asked: Asked, model: ImageModel) -> None:
    for name, given, known in (
        ("aspect_ratio", asked.ratio, model.ratios),
        ("image_size", asked.size, model.sizes),
    ):
        if given is not None and given not in known:
            raise Refusal(
                f"* GenerateContentRequest.generation_config.image_config.{name}: {name} must be one of "
                f"{', '.join(repr(each) for each in known)}; {model.id} does not take {given!r}.\n"
            )


def _check_images(asked: Asked, model: ImageModel, *, vertex: bool) -> None:
    new = [part for part in asked.turns[-1].parts if part.content is not None]
    if len(new) > model.references:
        raise Refusal(
            f"The request has {len(new)} images in one turn; {model.id} takes at most {model.references}."
        )
    for turn in asked.turns:
        for part in turn.parts:
            # What the model made itself may come back as it is.
            if part.content is not None and turn.role == "user":
                _check_image(part, model, vertex=vertex)


def _check_image(part: Part, model: ImageModel, *, vertex: bool) -> None:
    content = part.content or b""
    if part.mime not in model.input_types:
        raise Refusal(f"Unsupported MIME type: {part.mime}")
    if vertex and len(content) > model.reference_bytes:
        raise Refusal(
            f"The inline image has {len(content)} bytes; at most {model.reference_bytes} are taken."
        )
    # Pillow needs a plugin for HEIF, which this part of the house does not load; the others are opened.
    if part.mime in ("image/heic", "image/heif"):
        return
    try:
        Image.open(io.BytesIO(content)).close()
    except (OSError, ValueError, Image.DecompressionBombError) as exc:
        raise Refusal("Unable to process input image. Please retry or report in the forum.") from exc


def _check_signatures(asked: Asked) -> None:
    for position, turn in enumerate(asked.turns, start=1):
        for place, part in enumerate(turn.parts, start=1):
            if turn.role == "model" and not part.thought:
                _check_signature(part, f"content position {position}, part position {place}")


def _check_signature(part: Part, where: str) -> None:
    if part.signature is None:
        if part.content is None:  # words may come back without one
            return
        raise Refusal(
            f"Image part is missing a thought_signature in {where}. Please refer to {_SIGNATURES} for more details."
        )
    signed = part.content if part.content is not None else (part.text or "").encode("utf-8", "replace")
    if part.signature != sign(signed):
        raise Refusal(f"Corrupted thought signature in {where}.")
