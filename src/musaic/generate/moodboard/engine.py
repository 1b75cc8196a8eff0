"""The offline engine: an honest layout of the references, made here, at no cost."""

import asyncio
import io
import math
from collections.abc import Sequence
from dataclasses import replace

from PIL import Image

from musaic.generate.base import Answer, Pictured, Request, pixels
from musaic.generate.moodboard import ground
from musaic.generate.moodboard.layout import compose
from musaic.generate.moodboard.lettering import drawable, undrawn
from musaic.generate.moodboard.mark import marked
from musaic.generate.moodboard.pieces import Piece, piece_of
from musaic.generate.moodboard.scheme import Scheme, scheme_of
from musaic.generate.moodboard.stage import paint
from musaic.generate.moodboard.strip import Legend, divide, draw_strip
from musaic.generate.moodboard.words import paint_words

MODEL = "moodboard-1"
_SAID = "This is a layout of the references, not a generated picture."
_ANEW = (
    "This is a layout of the references, not a generated picture; "
    "it was composed anew and does not go on from the earlier draft."
)


class MoodboardGenerator:
    """Composes a draft of the references at the asked ratio and size, labelled as one.

    The same request gives the same bytes; `Request.variant` chooses another composition and ground. Nothing is sent
    anywhere, nothing is billed, and a reference that cannot be read becomes a grey card that says so.
    """

    @property
    def name(self) -> str:
        """The engine's name, as `--engine` takes it."""
        return "moodboard"

    async def generate(self, request: Request) -> Answer:
        """Compose one picture, in a thread of its own.

        Raises:
            ValueError: The ratio or size is none.
        """
        picture, said = await asyncio.to_thread(compose_board, request)
        return Pictured(
            model_version=MODEL, pictures=(picture,), text=said, notes=tuple(_left_out(_caption(request)))
        )

    async def aclose(self) -> None:
        """Do nothing: there is nothing to close."""


def compose_board(request: Request) -> tuple[bytes, str]:
    """Return a board as PNG, and one sentence that says what it is."""
    size = pixels(request.ratio, request.size)
    pieces = _pieces(request, size)
    said = _ANEW if any(piece.draft for piece in pieces) else _SAID
    # The user's own references keep the numbers they were given when there was no draft before.
    shown = [piece for piece in pieces if not piece.draft]
    numbered = [replace(piece, number=number) for number, piece in enumerate(shown, 1)]
    board = _board(request, size, numbered if len(shown) < len(pieces) else shown)
    return _png(board), said


def _caption(request: Request) -> str:
    return request.caption or request.prompt


def _left_out(caption: str) -> list[str]:
    """Return a sentence about letters that cannot be drawn, or nothing."""
    advice = undrawn(caption)
    return (
        [f"letters that no font here has are left out of the prompt on the draft; {advice}"] if advice else []
    )


def _pieces(request: Request, size: tuple[int, int]) -> list[Piece]:
    """Read the references, no larger than they can appear: of many, each is small."""
    side = math.sqrt(size[0] * size[1])
    count = len(request.attachments)
    small = round(side * (0.8 if count <= 3 else 0.55 if count <= 6 else 0.38))
    large = round(0.9 * side)
    return [
        piece_of(attachment, longer_px=large if place == 0 or attachment.role == "setting" else small)
        for place, attachment in enumerate(request.attachments)
    ]


def _board(request: Request, size: tuple[int, int], pieces: Sequence[Piece]) -> Image.Image:
    caption = _caption(request)
    scheme = scheme_of(pieces, caption, request.variant)
    em = max(10.0, 15 * math.sqrt(size[0] * size[1]) / 1024)
    # Without pictures the prompt is what the stage shows.
    legend = Legend(
        caption if any(_is_shown(piece) for piece in pieces) else "",
        _note(caption),
        tuple(pieces),
        scheme,
        em,
    )
    division = divide(size, legend)
    stage_size = round(division.stage.w), round(division.stage.h)
    board = Image.new("RGB", size, scheme.paper)
    board.paste(_stage(pieces, scheme, stage_size, request.variant, caption), (0, 0))
    draw_strip(board, division, legend)
    return marked(board)


def _note(caption: str) -> str:
    """Return what the strip says about letters that are missing; where all are, the prompt itself says it."""
    advice = undrawn(caption)
    return f"Some letters are left out: {advice}" if advice and drawable(caption) else ""


def _is_shown(piece: Piece) -> bool:
    return piece.role != "style" and (piece.role != "setting" or piece.look != "unreadable")


def _stage(
    pieces: Sequence[Piece], scheme: Scheme, size: tuple[int, int], variant: int, caption: str
) -> Image.Image:
    shown = [piece for piece in pieces if piece.role not in ("setting", "style")]
    settings = [piece.picture for piece in pieces if piece.role == "setting" and piece.look != "unreadable"]
    setting = settings[(variant - 1) % len(settings)] if settings else None
    lean = 1 if variant % 2 else -1
    if not shown and setting is None:
        return paint_words(caption, scheme, size, lean=lean)
    place = None if setting is None else ground.place(setting, size, sharp=not shown)
    if not shown:
        return place or Image.new("RGB", size)
    horizon = None if place is None else ground.horizon_of(place)
    return paint(compose(shown, size, variant, horizon=horizon), scheme, size, setting=place, lean=lean)


def _png(board: Image.Image) -> bytes:
    out = io.BytesIO()
    # A higher level takes four times as long on a 4K board for a twentieth less.
    board.save(out, "PNG", compress_level=4 if board.width * board.height < 3_000_000 else 2)
    return out.getvalue()
