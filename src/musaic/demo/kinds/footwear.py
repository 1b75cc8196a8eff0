"""Drawings of open footwear: high heels, sandals; toes point right."""

import math
from collections.abc import Callable

from musaic.demo.canvas import Canvas, Point, Role, spline
from musaic.demo.kinds.lasts import Last, stand
from musaic.demo.kinds.tailoring import (
    outline,
)


def high_heels(canvas: Canvas) -> None:
    """Draw pumps, ankle-strapped, open-toed or platform shoes on high heels."""
    style, lift, thick = (
        int(canvas.pick(0, 0, 1, 2, 3)),
        canvas.uniform(0.62, 0.95),
        canvas.uniform(0.045, 0.1),
    )
    peep, bow = canvas.chance(0.25), canvas.chance(0.25)
    spike = canvas.trim() if canvas.chance(0.6) else Role.BODY

    def draw(last: Last) -> None:
        _pump(last, style, (lift, thick), spike, peep=peep)
        if bow:
            _shoe_bow(last, 0.5, 0.2)

    stand(canvas, draw, alone=0.4, size=0.78, apart=(0.15, 0.2))


def _pump(last: Last, style: int, heel: tuple[float, float], spike_role: Role, *, peep: bool) -> None:
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
    _pump_sole(last, style, (ground, flat))
    if peep:
        last.fill(
            Role.SHADE, [(0.97, flat - 0.01), (0.9, flat - 0.13), (0.76, flat - 0.12), (0.8, flat - 0.02)]
        )
    if style in (1, 2):
        _ankle_strap(last, hy, top, tall=style == 2)


def _pump_sole(last: Last, style: int, measures: tuple[float, float]) -> None:
    ground, flat = measures
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


def _ankle_strap(last: Last, hy: float, top: float, *, tall: bool) -> None:
    y = top - (0.22 if tall else 0.02)
    strap = [(-0.86, y + 0.04), (-0.66, y + 0.09), (-0.4, y + 0.02), (-0.33, y - 0.07)]
    last.stroke(
        last.canvas.trim(), [(-0.33, y - 0.07), (-0.5, y - 0.1), (-0.75, y - 0.06), (-0.86, y + 0.03)], 0.05
    )
    last.stroke(last.canvas.trim(), strap, 0.07)
    last.stroke(last.canvas.trim(), [(-0.85, y), (-0.87, 0.5 * (y + hy)), (-0.86, hy - 0.1)], 0.07)
    last.dot(Role.GREY, -0.5, y + 0.06, 0.035)


def _shoe_bow(last: Last, x: float, y: float) -> None:
    role = last.canvas.trim()
    for s in (-1, 1):
        last.fill(
            role, [(x, y), (x + s * 0.1, y - 0.1), (x + s * 0.2, y - 0.06), (x + s * 0.17, y + 0.06), (x, y)]
        )
    last.dot(role, x, y, 0.045)


def sandals(canvas: Canvas) -> None:
    """Draw sandals: strapped ones from the side, or flip-flops and slides from above."""
    style = int(canvas.pick(0, 0, 1, 2))
    if style == 0:
        count, ankle = int(canvas.pick(2, 3)), canvas.chance(0.7)
        stand(
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


def _strapped(last: Last, count: int, *, ankle: bool) -> None:
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


def _hoop(last: Last, x: float, up: float, role: Role) -> None:
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


DRAWINGS: dict[str, Callable[[Canvas], None]] = {"high heels": high_heels, "sandals": sandals}
