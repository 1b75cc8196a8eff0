"""Drawings of formal wear: waistcoat, suit."""

from collections.abc import Callable

from musaic.demo.canvas import Canvas, Role, spline
from musaic.demo.kinds.tailoring import (
    Cut,
    buttons,
    creases,
    finish_cuffs,
    inside,
    lapels,
    mirrored,
    outline,
    sleeves,
    slit_pockets,
    spaced,
    torso,
)


def waistcoat(canvas: Canvas) -> None:
    """Draw a sleeveless, buttoned waistcoat with a deep V and pointed fronts."""
    chest, bottom, top = canvas.uniform(0.46, 0.56), canvas.uniform(0.62, 0.75), -0.88
    low, neck, waist = canvas.uniform(-0.35, -0.05), canvas.uniform(0.15, 0.2), canvas.uniform(0.36, 0.44)
    shoulder, hem = chest - canvas.uniform(0.06, 0.12), waist + 0.06
    back = outline(
        [(-neck, top), (0, top + 0.06), (neck, top)],
        [(waist, 0.2), (hem, bottom), (0, bottom - 0.06), (-hem, bottom), (-waist, 0.2)],
    )
    inside(canvas, back)
    for side in (-1, 1):
        _waistcoat_front(canvas, side, (neck, top, shoulder, chest, low, waist, hem, bottom))
    buttons(canvas, [0.0], spaced(low + 0.07, bottom - 0.02, int(canvas.pick(4, 5, 6))), radius=0.03)


def _waistcoat_front(canvas: Canvas, side: int, measures: tuple[float, ...]) -> None:
    neck, top, shoulder, chest, low, waist, hem, bottom = measures
    lap = 0.03
    front = outline(
        [(neck, top), (shoulder, top + 0.09)], [(shoulder, top + 0.09), (shoulder - 0.06, -0.5), (chest, -0.26)],
        [(chest, -0.26), (waist, 0.2), (hem, bottom)], [(0.25, bottom + 0.2), (-lap, bottom + 0.03)],
        [(-lap, low), (0.6 * neck, 0.5 * (low + top)), (neck, top)],
    )  # fmt: skip
    canvas.polygon(Role.BODY, mirrored(front, side))
    canvas.curve(Role.SHADE, mirrored([(0.26, low), (0.24, 0.1), (0.26, bottom)], side), 0.014)
    edge = [(neck, top), (0.6 * neck, 0.5 * (low + top)), (-lap, low)]
    if canvas.trimmed:
        canvas.line(
            Role.TRIM,
            mirrored(
                [*spline(edge, closed=False), (-lap, bottom), (0.25, bottom + 0.17), (hem, bottom - 0.03)],
                side,
            ),
            0.07,
        )
    canvas.polygon(canvas.trim(), mirrored([(0.2, 0.28), (0.38, 0.22), (0.38, 0.29), (0.2, 0.35)], side))
    canvas.line(Role.SHADE, mirrored([(0.2, -0.22), (0.34, -0.25)], side), 0.03)


def suit(canvas: Canvas) -> None:
    """Draw a two-piece suit: trousers below a jacket with lapels, shirt and tie."""
    chest = canvas.uniform(0.33, 0.4)
    cut = Cut(
        0.13,
        chest + 0.04,
        chest,
        chest - canvas.uniform(0.04, 0.08),
        chest - 0.01,
        -0.88,
        0.08,
        -0.56,
        canvas.uniform(0.0, 0.1),
    )
    low = canvas.uniform(-0.42, -0.26)
    _suit_trousers(canvas, cut.hem - 0.03, cut.bottom - 0.1)
    cuffs = sleeves(
        canvas,
        cut,
        length=canvas.uniform(0.95, 1.05),
        angle=canvas.uniform(70, 82),
        cuff=canvas.uniform(0.13, 0.16),
    )
    for cuff in cuffs:
        canvas.polygon(Role.WHITE, cuff.band(0.03))
    finish_cuffs(canvas, [c for c in cuffs if canvas.trimmed], 0.07)
    torso(canvas, cut, dip=0.05)
    creases(canvas, cut)
    _shirt_and_tie(canvas, cut, low)
    double = canvas.chance(0.3)
    canvas.line(Role.SHADE, [(0, low), (0.02, cut.bottom)], 0.016)
    lapels(canvas, cut, low=low, width=canvas.uniform(0.1, 0.15), opening=None)
    buttons(canvas, [-0.08, 0.1] if double else [0.035], [low + 0.06, low + 0.24])
    slit_pockets(canvas, cut.bottom - 0.22, x=0.15, flap=True)
    if canvas.chance(0.5):
        canvas.polygon(
            Role.WHITE,
            [(0.2, -0.46), (0.24, -0.52), (0.28, -0.47), (0.31, -0.5), (0.31, -0.44), (0.2, -0.43)],
        )


def _suit_trousers(canvas: Canvas, hip: float, top: float) -> None:
    out, leg, low = canvas.uniform(0.2, 0.28), canvas.uniform(0.1, 0.13), 0.95
    for side in (-1, 1):
        right = (
            [(0, top), (hip, top)],
            [(hip, top), (0.5 * (hip + out + leg) + 0.005, 0.5), (out + leg, low)],
            [(out - leg, low), (0.07, 0.6), (0, top + 0.32)],
        )
        canvas.polygon(Role.BODY, mirrored(outline(*right), side))
        canvas.line(Role.SHADE, mirrored([(0.19, top + 0.2), (out, low)], side), 0.014)


def _shirt_and_tie(canvas: Canvas, cut: Cut, low: float) -> None:
    n, y = cut.neck, cut.top
    canvas.polygon(
        Role.WHITE, [(-n, y - 0.04), (n, y - 0.04), (n, y + 0.1), (0.02, low), (-0.02, low), (-n, y + 0.1)]
    )
    tie = canvas.trim(Role.DARK if canvas.chance(0.5) else Role.ACCENT)
    if canvas.chance(0.25):
        canvas.polygon(
            tie,
            [
                (-0.1, y + 0.02),
                (0, y + 0.06),
                (0.1, y + 0.02),
                (0.1, y + 0.13),
                (0, y + 0.09),
                (-0.1, y + 0.13),
            ],
        )
    else:
        canvas.polygon(
            tie,
            [
                (-0.035, y + 0.05),
                (0.035, y + 0.05),
                (0.025, y + 0.11),
                (0.055, low - 0.05),
                (0, low + 0.02),
                (-0.055, low - 0.05),
                (-0.025, y + 0.11),
            ],
        )
    for side in (-1, 1):
        canvas.polygon(
            Role.WHITE, mirrored([(n, y - 0.05), (0.01, y + 0.06), (0.08, y + 0.15), (n, y + 0.08)], side)
        )


DRAWINGS: dict[str, Callable[[Canvas], None]] = {"waistcoat": waistcoat, "suit": suit}
