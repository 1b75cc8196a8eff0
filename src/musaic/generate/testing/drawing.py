"""The picture that the loopback Gemini answers with: what was asked for, so that a person can see it.

The references in a row on a ground whose colours come from the request, the words in the margin, and a mark that says
that no model made it. The same request gives the same picture, another one another.
"""

import colorsys
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageOps

from musaic.fonts import Font, font_for
from musaic.generate.base import pixels

# Where the service's own sides are not the nearest multiples of 16.
_OWN_PIXELS = {("16:9", "1K"): (1376, 768), ("9:16", "1K"): (768, 1376)}
# Signs that Pillow's own font lacks, and for which no other one shall be searched.
_PLAIN = str.maketrans({"—": "-", "–": "-", "“": '"', "”": '"', "’": "'", "‘": "'", "…": "...", "×": "x"})
_INK, _PAPER = (38, 36, 44), (252, 250, 246)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What shall be seen on a picture.

    Attributes:
        words: The prompt.
        pictures: References, encoded, in order.
        before: The picture that a further turn goes on from; None for a first one.
        model: Its id.
        ratio: As asked for.
        size: As asked for.
        take: 1, or more for another picture of the same request.
        seed: As asked for.
    """

    words: str
    pictures: tuple[bytes, ...]
    before: bytes | None
    model: str
    ratio: str
    size: str
    take: int = 1
    seed: int | None = None


def size_px(ratio: str, size: str) -> tuple[int, int]:
    """Return the width and height in pixels that the service gives for a ratio and size."""
    return _OWN_PIXELS.get((ratio, size)) or pixels(ratio, size)


def draw(drawn: Drawn, *, px: tuple[int, int]) -> Image.Image:
    """Return the picture, RGB.

    Args:
        drawn: What shall be seen.
        px: Width and height.
    """
    hue = _digest(drawn)
    picture = _ground(px, hue)
    width, height = px
    strip = max(height // 5, min(height // 2, 60))
    box = (width // 20, height // 20, width - width // 20, height - strip - height // 20)
    if drawn.before is not None:
        _paste(picture, [drawn.before], box, numbered=False)
        box = (box[0], box[3] - (box[3] - box[1]) // 4, box[2], box[3])
    _paste(picture, drawn.pictures, box, numbered=True)
    _write(picture, drawn, top=height - strip)
    return picture


def encode(picture: Image.Image, mime: str) -> bytes:
    """Return the file of a picture: ``image/jpeg`` or ``image/png``."""
    target = io.BytesIO()
    if mime == "image/jpeg":
        picture.save(target, "JPEG", quality=88)
    else:
        picture.save(target, "PNG", compress_level=1)
    return target.getvalue()


def _digest(drawn: Drawn) -> bytes:
    chance = f"{drawn.model} {drawn.take} {drawn.seed}"
    parts = [drawn.words.encode("utf-8", "replace"), chance.encode(), drawn.before or b""]
    digest = hashlib.sha256()
    for part in [*parts, *drawn.pictures]:
        digest.update(hashlib.sha256(part).digest())
    return digest.digest()


def _ground(px: tuple[int, int], seed: bytes) -> Image.Image:
    """Two pale colours running into each other, with a round of a third: they tell pictures apart at a glance."""
    first, second, third = (_pale(seed[place]) for place in range(3))
    ramp = Image.linear_gradient("L").rotate(seed[3] % 4 * 90).resize(px)
    ground = Image.composite(Image.new("RGB", px, first), Image.new("RGB", px, second), ramp)
    side = min(px) // 3 + min(px) * seed[4] // 1024
    left, top = px[0] * seed[5] // 256 - side // 2, px[1] * seed[6] // 256 - side // 2
    ImageDraw.Draw(ground).ellipse((left, top, left + side, top + side), fill=third)
    return ground


def _pale(byte: int) -> tuple[int, int, int]:
    red, green, blue = colorsys.hls_to_rgb(byte / 256, 0.82, 0.55)
    return round(255 * red), round(255 * green), round(255 * blue)


def _paste(
    picture: Image.Image, pictures: Sequence[bytes], box: tuple[int, int, int, int], *, numbered: bool
) -> None:
    """Set pictures in a row into a box, each as large as its share of it, with its number."""
    if not pictures:
        return
    left, top, right, bottom = box
    share, gap = (right - left) // len(pictures), max(4, (right - left) // 100)
    for place, content in enumerate(pictures):
        card = _card(content, (max(8, share - gap), max(8, bottom - top)))
        at = (left + place * share + (share - card.width) // 2, top + (bottom - top - card.height) // 2)
        picture.paste(card, at)
        if numbered:
            pen = ImageDraw.Draw(picture)
            font = font_for("0", max(10, card.height // 12)).font
            edge = pen.textbbox(at, f" {place + 1} ", font=font)
            pen.rectangle(edge, fill=_INK)
            pen.text(at, f" {place + 1} ", font=font, fill=_PAPER)


def _card(content: bytes, room: tuple[int, int]) -> Image.Image:
    try:
        with Image.open(io.BytesIO(content)) as opened:
            opened.draft("RGB", room)  # a JPEG is read no larger than it is needed
            upright = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, ValueError, Image.DecompressionBombError):
        upright = Image.new(
            "RGBA", (64, 64), (*_INK, 255)
        )  # HEIF, which needs a plugin that is not loaded here
    fitted = ImageOps.contain(upright, room)
    card = Image.new("RGB", fitted.size, _PAPER)
    card.paste(fitted, mask=fitted.getchannel("A"))
    return card


def _write(picture: Image.Image, drawn: Drawn, *, top: int) -> None:
    pen = ImageDraw.Draw(picture)
    width, height = picture.size
    pen.rectangle((0, top, width, height), fill=_PAPER)
    room, line = height - top, max(9, (height - top) // 9)
    take = f", take {drawn.take}" if drawn.take > 1 else ""
    mark = f"fake gemini: no model made this.  {drawn.model}, {drawn.ratio}, {drawn.size}{take}"
    words = drawn.words.translate(_PLAIN)
    margin = max(4, width // 40)
    pen.text(
        (margin, top + line // 2), mark, font=_fitting(mark, line, width - 2 * margin), fill=(176, 40, 52)
    )
    most = max(1, int((room - 2.2 * line) / (1.35 * line)))
    font = font_for(words, line).font
    for number, row in enumerate(_rows(words, font, width - 2 * margin, most=most)):
        pen.text((margin, top + 2 * line + 1.35 * line * number), row, font=font, fill=_INK)


def _fitting(text: str, line: int, room: int) -> Font:
    font = font_for(text, line).font
    length = font.getlength(text)
    return font if length <= room else font_for(text, max(6, int(line * room / length))).font


def _rows(text: str, font: Font, room: int, *, most: int) -> list[str]:
    """Break a text into rows by its words; what is left over ends in an ellipsis."""
    rows = [""]
    for word in text.split():
        longer = f"{rows[-1]} {word}".strip()
        if font.getlength(longer) <= room or not rows[-1]:
            rows[-1] = longer
        elif len(rows) == most:
            rows[-1] += " ..."
            break
        else:
            rows.append(word)
    return rows
