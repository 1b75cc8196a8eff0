"""Gadgets and instruments: phones, laptops, headphones, cameras, guitars."""

from collections.abc import Callable

from musaic.demo.canvas import Canvas, Point, Role, spline
from musaic.demo.kinds.forms import dot, mirrored, ribbon, star


# --- phone -----------------------------------------------------------------------------------
def _phone(canvas: Canvas) -> None:
    w, h = canvas.uniform(0.42, 0.5), canvas.uniform(0.88, 0.94)
    style = canvas.uniform(0, 1)
    if style < 0.5:
        _phone_back(canvas, 0.0, w, h)
    elif style < 0.75:
        _phone_back(canvas, -0.3, w * 0.94, h * 0.95)
        _phone_front(canvas, 0.36, w * 0.94, h * 0.9)
    else:
        _phone_front(canvas, 0.0, w, h)


def _phone_back(canvas: Canvas, x: float, w: float, h: float) -> None:
    canvas.rect(canvas.trim(Role.BODY), x + w - 0.02, -0.4, x + w + 0.04, -0.15, 0.02)
    canvas.rect(canvas.trim(Role.BODY), x - w, -h, x + w, h, 0.15)
    canvas.rect(Role.BODY, x - w + 0.05, -h + 0.05, x + w - 0.05, h - 0.05, 0.12)
    lenses: list[Point] = [(-0.24, -0.66), (-0.24, -0.4), (-0.02, -0.53)]
    if canvas.chance(0.5):
        canvas.rect(Role.BODY, x - w + 0.09, -h + 0.09, x + 0.14, -0.24, 0.1)
    else:
        lenses = [(-0.24, -0.68), (-0.24, -0.45), (-0.24, -0.22)]
    for lx, ly in lenses:
        centre = (x + lx * w / 0.45, ly)
        dot(canvas, canvas.trim(Role.GREY), centre, 0.115, 18)
        dot(canvas, Role.DARK, centre, 0.085, 16)
        dot(canvas, Role.GLASS, (centre[0] - 0.02, centre[1] - 0.02), 0.03, 8)
    dot(canvas, Role.WHITE, (x + 0.02, -0.72), 0.035, 8)
    canvas.polygon(canvas.trim(Role.LIGHT), star((x, 0.12), 0.12, 0.12 if canvas.chance(0.5) else 0.06, 6))
    canvas.line(Role.LIGHT, [(x - w * 0.7, 0.75), (x + w * 0.75, 0.1)], 0.04)


def _phone_front(canvas: Canvas, x: float, w: float, h: float) -> None:
    """The screen shows a wallpaper in the product's colour, or the colour would not be seen."""
    canvas.rect(canvas.trim(Role.BODY), x - w - 0.04, -0.4, x - w + 0.02, -0.2, 0.02)
    canvas.rect(canvas.trim(Role.BODY), x - w, -h, x + w, h, 0.15)
    canvas.rect(Role.BODY, x - w + 0.05, -h + 0.05, x + w - 0.05, h - 0.05, 0.12)
    left, right, top, low = x - w + 0.11, x + w - 0.11, -h + 0.12, h - 0.12
    canvas.rect(Role.DARK, left, top, right, low, 0.07)
    canvas.smooth(
        Role.BODY,
        [
            (left + 0.02, low - 0.05),
            (left + 0.02, 0.1),
            (x, 0.3),
            (right - 0.02, -0.2),
            (right - 0.02, low - 0.05),
        ],
    )
    canvas.rect(Role.DARK, x - 0.13, top + 0.04, x + 0.13, top + 0.11, 0.03)
    canvas.line(Role.WHITE, [(x - 0.16, -0.48), (x + 0.16, -0.48)], 0.1)
    for row in range(2):
        for column in range(3):
            cx, cy = x + (column - 1) * w * 0.5, 0.36 + row * 0.26
            role = (Role.WHITE, Role.ACCENT, Role.GLASS)[(row + column) % 3]
            canvas.rect(role, cx - 0.07, cy - 0.07, cx + 0.07, cy + 0.07, 0.03)


# --- laptop ----------------------------------------------------------------------------------
def _laptop(canvas: Canvas) -> None:
    if canvas.chance(0.35):
        _laptop_from_behind(canvas)
        return
    w, top, hinge = canvas.uniform(0.66, 0.74), canvas.uniform(-0.68, -0.58), canvas.uniform(0.2, 0.3)
    low = canvas.uniform(0.62, 0.74)
    canvas.rect(Role.BODY, -w, top, w, hinge, 0.06)
    if canvas.trimmed:
        canvas.line(
            Role.TRIM,
            [(-w + 0.04, hinge), (-w + 0.04, top + 0.04), (w - 0.04, top + 0.04), (w - 0.04, hinge)],
            0.08,
        )
    canvas.rect(Role.DARK, -w + 0.1, top + 0.1, w - 0.1, hinge - 0.1)
    canvas.smooth(
        Role.BODY,
        [
            (-w + 0.13, hinge - 0.13),
            (-w * 0.3, -0.2),
            (w * 0.2, 0.0),
            (w - 0.13, -0.36),
            (w - 0.13, hinge - 0.13),
        ],
    )
    deck = [(-w, hinge), (w, hinge), (0.94, low), (-0.94, low)]
    canvas.polygon(Role.BODY, deck)
    canvas.polygon(
        canvas.trim(Role.BODY), [(-0.94, low), (0.94, low), (0.92, low + 0.07), (-0.92, low + 0.07)]
    )
    _keys(canvas, w, hinge + 0.06, hinge + (low - hinge) * 0.62)
    canvas.polygon(
        Role.LIGHT, [(-0.2, low - 0.12), (0.2, low - 0.12), (0.22, low - 0.03), (-0.22, low - 0.03)]
    )


def _keys(canvas: Canvas, w: float, top: float, low: float) -> None:
    spread = w * 0.86
    with canvas.part():
        canvas.polygon(
            Role.DARK, [(-spread, top), (spread, top), (spread * 1.16, low), (-spread * 1.16, low)]
        )
    for i in range(1, 4):
        u = i / 4
        x = spread * (1 + 0.16 * u)
        canvas.line(Role.SHADE, [(-x, top + (low - top) * u), (x, top + (low - top) * u)], 0.015)
    for i in range(1, 9):
        u = i / 4.5 - 1
        canvas.line(Role.SHADE, [(u * spread, top), (u * spread * 1.16, low)], 0.015)


def _laptop_from_behind(canvas: Canvas) -> None:
    """The lid's back, a little turned: the side that shows the colour."""
    w, top, low = canvas.uniform(0.72, 0.82), canvas.uniform(-0.62, -0.5), canvas.uniform(0.38, 0.46)
    lean = canvas.uniform(0.04, 0.14)
    canvas.polygon(
        Role.BODY, [(-w - 0.06, low), (w + 0.06, low), (w + 0.16, low + 0.16), (-w - 0.16, low + 0.16)]
    )
    canvas.polygon(
        canvas.trim(Role.DARK),
        [(-w - 0.16, low + 0.15), (w + 0.16, low + 0.15), (w + 0.14, low + 0.22), (-w - 0.14, low + 0.22)],
    )
    lid = [(-w + lean, top), (w - lean, top), (w, low), (-w, low)]
    canvas.polygon(canvas.trim(Role.BODY), lid)
    canvas.polygon(Role.BODY, [(x * 0.93, (y + 0.08) * 0.9 - 0.08) for x, y in lid])
    canvas.rect(Role.DARK, -w * 0.6, low - 0.03, w * 0.6, low + 0.04, 0.02)
    canvas.polygon(
        canvas.trim(Role.LIGHT), star((0, -0.08), 0.15, canvas.pick(0.15, 0.07), int(canvas.pick(5, 6, 8)))
    )
    canvas.line(Role.LIGHT, [(-w * 0.8, low - 0.2), (-w * 0.3, top + 0.12)], 0.04)


# --- headphones ------------------------------------------------------------------------------
def _headphones(canvas: Canvas) -> None:
    rx, top, y = canvas.uniform(0.56, 0.68), canvas.uniform(-0.9, -0.82), canvas.uniform(0.25, 0.4)
    thick = canvas.uniform(0.12, 0.18)
    bow = [
        (-rx, y),
        (-rx * 0.96, -0.25),
        (-rx * 0.6, top + 0.18),
        (0, top),
        (rx * 0.6, top + 0.18),
        (rx * 0.96, -0.25),
        (rx, y),
    ]
    ribbon(canvas, Role.BODY, bow, thick)
    canvas.curve(canvas.trim(Role.SHADE), [(x * 0.96, v + 0.03) for x, v in bow[2:5]], 0.06)
    for side in (-1, 1):
        canvas.line(canvas.trim(Role.GREY), [(side * rx * 0.97, -0.2), (side * rx, y)], 0.06)
    if canvas.chance(0.5):
        _cups_from_front(canvas, rx, y)
    else:
        _cups_turned(canvas, rx, y)
    canvas.curve(Role.LIGHT, [(-rx * 0.88, -0.34), (-rx * 0.76, top + 0.34), (-rx * 0.62, top + 0.22)], 0.03)


def _cups_from_front(canvas: Canvas, rx: float, y: float) -> None:
    h = canvas.uniform(0.36, 0.46)
    for side in (-1, 1):
        inner, outer = sorted((side * (rx - 0.26), side * (rx - 0.06)))
        canvas.rect(Role.DARK, inner, y - h * 0.92, outer, y + h * 0.92, 0.1)
        inner, outer = sorted((side * (rx - 0.1), side * (rx + 0.2)))
        canvas.rect(Role.BODY, inner, y - h, outer, y + h, 0.13)
        canvas.line(
            canvas.trim(Role.SHADE),
            [(side * (rx + 0.02), y - h * 0.8), (side * (rx + 0.02), y + h * 0.8)],
            0.06,
        )
        canvas.line(Role.LIGHT, [(side * (rx + 0.12), y - h * 0.6), (side * (rx + 0.12), y)], 0.03)


def _cups_turned(canvas: Canvas, rx: float, y: float) -> None:
    w, h = canvas.uniform(0.24, 0.3), canvas.uniform(0.36, 0.44)
    for side in (-1, 1):
        x = side * rx
        canvas.ellipse(Role.DARK, x - side * 0.08, y, w, h)
        canvas.ellipse(Role.BODY, x + side * 0.02, y, w, h)
        canvas.ellipse(canvas.trim(Role.BODY), x + side * 0.04, y, w * 0.72, h * 0.72)
        canvas.ellipse(Role.BODY, x + side * 0.05, y, w * 0.52, h * 0.52)
        dot(canvas, Role.LIGHT, (x + side * 0.05, y), 0.06, 10)


# --- camera ----------------------------------------------------------------------------------
def _camera(canvas: Canvas) -> None:
    w, top, low = canvas.uniform(0.8, 0.94), canvas.uniform(-0.4, -0.3), canvas.uniform(0.5, 0.62)
    metal = canvas.trim(Role.GREY)
    canvas.rect(metal, -w * 0.8, top - 0.12, -w * 0.52, top + 0.04, 0.03)
    canvas.rect(Role.DARK, w * 0.5, top - 0.09, w * 0.78, top + 0.04, 0.03)
    style = canvas.uniform(0, 1)
    if style < 0.5:
        canvas.polygon(
            Role.BODY, [(-0.26, top + 0.04), (-0.18, top - 0.26), (0.18, top - 0.26), (0.26, top + 0.04)]
        )
    canvas.rect(Role.BODY, -w, top, w, low, 0.12)
    if canvas.trimmed:
        canvas.rect(Role.TRIM, -w + 0.02, top + 0.02, w - 0.02, top + 0.18, 0.08)
    canvas.line(Role.SHADE, [(-w + 0.03, top + 0.2), (w - 0.03, top + 0.2)], 0.025)
    canvas.smooth(
        Role.BODY,
        [(-w * 0.98, top + 0.26), (-w * 0.62, top + 0.26), (-w * 0.66, low - 0.06), (-w * 0.98, low - 0.06)],
    )
    if style >= 0.5:
        canvas.rect(Role.WHITE, w * 0.44, top + 0.06, w * 0.86, top + 0.24, 0.03)
        canvas.rect(Role.GLASS, -0.16, top + 0.05, 0.12, top + 0.18, 0.03)
    dot(canvas, Role.ACCENT, (-w * 0.56, top + 0.12), 0.04, 8)
    _objective(canvas, (canvas.uniform(0.0, 0.14), (top + low) / 2 + 0.1), canvas.uniform(0.34, 0.42))


def _objective(canvas: Canvas, centre: Point, r: float) -> None:
    dot(canvas, canvas.trim(Role.GREY), centre, r, 40)
    dot(canvas, Role.BODY, centre, r * 0.88, 36)
    dot(canvas, Role.DARK, centre, r * 0.68, 36)
    dot(canvas, Role.GLASS, centre, r * 0.48, 30)
    dot(canvas, Role.DARK, centre, r * 0.24, 20)
    dot(canvas, Role.WHITE, (centre[0] - r * 0.2, centre[1] - r * 0.22), r * 0.1, 10)


# --- guitar ----------------------------------------------------------------------------------
def _guitar(canvas: Canvas) -> None:
    electric = canvas.chance(0.45)
    body = _solid_body(canvas) if electric else _hollow_body(canvas)
    canvas.smooth(canvas.trim(Role.BODY), body)
    middle = 0.45
    canvas.smooth(Role.BODY, [(x * 0.91, middle + (y - middle) * 0.93) for x, y in body])
    if electric:
        canvas.smooth(Role.WHITE, [(-0.08, 0.16), (0.16, 0.2), (0.24, 0.56), (0.12, 0.66), (-0.06, 0.5)])
        for y in (0.28, 0.46):
            canvas.rect(Role.DARK, -0.13, y, 0.13, y + 0.08, 0.02)
        for x, y in ((0.22, 0.68), (0.28, 0.56)):
            dot(canvas, Role.DARK, (x, y), 0.035, 8)
    else:
        dot(canvas, canvas.trim(Role.LIGHT), (0, 0.28), 0.17, 24)
        dot(canvas, Role.DARK, (0, 0.28), 0.13, 24)
    canvas.rect(Role.DARK, -0.16, 0.64, 0.16, 0.7, 0.02)
    _neck(canvas, electric)


def _hollow_body(canvas: Canvas) -> list[Point]:
    upper, waist, lower = canvas.uniform(0.32, 0.38), canvas.uniform(0.24, 0.3), canvas.uniform(0.44, 0.52)
    return mirrored([(0.1, -0.06), (upper, 0.06), (waist, 0.34), (lower, 0.66), (0.2, 0.95)])


def _solid_body(canvas: Canvas) -> list[Point]:
    k = canvas.uniform(0.9, 1.1)
    if canvas.chance(0.35):
        return [(0, 0.06), (0.5 * k, 0.9), (0.4 * k, 0.94), (0, 0.62), (-0.4 * k, 0.94), (-0.5 * k, 0.9)]
    horns = [
        (-0.28 * k, 0.36),
        (-0.42 * k, 0.0),
        (-0.3 * k, -0.1),
        (-0.1, 0.12),
        (0.1, 0.12),
        (0.34 * k, -0.06),
    ]
    return [*horns, (0.32 * k, 0.32), (0.44 * k, 0.7), (0.2, 0.94), (-0.2, 0.94), (-0.44 * k, 0.7)]


def _neck(canvas: Canvas, electric: bool) -> None:
    canvas.polygon(Role.BODY, [(-0.055, -0.68), (0.055, -0.68), (0.075, 0.16), (-0.075, 0.16)])
    canvas.polygon(Role.DARK, [(-0.045, -0.68), (0.045, -0.68), (0.062, 0.18), (-0.062, 0.18)])
    with canvas.part():
        for y in (-0.56, -0.42, -0.28, -0.14, 0.0):
            canvas.line(Role.GREY, [(-0.05, y), (0.05, y)], 0.018)
        canvas.line(Role.WHITE, [(-0.02, -0.68), (-0.02, 0.66)], 0.01)
        canvas.line(Role.WHITE, [(0.025, -0.68), (0.025, 0.66)], 0.01)
    for y in (-0.9, -0.81, -0.72):
        for side in (-1, 1) if not electric else (-1,):
            dot(canvas, canvas.trim(Role.GREY), (side * 0.15, y), 0.04, 8)
    head = mirrored([(0.1, -0.95), (0.12, -0.9), (0.09, -0.68), (0.05, -0.64)])
    if electric:
        head = spline(
            [(-0.06, -0.64), (-0.13, -0.74), (-0.13, -0.95), (0.05, -0.96), (0.1, -0.85), (0.05, -0.64)],
            closed=True,
        )
    canvas.polygon(Role.BODY, head)


DRAWINGS: dict[str, Callable[[Canvas], None]] = {
    "phone": _phone,
    "laptop": _laptop,
    "headphones": _headphones,
    "camera": _camera,
    "guitar": _guitar,
}
