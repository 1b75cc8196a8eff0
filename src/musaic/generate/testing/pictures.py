"""The bytes that the loopback Gemini gives for a picture: a good one, or one that is wrong in a certain way."""

import struct
import zlib
from dataclasses import dataclass

from musaic.generate.testing.behaviours import Behaviour
from musaic.generate.testing.drawing import Drawn, draw, encode, size_px
from musaic.generate.testing.wire import Received
from musaic.schemas import ImageModel


@dataclass(frozen=True, slots=True)
class Question:
    """A request that is answered.

    Attributes:
        received: The request.
        model: Its model.
        take: 1, or more where the same request had a picture before.
    """

    received: Received
    model: ImageModel
    take: int = 1

    @property
    def ratio(self) -> str:
        """As asked for, else square, so that a ratio that got lost on the way is seen."""
        return self.received.ratio or "1:1"

    @property
    def size(self) -> str:
        """As asked for, else 1K."""
        return self.received.size or "1K"

    @property
    def earlier(self) -> tuple[bytes, ...]:
        """Pictures that the model made in earlier turns."""
        turns = (turn for turn in self.received.turns if turn.role == "model")
        return tuple(part.content for turn in turns for part in turn.parts if part.content is not None)


def content_for(behaviour: Behaviour, question: Question) -> tuple[bytes, str]:
    """Return the bytes of a behaviour's final picture, and the type they are said to have."""
    if behaviour == "empty_data":
        return b"", "image/png"
    if behaviour == "bomb":
        return bomb(), "image/png"
    given = question.received.images
    if behaviour == "same_as_reference" and given:
        return given[0].content or b"", given[0].mime or "image/png"
    return _drawn(behaviour, question)


def draft_for(question: Question, words: str) -> bytes:
    """Return a PNG that is not the final picture, and says so in its margin."""
    return _picture(question, "image/png", ratio=question.ratio, words=f"{words}: {question.received.prompt}")


def bomb() -> bytes:
    """Return a PNG of some 70 bytes whose header says 100,000 x 100,000 pixels."""
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _drawn(behaviour: Behaviour, question: Question) -> tuple[bytes, str]:
    mime = question.received.output_mime or "image/png"
    if behaviour in ("ok_jpeg", "ok_jpeg_as_png", "truncated_jpeg"):
        mime = "image/jpeg"
    elif behaviour == "truncated_png":
        mime = "image/png"
    ratio = question.ratio
    if behaviour == "wrong_ratio":
        ratio = "16:9" if ratio == "1:1" else "1:1"
    content = _picture(question, mime, ratio=ratio, words=question.received.prompt)
    if behaviour in ("truncated_png", "truncated_jpeg"):
        content = content[: len(content) // 2]
    return content, "image/png" if behaviour == "ok_jpeg_as_png" else mime


def _picture(question: Question, mime: str, *, ratio: str, words: str) -> bytes:
    drawn = Drawn(
        words=words,
        pictures=tuple(part.content or b"" for part in question.received.images),
        before=question.earlier[-1] if question.earlier else None,
        model=question.model.id,
        ratio=ratio,
        size=question.size,
        take=question.take,
        seed=question.received.seed,
    )
    return encode(draw(drawn, px=size_px(ratio, question.size)), mime)
