"""The offline engine: an honest layout of the references, made here, at no cost."""

import asyncio
import io
import math
from collections.abc import Sequence
from dataclasses import replace

from PIL import Image

from musaic.fonts import Typeface
from musaic.generate.base import Answer, Pictured, Request, pixels
from musaic.generate.moodboard.boxes import Box
from musaic.generate.moodboard.layout import arrange, caption_height, margin_of
from musaic.generate.moodboard.lettering import plain, undrawn
from musaic.generate.moodboard.mark import marked
from musaic.generate.moodboard.pieces import Piece, piece_of
from musaic.generate.moodboard.scheme import scheme_of
from musaic.generate.moodboard.strip import LABEL, Legend, draw_strip
from musaic.generate.moodboard.tiles import draw_tile
from musaic.generate.moodboard.words import draw_alone

MODEL = "moodboard-1"
_SAID = "This is a layout of the references, not a generated picture."
_ANEW = (
    "This is a layout of the references, not a generated picture; "
    "it was composed anew and does not go on from the earlier draft."
)


class MoodboardGenerator:
    """Composes a draft of the references at the asked ratio and size, labelled as one.

    The same request gives the same bytes; `Request.variant` chooses another layout and paper. Nothing is sent
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
        picture, said, notes = await asyncio.to_thread(compose_board, request)
        return Pictured(model_version=MODEL, pictures=(picture,), text=said, notes=notes)

    async def aclose(self) -> None:
        """Do nothing: there is nothing to close."""


def compose_board(request: Request) -> tuple[bytes, str, tuple[str, ...]]:
    """Return a board as PNG, one sentence that says what it is, and what else there is to say of it."""
    size = pixels(request.ratio, request.size)
    pieces = _pieces(request, size)
    said = _ANEW if any(piece.draft for piece in pieces) else _SAID
    # The user's own references keep the numbers they were given when there was no draft before.
    shown = [piece for piece in pieces if not piece.draft]
    if len(shown) < len(pieces):
        shown = [replace(piece, number=number) for number, piece in enumerate(shown, 1)]
    caption = request.caption or request.prompt
    notes = tuple(_left_out(caption, shown))
    return (
        _png(_board(caption, sorted(shown, key=lambda piece: piece.rank), size, request.variant)),
        said,
        notes,
    )


def _left_out(caption: str, pieces: Sequence[Piece]) -> list[str]:
    """Return a sentence about letters that cannot be drawn in the prompt, and one about those in names."""
    texts = {"the prompt": [caption], "the names": [piece.name for piece in pieces]}
    return [
        f"letters that no font here has are left out of {what} on the draft; {advice}"
        for what, given in texts.items()
        if (advice := next(filter(None, map(undrawn, given)), None))
    ]


def _pieces(request: Request, size: tuple[int, int]) -> list[Piece]:
    """Read the references, no larger than they can appear: of many, each is small."""
    longest = round(max(size) * (1.0 if len(request.attachments) <= 3 else 0.7))
    return [piece_of(attachment, longer_px=longest) for attachment in request.attachments]


def _board(caption: str, pieces: Sequence[Piece], size: tuple[int, int], variant: int) -> Image.Image:
    legend = _legend(caption, pieces, size, variant)
    board = Image.new("RGB", size, legend.scheme.paper)
    if not pieces:
        margin = margin_of(size)
        draw_alone(board, Box(0, 0, *size).inset(margin, margin, margin, margin), legend, variant)
        return marked(board)
    layout, below = arrange(pieces, size, legend, variant), caption_height(legend, size)
    for piece, tile in zip(pieces, layout.tiles, strict=True):
        draw_tile(board, tile, piece, legend, caption_px=below)
    draw_strip(board, layout.strip, legend)
    return marked(board)


def _legend(caption: str, pieces: Sequence[Piece], size: tuple[int, int], variant: int) -> Legend:
    scheme, advice = scheme_of(pieces, caption, variant), undrawn(caption)
    face = Typeface(map(plain, [LABEL, caption, *(piece.caption for piece in pieces)]))
    # Where all letters are missing, the prompt itself says it.
    note = f"Some letters are left out: {advice}" if advice and face.lettered(plain(caption), 12)[1] else ""
    em = max(10.0, 15 * math.sqrt(size[0] * size[1]) / 1024)
    return Legend(caption, note, scheme, face, em)


def _png(board: Image.Image) -> bytes:
    out = io.BytesIO()
    # A higher level takes four times as long on a 4K board for a twentieth less.
    board.save(out, "PNG", compress_level=4 if board.width * board.height < 3_000_000 else 2)
    return out.getvalue()
