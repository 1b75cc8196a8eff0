"""A board without references: nothing but the prompt, and no colour that no picture has."""

from PIL import Image, ImageDraw

from musaic.generate.moodboard.boxes import Box
from musaic.generate.moodboard.lettering import draw_lines, plain, reads_leftwards
from musaic.generate.moodboard.strip import NOTE_EMS, Legend, draw_label, note_lines, set_prompt

# Where the prompt stands by variant: its left end, its width, and its height, 0 for the top; parts of the board's own.
_PLACES = ((0.0, 0.86, 1.0), (0.0, 1.0, 0.0), (0.36, 0.64, 1.0), (0.0, 0.58, 0.5))
_LARGEST_EMS, _LEADING = 6.5, 1.24


def draw_alone(board: Image.Image, inner: Box, legend: Legend, variant: int) -> None:
    """Draw label, prompt and note into a box; each of four variants has the prompt in another place."""
    draw_label(board, inner, legend)
    draw, em = ImageDraw.Draw(board), legend.em
    note_font, note = note_lines(legend, inner.w)
    note_h = len(note) * 1.36 * NOTE_EMS * em + (em if note else 0)
    left, wide, down = _PLACES[(variant - 1) % len(_PLACES)]
    left = 1 - left - wide if reads_leftwards(plain(legend.caption)) else left
    box = inner.inset(round(left * inner.w), round(4 * em), round((1 - left - wide) * inner.w), round(note_h))
    largest = min(_LARGEST_EMS, 0.13 * box.w / em)
    font, lines, size = set_prompt(legend, box.w, 0.86 * box.h, max(1.0, largest))
    spare = box.h - (0.95 + _LEADING * (len(lines) - 1) + 0.32) * size
    top = box.y + max(0.0, spare) * down + 0.95 * size
    draw_lines(draw, (box.x, box.right, top), lines, font, _LEADING * size, legend.scheme.ink)
    at = inner.x, inner.right, inner.bottom - note_h + em + NOTE_EMS * em
    draw_lines(draw, at, note, note_font, 1.36 * NOTE_EMS * em, legend.scheme.faint)
