"""Drawings of brimmed hats."""

import math
from collections.abc import Callable

from musaic.demo.canvas import Canvas, Role, ellipse_points
from musaic.demo.kinds.tailoring import (
    outline,
)


def hat(canvas: Canvas) -> None:
    """Draw a brimmed hat: fedora, sun hat, bucket hat, top hat or bowler."""
    (_fedora, _sun_hat, _bucket, _top_hat, _bowler)[int(canvas.pick(0, 0, 1, 2, 3, 4))](canvas)


def _band(canvas: Canvas, w: float, low: float, *, high: float, narrow: float, sag: float) -> None:
    edge = outline(
        [(-w, low), (0, low + sag), (w, low)],
        [(w * narrow, low - high), (0, low + sag - high), (-w * narrow, low - high)],
    )
    role = canvas.trim(Role.DARK if canvas.chance(0.5) else Role.BODY)
    canvas.polygon(role, edge)
    if role == Role.BODY:
        canvas.polygon(Role.SHADE, edge)


def _fedora(canvas: Canvas) -> None:
    w, high, brim, y = canvas.uniform(0.46, 0.54), canvas.uniform(0.62, 0.8), canvas.uniform(0.82, 0.95), 0.28
    tilt = canvas.uniform(0.02, 0.14)
    back = [(-brim, y + 0.04), (-0.5 * brim, y - 0.1), (0.5 * brim, y - 0.1), (brim, y + 0.04 - tilt)]
    front = [
        (brim, y + 0.04 - tilt),
        (0.7 * brim, y + 0.2),
        (0, y + 0.27),
        (-0.7 * brim, y + 0.2),
        (-brim, y + 0.04),
    ]
    canvas.polygon(Role.BODY, outline(back, front))
    top = [
        (-w, y + 0.06),
        (-0.86 * w, y - 0.75 * high),
        (-0.5 * w, y - high - 0.03),
        (-0.02, y - high + 0.06),
        (0.5 * w, y - high - 0.02),
        (0.87 * w, y - 0.72 * high),
        (w, y + 0.06),
    ]
    canvas.polygon(Role.BODY, outline(top, [(w, y + 0.06), (0, y + 0.13), (-w, y + 0.06)]))
    canvas.curve(
        Role.SHADE, [(-0.02, y - high + 0.08), (0.0, y - 0.75 * high), (-0.06, y - 0.62 * high)], 0.03
    )
    for s in (-1, 1):
        canvas.curve(
            Role.SHADE,
            [(s * 0.5 * w, y - 0.93 * high), (s * 0.34 * w, y - 0.7 * high), (s * 0.4 * w, y - 0.5 * high)],
            0.024,
        )
    _band(canvas, 1.0 * w, y + 0.06, high=0.2, narrow=0.965, sag=0.07)
    canvas.curve(
        canvas.trim(Role.SHADE),
        [
            (brim * 0.97, y + 0.06 - tilt),
            (0.7 * brim, y + 0.18),
            (0, y + 0.25),
            (-0.7 * brim, y + 0.18),
            (-brim * 0.97, y + 0.05),
        ],
        0.045 if canvas.trimmed else 0.014,
    )


def _sun_hat(canvas: Canvas) -> None:
    w, high, brim, deep, y = (
        canvas.uniform(0.4, 0.48),
        canvas.uniform(0.42, 0.55),
        0.95,
        canvas.uniform(0.24, 0.36),
        0.2,
    )
    phase = canvas.uniform(0, 6)
    edge = [
        (x, py + 0.025 * math.sin(5 * x + phase)) for x, py in ellipse_points(0, y + 0.04, brim, deep, 0, 360)
    ]
    canvas.polygon(Role.BODY, edge)
    if canvas.trimmed:
        canvas.line(Role.TRIM, [(x * 0.965, (py - y) * 0.95 + y) for x, py in edge], 0.06)
    for scale in (0.88, 0.74):
        canvas.arc(Role.SHADE, 0, y + 0.04, brim * scale, deep * scale, 15, 165, 0.014)
    dome = [
        (-w, y + 0.05),
        (-0.96 * w, y - 0.5 * high),
        (-0.6 * w, y - 0.95 * high),
        (0, y - 1.05 * high),
        (0.6 * w, y - 0.95 * high),
        (0.96 * w, y - 0.5 * high),
        (w, y + 0.05),
    ]
    canvas.polygon(Role.BODY, outline(dome, [(w, y + 0.05), (0, y + 0.14), (-w, y + 0.05)]))
    for u in (0.3, 0.6):
        canvas.curve(
            Role.SHADE, [(-0.9 * w, y - u * high), (0, y - u * high + 0.07), (0.9 * w, y - u * high)], 0.014
        )
    _band(canvas, w, y + 0.05, high=0.16, narrow=0.99, sag=0.09)
    if canvas.chance(0.4):
        for dx, dy in ((-0.1, -0.1), (0.14, -0.08), (0.1, 0.16)):
            canvas.smooth(
                canvas.trim(),
                [(0.6 * w, y), (0.6 * w + dx, y + dy - 0.04), (0.6 * w + dx * 1.3, y + dy + 0.06)],
            )


def _bucket(canvas: Canvas) -> None:
    w, brim, high, y = (
        canvas.uniform(0.46, 0.54),
        canvas.uniform(0.78, 0.92),
        canvas.uniform(0.55, 0.68),
        0.05,
    )
    canvas.ellipse(Role.BODY, 0, y + 0.32, brim, 0.2)
    canvas.ellipse(Role.SHADE, 0, y + 0.33, brim * 0.93, 0.15)
    flare = outline(
        [(-w - 0.03, y), (-0.85 * brim, y + 0.2), (-brim, y + 0.33)],
        [(-brim, y + 0.33), (0, y + 0.4), (brim, y + 0.33)],
        [(brim, y + 0.33), (0.85 * brim, y + 0.2), (w + 0.03, y)],
    )
    canvas.polygon(Role.BODY, flare)
    for u in (0.3, 0.6):
        x = w + (brim - w) * (u + 0.08)
        canvas.curve(
            Role.SHADE, [(-x, y + 0.33 * u + 0.02), (0, y + 0.33 * u + 0.09), (x, y + 0.33 * u + 0.02)], 0.012
        )
    if canvas.trimmed:
        canvas.curve(
            Role.TRIM,
            [
                (-brim * 0.97, y + 0.31),
                (-0.5 * brim, y + 0.365),
                (0, y + 0.375),
                (0.5 * brim, y + 0.365),
                (brim * 0.97, y + 0.31),
            ],
            0.07,
        )
    top = [
        (-w - 0.02, y + 0.02),
        (-0.8 * w, y - high + 0.08),
        (-0.65 * w, y - high),
        (0.65 * w, y - high),
        (0.8 * w, y - high + 0.08),
        (w + 0.02, y + 0.02),
    ]
    canvas.polygon(Role.BODY, outline(top, [(w, y + 0.02), (0, y + 0.09), (-w, y + 0.02)]))
    canvas.ellipse(Role.LIGHT, 0, y - high + 0.02, 0.6 * w, 0.05)
    if canvas.trimmed:
        _band(canvas, w, y + 0.03, high=0.14, narrow=0.96, sag=0.07)
    for x in (-0.22, -0.1):
        canvas.ellipse(Role.DARK, x - 0.12, y - 0.3, 0.022, 0.022)


def _top_hat(canvas: Canvas) -> None:
    w, high, brim, y = canvas.uniform(0.42, 0.5), canvas.uniform(1.05, 1.3), canvas.uniform(0.74, 0.9), 0.5
    curl = canvas.uniform(0.02, 0.12)
    canvas.polygon(
        Role.BODY,
        outline(
            [(-brim, y - curl), (-0.55 * brim, y - 0.05), (0.55 * brim, y - 0.05), (brim, y - curl)],
            [
                (brim, y - curl),
                (0.75 * brim, y + 0.14),
                (0, y + 0.2),
                (-0.75 * brim, y + 0.14),
                (-brim, y - curl),
            ],
        ),
    )
    side = [(0.93 * w, y - 0.45 * high), (1.08 * w, y - high)]
    canvas.polygon(
        Role.BODY,
        outline([(-x, py) for x, py in side[::-1]], [(-w, y + 0.04), (0, y + 0.1), (w, y + 0.04)], side),
    )
    canvas.ellipse(Role.BODY, 0, y - high, 1.08 * w, 0.1)
    canvas.ellipse(Role.LIGHT, 0, y - high, 0.95 * w, 0.07)
    canvas.line(Role.LIGHT, [(-0.6 * w, y - 0.9 * high), (-0.55 * w, y - 0.25)], 0.06)
    _band(canvas, w, y + 0.03, high=canvas.uniform(0.18, 0.26), narrow=0.96, sag=0.065)
    canvas.curve(
        canvas.trim(Role.SHADE),
        [
            (-0.95 * brim, y - curl + 0.04),
            (-0.7 * brim, y + 0.11),
            (0, y + 0.17),
            (0.7 * brim, y + 0.11),
            (0.95 * brim, y - curl + 0.04),
        ],
        0.04 if canvas.trimmed else 0.014,
    )


def _bowler(canvas: Canvas) -> None:
    w, brim, y = canvas.uniform(0.52, 0.6), canvas.uniform(0.82, 0.94), 0.32
    canvas.polygon(
        Role.BODY,
        outline(
            [(-brim, y - 0.1), (-0.5 * brim, y - 0.06), (0.5 * brim, y - 0.06), (brim, y - 0.1)],
            [
                (brim, y - 0.1),
                (0.75 * brim, y + 0.1),
                (0, y + 0.18),
                (-0.75 * brim, y + 0.1),
                (-brim, y - 0.1),
            ],
        ),
    )
    canvas.polygon(
        Role.BODY,
        outline(
            ellipse_points(0, y, w, canvas.uniform(0.66, 0.85), 180, 360),
            [(w, y + 0.02), (0, y + 0.1), (-w, y + 0.02)],
        ),
    )
    canvas.curve(Role.LIGHT, [(-0.68 * w, y - 0.3), (-0.5 * w, y - 0.5), (-0.2 * w, y - 0.62)], 0.05)
    _band(canvas, w, y + 0.02, high=0.18, narrow=0.97, sag=0.08)
    canvas.curve(
        canvas.trim(Role.SHADE),
        [
            (-0.97 * brim, y - 0.07),
            (-0.75 * brim, y + 0.08),
            (0, y + 0.16),
            (0.75 * brim, y + 0.08),
            (0.97 * brim, y - 0.07),
        ],
        0.05 if canvas.trimmed else 0.014,
    )


DRAWINGS: dict[str, Callable[[Canvas], None]] = {"hat": hat}
