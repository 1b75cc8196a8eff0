"""Where products are shown: studio, backdrop, beach, street, desk, forest and night.

Every setting has several variants, drawn from gradients, stretched noise and a few shapes, so that
a 128 px training picture costs a millisecond or two and an 800 px one still bears looking at.
"""

import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from musaic.demo.scenery import (
    Field,
    bokeh,
    grid,
    inked,
    noise,
    opened,
    ramp,
    softened,
    spot,
    tint,
    vertical,
)


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


# --- studio ----------------------------------------------------------------------------------
def _seamless(size: int, rng: np.random.Generator) -> Field:
    tone = tint(rng, rng.random(), rng.uniform(0, 0.05), rng.uniform(0.86, 1.0))
    lit = spot(size, rng.uniform(0.3, 0.7), rng.uniform(0.25, 0.6), rng.uniform(0.5, 0.9))
    picture = ramp(lit, tone * rng.uniform(0.78, 0.93), tone)
    floor = rng.uniform(0.6, 0.82)
    _, y = grid(size)
    bend = 1 / (1 + np.exp(-(y - floor) * np.float32(rng.uniform(18, 60))))
    return np.asarray(picture * (1 - np.float32(rng.uniform(0.02, 0.14)) * bend)[..., None], np.float32)


def _dark_studio(size: int, rng: np.random.Generator) -> Field:
    tone = tint(rng, rng.random(), rng.uniform(0, 0.25), rng.uniform(0.2, 0.34))
    lit = spot(size, rng.uniform(0.35, 0.65), rng.uniform(0.3, 0.6), rng.uniform(0.35, 0.6))
    return ramp(lit, tone * 0.55, tone + rng.uniform(40, 90))


def _plinth(size: int, rng: np.random.Generator) -> Field:
    hue, value = rng.random(), rng.uniform(0.78, 0.96)
    wall, top = tint(rng, hue, rng.uniform(0.04, 0.28), value), rng.uniform(0.7, 0.84)
    image, pen = opened(ramp(spot(size, 0.3, 0.2, 0.9), wall * 0.88, wall * 1.04))
    left, right = size * rng.uniform(-0.05, 0.14), size * rng.uniform(0.86, 1.05)
    depth = size * rng.uniform(0.03, 0.07)
    pen.rectangle([left, size * top, right, size], fill=inked(wall * 0.78))
    pen.ellipse([left, size * top - depth, right, size * top + depth], fill=inked(wall * 0.97))
    return softened(image, 0.004)


# --- backdrop --------------------------------------------------------------------------------
def _two_tones(size: int, rng: np.random.Generator) -> Field:
    x, y = grid(size)
    turn = rng.uniform(0, 2 * math.pi)
    along = (x - 0.5) * np.float32(math.cos(turn)) + (y - 0.5) * np.float32(math.sin(turn)) + np.float32(0.5)
    hue = rng.random()
    low = tint(rng, hue, rng.uniform(0.1, 0.6), rng.uniform(0.4, 0.98))
    high = tint(rng, hue + rng.uniform(-0.2, 0.2), rng.uniform(0.1, 0.6), rng.uniform(0.4, 0.98))
    return ramp(along, low, high)


def _drapery(size: int, rng: np.random.Generator) -> Field:
    x, y = grid(size)
    cloth = tint(rng, rng.random(), rng.uniform(0.1, 0.55), rng.uniform(0.4, 0.9))
    phase = (
        x * np.float32(rng.uniform(18, 40))
        + np.float32(rng.uniform(0, 6))
        + y * np.float32(rng.uniform(-3, 3))
    )
    fall = np.sin(phase + np.float32(1.6) * noise(size, rng, columns=5, rows=3))
    return ramp(fall * np.float32(0.5) + np.float32(0.5), cloth * 0.72, cloth * 1.08)


def _arch(size: int, rng: np.random.Generator) -> Field:
    hue, value = rng.random(), rng.uniform(0.7, 0.97)
    wall = tint(rng, hue, rng.uniform(0.12, 0.4), value)
    shape = tint(
        rng, hue + rng.choice([0.04, 0.5, 0.12]), rng.uniform(0.12, 0.5), value * rng.uniform(0.8, 1)
    )
    image, pen = opened(ramp(spot(size, 0.3, 0.2, 1.0), wall * 0.9, wall * 1.03))
    x, r, y = size * rng.uniform(0.42, 0.58), size * rng.uniform(0.28, 0.42), size * rng.uniform(0.38, 0.5)
    pen.ellipse([x - r, y - r, x + r, y + r], fill=inked(shape))
    if rng.random() < 0.6:
        pen.rectangle([x - r, y, x + r, size], fill=inked(shape))
    floor = size * rng.uniform(0.76, 0.86)
    pen.rectangle([0, floor, size, size], fill=inked(wall * 0.84))
    return softened(image, 0.003)


def _spotlight(size: int, rng: np.random.Generator) -> Field:
    wall = tint(rng, rng.random(), rng.uniform(0.25, 0.8), rng.uniform(0.45, 0.85))
    lit = spot(size, rng.uniform(0.3, 0.7), rng.uniform(0.25, 0.6), rng.uniform(0.3, 0.5))
    picture = ramp(lit, wall * 0.55, np.minimum(wall * 1.15 + 20, 255))
    return picture * (1 + np.float32(0.02) * noise(size, rng, columns=20, rows=20))[..., None]


# --- beach -----------------------------------------------------------------------------------
def _shore(size: int, rng: np.random.Generator) -> Field:
    sunset = rng.random() < 0.3
    horizon, shore = rng.uniform(0.28, 0.45), rng.uniform(0.52, 0.64)
    picture = _sky(size, rng, horizon, sunset=sunset)
    _, y = grid(size)
    far, near = (tint(rng, *hsv) for hsv in (_EVENING_SEA if sunset else _SEA))
    ripples = noise(size, rng, columns=9, rows=size // 2) * np.float32(9)
    sea = vertical(size, far, near, horizon, shore) + ripples[..., None]
    sand = _sand(size, rng, sunset=sunset, start=shore)
    edge = y - np.float32(shore) - np.float32(0.014) * noise(size, rng, columns=5, rows=2)
    picture = np.where((y > horizon)[..., None], sea, picture)
    picture = np.where((edge > 0)[..., None], sand, picture)
    foam = np.exp(-((edge / np.float32(0.012)) ** 2))[..., None]
    return np.asarray(picture + foam * (np.float32(245) - picture) * np.float32(0.85), np.float32)


_SEA = ((0.57, 0.75, 0.6), (0.49, 0.5, 0.85))
_EVENING_SEA = ((0.6, 0.4, 0.5), (0.08, 0.35, 0.8))


def _sky(size: int, rng: np.random.Generator, horizon: float, *, sunset: bool) -> Field:
    if sunset:
        high, low = tint(rng, 0.68, 0.4, 0.62), tint(rng, 0.07, 0.55, 1.0)
    else:
        high, low = tint(rng, 0.57, 0.5, 0.88), tint(rng, 0.54, 0.15, 0.98)
    picture = vertical(size, high, low, 0, horizon)
    clouds = np.clip(noise(size, rng, columns=4, rows=12) - np.float32(0.3), 0, 1)
    picture += (clouds * np.float32(0.6))[..., None] * (np.float32(250) - picture)
    if sunset or rng.random() < 0.3:
        sun = spot(size, rng.uniform(0.1, 0.9), horizon - rng.uniform(0.02, 0.2), 0.06)
        picture += sun[..., None] * (np.array([255, 246, 220], np.float32) - picture)
    return picture


def _sand(size: int, rng: np.random.Generator, *, sunset: bool, start: float) -> Field:
    dry = tint(rng, 0.1, 0.3, 0.78 if sunset else 0.93)
    picture = vertical(size, dry * 0.82, dry, start, start + 0.2)
    dunes = (
        noise(size, rng, columns=5, rows=18) * np.float32(5)
        + rng.standard_normal((size, size), np.float32) * 4
    )
    return picture + dunes[..., None]


def _open_sand(size: int, rng: np.random.Generator) -> Field:
    picture = _sand(size, rng, sunset=False, start=-1)
    x, y = grid(size)
    ridges = np.sin((y * 60 + x * np.float32(rng.uniform(-20, 20))) + noise(size, rng, columns=6, rows=6) * 2)
    picture += (ridges * np.float32(6))[..., None]
    leaf, shade = Image.new("L", (size, size), 0), rng.uniform(0.72, 0.86)
    _fronds(ImageDraw.Draw(leaf), rng, size)
    soft = np.asarray(leaf.filter(ImageFilter.GaussianBlur(size * 0.012)), np.float32) / 255
    return np.asarray(picture * (1 - np.float32(1 - shade) * soft)[..., None], np.float32)


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
    image, pen = opened(vertical(size, high, low, 0, ground))
    for depth in (0, 1):
        _row_of_houses(pen, rng, size, ground, near=depth == 1, dusk=dusk)
    road = inked(tint(rng, 0.62, 0.05, 0.3 if dusk else 0.45))
    pen.rectangle([0, size * ground, size, size], fill=road)
    pen.rectangle([0, size * ground, size, size * (ground + 0.035)], fill=inked(tint(rng, 0.1, 0.06, 0.66)))
    for x in np.arange(-0.1, 1.1, 0.3):
        left, y = size * (x + rng.uniform(0, 0.05)), size * (ground + 0.17)
        pen.polygon([(left, y), (left + size * 0.13, y), (left + size * 0.12, y + size * 0.025),
                     (left - size * 0.02, y + size * 0.025)], fill=(214, 210, 196))  # fmt: skip
    if dusk or rng.random() < 0.4:
        bokeh(image, rng, [(255, 210, 140), (255, 240, 210), (255, 150, 110)], top=0.25, end=ground)
    return softened(image, rng.uniform(0.004, 0.014))


def _row_of_houses(
    pen: ImageDraw.ImageDraw, rng: np.random.Generator, size: int, ground: float, *, near: bool, dusk: bool
) -> None:
    left, light = -0.03, (0.42 if dusk else 0.72) * (1.0 if near else 1.15)
    while left < 1:
        width, top = rng.uniform(0.14, 0.26), rng.uniform(0.12, 0.42) - (0 if near else 0.1)
        wall = tint(rng, rng.choice([0.03, 0.08, 0.1, 0.6]), rng.uniform(0.05, 0.4), light, 0.02)
        pen.rectangle([size * left, size * top, size * (left + width), size * ground], fill=inked(wall))
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
            ink = (255, 222, 150) if lit else inked(wall * 0.5 + np.array([0, 8, 18]))
            pen.rectangle([size * x, size * y, size * (x + 0.028), size * (y + 0.042)], fill=ink)


def _brick_wall(size: int, rng: np.random.Generator) -> Field:
    brick = tint(rng, rng.choice([0.02, 0.05, 0.08]), rng.uniform(0.25, 0.55), rng.uniform(0.45, 0.85), 0.01)
    image, pen = opened(np.broadcast_to(brick * 0.8 + 30, (size, size, 3)))
    ground, high, wide = rng.uniform(0.72, 0.84), rng.uniform(0.04, 0.06), rng.uniform(0.1, 0.14)
    for row, y in enumerate(np.arange(0, ground, high)):
        for x in np.arange(-wide * (0.5 if row % 2 else 1), 1, wide):
            box = [size * x, size * y, size * (x + wide * 0.93), size * (y + high * 0.86)]
            pen.rectangle(box, fill=inked(brick * rng.uniform(0.88, 1.1)))
    pen.rectangle([0, size * ground, size, size], fill=inked(tint(rng, 0.1, 0.05, rng.uniform(0.45, 0.7))))
    pen.rectangle([0, size * ground, size, size * (ground + 0.012)], fill=(70, 68, 66))
    picture = softened(image, rng.uniform(0.003, 0.008))
    return picture * (0.86 + 0.2 * spot(size, rng.uniform(0, 1), 0.2, 0.7))[..., None]


# --- desk ------------------------------------------------------------------------------------
def _wood(size: int, rng: np.random.Generator) -> Field:
    dark, light = _WOODS[int(rng.integers(len(_WOODS)))]
    _, y = grid(size)
    warp = noise(size, rng, columns=4, rows=9)
    rings = np.sin(y * np.float32(rng.uniform(50, 110)) + warp * np.float32(3.2))
    fibre = noise(size, rng, columns=6, rows=size)
    amount = np.float32(0.5) + np.float32(0.22) * rings + np.float32(0.14) * fibre
    return ramp(amount, dark, light)


_WOODS = (
    ((108, 70, 42), (152, 106, 68)), ((166, 122, 78), (206, 164, 116)), ((72, 48, 36), (110, 76, 56)),
    ((196, 170, 136), (226, 206, 176)), ((134, 94, 66), (178, 134, 98)),
)  # fmt: skip


def _table(size: int, rng: np.random.Generator) -> Field:
    edge = rng.uniform(0.48, 0.66)
    wall = tint(
        rng, rng.choice([0.1, 0.3, 0.55, 0.6, 0.95]), rng.uniform(0.04, 0.25), rng.uniform(0.68, 0.94)
    )
    image, pen = opened(ramp(spot(size, rng.choice([0.1, 0.9]), 0.15, 0.7), wall * 0.8, wall * 1.06))
    for _ in range(int(rng.integers(1, 4))):
        _clutter(pen, rng, size, edge)
    picture = softened(image, rng.uniform(0.014, 0.026))
    top = _wood(size, rng)
    _, y = grid(size)
    shine = 1 + np.float32(0.12) * np.exp(-(((y - edge) / np.float32(0.12)) ** 2))
    return np.where((y > edge)[..., None], top * shine[..., None], picture)


def _clutter(pen: ImageDraw.ImageDraw, rng: np.random.Generator, size: int, edge: float) -> None:
    """Something out of focus on the table: books, a plant, a lamp's shade, a frame."""
    x, form = rng.choice([rng.uniform(0.02, 0.25), rng.uniform(0.75, 0.95)]), int(rng.integers(4))
    ink = inked(tint(rng, rng.random(), rng.uniform(0.1, 0.6), rng.uniform(0.3, 0.9)))
    if form == 0:
        for shift in range(4):
            left, top = x + 0.045 * shift - 0.08, edge - rng.uniform(0.16, 0.27)
            spine = inked(tint(rng, rng.random(), rng.uniform(0.2, 0.6), rng.uniform(0.35, 0.85)))
            pen.rectangle([size * left, size * top, size * (left + 0.038), size * (edge + 0.02)], fill=spine)
    elif form == 1:
        pen.rectangle(
            [size * (x - 0.06), size * (edge - 0.1), size * (x + 0.06), size * (edge + 0.02)], fill=ink
        )
        for turn in rng.uniform(-1.2, 1.2, 9):
            cx, cy = x + 0.1 * math.sin(turn), edge - 0.1 - 0.15 * math.cos(turn)
            leaf = inked(tint(rng, 0.32, 0.5, rng.uniform(0.35, 0.6)))
            pen.ellipse(
                [size * (cx - 0.04), size * (cy - 0.06), size * (cx + 0.04), size * (cy + 0.06)], fill=leaf
            )
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
    return np.asarray(picture * (tone * lit * (1 - np.float32(0.5) * (gap < 0.004)))[..., None], np.float32)


def _marble(size: int, rng: np.random.Generator) -> Field:
    x, y = grid(size)
    flow = noise(size, rng, columns=4, rows=4) + np.float32(0.3) * noise(size, rng, columns=14, rows=14)
    slope = np.float32(rng.uniform(0.4, 1.2))
    vein = 1 - np.abs(np.sin((x + y * slope) * np.float32(rng.uniform(3, 6)) + flow * np.float32(0.9)))
    strength = np.clip(noise(size, rng, columns=5, rows=5) * np.float32(0.5) + np.float32(0.4), 0, 1)
    cloudy = noise(size, rng, columns=3, rows=3) * np.float32(0.12)
    dark = rng.random() < 0.25
    high, low = ((128, 126, 130), (50, 50, 56)) if dark else ((172, 168, 168), (238, 235, 231))
    return ramp(vein**6 * strength * np.float32(0.8) + np.float32(0.12) + cloudy, low, high)


# --- forest ----------------------------------------------------------------------------------
def _woodland(size: int, rng: np.random.Generator) -> Field:
    hue = rng.choice([0.27, 0.31, 0.36, 0.1], p=[0.3, 0.3, 0.25, 0.15])
    fog, ground = tint(rng, hue, 0.18, 0.86), rng.uniform(0.62, 0.76)
    image, pen = opened(vertical(size, tint(rng, hue, 0.35, 0.72), fog, 0, ground))
    for depth in (0.25, 0.55, 0.9):
        bark = fog * (1 - depth) + tint(rng, 0.08, 0.35, 0.26) * depth
        leaves = fog * (1 - depth) + tint(rng, hue, 0.6, 0.34) * depth
        _trees(pen, rng, size, ground, depth, (inked(bark), inked(leaves)))
    floor = vertical(size, tint(rng, hue, 0.45, 0.5), tint(rng, hue - 0.03, 0.5, 0.28), ground, 1)
    _, y = grid(size)
    picture = softened(image, rng.uniform(0.006, 0.014))
    floor = floor * (1 + np.float32(0.12) * noise(size, rng, columns=24, rows=48))[..., None]
    blend = 1 / (1 + np.exp(-(y - ground) * 60))
    picture = picture + blend[..., None] * (floor - picture)
    rays = spot(size, rng.uniform(0.1, 0.9), 0.05, 0.5)
    return np.asarray(picture + rays[..., None] * np.array([50, 48, 26], np.float32), np.float32)


def _trees(
    pen: ImageDraw.ImageDraw, rng: np.random.Generator, size: int, ground: float, depth: float,
    inks: tuple[tuple[int, int, int], tuple[int, int, int]],
) -> None:  # fmt: skip
    for _ in range(int(rng.integers(3, 6))):
        x, half = rng.uniform(0, 1), (0.008 + 0.022 * depth) * rng.uniform(0.7, 1.4)
        foot, lean = ground - 0.04 + 0.08 * depth, rng.uniform(-0.03, 0.03)
        corners = [
            (x - half + lean, -0.02),
            (x + half + lean, -0.02),
            (x + half * 1.4, foot),
            (x - half * 1.4, foot),
        ]
        pen.polygon([(size * a, size * b) for a, b in corners], fill=inks[0])
    for _ in range(int(rng.integers(4, 9))):
        x, y, r = rng.uniform(0, 1), rng.uniform(-0.05, 0.25), rng.uniform(0.05, 0.16)
        pen.ellipse(
            [size * (x - r), size * (y - r * 0.7), size * (x + r), size * (y + r * 0.7)], fill=inks[1]
        )


def _foliage(size: int, rng: np.random.Generator) -> Field:
    hue = rng.choice([0.26, 0.33, 0.4, 0.08], p=[0.35, 0.35, 0.15, 0.15])
    picture = ramp(
        spot(size, rng.uniform(0.2, 0.8), 0.2, 0.6), tint(rng, hue, 0.65, 0.26), tint(rng, hue, 0.5, 0.6)
    )
    image, _ = opened(picture)
    lights = [tint(rng, hue, rng.uniform(0.2, 0.7), rng.uniform(0.5, 0.95), 0.05) for _ in range(5)]
    bokeh(image, rng, lights, top=0, end=0.8)
    bokeh(image, rng, lights, top=0, end=1)
    picture = softened(image, 0.005)
    moss = vertical(size, (1, 1, 1), (0.55, 0.55, 0.5), 0.6, 0.9)
    return picture * moss


# --- night -----------------------------------------------------------------------------------
def _city_lights(size: int, rng: np.random.Generator) -> Field:
    image, pen = opened(vertical(size, tint(rng, 0.65, 0.6, 0.12), tint(rng, 0.75, 0.5, 0.3), 0, 0.8))
    left = -0.02
    while left < 1:
        width, top = rng.uniform(0.07, 0.18), rng.uniform(0.2, 0.52)
        wall = tint(rng, 0.66, 0.4, 0.14)
        pen.rectangle([size * left, size * top, size * (left + width), size * 0.72], fill=inked(wall))
        _windows(pen, rng, (left, top, left + width, 0.72), size, wall, dusk=True)
        left += width + rng.uniform(0, 0.03)
    pen.rectangle([0, size * 0.72, size, size], fill=(20, 20, 30))
    bokeh(image, rng, [(255, 180, 90), (255, 90, 140), (90, 190, 255), (255, 236, 190)], top=0.3, end=0.85)
    return softened(image, rng.uniform(0.004, 0.012))


def _starry(size: int, rng: np.random.Generator) -> Field:
    hue = rng.uniform(0.58, 0.76)
    picture = vertical(size, tint(rng, hue, 0.7, 0.13), tint(rng, hue - 0.04, 0.55, 0.42), 0, 0.75)
    milky = np.clip(noise(size, rng, columns=6, rows=4), 0, 1.5) * np.float32(12)
    image, pen = opened(picture + milky[..., None])
    for x, y, glow in rng.random((70, 3)):
        r = size * (0.001 + 0.0022 * glow)
        pen.ellipse(
            [size * x - r, size * y * 0.7 - r, size * x + r, size * y * 0.7 + r],
            fill=inked([150 + 105 * glow] * 3),
        )
    if rng.random() < 0.5:
        x, y, r = size * rng.uniform(0.1, 0.9), size * rng.uniform(0.08, 0.25), size * rng.uniform(0.03, 0.06)
        pen.ellipse([x - r, y - r, x + r, y + r], fill=(246, 242, 222))
    for depth, rise in ((0.2, 0.1), (0.1, 0.06)):
        base, phase = rng.uniform(0.66, 0.78), rng.uniform(0, 6)
        ridge = [
            (size * t, size * (base - rise * math.sin(t * 7 + phase) * depth * 5))
            for t in np.linspace(0, 1, 24)
        ]
        pen.polygon([*ridge, (size, size), (0, size)], fill=inked(tint(rng, hue, 0.5, depth)))
    return softened(image, 0.003)


def _neon(size: int, rng: np.random.Generator) -> Field:
    hues = rng.random(), rng.random()
    picture = np.broadcast_to(tint(rng, 0.7, 0.5, 0.12), (size, size, 3)).astype(np.float32)
    for hue, x in zip(hues, (rng.uniform(-0.1, 0.3), rng.uniform(0.7, 1.1)), strict=True):
        glow = spot(size, x, rng.uniform(0.1, 0.7), rng.uniform(0.35, 0.6))
        picture = picture + glow[..., None] * tint(rng, hue, 0.85, 0.75)
    tubes = Image.new("RGB", (size, size))
    pen = ImageDraw.Draw(tubes)
    for hue in hues:
        x, y, r = size * rng.uniform(0.1, 0.9), size * rng.uniform(0.1, 0.45), size * rng.uniform(0.1, 0.35)
        ink, wide = inked(tint(rng, hue, 0.4, 1.0)), max(1, round(size * 0.008))
        if rng.random() < 0.5:
            pen.ellipse([x - r, y - r, x + r, y + r], outline=ink, width=wide)
        else:
            pen.line([(x, y - r), (x + r * 0.6, y), (x, y + r)], fill=ink, width=wide, joint="curve")
    halo = softened(tubes, 0.025) * np.float32(1.8) + softened(tubes, 0.002)
    _, down = grid(size)
    return np.minimum(picture + halo, 255) * (1 - np.float32(0.4) * (down > 0.8))[..., None]


_SETTINGS: dict[str, tuple[Callable[[int, np.random.Generator], Field], ...]] = {
    "studio": (_seamless, _seamless, _seamless, _dark_studio, _plinth),
    "backdrop": (_two_tones, _two_tones, _drapery, _arch, _arch, _spotlight),
    "beach": (_shore, _shore, _open_sand),
    "street": (_avenue, _avenue, _brick_wall),
    "desk": (_table, _table, _planks, _marble),
    "forest": (_woodland, _foliage),
    "night": (_city_lights, _starry, _neon),
}
