"""Collectibles and toys: figures, boxes, bears, balls, controllers."""

import math
from collections.abc import Callable, Sequence

from musaic.demo.canvas import Canvas, Point, Role, spline
from musaic.demo.kinds.forms import around, dot, gem, mirrored, ribbon, star


# --- figure ----------------------------------------------------------------------------------
def _figure(canvas: Canvas) -> None:
    head = canvas.uniform(0.17, 0.24)
    centre = (canvas.uniform(-0.04, 0.04), -0.6)
    cape, gown = canvas.chance(0.4), canvas.chance(0.45)
    _base(canvas)
    if cape:
        spread = canvas.uniform(0.42, 0.6)
        cloak = mirrored([(0.16, -0.42), (spread * 0.7, 0.1), (spread, 0.68), (0.1, 0.6)])
        canvas.smooth(canvas.trim(Role.BODY), cloak)
        canvas.smooth(Role.BODY, [(x * 0.86, y * 0.94 - 0.03) for x, y in cloak])
        canvas.folds(((-0.1, -0.2), (0.1, -0.2)), ((-spread * 0.6, 0.55), (spread * 0.6, 0.55)), 5)
    long_hair = canvas.chance(0.5)
    hair = Role.BODY if canvas.chance(0.6) else Role.ACCENT if canvas.chance(0.6) else Role.DARK
    if long_hair:
        _long_hair(canvas, hair, centre, head)
    _legs(canvas, gown)
    _torso(canvas, gown)
    _arms(canvas)
    _head(canvas, hair, centre, head)


def _base(canvas: Canvas) -> None:
    canvas.ellipse(Role.GREY, 0, 0.87, 0.56, 0.11)
    canvas.ellipse(canvas.trim(Role.GLASS), 0, 0.83, 0.56, 0.11)
    canvas.ellipse(Role.GLASS, 0, 0.83, 0.5, 0.085)


def _legs(canvas: Canvas, gown: bool) -> None:
    stance = canvas.uniform(0.12, 0.2)
    leather = Role.DARK if canvas.chance(0.3) else Role.BODY
    for side in (-1, 1):
        foot = side * stance
        ribbon(
            canvas,
            Role.SKIN if gown else Role.BODY,
            [(side * 0.1, 0.1), (foot * 0.95, 0.45), (foot, 0.78)],
            0.13,
        )
        boot = [
            (foot - 0.07, 0.5),
            (foot + 0.08, 0.5),
            (foot + 0.08, 0.74),
            (foot + side * 0.12, 0.84),
            (foot - 0.07, 0.84),
        ]
        canvas.polygon(leather, boot)
        canvas.line(canvas.trim(Role.SHADE), [(foot - 0.08, 0.52), (foot + 0.09, 0.52)], 0.05)


def _torso(canvas: Canvas, gown: bool) -> None:
    w = canvas.uniform(0.17, 0.23)
    canvas.line(Role.SKIN, [(0, -0.44), (0, -0.3)], 0.1)
    canvas.smooth(
        Role.BODY, mirrored([(0.08, -0.38), (w, -0.32), (w * 0.66, -0.06), (w * 0.9, 0.18), (0.05, 0.22)])
    )
    if gown:
        hem, low = canvas.uniform(0.32, 0.5), canvas.uniform(0.3, 0.6)
        skirt = mirrored([(w * 0.68, -0.06), (hem * 0.75, low * 0.6), (hem, low), (hem * 0.5, low + 0.06)])
        canvas.polygon(Role.BODY, skirt)
        canvas.folds(((-w * 0.5, 0), (w * 0.5, 0)), ((-hem * 0.8, low), (hem * 0.8, low)), 4)
        if canvas.trimmed:
            canvas.line(
                Role.TRIM, [(-hem, low), (-hem * 0.5, low + 0.05), (hem * 0.5, low + 0.05), (hem, low)], 0.06
            )
    canvas.line(canvas.trim(Role.SHADE), [(-w * 0.72, -0.04), (w * 0.72, -0.04)], 0.07)
    canvas.line(canvas.trim(Role.LIGHT), [(-w * 0.5, -0.32), (0, -0.14), (w * 0.5, -0.32)], 0.04)


def _arms(canvas: Canvas) -> None:
    hands = []
    for side in (-1, 1):
        raised = canvas.chance(0.35)
        elbow = (side * canvas.uniform(0.3, 0.38), -0.12 if not raised else -0.2)
        hand = (
            side * canvas.uniform(0.3, 0.52),
            canvas.uniform(-0.6, -0.45) if raised else canvas.uniform(0.0, 0.2),
        )
        ribbon(canvas, Role.BODY, [(side * 0.15, -0.32), elbow, hand], 0.1)
        dot(canvas, Role.SKIN, hand, 0.06, 10)
        hands.append(hand)
    x, y = hands[1]
    weapon = canvas.uniform(0, 1)
    if weapon < 0.35:
        tip = (x + 0.2, max(-0.95, y - 0.72))
        canvas.line(Role.GREY, [(x, y), tip], 0.06)
        canvas.line(canvas.trim(Role.DARK), [(x - 0.08, y - 0.06), (x + 0.12, y - 0.1)], 0.05)
    elif weapon < 0.55:
        canvas.line(canvas.trim(Role.DARK), [(x, 0.8), (x, -0.7)], 0.045)
        gem(canvas, canvas.trim(Role.BODY), (x, -0.76), 0.11)


def _long_hair(canvas: Canvas, role: Role, centre: Point, r: float) -> None:
    x, y = centre
    low = canvas.uniform(-0.1, 0.3)
    if canvas.chance(0.5):
        for side in (-1, 1):
            tail = [
                (x + side * r * 0.8, y - r * 0.6),
                (x + side * r * 1.9, y),
                (x + side * r * 1.7, low),
                (x + side * r * 1.2, y),
            ]
            canvas.smooth(role, tail)
    else:
        canvas.smooth(
            role,
            [(x, y - r * 1.1), (x + r * 1.2, y), (x + r * 1.4, low), (x - r * 1.4, low), (x - r * 1.2, y)],
        )


def _head(canvas: Canvas, hair: Role, centre: Point, r: float) -> None:
    x, y = centre
    canvas.ellipse(hair, x, y - r * 0.12, r * 1.12, r * 1.1)
    canvas.smooth(Role.SKIN, [(x - r * 0.85, y - r * 0.1), (x + r * 0.85, y - r * 0.1), (x + r * 0.6, y + r * 0.65),
                              (x, y + r), (x - r * 0.6, y + r * 0.65)])  # fmt: skip
    with canvas.part():
        lock = [(0.0, -1.2), (0.95, -0.7), (1.1, 0.3), (0.7, -0.2), (0.35, 0.05), (0.0, -0.3)]
        canvas.polygon(hair, [(x + u * r, y + v * r) for u, v in mirrored(lock)])
    if hair == Role.BODY:
        canvas.curve(
            Role.LIGHT,
            [(x - r * 0.7, y - r * 0.5), (x - r * 0.2, y - r * 0.8), (x + r * 0.3, y - r * 0.75)],
            0.03,
        )
    for side in (-1, 1):
        dot(canvas, Role.DARK, (x + side * r * 0.38, y + r * 0.26), r * 0.17)
        dot(canvas, Role.WHITE, (x + side * r * 0.38 - r * 0.05, y + r * 0.19), r * 0.06, 6)
    canvas.line(
        Role.ACCENT, [(x - r * 0.14, y + r * 0.6), (x, y + r * 0.66), (x + r * 0.14, y + r * 0.6)], 0.015
    )
    if canvas.trimmed:
        canvas.curve(Role.TRIM, [(x - r, y - r * 0.5), (x, y - r * 0.85), (x + r, y - r * 0.5)], 0.06)


# --- packaging box ---------------------------------------------------------------------------
def _box(canvas: Canvas) -> None:
    w, depth = canvas.uniform(0.44, 0.66), canvas.uniform(0.2, 0.36)
    top, low, rise = canvas.uniform(-0.8, -0.5), canvas.uniform(0.7, 0.85), canvas.uniform(0.08, 0.14)
    left, right = -w - depth / 2, w - depth / 2
    front = (left, top, right, low)
    canvas.polygon(
        Role.BODY, [(right, top), (right + depth, top - rise), (right + depth, low - rise), (right, low)]
    )
    canvas.polygon(
        Role.SHADE, [(right, top), (right + depth, top - rise), (right + depth, low - rise), (right, low)]
    )
    canvas.polygon(
        Role.BODY, [(left, top), (left + depth, top - rise), (right + depth, top - rise), (right, top)]
    )
    canvas.polygon(
        Role.LIGHT, [(left, top), (left + depth, top - rise), (right + depth, top - rise), (right, top)]
    )
    canvas.rect(Role.BODY, *front)
    if canvas.trimmed:
        canvas.line(
            Role.TRIM, [(left, top), (right, top), (right, low), (left, low), (left, top), (right, top)], 0.05
        )
    if canvas.chance(0.55):
        _window(canvas, front)
    else:
        _artwork(canvas, front)
    _lettering(canvas, front)


def _window(canvas: Canvas, front: tuple[float, float, float, float]) -> None:
    left, top, right, low = front
    x0, x1, y0, y1 = left + 0.14, right - 0.14, top + 0.38, low - 0.16
    canvas.rect(canvas.trim(Role.WHITE), x0 - 0.03, y0 - 0.03, x1 + 0.03, y1 + 0.03, 0.07)
    canvas.rect(Role.GLASS, x0, y0, x1, y1, 0.05)
    x, y, k = (x0 + x1) / 2, (y0 + y1) / 2, (y1 - y0) / 2
    _small_figure(canvas, (x, y), k)
    canvas.polygon(
        Role.WHITE,
        [(x0 + 0.04, y0 + 0.2), (x0 + 0.2, y0 + 0.04), (x0 + 0.26, y0 + 0.04), (x0 + 0.04, y0 + 0.28)],
    )


def _small_figure(canvas: Canvas, centre: Point, k: float) -> None:
    """The toy behind the window; k is half the window's height."""

    def place(points: Sequence[Point]) -> list[Point]:
        return [(centre[0] + x * k, centre[1] + y * k) for x, y in points]

    for side in (-1, 1):
        canvas.line(Role.DARK, place([(side * 0.1, 0.3), (side * 0.14, 0.88)]), 0.15 * k)
        canvas.line(Role.ACCENT, place([(side * 0.14, -0.12), (side * 0.36, 0.3)]), 0.12 * k)
    canvas.polygon(Role.ACCENT, place(mirrored([(0.2, -0.18), (0.14, 0.12), (0.34, 0.5)])))
    dot(canvas, Role.SKIN, place([(0, -0.44)])[0], 0.25 * k, 16)
    canvas.polygon(
        Role.BODY, place(mirrored([(0, -0.76), (0.2, -0.7), (0.3, -0.4), (0.2, -0.5), (0.04, -0.56)]))
    )


def _artwork(canvas: Canvas, front: tuple[float, float, float, float]) -> None:
    left, top, right, low = front
    x, y, r = (left + right) / 2, (top + low) / 2 + 0.14, (right - left) * 0.32
    canvas.ellipse(canvas.trim(Role.WHITE), x, y, r * 1.12, r * 1.12)
    canvas.ellipse(Role.LIGHT if canvas.chance(0.5) else Role.BODY, x, y, r, r)
    canvas.polygon(Role.ACCENT, star((x, y), r * 0.8, r * 0.4, int(canvas.pick(5, 6, 8))))
    dot(canvas, Role.WHITE, (x, y), r * 0.26)


def _lettering(canvas: Canvas, front: tuple[float, float, float, float]) -> None:
    left, top, right, _ = front
    ink = canvas.trim(Role.WHITE)
    canvas.line(ink, [(left + 0.16, top + 0.17), (right - 0.16, top + 0.17)], 0.11)
    canvas.line(
        Role.WHITE, [(left + 0.16, top + 0.29), (left + 0.2 + (right - left) * 0.35, top + 0.29)], 0.04
    )


# --- plush bear ------------------------------------------------------------------------------
def _bear(canvas: Canvas) -> None:
    head, belly = canvas.uniform(0.38, 0.46), canvas.uniform(0.4, 0.48)
    ear, up = canvas.uniform(0.14, 0.2), -0.36
    muzzle = Role.LIGHT if canvas.chance(0.7) else Role.WHITE
    for side in (-1, 1):
        x = side * head * 0.74
        canvas.ellipse(Role.BODY, x, up - head * 0.72, ear, ear)
        canvas.ellipse(muzzle, x, up - head * 0.7, ear * 0.58, ear * 0.58)
    canvas.ellipse(Role.BODY, 0, 0.4, belly, 0.46)
    canvas.ellipse(muzzle, 0, 0.42, belly * 0.62, 0.3)
    _bear_limbs(canvas, belly, muzzle)
    canvas.ellipse(Role.BODY, 0, up, head, head * 0.9)
    _bear_face(canvas, up, head, muzzle)
    if canvas.trimmed:
        _bow(canvas, 0.06)


def _bear_limbs(canvas: Canvas, belly: float, muzzle: Role) -> None:
    spread, wave = canvas.uniform(0.34, 0.5), canvas.chance(0.35)
    for side in (-1, 1):
        end = (side * (belly + 0.26), -0.02 if wave and side > 0 else 0.45)
        middle = (side * (belly + 0.14), 0.22)
        ribbon(canvas, Role.BODY, [(side * belly * 0.6, 0.12), middle, end], 0.22)
        dot(canvas, Role.BODY, end, 0.12, 14)
        canvas.ellipse(Role.BODY, side * spread, 0.74, 0.2, 0.2)
        canvas.ellipse(muzzle, side * spread, 0.76, 0.11, 0.12)


def _bear_face(canvas: Canvas, y: float, r: float, muzzle: Role) -> None:
    canvas.ellipse(muzzle, 0, y + r * 0.32, r * 0.46, r * 0.36)
    with canvas.part():
        canvas.ellipse(Role.DARK, 0, y + r * 0.16, r * 0.15, r * 0.1)
        canvas.curve(Role.DARK, [(-r * 0.2, y + r * 0.42), (0, y + r * 0.5), (r * 0.2, y + r * 0.42)], 0.025)
        canvas.line(Role.DARK, [(0, y + r * 0.2), (0, y + r * 0.48)], 0.025)
    for side in (-1, 1):
        dot(canvas, Role.DARK, (side * r * 0.4, y - r * 0.1), r * 0.12)
        dot(canvas, Role.WHITE, (side * r * 0.4 - 0.015, y - r * 0.14), r * 0.04, 6)


def _bow(canvas: Canvas, y: float) -> None:
    for side in (-1, 1):
        canvas.polygon(Role.TRIM, [(0, y), (side * 0.32, y - 0.16), (side * 0.32, y + 0.17)])
    dot(canvas, Role.TRIM, (0, y), 0.09, 10)


# --- ball ------------------------------------------------------------------------------------
def _ball(canvas: Canvas) -> None:
    r = canvas.uniform(0.82, 0.92)
    canvas.ellipse(Role.BODY, 0, 0, r, r)
    (_beach, _football, _basket, _volley)[int(canvas.rng.integers(4))](canvas, r)
    canvas.ellipse(Role.LIGHT, -r * 0.42, -r * 0.5, 0.14, 0.09)


def _lune(r: float, a: float, b: float) -> list[Point]:
    """Return a slice of a ball between two meridians, -1 (left) to 1 (right)."""
    turns = [math.pi * (i / 15 - 0.5) for i in range(16)]
    left = [(a * r * math.cos(t), r * math.sin(t)) for t in turns]
    return left + [(b * r * math.cos(t), r * math.sin(t)) for t in reversed(turns)]


def _beach(canvas: Canvas, r: float) -> None:
    role = canvas.trim(Role.WHITE)
    shift = canvas.uniform(-0.1, 0.1)
    for a, b in (
        ((-0.85, -0.6), (shift - 0.15, 0.15 + shift), (0.7, 0.92))
        if canvas.trimmed
        else ((-0.7, -0.3), (0.3, 0.7))
    ):
        canvas.polygon(role, _lune(r, a, b))
    canvas.ellipse(Role.WHITE, 0, -r * 0.9, 0.14, 0.06)


def _football(canvas: Canvas, r: float) -> None:
    role = canvas.trim(Role.DARK)
    with canvas.part():
        canvas.polygon(role, star((0, 0), r * 0.34, r * 0.34, 5))
        for x, y in star((0, 0), r, r, 5):
            canvas.line(Role.SHADE, [(x * 0.34, y * 0.34), (x * 0.72, y * 0.72)], 0.035)
            canvas.polygon(role, [(x * 0.7, y * 0.7), (x * 0.88 - y * 0.25, y * 0.88 + x * 0.25), (x * 0.97, y * 0.97),
                                  (x * 0.88 + y * 0.25, y * 0.88 - x * 0.25)])  # fmt: skip


def _basket(canvas: Canvas, r: float) -> None:
    role = canvas.trim(Role.DARK)
    width = 0.075 if canvas.trimmed else 0.035
    canvas.line(role, [(0, -r), (0, r)], width)
    canvas.line(role, [(-r, 0), (r, 0)], width)
    for side in (-1, 1):
        bend = [(side * r * 0.75, -r * 0.64), (side * r * 0.34, 0), (side * r * 0.75, r * 0.64)]
        canvas.curve(role, bend, width)


def _volley(canvas: Canvas, r: float) -> None:
    for turn in range(3):
        a = 2 * math.pi * turn / 3 + 0.3
        panel = []
        for u, v in ((0.0, 0.0), (0.45, 0.25), (0.96, 0.2), (0.92, -0.3), (0.5, -0.2)):
            panel.append((r * (u * math.cos(a) - v * math.sin(a)), r * (u * math.sin(a) + v * math.cos(a))))
        canvas.polygon(canvas.trim(Role.LIGHT), spline(panel, closed=True))
        if canvas.trimmed:
            canvas.polygon(Role.BODY, spline([(x * 0.96, y * 0.96) for x, y in panel[1:]], closed=True))
        canvas.line(Role.SHADE, [panel[0], (panel[2][0] * 0.98, panel[2][1] * 0.98)], 0.03)


# --- game controller -------------------------------------------------------------------------
def _controller(canvas: Canvas) -> None:
    spread, low = canvas.uniform(0.6, 0.72), canvas.uniform(0.5, 0.66)
    for side in (-1, 1):
        canvas.rect(canvas.trim(Role.DARK), side * 0.52 - 0.2, -0.56, side * 0.52 + 0.2, -0.36, 0.08)
    right = [
        (0.0, -0.42),
        (0.4, -0.46),
        (0.72, -0.4),
        (0.92, 0.1),
        (0.92, low),
        (spread, low),
        (0.4, 0.24),
        (0, 0.22),
    ]
    canvas.smooth(Role.BODY, [*right, *[(-x, y) for x, y in right[-2:0:-1]]])
    canvas.curve(Role.SHADE, [(-0.26, -0.3), (-0.22, 0.0), (0, 0.06), (0.22, 0.0), (0.26, -0.3)], 0.02)
    swap = canvas.chance(0.5)
    pad, stick = ((-0.54, -0.12), (-0.26, 0.12)) if swap else ((-0.28, 0.1), (-0.56, -0.14))
    _cross_pad(canvas, pad)
    for centre in (stick, (0.26, 0.12)):
        dot(canvas, canvas.trim(Role.SHADE), centre, 0.15, 18)
        dot(canvas, Role.DARK, centre, 0.11, 16)
        dot(canvas, Role.GREY, centre, 0.06, 12)
    for i, centre in enumerate(around((0.56, -0.14), 0.12, 0.12, 4)):
        dot(canvas, Role.ACCENT if i % 2 else Role.WHITE, centre, 0.058, 10)
    dot(canvas, canvas.trim(Role.WHITE), (0, -0.22), 0.07, 12)
    for side in (-1, 1):
        canvas.line(Role.DARK, [(side * 0.14 - 0.04, -0.08), (side * 0.14 + 0.04, -0.08)], 0.035)
        if canvas.trimmed:
            grip = [(side * 0.8, 0.0), (side * 0.86, 0.3), (side * 0.78, low - 0.04)]
            canvas.curve(Role.TRIM, grip, 0.08)


def _cross_pad(canvas: Canvas, centre: Point) -> None:
    x, y = centre
    with canvas.part():
        canvas.line(Role.DARK, [(x - 0.13, y), (x + 0.13, y)], 0.09)
        canvas.line(Role.DARK, [(x, y - 0.13), (x, y + 0.13)], 0.09)


DRAWINGS: dict[str, Callable[[Canvas], None]] = {
    "figure": _figure,
    "packaging box": _box,
    "plush bear": _bear,
    "ball": _ball,
    "game controller": _controller,
}
