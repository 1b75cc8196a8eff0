"""Drawings of legwear and handwear: trousers, shorts, socks, gloves."""

import math
from collections.abc import Callable
from functools import partial

from musaic.demo.canvas import Canvas, Point, Role
from musaic.demo.kinds.tailoring import mirrored, moved, outline, rib


def _legs(
    canvas: Canvas,
    *,
    waist: float,
    hip: float,
    out: tuple[float, float],
    leg: tuple[float, float],
    top: float,
    low: float,
) -> None:
    """Draw two legs from the waist's height `top` down to `low`.

    `out` and `leg` are their middles and half widths, each at knee and hem.
    """
    (knee_x, hem_x), (knee, hem), fork = out, leg, top + 0.62
    knee_y = 0.45 * fork + 0.55 * low
    for side in (-1, 1):
        drop = low + canvas.uniform(-0.02, 0.02)
        outer = [(waist, top + 0.07), (hip, top + 0.45), (knee_x + knee, knee_y), (hem_x + hem, drop - 0.02)]
        inner = [(hem_x - hem, drop + 0.01), (knee_x - knee, knee_y), (0.0, fork)]
        canvas.polygon(
            Role.BODY, mirrored(outline([(0, top + 0.07), (waist, top + 0.07)], outer, inner), side)
        )
        _leg_details(canvas, side, (hem_x, hem, drop, knee_x, knee, knee_y, waist, hip, top))
    canvas.line(Role.SHADE, [(0, top + 0.1), (0, fork)], 0.018)
    for side in (-1, 1):
        crease = [(0.02, fork + 0.01), (0.14, fork - 0.05), (0.24, fork - 0.1)]
        canvas.curve(Role.SHADE, mirrored(crease, side), 0.016)


def _leg_details(canvas: Canvas, side: int, measures: tuple[float, ...]) -> None:
    hem_x, hem, low, knee_x, knee, knee_y, waist, hip, top = measures
    band = 0.09 if canvas.trimmed else 0.05
    cuff = [
        (hem_x + hem, low - 0.02),
        (hem_x - hem, low + 0.01),
        (hem_x - hem + 0.005, low - band),
        (hem_x + hem - 0.005, low - band - 0.02),
    ]
    if canvas.trimmed:
        canvas.polygon(Role.TRIM, mirrored(cuff, side))
        stripe = [(waist, top + 0.09), (hip, top + 0.45), (knee_x + knee, knee_y), (hem_x + hem, low)]
        canvas.curve(Role.TRIM, mirrored([(x - 0.03, y) for x, y in stripe], side), 0.045)
    else:
        canvas.line(Role.SHADE, mirrored(cuff[2:], side), 0.014)
    for dy in (0.0, 0.09) if low > 0.4 else ():
        wrinkle = [
            (knee_x - knee, knee_y + dy),
            (knee_x - 0.2 * knee, knee_y + dy + 0.03),
            (knee_x + 0.2 * knee, knee_y + dy),
        ]
        canvas.curve(Role.SHADE, mirrored(wrinkle, side), 0.014)


def _waistband(canvas: Canvas, waist: float, top: float, *, elastic: bool) -> None:
    back = outline(
        [(-waist, top), (0, top - 0.02), (waist, top)], [(waist, top + 0.05), (-waist, top + 0.05)]
    )
    canvas.polygon(Role.BODY, back)
    canvas.polygon(Role.SHADE, back)
    front = outline(
        [(-waist, top), (0, top + 0.03), (waist, top)],
        [(waist + 0.01, top + 0.12), (0, top + 0.15), (-waist - 0.01, top + 0.12)],
    )
    canvas.polygon(canvas.trim(), front)
    if elastic:
        rib(
            canvas, [(-waist, top + 0.12), (waist, top + 0.12), (waist, top + 0.02), (-waist, top + 0.02)], 16
        )
        for x in (-0.04, 0.05):
            canvas.curve(Role.WHITE, [(x, top + 0.13), (x * 1.4, top + 0.23), (x * 1.2, top + 0.33)], 0.022)
        return
    canvas.ellipse(Role.GREY, 0.02, top + 0.08, 0.024, 0.024)
    for x in (-0.62, -0.25, 0.25, 0.62):
        canvas.rect(Role.BODY, x * waist - 0.02, top, x * waist + 0.02, top + 0.14)


def _pockets(canvas: Canvas, waist: float, top: float, *, cargo: float = 0.0) -> None:
    slanted = canvas.chance(0.5)
    for side in (-1, 1):
        slit = (
            [(waist - 0.13, top + 0.13), (waist - 0.03, top + 0.35)]
            if slanted
            else [(waist - 0.16, top + 0.13), (waist - 0.14, top + 0.25), (waist, top + 0.29)]
        )
        (canvas.line if slanted else canvas.curve)(Role.SHADE, mirrored(slit, side), 0.02)
        if cargo:
            box = [
                (cargo - 0.02, top + 0.75),
                (cargo + 0.16, top + 0.75),
                (cargo + 0.17, top + 1.01),
                (cargo, top + 1.01),
            ]
            canvas.polygon(Role.BODY, mirrored(box, side))
            canvas.polygon(
                canvas.trim(),
                mirrored(
                    [
                        (cargo - 0.03, top + 0.73),
                        (cargo + 0.17, top + 0.73),
                        (cargo + 0.17, top + 0.81),
                        (cargo - 0.02, top + 0.82),
                    ],
                    side,
                ),
            )
    canvas.curve(Role.SHADE, [(0.06, top + 0.13), (0.065, top + 0.35), (0.0, top + 0.47)], 0.013)


def trousers(canvas: Canvas) -> None:
    """Draw trousers: slim, straight, flared, wide or sporty with an elastic waist."""
    style, waist = int(canvas.pick(0, 1, 2, 3, 4)), canvas.uniform(0.29, 0.36)
    knee, hem = ((0.12, 0.09), (0.15, 0.14), (0.13, 0.22), (0.2, 0.23), (0.16, 0.1))[style]
    grow, spread = canvas.uniform(0.93, 1.1), canvas.uniform(0.0, 0.12)
    out = (max(0.2, knee * grow + 0.035) + 0.4 * spread, max(0.21, hem * grow + 0.03) + spread)
    top, low = -0.95, canvas.uniform(0.8, 0.95)
    _legs(
        canvas,
        waist=waist,
        hip=waist + canvas.uniform(0.05, 0.09),
        out=out,
        leg=(knee * grow, hem * grow),
        top=top,
        low=low,
    )
    if canvas.chance(0.4):
        for side in (-1, 1):
            canvas.line(
                Role.SHADE if canvas.chance(0.7) else Role.LIGHT,
                mirrored([(0.2, top + 0.45), (out[0], 0.2), (out[1], low - 0.1)], side),
                0.014,
            )
    _pockets(canvas, waist, top, cargo=out[0] + 0.02 if canvas.chance(0.2) else 0.0)
    _waistband(canvas, waist, top, elastic=style == 4)


def shorts(canvas: Canvas) -> None:
    """Draw shorts: tailored, cargo, or sporty with an elastic waist."""
    waist, length = canvas.uniform(0.44, 0.54), canvas.uniform(1.1, 1.5)
    top, low = -0.5 * length, 0.5 * length
    leg, sporty = canvas.uniform(0.25, 0.33), canvas.chance(0.4)
    out = (leg + 0.03, leg + canvas.uniform(0.05, 0.12))
    _legs(canvas, waist=waist, hip=waist + 0.08, out=out, leg=(leg, leg), top=top, low=low)
    _pockets(canvas, waist, top)
    _waistband(canvas, waist, top, elastic=sporty)


def _turned(points: list[Point], degrees: float, by: Point, *, size: float = 1) -> list[Point]:
    """Return points turned about the origin and scaled, then shifted."""
    c, s = size * math.cos(math.radians(degrees)), size * math.sin(math.radians(degrees))
    return [(c * x - s * y + by[0], s * x + c * y + by[1]) for x, y in points]


def socks(canvas: Canvas) -> None:
    """Draw a pair of socks (or one) in side view, ankle to knee length."""
    leg, ribbed = canvas.uniform(0.35, 1.15), canvas.chance(0.7)
    size = min(1.3, 1.7 / (0.4 + leg))
    middle = -size * 0.5 * (1.03 - leg)
    if canvas.chance(0.25):
        _sock(
            canvas, leg, ribbed, lambda points: _turned(points, 0, (-0.25, middle * 1.15), size=1.15 * size)
        )
        return
    tilt, apart = canvas.uniform(-4, 4), canvas.uniform(0.2, 0.3)
    lean = canvas.uniform(0, 10)
    for x, y, turn in ((-apart, -0.09, tilt - lean), (apart, 0.09, tilt)):
        place = (x - 0.25, middle + y)
        _sock(canvas, leg, ribbed, partial(_turned, degrees=turn, by=place, size=0.92 * size))


def _sock(canvas: Canvas, leg: float, ribbed: bool, put: Callable[[list[Point]], list[Point]]) -> None:
    high, w = 0.35 - leg, 0.2
    front = [
        (w, high),
        (w * 0.92, 0.1),
        (w + 0.03, 0.3),
        (0.48, 0.42),
        (0.68, 0.52),
        (0.72, 0.62),
        (0.6, 0.68),
    ]
    sole = [(0.6, 0.68), (0.3, 0.66), (0.0, 0.66), (-0.17, 0.6), (-0.23, 0.45), (-w * 0.95, 0.2), (-w, high)]
    canvas.polygon(Role.BODY, put(outline(front, sole, [(-w, high), (0, high - 0.02), (w, high)])))
    _sock_ends(canvas, put)
    top = [
        (-w - 0.01, high - 0.015),
        (w + 0.01, high - 0.015),
        (w + 0.01, high + 0.13),
        (-w - 0.01, high + 0.13),
    ]
    canvas.polygon(canvas.trim(), put(top))
    if ribbed:
        rib(canvas, put(top), 9)
    for y, width in ((0.28, 0.018), (0.2, 0.014)) if leg > 0.45 else ():
        canvas.curve(Role.SHADE, put([(w, y), (0.09, y - 0.02), (0.01, y + 0.03)]), width)


def _sock_ends(canvas: Canvas, put: Callable[[list[Point]], list[Point]]) -> None:
    both = canvas.chance(0.5)
    toe = outline(
        [(0.5, 0.43), (0.68, 0.52), (0.73, 0.61), (0.6, 0.685)], [(0.54, 0.67), (0.47, 0.56), (0.5, 0.43)]
    )
    heel = outline(
        [(-0.22, 0.33), (-0.24, 0.45), (-0.18, 0.6), (-0.02, 0.665)],
        [(-0.02, 0.665), (-0.06, 0.5), (-0.22, 0.33)],
    )
    canvas.polygon(canvas.trim(), put(toe))
    canvas.polygon(canvas.trim() if both else Role.BODY, put(heel))


def gloves(canvas: Canvas) -> None:
    """Draw a pair of gloves or mittens, sometimes a single one."""
    mitten, ribbed = canvas.chance(0.3), canvas.chance(0.5)
    cuff = canvas.uniform(0.55, 0.9)
    if canvas.chance(0.2):
        _glove(canvas, 1, mitten, ribbed, cuff, (1.15, -0.05, canvas.uniform(-8, 8)))
        return
    overlap = canvas.uniform(0.38, 0.46)
    for side in (-1, 1):
        _glove(canvas, side, mitten, ribbed, cuff, (0.95, overlap, canvas.uniform(0, 12)))


def _glove(
    canvas: Canvas, side: int, mitten: bool, ribbed: bool, cuff: float, place: tuple[float, float, float]
) -> None:
    size, x, tilt = place

    def put(points: list[Point]) -> list[Point]:
        turned = _turned([(-px * size, py * size) for px, py in points], tilt, (x, 0))
        return mirrored(turned, side)

    def digit(x0: float, y0: float, x1: float, y1: float, half: float) -> None:
        dx, dy = x1 - x0, y1 - y0
        n = math.hypot(dx, dy)
        ux, uy = dx / n * half, dy / n * half
        sides = [(x0 - uy, y0 + ux), (x1 - uy, y1 + ux)], [(x1 + uy, y1 - ux), (x0 + uy, y0 - ux)]
        tip = [(x1 - uy, y1 + ux), (x1 + ux * 0.9, y1 + uy * 0.9), (x1 + uy, y1 - ux)]
        canvas.polygon(Role.BODY, put(outline(sides[0], tip, sides[1])))

    digit(0.2, 0.22, 0.44, -0.12, 0.095)
    if mitten:
        hand = [
            (-0.27, 0.1),
            (-0.29, -0.4),
            (-0.18, -0.76),
            (0.02, -0.84),
            (0.2, -0.68),
            (0.25, -0.3),
            (0.27, 0.1),
        ]
        canvas.polygon(
            Role.BODY,
            put(outline([*hand, (0.25, 0.35)], [(0.22, 0.5), (-0.22, 0.5)], [(-0.24, 0.4), (-0.27, 0.1)])),
        )
    else:
        for x0, x1, y1 in (
            (-0.21, -0.29, -0.46),
            (-0.075, -0.1, -0.68),
            (0.07, 0.08, -0.73),
            (0.2, 0.24, -0.6),
        ):
            digit(x0, 0.0, x1, y1, 0.072)
        palm = [(-0.28, -0.12), (-0.28, 0.2), (-0.21, 0.5)], [(0.21, 0.5), (0.27, 0.25), (0.28, -0.12)]
        with canvas.part():
            canvas.polygon(Role.BODY, put(outline(*palm)))
        for fx in (-0.15, 0.0, 0.14):
            canvas.line(Role.SHADE, put([(fx, -0.2), (fx, -0.02)]), 0.018)
    _glove_cuff(canvas, put([(-0.24, 0.46), (0.24, 0.46), (0.27, cuff), (-0.27, cuff)]), ribbed)
    for fx in (-0.12, 0.0, 0.12):
        canvas.line(Role.SHADE, put([(fx, 0.02), (fx * 0.8, 0.28)]), 0.016)


def _glove_cuff(canvas: Canvas, quad: list[Point], ribbed: bool) -> None:
    canvas.polygon(canvas.trim(), quad)
    if ribbed:
        rib(canvas, quad, 8)
    else:
        canvas.line(Role.SHADE, [quad[0], quad[1]], 0.025)
        canvas.line(Role.SHADE, moved([quad[2], quad[3]], (0, -0.05)), 0.012)


DRAWINGS: dict[str, Callable[[Canvas], None]] = {
    "trousers": trousers, "shorts": shorts, "socks": socks, "gloves": gloves,
}  # fmt: skip
