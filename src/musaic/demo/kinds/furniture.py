"""Furniture and books: chairs, sofas, books."""

from collections.abc import Callable

from musaic.demo.canvas import Canvas, Role
from musaic.demo.kinds.forms import dot, mirrored, star


# --- chair -----------------------------------------------------------------------------------
def _chair(canvas: Canvas) -> None:
    style = canvas.uniform(0, 1)
    if style < 0.4:
        _wooden_chair(canvas)
    elif style < 0.75:
        _armchair_shell(canvas)
    else:
        _office_chair(canvas)


def _wooden_chair(canvas: Canvas) -> None:
    w, seat, lean = canvas.uniform(0.4, 0.5), canvas.uniform(0.08, 0.2), canvas.uniform(0.14, 0.24)
    for x in (-w + lean, w + lean * 0.7):
        canvas.line(Role.BODY, [(x, seat), (x, 0.72)], 0.08)
    for x in (-w + lean, w + lean * 0.7):
        canvas.line(Role.BODY, [(x, seat), (x, -0.9)], 0.1)
    if canvas.chance(0.5):
        for y in (-0.78, -0.5, -0.22):
            canvas.line(
                canvas.trim(Role.BODY) if y < -0.7 else Role.BODY, [(-w + lean, y), (w + lean * 0.7, y)], 0.13
            )
    else:
        canvas.line(canvas.trim(Role.BODY), [(-w + lean, -0.82), (w + lean * 0.7, -0.82)], 0.16)
        for i in range(4):
            x = -w + lean + (2 * w - lean * 0.3) * (i + 1) / 5
            canvas.line(Role.BODY, [(x, -0.78), (x, seat)], 0.055)
    canvas.polygon(
        Role.BODY,
        [(-w + lean, seat - 0.1), (w + lean * 0.7, seat - 0.1), (w, seat + 0.14), (-w - 0.08, seat + 0.14)],
    )
    canvas.line(canvas.trim(Role.BODY), [(-w - 0.08, seat + 0.15), (w, seat + 0.15)], 0.09)
    for x in (-w - 0.02, w - 0.05):
        canvas.line(Role.BODY, [(x, seat + 0.15), (x, 0.94)], 0.1)
    canvas.line(Role.BODY, [(-w, 0.6), (w - 0.05, 0.6)], 0.05)


def _armchair_shell(canvas: Canvas) -> None:
    w, seat = canvas.uniform(0.5, 0.6), canvas.uniform(0.2, 0.3)
    leg = canvas.trim(Role.GREY)
    for x0, x1 in ((-0.24, -0.5), (0.24, 0.5), (-0.12, -0.26), (0.12, 0.26)):
        canvas.line(leg, [(x0, seat), (x1, 0.92 if abs(x1) > 0.4 else 0.82)], 0.06)
    canvas.smooth(
        Role.BODY,
        mirrored([(w * 0.6, -0.88), (w * 0.98, -0.6), (w, -0.05), (w * 0.9, seat), (0.1, seat + 0.1)]),
    )
    canvas.smooth(Role.SHADE, mirrored([(w * 0.5, -0.76), (w * 0.8, -0.5), (w * 0.8, -0.04), (w * 0.4, 0.0)]))
    canvas.smooth(
        Role.BODY, mirrored([(w * 0.48, -0.78), (w * 0.78, -0.5), (w * 0.76, -0.1), (w * 0.4, -0.02)])
    )
    canvas.smooth(Role.BODY, mirrored([(w * 0.8, -0.02), (w * 1.06, seat - 0.08), (w * 0.7, seat + 0.14)]))
    canvas.curve(canvas.trim(Role.LIGHT), [(-w, seat - 0.06), (0, seat + 0.03), (w, seat - 0.06)], 0.04)
    for x in (-0.2, 0.0, 0.2):
        dot(canvas, canvas.trim(Role.SHADE), (x, -0.42 + abs(x) * 0.3), 0.04, 8)


def _office_chair(canvas: Canvas) -> None:
    w = canvas.uniform(0.4, 0.5)
    for x, y in ((-0.52, 0.86), (0.52, 0.86), (-0.24, 0.92), (0.24, 0.92), (0, 0.86)):
        canvas.line(Role.GREY, [(0, 0.64), (x, y - 0.05)], 0.07)
        dot(canvas, Role.DARK, (x, y), 0.06, 10)
    canvas.line(Role.GREY, [(0, 0.3), (0, 0.68)], 0.1)
    canvas.line(Role.DARK, [(0, -0.2), (0, 0.3)], 0.14)
    canvas.smooth(
        Role.BODY, mirrored([(w * 0.6, -0.92), (w * 0.95, -0.75), (w * 0.86, -0.2), (w * 0.6, -0.05)])
    )
    canvas.curve(canvas.trim(Role.SHADE), [(-w * 0.88, -0.42), (0, -0.36), (w * 0.88, -0.42)], 0.07)
    for side in (-1, 1):
        canvas.line(Role.DARK, [(side * (w + 0.12), 0.0), (side * (w + 0.1), 0.26), (side * 0.1, 0.3)], 0.05)
        canvas.line(
            canvas.trim(Role.BODY), [(side * (w + 0.12) - 0.1, 0.0), (side * (w + 0.12) + 0.08, 0.0)], 0.09
        )
    canvas.smooth(Role.BODY, mirrored([(w, 0.1), (w * 1.16, 0.24), (w * 0.9, 0.36), (0.2, 0.36)]))
    canvas.line(Role.LIGHT, [(-w * 0.9, 0.16), (w * 0.9, 0.16)], 0.03)


# --- sofa ------------------------------------------------------------------------------------
def _sofa(canvas: Canvas) -> None:
    w, top, arm = canvas.uniform(0.84, 0.94), canvas.uniform(-0.5, -0.34), canvas.uniform(0.14, 0.22)
    arm_top = canvas.uniform(-0.16, 0.02)
    for side in (-1, 1):
        canvas.line(canvas.trim(Role.DARK), [(side * w * 0.84, 0.4), (side * w * 0.88, 0.66)], 0.08)
    inside, count = w - arm, int(canvas.pick(2, 2, 3))
    back = canvas.chance(0.3)
    canvas.smooth(
        Role.BODY,
        mirrored(
            [
                (0.1, top - (0.12 if back else 0.0)),
                (w * 0.7, top),
                (w * 0.94, top + 0.1),
                (w * 0.9, 0.3),
                (0.1, 0.34),
            ]
        ),
    )
    for i in range(count):
        x0, x1 = -inside + 2 * inside * i / count, -inside + 2 * inside * (i + 1) / count
        canvas.rect(Role.BODY, x0 + 0.01, top + 0.08, x1 - 0.01, 0.2, 0.08)
        canvas.rect(Role.BODY, x0, 0.06, x1, 0.28, 0.07)
        canvas.line(Role.LIGHT, [(x0 + 0.08, 0.1), (x1 - 0.08, 0.1)], 0.025)
        if canvas.trimmed:
            canvas.line(Role.TRIM, [(x0 + 0.03, 0.25), (x1 - 0.03, 0.25)], 0.05)
        else:
            dot(canvas, Role.SHADE, ((x0 + x1) / 2, (top + 0.1) / 2), 0.03, 8)
    canvas.rect(Role.BODY, -w + 0.04, 0.27, w - 0.04, 0.46, 0.05)
    canvas.line(canvas.trim(Role.SHADE), [(-w + 0.08, 0.42), (w - 0.08, 0.42)], 0.06)
    for side in (-1, 1):
        x0, x1 = sorted((side * (w - arm * 1.1), side * (w + 0.02)))
        canvas.rect(Role.BODY, x0, arm_top, x1, 0.48, 0.1)
        if canvas.trimmed:
            canvas.ellipse(Role.TRIM, (x0 + x1) / 2, arm_top + 0.1, arm * 0.36, arm * 0.36)
    for side in (-1, 1) if canvas.chance(0.6) else ():
        x = side * (inside - 0.2)
        canvas.polygon(canvas.trim(Role.LIGHT), star((x, -0.1), 0.24, 0.24, 4) if canvas.chance(0.4) else
                       [(x - 0.15, -0.2), (x + 0.15, -0.24), (x + 0.17, 0.06), (x - 0.14, 0.08)])  # fmt: skip


# --- book ------------------------------------------------------------------------------------
def _book(canvas: Canvas) -> None:
    style = canvas.uniform(0, 1)
    if style < 0.55:
        _closed_book(canvas)
    elif style < 0.75:
        _open_book(canvas)
    else:
        _stacked_books(canvas)


def _closed_book(canvas: Canvas) -> None:
    w, top, low, thick = canvas.uniform(0.5, 0.6), -0.82, 0.72, canvas.uniform(0.12, 0.2)
    canvas.polygon(Role.BODY, [(-w, low), (w, low), (w + thick, low + thick), (-w + thick, low + thick)])
    canvas.polygon(Role.BODY, [(w, top), (w + thick, top + thick), (w + thick, low + thick), (w, low)])
    canvas.polygon(
        Role.WHITE,
        [(w, top + 0.03), (w + thick * 0.8, top + thick), (w + thick * 0.8, low + thick * 0.7), (w, low)],
    )
    canvas.polygon(
        Role.WHITE,
        [(-w + 0.06, low), (w, low), (w + thick * 0.8, low + thick * 0.75), (-w + thick, low + thick * 0.75)],
    )
    canvas.rect(Role.BODY, -w, top, w, low, 0.03)
    canvas.line(Role.SHADE, [(-w + 0.12, top), (-w + 0.12, low)], 0.03)
    _cover(canvas, -w + 0.16, w, top, low)


def _cover(canvas: Canvas, left: float, right: float, top: float, low: float) -> None:
    x = (left + right) / 2
    ink = canvas.trim(Role.WHITE)
    if canvas.trimmed:
        a, b, c, d = left + 0.06, right - 0.07, top + 0.08, low - 0.08
        canvas.line(Role.TRIM, [(a, c), (b, c), (b, d), (a, d), (a, c), (b, c)], 0.05)
    canvas.line(ink, [(x - 0.26, -0.5), (x + 0.26, -0.5)], 0.1)
    canvas.line(ink, [(x - 0.18, -0.34), (x + 0.18, -0.34)], 0.055)
    picture = canvas.uniform(0, 1)
    if picture < 0.4:
        canvas.polygon(canvas.trim(Role.LIGHT), star((x, 0.15), 0.28, 0.12, int(canvas.pick(5, 6, 8))))
    elif picture < 0.7:
        dot(canvas, canvas.trim(Role.LIGHT), (x, 0.15), 0.26, 24)
        dot(canvas, Role.BODY, (x + 0.08, 0.1), 0.2, 24)
    else:
        canvas.polygon(
            Role.LIGHT,
            [(x - 0.3, 0.38), (x - 0.06, -0.06), (x + 0.08, 0.18), (x + 0.16, 0.06), (x + 0.32, 0.38)],
        )
        dot(canvas, Role.ACCENT, (x + 0.2, -0.08), 0.08)
    if canvas.chance(0.3):
        canvas.polygon(
            canvas.trim(Role.ACCENT),
            [
                (right - 0.24, top),
                (right - 0.14, top),
                (right - 0.14, top + 0.4),
                (right - 0.19, top + 0.32),
                (right - 0.24, top + 0.4),
            ],
        )


def _open_book(canvas: Canvas) -> None:
    w, top, low = 0.94, canvas.uniform(-0.56, -0.45), canvas.uniform(0.5, 0.6)
    canvas.polygon(
        Role.BODY,
        [
            (-w, top),
            (w, top),
            (w, low + 0.1),
            (0.1, low + 0.1),
            (0, low + 0.16),
            (-0.1, low + 0.1),
            (-w, low + 0.1),
        ],
    )
    canvas.line(canvas.trim(Role.SHADE), [(-w + 0.02, low + 0.07), (w - 0.02, low + 0.07)], 0.06)
    for side in (-1, 1):
        page = [
            (0, top + 0.14),
            (side * 0.35, top + 0.05),
            (side * 0.7, top + 0.16),
            (side * 0.7, low - 0.1),
            (side * 0.35, low - 0.18),
            (0, low - 0.04),
        ]
        canvas.polygon(Role.WHITE, page)
        for i in range(5):
            y = top + 0.26 + 0.13 * i
            canvas.line(
                Role.BODY if i == 0 else Role.GREY,
                [(side * 0.14, y), (side * 0.6, y)],
                0.08 if i == 0 else 0.025,
            )
        if canvas.trimmed:
            canvas.polygon(Role.TRIM, [(side * w, top), (side * (w - 0.22), top), (side * w, top + 0.24)])
            canvas.polygon(
                Role.TRIM, [(side * w, low + 0.1), (side * (w - 0.22), low + 0.1), (side * w, low - 0.14)]
            )
    canvas.line(Role.SHADE, [(0, low + 0.02), (0, low + 0.13)], 0.03)


def _stacked_books(canvas: Canvas) -> None:
    y = 0.8
    for i in range(3):
        height, w, x = canvas.uniform(0.34, 0.44), canvas.uniform(0.68, 0.85), canvas.uniform(-0.1, 0.1)
        canvas.rect(Role.BODY, x - w, y - height, x + w, y, 0.05)
        canvas.rect(Role.WHITE, x - w * 0.8, y - height + 0.06, x + w * 1.0, y - 0.06)
        canvas.line(Role.BODY, [(x - w * 0.8, y - height + 0.03), (x + w * 1.02, y - height + 0.03)], 0.06)
        canvas.rect(Role.BODY, x - w, y - height, x + w * 0.35, y, 0.05)
        for k in (-0.7, 0.15):
            canvas.line(canvas.trim(Role.LIGHT), [(x + w * k, y - height), (x + w * k, y)], 0.07)
        if i == 1:
            canvas.line(Role.LIGHT, [(x - w * 0.5, y - height / 2), (x - w * 0.05, y - height / 2)], 0.07)
        y -= height


DRAWINGS: dict[str, Callable[[Canvas], None]] = {
    "chair": _chair,
    "sofa": _sofa,
    "book": _book,
}
