"""Text in any script, in the one face of a board: what is too long is cut with an ellipsis."""

import unicodedata
from collections.abc import Sequence

from PIL import Image, ImageDraw

from musaic.colors import Rgb
from musaic.fonts import Font, Typeface, font_for, has_letter

_MOST_LETTERS = 1200
_UNDRAWN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
# Joiners belong to emoji and to Indic and Arabic words.
_KEPT = "\u200c\u200d"


def plain(text: str) -> str:
    """Return a text on one line, without control characters and changes of direction."""
    text = unicodedata.normalize("NFC", text[: 4 * _MOST_LETTERS])
    letters = (
        letter if letter in _KEPT or unicodedata.category(letter) not in _UNDRAWN else " " for letter in text
    )
    return " ".join("".join(letters).split())[:_MOST_LETTERS]


def undrawn(text: str) -> str | None:
    """Return the advice which font to install where none here has all the letters of a text, else None."""
    return font_for(plain(text), 12).missing


def lettered(face: Typeface, text: str, size_px: float) -> tuple[Font, str]:
    """Return a font for a text, and the text without the letters that no font here has.

    Where nothing would be left, the text becomes the advice which font to install.
    """
    px = max(6, round(size_px))
    font, drawn = face.lettered(plain(text), px)
    advice = None if drawn else undrawn(text)
    return face.lettered(f"No font here has these letters; {advice}", px) if advice else (font, drawn)


def reads_leftwards(text: str) -> bool:
    """Say whether a text runs from right to left: whether its first letter with a direction does."""
    directions = (unicodedata.bidirectional(letter) for letter in text)
    return next((each for each in directions if each in ("L", "R", "AL")), "L") != "L"


def draw_lines(
    draw: ImageDraw.ImageDraw, box: tuple[float, float, float], lines: Sequence[str], font: Font, leading: float,
    fill: Rgb,
) -> None:  # fmt: skip
    """Draw lines one below the other, from the side on which their script begins.

    Args:
        draw: Where to.
        box: Left end, right end, and height of the first baseline.
        lines: In order.
        font: For all of them.
        leading: From one baseline to the next.
        fill: Colour.
    """
    left, right, top = box
    leftwards = reads_leftwards(" ".join(lines))
    for number, line in enumerate(lines):
        at = right if leftwards else left, top + number * leading
        draw.text(at, line, font=font, fill=fill, anchor="rs" if leftwards else "ls")


def wrapped(
    face: Typeface, text: str, size_px: float, width: float, most_lines: int
) -> tuple[Font, list[str]]:
    """Break a text into lines, at spaces where there are any; the last line ends in "…" where more follows."""
    font, left = lettered(face, text, size_px)
    lines: list[str] = []
    while left and len(lines) < most_lines:
        # No letter is narrower than a seventh of its height: what is beyond cannot be on this line.
        line = _prefix(font, left[: 8 + int(7 * width / size_px)], width)
        left = left[len(line) :].lstrip()
        lines.append(line.rstrip())
    if left and lines:
        lines[-1] = shortened(font, f"{lines[-1]} {left[: 8 + int(7 * width / size_px)]}", width, more=True)
    return font, lines


def shortened(font: Font, text: str, width: float, *, more: bool = False) -> str:
    """Return as much of a text as fits a width, with "…" where something is missing or `more` would follow."""
    if not more and font.getlength(text) <= width:
        return text
    ellipsis = "…" if has_letter(font, "…") else "..."
    low, high = 0, len(text)
    while low < high:
        keep = (low + high + 1) // 2
        low, high = (
            (keep, high) if font.getlength(text[:keep].rstrip() + ellipsis) <= width else (low, keep - 1)
        )
    return text[:low].rstrip(" ,.;:") + ellipsis if low else ""


def _prefix(font: Font, text: str, width: float) -> str:
    """Return the longest beginning that fits, up to a space where there is one; at least a letter."""
    if font.getlength(text) <= width:
        return text
    low, high = 1, len(text)
    while low < high:
        keep = (low + high + 1) // 2
        low, high = (keep, high) if font.getlength(text[:keep]) <= width else (low, keep - 1)
    if text[low : low + 1] == " ":
        return text[:low]
    space = text.rfind(" ", 0, low)
    return text[: space + 1] if space > 0 else text[:low]


def draw_line(
    image: Image.Image, face: Typeface, at: tuple[float, float], text: str, size_px: float, fill: Rgb, width: float
) -> None:  # fmt: skip
    """Draw one line from its baseline's left end, shortened to a width."""
    font, text = lettered(face, text, size_px)
    ImageDraw.Draw(image).text(at, shortened(font, text, width), font=font, fill=fill, anchor="ls")


def centred(image: Image.Image, face: Typeface, text: str, *, fill: Rgb) -> None:
    """Write a short text into the middle of a picture, as large as its width allows and never too large."""
    width = 0.8 * image.width
    size_px = max(7.0, min(0.06 * width + 6, 1.7 * width / max(1, len(text))))
    font, lines = wrapped(face, text, size_px, width, 3)
    top = image.height / 2 - 1.25 * size_px * (len(lines) - 1) / 2
    for number, line in enumerate(lines):
        at = image.width / 2, top + 1.25 * size_px * number
        ImageDraw.Draw(image).text(at, line, font=font, fill=fill, anchor="mm")
