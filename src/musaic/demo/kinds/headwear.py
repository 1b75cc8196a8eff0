"""Drawings of headwear without a brim: cap, beanie, crown."""

import math
from collections.abc import Callable
from itertools import pairwise

from musaic.demo.canvas import Canvas, Point, Role, ellipse_points, spline
from musaic.demo.kinds.tailoring import (
    inside,
    mirrored,
    outline,
)


def cap(canvas: Canvas) -> None:
    """Draw a baseball cap from the side, or turned towards the viewer; sometimes a flat cap."""
    style = canvas.pick(0, 0, 1, 2)
    if style == 2:
        _flat_cap(canvas)
    elif style == 1:
        _front_cap(canvas)
    else:
        _side_cap(canvas)


def _side_cap(canvas: Canvas) -> None:
    high, y, bill = canvas.uniform(0.7, 0.85), 0.22, canvas.uniform(0.85, 0.97)
    dome = [
        (-0.74, y + 0.06),
        (-0.76, y - 0.3),
        (-0.55, y - 0.75 * high),
        (-0.15, y - high),
        (0.22, y - 0.8 * high),
        (0.42, y - 0.35),
        (0.44, y),
    ]
    canvas.polygon(Role.BODY, outline(dome, [(0.44, y), (0.1, y + 0.1), (-0.4, y + 0.12), (-0.74, y + 0.06)]))
    for x in (-0.42, 0.1):
        canvas.curve(
            Role.SHADE,
            [(-0.15, y - high + 0.02), (x - 0.03 if x < 0 else x + 0.06, y - 0.55 * high), (x, y + 0.1)],
            0.016,
        )
    for x, up in ((-0.5, 0.55), (-0.1, 0.6), (0.26, 0.55)):
        canvas.ellipse(Role.SHADE, x, y - up * high, 0.025, 0.025)
    shape = outline(
        [(-0.02, y + 0.1), (0.2, y - 0.02), (0.46, y - 0.03), (bill, y + 0.16), (bill - 0.02, y + 0.24)],
        [(bill - 0.02, y + 0.24), (0.6, y + 0.17), (0.3, y + 0.17), (-0.02, y + 0.1)],
    )
    canvas.polygon(_bill_role(canvas), shape)
    canvas.curve(
        canvas.trim(Role.SHADE),
        [(-0.73, y + 0.03), (-0.4, y + 0.09), (0.1, y + 0.07), (0.42, y - 0.03)],
        0.06 if canvas.trimmed else 0.014,
    )
    for dy in (0.035, 0.075):
        canvas.curve(
            Role.SHADE, [(0.2, y + 0.03 + dy), (0.5, y + 0.01 + dy), (bill - 0.08, y + 0.12 + dy)], 0.01
        )
    canvas.ellipse(canvas.trim(), -0.15, y - high, 0.07, 0.035)
    if canvas.chance(0.5):
        canvas.smooth(
            canvas.trim(Role.ACCENT if canvas.chance(0.5) else Role.WHITE),
            [(0.1, y - 0.48), (0.27, y - 0.44), (0.3, y - 0.24), (0.12, y - 0.22)],
        )


def _bill_role(canvas: Canvas) -> Role:
    return canvas.trim() if canvas.chance(0.5) else Role.BODY


def _front_cap(canvas: Canvas) -> None:
    high, w, y = canvas.uniform(0.75, 0.9), canvas.uniform(0.6, 0.68), 0.12
    canvas.polygon(
        Role.BODY,
        outline(
            ellipse_points(0, y, w, high, 180, 360),
            [(w, y), (0.9 * w, y + 0.2), (-0.9 * w, y + 0.2), (-w, y)],
        ),
    )
    for s in (-1, 1):
        canvas.curve(
            Role.SHADE, [(0, y - high), (s * 0.36 * w, y - 0.6 * high), (s * 0.5 * w, y + 0.1)], 0.016
        )
        canvas.ellipse(Role.SHADE, s * 0.6 * w, y - 0.5 * high, 0.025, 0.025)
    canvas.line(Role.SHADE, [(0, y - high), (0, y + 0.1)], 0.014)
    bill = [
        (-w - 0.03, y + 0.2),
        (-0.6 * w, y + 0.02),
        (0, y - 0.06),
        (0.6 * w, y + 0.02),
        (w + 0.03, y + 0.2),
    ]
    low = canvas.uniform(0.42, 0.52)
    canvas.polygon(
        _bill_role(canvas),
        outline(
            bill, [bill[-1], (0.8 * w, y + low - 0.06), (0, y + low), (-0.8 * w, y + low - 0.06), bill[0]]
        ),
    )
    for u in (0.35, 0.6, 0.85):
        canvas.curve(
            Role.SHADE,
            [(-0.9 * w, y + 0.16 + 0.22 * u), (0, y - 0.06 + u * low), (0.9 * w, y + 0.16 + 0.22 * u)],
            0.012,
        )
    canvas.ellipse(canvas.trim(), 0, y - high, 0.075, 0.035)
    if canvas.trimmed:
        canvas.curve(
            Role.TRIM,
            [
                (-0.98 * w, y + 0.17),
                (-0.58 * w, y + 0.01),
                (0, y - 0.06),
                (0.58 * w, y + 0.01),
                (0.98 * w, y + 0.17),
            ],
            0.05,
        )
    if canvas.chance(0.5):
        canvas.ellipse(canvas.trim(Role.ACCENT), 0, y - 0.42, 0.15, 0.15)


def _flat_cap(canvas: Canvas) -> None:
    y = 0.15
    body = [
        (-0.82, y + 0.05),
        (-0.86, y - 0.22),
        (-0.55, y - 0.52),
        (0.0, y - 0.58),
        (0.5, y - 0.38),
        (0.78, y - 0.02),
        (0.6, y + 0.1),
        (0.0, y + 0.16),
        (-0.5, y + 0.18),
    ]
    canvas.smooth(Role.BODY, body)
    for x0, x1 in ((-0.25, -0.4), (0.1, 0.15)):
        canvas.curve(Role.SHADE, [(x0, y - 0.56), (0.5 * (x0 + x1) + 0.02, y - 0.2), (x1, y + 0.14)], 0.018)
    canvas.polygon(
        canvas.trim(),
        outline(
            [(0.02, y + 0.13), (0.45, y + 0.05), (0.8, y - 0.05)],
            [(0.8, y - 0.05), (0.95, y + 0.1), (0.93, y + 0.2)],
            [(0.93, y + 0.2), (0.5, y + 0.22), (0.02, y + 0.2)],
        ),
    )
    canvas.polygon(
        canvas.trim(),
        outline(
            [(-0.84, y + 0.02), (-0.4, y + 0.13), (0.05, y + 0.12)],
            [(0.05, y + 0.2), (-0.4, y + 0.24), (-0.78, y + 0.16)],
        ),
    )
    canvas.ellipse(canvas.trim(), -0.1, y - 0.58, 0.06, 0.03)


def beanie(canvas: Canvas) -> None:
    """Draw a knitted beanie: with a turn-up or slouchy, with or without a bobble or ear flaps."""
    w, high, y = canvas.uniform(0.56, 0.66), canvas.uniform(0.75, 0.98), 0.4
    style, slouch = int(canvas.pick(0, 0, 1, 2)), canvas.uniform(-0.12, 0.12)
    if style == 2:
        _ear_flaps(canvas, w, y)
    dome = [
        (-w, y),
        (-1.02 * w, y - 0.4 * high),
        (-0.75 * w + 0.5 * slouch, y - 0.85 * high),
        (slouch, y - high),
        (0.75 * w + 0.5 * slouch, y - 0.85 * high),
        (1.02 * w, y - 0.4 * high),
        (w, y),
    ]
    canvas.polygon(Role.BODY, outline(dome, [(w, y), (0, y + 0.1), (-w, y)]))
    for i in range(9):
        u = -0.88 + 0.22 * i
        canvas.curve(
            Role.SHADE,
            [
                (u * w, y),
                (1.02 * u * w, y - 0.45 * high),
                (0.55 * u * w + 0.7 * slouch, y - 0.86 * high),
                (slouch, y - high + 0.03),
            ],
            0.016,
        )
    fold = (canvas.uniform(0.26, 0.34), 0.12, 0.1)[style]
    band = outline(
        [(-w - 0.025, y - fold + 0.08), (0, y - fold + 0.17), (w + 0.025, y - fold + 0.08)],
        [(w + 0.01, y + 0.08), (0, y + 0.18), (-w - 0.01, y + 0.08)],
    )
    canvas.polygon(canvas.trim(), band)
    for i in range(11):
        u = -0.92 + 0.184 * i
        sag = 0.09 * (1 - u * u)
        canvas.line(Role.SHADE, [(u * w, y - fold + 0.1 + sag), (u * w, y + 0.07 + sag)], 0.014)
    if canvas.chance(0.55):
        _bobble(canvas, slouch, y - high - 0.1)
    elif style == 0 and canvas.chance(0.4):
        canvas.rect(Role.DARK, -0.12, y - 0.05, 0.06, y + 0.08, 0.01)


def _ear_flaps(canvas: Canvas, w: float, y: float) -> None:
    for side in (-1, 1):
        flap = [
            (0.5 * w, y),
            (1.02 * w, y - 0.1),
            (1.0 * w, y + 0.2),
            (0.78 * w, y + 0.42),
            (0.52 * w, y + 0.2),
        ]
        canvas.smooth(Role.BODY, mirrored(flap, side))
        canvas.curve(
            canvas.trim(),
            mirrored([(0.78 * w, y + 0.38), (0.8 * w, y + 0.5), (0.74 * w, y + 0.58)], side),
            0.05,
        )


def _bobble(canvas: Canvas, x: float, y: float) -> None:
    r, n = canvas.uniform(0.15, 0.22), 26
    tufts = [r * canvas.uniform(0.88, 1.1) for _ in range(n)]
    canvas.polygon(
        canvas.trim(),
        [
            (x + t * math.cos(2 * math.pi * i / n), y + t * math.sin(2 * math.pi * i / n))
            for i, t in enumerate(tufts)
        ],
    )
    for i in range(7):
        a = 0.9 * i
        canvas.line(
            Role.SHADE,
            [
                (x + 0.3 * r * math.cos(a), y + 0.3 * r * math.sin(a)),
                (x + 0.75 * r * math.cos(a), y + 0.75 * r * math.sin(a)),
            ],
            0.018,
        )


def crown(canvas: Canvas) -> None:
    """Draw a crown: a spiked band with pearls and jewels, sometimes arched, or a low tiara."""
    style, w, y = int(canvas.pick(0, 0, 1, 2)), canvas.uniform(0.62, 0.78), canvas.uniform(0.45, 0.6)
    points, high = int(canvas.pick(5, 5, 7)), canvas.uniform(0.75, 1.05)
    flare = canvas.uniform(1.05, 1.25)
    if style == 1:
        _arches(canvas, w, y, high)
    tips = [
        (
            flare * w * (2 * i / (points - 1) - 1),
            y
            - high
            * (0.72 + 0.28 * (1 - abs(2 * i / (points - 1) - 1)) if style == 2 else 0.86 + 0.14 * (i % 2)),
        )
        for i in range(points)
    ]
    back = outline([(-w, y - 0.22), (0, y - 0.34), (w, y - 0.22)], [(w, y), (-w, y)])
    inside(canvas, back)
    _spikes(canvas, tips, w, y, valley=0.42 * high)
    for x, ty in tips:
        canvas.ellipse(canvas.trim(), 0.98 * x, ty - 0.02, 0.075, 0.075)
        canvas.ellipse(Role.LIGHT, 0.98 * x - 0.02, ty - 0.045, 0.025, 0.025)
    _crown_band(canvas, w, y)


def _spikes(canvas: Canvas, tips: list[Point], w: float, y: float, *, valley: float) -> None:
    edge: list[Point] = [tips[0]]
    for (ax, _), (bx, by) in pairwise(tips):
        x = 0.5 * (ax + bx)
        edge += spline([edge[-1], (0.96 * x, y - valley + 0.1 * (1 - (x / w) ** 2)), (bx, by)], closed=False)
    canvas.polygon(Role.BODY, [*edge, *spline([(w, y), (0, y + 0.12), (-w, y)], closed=False)])
    for x, ty in tips:
        canvas.line(Role.LIGHT, [(0.96 * x - 0.01, ty + 0.12), (0.85 * x - 0.01, y - 0.32)], 0.024)
        canvas.line(Role.SHADE, [(0.96 * x + 0.04, ty + 0.2), (0.85 * x + 0.05, y - 0.3)], 0.02)


def _arches(canvas: Canvas, w: float, y: float, high: float) -> None:
    canvas.smooth(
        Role.ACCENT,
        [
            (-0.8 * w, y - 0.3),
            (-0.7 * w, y - 0.85 * high),
            (0, y - 0.95 * high),
            (0.7 * w, y - 0.85 * high),
            (0.8 * w, y - 0.3),
        ],
    )
    for side in (-1, 1):
        canvas.curve(
            Role.BODY,
            mirrored(
                [
                    (0.9 * w, y - 0.2),
                    (0.85 * w, y - 0.9 * high),
                    (0.3 * w, y - 1.1 * high),
                    (0, y - 1.02 * high),
                ],
                side,
            ),
            0.09,
        )
    canvas.curve(Role.BODY, [(0, y - 0.2), (0, y - 1.03 * high)], 0.1)
    canvas.ellipse(canvas.trim(), 0, y - 1.12 * high, 0.09, 0.09)


def _crown_band(canvas: Canvas, w: float, y: float) -> None:
    edge = outline([(-w, y - 0.2), (0, y - 0.08), (w, y - 0.2)], [(w, y), (0, y + 0.12), (-w, y)])
    canvas.polygon(canvas.trim(), edge)
    for dy in (-0.17, -0.02):
        canvas.curve(
            Role.LIGHT if canvas.trimmed is False else Role.BODY,
            [
                (-w, y + dy),
                (-0.5 * w, y + dy + 0.09),
                (0, y + dy + 0.12),
                (0.5 * w, y + dy + 0.09),
                (w, y + dy),
            ],
            0.03,
        )
    jewel = Role.BODY if canvas.trimmed else Role.ACCENT
    for i, u in enumerate((-0.72, -0.38, 0.0, 0.38, 0.72)):
        x, jy = u * w, y - 0.1 + 0.12 * (1 - u * u)
        if i % 2 == 0:
            canvas.polygon(jewel, [(x, jy - 0.07), (x + 0.06, jy), (x, jy + 0.07), (x - 0.06, jy)])
        else:
            canvas.ellipse(jewel, x, jy, 0.04, 0.04)


DRAWINGS: dict[str, Callable[[Canvas], None]] = {"cap": cap, "beanie": beanie, "crown": crown}
