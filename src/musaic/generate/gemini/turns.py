"""The conversation: turns as JSON, which the records keep, and as the SDK sends them.

A turn is a `Content` of the API: ``{"role", "parts"}``, a part ``{"text"}`` or ``{"inlineData":
{"mimeType", "data"}}`` with standard base64, either with its ``thoughtSignature``.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import JsonValue

from musaic.errors import EngineRequestError
from musaic.generate.base import Attachment, Request
from musaic.generate.coded import decoded

if TYPE_CHECKING:
    from google.genai.types import Content, Part

# The API takes no file without a type, and in the place of a picture none of another kind.
_UNSAID = "image/png"


def unbase64(text: JsonValue) -> bytes | None:
    r"""Return what a text in base64 stands for, however it is spelled; None for a broken or empty one.

    Example:
        >>> unbase64("-_8="), unbase64("-_8"), unbase64("not*base64")
        (b'\xfb\xff', b'\xfb\xff', None)
    """
    return decoded(text)


def label(attachment: Attachment) -> str:
    """Return the line that stands before a reference, by which the prompt speaks of it."""
    return f"Image {attachment.number} — role: {attachment.role} — asset {attachment.asset_id[:12]}"


def user_turn(request: Request) -> dict[str, JsonValue]:
    """Return what is new in a request: each reference after its line, and the prompt last."""
    parts: list[JsonValue] = []
    for attachment in request.attachments:
        content = base64.b64encode(attachment.content).decode("ascii")
        parts.append({"text": label(attachment)})
        parts.append({"inlineData": {"mimeType": attachment.mime, "data": content}})
    return {"role": "user", "parts": [*parts, {"text": request.prompt}]}


def model_turn(parts: Sequence[Mapping[str, JsonValue]], *, chosen: int) -> dict[str, JsonValue]:
    """Return a model's answer as a turn to go on from.

    Interim thoughts without a signature stay out: the service does not ask for them, and each draft
    would be paid for again as input.

    Args:
        parts: Of the candidate, as they came.
        chosen: Which part is the picture; it stays, whatever it is marked as.
    """
    kept = [
        _kept(part)
        for place, part in enumerate(parts)
        if place == chosen or not part.get("thought") or signature_of(part) is not None
    ]
    return {"role": "model", "parts": [part for part in kept if part]}


def signature_of(part: Mapping[str, JsonValue]) -> JsonValue:
    """Return a part's thought signature, in either spelling of its key."""
    return part.get("thoughtSignature", part.get("thought_signature"))


def inline_of(part: Mapping[str, JsonValue]) -> Mapping[str, JsonValue] | None:
    """Return a part's inline file, in either spelling of its key; None where it has none."""
    inline = part.get("inlineData", part.get("inline_data"))
    return inline if isinstance(inline, dict) else None


def _kept(part: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    kept: dict[str, JsonValue] = {}
    if isinstance(part.get("text"), str):
        kept["text"] = part["text"]
    inline = inline_of(part)
    if inline is not None:
        content = unbase64(inline.get("data"))
        if content is None:
            return {}
        kept["inlineData"] = {
            "mimeType": _sendable(inline),
            "data": base64.b64encode(content).decode("ascii"),
        }
    if isinstance(signature_of(part), str):
        kept["thoughtSignature"] = signature_of(part)
    if kept and part.get("thought") is True:
        kept["thought"] = True
    return kept


def label_of(inline: Mapping[str, JsonValue]) -> str | None:
    """Return what an inline file is said to be, in either spelling of its key; None where nothing is said."""
    mime = inline.get("mimeType", inline.get("mime_type"))
    return mime if isinstance(mime, str) and mime else None


def _sendable(inline: Mapping[str, JsonValue]) -> str:
    """Return the type under which an answer's picture goes back: what it is said to be, if that is a picture."""
    said = label_of(inline) or ""
    return said if said.startswith("image/") else _UNSAID


def contents(turns: Sequence[JsonValue]) -> "list[Content]":
    """Return turns as the SDK takes them.

    The parts are built one by one: left to itself the SDK takes base64 for the bytes it stands for.

    Raises:
        EngineRequestError: A stored turn is none.
    """
    from google.genai.types import Content

    ready = []
    for turn in turns:
        if not isinstance(turn, dict) or not isinstance(turn.get("parts"), list):
            raise _unusable()
        ready.append(Content(role=str(turn.get("role") or "user"), parts=list(_parts(turn["parts"]))))
    return ready


def _parts(parts: JsonValue) -> "Iterator[Part]":
    for part in parts if isinstance(parts, list) else ():
        if not isinstance(part, dict):
            raise _unusable()
        ready = _part(part)
        signature = signature_of(part)
        if isinstance(signature, str):
            ready.thought_signature = unbase64(signature)
        if part.get("thought") is True:
            ready.thought = True
        yield ready


def _part(part: Mapping[str, JsonValue]) -> "Part":
    from google.genai.types import Part

    inline, text = inline_of(part), part.get("text")
    if inline is None:
        # Conversations kept before answers were cleaned can hold halves of letters; all else goes as it is.
        return Part(text=text.encode("utf-8", "replace").decode() if isinstance(text, str) else "")
    content = unbase64(inline.get("data"))
    if content is None:
        raise _unusable()
    return Part.from_bytes(data=content, mime_type=_sendable(inline))


def _unusable() -> EngineRequestError:
    return EngineRequestError(
        "the stored conversation cannot be read, so it cannot be gone on with; make a new picture "
        "with this one as a reference",
        engine="gemini",
    )
