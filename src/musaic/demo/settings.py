"""Where products are shown: studio, backdrop, beach, street, desk, forest and night.

Every setting has several variants, drawn from gradients, stretched noise and a few shapes, so that
a 128 px training picture costs a millisecond or two and an 800 px one still bears looking at.
"""

import colorsys
import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Field = NDArray[np.float32]
Colour = Sequence[float]


def setting(name: str, size_px: int, rng: np.random.Generator) -> Field:
    """Return the picture of a setting, sRGB 0 to 255, shape ``(size_px, size_px, 3)``.

    Args:
        name: One of `vocabulary.SETTINGS`.
        size_px: Width and height.
        rng: Source of the variant and all its details.

    Raises:
        KeyError: There is no such setting.
    """
    variants = _SETTINGS[name]
    return variants[int(rng.integers(len(variants)))](size_px, rng)


@lru_cache(maxsize=8)
def grid(size_px: int) -> tuple[Field, Field]:
    """Return x, shape ``(1, size_px)``, and y, shape ``(size_px, 1)``, of pixel centres, from 0 to 1."""
    line = ((np.arange(size_px) + 0.5) / size_px).astype(np.float32)
    return line[None, :], line[:, None]


def resized(field: Field, size_px: int) -> Field:
    """Return a field stretched smoothly to a square."""
    image = Image.fromarray(field).resize((size_px, size_px), Image.Resampling.BICUBIC)
    return np.asarray(image, np.float32)


# --- tools -----------------------------------------------------------------------------------
def _noise(size_px: int, rng: np.random.Generator, *, columns: int, rows: int) -> Field:
    """Smooth noise around 0 with so many cells across and down."""
    limits = max(2, min(columns, size_px)), max(2, min(rows, size_px))
    return resized(rng.standard_normal(limits[::-1], np.float32), size_px)


def _tint(rng: np.random.Generator, hue: float, saturation: float, value: float, spread: float = 0.03) -> Field:
    """A colour near the one given, hue, saturation and value from 0 to 1, as sRGB 0 to 255."""
    h = (hue + rng.uniform(-spread, spread)) % 1
    s = min(1.0, max(0.0, saturation * rng.uniform(0.75, 1.2)))
    v = min(1.0, max(0.0, value * rng.uniform(0.92, 1.06)))
    return np.array(colorsys.hsv_to_rgb(h, s, v), np.float32) * 255


def _ramp(amount: Field, low: Colour, high: Colour) -> Field:
    """Colours from `low` where the amount is 0 to `high` where it is 1."""
    a, b = np.asarray(low, np.float32), np.asarray(high, np.float32)
    return a + np.clip(amount, 0, 1)[..., None] * (b - a)


def _vertical(size_px: int, low: Colour, high: Colour, start: float = 0.0, end: float = 1.0) -> Field:
    _, y = grid(size_px)
    column = _ramp((y - start) / max(end - start, 1e-3), low, high)
    return np.repeat(column, size_px, axis=1)


def _glow(size_px: int, x: float, y: float, radius: float) -> Field:
    """A soft spot: 1 in its middle, falling off like a bell."""
    xs, ys = grid(size_px)
    across = np.exp(-(((xs - np.float32(x)) / np.float32(radius)) ** 2))
    down = np.exp(-(((ys - np.float32(y)) / np.float32(radius)) ** 2))
    return across * down


def _image(picture: Field) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    return image, ImageDraw.Draw(image)


def _ink(colour: Colour) -> tuple[int, int, int]:
    red, green, blue = (int(min(255, max(0, channel))) for channel in colour)
    return red, green, blue


def _softened(image: Image.Image, radius: float) -> Field:
    """The picture out of focus; the radius as a fraction of its width."""
    pixels = radius * image.width
    # Nothing finer than the blur survives it, so a wide blur is done on a smaller picture.
    shrink = max(1, int(pixels / 2))
    small = image.reduce(shrink) if shrink > 1 else image
    if pixels > 0.3:
        small = small.filter(ImageFilter.GaussianBlur(pixels / shrink))
    return np.asarray(small.resize(image.size, Image.Resampling.BICUBIC) if shrink > 1 else small, np.float32)


def _bokeh(image: Image.Image, rng: np.random.Generator, colours: Sequence[Colour], *, top: float, end: float) -> None:
    """Draw out-of-focus lights as see-through discs between two heights."""
    size, layer = image.width, ImageDraw.Draw(image, "RGBA")
    for _ in range(int(rng.integers(10, 26))):
        r = size * rng.uniform(0.012, 0.06)
        x, y = size * rng.uniform(0, 1), size * rng.uniform(top, end)
        ink = _ink(colours[int(rng.integers(len(colours)))])
        layer.ellipse([x - r, y - r, x + r, y + r], fill=(*ink, int(rng.uniform(50, 150))))


# --- studio ----------------------------------------------------------------------------------
def _seamless(size: int, rng: np.random.Generator) -> Field:
    tone = _tint(rng, rng.random(), rng.uniform(0, 0.05), rng.uniform(0.86, 1.0))
    lit = _glow(size, rng.uniform(0.3, 0.7), rng.uniform(0.25, 0.6), rng.uniform(0.5, 0.9))
    picture = _ramp(lit, tone * rng.uniform(0.78, 0.93), tone)
    floor = rng.uniform(0.6, 0.82)
    _, y = grid(size)
    bend = 1 / (1 + np.exp(-(y - floor) * np.float32(rng.uniform(18, 60))))
    return picture * (1 - np.float32(rng.uniform(0.02, 0.14)) * bend)[..., None]


def _dark_studio(size: int, rng: np.random.Generator) -> Field:
    tone = _tint(rng, rng.random(), rng.uniform(0, 0.25), rng.uniform(0.2, 0.34))
    lit = _glow(size, rng.uniform(0.35, 0.65), rng.uniform(0.3, 0.6), rng.uniform(0.35, 0.6))
    return _ramp(lit, tone * 0.55, tone + rng.uniform(40, 90))


def _plinth(size: int, rng: np.random.Generator) -> Field:
    hue, value = rng.random(), rng.uniform(0.78, 0.96)
    wall, top = _tint(rng, hue, rng.uniform(0.04, 0.28), value), rng.uniform(0.7, 0.84)
    image, pen = _image(_ramp(_glow(size, 0.3, 0.2, 0.9), wall * 0.88, wall * 1.04))
    left, right = size * rng.uniform(-0.05, 0.14), size * rng.uniform(0.86, 1.05)
    depth = size * rng.uniform(0.03, 0.07)
    pen.rectangle([left, size * top, right, size], fill=_ink(wall * 0.78))
    pen.ellipse([left, size * top - depth, right, size * top + depth], fill=_ink(wall * 0.97))
    return _softened(image, 0.004)


# --- backdrop --------------------------------------------------------------------------------
def _two_tones(size: int, rng: np.random.Generator) -> Field:
    x, y = grid(size)
    turn = rng.uniform(0, 2 * math.pi)
    along = (x - 0.5) * np.float32(math.cos(turn)) + (y - 0.5) * np.float32(math.sin(turn)) + np.float32(0.5)
    hue = rng.random()
    low = _tint(rng, hue, rng.uniform(0.1, 0.6), rng.uniform(0.4, 0.98))
    high = _tint(rng, hue + rng.uniform(-0.2, 0.2), rng.uniform(0.1, 0.6), rng.uniform(0.4, 0.98))
    return _ramp(along, low, high)


def _drapery(size: int, rng: np.random.Generator) -> Field:
    x, y = grid(size)
    cloth = _tint(rng, rng.random(), rng.uniform(0.1, 0.55), rng.uniform(0.4, 0.9))
    phase = x * np.float32(rng.uniform(18, 40)) + np.float32(rng.uniform(0, 6)) + y * np.float32(rng.uniform(-3, 3))
    fall = np.sin(phase + np.float32(1.6) * _noise(size, rng, columns=5, rows=3))
    return _ramp(fall * np.float32(0.5) + np.float32(0.5), cloth * 0.72, cloth * 1.08)


def _arch(size: int, rng: np.random.Generator) -> Field:
    hue, value = rng.random(), rng.uniform(0.7, 0.97)
    wall = _tint(rng, hue, rng.uniform(0.12, 0.4), value)
    shape = _tint(rng, hue + rng.choice([0.04, 0.5, 0.12]), rng.uniform(0.12, 0.5), value * rng.uniform(0.8, 1))
    image, pen = _image(_ramp(_glow(size, 0.3, 0.2, 1.0), wall * 0.9, wall * 1.03))
    x, r, y = size * rng.uniform(0.42, 0.58), size * rng.uniform(0.28, 0.42), size * rng.uniform(0.38, 0.5)
    pen.ellipse([x - r, y - r, x + r, y + r], fill=_ink(shape))
    if rng.random() < 0.6:
        pen.rectangle([x - r, y, x + r, size], fill=_ink(shape))
    floor = size * rng.uniform(0.76, 0.86)
    pen.rectangle([0, floor, size, size], fill=_ink(wall * 0.84))
    return _softened(image, 0.003)


def _spotlight(size: int, rng: np.random.Generator) -> Field:
    wall = _tint(rng, rng.random(), rng.uniform(0.25, 0.8), rng.uniform(0.45, 0.85))
    lit = _glow(size, rng.uniform(0.3, 0.7), rng.uniform(0.25, 0.6), rng.uniform(0.3, 0.5))
    picture = _ramp(lit, wall * 0.55, np.minimum(wall * 1.15 + 20, 255))
    return picture * (1 + np.float32(0.02) * _noise(size, rng, columns=20, rows=20))[..., None]


# --- beach -----------------------------------------------------------------------------------
def _shore(size: int, rng: np.random.Generator) -> Field:
    sunset = rng.random() < 0.3
    horizon, shore = rng.uniform(0.28, 0.45), rng.uniform(0.52, 0.64)
    picture = _sky(size, rng, horizon, sunset=sunset)
    _, y = grid(size)
    far, near = (_tint(rng, *hsv) for hsv in (_EVENING_SEA if sunset else _SEA))
    ripples = _noise(size, rng, columns=9, rows=size // 2) * np.float32(9)
    sea = _vertical(size, far, near, horizon, shore) + ripples[..., None]
    sand = _sand(size, rng, sunset=sunset, start=shore)
    edge = y - np.float32(shore) - np.float32(0.014) * _noise(size, rng, columns=5, rows=2)
    picture = np.where((y > horizon)[..., None], sea, picture)
    picture = np.where((edge > 0)[..., None], sand, picture)
    foam = np.exp(-((edge / np.float32(0.012)) ** 2))[..., None]
    return picture + foam * (np.float32(245) - picture) * np.float32(0.85)


_SEA = ((0.57, 0.75, 0.6), (0.49, 0.5, 0.85))
_EVENING_SEA = ((0.6, 0.4, 0.5), (0.08, 0.35, 0.8))


def _sky(size: int, rng: np.random.Generator, horizon: float, *, sunset: bool) -> Field:
    if sunset:
        high, low = _tint(rng, 0.68, 0.4, 0.62), _tint(rng, 0.07, 0.55, 1.0)
    else:
        high, low = _tint(rng, 0.57, 0.5, 0.88), _tint(rng, 0.54, 0.15, 0.98)
    picture = _vertical(size, high, low, 0, horizon)
    clouds = np.clip(_noise(size, rng, columns=4, rows=12) - np.float32(0.3), 0, 1)
    picture += (clouds * np.float32(0.6))[..., None] * (np.float32(250) - picture)
    if sunset or rng.random() < 0.3:
        sun = _glow(size, rng.uniform(0.1, 0.9), horizon - rng.uniform(0.02, 0.2), 0.06)
        picture += sun[..., None] * (np.array([255, 246, 220], np.float32) - picture)
    return picture


def _sand(size: int, rng: np.random.Generator, *, sunset: bool, start: float) -> Field:
    dry = _tint(rng, 0.1, 0.3, 0.78 if sunset else 0.93)
    picture = _vertical(size, dry * 0.82, dry, start, start + 0.2)
    dunes = _noise(size, rng, columns=5, rows=18) * np.float32(5) + rng.standard_normal((size, size), np.float32) * 4
    return picture + dunes[..., None]


def _open_sand(size: int, rng: np.random.Generator) -> Field:
    picture = _sand(size, rng, sunset=False, start=-1)
    x, y = grid(size)
    ridges = np.sin((y * 60 + x * np.float32(rng.uniform(-20, 20))) + _noise(size, rng, columns=6, rows=6) * 2)
    picture += (ridges * np.float32(6))[..., None]
    leaf, shade = Image.new("L", (size, size), 0), rng.uniform(0.72, 0.86)
    _fronds(ImageDraw.Draw(leaf), rng, size)
    soft = np.asarray(leaf.filter(ImageFilter.GaussianBlur(size * 0.012)), np.float32) / 255
    return picture * (1 - np.float32(1 - shade) * soft)[..., None]


def _fronds(pen: ImageDraw.ImageDraw, rng: np.random.Generator, size: int) -> None:
    """The shadow of a palm leaf that reaches in from a corner."""
    x0, y0 = rng.choice([-0.05, 1.05]) * size, rng.uniform(-0.1, 0.3) * size
    aim = math.atan2(0.6 * size - y0, 0.5 * size - x0)
    for turn in np.linspace(-0.8, 0.8, 9):
        reach, a = size * rng.uniform(0.45, 0.75), aim + turn
        tip = (x0 + reach * math.cos(a), y0 + reach * math.sin(a))
        side = size * 0.03
        middle = ((x0 + tip[0]) / 2, (y0 + tip[1]) / 2)
        across = (-side * math.sin(a), side * math.cos(a))
        left, right = ((middle[0] + s * across[0], middle[1] + s * across[1]) for s in (1, -1))
        pen.polygon([(x0, y0), left, tip, right], fill=255)


# --- street ----------------------------------------------------------------------------------
def _avenue(size: int, rng: np.random.Generator) -> Field:
    dusk, ground = rng.random() < 0.35, rng.uniform(0.58, 0.7)
    high, low = ((88, 84, 140), (240, 170, 130)) if dusk else ((160, 196, 232), (232, 236, 238))
    image, pen = _image(_vertical(size, high, low, 0, ground))
    for depth in (0, 1):
        _row_of_houses(pen, rng, size, ground, near=depth == 1, dusk=dusk)
    road = _ink(_tint(rng, 0.62, 0.05, 0.3 if dusk else 0.45))
    pen.rectangle([0, size * ground, size, size], fill=road)
    pen.rectangle([0, size * ground, size, size * (ground + 0.035)], fill=_ink(_tint(rng, 0.1, 0.06, 0.66)))
    for x in np.arange(-0.1, 1.1, 0.3):
        left, y = size * (x + rng.uniform(0, 0.05)), size * (ground + 0.17)
        pen.polygon([(left, y), (left + size * 0.13, y), (left + size * 0.12, y + size * 0.025),
                     (left - size * 0.02, y + size * 0.025)], fill=(214, 210, 196))  # fmt: skip
    if dusk or rng.random() < 0.4:
        _bokeh(image, rng, [(255, 210, 140), (255, 240, 210), (255, 150, 110)], top=0.25, end=ground)
    return _softened(image, rng.uniform(0.004, 0.014))


def _row_of_houses(
    pen: ImageDraw.ImageDraw, rng: np.random.Generator, size: int, ground: float, *, near: bool, dusk: bool
) -> None:
    left, light = -0.03, (0.42 if dusk else 0.72) * (1.0 if near else 1.15)
    while left < 1:
        width, top = rng.uniform(0.14, 0.26), rng.uniform(0.12, 0.42) - (0 if near else 0.1)
        wall = _tint(rng, rng.choice([0.03, 0.08, 0.1, 0.6]), rng.uniform(0.05, 0.4), light, 0.02)
        pen.rectangle([size * left, size * top, size * (left + width), size * ground], fill=_ink(wall))
        if near:
            _windows(pen, rng, (left, top, left + width, ground), size, wall, dusk=dusk)
        left += width + (0 if near else rng.uniform(0, 0.1)) + (rng.uniform(0, 0.14) if near else 0)


def _windows(
    pen: ImageDraw.ImageDraw, rng: np.random.Generator, box: tuple[float, float, float, float], size: int,
    wall: Field, *, dusk: bool,
) -> None:  # fmt: skip
    x0, y0, x1, y1 = box
    for y in np.arange(y0 + 0.035, y1 - 0.07, 0.075):
        for x in np.arange(x0 + 0.025, x1 - 0.04, 0.055):
            lit = rng.random() < (0.5 if dusk else 0.12)
            ink = (255, 222, 150) if lit else _ink(wall * 0.5 + np.array([0, 8, 18]))
            pen.rectangle([size * x, size * y, size * (x + 0.028), size * (y + 0.042)], fill=ink)


def _brick_wall(size: int, rng: np.random.Generator) -> Field:
    brick = _tint(rng, rng.choice([0.02, 0.05, 0.08]), rng.uniform(0.25, 0.55), rng.uniform(0.45, 0.85), 0.01)
    image, pen = _image(np.broadcast_to(brick * 0.8 + 30, (size, size, 3)))
    ground, high, wide = rng.uniform(0.72, 0.84), rng.uniform(0.04, 0.06), rng.uniform(0.1, 0.14)
    for row, y in enumerate(np.arange(0, ground, high)):
        for x in np.arange(-wide * (0.5 if row % 2 else 1), 1, wide):
            box = [size * x, size * y, size * (x + wide * 0.93), size * (y + high * 0.86)]
            pen.rectangle(box, fill=_ink(brick * rng.uniform(0.88, 1.1)))
    pen.rectangle([0, size * ground, size, size], fill=_ink(_tint(rng, 0.1, 0.05, rng.uniform(0.45, 0.7))))
    pen.rectangle([0, size * ground, size, size * (ground + 0.012)], fill=(70, 68, 66))
    picture = _softened(image, rng.uniform(0.003, 0.008))
    return picture * (0.86 + 0.2 * _glow(size, rng.uniform(0, 1), 0.2, 0.7))[..., None]


# --- desk ------------------------------------------------------------------------------------
def _wood(size: int, rng: np.random.Generator) -> Field:
    dark, light = _WOODS[int(rng.integers(len(_WOODS)))]
    _, y = grid(size)
    warp = _noise(size, rng, columns=4, rows=9)
    rings = np.sin(y * np.float32(rng.uniform(50, 110)) + warp * np.float32(3.2))
    fibre = _noise(size, rng, columns=6, rows=size)
    amount = np.float32(0.5) + np.float32(0.22) * rings + np.float32(0.14) * fibre
    return _ramp(amount, dark, light)


_WOODS = (
    ((108, 70, 42), (152, 106, 68)), ((166, 122, 78), (206, 164, 116)), ((72, 48, 36), (110, 76, 56)),
    ((196, 170, 136), (226, 206, 176)), ((134, 94, 66), (178, 134, 98)),
)  # fmt: skip


def _table(size: int, rng: np.random.Generator) -> Field:
    edge = rng.uniform(0.48, 0.66)
    wall = _tint(rng, rng.choice([0.1, 0.3, 0.55, 0.6, 0.95]), rng.uniform(0.04, 0.25), rng.uniform(0.68, 0.94))
    image, pen = _image(_ramp(_glow(size, rng.choice([0.1, 0.9]), 0.15, 0.7), wall * 0.8, wall * 1.06))
    for _ in range(int(rng.integers(1, 4))):
        _clutter(pen, rng, size, edge)
    picture = _softened(image, rng.uniform(0.014, 0.026))
    top = _wood(size, rng)
    _, y = grid(size)
    shine = 1 + np.float32(0.12) * np.exp(-(((y - edge) / np.float32(0.12)) ** 2))
    return np.where((y > edge)[..., None], top * shine[..., None], picture)


def _clutter(pen: ImageDraw.ImageDraw, rng: np.random.Generator, size: int, edge: float) -> None:
    """Something out of focus on the table: books, a plant, a lamp's shade, a frame."""
    x, form = rng.choice([rng.uniform(0.02, 0.25), rng.uniform(0.75, 0.95)]), int(rng.integers(4))
    ink = _ink(_tint(rng, rng.random(), rng.uniform(0.1, 0.6), rng.uniform(0.3, 0.9)))
    if form == 0:
        for shift in range(4):
            left, top = x + 0.045 * shift - 0.08, edge - rng.uniform(0.16, 0.27)
            spine = _ink(_tint(rng, rng.random(), rng.uniform(0.2, 0.6), rng.uniform(0.35, 0.85)))
            pen.rectangle([size * left, size * top, size * (left + 0.038), size * (edge + 0.02)], fill=spine)
    elif form == 1:
        pen.rectangle([size * (x - 0.06), size * (edge - 0.1), size * (x + 0.06), size * (edge + 0.02)], fill=ink)
        for turn in rng.uniform(-1.2, 1.2, 9):
            cx, cy = x + 0.1 * math.sin(turn), edge - 0.1 - 0.15 * math.cos(turn)
            leaf = _ink(_tint(rng, 0.32, 0.5, rng.uniform(0.35, 0.6)))
            pen.ellipse([size * (cx - 0.04), size * (cy - 0.06), size * (cx + 0.04), size * (cy + 0.06)], fill=leaf)
    elif form == 2:
        pen.ellipse([size * (x - 0.09), size * 0.08, size * (x + 0.09), size * 0.26], fill=(255, 236, 196))
    else:
        pen.rectangle([size * (x - 0.12), size * 0.05, size * (x + 0.12), size * 0.3], fill=ink)
        pen.rectangle([size * (x - 0.1), size * 0.07, size * (x + 0.1), size * 0.28], fill=(236, 232, 224))


def _planks(size: int, rng: np.random.Generator) -> Field:
    picture, (x, y) = _wood(size, rng), grid(size)
    rows = np.float32(rng.integers(3, 6))
    gap = np.abs(y * rows - np.round(y * rows)) / rows
    tone = rng.uniform(0.9, 1.08, 8).astype(np.float32)[np.minimum((y * rows).astype(np.int64), 7)]
    lit = 1 + np.float32(0.18) * (np.float32(0.5) - x)
    return picture * (tone * lit * (1 - np.float32(0.5) * (gap < 0.004)))[..., None]


def _marble(size: int, rng: np.random.Generator) -> Field:
    x, y = grid(size)
    flow = _noise(size, rng, columns=4, rows=4) + np.float32(0.3) * _noise(size, rng, columns=14, rows=14)
    slope = np.float32(rng.uniform(0.4, 1.2))
    vein = 1 - np.abs(np.sin((x + y * slope) * np.float32(rng.uniform(3, 6)) + flow * np.float32(0.9)))
    strength = np.clip(_noise(size, rng, columns=5, rows=5) * np.float32(0.5) + np.float32(0.4), 0, 1)
    cloudy = _noise(size, rng, columns=3, rows=3) * np.float32(0.12)
    dark = rng.random() < 0.25
    high, low = ((128, 126, 130), (50, 50, 56)) if dark else ((172, 168, 168), (238, 235, 231))
    return _ramp(vein ** 6 * strength * np.float32(0.8) + np.float32(0.12) + cloudy, low, high)


# --- forest ----------------------------------------------------------------------------------
def _woodland(size: int, rng: np.random.Generator) -> Field:
    hue = rng.choice([0.27, 0.31, 0.36, 0.1], p=[0.3, 0.3, 0.25, 0.15])
    fog, ground = _tint(rng, hue, 0.18, 0.86), rng.uniform(0.62, 0.76)
    image, pen = _image(_vertical(size, _tint(rng, hue, 0.35, 0.72), fog, 0, ground))
    for depth in (0.25, 0.55, 0.9):
        bark = fog * (1 - depth) + _tint(rng, 0.08, 0.35, 0.26) * depth
        leaves = fog * (1 - depth) + _tint(rng, hue, 0.6, 0.34) * depth
        _trees(pen, rng, size, ground, depth, (_ink(bark), _ink(leaves)))
    floor = _vertical(size, _tint(rng, hue, 0.45, 0.5), _tint(rng, hue - 0.03, 0.5, 0.28), ground, 1)
    _, y = grid(size)
    picture = _softened(image, rng.uniform(0.006, 0.014))
    floor = floor * (1 + np.float32(0.12) * _noise(size, rng, columns=24, rows=48))[..., None]
    blend = 1 / (1 + np.exp(-(y - ground) * 60))
    picture = picture + blend[..., None] * (floor - picture)
    rays = _glow(size, rng.uniform(0.1, 0.9), 0.05, 0.5)
    return picture + rays[..., None] * np.array([50, 48, 26], np.float32)


def _trees(
    pen: ImageDraw.ImageDraw, rng: np.random.Generator, size: int, ground: float, depth: float,
    inks: tuple[tuple[int, int, int], tuple[int, int, int]],
) -> None:  # fmt: skip
    for _ in range(int(rng.integers(3, 6))):
        x, half = rng.uniform(0, 1), (0.008 + 0.022 * depth) * rng.uniform(0.7, 1.4)
        foot, lean = ground - 0.04 + 0.08 * depth, rng.uniform(-0.03, 0.03)
        corners = [(x - half + lean, -0.02), (x + half + lean, -0.02), (x + half * 1.4, foot), (x - half * 1.4, foot)]
        pen.polygon([(size * a, size * b) for a, b in corners], fill=inks[0])
    for _ in range(int(rng.integers(4, 9))):
        x, y, r = rng.uniform(0, 1), rng.uniform(-0.05, 0.25), rng.uniform(0.05, 0.16)
        pen.ellipse([size * (x - r), size * (y - r * 0.7), size * (x + r), size * (y + r * 0.7)], fill=inks[1])


def _foliage(size: int, rng: np.random.Generator) -> Field:
    hue = rng.choice([0.26, 0.33, 0.4, 0.08], p=[0.35, 0.35, 0.15, 0.15])
    picture = _ramp(_glow(size, rng.uniform(0.2, 0.8), 0.2, 0.6), _tint(rng, hue, 0.65, 0.26), _tint(rng, hue, 0.5, 0.6))
    image, _ = _image(picture)
    lights = [_tint(rng, hue, rng.uniform(0.2, 0.7), rng.uniform(0.5, 0.95), 0.05) for _ in range(5)]
    _bokeh(image, rng, lights, top=0, end=0.8)
    _bokeh(image, rng, lights, top=0, end=1)
    picture = _softened(image, 0.005)
    moss = _vertical(size, (1, 1, 1), (0.55, 0.55, 0.5), 0.6, 0.9)
    return picture * moss


# --- night -----------------------------------------------------------------------------------
def _city_lights(size: int, rng: np.random.Generator) -> Field:
    image, pen = _image(_vertical(size, _tint(rng, 0.65, 0.6, 0.12), _tint(rng, 0.75, 0.5, 0.3), 0, 0.8))
    left = -0.02
    while left < 1:
        width, top = rng.uniform(0.07, 0.18), rng.uniform(0.2, 0.52)
        wall = _tint(rng, 0.66, 0.4, 0.14)
        pen.rectangle([size * left, size * top, size * (left + width), size * 0.72], fill=_ink(wall))
        _windows(pen, rng, (left, top, left + width, 0.72), size, wall, dusk=True)
        left += width + rng.uniform(0, 0.03)
    pen.rectangle([0, size * 0.72, size, size], fill=(20, 20, 30))
    _bokeh(image, rng, [(255, 180, 90), (255, 90, 140), (90, 190, 255), (255, 236, 190)], top=0.3, end=0.85)
    return _softened(image, rng.uniform(0.004, 0.012))


def _starry(size: int, rng: np.random.Generator) -> Field:
    hue = rng.uniform(0.58, 0.76)
    picture = _vertical(size, _tint(rng, hue, 0.7, 0.13), _tint(rng, hue - 0.04, 0.55, 0.42), 0, 0.75)
    milky = np.clip(_noise(size, rng, columns=6, rows=4), 0, 1.5) * np.float32(12)
    image, pen = _image(picture + milky[..., None])
    for x, y, glow in rng.random((70, 3)):
        r = size * (0.001 + 0.0022 * glow)
        pen.ellipse([size * x - r, size * y * 0.7 - r, size * x + r, size * y * 0.7 + r], fill=_ink([150 + 105 * glow] * 3))
    if rng.random() < 0.5:
        x, y, r = size * rng.uniform(0.1, 0.9), size * rng.uniform(0.08, 0.25), size * rng.uniform(0.03, 0.06)
        pen.ellipse([x - r, y - r, x + r, y + r], fill=(246, 242, 222))
    for depth, rise in ((0.2, 0.1), (0.1, 0.06)):
        base, phase = rng.uniform(0.66, 0.78), rng.uniform(0, 6)
        ridge = [(size * t, size * (base - rise * math.sin(t * 7 + phase) * depth * 5)) for t in np.linspace(0, 1, 24)]
        pen.polygon([*ridge, (size, size), (0, size)], fill=_ink(_tint(rng, hue, 0.5, depth)))
    return _softened(image, 0.003)


def _neon(size: int, rng: np.random.Generator) -> Field:
    hues = rng.random(), rng.random()
    picture = np.broadcast_to(_tint(rng, 0.7, 0.5, 0.12), (size, size, 3)).astype(np.float32)
    for hue, x in zip(hues, (rng.uniform(-0.1, 0.3), rng.uniform(0.7, 1.1)), strict=True):
        glow = _glow(size, x, rng.uniform(0.1, 0.7), rng.uniform(0.35, 0.6))
        picture = picture + glow[..., None] * _tint(rng, hue, 0.85, 0.75)
    tubes = Image.new("RGB", (size, size))
    pen = ImageDraw.Draw(tubes)
    for hue in hues:
        x, y, r = size * rng.uniform(0.1, 0.9), size * rng.uniform(0.1, 0.45), size * rng.uniform(0.1, 0.35)
        ink, wide = _ink(_tint(rng, hue, 0.4, 1.0)), max(1, round(size * 0.008))
        if rng.random() < 0.5:
            pen.ellipse([x - r, y - r, x + r, y + r], outline=ink, width=wide)
        else:
            pen.line([(x, y - r), (x + r * 0.6, y), (x, y + r)], fill=ink, width=wide, joint="curve")
    halo = _softened(tubes, 0.025) * np.float32(1.8) + _softened(tubes, 0.002)
    _, y = grid(size)
    return np.minimum(picture + halo, 255) * (1 - np.float32(0.4) * (y > 0.8))[..., None]


_SETTINGS: dict[str, tuple[Callable[[int, np.random.Generator], Field], ...]] = {
    "studio": (_seamless, _seamless, _seamless, _dark_studio, _plinth),
    "backdrop": (_two_tones, _two_tones, _drapery, _arch, _arch, _spotlight),
    "beach": (_shore, _shore, _open_sand),
    "street": (_avenue, _avenue, _brick_wall),
    "desk": (_table, _table, _planks, _marble),
    "forest": (_woodland, _foliage),
    "night": (_city_lights, _starry, _neon),
}
