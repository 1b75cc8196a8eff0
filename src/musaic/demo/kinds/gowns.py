"""Drawings of dresses and other falling cloth: dress, halter dress, skirt."""

from collections.abc import Callable

from musaic.demo.canvas import Canvas, Role, spline
from musaic.demo.kinds.tailoring import (
    Cut,
    back_of_neck,
    creases,
    edging,
    finish_cuffs,
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
        canvas.polygon(
            canvas.trim(),
            outline(
                [(-waist - 0.01, y - 0.05), (0, y - 0.035), (waist + 0.01, y - 0.05)],
                [(waist + 0.015, y + 0.05), (0, y + 0.065), (-waist - 0.015, y + 0.05)],
            ),
        )
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
    cut = Cut(
        canvas.uniform(0.13, 0.2),
        chest - 0.02 if sleeve == 0 else chest + 0.04,
        chest,
        chest - canvas.uniform(0.06, 0.1),
        0,
        -0.9,
        0.05,
        -0.5,
        waist_y,
    )
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


DRAWINGS: dict[str, Callable[[Canvas], None]] = {"dress": dress, "halter dress": halter_dress, "skirt": skirt}
