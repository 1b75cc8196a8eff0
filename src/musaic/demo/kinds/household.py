"""Things of a home: vessels and clocks."""

import math
from collections.abc import Callable

from musaic.demo.canvas import Canvas, Point, Role
from musaic.demo.kinds.forms import around, dot, gem, mirrored, ribbon, star, turned


# --- mug and teapot --------------------------------------------------------------------------
def _mug(canvas: Canvas) -> None:
    w, top, low = canvas.uniform(0.5, 0.62), canvas.uniform(-0.75, -0.5), canvas.uniform(0.6, 0.8)
    foot, belly = w * canvas.uniform(0.72, 1.0), w * canvas.uniform(0.95, 1.12)
    middle, reach = (top + low) / 2, canvas.uniform(0.3, 0.4)
    shift = -0.16
    ear = [(w * 0.85, top + 0.22), (w + reach * 0.8, top + 0.2), (w + reach, middle), (w * 0.9, low - 0.25)]
    ribbon(canvas, Role.BODY, [(x + shift, y) for x, y in ear], canvas.uniform(0.11, 0.15))
    profile = [(w, top), (belly, middle), (foot, low - 0.05), (foot * 0.9, low), (foot * 0.4, low + 0.06)]
    turned(canvas, Role.BODY, profile, shift)
    canvas.ellipse(canvas.trim(Role.BODY), shift, top, w, 0.13)
    canvas.ellipse(Role.WHITE if canvas.chance(0.5) else Role.SHADE, shift, top, w * 0.9, 0.1)
    if canvas.chance(0.4):
        canvas.ellipse(Role.DARK, shift, top + 0.03, w * 0.8, 0.07)
    canvas.curve(
        Role.LIGHT,
        [(shift - w * 0.76, top + 0.25), (shift - belly * 0.8, middle), (shift - foot * 0.8, low - 0.2)],
        0.06,
    )
    _mug_print(canvas, shift, middle, belly)


def _mug_print(canvas: Canvas, x: float, y: float, belly: float) -> None:
    role = canvas.trim(Role.LIGHT)
    style = int(canvas.rng.integers(4))
    if style == 0 or (style == 3 and canvas.trimmed):
        for dy in (-0.12, 0.16):
            rim = [(x - belly * 0.95, y + dy), (x, y + dy + 0.09), (x + belly * 0.95, y + dy)]
            canvas.curve(role, rim, 0.08)
    elif style == 1:
        canvas.polygon(role, star((x, y + 0.06), 0.3, 0.13, 5))
    elif style == 2:
        for side in (-1, 1):
            canvas.ellipse(role, x + side * 0.1, y - 0.02, 0.14, 0.13)
        canvas.polygon(role, [(x - 0.23, y + 0.03), (x + 0.23, y + 0.03), (x, y + 0.3)])


def _teapot(canvas: Canvas) -> None:
    w, top, low = canvas.uniform(0.46, 0.56), canvas.uniform(-0.42, -0.28), canvas.uniform(0.62, 0.75)
    lip = canvas.uniform(0.26, 0.36)
    with canvas.part():
        spout = [
            (w * 0.7, 0.3),
            (w + 0.16, 0.0),
            (w + 0.28, -0.38),
            (w + 0.42, -0.36),
            (w + 0.3, 0.14),
            (w * 0.6, 0.58),
        ]
        canvas.smooth(Role.BODY, spout)
    canvas.line(canvas.trim(Role.BODY), [(w + 0.24, -0.37), (w + 0.44, -0.36)], 0.07)
    if canvas.chance(0.7):
        ear = [(-w * 0.8, top + 0.2), (-w - 0.34, top + 0.12), (-w - 0.36, 0.2), (-w * 0.85, 0.42)]
    else:
        ear = [(-w * 0.8, top + 0.22), (-w * 0.8, -0.75), (0, -0.92), (w * 0.8, -0.75), (w * 0.8, top + 0.22)]
    ribbon(canvas, Role.BODY, ear, 0.1)
    turned(
        canvas,
        Role.BODY,
        [(lip, top), (w * 0.92, top + 0.3), (w * 1.02, 0.3), (w * 0.7, low - 0.05), (0.2, low)],
    )
    canvas.rect(canvas.trim(Role.BODY), -w * 0.5, low - 0.03, w * 0.5, low + 0.07, 0.03)
    turned(canvas, Role.BODY, [(0.03, top - 0.2), (lip * 0.7, top - 0.12), (lip * 1.02, top + 0.02)])
    canvas.line(canvas.trim(Role.SHADE), [(-lip, top + 0.02), (lip, top + 0.02)], 0.06)
    dot(canvas, canvas.trim(Role.BODY), (0, top - 0.26), 0.085)
    canvas.curve(Role.LIGHT, [(-w * 0.45, top + 0.18), (-w * 0.76, 0.1), (-w * 0.62, 0.42)], 0.06)
    if canvas.chance(0.5) or canvas.trimmed:
        for centre in around((0.05, 0.18), 0.14, 0.14, 5, 270):
            dot(canvas, canvas.trim(Role.LIGHT), centre, 0.085, 10)
        dot(canvas, Role.BODY, (0.05, 0.18), 0.07, 8)


# --- bottles and vases -----------------------------------------------------------------------
def _bottle(canvas: Canvas) -> None:
    w, neck = canvas.uniform(0.24, 0.34), canvas.uniform(0.08, 0.12)
    shoulder = canvas.uniform(-0.3, -0.05)
    if canvas.chance(0.35):
        _flask(canvas, w)
        return
    neck_profile = [(neck, -0.86), (neck, -0.5), (neck * 1.3, shoulder - 0.16)]
    turned(canvas, Role.BODY, [*neck_profile, (w, shoulder + 0.08), (w, 0.4), (w, 0.88), (w * 0.8, 0.94)])
    canvas.rect(canvas.trim(Role.DARK), -neck - 0.03, -0.95, neck + 0.03, -0.8, 0.02)
    if canvas.chance(0.5):
        canvas.rect(canvas.trim(Role.SHADE), -neck * 1.02, -0.72, neck * 1.02, -0.58)
    y0, y1 = shoulder + 0.3, canvas.uniform(0.6, 0.75)
    if canvas.chance(0.65):
        canvas.rect(Role.WHITE, -w * 0.86, y0, w * 0.86, y1, 0.03)
        canvas.line(canvas.trim(Role.BODY), [(-w * 0.86, y0 + 0.06), (w * 0.86, y0 + 0.06)], 0.07)
        canvas.line(Role.GREY, [(-w * 0.5, y0 + 0.2), (w * 0.5, y0 + 0.2)], 0.035)
        canvas.line(Role.GREY, [(-w * 0.35, y0 + 0.28), (w * 0.35, y0 + 0.28)], 0.025)
    else:
        canvas.polygon(canvas.trim(Role.LIGHT), star((0, (y0 + y1) / 2), w * 0.6, w * 0.34, 8))
    canvas.line(Role.LIGHT, [(-w * 0.72, shoulder + 0.14), (-w * 0.72, y0 - 0.06)], 0.05)
    canvas.line(Role.LIGHT, [(-neck * 0.5, -0.74), (-neck * 0.5, -0.45)], 0.03)


def _flask(canvas: Canvas, w: float) -> None:
    """A drinking bottle with a screwed or sport cap."""
    w = w * 1.05
    cap = canvas.trim(Role.DARK)
    if canvas.chance(0.5):
        canvas.arc(cap, 0, -0.78, 0.14, 0.15, 180, 360, 0.07)
    else:
        canvas.rect(cap, -0.08, -0.95, 0.08, -0.75, 0.03)
    canvas.rect(cap, -w * 0.66, -0.78, w * 0.66, -0.56, 0.04)
    turned(
        canvas,
        Role.BODY,
        [(w * 0.62, -0.56), (w * 0.95, -0.4), (w, -0.2), (w, 0.5), (w * 0.98, 0.86), (w * 0.85, 0.94)],
    )
    canvas.line(canvas.trim(Role.SHADE), [(-w, 0.7), (w, 0.7)], 0.1 if canvas.trimmed else 0.03)
    canvas.line(Role.SHADE, [(-w * 0.98, -0.28), (w * 0.98, -0.28)], 0.025)
    canvas.line(Role.LIGHT, [(-w * 0.65, -0.2), (-w * 0.65, 0.58)], 0.07)
    dot(canvas, canvas.trim(Role.LIGHT), (w * 0.1, 0.2), w * 0.36)


def _perfume(canvas: Canvas) -> None:
    w, top, low = canvas.uniform(0.46, 0.62), canvas.uniform(-0.3, -0.15), canvas.uniform(0.75, 0.88)
    cap = canvas.trim(Role.GREY)
    canvas.rect(cap, -0.14, top - 0.16, 0.14, top + 0.04, 0.02)
    style = int(canvas.rng.integers(3))
    if canvas.chance(0.25):  # an atomiser with a bulb
        canvas.rect(cap, -0.1, top - 0.4, 0.1, top - 0.14, 0.03)
        canvas.curve(Role.GREY, [(0.1, top - 0.3), (0.35, top - 0.42), (0.55, top - 0.2)], 0.045)
        canvas.ellipse(Role.BODY, 0.68, top - 0.06, 0.19, 0.16)
    elif canvas.chance(0.5):
        gem(canvas, cap if canvas.trimmed else Role.BODY, (0, top - 0.34), 0.24, 8)
    else:
        canvas.rect(cap, -0.2, top - 0.56, 0.2, top - 0.12, 0.04)
        canvas.line(
            Role.LIGHT if cap == Role.BODY else Role.WHITE, [(-0.12, top - 0.48), (-0.12, top - 0.2)], 0.03
        )
    outline = _flacon(style, w, top, low)
    _paint_flacon(canvas, outline, style)
    canvas.rect(canvas.trim(Role.WHITE), -w * 0.42, 0.2, w * 0.42, 0.46, 0.02)
    canvas.line(Role.DARK, [(-w * 0.26, 0.3), (w * 0.26, 0.3)], 0.03)
    canvas.line(Role.DARK, [(-w * 0.16, 0.38), (w * 0.16, 0.38)], 0.02)


def _flacon(style: int, w: float, top: float, low: float) -> list[Point]:
    if style == 0:
        return mirrored([(w * 0.8, top), (w, top + 0.12), (w, low - 0.1), (w * 0.9, low)])
    if style == 1:
        return mirrored(
            [(0.16, top), (w * 0.9, top + 0.3), (w * 1.05, 0.4), (w * 0.7, low), (0.1, low + 0.02)]
        )
    return mirrored(
        [(w * 0.5, top), (w * 0.8, top + 0.25), (w * 0.72, 0.3), (w * 1.05, low - 0.1), (w * 0.9, low)]
    )


def _paint_flacon(canvas: Canvas, outline: list[Point], style: int) -> None:
    paint = canvas.polygon if style == 0 else canvas.smooth
    paint(Role.BODY, outline)
    middle = (outline[0][1] + outline[len(outline) // 2][1]) / 2 + 0.02
    inner = [(x * 0.82, middle + (y - middle) * 0.84) for x, y in outline]
    canvas.polygon(Role.LIGHT, [(x * 1.04, y) for x, y in inner] if style == 0 else inner[:2] + inner[-2:])
    paint(Role.BODY, inner)
    x = min(px for px, _ in inner)
    canvas.line(Role.LIGHT, [(x * 0.8, middle - 0.2), (x * 0.8, middle + 0.3)], 0.05)


def _vase(canvas: Canvas) -> None:
    lip, neck = canvas.uniform(0.2, 0.4), canvas.uniform(0.12, 0.24)
    belly, foot = canvas.uniform(0.42, 0.62), canvas.uniform(0.2, 0.32)
    high = canvas.uniform(-0.1, 0.35)
    flowers = canvas.chance(0.4)
    top = -0.3 if flowers else -0.92
    if flowers:
        _stems(canvas, top)
    lip = max(lip, neck + 0.05)
    middle = top + (0.9 - top) * (0.5 + 0.3 * high)
    turned(
        canvas,
        Role.BODY,
        [(lip, top), (neck, top + (0.9 - top) * 0.2), (belly, middle), (foot, 0.82), (foot * 1.1, 0.94)],
    )
    canvas.ellipse(canvas.trim(Role.BODY), 0, top, lip, 0.07)
    canvas.ellipse(Role.SHADE, 0, top, lip * 0.82, 0.04)
    if canvas.chance(0.35):
        for side in (-1, 1):
            y = top + (0.9 - top) * 0.14
            ear = [(side * neck, y), (side * (neck + 0.24), y), (side * (belly * 0.95), middle - 0.2)]
            ribbon(canvas, Role.BODY, ear, 0.07)
    _vase_pattern(canvas, belly, middle)
    canvas.line(canvas.trim(Role.SHADE), [(-foot * 1.02, 0.88), (foot * 1.02, 0.88)], 0.09)


def _vase_pattern(canvas: Canvas, belly: float, middle: float) -> None:
    role, style = canvas.trim(Role.LIGHT), canvas.uniform(0, 1)
    if style < 0.4:
        zigzag = [(belly * 0.88 * (i / 4 - 1), middle + (0.08 if i % 2 else -0.08)) for i in range(9)]
        canvas.line(role, zigzag, 0.05)
    elif style < 0.7:
        canvas.curve(role, [(-belly * 0.96, middle), (0, middle + 0.06), (belly * 0.96, middle)], 0.1)
    else:
        for x in (-0.55, 0.0, 0.55):
            dot(canvas, role, (belly * x, middle), 0.09, 4)
    canvas.curve(
        Role.LIGHT,
        [(-belly * 0.5, middle - 0.26), (-belly * 0.74, middle - 0.06), (-belly * 0.72, middle + 0.1)],
        0.05,
    )


def _stems(canvas: Canvas, top: float) -> None:
    for x, y in ((-0.34, -0.62), (0.0, -0.8), (0.34, -0.66)):
        canvas.line(Role.DARK, [(x * 0.3, top), (x, y)], 0.035)
        for centre in around((x, y), 0.09, 0.09, 5):
            dot(canvas, Role.ACCENT, centre, 0.07, 8)
        dot(canvas, Role.WHITE, (x, y), 0.05, 8)


# --- clock -----------------------------------------------------------------------------------
def _clock(canvas: Canvas) -> None:
    style = int(canvas.rng.integers(4))
    radius = canvas.uniform(0.76, 0.88) if style == 0 else canvas.uniform(0.5, 0.58)
    centre = (0.0, 0.0)
    if style == 1:
        centre = (0.0, 0.14)
        _bells(canvas, centre, radius)
    elif style == 2:
        centre, radius = (0.0, -0.02), canvas.uniform(0.4, 0.46)
        _mantel(canvas)
    elif style == 3:
        radius *= 1.1
        side = canvas.uniform(0.78, 0.86)
        canvas.rect(Role.BODY, -side, -side, side, side, canvas.pick(0.04, 0.25))
    x, y = centre
    canvas.ellipse(Role.BODY, x, y, radius * 1.08, radius * 1.08)
    dial = Role.WHITE if canvas.chance(0.6) else Role.BODY
    size = radius * (0.74 if style < 2 and dial == Role.WHITE else 0.84)
    if canvas.trimmed:
        canvas.ellipse(Role.TRIM, x, y, size + 0.07, size + 0.07)
    canvas.ellipse(dial, x, y, size, size)
    _clock_dial(canvas, centre, size * 0.95, Role.DARK if dial == Role.WHITE else Role.WHITE)


def _clock_dial(canvas: Canvas, centre: Point, radius: float, ink: Role) -> None:
    x, y = centre
    dots = canvas.chance(0.3)
    with canvas.part():
        for i, (px, py) in enumerate(around(centre, radius * 0.92, radius * 0.92, 12)):
            u = 0.76 if i % 3 == 0 else 0.86
            if dots:
                dot(canvas, ink, (x + (px - x) * 0.92, y + (py - y) * 0.92), 0.05 if i % 3 == 0 else 0.03, 8)
            else:
                canvas.line(
                    ink, [(px, py), (x + (px - x) * u, y + (py - y) * u)], 0.05 if i % 3 == 0 else 0.03
                )
    hour, minute = canvas.uniform(0, 6.28), canvas.uniform(0, 6.28)
    with canvas.part():
        for angle, length, width in ((hour, 0.5, 0.07), (minute, 0.76, 0.045)):
            tip = (x + radius * length * math.sin(angle), y - radius * length * math.cos(angle))
            canvas.line(ink, [centre, tip], width)
        dot(canvas, ink, centre, 0.055, 10)
    dot(canvas, Role.ACCENT, centre, 0.03, 6)


def _bells(canvas: Canvas, centre: Point, radius: float) -> None:
    y = centre[1]
    canvas.curve(canvas.trim(Role.GREY), [(-0.2, -0.6), (-0.14, -0.86), (0.14, -0.86), (0.2, -0.6)], 0.05)
    canvas.line(canvas.trim(Role.GREY), [(0, y - radius), (0, -0.66)], 0.06)
    for side in (-1, 1):
        canvas.line(Role.BODY, [(side * 0.25, y + radius * 0.8), (side * 0.45, 0.92)], 0.11)
        a, b = (side * 0.68, y - radius * 0.62), (side * 0.14, y - radius * 1.16)
        canvas.smooth(Role.BODY, [a, (side * 0.66, y - radius * 1.2), (side * 0.42, y - radius * 1.46), b])
        canvas.line(canvas.trim(Role.BODY), [a, b], 0.06)


def _mantel(canvas: Canvas) -> None:
    w = canvas.uniform(0.62, 0.8)
    peak = canvas.chance(0.5)
    top = [(0, -0.92), (w * 0.98, -0.5)] if peak else [(w * 0.45, -0.8), (w * 0.85, -0.5)]
    canvas.polygon(Role.BODY, mirrored([*top, (w * 0.86, 0.7)]))
    eaves = [(x * 0.96, y + 0.06) for x, y in top]
    canvas.line(Role.SHADE, [(-x, y) for x, y in reversed(eaves)] + eaves, 0.03)
    canvas.rect(canvas.trim(Role.BODY), -w, 0.64, w, 0.76, 0.02)
    canvas.rect(Role.BODY, -w * 1.1, 0.74, w * 1.1, 0.88, 0.03)
    for side in (-1, 1):
        canvas.rect(canvas.trim(Role.SHADE), side * w * 0.72 - 0.04, -0.38, side * w * 0.72 + 0.04, 0.62)


DRAWINGS: dict[str, Callable[[Canvas], None]] = {
    "mug": _mug,
    "teapot": _teapot,
    "bottle": _bottle,
    "perfume": _perfume,
    "vase": _vase,
    "clock": _clock,
}
