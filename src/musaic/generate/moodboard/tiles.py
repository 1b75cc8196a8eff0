"""A piece drawn into its tile: whole, edge to edge where it has the tile's shape, else on a mat."""

from PIL import Image

from musaic.generate.moodboard.boxes import Box
from musaic.generate.moodboard.lettering import centred, draw_line
from musaic.generate.moodboard.pieces import Piece
from musaic.generate.moodboard.strip import Legend
from musaic.generate.moodboard.tiling import MAT, fills

# A picture is enlarged no further: beyond, it is a blur.
_MOST_ENLARGED = 1.5
# The mats round a picture without a ground and round a logo, as a part of the tile's shorter side.
_CUT_MAT, _LOGO_MAT = 0.10, 0.20


def draw_tile(board: Image.Image, tile: Box, piece: Piece, legend: Legend, *, caption_px: int) -> None:
    """Draw a piece and its caption below, which takes some pixels."""
    thin = max(1, round(legend.em / 15))
    board.paste(legend.scheme.line, tile.inset(-thin, -thin, -thin, -thin).edges)
    board.paste(legend.scheme.mat_of(piece), tile.edges)
    place = place_of(tile, piece)
    picture = piece.picture.resize((place.w, place.h), Image.Resampling.LANCZOS)
    if not piece.readable:
        centred(picture, legend.face, f"image {piece.number} is unreadable", fill=(70, 70, 74))
    board.paste(picture, place.edges, picture)
    if caption_px:
        at = tile.x, tile.bottom + 1.4 * legend.em
        draw_line(board, legend.face, at, piece.caption, 0.9 * legend.em, legend.scheme.ink, tile.w)


def most_w(piece: Piece) -> float:
    """Return the most pixels across that a piece is drawn with."""
    return _MOST_ENLARGED * piece.picture.width


def place_of(tile: Box, piece: Piece) -> Box:
    """Return where in its tile a piece is drawn."""
    if not piece.cut and fills(tile, piece.aspect, most_w(piece)):
        return tile
    mat = (_LOGO_MAT if piece.role == "logo" else _CUT_MAT if piece.cut else MAT) * min(tile.w, tile.h)
    width = min(tile.w - 2 * mat, (tile.h - 2 * mat) * piece.aspect, most_w(piece))
    return tile.holding(width, width / piece.aspect)
