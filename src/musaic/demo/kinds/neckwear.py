"""Drawings of what is tied round the neck: scarf, tie, bow tie."""

import math
from collections.abc import Callable

from musaic.demo.canvas import Canvas, Point, Role, spline
from musaic.demo.kinds.tailoring import inside, mirrored, outline


def _ribbon(canvas: Canvas, spine: list[Point], width: float) -> tuple[list[Point], list[Point]]:
    """Draw a band of cloth along a curve and return its two long edges."""
    points = spline(spine, closed=False)
    left, right = [], []
    for (ax, ay), (bx, by), (cx, cy) in zip(
        [points[0], *points], points, [*points[1:], points[-1]], strict=False
    ):
        dx, dy = cx - ax, cy - ay
        n = math.hypot(dx, dy) or 1.0
        left.append((bx - dy / n * width, by + dx / n * width))
        right.append((bx + dy / n * width, by - dx / n * width))
    canvas.polygon(Role.BODY, [*left, *right[::-1]])
    middle = [((lx + 2 * rx) / 3, (ly + 2 * ry) / 3) for (lx, ly), (rx, ry) in zip(left, right, strict=True)]
    canvas.line(Role.SHADE, middle, 0.02)
    return left, right


def _ends(canvas: Canvas, left: list[Point], right: list[Point], *, fringe: bool) -> None:
    """Finish a ribbon's last end: stripes when trimmed, a fringe if wanted."""
    a, b, (cx, cy), (dx, dy) = left[-1], right[-1], left[-3], right[-3]
    along = ((a[0] - cx + b[0] - dx) / 2, (a[1] - cy + b[1] - dy) / 2)
    n = math.hypot(*along) or 1.0
    ux, uy = along[0] / n, along[1] / n
    for near, far in ((0.04, 0.13), (0.18, 0.24)) if canvas.trimmed else ():
        quad = [(px - ux * d, py - uy * d) for (px, py), d in ((a, near), (b, near), (b, far), (a, far))]
        canvas.polygon(Role.TRIM, quad)
    if fringe:
        with canvas.part():
            for i in range(8):
                u = (i + 0.5) / 8
                x, y = a[0] + (b[0] - a[0]) * u, a[1] + (b[1] - a[1]) * u
                canvas.line(
                    canvas.trim(),
                    [(x, y), (x + ux * 0.11 + canvas.uniform(-0.015, 0.015), y + uy * 0.11)],
                    0.026,
                )


def scarf(canvas: Canvas) -> None:
    """Draw a scarf: looped with two hanging ends, laid in an S, or folded over."""
    style, fringe, width = int(canvas.pick(0, 0, 1, 2)), canvas.chance(0.65), canvas.uniform(0.14, 0.19)
    if style == 1:
        sway = canvas.uniform(0.3, 0.5)
        spine = [
            (-0.6, -0.8),
            (sway, -0.62),
            (0.5, -0.15),
            (-0.35, 0.1),
            (-0.5, 0.45),
            (0.1, 0.6),
            (0.65, canvas.uniform(0.6, 0.8)),
        ]
        _ends(canvas, *_ribbon(canvas, spine[::-1], width), fringe=fringe)
        canvas.line(Role.SHADE, [(-0.5, -0.78), (-0.1, -0.74)], 0.02)
        return
    for side in (-1, 1):
        low = canvas.uniform(0.55, 0.8)
        top = (side * 0.16, -0.35) if style == 0 else (side * 0.2, -0.8)
        spine = [
            top,
            (side * 0.2, 0.0),
            (side * canvas.uniform(0.2, 0.28), 0.3),
            (side * canvas.uniform(0.2, 0.34), low),
        ]
        _ends(canvas, *_ribbon(canvas, spine, width), fringe=fringe)
    (_loop if style == 0 else _drape)(canvas)


def _loop(canvas: Canvas) -> None:
    w, y = canvas.uniform(0.44, 0.54), -0.55
    canvas.ellipse(Role.BODY, 0, y - 0.06, w, 0.3)
    inside(
        canvas, spline([(-0.7 * w, y - 0.14), (0, y - 0.29), (0.7 * w, y - 0.14), (0, y + 0.02)], closed=True)
    )
    front = [(-w, y - 0.1), (-0.72 * w, y - 0.02), (0, y + 0.1), (0.72 * w, y - 0.02), (w, y - 0.1)]
    under = [
        (w, y - 0.1),
        (w + 0.01, y + 0.1),
        (0.6 * w, y + 0.33),
        (0, y + 0.4),
        (-0.6 * w, y + 0.33),
        (-w - 0.01, y + 0.1),
        (-w, y - 0.1),
    ]
    canvas.polygon(Role.BODY, outline(front, under))
    for dy in (0.08, 0.17, 0.25):
        x = w * (0.96 - dy)
        canvas.curve(
            Role.SHADE,
            [
                (-x, y - 0.06 + 0.9 * dy),
                (-0.4 * x, y + 0.06 + dy),
                (0.3 * x, y + 0.09 + dy),
                (x, y - 0.08 + 0.8 * dy),
            ],
            0.02,
        )
    canvas.curve(Role.LIGHT, [(-0.7 * w, y + 0.1), (0, y + 0.22), (0.6 * w, y + 0.12)], 0.02)


def _drape(canvas: Canvas) -> None:
    inside(
        canvas, outline([(-0.3, -0.72), (0, -0.86), (0.3, -0.72)], [(0.16, -0.6), (0, -0.68), (-0.16, -0.6)])
    )
    for side in (-1, 1):
        roll = outline(
            [(0.0, -0.94), (0.28, -0.9), (0.37, -0.6), (0.34, -0.3)],
            [(0.06, -0.3), (0.12, -0.55), (0.1, -0.76), (0.0, -0.82)],
        )
        canvas.polygon(Role.BODY, mirrored(roll, side))
        canvas.curve(Role.SHADE, mirrored([(0.1, -0.87), (0.22, -0.66), (0.24, -0.35)], side), 0.02)


def tie(canvas: Canvas) -> None:
    """Draw a necktie: knot, blade and narrow end, sometimes with its neck loop."""
    wide, knot, low = canvas.uniform(0.15, 0.25), canvas.uniform(0.09, 0.13), canvas.uniform(0.78, 0.93)
    sway, looped = canvas.uniform(-0.07, 0.07), canvas.chance(0.5)
    top = -0.62 if looped else -0.93
    if looped:
        _tie_loop(canvas, top)
    tail = [
        (0.02, top + 0.2),
        (0.14 + sway, 0.2),
        (0.16 + sway, low - 0.3),
        (0.07 + sway, low - 0.2),
        (0, 0.2),
    ]
    canvas.polygon(Role.BODY, tail)
    canvas.polygon(Role.SHADE, tail)
    right = [(0.55 * knot, top + 0.2), (0.62 * wide + 0.5 * sway, 0.1), (wide + sway, low - wide * 0.9)]
    left = [(-wide + sway, low - wide * 0.9), (-0.62 * wide + 0.5 * sway, 0.1), (-0.55 * knot, top + 0.2)]
    canvas.polygon(Role.BODY, outline(right, [(sway, low)], left))
    if canvas.trimmed:
        _tie_stripes(canvas, (wide, top, low, sway))
    canvas.curve(
        Role.LIGHT, [(0.1 * knot, top + 0.3), (0.2 * wide, 0.1), (0.45 * wide + sway, low - wide)], 0.02
    )
    canvas.polygon(
        canvas.trim() if canvas.chance(0.5) else Role.BODY,
        [(-knot - 0.03, top), (knot + 0.03, top), (0.62 * knot, top + 0.22), (-0.62 * knot, top + 0.22)],
    )
    canvas.line(Role.SHADE, [(-0.5 * knot, top + 0.02), (0.3 * knot, top + 0.2)], 0.016)


def _tie_stripes(canvas: Canvas, measures: tuple[float, ...]) -> None:
    wide, top, low, sway = measures
    for i in range(4):
        u = 0.2 + 0.23 * i
        y = top + 0.2 + (low - top - 0.2 - wide) * u
        w, x = 0.055 + (wide - 0.055) * u - 0.012, sway * u
        canvas.polygon(
            Role.TRIM,
            [
                (x - w, y - 0.45 * w),
                (x + w, y + 0.45 * w),
                (x + w, y + 0.45 * w + 0.08),
                (x - w, y - 0.45 * w + 0.08),
            ],
        )


def _tie_loop(canvas: Canvas, top: float) -> None:
    w, h = canvas.uniform(0.22, 0.32), 0.3
    for side in (-1, 1):
        band = outline(
            [(0.0, top - h), (0.8 * w, top - 0.75 * h), (w, top - 0.3 * h), (0.07, top + 0.06)],
            [(0.03, top), (0.68 * w, top - 0.35 * h), (0.55 * w, top - 0.6 * h), (0, top - 0.78 * h)],
        )
        canvas.polygon(Role.BODY, mirrored(band, side))
    canvas.curve(
        Role.SHADE, [(-0.4 * w, top - 0.8 * h), (0, top - 0.86 * h), (0.4 * w, top - 0.8 * h)], 0.016
    )


def bow_tie(canvas: Canvas) -> None:
    """Draw a bow tie: butterfly, batwing or pointed, sometimes with its neck band."""
    style, reach = int(canvas.pick(0, 1, 2)), canvas.uniform(0.82, 0.95)
    high, waist, knot = canvas.uniform(0.36, 0.5), canvas.uniform(0.1, 0.15), canvas.uniform(0.13, 0.18)
    if style == 1:
        high *= 0.62
    if canvas.chance(0.35):
        band = outline([(-0.62, -0.25), (0, -0.62), (0.62, -0.25)], [(0.55, -0.1), (0, -0.45), (-0.55, -0.1)])
        canvas.polygon(Role.BODY, band)
    for side in (-1, 1):
        _wing(canvas, side, style, (reach, high, waist, canvas.uniform(-0.04, 0.04)))
    h = waist + 0.07
    canvas.smooth(
        canvas.trim(), [(-knot, -h), (knot, -h), (knot * 1.05, 0), (knot, h), (-knot, h), (-knot * 1.05, 0)]
    )
    canvas.curve(Role.SHADE, [(-0.4 * knot, -h + 0.02), (-0.3 * knot, 0), (-0.45 * knot, h - 0.02)], 0.022)
    canvas.curve(Role.LIGHT, [(0.4 * knot, -h + 0.03), (0.5 * knot, 0), (0.4 * knot, h - 0.03)], 0.022)


def _wing(canvas: Canvas, side: int, style: int, measures: tuple[float, ...]) -> None:
    reach, high, waist, lift = measures
    end = [(reach, -high + lift), (reach + (0.04, 0.0, -0.14)[style] * 0.4, lift), (reach, high + lift)]
    upper = [(0.08, -waist), (0.4, -0.75 * high), (reach - 0.12, -high - 0.02 + lift), (reach, -high + lift)]
    lower = [(reach, high + lift), (reach - 0.12, high + 0.02 + lift), (0.4, 0.75 * high), (0.08, waist)]
    back = [(x - 0.05, 1.12 * y - 0.02) for x, y in outline(upper, end, lower)]
    canvas.polygon(Role.BODY, mirrored(back, side))
    canvas.polygon(Role.SHADE, mirrored(back, side))
    if style == 2:
        end = [(reach, -high * 0.5 + lift), (reach + 0.03, lift), (reach, high * 0.5 + lift)]
        upper = [(0.08, -waist), (0.45, -high), (reach - 0.15, -high + lift), end[0]]
        lower = [end[2], (reach - 0.15, high + lift), (0.45, high), (0.08, waist)]
    canvas.polygon(Role.BODY, mirrored(outline(upper, end, lower), side))
    if canvas.trimmed:
        inner = [(x - 0.11, y * 0.94) for x, y in end[::-1]]
        canvas.polygon(Role.TRIM, mirrored(outline(end, inner), side))
    for y0, y1 in ((-0.35, -0.4), (0.05, 0.12), (0.4, 0.5)):
        fold = [(0.12, y0 * waist), (0.34, y1 * high), (0.55, 1.2 * y1 * high)]
        canvas.curve(Role.SHADE, mirrored(fold, side), 0.026)


DRAWINGS: dict[str, Callable[[Canvas], None]] = {"scarf": scarf, "tie": tie, "bow tie": bow_tie}
