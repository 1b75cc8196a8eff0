"""Drawings of what is worn on top: jacket, coat, cape."""

from collections.abc import Callable

from musaic.demo.canvas import Canvas, Point, Role, spline
from musaic.demo.kinds.tailoring import (
    Cut,
    buttons,
    collar_points,
    creases,
    edging,
    finish_cuffs,
    inside,
    lapels,
    mirrored,
    outline,
    rib,
    rippled,
    sleeves,
    slit_pockets,
    spaced,
    symmetric,
    torso,
)


def _open_front(canvas: Canvas, cut: Cut, gap: float) -> None:
    """Show what is under an open jacket: its lining, and often a top."""
    front = [(-cut.neck, cut.top), (cut.neck, cut.top), (gap, cut.bottom - 0.01), (-gap, cut.bottom - 0.01)]
    canvas.polygon(Role.BODY, front)
    canvas.polygon(Role.SHADE, front)
    if canvas.chance(0.5):
        role = Role.WHITE if canvas.chance(0.6) else Role.GREY
        n, y = 0.8 * cut.neck, cut.top
        under = outline(
            [(-n, y + 0.03), (0, y + 0.14), (n, y + 0.03)],
            [(0.8 * gap, cut.bottom - 0.1), (-0.8 * gap, cut.bottom - 0.1)],
        )
        canvas.polygon(role, under)


def _front_edges(canvas: Canvas, cut: Cut, gap: float, *, top: float) -> None:
    for side in (-1, 1):
        edge = mirrored([(cut.neck if gap else 0.02, cut.top + top * 0.3), (gap + 0.02, cut.bottom)], side)
        canvas.line(canvas.trim(Role.SHADE), edge, 0.06 if canvas.trimmed else 0.014)


def jacket(canvas: Canvas) -> None:
    """Draw a short jacket: bomber, biker, denim or blazer, closed or open."""
    chest = canvas.uniform(0.44, 0.52)
    cut = Cut(
        canvas.uniform(0.17, 0.21),
        chest + 0.04,
        chest,
        chest - canvas.uniform(0, 0.06),
        chest - 0.02,
        -0.78,
        0.11,
        -0.3,
        canvas.uniform(0.5, 0.72),
    )
    style, is_open = int(canvas.pick(0, 1, 2, 3)), canvas.chance(0.4)
    cuffs = sleeves(
        canvas,
        cut,
        length=canvas.uniform(1.1, 1.3),
        angle=canvas.uniform(60, 80),
        cuff=canvas.uniform(0.17, 0.21),
    )
    finish_cuffs(canvas, cuffs, 0.11, ribbed=style == 0)
    torso(canvas, cut, dip=0.1)
    creases(canvas, cut)
    gap = canvas.uniform(0.08, 0.16) if is_open else 0.0
    if is_open:
        _open_front(canvas, cut, gap)
    (_bomber, _biker, _denim, _blazer)[style](canvas, cut, gap)


def _hem_band(canvas: Canvas, cut: Cut, gap: float, *, ribbed: bool) -> None:
    w, y = cut.hem, cut.bottom
    for side in (-1, 1):
        band = mirrored([(gap, y + 0.03), (w + 0.01, y + 0.02), (w + 0.01, y - 0.09), (gap, y - 0.09)], side)
        canvas.polygon(canvas.trim(), band)
        if ribbed:
            rib(canvas, band, 9)


def _zip(canvas: Canvas, points: list[Point]) -> None:
    canvas.line(canvas.trim(Role.GREY), points, 0.045 if canvas.trimmed else 0.032)
    canvas.line(Role.SHADE, points, 0.008)


def _bomber(canvas: Canvas, cut: Cut, gap: float) -> None:
    n, y = cut.neck, cut.top
    if gap:
        _front_edges(canvas, cut, gap, top=0.1)
    else:
        _zip(canvas, [(0, y + 0.05), (0, cut.bottom)])
    _hem_band(canvas, cut, gap, ribbed=True)
    slit_pockets(canvas, 0.25)
    inside(canvas, outline([(-n, y), (-0.8 * n, y - 0.07), (0.8 * n, y - 0.07), (n, y)], [(0, y + 0.14)]))
    for side in (-1, 1):
        stand = [
            (0.15 * n, y + 0.13),
            (0.75 * n, y - 0.1),
            (n + 0.03, y - 0.06),
            (n + 0.05, y + 0.03),
            (0.3 * n, y + 0.19),
        ]
        canvas.smooth(canvas.trim(), mirrored(stand, side))


def _biker(canvas: Canvas, cut: Cut, gap: float) -> None:
    n, y, low = cut.neck, cut.top, cut.top + canvas.uniform(0.4, 0.5)
    if gap:
        _front_edges(canvas, cut, gap, top=0.6)
    else:
        _zip(canvas, [(0.22, low - 0.15), (0.04, low + 0.2), (0.02, cut.bottom)])
    lapels(canvas, cut, low=low, width=0.17, opening=Role.WHITE if gap else Role.SHADE)
    _hem_band(canvas, cut, gap, ribbed=False)
    for side in (-1, 1):
        _zip(canvas, mirrored([(0.2, 0.28), (0.38, 0.1)], side))
        canvas.ellipse(Role.GREY, side * (n + 0.12), y + 0.24, 0.018, 0.018)
    if not gap:
        canvas.rect(Role.GREY, -0.07, cut.bottom - 0.07, 0.07, cut.bottom + 0.005, 0.01)


def _denim(canvas: Canvas, cut: Cut, gap: float) -> None:
    for side in (-1, 1):
        canvas.line(
            Role.SHADE, mirrored([(0, cut.top + 0.35), (cut.chest * 0.97, cut.top + 0.35)], side), 0.014
        )
        canvas.line(Role.SHADE, mirrored([(0.28, cut.top + 0.5), (0.14, cut.bottom)], side), 0.014)
        flap = [
            (0.15, cut.top + 0.36),
            (0.36, cut.top + 0.36),
            (0.36, cut.top + 0.45),
            (0.255, cut.top + 0.5),
            (0.15, cut.top + 0.45),
        ]
        canvas.polygon(canvas.trim(), mirrored(flap, side))
    _front_edges(canvas, cut, gap, top=0.1)
    if not gap:
        buttons(canvas, [0.0], spaced(cut.top + 0.2, cut.bottom - 0.05, 6))
    _hem_band(canvas, cut, gap, ribbed=False)
    collar_points(canvas, cut, spread=cut.neck + 0.06, drop=0.24)


def _blazer(canvas: Canvas, cut: Cut, gap: float) -> None:
    low = cut.top + canvas.uniform(0.5, 0.75)
    if not gap:
        canvas.line(Role.SHADE, [(0, low), (0.02, cut.bottom)], 0.016)
    if not gap:
        buttons(canvas, [0.04], [low + 0.08, low + 0.3], radius=0.03)
    lapels(canvas, cut, low=low, width=canvas.uniform(0.12, 0.17), opening=Role.WHITE)
    slit_pockets(canvas, 0.2, flap=True)


def coat(canvas: Canvas) -> None:
    """Draw a long coat: trench with a belt, single-breasted, double-breasted or quilted."""
    style, chest = int(canvas.pick(0, 1, 2, 3)), canvas.uniform(0.34, 0.4)
    belted = style == 0 or (style == 3 and canvas.chance(0.5))
    waist = chest - (canvas.uniform(0.03, 0.07) if belted else -0.02)
    hem = canvas.uniform(0.4, 0.56)
    cut = Cut(0.15, chest + 0.03, chest, waist, waist, -0.85, 0.09, -0.46, canvas.uniform(-0.1, 0.0))
    skirt = Cut(0.15, chest, waist, waist, hem, -0.85, 0.1, cut.bottom, canvas.uniform(0.85, 0.95))
    cuffs = sleeves(
        canvas,
        cut,
        length=canvas.uniform(0.98, 1.1),
        angle=canvas.uniform(66, 82),
        cuff=canvas.uniform(0.15, 0.19),
    )
    finish_cuffs(canvas, cuffs, 0.1)
    _coat_body(canvas, cut, skirt)
    if style == 3:
        _quilted(canvas, cut, skirt)
    else:
        (_trench, _single, _double)[style](canvas, cut)
    if belted:
        _belt(canvas, waist + 0.01, cut.bottom)


def _coat_body(canvas: Canvas, cut: Cut, skirt: Cut) -> None:
    w, y, hem, low = cut.waist, cut.bottom, skirt.hem, skirt.bottom
    x, top = cut.tip
    canvas.polygon(
        Role.BODY,
        symmetric(
            [(0, cut.top + 0.1), (cut.neck, cut.top)],
            [(x, top), (0.94 * x, 0.5 * (top + cut.armpit)), (cut.chest, cut.armpit)],
            [(cut.chest, cut.armpit), (w, y), (0.45 * w + 0.55 * hem, 0.5 * (y + low)), (hem, low)],
            [(hem, low), (0.5 * hem, low + 0.025), (0, low + 0.03)],
        ),
    )
    canvas.folds(((-w, y + 0.1), (w, y + 0.1)), ((-hem, low), (hem, low)), int(canvas.pick(2, 3, 4)))
    edge = spline(
        [(hem, low), (0.5 * hem, low + 0.025), (0, low + 0.03), (-0.5 * hem, low + 0.025), (-hem, low)],
        closed=False,
    )
    edging(canvas, edge, 0.09, squeeze=1 - 0.08 * (hem - w) / hem)
    canvas.line(canvas.trim(Role.SHADE), [(0.02, -0.3), (0.03, low)], 0.05 if canvas.trimmed else 0.016)


def _belt(canvas: Canvas, w: float, y: float) -> None:
    canvas.polygon(
        canvas.trim(),
        outline(
            [(-w, y - 0.05), (0, y - 0.035), (w, y - 0.05)], [(w, y + 0.05), (0, y + 0.065), (-w, y + 0.05)]
        ),
    )
    canvas.polygon(canvas.trim(), [(0.05, y), (0.11, y + 0.02), (0.19, y + 0.3), (0.1, y + 0.31)])
    canvas.rect(Role.GREY, -0.04, y - 0.06, 0.08, y + 0.085, 0.02)
    canvas.rect(canvas.trim(), -0.01, y - 0.03, 0.05, y + 0.055)


def _under(canvas: Canvas) -> Role:
    return Role(int(canvas.pick(Role.SHADE, Role.SHADE, Role.WHITE, Role.GREY)))


def _trench(canvas: Canvas, cut: Cut) -> None:
    lapels(canvas, cut, low=cut.top + 0.42, width=0.17, opening=_under(canvas))
    buttons(canvas, [-0.13, 0.15], [-0.32, -0.16, 0.2, 0.4])
    slit_pockets(canvas, 0.32)
    for side in (-1, 1):
        x, y = cut.tip
        canvas.line(canvas.trim(), mirrored([(x - 0.18, y - 0.02), (x - 0.01, y + 0.02)], side), 0.05)


def _single(canvas: Canvas, cut: Cut) -> None:
    low = cut.top + canvas.uniform(0.45, 0.65)
    lapels(canvas, cut, low=low, width=canvas.uniform(0.12, 0.17), opening=_under(canvas))
    buttons(canvas, [0.05], spaced(low + 0.06, 0.45, int(canvas.pick(3, 4, 5))), radius=0.028)
    slit_pockets(canvas, 0.22, x=0.16, flap=True)


def _double(canvas: Canvas, cut: Cut) -> None:
    low = cut.top + canvas.uniform(0.4, 0.55)
    lapels(canvas, cut, low=low, width=0.19, opening=_under(canvas))
    buttons(canvas, [-0.13, 0.15], spaced(low + 0.06, 0.3, 3), radius=0.032)
    slit_pockets(canvas, 0.2, x=0.2, flap=True)


def _quilted(canvas: Canvas, cut: Cut, skirt: Cut) -> None:
    for i in range(10):
        y = -0.56 + 0.15 * i
        u = max(0.0, (y - cut.bottom) / (skirt.bottom - cut.bottom))
        w = 0.96 * (cut.waist + (skirt.hem - cut.waist) * u) - 0.01
        canvas.curve(
            Role.SHADE, [(-w, y), (-0.5 * w, y + 0.03), (0, y + 0.015), (0.5 * w, y + 0.03), (w, y)], 0.02
        )
    _zip(canvas, [(0, cut.top + 0.1), (0, skirt.bottom)])
    n, y = cut.neck, cut.top
    canvas.smooth(
        canvas.trim(),
        symmetric(
            [(0, y - 0.08), (0.9 * n, y - 0.1), (n + 0.06, y + 0.03), (0.5 * n, y + 0.15), (0, y + 0.17)]
        ),
    )


def cape(canvas: Canvas) -> None:
    """Draw a cape flowing from the shoulders: closed, parted in front, or blown to one side."""
    top, neck, shoulder = -0.8, canvas.uniform(0.14, 0.2), canvas.uniform(0.36, 0.46)
    low, hem = canvas.uniform(0.6, 0.92), canvas.uniform(0.62, 0.9)
    blow = canvas.uniform(-0.12, 0.12) if canvas.chance(0.6) else 0.0
    edge = [
        (x + blow * (1 - abs(x)), y)
        for x, y in rippled(canvas, hem, low, sag=0.05, waves=int(canvas.pick(3, 4, 5, 6)))
    ]
    right = [(neck, top), (shoulder, top + 0.14), (0.5 * (shoulder + hem) - 0.03, 0.1), edge[0]]
    left = [edge[-1], (-0.5 * (shoulder + hem) + 0.03, 0.1), (-shoulder, top + 0.14), (-neck, top)]
    canvas.polygon(Role.BODY, outline([(0, top + 0.05), (neck, top)], right, edge[1:-1:2], left))
    _cape_folds(canvas, edge, neck, top)
    edging(canvas, edge, 0.1, squeeze=0.97)
    parted = canvas.pick(0.0, 0.06, 0.2, 0.3)
    if parted:
        _parting(canvas, parted, top, low, blow)
    _cape_collar(canvas, neck, top)


def _cape_folds(canvas: Canvas, edge: list[Point], neck: float, top: float) -> None:
    for i in range(2, len(edge) - 2, max(2, len(edge) // 9)):
        x, y = edge[i]
        start = canvas.uniform(0.1, 0.5)
        points = [
            (neck * x + (x - neck * x) * start, top + (y - top) * start),
            (0.75 * x, top + 0.7 * (y - top)),
            (x, y - 0.02),
        ]
        canvas.curve(Role.SHADE if canvas.chance(0.7) else Role.LIGHT, points, canvas.uniform(0.015, 0.03))


def _parting(canvas: Canvas, wide: float, top: float, low: float, blow: float) -> None:
    slit = [(-0.02, top + 0.12), (0.02, top + 0.12), (wide + blow, low + 0.03), (-wide + blow, low + 0.03)]
    canvas.polygon(Role.SHADE, slit)
    for x, end in ((-0.02, -wide), (0.02, wide)):
        edge = [(x, top + 0.12), (x + 0.45 * (end - x), 0.0), (end + blow, low + 0.04)]
        canvas.curve(canvas.trim(Role.LIGHT), edge, 0.06 if canvas.trimmed else 0.02)


def _cape_collar(canvas: Canvas, n: float, y: float) -> None:
    if canvas.chance(0.4):  # a hood lying round the neck
        hood = symmetric(
            [(0, y - 0.13), (n + 0.06, y - 0.1), (n + 0.16, y + 0.06), (0.5 * n, y + 0.19), (0, y + 0.2)]
        )
        canvas.smooth(Role.BODY, hood)
        inside(
            canvas,
            spline(symmetric([(0, y - 0.08), (n, y - 0.05), (0.6 * n, y + 0.1), (0, y + 0.12)]), closed=True),
        )
    else:
        flare = canvas.uniform(0.02, 0.12)
        back = [(-n, y + 0.02), (-n - flare, y - 0.14), (0, y - 0.08), (n + flare, y - 0.14), (n, y + 0.02)]
        inside(canvas, outline(back[:2], back[1:4], back[3:]))
        for side in (-1, 1):
            canvas.polygon(
                canvas.trim(),
                mirrored(
                    outline(
                        [(n + flare, y - 0.14), (n + 0.08, y + 0.05), (0.02, y + 0.2)],
                        [(0.0, y + 0.13), (n - 0.02, y)],
                    ),
                    side,
                ),
            )
    canvas.ellipse(canvas.trim(Role.GREY), 0, y + 0.15, 0.055, 0.055)
    canvas.ellipse(Role.SHADE, 0, y + 0.15, 0.025, 0.025)


DRAWINGS: dict[str, Callable[[Canvas], None]] = {"jacket": jacket, "coat": coat, "cape": cape}
