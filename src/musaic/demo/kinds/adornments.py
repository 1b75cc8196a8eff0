"""Smaller things worn for show: watches, earrings, brooches."""

import math
from collections.abc import Callable

from musaic.demo.canvas import Canvas, Point, Role
from musaic.demo.kinds.forms import around, band, beads, dot, gem, hoop, mirrored, star


# --- watch -----------------------------------------------------------------------------------
def _watch(canvas: Canvas) -> None:
    radius = canvas.uniform(0.37, 0.46)
    width = radius * canvas.uniform(0.62, 0.85)
    centre = (0.0, 0.0)
    if canvas.chance(0.25):
        centre = (0.0, 0.32)
        band(canvas, Role.BODY, (0, -0.5), (canvas.uniform(0.5, 0.6), 0.4), width * 1.15)
    elif canvas.chance(0.55):
        _leather_strap(canvas, width)
    else:
        _link_strap(canvas, width)
    _watch_case(canvas, centre, radius, width)


def _leather_strap(canvas: Canvas, width: float) -> None:
    taper = canvas.uniform(0.72, 0.95)
    for side in (-1, 1):
        end = width * taper
        tip = [(end, side * 0.86), (end * 0.6, side * 0.96), (-end * 0.6, side * 0.96), (-end, side * 0.86)]
        canvas.polygon(Role.BODY, [(-width, side * 0.2), (width, side * 0.2), *tip])
        for x in (-1, 1):
            canvas.line(
                Role.LIGHT,
                [(x * width * 0.84, side * 0.3), (x * end * 0.8, side * 0.88)],
                canvas.pick(0.015, 0.025),
            )
    for y in (0.6, 0.7, 0.8):
        dot(canvas, Role.DARK, (0, y), 0.024, 8)
    buckle = canvas.trim(Role.GREY)
    canvas.line(
        buckle, [(-width, -0.8), (-width, -0.95), (width, -0.95), (width, -0.8), (-width, -0.8)], 0.05
    )


def _link_strap(canvas: Canvas, width: float) -> None:
    rows = int(canvas.pick(5, 6, 7))
    step = 0.62 / rows
    centre = canvas.trim(Role.LIGHT)
    for side in (-1, 1):
        for i in range(rows):
            y = side * (0.34 + step * i)
            w = width * (1 - 0.22 * i / rows)
            canvas.polygon(
                Role.BODY, [(-w, y), (w, y), (w, y + side * step * 0.95), (-w, y + side * step * 0.95)]
            )
            if canvas.trimmed and i % 2:
                continue
            canvas.line(
                centre, [(-w * 0.35, y + side * step / 2), (w * 0.35, y + side * step / 2)], step * 0.7
            )


def _watch_case(canvas: Canvas, centre: Point, radius: float, width: float) -> None:
    x, y = centre
    square = canvas.chance(0.3)
    for side in (-1, 1) if y == 0 else ():
        canvas.rect(Role.BODY, x + side * width - 0.06, y - radius, x + side * width + 0.06, y + radius, 0.04)
    crown = canvas.trim(Role.BODY)
    canvas.rect(crown, x + radius - 0.02, y - 0.06, x + radius + 0.1, y + 0.06, 0.02)
    if chronograph := canvas.chance(0.35):
        for side in (-1, 1):
            canvas.rect(
                crown, x + radius * 0.85, y + side * 0.22 - 0.04, x + radius + 0.05, y + side * 0.22 + 0.04
            )
    _face(canvas, Role.BODY, centre, radius, square)
    if canvas.trimmed:
        _face(canvas, Role.TRIM, centre, radius * 0.9, square)
    dial = (Role.WHITE, Role.DARK, Role.WHITE, Role.BODY)[int(canvas.pick(0, 1, 2, 3))]
    _face(canvas, dial, centre, radius * 0.76, square)
    _dial(canvas, centre, radius * 0.72, dial, chronograph)


def _face(canvas: Canvas, role: Role, centre: Point, radius: float, square: bool) -> None:
    (x, y), r = centre, radius
    if square:
        canvas.rect(role, x - r, y - r * 1.08, x + r, y + r * 1.08, r * 0.28)
    else:
        canvas.ellipse(role, x, y, r, r)


def _dial(canvas: Canvas, centre: Point, radius: float, dial: Role, chronograph: bool) -> None:
    x, y = centre
    ink = Role.DARK if dial == Role.WHITE else Role.WHITE
    with canvas.part():
        for i, (px, py) in enumerate(around(centre, radius * 0.95, radius * 0.95, 12)):
            u = 0.74 if i % 3 == 0 else 0.84
            canvas.line(ink, [(px, py), (x + (px - x) * u, y + (py - y) * u)], 0.035 if i % 3 == 0 else 0.02)
    if chronograph:
        for dx, dy in ((-0.42, 0.0), (0.42, 0.0), (0.0, 0.42)):
            dot(canvas, Role.GREY, (x + dx * radius, y + dy * radius), radius * 0.24)
            dot(canvas, dial, (x + dx * radius, y + dy * radius), radius * 0.18)
    hour, minute = canvas.uniform(0, 6.28), canvas.uniform(0, 6.28)
    with canvas.part():
        hand = canvas.trim(ink) if dial != Role.WHITE else ink
        for angle, length, thickness in ((hour, 0.5, 0.05), (minute, 0.78, 0.035)):
            tip = (x + radius * length * math.sin(angle), y - radius * length * math.cos(angle))
            canvas.line(hand, [centre, tip], thickness)
        dot(canvas, hand, centre, 0.035, 8)


# --- earrings --------------------------------------------------------------------------------
def _earrings(canvas: Canvas) -> None:
    style = int(canvas.rng.integers(4))
    gap = canvas.uniform(0.46, 0.54)
    size = canvas.uniform(0.85, 1.0)
    shape = canvas.uniform(0, 1)
    for side in (-1, 1):
        x = side * gap
        if style == 0:
            _hoop(canvas, x, size)
        elif style == 1:
            _stud(canvas, x, size, shape)
        elif style == 2:
            _dangle(canvas, x, size, shape)
        else:
            _chandelier(canvas, x, size)


def _hoop(canvas: Canvas, x: float, size: float) -> None:
    canvas.arc(canvas.trim(Role.BODY), x, -0.62, 0.07, 0.14, 90, 380, 0.035)
    hoop(canvas, Role.BODY, (x, 0.08), (0.34 * size, 0.58 * size), 0.14)
    canvas.arc(Role.LIGHT, x, 0.08, 0.35 * size, 0.6 * size, 110, 200, 0.035)
    if canvas.trimmed:
        for px, py in around((x, 0.08), 0.34 * size, 0.58 * size, 12, 30)[:5]:
            dot(canvas, Role.TRIM, (px, py), 0.06, 8)


def _stud(canvas: Canvas, x: float, size: float, shape: float) -> None:
    r = 0.42 * size
    if shape < 0.5:
        for px, py in around((x, 0), r * 0.62, r * 0.62, 6):
            dot(canvas, Role.BODY, (px, py), r * 0.42, 14)
        dot(canvas, Role.BODY, (x, 0), r * 0.42)
        gem(canvas, canvas.trim(Role.WHITE), (x, 0), r * 0.38)
    else:
        dot(canvas, canvas.trim(Role.BODY), (x, 0), r, 16)
        gem(canvas, Role.BODY, (x, 0), r * 0.84)


def _dangle(canvas: Canvas, x: float, size: float, shape: float) -> None:
    canvas.arc(canvas.trim(Role.GREY), x, -0.72, 0.09, 0.16, 150, 380, 0.04)
    dot(canvas, canvas.trim(Role.BODY), (x, -0.5), 0.08)
    canvas.line(Role.BODY, [(x, -0.5), (x, 0.4 if shape >= 0.5 else -0.1)], 0.04)
    w, low = 0.3 * size, 0.85 * size
    if shape < 0.5:
        tear = [(0.01, -0.35), (w * 0.45, 0.05), (w, 0.45), (w * 0.5, low)]
        canvas.smooth(Role.BODY, [(x + px, py) for px, py in mirrored(tear)])
        canvas.curve(Role.LIGHT, [(x - w * 0.6, 0.5), (x - w * 0.5, 0.3), (x - w * 0.2, 0.05)], 0.05)
        dot(canvas, canvas.trim(Role.SHADE), (x, 0.42), w * 0.42)
    else:
        for i, y in enumerate((-0.26, 0.0, 0.4)):
            beads(
                canvas,
                canvas.trim(Role.BODY) if i == 1 else Role.BODY,
                [(x, y)],
                (0.12, 0.15, 0.24)[i] * size,
                16,
            )


def _chandelier(canvas: Canvas, x: float, size: float) -> None:
    canvas.arc(canvas.trim(Role.GREY), x, -0.74, 0.08, 0.14, 150, 380, 0.04)
    fan = [(x, -0.58), (x + 0.36 * size, 0.1), (x + 0.2, 0.22), (x - 0.2, 0.22), (x - 0.36 * size, 0.1)]
    canvas.smooth(Role.BODY, fan)
    canvas.smooth(Role.SHADE, [(x, -0.32), (x + 0.17, 0.02), (x - 0.17, 0.02)])
    for i, dx in enumerate((-0.28, -0.1, 0.1, 0.28)):
        end = 0.55 if i in (0, 3) else 0.75
        canvas.line(Role.BODY, [(x + dx * size, 0.15), (x + dx * size, end)], 0.045)
        dot(canvas, canvas.trim(Role.BODY), (x + dx * size, end * size), 0.085)
    gem(canvas, canvas.trim(Role.LIGHT), (x, -0.05), 0.1)


# --- brooch ----------------------------------------------------------------------------------
def _brooch(canvas: Canvas) -> None:
    tilt = canvas.uniform(-0.25, 0.25)
    canvas.line(Role.GREY, [(-0.94, 0.1 - tilt), (0.94, 0.1 + tilt)], 0.035)
    dot(canvas, Role.GREY, (-0.92, 0.1 - tilt), 0.05, 8)
    _BROOCHES[int(canvas.rng.integers(len(_BROOCHES)))](canvas)


def _blossom(canvas: Canvas) -> None:
    petals = int(canvas.pick(5, 6, 8))
    radius = canvas.uniform(0.42, 0.5)
    for x, y in around((0, 0), radius, radius, petals, 270):
        canvas.ellipse(Role.BODY, x, y, 0.62 - petals * 0.04, 0.62 - petals * 0.04)
        canvas.line(Role.SHADE, [(x * 0.4, y * 0.4), (x * 1.25, y * 1.25)], 0.03)
        if canvas.trimmed:
            dot(canvas, Role.TRIM, (x * 1.45, y * 1.45), 0.07, 8)
    gem(canvas, canvas.trim(Role.WHITE), (0, 0), 0.22, 10)


def _burst(canvas: Canvas) -> None:
    spikes = int(canvas.pick(8, 10, 12))
    canvas.polygon(Role.BODY, star((0, 0), 0.82, canvas.uniform(0.4, 0.55), spikes))
    canvas.polygon(Role.LIGHT, star((0, 0), 0.6, 0.2, spikes))
    for centre in around((0, 0), 0.42, 0.42, spikes):
        dot(canvas, canvas.trim(Role.WHITE), centre, 0.065, 8)
    gem(canvas, canvas.trim(Role.GLASS), (0, 0), 0.25, 10)


def _cameo(canvas: Canvas) -> None:
    w = canvas.uniform(0.54, 0.66)
    for x, y in around((0, 0), w * 1.02, 0.76, 18):
        dot(canvas, canvas.trim(Role.BODY), (x, y), 0.115, 10)
    canvas.ellipse(Role.BODY, 0, 0, w, 0.74)
    canvas.arc(Role.SHADE, 0, 0, w * 0.86, 0.62, 0, 372, 0.03)
    if canvas.chance(0.5):
        face = [
            (-0.1, -0.4),
            (0.12, -0.36),
            (0.2, -0.14),
            (0.26, -0.02),
            (0.18, 0.14),
            (0.06, 0.2),
            (0.2, 0.44),
        ]
        canvas.smooth(Role.LIGHT, [*face, (-0.28, 0.44), (-0.18, 0.1), (-0.3, -0.15)])
    else:
        gem(canvas, Role.BODY, (0, 0), w * 0.66, 8)


def _butterfly(canvas: Canvas) -> None:
    k = canvas.uniform(0.85, 1.0)
    for side in (-1, 1):
        upper = [(0.04, -0.05), (0.3, -0.6), (0.85, -0.7), (0.85, -0.2), (0.4, 0.1)]
        lower = [(0.04, 0.02), (0.5, 0.08), (0.72, 0.45), (0.45, 0.75), (0.15, 0.45)]
        for wing in (lower, upper):
            canvas.smooth(Role.BODY, [(side * x * k, y * k) for x, y in wing])
        canvas.smooth(
            Role.LIGHT, [(side * x * k, y) for x, y in [(0.3, -0.12), (0.45, -0.45), (0.65, -0.35)]]
        )
        for x, y in ((0.72, -0.5), (0.72, -0.26), (0.5, 0.52)):
            dot(canvas, canvas.trim(Role.SHADE), (side * x * k, y * k), 0.09, 8)
        canvas.curve(canvas.trim(Role.BODY), [(0, -0.3), (side * 0.06, -0.6), (side * 0.22, -0.8)], 0.03)
    canvas.ellipse(canvas.trim(Role.BODY), 0, 0.02, 0.08, 0.42)


def _leaf(canvas: Canvas) -> None:
    w = canvas.uniform(0.42, 0.55)
    canvas.smooth(Role.BODY, mirrored([(0.02, -0.94), (w, -0.25), (w * 0.8, 0.35), (0.06, 0.75)]))
    canvas.line(canvas.trim(Role.BODY), [(0, -0.8), (0, 0.95)], 0.07)
    for y in (-0.4, -0.1, 0.2, 0.5):
        for side in (-1, 1):
            canvas.line(Role.SHADE, [(0, y), (side * w * 0.58, y - 0.22)], 0.025)
    for y in (-0.5, -0.15, 0.2):
        gem(canvas, canvas.trim(Role.LIGHT), (0, y), 0.1)


_BROOCHES: tuple[Callable[[Canvas], None], ...] = (_blossom, _burst, _cameo, _butterfly, _leaf)


DRAWINGS: dict[str, Callable[[Canvas], None]] = {
    "watch": _watch,
    "earrings": _earrings,
    "brooch": _brooch,
}
