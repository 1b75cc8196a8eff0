"""What an engine is to the rest of Musaic."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import JsonValue

from musaic.schemas import Role, Usage


@dataclass(frozen=True, slots=True)
class Attachment:
    """A reference as it is sent: bytes without private metadata, and what the prompt calls it.

    Attributes:
        number: 1 for the first; the prompt says "image 1".
        role: What it is for.
        asset_id: Named to the service instead of a file name.
        mime: What the bytes are.
        content: The file, in a type that the model takes.
        sha256: Hex digest of `content`.
        changed: What was done to the original's bytes, in words; None where they are the original's own.
        name: What people call it, for what is drawn on this machine; it is not sent.
    """

    number: int
    role: Role
    asset_id: str
    mime: str
    content: bytes = field(repr=False)
    sha256: str
    changed: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One picture to be made.

    Attributes:
        model: Id of a model of the engine.
        prompt: In full.
        attachments: Numbered from 1, in order.
        ratio: E.g. ``16:9``.
        size: ``512``, ``1K``, ``2K`` or ``4K``.
        turns: Earlier turns of the conversation, as `Pictured.turns` gave them; empty for a new one.
        most_output_tokens: Upper limit of what may be generated and billed; None where the engine has none.
        seed: Best effort.
        variant: Which of several pictures of one prompt this is; an engine without chance varies by it.
        caption: The user's own words.
    """

    model: str
    prompt: str
    attachments: tuple[Attachment, ...]
    ratio: str
    size: str
    turns: tuple[JsonValue, ...] = ()
    most_output_tokens: int | None = None
    seed: int | None = None
    variant: int = 1
    caption: str = ""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What every answer has.

    Attributes:
        usage: Tokens reported; None where nothing was.
        model_version: What the service says answered.
        response_id: The service's own id of the answer.
        came: The body as the service sent it, but for the key, where it may hold a picture that is not among the
            answer's own: what was paid for is kept. Else empty.
    """

    usage: Usage | None = None
    model_version: str | None = None
    response_id: str | None = None
    came: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Pictured(_Answer):
    """Pictures came: undecoded bytes as the service gave them, best last.

    Attributes:
        pictures: At least one; interim drafts ("thoughts") are not among them.
        text: What the model wrote beside them.
        turns: The whole conversation with this answer, JSON; what `Request.turns` takes to go on.
        labels: MIME types, what the service says each picture is; empty where it says nothing.
        notes: What the engine itself has to say of them, in sentences.
    """

    pictures: tuple[bytes, ...] = field(default=(), repr=False)
    text: str = ""
    turns: tuple[JsonValue, ...] = field(default=(), repr=False)
    labels: tuple[str | None, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Blocked(_Answer):
    """A safety filter stopped it: before (`prompt`) or after (`output`) it was made."""

    what: Literal["prompt", "output"] = "prompt"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NoPicture(_Answer):
    """The model answered without a picture; `reason` in its words or the service's code."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Malformed(_Answer):
    """Something came in the place of a picture that cannot be one."""

    reason: str = ""


Answer = Pictured | Blocked | NoPicture | Malformed


class Generator(Protocol):
    """An engine: makes one picture from words and references.

    It sends each request once. Whether to ask again is the caller's choice, which knows the money.
    """

    @property
    def name(self) -> str:
        """The engine's name, as `--engine` takes it."""
        ...

    async def generate(self, request: Request) -> Answer:
        """Ask for one picture.

        Raises:
            EngineError: The call came to nothing; says whether it may be billed and tried again.
        """
        ...

    async def aclose(self) -> None:
        """Close connections; a second call does nothing."""
        ...


def pixels(ratio: str, size: str) -> tuple[int, int]:
    """Return width and height that a ratio and a size class stand for, multiples of 16.

    The area is that of a square with the class's side: 1024 for 1K.

    Example:
        >>> pixels("1:1", "1K"), pixels("16:9", "1K")
        ((1024, 1024), (1360, 768))
    """
    across, down = (int(side) for side in ratio.split(":"))
    side = 512 if size == "512" else 1024 * int(size.removesuffix("K"))
    width = side * (across / down) ** 0.5
    return 16 * round(width / 16), 16 * round(width * down / across / 16)
