"""Accessories that are not jewellery: sunglasses, belts, bags, suitcases, umbrellas."""

import math
from collections.abc import Callable
from itertools import pairwise

from musaic.demo.canvas import Canvas, Point, Role, spline
from musaic.demo.kinds.forms import along, band, dot, mirrored, ribbon, turned


# --- sunglasses ------------------------------------------------------------------------------
def _lens(style: int, w: float, h: float) -> list[Point]:
    """Return the outline of the right lens about its centre."""
    if style == 0:  # round
        return [(w, 0), (w * 0.7, h * 0.7), (0, h), (-w * 0.7, h * 0.7), (-w, 0), (-w * 0.7, -h * 0.7), (0, -h),
                (w * 0.7, -h * 0.7)]  # fmt: skip
    if style == 1:  # aviator
        return [(-w, -h * 0.75), (0, -h * 0.85), (w, -h * 0.7), (w * 1.02, 0.0), (w * 0.45, h), (-w * 0.35, h * 0.95),
                (-w * 0.95, h * 0.2)]  # fmt: skip
    if style == 2:  # cat eye
        return [(-w, -h * 0.5), (0, -h * 0.72), (w * 1.2, -h * 1.25), (w * 1.05, -h * 0.2), (w * 0.6, h * 0.75),
                (-w * 0.2, h * 0.85), (-w * 0.9, h * 0.3)]  # fmt: skip
    return [(-w, -h * 0.8), (0, -h * 0.88), (w, -h * 0.85), (w * 0.98, h * 0.4), (w * 0.6, h * 0.85),
            (-w * 0.5, h * 0.85), (-w * 0.92, h * 0.35)]  # fmt: skip


def _sunglasses(canvas: Canvas) -> None:
    style = int(canvas.rng.integers(4))
    w, h = canvas.uniform(0.33, 0.36), canvas.uniform(0.28, 0.36)
    if style in (2, 3):
        h *= 0.85
    if style == 2:
        w *= 0.87
    x0, rim = 0.5, canvas.uniform(0.2, 0.3)
    for side in (-1, 1):
        hinge = (side * (x0 + w * 0.95), -h * 0.55)
        ribbon(canvas, Role.BODY, [hinge, (side * 0.8, -h - 0.24), (side * 0.42, -h - 0.3)], 0.1)
    ribbon(canvas, Role.BODY, [(-0.2, -h * 0.3), (0, -h * 0.5), (0.2, -h * 0.3)], 0.12)
    if style == 1:
        canvas.line(canvas.trim(Role.BODY), [(-0.3, -h * 0.75), (0.3, -h * 0.75)], 0.07)
    glass = Role.DARK if canvas.chance(0.7) else Role.GLASS
    for side in (-1, 1):
        outline = _lens(style, w, h)
        for role, k in ((Role.BODY, 1 + rim), (glass, 0.86)):
            canvas.smooth(role, [(side * (x0 + x * k), y * k + 0.02) for x, y in outline])
        shine = [
            (x0 - w * 0.5, h * 0.1),
            (x0 - w * 0.05, -h * 0.5),
            (x0 + w * 0.2, -h * 0.5),
            (x0 - w * 0.3, h * 0.2),
        ]
        canvas.polygon(Role.GLASS if glass == Role.DARK else Role.WHITE, [(side * x, y) for x, y in shine])
        if canvas.trimmed:
            brow = [(x0 - w, -h * 0.82), (x0, -h * 1.02), (x0 + w, -h * (1.2 if style == 2 else 0.9))]
            canvas.curve(Role.TRIM, [(side * x, y) for x, y in brow], 0.09)


# --- belt ------------------------------------------------------------------------------------
def _belt(canvas: Canvas) -> None:
    style = canvas.uniform(0, 1)
    if style < 0.45:
        _straight_belt(canvas)
        return
    rx, ry, height = canvas.uniform(0.78, 0.9), canvas.uniform(0.3, 0.42), canvas.uniform(0.26, 0.38)
    if style < 0.75:
        top = -0.2
        band(canvas, Role.BODY, (0, top), (rx, ry), height)
        y = top + ry + height / 2
        _stitching(canvas, rx, ry, top, height)
        canvas.polygon(
            Role.BODY, [(0.15, y - height / 2), (0.6, y - height / 2 - 0.08), (0.72, y), (0.6, y + 0.1)]
        )
        _buckle(canvas, (0, y), height * 0.72)
        return
    for k in (1.0, 0.72, 0.46):
        band(canvas, Role.BODY, (0, -0.3), (0.86 * k, 0.46 * k), height)
    tail = [(0.3, 0.1), (0.6, 0.2), (0.6, 0.2 + height), (0.3, 0.12 + height)]
    canvas.polygon(Role.BODY, tail)
    _buckle(canvas, (0.66, 0.18 + height / 2), height * 0.66)


def _stitching(canvas: Canvas, rx: float, ry: float, top: float, height: float) -> None:
    for k in (0.14, 0.86):
        angles = [math.radians(8 + 164 * i / 20) for i in range(21)]
        path = [(rx * math.cos(a), top + height * k + ry * math.sin(a)) for a in angles]
        canvas.line(Role.LIGHT, path, 0.02)


def _straight_belt(canvas: Canvas) -> None:
    h = canvas.uniform(0.13, 0.2)
    sag = canvas.uniform(-0.1, 0.1)
    upper = spline([(-0.95, -h + sag), (0, -h), (0.8, -h + sag), (0.96, sag)], closed=False)
    lower = spline([(0.96, sag), (0.8, h + sag), (0, h), (-0.95, h + sag)], closed=False)
    canvas.polygon(Role.BODY, upper + lower)
    for k in (-0.75, 0.75):
        canvas.curve(Role.LIGHT, [(-0.6, h * k + sag * 0.4), (0, h * k), (0.82, h * k + sag)], 0.02)
    for i in range(5):
        dot(canvas, Role.DARK, (0.28 + 0.12 * i, sag * (0.1 + 0.18 * i)), 0.03, 8)
    loop = -0.45
    canvas.rect(canvas.trim(Role.BODY), loop, -h - 0.03, loop + 0.1, h + 0.03)
    _buckle(canvas, (-0.74, sag * 0.8), h * 1.35)


def _buckle(canvas: Canvas, centre: Point, size: float) -> None:
    (x, y), metal = centre, canvas.trim(Role.GREY)
    shape = canvas.uniform(0, 1)
    if shape < 0.25:  # a plate
        canvas.rect(metal, x - size * 1.2, y - size, x + size * 1.2, y + size, size * 0.3)
        canvas.rect(metal, x - size * 0.9, y - size * 0.7, x + size * 0.9, y + size * 0.7, size * 0.2)
        dot(canvas, Role.BODY, centre, size * 0.35, 5)
        return
    if shape < 0.45:
        canvas.arc(metal, x, y, size * 1.05, size * 1.05, 0, 372, size * 0.36)
    else:
        corners = [(x - size, y - size), (x + size, y - size), (x + size, y + size), (x - size, y + size)]
        canvas.line(metal, [*corners, corners[0], corners[1]], size * 0.36)
    canvas.line(metal, [(x - size * 0.95, y), (x + size * 1.1, y)], size * 0.2)


# --- handbag ---------------------------------------------------------------------------------
def _handbag(canvas: Canvas) -> None:
    (_tote, _satchel, _clutch, _bucket)[int(canvas.rng.integers(4))](canvas)


def _handle(canvas: Canvas, x: float, y: float, height: float, width: float) -> None:
    path = [(-x, y), (-x * 0.92, y - height * 0.65), (0, y - height), (x * 0.92, y - height * 0.65), (x, y)]
    ribbon(canvas, Role.BODY, path, width)
    for side in (-x, x):
        dot(canvas, canvas.trim(Role.GREY), (side, y), 0.075, 10)


def _tote(canvas: Canvas) -> None:
    top, low, y0 = canvas.uniform(0.6, 0.85), canvas.uniform(0.5, 0.66), canvas.uniform(-0.3, -0.1)
    x, height = canvas.uniform(0.25, 0.36), canvas.uniform(0.5, 0.62)
    _handle(canvas, x * 0.9, y0 + 0.05, height + 0.08, 0.07)
    profile = [(top, y0), (top * 0.96, y0 + 0.2), (low * 1.04, 0.76), (low * 0.92, 0.88)]
    turned(canvas, Role.BODY, profile)
    canvas.line(Role.SHADE, [(-top * 0.7, 0.3), (-low * 0.86, 0.8)], 0.025)
    canvas.line(Role.SHADE, [(top * 0.7, 0.3), (low * 0.86, 0.8)], 0.025)
    if canvas.trimmed:
        canvas.line(Role.TRIM, [(-top * 0.97, y0 + 0.05), (top * 0.97, y0 + 0.05)], 0.11)
        canvas.line(Role.TRIM, [(-low * 0.9, 0.84), (low * 0.9, 0.84)], 0.09)
    else:
        canvas.line(Role.SHADE, [(-top * 0.96, y0 + 0.06), (top * 0.96, y0 + 0.06)], 0.03)
    _handle(canvas, x, y0 + 0.22, height, 0.075)
    if canvas.chance(0.5):
        canvas.rect(canvas.trim(Role.LIGHT), -0.12, 0.3, 0.12, 0.46, 0.03)


def _satchel(canvas: Canvas) -> None:
    w, y0, low = canvas.uniform(0.72, 0.9), canvas.uniform(-0.32, -0.12), canvas.uniform(0.68, 0.85)
    _handle(
        canvas, w * canvas.uniform(0.4, 0.6), y0 + 0.06, canvas.uniform(0.4, 0.58), canvas.uniform(0.08, 0.12)
    )
    turned(canvas, Role.BODY, [(w * 0.8, y0), (w * 0.92, y0 + 0.05), (w, low - 0.08), (w * 0.95, low)])
    flap = canvas.uniform(0.3, 0.5)
    outline = mirrored(
        [(w * 0.75, y0 - 0.03), (w * 0.95, y0 + 0.06), (w * 0.9, y0 + flap), (w * 0.4, y0 + flap + 0.14)]
    )
    canvas.smooth(canvas.trim(Role.BODY), outline)
    canvas.smooth(Role.BODY, [(x * 0.9, y0 + 0.01 + (y - y0) * 0.86) for x, y in outline])
    canvas.line(Role.SHADE, [(-w * 0.9, low - 0.08), (w * 0.9, low - 0.08)], 0.025)
    y = y0 + flap + 0.1
    metal = canvas.trim(Role.GREY)
    canvas.rect(metal, -0.11, y - 0.12, 0.11, y + 0.12, 0.04)
    canvas.rect(Role.BODY, -0.05, y - 0.04, 0.05, y + 0.06)
    for side in (-1, 1):
        canvas.line(metal, [(side * w * 0.98, y0 + 0.14), (side * w * 0.86, y0 + 0.02)], 0.05)


def _clutch(canvas: Canvas) -> None:
    w, y0, low = canvas.uniform(0.78, 0.92), canvas.uniform(-0.15, 0.05), canvas.uniform(0.6, 0.75)
    chain = [(-w * 0.9, y0 + 0.05), (-w * 0.75, -0.5), (0, -0.92), (w * 0.75, -0.5), (w * 0.9, y0 + 0.05)]
    metal = canvas.trim(Role.GREY)
    canvas.curve(metal, chain, 0.035)
    for centre in along(chain, 17):
        dot(canvas, metal, centre, 0.045, 8)
    canvas.rect(Role.BODY, -w, y0, w, low, 0.09)
    point = canvas.uniform(0.25, 0.42)
    flap = [
        (-w, y0 + 0.02),
        (w, y0 + 0.02),
        (w * 0.97, y0 + 0.14),
        (0.08, y0 + point),
        (-0.08, y0 + point),
        (-w * 0.97, y0 + 0.14),
    ]
    canvas.polygon(Role.BODY, flap)
    canvas.line(canvas.trim(Role.SHADE), flap[2:], 0.06 if canvas.trimmed else 0.03)
    for k in (0.35, 0.7) if canvas.chance(0.5) else ():
        canvas.line(
            Role.SHADE,
            [(-w * 0.95, low - (low - y0) * k * 0.5), (w * 0.95, low - (low - y0) * k * 0.5)],
            0.018,
        )
    dot(canvas, metal, (0, y0 + point), 0.11, 14)
    canvas.line(Role.LIGHT, [(-w * 0.85, low - 0.06), (w * 0.85, low - 0.06)], 0.02)


def _bucket(canvas: Canvas) -> None:
    w, low = canvas.uniform(0.5, 0.62), canvas.uniform(0.46, 0.58)
    ribbon(
        canvas,
        Role.BODY,
        [(-w * 0.9, -0.2), (-w * 0.7, -0.75), (0, -0.94), (w * 0.7, -0.75), (w * 0.9, -0.2)],
        0.09,
    )
    body = mirrored([(w * 0.5, -0.32), (w, -0.28), (low * 1.08, 0.3), (low, 0.82), (low * 0.5, 0.9)])
    canvas.smooth(Role.BODY, body)
    canvas.ellipse(Role.SHADE, 0, -0.27, w * 0.86, 0.07)
    canvas.folds(((-w * 0.8, -0.2), (w * 0.8, -0.2)), ((-low * 0.8, 0.3), (low * 0.8, 0.3)), 5)
    canvas.line(
        canvas.trim(Role.SHADE), [(-low * 1.05, 0.7), (low * 1.05, 0.7)], 0.14 if canvas.trimmed else 0.03
    )
    canvas.curve(canvas.trim(Role.LIGHT), [(-w, -0.1), (0, -0.02), (w, -0.1)], 0.06)
    for x, y in ((-0.08, 0.36), (0.1, 0.42)):
        canvas.line(canvas.trim(Role.LIGHT), [(0, -0.02), (x, y)], 0.035)
        dot(canvas, canvas.trim(Role.BODY), (x, y), 0.07, 10)
    for side in (-1, 1):
        dot(canvas, canvas.trim(Role.GREY), (side * w * 0.92, -0.18), 0.065, 10)


# --- backpack --------------------------------------------------------------------------------
def _backpack(canvas: Canvas) -> None:
    w, shoulder = canvas.uniform(0.52, 0.64), canvas.uniform(0.36, 0.5)
    for side in (-1, 1):
        ribbon(
            canvas,
            Role.BODY,
            [(side * w * 0.5, -0.7), (side * (w + 0.14), -0.3), (side * w * 0.95, 0.6)],
            0.12,
        )
        canvas.smooth(
            Role.BODY,
            [(side * x, y) for x, y in [(w * 0.8, 0.1), (w + 0.16, 0.2), (w + 0.16, 0.7), (w * 0.8, 0.8)]],
        )
    canvas.curve(canvas.trim(Role.BODY), [(-0.16, -0.78), (-0.12, -0.95), (0.12, -0.95), (0.16, -0.78)], 0.07)
    canvas.smooth(
        Role.BODY,
        mirrored(
            [(shoulder * 0.6, -0.86), (shoulder * 1.1, -0.7), (w, -0.1), (w * 1.02, 0.65), (w * 0.8, 0.92)]
        ),
    )
    if canvas.chance(0.45):
        _flap_top(canvas, w)
    else:
        zip_line = [(-w * 0.9, 0.0), (-w * 0.82, -0.4), (0, -0.66), (w * 0.82, -0.4), (w * 0.9, 0.0)]
        canvas.curve(canvas.trim(Role.SHADE), zip_line, 0.055)
        canvas.line(canvas.trim(Role.GREY), [(w * 0.9, 0.0), (w * 0.9, 0.14)], 0.05)
    top = canvas.uniform(0.12, 0.25)
    canvas.rect(Role.BODY, -w * 0.76, top, w * 0.76, 0.8, 0.14)
    canvas.line(canvas.trim(Role.SHADE), [(-w * 0.68, top + 0.1), (w * 0.68, top + 0.1)], 0.06)
    canvas.line(canvas.trim(Role.GREY), [(w * 0.4, top + 0.1), (w * 0.4, top + 0.24)], 0.045)
    if canvas.chance(0.5):
        canvas.rect(canvas.trim(Role.LIGHT), -0.13, top + 0.22, 0.13, top + 0.4, 0.03)


def _flap_top(canvas: Canvas, w: float) -> None:
    canvas.smooth(
        Role.BODY, mirrored([(w * 0.4, -0.86), (w * 0.95, -0.7), (w * 1.02, -0.2), (w * 0.7, -0.08)])
    )
    for side in (-1, 1):
        x = side * w * 0.5
        canvas.line(canvas.trim(Role.SHADE), [(x, -0.55), (x, 0.1)], 0.09)
        canvas.rect(canvas.trim(Role.GREY), x - 0.07, -0.02, x + 0.07, 0.1, 0.02)


# --- suitcase --------------------------------------------------------------------------------
def _suitcase(canvas: Canvas) -> None:
    if canvas.chance(0.35):
        _travel_trunk(canvas)
        return
    w, top = canvas.uniform(0.46, 0.6), canvas.uniform(-0.5, -0.35)
    canvas.line(Role.GREY, [(-0.2, top), (-0.2, -0.9), (0.2, -0.9), (0.2, top)], 0.045)
    canvas.line(Role.DARK, [(-0.22, -0.91), (0.22, -0.91)], 0.075)
    for x in (-w * 0.7, w * 0.7):
        canvas.rect(Role.DARK, x - 0.08, 0.8, x + 0.08, 0.96, 0.05)
    canvas.rect(Role.BODY, -w, top, w, 0.86, 0.12)
    if canvas.trimmed:
        canvas.rect(Role.TRIM, -w * 0.94, top + 0.04, w * 0.94, 0.82, 0.1)
        canvas.rect(Role.BODY, -w * 0.84, top + 0.1, w * 0.84, 0.76, 0.08)
    canvas.rect(canvas.trim(Role.DARK), -0.16, top + 0.04, 0.16, top + 0.1, 0.02)
    ribs = int(canvas.pick(3, 4, 6))
    for i in range(ribs):
        x = w * (-0.7 + 1.4 * i / (ribs - 1))
        canvas.line(Role.SHADE, [(x, top + 0.18), (x, 0.7)], 0.035)
        canvas.line(Role.LIGHT, [(x + 0.035, top + 0.18), (x + 0.035, 0.7)], 0.02)
    for x, y in ((-w, top), (w, top), (-w, 0.86), (w, 0.86)) if canvas.trimmed else ():
        dot(canvas, Role.TRIM, (x * 0.9, y * 0.94 if y > 0 else y + 0.06), 0.09, 8)


def _travel_trunk(canvas: Canvas) -> None:
    w, top, low = canvas.uniform(0.82, 0.94), canvas.uniform(-0.5, -0.35), canvas.uniform(0.6, 0.75)
    ribbon(canvas, Role.BODY, [(-0.24, top), (-0.2, top - 0.22), (0.2, top - 0.22), (0.24, top)], 0.09)
    canvas.rect(Role.BODY, -w, top, w, low, 0.1)
    canvas.line(Role.SHADE, [(-w, top + 0.2), (w, top + 0.2)], 0.03)
    strap = canvas.trim(Role.SHADE)
    for x in (-w * 0.55, w * 0.55):
        canvas.rect(strap, x - 0.07, top, x + 0.07, low)
        canvas.rect(Role.GREY, x - 0.09, top + 0.14, x + 0.09, top + 0.3, 0.02)
    for x in (-w, w):
        for y in (top, low):
            inner_x, inner_y = x * 0.82, y + (0.18 if y == top else -0.18)
            canvas.polygon(
                strap if canvas.trimmed else Role.BODY, [(x * 0.99, y), (inner_x, y), (x * 0.99, inner_y)]
            )
    canvas.rect(Role.GREY, -0.07, top + 0.12, 0.07, top + 0.28, 0.02)


# --- umbrella --------------------------------------------------------------------------------
def _umbrella(canvas: Canvas) -> None:
    if canvas.chance(0.2):
        _folded_umbrella(canvas)
        return
    height, count = canvas.uniform(0.75, 0.95), int(canvas.pick(4, 5, 6))
    base = canvas.uniform(0.0, 0.12)
    canvas.line(Role.GREY, [(0, base - height), (0, 0.8)], 0.05)
    canvas.arc(canvas.trim(Role.DARK), 0.13, 0.78, 0.13, 0.15, 0, 180, 0.075)
    canvas.line(canvas.trim(Role.DARK), [(0, base - height - 0.08), (0, base - height + 0.05)], 0.05)
    edges = [-0.94 + 1.88 * (0.5 - 0.5 * math.cos(math.pi * i / count)) for i in range(count + 1)]
    for left, right in pairwise(edges):
        canvas.polygon(Role.BODY, _gore(left, right, base, height))
        if canvas.trimmed:
            canvas.line(Role.TRIM, [(x, y - 0.02) for x, y in _hem(left, right, base)], 0.1)
    for x in edges[1:-1]:
        canvas.line(Role.SHADE, _rib(x, base, height), 0.018)
    canvas.curve(
        Role.LIGHT,
        [(-0.62, base - height * 0.4), (-0.45, base - height * 0.66), (-0.2, base - height * 0.86)],
        0.05,
    )


def _rib(x: float, base: float, height: float) -> list[Point]:
    return [(x * math.sin(a), base - height * math.cos(a)) for a in (math.pi / 2 * i / 9 for i in range(10))]


def _hem(left: float, right: float, base: float) -> list[Point]:
    dip = 0.28 * (right - left)
    return [
        (left + (right - left) * u, base - dip * math.sin(math.pi * u)) for u in (i / 8 for i in range(9))
    ]


def _gore(left: float, right: float, base: float, height: float) -> list[Point]:
    return _rib(left, base, height) + _hem(left, right, base) + _rib(right, base, height)[::-1]


def _folded_umbrella(canvas: Canvas) -> None:
    w = canvas.uniform(0.15, 0.22)
    canvas.line(Role.GREY, [(0, -0.95), (0, 0.7)], 0.045)
    canvas.arc(canvas.trim(Role.DARK), 0.13, 0.76, 0.13, 0.16, 0, 180, 0.08)
    canvas.line(canvas.trim(Role.DARK), [(0, 0.55), (0, 0.78)], 0.08)
    canvas.smooth(Role.BODY, mirrored([(0.03, -0.85), (w * 0.7, -0.2), (w, 0.45), (w * 0.5, 0.52)]))
    for k in (-0.5, 0.1, 0.6):
        canvas.line(Role.SHADE, [(0, -0.8), (w * k, 0.48)], 0.025)
    canvas.line(canvas.trim(Role.SHADE), [(-w * 0.85, 0.15), (w * 0.85, 0.05)], 0.1)


DRAWINGS: dict[str, Callable[[Canvas], None]] = {
    "sunglasses": _sunglasses,
    "belt": _belt,
    "handbag": _handbag,
    "backpack": _backpack,
    "suitcase": _suitcase,
    "umbrella": _umbrella,
}
