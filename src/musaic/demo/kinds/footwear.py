"""Drawings of footwear: high heels, sneakers, boots, sandals; toes point right."""

import math
from collections.abc import Callable

from musaic.demo.canvas import Canvas, Point, Role, spline
from musaic.demo.kinds.tailoring import outline


class _Last:
    """Where one shoe of a drawing stands: strokes in the shoe's own units, shrunk and shifted."""

    def __init__(self, canvas: Canvas, by: Point, size: float) -> None:
        self.canvas, self.by, self.size = canvas, by, size

    def put(self, points: list[Point]) -> list[Point]:
        """Return points of the shoe as points of the canvas."""
        return [(x * self.size + self.by[0], y * self.size + self.by[1]) for x, y in points]

    def fill(self, role: Role, *edges: list[Point]) -> None:
        """Fill an outline of smooth edges that meet in corners."""
        self.canvas.polygon(role, self.put(outline(*edges)))

    def shade(self, *edges: list[Point]) -> None:
        """Fill a visible inner side."""
        self.fill(Role.BODY, *edges)
        self.fill(Role.SHADE, *edges)

    def stroke(self, role: Role, points: list[Point], width: float) -> None:
        """Stroke a smooth line."""
        edge = spline(points, closed=False) if len(points) > 2 else points
        self.canvas.line(role, self.put(edge), width * self.size)

    def dot(self, role: Role, x: float, y: float, radius: float) -> None:
        """Fill a small circle."""
        (cx, cy), r = self.put([(x, y)])[0], radius * self.size
        self.canvas.ellipse(role, cx, cy, r, r)


def _stand(canvas: Canvas, draw: Callable[[_Last], None], *, alone: float, size: float, apart: Point) -> None:
    """Draw one shoe, or a pair, the farther one first."""
    if canvas.chance(alone):
        draw(_Last(canvas, (0.0, 0.0), 1.0))
        return
    dx, dy = apart[0] * canvas.uniform(0.8, 1.2), apart[1] * canvas.uniform(0.8, 1.2)
    for sign in (-1, 1):
        draw(_Last(canvas, (sign * dx, sign * dy), size))


def high_heels(canvas: Canvas) -> None:
    """Draw pumps, ankle-strapped, open-toed or platform shoes on high heels."""
    style, lift, thick = (
        int(canvas.pick(0, 0, 1, 2, 3)),
        canvas.uniform(0.62, 0.95),
        canvas.uniform(0.045, 0.1),
    )
    peep, bow = canvas.chance(0.25), canvas.chance(0.25)
    spike = canvas.trim() if canvas.chance(0.6) else Role.BODY

    def draw(last: _Last) -> None:
        _pump(last, style, (lift, thick), spike, peep=peep)
        if bow:
            _shoe_bow(last, 0.5, 0.2)

    _stand(canvas, draw, alone=0.4, size=0.78, apart=(0.15, 0.2))


def _pump(last: _Last, style: int, heel: tuple[float, float], spike_role: Role, *, peep: bool) -> None:
    lift, thick = heel
    ground, sole = 0.56, 0.14 if style == 3 else 0.035
    hy = ground - lift  # height of the footbed at the heel
    top, flat = hy - 0.3, ground - sole
    spike = (
        [(-0.86, hy + 0.02), (-0.8, hy + 0.4 * lift), (-0.76 - 0.5 * thick, ground)],
        [(-0.76 + 0.5 * thick, ground), (-0.7 + thick * 0.4, hy + 0.45 * lift), (-0.5, hy + 0.14)],
    )
    last.fill(spike_role, *spike)
    last.fill(
        Role.DARK,
        [
            (-0.765 - 0.5 * thick, ground - 0.05),
            (-0.755 + 0.5 * thick, ground - 0.05),
            (-0.755 + 0.5 * thick, ground),
            (-0.765 - 0.5 * thick, ground),
        ],
    )
    mouth_far = [(-0.84, top + 0.03), (-0.4, hy - 0.08), (0.1, flat - 0.28), (0.42, flat - 0.26)]
    last.shade(mouth_far, [(0.45, flat - 0.15), (0.0, flat - 0.1), (-0.7, hy)])
    back = [(-0.84, top), (-0.92, hy - 0.12), (-0.88, hy + 0.06)]
    under = [(-0.88, hy + 0.06), (-0.55, hy + 0.14), (-0.15, flat - 0.3 * lift), (0.2, flat), (0.6, flat)]
    toe = [(0.6, flat), (0.96, flat - 0.005), (0.93, flat - 0.1), (0.7, flat - 0.24), (0.46, flat - 0.29)]
    mouth = [
        (0.46, flat - 0.29),
        (0.3, flat - 0.16),
        (-0.1, flat - 0.24 - 0.12 * lift),
        (-0.5, hy - 0.02),
        (-0.84, top),
    ]
    last.fill(Role.BODY, back, under, toe, mouth)
    last.stroke(
        last.canvas.trim(Role.LIGHT),
        [(x, y + 0.02) for x, y in mouth],
        0.045 if last.canvas.trimmed else 0.018,
    )
    last.stroke(Role.SHADE, [(-0.7, hy - 0.1), (-0.68, hy + 0.0), (-0.72, hy + 0.1)], 0.014)
    _pump_sole(last, style, (lift, hy, ground, flat))
    if peep:
        last.fill(
            Role.SHADE, [(0.97, flat - 0.01), (0.9, flat - 0.13), (0.76, flat - 0.12), (0.8, flat - 0.02)]
        )
    if style in (1, 2):
        _ankle_strap(last, hy, top, tall=style == 2)


def _pump_sole(last: _Last, style: int, measures: tuple[float, ...]) -> None:
    lift, hy, ground, flat = measures
    if style == 3:
        last.fill(
            last.canvas.trim(),
            [(0.1, flat - 0.05), (0.25, flat), (0.97, flat - 0.02)],
            [(0.97, flat - 0.02), (0.94, ground - 0.02), (0.85, ground)],
            [(0.28, ground), (0.14, ground - 0.06), (0.1, flat - 0.05)],
        )
    else:
        last.stroke(
            Role.DARK,
            [(0.08, flat - 0.03), (0.25, flat + 0.012), (0.6, flat + 0.016), (0.95, flat + 0.005)],
            0.035,
        )


def _ankle_strap(last: _Last, hy: float, top: float, *, tall: bool) -> None:
    y = top - (0.22 if tall else 0.02)
    strap = [(-0.86, y + 0.04), (-0.66, y + 0.09), (-0.4, y + 0.02), (-0.33, y - 0.07)]
    last.stroke(
        last.canvas.trim(), [(-0.33, y - 0.07), (-0.5, y - 0.1), (-0.75, y - 0.06), (-0.86, y + 0.03)], 0.05
    )
    last.stroke(last.canvas.trim(), strap, 0.07)
    last.stroke(last.canvas.trim(), [(-0.85, y), (-0.87, 0.5 * (y + hy)), (-0.86, hy - 0.1)], 0.07)
    last.dot(Role.GREY, -0.5, y + 0.06, 0.035)


def _shoe_bow(last: _Last, x: float, y: float) -> None:
    role = last.canvas.trim()
    for s in (-1, 1):
        last.fill(
            role, [(x, y), (x + s * 0.1, y - 0.1), (x + s * 0.2, y - 0.06), (x + s * 0.17, y + 0.06), (x, y)]
        )
    last.dot(role, x, y, 0.045)


def sneakers(canvas: Canvas) -> None:
    """Draw sneakers: low, high-topped, running or slip-on."""
    style = int(canvas.pick(0, 0, 1, 2, 3))
    laces = Role.WHITE if canvas.chance(0.65) else Role.DARK
    sole = canvas.trim() if canvas.chance(0.4) else Role.WHITE if canvas.chance(0.7) else Role.DARK
    look, top = (
        (int(canvas.pick(0, 1, 2)), laces, Role.WHITE if sole == Role.BODY else sole),
        canvas.uniform(-0.44, -0.34),
    )

    def draw(last: _Last) -> None:
        _sneaker(last, style, -0.72 if style == 1 else top, look)

    _stand(canvas, draw, alone=0.4, size=0.8, apart=(0.12, 0.21 if style != 1 else 0.16))


def _sneaker(last: _Last, style: int, top: float, look: tuple[int, Role, Role]) -> None:
    motif, laces, sole = look
    tip = (-0.2, top + 0.02) if style == 1 else (-0.12, top + 0.06)  # where the throat begins
    _sneaker_inside(last, style, top, tip)
    back = [(-0.84, 0.36), (-0.9, 0.16), (-0.86, -0.06), (-0.82, top + 0.1), (-0.86, top)]
    collar = [(-0.86, top), (-0.72, top + 0.03), (-0.5, top + (0.08 if style == 1 else 0.2)), tip]
    throat = [tip, (tip[0] + 0.12, 0.45 * tip[1]), (0.3, 0.02), (0.56, 0.03)]
    toe = [(0.56, 0.03), (0.78, 0.09), (0.92, 0.24), (0.93, 0.36)]
    last.fill(Role.BODY, back, collar, throat, toe)
    _sneaker_panels(last, style, top)
    _motif(last, style, motif)
    _sneaker_sole(last, style, sole)
    if style == 3:
        last.fill(
            last.canvas.trim(Role.SHADE),
            [(tip[0], tip[1]), (tip[0] + 0.12, 0.45 * tip[1]), (0.16, -0.04)],
            [(0.08, 0.12), (-0.16, 0.08), (-0.3, top + 0.16)],
        )
    else:
        _laces(last, tip, 7 if style == 1 else 5, laces)


def _sneaker_inside(last: _Last, style: int, top: float, tip: Point) -> None:
    last.shade(
        [(-0.86, top), (-0.6, top - 0.02), (-0.3, top + 0.02), tip],
        [(tip[0], tip[1] + 0.15), (-0.5, top + 0.28), (-0.82, top + 0.1)],
    )
    if style != 3:  # the tongue
        x, y = tip
        last.fill(
            Role.BODY,
            [(x - 0.12, y + 0.12), (x - 0.1, y - 0.08), (x - 0.02, y - 0.14), (x + 0.09, y - 0.08)],
            [(0.34, -0.02), (0.3, 0.1)],
        )


def _sneaker_panels(last: _Last, style: int, top: float) -> None:
    heel = (
        [(-0.86, top + 0.01), (-0.82, top + 0.1), (-0.86, -0.06), (-0.9, 0.16), (-0.84, 0.36)],
        [(-0.6, 0.36), (-0.64, 0.1), (-0.74, -0.04)],
    )
    last.fill(last.canvas.trim(), *heel, [(-0.74, -0.04), (-0.76, top + 0.05)])
    cap = [(0.5, 0.36), (0.48, 0.2), (0.56, 0.03)], [(0.56, 0.03), (0.78, 0.09), (0.92, 0.24), (0.93, 0.36)]
    last.fill(Role.WHITE if style == 1 else Role.BODY, *cap)
    if style != 1:
        for x, y in ((0.62, 0.13), (0.7, 0.17), (0.64, 0.21), (0.74, 0.24)):
            last.dot(Role.SHADE, x, y, 0.014)
    eyestay = [(-0.22, 0.5 * top), (0.0, 0.1), (0.2, 0.17), (0.48, 0.2)]
    last.stroke(Role.SHADE, eyestay, 0.014)


def _motif(last: _Last, style: int, motif: int) -> None:
    role, wide = last.canvas.trim(Role.LIGHT), 0.08 if last.canvas.trimmed else 0.05
    if style == 1:
        last.dot(last.canvas.trim(Role.WHITE), -0.5, -0.32, 0.12)
        last.dot(Role.BODY, -0.5, -0.32, 0.07)
    elif motif == 0:
        last.stroke(role, [(-0.6, 0.1), (-0.42, 0.25), (-0.1, 0.17), (0.16, 0.06)], wide)
    elif motif == 1:
        for x in (-0.44, -0.29, -0.14):
            last.stroke(role, [(x, 0.31), (x + 0.14, 0.02)], wide * 0.8)
    else:
        last.fill(
            role, [(-0.52, 0.31), (-0.4, 0.14), (-0.2, 0.08)], [(-0.08, 0.12), (-0.18, 0.2), (-0.22, 0.31)]
        )


def _sneaker_sole(last: _Last, style: int, role: Role) -> None:
    if style == 2:  # a running shoe's wedge
        last.fill(
            role,
            [(-0.96, 0.22), (-0.6, 0.3), (0.0, 0.33), (0.5, 0.33), (0.95, 0.22)],
            [(0.99, 0.32), (0.86, 0.44), (0.4, 0.48)],
            [(-0.1, 0.45), (-0.4, 0.5), (-0.86, 0.5), (-0.99, 0.38), (-0.96, 0.22)],
        )
        last.stroke(Role.DARK, [(-0.86, 0.5), (-0.4, 0.5), (-0.1, 0.455), (0.4, 0.48), (0.86, 0.44)], 0.035)
        last.stroke(Role.GREY, [(-0.9, 0.36), (-0.4, 0.4), (0.3, 0.4), (0.88, 0.34)], 0.016)
        return
    last.fill(
        role,
        [(-0.89, 0.31), (0, 0.33), (0.94, 0.29)],
        [(0.98, 0.38), (0.93, 0.46)],
        [(-0.86, 0.46), (-0.93, 0.39), (-0.89, 0.31)],
    )
    last.stroke(Role.GREY, [(-0.9, 0.4), (0.0, 0.41), (0.95, 0.39)], 0.018)
    last.stroke(Role.DARK, [(-0.86, 0.47), (0.92, 0.47)], 0.03)


def _laces(last: _Last, tip: Point, rows: int, role: Role) -> None:
    x0, y0 = tip
    for i in range(rows):
        u = i / (rows - 1)
        x, y = (
            x0 + 0.02 + (0.27 - x0) * u,
            y0 + 0.03 - 0.2 * u * (1 - u) * (y0 < -0.5) + (-0.02 - y0) * u**0.8,
        )
        last.stroke(role, [(x + 0.04, y - 0.05), (x - 0.08, y + 0.1)], 0.036)
    for bend in (-0.17, 0.15):
        loop = [
            (x0, y0 + 0.02),
            (x0 + bend, y0 + 0.0),
            (x0 + bend * 1.1, y0 + 0.13),
            (x0 + 0.2 * bend, y0 + 0.07),
        ]
        last.stroke(role, loop, 0.026)


def boots(canvas: Canvas) -> None:
    """Draw boots: laced, chelsea, knee-high, heeled ankle boots or wellingtons."""
    style = int(canvas.pick(0, 0, 1, 2, 3, 4))
    low, high = ((0.9, 1.15), (0.78, 0.95), (1.2, 1.45), (0.8, 0.95), (1.1, 1.35))[style]
    shaft = canvas.uniform(low, high)
    heel = canvas.uniform(0.25, 0.4) if style == 3 or (style == 2 and canvas.chance(0.5)) else 0.1
    size = min(1.3, 1.8 / (shaft + 0.15))
    middle = -0.5 * (0.85 + 0.7 - shaft)

    def draw(last: _Last) -> None:
        grown = last.size * size
        _boot(
            _Last(canvas, (last.by[0] - 0.18 * grown, last.by[1] + middle * grown), grown), style, shaft, heel
        )

    _stand(canvas, draw, alone=0.3, size=0.82, apart=(0.26, 0.06))


def _boot(last: _Last, style: int, shaft: float, heel: float) -> None:
    ground, w = 0.85, 0.3 if shaft > 1 else 0.29
    bed, top = ground - 0.1, ground - 0.1 - shaft
    hb = bed - (heel - 0.1)
    wide = w + (0.05 if shaft > 1 else 0.0)
    last.shade(
        [(-wide - 0.05, top), (-0.05, top - 0.05), (wide - 0.05, top)],
        [(wide - 0.05, top + 0.06), (-0.05, top + 0.1), (-wide - 0.05, top + 0.06)],
    )
    back = [
        (-wide - 0.05, top),
        (-w - 0.08, top + 0.4 * shaft),
        (-w + 0.02, hb - 0.32),
        (-w - 0.06, hb - 0.12),
        (-w - 0.04, hb),
    ]
    under = [(-w - 0.04, hb), (0.0, 0.5 * (hb + bed)), (0.25, bed)]
    toe = [
        (0.25, bed),
        (0.72, bed),
        (0.8, bed - 0.08),
        (0.7, bed - 0.22),
        (0.45, bed - 0.3),
        (0.24, bed - 0.42),
    ]
    front = [(0.24, bed - 0.42), (0.2, bed - 0.55), (wide - 0.08, top + 0.3 * shaft), (wide - 0.05, top)]
    last.fill(
        Role.BODY, back, under, toe, front, [(wide - 0.05, top), (-0.05, top + 0.045), (-wide - 0.05, top)]
    )
    _boot_sole(last, style, (hb, bed, ground, w))
    for dy in (0.0, 0.09):
        last.stroke(
            Role.SHADE, [(0.22, bed - 0.46 - dy), (0.05, bed - 0.4 - dy), (-0.08, bed - 0.44 - dy)], 0.018
        )
    last.stroke(Role.LIGHT, [(-0.2, top + 0.2), (-0.2, top + 0.5 * shaft), (-0.16, bed - 0.45)], 0.03)
    (_laced, _chelsea, _knee_high, _zipped, _wellington)[style](last, top, bed, wide)


def _boot_sole(last: _Last, style: int, measures: tuple[float, ...]) -> None:
    hb, bed, ground, w = measures
    role = last.canvas.trim(Role.DARK) if style in (1, 4) else Role.DARK
    last.fill(
        role,
        [(0.02, bed - 0.01), (0.25, bed - 0.025), (0.7, bed - 0.03), (0.8, bed - 0.1)],
        [(0.84, bed + 0.0), (0.74, ground - 0.02)],
        [(0.2, ground - 0.02), (0.02, bed + 0.03)],
    )
    last.fill(
        role,
        [(-w - 0.06, hb - 0.02), (-0.1, hb), (0.12, 0.7 * bed + 0.3 * hb)],
        [(0.0, 0.5 * (hb + ground) + 0.03), (-0.02, ground)],
        [(-w + 0.0, ground), (-w - 0.03, 0.5 * (hb + ground)), (-w - 0.06, hb - 0.02)],
    )


def _laced(last: _Last, top: float, bed: float, wide: float) -> None:
    role = last.canvas.trim(Role.DARK if last.canvas.chance(0.6) else Role.WHITE)
    rows = 7
    for i in range(rows):
        u = i / (rows - 1)
        x, y = wide - 0.07 + (0.24 - wide) * u + 0.12 * u**4, top + 0.12 + (bed - 0.47 - top) * u
        last.stroke(role, [(x - 0.01, y + 0.015), (x - 0.15, y - 0.025)], 0.04)
        last.dot(Role.GREY, x - 0.17, y - 0.03, 0.022)
    last.stroke(
        Role.SHADE,
        [(0.05, top + 0.06), (0.03, 0.5 * (top + bed)), (0.1, bed - 0.36), (0.28, bed - 0.2)],
        0.014,
    )
    last.stroke(Role.SHADE, [(0.42, bed - 0.02), (0.38, bed - 0.14), (0.44, bed - 0.28)], 0.016)
    last.stroke(
        last.canvas.trim(Role.SHADE),
        [(-wide - 0.04, top + 0.05), (-0.1, top + 0.09), (wide - 0.14, top + 0.06)],
        0.09 if last.canvas.trimmed else 0.03,
    )
    if last.canvas.trimmed:
        last.stroke(Role.TRIM, [(-0.33, bed - 0.03), (0.2, bed - 0.03), (0.78, bed - 0.03)], 0.06)


def _chelsea(last: _Last, top: float, bed: float, wide: float) -> None:
    gusset = (
        [(-0.16, top + 0.04), (-0.13, 0.5 * (top + bed)), (-0.03, bed - 0.34)],
        [(0.04, bed - 0.34), (0.09, 0.5 * (top + bed)), (0.11, top + 0.04)],
    )
    last.fill(last.canvas.trim(Role.DARK), *gusset)
    if last.canvas.trimmed:
        last.stroke(Role.SHADE, [(-0.03, top + 0.06), (0.0, bed - 0.36)], 0.014)
    last.stroke(
        last.canvas.trim(), [(-wide - 0.06, top + 0.1), (-wide - 0.1, top - 0.06), (-wide, top + 0.02)], 0.045
    )
    last.stroke(Role.SHADE, [(0.0, bed - 0.34), (0.2, bed - 0.22), (0.3, bed - 0.02)], 0.014)


def _knee_high(last: _Last, top: float, bed: float, wide: float) -> None:
    role = last.canvas.trim()
    fold = (
        [(-wide - 0.06, top - 0.01), (-0.05, top + 0.04), (wide - 0.04, top - 0.01)],
        [(wide - 0.06, top + 0.15), (-0.05, top + 0.2), (-wide - 0.06, top + 0.15)],
    )
    last.fill(role, *fold)
    last.stroke(Role.SHADE, [(-0.05, top + 0.2), (-0.1, 0.5 * (top + bed)), (-0.12, bed)], 0.014)
    if last.canvas.chance(0.6):
        last.stroke(role, [(-0.3, bed - 0.28), (-0.05, bed - 0.34), (0.26, bed - 0.44)], 0.09)
        last.dot(Role.GREY, 0.0, bed - 0.35, 0.06)


def _zipped(last: _Last, top: float, bed: float, wide: float) -> None:
    last.stroke(
        last.canvas.trim(Role.GREY),
        [(-0.06, top + 0.03), (-0.08, 0.5 * (top + bed)), (-0.06, bed - 0.12)],
        0.05 if last.canvas.trimmed else 0.03,
    )
    last.stroke(
        last.canvas.trim(Role.SHADE),
        [(-wide - 0.04, top + 0.04), (-0.05, top + 0.09), (wide - 0.06, top + 0.04)],
        0.1 if last.canvas.trimmed else 0.03,
    )
    last.stroke(
        last.canvas.trim(Role.SHADE),
        [(-0.32, bed - 0.22), (0.0, bed - 0.26), (0.25, bed - 0.38)],
        0.07 if last.canvas.trimmed else 0.02,
    )


def _wellington(last: _Last, top: float, bed: float, wide: float) -> None:
    role, deep = last.canvas.trim(Role.SHADE), 0.13 if last.canvas.trimmed else 0.04
    last.stroke(role, [(-wide - 0.05, top + 0.06), (-0.05, top + 0.11), (wide - 0.05, top + 0.06)], deep)
    last.stroke(role, [(-0.34, bed - 0.05), (0.2, bed - 0.05), (0.8, bed - 0.07)], 0.7 * deep)
    last.stroke(Role.WHITE, [(0.02, top + 0.28), (0.14, top + 0.28)], 0.06)
    last.stroke(Role.LIGHT, [(0.5, bed - 0.25), (0.65, bed - 0.18), (0.7, bed - 0.1)], 0.03)


def sandals(canvas: Canvas) -> None:
    """Draw sandals: strapped ones from the side, or flip-flops and slides from above."""
    style = int(canvas.pick(0, 0, 1, 2))
    if style == 0:
        count, ankle = int(canvas.pick(2, 3)), canvas.chance(0.7)
        _stand(
            canvas,
            lambda last: _strapped(last, count, ankle=ankle),
            alone=0.35,
            size=0.82,
            apart=(0.12, 0.22),
        )
        return
    tilt, apart = canvas.uniform(0.0, 12.0), canvas.uniform(0.36, 0.44)
    for side in (-1, 1):
        _from_above(canvas, side, (tilt, apart), thong=style == 1)


def _strapped(last: _Last, count: int, *, ankle: bool) -> None:
    role = last.canvas.trim()
    if ankle:
        last.stroke(Role.BODY, [(-0.8, 0.2), (-0.84, -0.05), (-0.8, -0.3)], 0.1)
        far = [(-0.8, -0.3), (-0.6, -0.42), (-0.36, -0.38), (-0.26, -0.26)]
        last.stroke(Role.BODY, far, 0.09)
        last.stroke(Role.SHADE, far, 0.09)
    for i in range(count):
        _hoop(last, 0.6 - 0.9 * i / count, 0.1 + 0.13 * i, role if i % 2 else Role.BODY)
    if ankle:
        last.stroke(role, [(-0.83, -0.29), (-0.62, -0.2), (-0.4, -0.2), (-0.25, -0.27)], 0.11)
        last.dot(Role.GREY, -0.52, -0.19, 0.055)
    bed = [(-0.94, 0.14), (-0.5, 0.13), (0.1, 0.24), (0.6, 0.26), (0.98, 0.2)]
    last.fill(
        Role.BODY,
        bed,
        [(0.99, 0.28), (0.9, 0.38)],
        [(0.1, 0.38), (-0.4, 0.38), (-0.9, 0.38), (-0.96, 0.28), (-0.94, 0.14)],
    )
    last.stroke(
        role if last.canvas.trimmed else Role.SHADE,
        [(-0.94, 0.25), (-0.4, 0.25), (0.1, 0.32), (0.6, 0.33), (0.97, 0.27)],
        0.06 if last.canvas.trimmed else 0.02,
    )
    last.stroke(Role.DARK, [(-0.92, 0.4), (0.0, 0.395), (0.9, 0.39)], 0.045)


def _hoop(last: _Last, x: float, up: float, role: Role) -> None:
    """Draw one strap over the foot: its far half in shadow, its near half in front."""
    crest = (x + 0.06, 0.1 - up)
    far = [crest, (x + 0.17, 0.14 - 0.6 * up), (x + 0.2, 0.28)]
    last.stroke(Role.BODY, far, 0.13)
    last.stroke(Role.SHADE, far, 0.13)
    near = [(x - 0.2, 0.32), (x - 0.16, 0.14 - 0.5 * up), crest]
    last.stroke(role, near, 0.17)
    last.stroke(
        Role.SHADE,
        [(px + 0.05, py + 0.03) for px, py in near[:2]] + [(crest[0] - 0.01, crest[1] + 0.06)],
        0.012,
    )


def _from_above(canvas: Canvas, side: int, place: tuple[float, float], *, thong: bool) -> None:
    tilt, apart = place
    c, s = math.cos(math.radians(tilt)), math.sin(math.radians(tilt))

    def put(points: list[Point]) -> list[Point]:
        return [(side * (apart + c * x - s * y), s * x + c * y) for x, y in points]

    sole = [
        (-0.02, -0.93),
        (-0.24, -0.78),
        (-0.31, -0.45),
        (-0.22, 0.1),
        (-0.23, 0.6),
        (-0.12, 0.88),
        (0.02, 0.93),
        (0.18, 0.84),
        (0.24, 0.55),
        (0.24, 0.1),
        (0.32, -0.4),
        (0.22, -0.8),
    ]
    edge = spline(sole, closed=True)
    canvas.polygon(canvas.trim(Role.DARK) if canvas.trimmed else Role.BODY, put(edge))
    canvas.polygon(Role.BODY if canvas.trimmed else Role.SHADE, put([(x * 0.86, y * 0.945) for x, y in edge]))
    if not canvas.trimmed:
        canvas.polygon(Role.BODY, put([(x * 0.82, y * 0.93) for x, y in edge]))
    canvas.smooth(Role.SHADE, put([(0.0, 0.78), (-0.13, 0.6), (0.0, 0.4), (0.13, 0.6)]))
    if thong:
        for x in (-1, 1):
            strap = [(0.0, -0.62), (0.17 * x, -0.44), (0.25 * x, -0.15), (0.235 * x, 0.06)]
            canvas.curve(canvas.trim(), put(strap), 0.085)
            canvas.curve(Role.SHADE, put(strap), 0.014)
        canvas.ellipse(canvas.trim(Role.DARK), *put([(0.0, -0.63)])[0], 0.045, 0.045)
        return
    band = outline([(-0.33, -0.5), (0.0, -0.62), (0.33, -0.48)], [(0.3, -0.02), (0.0, -0.12), (-0.28, -0.02)])
    canvas.polygon(Role.BODY, put(band))
    canvas.curve(
        canvas.trim(Role.SHADE),
        put([(-0.3, -0.08), (0.0, -0.18), (0.29, -0.08)]),
        0.08 if canvas.trimmed else 0.014,
    )
    canvas.curve(
        canvas.trim(Role.SHADE),
        put([(-0.32, -0.45), (0.0, -0.57), (0.32, -0.43)]),
        0.08 if canvas.trimmed else 0.014,
    )


DRAWINGS: dict[str, Callable[[Canvas], None]] = {
    "high heels": high_heels, "sneakers": sneakers, "boots": boots, "sandals": sandals,
}  # fmt: skip
