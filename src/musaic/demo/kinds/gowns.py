"""Drawings of dresses and other falling cloth: dress, halter dress, skirt, swimsuit, kimono, apron."""

from collections.abc import Callable

from musaic.demo.canvas import Canvas, Point, Role, spline
from musaic.demo.kinds.tailoring import (
    Cut,
    back_of_neck,
    creases,
    edging,
    finish_cuffs,
    inside,
    mirrored,
    outline,
    rippled,
    sleeves,
    symmetric,
)


def _fall(canvas: Canvas, waist: float, top: float, *, low: float, hem: float, style: int) -> None:
    """Draw the skirt part: 0 A-line, 1 fitted, 2 flared and rippling, 3 tiered."""
    waves = 0 if style == 1 else int(canvas.pick(2, 3, 4)) if style != 0 else int(canvas.pick(0, 0, 3))
    edge = rippled(canvas, hem, low, sag=canvas.uniform(0.02, 0.06), waves=waves)
    hip = waist + (hem - waist) * 0.45 + (0.09 if style == 1 else -0.04 if style == 2 else 0.02)
    side = [(waist, top), (hip, top + 0.42 * (low - top)), (hem, low)]
    canvas.polygon(Role.BODY, outline(side, edge, mirrored(side)[::-1]))
    if style == 1:
        canvas.line(Role.SHADE, [(0.4 * hem, low), (0.36 * hem, low - canvas.uniform(0.12, 0.35))], 0.02)
        creases(canvas, Cut(0, 0, waist, hip, hem, 0, 0, top, low))
    else:
        canvas.folds(
            ((-waist, top + 0.06), (waist, top + 0.06)),
            ((-hem, low), (hem, low)),
            int(canvas.pick(4, 5, 6, 8)),
        )
    edging(
        canvas,
        edge,
        0.1 if low - top > 0.7 else 0.08,
        squeeze=1 - 0.1 * max(0.0, hem - hip) / (0.58 * (low - top) * hem),
    )
    for u in (0.33, 0.66) if style == 3 else ():
        y, w = top + (low - top) * u, waist + (hem - waist) * u
        tier = [(-w, y), (-0.5 * w, y + 0.04), (0, y + 0.03), (0.5 * w, y + 0.04), (w, y)]
        canvas.curve(Role.SHADE, tier, 0.03)


def _bodice(canvas: Canvas, cut: Cut, dip: float, *, pointed: bool) -> None:
    neckline = [(0.0, cut.top + dip), (0.75 * cut.neck, cut.top + 0.6 * dip), (cut.neck, cut.top)]
    x, y = cut.tip
    armhole = [(x, y), (0.86 * x, 0.6 * y + 0.4 * cut.armpit), (cut.chest, cut.armpit)]
    side = [
        (cut.chest, cut.armpit),
        (0.5 * (cut.chest + cut.waist) - 0.01, 0.4 * cut.armpit + 0.6 * cut.bottom),
        (cut.waist, cut.bottom),
    ]
    canvas.polygon(
        Role.BODY,
        symmetric(
            neckline[::2] if pointed else neckline,
            armhole,
            side,
            [(cut.waist, cut.bottom + 0.03), (0, cut.bottom + 0.03)],
        ),
    )
    for s in (-1, 1):
        dart = [(0.62 * cut.waist, cut.bottom), (0.6 * cut.waist, cut.bottom - 0.2)]
        canvas.line(Role.SHADE, mirrored(dart, s), 0.014)
    if canvas.trimmed:
        edge = neckline[::2] if pointed else spline(neckline, closed=False)
        canvas.line(Role.TRIM, mirrored(edge)[::-1][:-1] + list(edge), 0.06)


def _waistband(canvas: Canvas, waist: float, y: float) -> None:
    if canvas.trimmed or canvas.chance(0.5):
        canvas.polygon(canvas.trim(), outline([(-waist - 0.01, y - 0.05), (0, y - 0.035), (waist + 0.01, y - 0.05)],
                                              [(waist + 0.015, y + 0.05), (0, y + 0.065), (-waist - 0.015, y + 0.05)]))  # fmt: skip
        if canvas.chance(0.3):
            for s in (-1, 1):
                canvas.smooth(
                    canvas.trim(), [(s * x + 0.1, py + y) for x, py in ((0, 0), (0.12, -0.07), (0.14, 0.04))]
                )
    else:
        canvas.curve(Role.SHADE, [(-waist, y), (0, y + 0.02), (waist, y)], 0.018)


def _measures(canvas: Canvas) -> tuple[float, float, float, int]:
    """Return waist height, lower end, hem width and style of a dress's skirt part."""
    style, waist = int(canvas.pick(0, 0, 1, 2, 3)), canvas.uniform(-0.22, -0.06)
    low = canvas.uniform(0.5, 0.75) if canvas.chance(0.45) else canvas.uniform(0.75, 0.93)
    hem = canvas.uniform(0.26, 0.34) if style == 1 else canvas.uniform(0.45, 0.8)
    return waist, low, hem, style


def dress(canvas: Canvas) -> None:
    """Draw a dress: sleeveless, strapped, with short, puffed or long sleeves, or wrapped."""
    waist_y, low, hem, style = _measures(canvas)
    chest, sleeve = canvas.uniform(0.28, 0.34), int(canvas.pick(0, 1, 2, 3, 3))
    cut = Cut(canvas.uniform(0.13, 0.2), chest - 0.02 if sleeve == 0 else chest + 0.04, chest, chest - canvas.uniform(0.06, 0.1), 0,
              -0.9, 0.05, -0.5, waist_y)  # fmt: skip
    dip, pointed = canvas.uniform(0.1, 0.26), canvas.chance(0.4)
    back_of_neck(canvas, cut, dip)
    if sleeve == 1:
        finish_cuffs(canvas, sleeves(canvas, cut, length=0.34, angle=canvas.uniform(35, 60), cuff=0.22), 0.06)
    elif sleeve == 2:
        _puffs(canvas, cut)
    elif sleeve == 3:
        finish_cuffs(
            canvas,
            sleeves(
                canvas,
                cut,
                length=canvas.uniform(0.8, 1.05),
                angle=canvas.uniform(56, 75),
                cuff=canvas.uniform(0.1, 0.2),
            ),
            0.08,
        )
    _fall(canvas, cut.waist, waist_y, low=low, hem=hem, style=style)
    _bodice(canvas, cut, dip, pointed=pointed)
    if pointed and canvas.chance(0.5):
        _wrap(canvas, cut, dip)
    _waistband(canvas, cut.waist, waist_y)


def _puffs(canvas: Canvas, cut: Cut) -> None:
    x, y = cut.tip
    for side in (-1, 1):
        puff = [
            (0.7 * x, y - 0.02),
            (x + 0.07, y - 0.04),
            (x + 0.2, y + 0.14),
            (x + 0.16, y + 0.29),
            (cut.chest, cut.armpit + 0.03),
        ]
        canvas.smooth(Role.BODY, mirrored(puff, side))
        canvas.line(Role.SHADE, mirrored([(x + 0.02, y + 0.05), (x + 0.12, y + 0.24)], side), 0.015)
        canvas.line(
            canvas.trim(), mirrored([(x + 0.17, y + 0.25), (cut.chest - 0.02, cut.armpit + 0.01)], side), 0.06
        )


def _wrap(canvas: Canvas, cut: Cut, dip: float) -> None:
    lap = [
        (-0.02, cut.top + dip),
        (0.5 * cut.waist, 0.4 * (cut.top + dip) + 0.6 * cut.bottom),
        (0.98 * cut.waist, cut.bottom),
    ]
    canvas.curve(canvas.trim(Role.SHADE), lap, 0.05 if canvas.trimmed else 0.025)


def halter_dress(canvas: Canvas) -> None:
    """Draw a dress with bare shoulders whose straps meet round the neck."""
    waist_y, low, hem, style = _measures(canvas)
    chest = canvas.uniform(0.27, 0.33)
    waist, top, bust = chest - canvas.uniform(0.05, 0.09), -0.93, canvas.uniform(-0.62, -0.54)
    _fall(canvas, waist, waist_y, low=low, hem=hem, style=style)
    neck, deep = canvas.uniform(0.08, 0.13), canvas.uniform(-0.5, -0.25)
    canvas.arc(canvas.trim(), 0, top + 0.07, neck, 0.06, 180, 360, 0.045)
    high = canvas.chance(0.3)
    _halter_top(canvas, (neck, top, bust, chest, waist, waist_y), top + 0.1 if high else deep)
    _waistband(canvas, waist, waist_y)


def _halter_top(canvas: Canvas, measures: tuple[float, ...], deep: float) -> None:
    neck, top, bust, chest, waist, waist_y = measures
    inner = [(0, deep), (0.45 * neck, 0.5 * (deep + top)), (neck - 0.03, top + 0.06)]
    outer = [
        (neck + 0.03, top + 0.06),
        (0.5 * (neck + 0.22), 0.55 * bust + 0.45 * top),
        (chest - 0.06, bust + 0.08),
        (chest, bust + 0.2),
    ]
    side = [(chest, bust + 0.2), (0.5 * (chest + waist), 0.5 * (bust + 0.2 + waist_y)), (waist, waist_y)]
    canvas.polygon(Role.BODY, symmetric(inner, outer, side, [(waist, waist_y + 0.03), (0, waist_y + 0.03)]))
    for s in (-1, 1):
        if canvas.trimmed:
            canvas.curve(Role.TRIM, mirrored([(x - 0.012, y) for x, y in outer], s), 0.04)
            canvas.curve(Role.TRIM, mirrored([(x + 0.01, y) for x, y in inner], s), 0.032)
        fold = [(neck + 0.01, top + 0.2), (0.5 * chest, bust + 0.2), (0.35 * waist, waist_y)]
        canvas.curve(Role.SHADE, mirrored(fold, s), 0.018)
    canvas.line(Role.SHADE, [(0, deep), (0, waist_y)], 0.012)


def skirt(canvas: Canvas) -> None:
    """Draw a skirt: A-line, pencil, flared, tiered or pleated, mini to maxi."""
    style, waist = int(canvas.pick(0, 1, 2, 3, 4)), canvas.uniform(0.3, 0.4)
    low = canvas.uniform(0.35, 0.9)
    top = -0.35 - 0.5 * low
    hem = canvas.uniform(0.38, 0.46) if style == 1 else canvas.uniform(0.6, 0.92)
    _fall(canvas, waist, top + 0.1, low=low, hem=hem, style=style if style < 4 else 0)
    if style == 4:
        _pleats(canvas, waist, top + 0.1, low, hem)
    band = outline(
        [(-waist, top), (0, top + 0.03), (waist, top)],
        [(waist + 0.02, top + 0.14), (0, top + 0.17), (-waist - 0.02, top + 0.14)],
    )
    canvas.polygon(canvas.trim(), band)
    canvas.polygon(
        Role.SHADE,
        outline(
            [(-waist, top), (0, top + 0.03), (waist, top)],
            [(0.6 * waist, top - 0.015), (0, top - 0.02), (-0.6 * waist, top - 0.015)],
        ),
    )
    if canvas.chance(0.4):
        canvas.ellipse(Role.GREY, 0.0, top + 0.1, 0.03, 0.03)
        canvas.line(Role.SHADE, [(0.0, top + 0.16), (0.0, top + 0.45)], 0.014)


def _pleats(canvas: Canvas, waist: float, top: float, low: float, hem: float) -> None:
    count = int(canvas.pick(7, 9, 11))
    for i in range(count):
        u = -0.92 + 1.84 * i / (count - 1)
        x, y = u * hem, low + 0.05 * (1 - u * u)
        canvas.polygon(Role.SHADE, [(u * waist, top + 0.08), (x - 0.025, y - 0.01), (x + 0.025, y - 0.01)])


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
    shape = outline([(0.1, top), (reach, top + tilt)], [(reach, drop + tilt - corner), (reach - 0.03, drop + tilt - 0.02), (reach - corner, drop + tilt)],
                    [(body + 0.12, drop), (body + 0.04, drop - 0.06), (body - 0.02, -0.45), (0.1, -0.4)])  # fmt: skip
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


DRAWINGS: dict[str, Callable[[Canvas], None]] = {
    "dress": dress, "halter dress": halter_dress, "skirt": skirt, "swimsuit": swimsuit, "kimono": kimono, "apron": apron,
}  # fmt: skip
