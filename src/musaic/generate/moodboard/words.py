"""A board without references: the prompt itself, on a ground in the colours that it names."""

from PIL import Image, ImageDraw

from musaic.generate.moodboard import ground
from musaic.generate.moodboard.lettering import draw_lines, wrapped
from musaic.generate.moodboard.masks import rounded_mask
from musaic.generate.moodboard.scheme import Scheme


def paint_words(caption: str, scheme: Scheme, size: tuple[int, int], *, lean: int) -> Image.Image:
    """Return a stage with the prompt in large letters and a band of its colours."""
    image = ground.table(size, scheme)
    image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if lean < 0 else image
    width, height = size
    margin = 0.11 * min(size) + 0.01 * max(size)
    room = width - 2 * margin, height - 2 * margin
    size_px = _largest(caption, room)
    font, lines = wrapped(caption, size_px, room[0], max(1, int(room[1] / (1.32 * size_px))))
    _bars(image, scheme, (margin, margin * 0.8), 0.16 * min(size))
    top = height - margin - 1.32 * size_px * (len(lines) - 1)
    draw_lines(ImageDraw.Draw(image), (margin, width - margin, top), lines, font, 1.32 * size_px, scheme.ink)
    return image


def _largest(caption: str, room: tuple[float, float]) -> float:
    """Return the largest letters at which the whole prompt fits two thirds of the room."""
    size_px = max(12.0, min(0.16 * room[0], 0.11 * min(room) + 0.02 * max(room)))
    while size_px > 12:
        lines = max(1, int(0.68 * room[1] / (1.32 * size_px)))
        if "…" not in "".join(wrapped(caption, size_px, room[0], lines)[1][-1:]):
            break
        size_px *= 0.9
    return size_px


def _bars(image: Image.Image, scheme: Scheme, at: tuple[float, float], side: float) -> None:
    step = min(1.08 * side, (image.width - 2 * at[0]) / max(1, len(scheme.palette)))
    whole = max(2, round(step * 0.92)), max(2, round(side))
    for number, rgb in enumerate(scheme.palette):
        left, top = round(at[0] + number * step), round(at[1])
        image.paste(rgb, (left, top, left + whole[0], top + whole[1]), rounded_mask(whole, 0.14 * whole[1]))
