"""Drawings of swimwear and of what is wrapped round: swimsuit, kimono, apron."""

from collections.abc import Callable

from musaic.demo.canvas import Canvas, Point, Role, spline
from musaic.demo.kinds.tailoring import (
    edging,
    inside,
    mirrored,
    outline,
    symmetric,
)


def swimsuit(canvas: Canvas) -> None:
    """Draw a one-piece swimsuit, or sometimes a bikini."""
    if canvas.chance(0.25):
        _bikini(canvas)
        return
    chest, waist, hip = canvas.uniform(0.36, 0.42), canvas.uniform(0.27, 0.33), canvas.uniform(0.4, 0.48)
    strap, deep, cut_y = canvas.uniform(0.2, 0.26), canvas.uniform(-0.62, -0.3), canvas.uniform(0.25, 0.5)
    w = canvas.uniform(0.035, 0.08)
    back = outline([(-0.3, -0.5), (0, -0.2), (0.3, -0.5)], [(0.3, 0.0), (-0.3, 0.0)])
    if canvas.chance(0.5):
        inside(canvas, back)
    neckline = [(0, deep), (0.7 * strap, deep - 0.08), (strap - w, -0.93)]
    armhole = [(strap + w, -0.93), (strap + 0.07, -0.62), (chest, -0.4)]
    side, leg = [(chest, -0.4), (waist, 0.0), (hip, cut_y)], [(hip, cut_y), (0.2, 0.62), (0.1, 0.88)]
    canvas.polygon(Role.BODY, symmetric(neckline, armhole, side, leg, [(0.1, 0.88), (0, 0.9)]))
    _swim_edges(canvas, neckline, armhole, leg)
    for s in (-1, 1):
        canvas.curve(Role.SHADE, mirrored([(0.25, -0.3), (0.15, 0.0), (0.2, 0.4)], s), 0.014)


def _swim_edges(canvas: Canvas, *edges: list[Point]) -> None:
    for edge in edges:
        for side in (-1, 1):
            canvas.curve(canvas.trim(Role.SHADE), mirrored(edge, side), 0.05 if canvas.trimmed else 0.02)
    if canvas.trimmed and canvas.chance(0.4):
        canvas.polygon(Role.TRIM, [(-0.3, -0.06), (0.3, -0.06), (0.3, 0.06), (-0.3, 0.06)])


def _bikini(canvas: Canvas) -> None:
    y, w = canvas.uniform(-0.4, -0.3), canvas.uniform(0.34, 0.42)
    for s in (-1, 1):
        canvas.line(canvas.trim(), mirrored([(0.2, y - 0.2), (0.08, -0.9)], s), 0.035)
        canvas.line(canvas.trim(), mirrored([(0.4, y + 0.16), (0.62, y + 0.1)], s), 0.035)
        cup = outline(
            [(0.02, y + 0.2), (0.06, y), (0.2, y - 0.25)], [(0.2, y - 0.25), (0.4, y - 0.02), (0.44, y + 0.2)]
        )
        canvas.polygon(Role.BODY, mirrored(cup, s))
        canvas.curve(Role.SHADE, mirrored([(0.1, y + 0.14), (0.2, y), (0.22, y - 0.15)], s), 0.018)
    canvas.line(canvas.trim(), [(-0.44, y + 0.19), (0.44, y + 0.19)], 0.06)
    brief = symmetric(
        [(0, 0.3), (w + 0.05, 0.25)], [(w + 0.08, 0.42), (0.2, 0.62), (0.1, 0.85)], [(0.1, 0.85), (0, 0.87)]
    )
    canvas.polygon(Role.BODY, brief)
    canvas.polygon(
        canvas.trim(),
        [(-w - 0.05, 0.25), (0, 0.3), (w + 0.05, 0.25), (w + 0.06, 0.34), (0, 0.39), (-w - 0.06, 0.34)],
    )


def kimono(canvas: Canvas) -> None:
    """Draw a kimono: a T of wide hanging sleeves, crossed collar, broad sash."""
    body, reach, drop = canvas.uniform(0.3, 0.38), canvas.uniform(0.85, 0.95), canvas.uniform(-0.25, 0.2)
    top, low, sash = -0.85, canvas.uniform(0.82, 0.94), canvas.uniform(-0.2, -0.05)
    hem = body + canvas.uniform(0.0, 0.1)
    tilt = canvas.uniform(0.0, 0.12)
    for side in (-1, 1):
        _kimono_sleeve(canvas, side, (body, reach, drop, top, tilt))
    right = (
        [(0.14, top), (body, top + 0.03), (body, sash)],
        [(body, sash), (0.6 * body + 0.4 * hem + 0.01, 0.4 * low), (hem, low)],
        [(0, low + 0.02)],
    )
    canvas.polygon(Role.BODY, symmetric(*right))
    canvas.line(Role.SHADE, [(0.12, sash), (0.18, low)], 0.02)
    canvas.folds(((-body, sash + 0.15), (body, sash + 0.15)), ((-hem, low), (hem, low)), 3)
    edging(canvas, [(hem, low), (0, low + 0.02), (-hem, low)], 0.09)
    _crossed_collar(canvas, top, sash)
    _obi(canvas, body + 0.015, sash)


def _kimono_sleeve(canvas: Canvas, side: int, measures: tuple[float, ...]) -> None:
    body, reach, drop, top, tilt = measures
    corner = 0.08
    shape = outline(
        [(0.1, top), (reach, top + tilt)],
        [(reach, drop + tilt - corner), (reach - 0.03, drop + tilt - 0.02), (reach - corner, drop + tilt)],
        [(body + 0.12, drop), (body + 0.04, drop - 0.06), (body - 0.02, -0.45), (0.1, -0.4)],
    )
    canvas.polygon(Role.BODY, mirrored(shape, side))
    canvas.line(Role.SHADE, mirrored([(body + 0.2, top + 0.15), (body + 0.24, drop - 0.04)], side), 0.018)
    if canvas.trimmed:
        canvas.polygon(
            Role.TRIM,
            mirrored(
                [
                    (reach - 0.09, top + tilt),
                    (reach, top + tilt),
                    (reach, drop + tilt - 0.07),
                    (reach - 0.09, drop + tilt),
                ],
                side,
            ),
        )
    else:
        canvas.line(
            Role.SHADE,
            mirrored([(reach - 0.04, top + tilt + 0.02), (reach - 0.04, drop + tilt - 0.05)], side),
            0.014,
        )


def _crossed_collar(canvas: Canvas, top: float, sash: float) -> None:
    inside(
        canvas,
        [(-0.13, top - 0.02), (0.13, top - 0.02), (0.13, top + 0.05), (0, top + 0.3), (-0.13, top + 0.05)],
    )
    for side in (1, -1):
        strip = outline(
            [(0.11, top - 0.05), (0.12, top + 0.1), (-0.13, sash)],
            [(-0.02, sash), (0.2, top + 0.12), (0.18, top - 0.03)],
        )
        canvas.polygon(canvas.trim(), mirrored(strip, side))
        canvas.curve(Role.LIGHT, mirrored([(0.12, top + 0.05), (0.1, top + 0.12), (-0.1, sash)], side), 0.016)


def _obi(canvas: Canvas, w: float, y: float) -> None:
    role = canvas.trim(Role.ACCENT if canvas.chance(0.3) else Role.WHITE if canvas.chance(0.5) else Role.BODY)
    deep = canvas.uniform(0.18, 0.26)
    canvas.rect(role, -w, y - 0.02, w, y + deep, 0.015)
    canvas.line(
        Role.DARK if canvas.chance(0.4) else Role.LIGHT, [(-w, y + 0.45 * deep), (w, y + 0.45 * deep)], 0.035
    )
    if canvas.chance(0.4):
        canvas.smooth(
            role,
            [
                (-0.1, y - 0.05),
                (0.1, y - 0.05),
                (0.13, y + 0.1),
                (0.1, y + deep),
                (-0.1, y + deep),
                (-0.13, y + 0.1),
            ],
        )


def apron(canvas: Canvas) -> None:
    """Draw an apron: bib, neck loop, ties and a pocket; sometimes without the bib."""
    low, hip, top, waist = (
        canvas.uniform(0.7, 0.92),
        canvas.uniform(0.5, 0.62),
        -0.55,
        canvas.uniform(-0.12, 0.05),
    )
    bib, bibbed = canvas.uniform(0.24, 0.32), canvas.chance(0.85)
    for side in (-1, 1):
        tie = [
            (hip - 0.02, waist + 0.04),
            (hip + 0.16, waist + 0.1),
            (hip + 0.2, waist + 0.3),
            (hip + 0.27, waist + canvas.uniform(0.4, 0.6)),
        ]
        canvas.curve(canvas.trim(), mirrored(tie, side), 0.05)
    if bibbed:
        canvas.arc(canvas.trim(), 0, top + 0.03, bib - 0.06, canvas.uniform(0.3, 0.4), 178, 362, 0.055)
        upper = [(0, top), (bib, top)], [(bib, top), (bib + 0.03, 0.5 * (top + waist)), (hip, waist)]
    else:
        upper = [(0, waist), (hip, waist)], [(hip, waist), (hip + 0.005, waist + 0.05)]
    curve = canvas.uniform(0.04, 0.25)
    canvas.polygon(
        Role.BODY,
        symmetric(
            *upper,
            [(hip, waist), (hip + 0.03, low - curve)],
            [(hip + 0.03, low - curve), (0.7 * hip, low - 0.02), (0, low)],
        ),
    )
    canvas.folds(((-hip, waist + 0.1), (hip, waist + 0.1)), ((-hip, low - curve), (hip, low - curve)), 3)
    edge = spline(
        [
            (hip + 0.03, low - curve),
            (0.7 * hip, low - 0.02),
            (0, low),
            (-0.7 * hip, low - 0.02),
            (-hip - 0.03, low - curve),
        ],
        closed=False,
    )
    edging(canvas, edge, 0.1)
    _apron_pocket(canvas, waist, bib, top if bibbed else waist)


def _apron_pocket(canvas: Canvas, waist: float, bib: float, top: float) -> None:
    w = bib if top < waist else 0.55
    canvas.rect(canvas.trim(), -w, top, w, top + 0.065)
    if top < waist:
        canvas.curve(Role.SHADE, [(-0.42, waist), (0, waist + 0.02), (0.42, waist)], 0.018)
    y, half = waist + 0.16, canvas.uniform(0.22, 0.32)
    canvas.rect(Role.BODY, -half, y, half, y + 0.34, 0.04)
    canvas.rect(canvas.trim(Role.SHADE), -half, y, half, y + (0.08 if canvas.trimmed else 0.025))
    canvas.line(Role.SHADE, [(0.05, y + 0.03), (0.05, y + 0.33)], 0.014)


DRAWINGS: dict[str, Callable[[Canvas], None]] = {"swimsuit": swimsuit, "kimono": kimono, "apron": apron}
