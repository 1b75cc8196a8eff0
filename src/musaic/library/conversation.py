"""The conversation that led to a picture: what is kept of it, and whether it still fits into a request."""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import JsonValue

from musaic.making.blobs import read_turns
from musaic.making.save import turns_of
from musaic.schemas import ImageModel, Record, Sent

_CONVERSING = {"gemini"}
# What stands in a request around the turns: its settings, and the names of its parts.
_FRAME_BYTES = 10_000


def conversation(parent: Record, *, library: Path, model: ImageModel) -> Sequence[JsonValue]:
    """Return the turns that led to a picture; none where another model made it, or its engine keeps none."""
    if parent.state != "picture" or not _goes_on(parent, model):
        return ()
    return read_turns(library, turns_of(library, parent.id))


def is_lost(parent: Record, *, library: Path, model: ImageModel) -> bool:
    """Say whether there should be turns to go on from: their file is there, or the engine always keeps one."""
    kept = parent.engine in _CONVERSING or os.path.lexists(turns_of(library, parent.id))
    return kept and _goes_on(parent, model)


def _goes_on(parent: Record, model: ImageModel) -> bool:
    return (parent.engine, parent.model) == (model.engine, model.id)


def too_large(
    turns: Sequence[JsonValue], prompts: Sequence[str], *, model: ImageModel, inline_bytes: int | None
) -> str | None:
    """Return why turns cannot be sent with one more, in plain words; None where they can.

    Args:
        turns: With their pictures, in base64.
        prompts: Of the new turn, of which one is sent.
        model: Its `request_bytes` bound what is sent; pictures count as the letters that stand for them, a third more.
        inline_bytes: Most bytes of one picture in the request; None for no limit of its own.
    """
    sent = sum(len(json.dumps(turn)) for turn in turns) + max(len(json.dumps(each)) for each in prompts)
    if sent + _FRAME_BYTES > model.request_bytes:
        return (
            f"its conversation has grown to {sent / 1e6:.1f} MB, more than {model.id} takes in one request, so the "
            "picture itself is the reference"
        )
    if inline_bytes is not None and max(_pictures(list(turns)), default=0) > inline_bytes:
        return (
            f"its conversation holds a picture of more than the {inline_bytes / 1e6:.1f} MB that Vertex AI takes of "
            "one, so the picture itself is the reference, made smaller"
        )
    return None


def _pictures(value: JsonValue) -> Iterator[int]:
    """Yield the bytes of each picture in turns."""
    if isinstance(value, list):
        for each in value:
            yield from _pictures(each)
    elif isinstance(value, dict):
        letters = value.get("data")
        if isinstance(letters, str) and "mimeType" in value:
            yield len(letters) * 3 // 4
        for each in value.values():
            yield from _pictures(each)


def pictures_of(parent: Record) -> tuple[Sent, ...]:
    """Return the pictures in the conversation that led to a picture: what was sent, and the picture itself last."""
    if parent.asset_id is None or parent.path is None or not os.path.isfile(parent.path):  # noqa: PTH113
        return parent.sent
    content = Path(parent.path).read_bytes()
    if not content:
        return parent.sent
    own = Sent(
        number=len(parent.sent) + 1,
        role="base",
        asset_id=parent.asset_id,
        mime=parent.mime or "image/png",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    return (*parent.sent, own)
