"""Arms: swords and shields."""

import math
from collections.abc import Callable, Sequence

from musaic.demo.canvas import Canvas, Point, Role, spline
from musaic.demo.kinds.forms import around, dot, gem, mirrored, star


# --- sword and shield ------------------------------------------------------------------------
def _sword(canvas: Canvas) -> None:
    """Diagonal, so that it fills the square; the blade carries the product's colour."""
    width, guard = canvas.uniform(0.1, 0.17), canvas.uniform(-0.66, -0.56)
    curved = canvas.chance(0.35)
    bend = 0.12 if curved else 0.0

    def place(points: Sequence[Point]) -> list[Point]:
        """Turn (along, across) into the diagonal, the point of the blade up and right."""
        k = math.sqrt(0.5)
        return [((a + c + bend * a * a * 0.6) * k, (c - a + bend * a * a * 0.6) * k) for a, c in points]

    along_blade = [guard + ((0.96 if curved else 1.12) - guard) * i / 8 for i in range(9)]
    blade = [(a, -width) for a in along_blade] + [(1.22 if curved else 1.3, width * 0.6 if curved else 0.0)]
    blade += [(a, width) for a in along_blade[::-1]]
    canvas.polygon(Role.BODY, place(blade))
    canvas.line(Role.LIGHT, place([(a, -width * 0.45) for a in along_blade]), width * 0.5)
    canvas.line(Role.SHADE, place([(a, width * 0.1) for a in along_blade]), 0.025)
    canvas.line(Role.BODY, place([(guard, 0), (-1.16, 0)]), 0.13)
    for a in (-0.78, -0.88, -0.98):
        canvas.line(Role.DARK, place([(a, -0.065), (a - 0.05, 0.065)]), 0.03)
    span = canvas.uniform(0.2, 0.36)
    canvas.curve(
        canvas.trim(Role.BODY), place([(guard + 0.07, -span), (guard, 0), (guard + 0.07, span)]), 0.11
    )
    dot(canvas, canvas.trim(Role.BODY), place([(-1.2, 0)])[0], 0.1)
    gem(canvas, canvas.trim(Role.LIGHT), place([(guard, 0)])[0], 0.09)


def _shield(canvas: Canvas) -> None:
    style = int(canvas.rng.integers(3))
    w = canvas.uniform(0.66, 0.8)
    if style == 0:
        outline = around((0, 0), 0.88, 0.88, 40)
    elif style == 1:
        outline = mirrored(
            [(0, -0.84), *spline([(w, -0.84), (w, 0.0), (w * 0.62, 0.55), (0.0, 0.94)], closed=False)]
        )
    else:
        right = [
            (0.0, -0.78),
            (w * 0.5, -0.72),
            (w, -0.92),
            (w * 0.88, -0.3),
            (w, 0.2),
            (w * 0.5, 0.7),
            (0, 0.94),
        ]
        outline = mirrored(spline(right, closed=False))
    canvas.polygon(canvas.trim(Role.BODY), outline)
    inner = [(x * 0.9, y * 0.91) for x, y in outline]
    canvas.polygon(Role.BODY, inner)
    if not canvas.trimmed:
        canvas.line(Role.LIGHT, [*inner, inner[0]], 0.03)
    _emblem(canvas, style, inner)


def _emblem(canvas: Canvas, style: int, inner: list[Point]) -> None:
    emblem, other = int(canvas.rng.integers(4)), canvas.trim(Role.LIGHT)
    if emblem == 0:
        canvas.polygon(Role.SHADE, [(max(x, 0.0), y) for x, y in inner])
    elif emblem == 1:
        canvas.line(other, [(0, -0.66), (0, 0.74)], 0.12)
        canvas.line(other, [(-0.52, -0.15), (0.52, -0.15)], 0.12)
    if emblem in (0, 2):
        canvas.polygon(canvas.trim(Role.WHITE), star((0, -0.06), 0.36, 0.15, int(canvas.pick(4, 5, 6))))
    elif emblem == 3:
        canvas.line(other, [(-0.56, -0.3), (0, 0.16), (0.56, -0.3)], 0.13)
        canvas.line(Role.LIGHT, [(-0.5, 0.0), (0, 0.42), (0.5, 0.0)], 0.06)
    if style == 0:
        dot(canvas, canvas.trim(Role.GREY), (0, 0), 0.18, 16)
    for x, y in inner[:: max(1, len(inner) // 8)]:
        dot(canvas, Role.GREY, (x * 1.05, y * 1.05), 0.03, 8)


DRAWINGS: dict[str, Callable[[Canvas], None]] = {
    "sword": _sword,
    "shield": _shield,
}
