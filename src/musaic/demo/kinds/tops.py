"""Drawings of tops: t-shirt, shirt, longsleeve, hoodie."""

from collections.abc import Callable

from musaic.demo.canvas import Canvas, Role
from musaic.demo.kinds.tailoring import (
    Cut,
    back_of_neck,
    collar_points,
    creases,
    edging,
    finish_cuffs,
    inside,
    mirrored,
    outline,
    rib,
    sleeves,
    symmetric,
    torso,
)


def _cut(canvas: Canvas, *, bottom: tuple[float, float] = (0.68, 0.9)) -> Cut:
    chest = canvas.uniform(0.42, 0.52)
    fitted = canvas.chance(0.4)
    return Cut(
        neck=canvas.uniform(0.16, 0.21), shoulder=chest + canvas.uniform(-0.01, 0.06), chest=chest,
        waist=chest - (canvas.uniform(0.05, 0.09) if fitted else -0.005),
        hem=chest + canvas.uniform(-0.03, 0.04), top=-0.86, slope=canvas.uniform(0.08, 0.15),
        armpit=canvas.uniform(-0.42, -0.3), bottom=canvas.uniform(*bottom),
    )  # fmt: skip


def _neck_band(canvas: Canvas, cut: Cut, dip: float, *, pointed: bool) -> None:
    n, y = cut.neck, cut.top
    edge = [(n, y), (0.72 * n, y + 0.62 * dip), (0, y + dip), (-0.72 * n, y + 0.62 * dip), (-n, y)]
    edge = edge[::2] if pointed else edge
    wide = 0.085 if canvas.trimmed else 0.05
    outer = [(x * (1 + wide / n), py + wide * (1 - abs(x) / n * 0.8)) for x, py in edge]
    canvas.polygon(canvas.trim(), outline(edge, outer[::-1]))


def _print(canvas: Canvas) -> None:
    kind, y = canvas.pick(0, 1, 2, 3), canvas.uniform(-0.2, -0.05)
    if kind == 0:
        canvas.ellipse(Role.ACCENT, 0, y, 0.16, 0.16)
    elif kind == 1:
        canvas.rect(Role.BODY, 0.12, y - 0.15, 0.32, y + 0.07, 0.03)
        canvas.line(Role.SHADE, [(0.12, y - 0.1), (0.32, y - 0.1)], 0.012)
    elif kind == 2:
        canvas.polygon(
            Role.ACCENT, [(-0.18, y + 0.12), (-0.06, y - 0.12), (0, y), (0.07, y - 0.07), (0.19, y + 0.12)]
        )
    else:
        canvas.line(Role.WHITE, [(-0.2, y), (0.2, y)], 0.06)
        canvas.line(Role.WHITE, [(-0.13, y + 0.1), (0.13, y + 0.1)], 0.035)


def t_shirt(canvas: Canvas) -> None:
    """Draw a short-sleeved top with a round, scooped or V neckline."""
    cut, pointed = _cut(canvas), canvas.chance(0.3)
    dip = canvas.uniform(0.22, 0.32) if pointed else canvas.uniform(0.12, 0.24)
    back_of_neck(canvas, cut, dip + 0.04)
    cuffs = sleeves(canvas, cut, length=canvas.uniform(0.36, 0.5), angle=canvas.uniform(28, 62),
                    cuff=canvas.uniform(0.26, 0.34))  # fmt: skip
    finish_cuffs(canvas, cuffs, 0.08 if canvas.trimmed else 0.05)
    hem = torso(canvas, cut, dip=dip, pointed=pointed)
    creases(canvas, cut)
    edging(canvas, hem, 0.09)
    _neck_band(canvas, cut, dip, pointed=pointed)
    if canvas.chance(0.35):
        _print(canvas)


def longsleeve(canvas: Canvas) -> None:
    """Draw a pullover with long sleeves and no opening: crew, V, boat or roll neck."""
    cut, neck = _cut(canvas, bottom=(0.62, 0.85)), canvas.pick(0, 0, 1, 2)
    dip = canvas.uniform(0.22, 0.32) if neck == 1 else canvas.uniform(0.1, 0.16)
    if neck != 2:
        back_of_neck(canvas, cut, dip + 0.04)
    role = canvas.trim() if canvas.chance(0.25) else Role.BODY
    ribbed = canvas.chance(0.6)
    cuffs = sleeves(canvas, cut, length=canvas.uniform(1.15, 1.4), angle=canvas.uniform(58, 80),
                    cuff=canvas.uniform(0.13, 0.18), role=role)  # fmt: skip
    finish_cuffs(canvas, cuffs, canvas.uniform(0.09, 0.13), ribbed=ribbed)
    hem = torso(canvas, cut, dip=dip, pointed=neck == 1)
    creases(canvas, cut)
    edging(canvas, hem, 0.1)
    if ribbed:
        y, w = cut.bottom, cut.hem
        canvas.line(Role.SHADE, [(-w, y - 0.1), (w, y - 0.1)], 0.012)
        rib(canvas, [(-w, y), (w, y), (w, y - 0.1), (-w, y - 0.1)], 18)
    if neck == 2:
        _roll_neck(canvas, cut)
    else:
        _neck_band(canvas, cut, dip, pointed=neck == 1)


def _roll_neck(canvas: Canvas, cut: Cut) -> None:
    n, y = cut.neck, cut.top
    tube = symmetric(
        [(0, y - 0.09), (0.9 * n, y - 0.1)],
        [(0.9 * n, y - 0.1), (0.98 * n, y + 0.02), (n + 0.03, y + 0.05)],
        [(n + 0.03, y + 0.05), (0.6 * n, y + 0.14), (0, y + 0.17)],
    )
    canvas.polygon(canvas.trim(), tube)
    canvas.curve(Role.SHADE, [(-0.92 * n, y - 0.02), (0, y + 0.03), (0.92 * n, y - 0.02)], 0.016)
    rib(canvas, [(-n, y + 0.12), (n, y + 0.12), (n, y - 0.08), (-n, y - 0.08)], 9)


def shirt(canvas: Canvas) -> None:
    """Draw a buttoned shirt with a collar, long- or short-sleeved."""
    cut, long = _cut(canvas, bottom=(0.78, 0.93)), canvas.chance(0.65)
    if long:
        cuffs = sleeves(
            canvas,
            cut,
            length=canvas.uniform(1.15, 1.35),
            angle=canvas.uniform(60, 80),
            cuff=canvas.uniform(0.15, 0.19),
        )
    else:
        cuffs = sleeves(canvas, cut, length=canvas.uniform(0.4, 0.52), angle=canvas.uniform(40, 62), cuff=0.3)
    finish_cuffs(canvas, cuffs, 0.14 if long else 0.06, ribbed=False)
    tail = canvas.pick(0.0, 0.12, 0.18)
    hem = torso(canvas, cut, dip=0.12, tail=tail)
    creases(canvas, cut)
    canvas.line(Role.SHADE, [(x, y - 0.045) for x, y in hem], 0.012)
    _placket(canvas, cut)
    for side in (1, -1)[: int(canvas.pick(0, 1, 1, 2))]:
        _pocket(canvas, side)
    collar_points(canvas, cut, spread=cut.neck + canvas.uniform(-0.06, 0.08), drop=canvas.uniform(0.2, 0.28))


def _placket(canvas: Canvas, cut: Cut) -> None:
    top, bottom = cut.top + 0.12, cut.bottom
    if canvas.trimmed:
        canvas.rect(Role.TRIM, -0.05, top, 0.05, bottom)
    else:
        for x in (-0.045, 0.045):
            canvas.line(Role.SHADE, [(x, top), (x, bottom)], 0.013)
    role = Role.BODY if canvas.trimmed else (Role.WHITE if canvas.chance(0.6) else Role.DARK)
    for i in range(7):
        canvas.ellipse(role, 0, top + 0.09 + (bottom - top - 0.2) * i / 6, 0.022, 0.022)


def _pocket(canvas: Canvas, side: int) -> None:
    flap = [(0.14, -0.36), (0.34, -0.36), (0.34, -0.14), (0.24, -0.09), (0.14, -0.14)]
    canvas.polygon(Role.BODY, mirrored(flap, side))
    canvas.line(Role.SHADE, mirrored([(0.14, -0.36), *flap[1:], (0.14, -0.36)], side), 0.012)
    canvas.line(Role.SHADE, mirrored([(0.14, -0.31), (0.34, -0.31)], side), 0.012)


def hoodie(canvas: Canvas) -> None:
    """Draw a hooded sweatshirt with a pouch pocket and drawstrings, with or without a zip."""
    cut = _cut(canvas, bottom=(0.72, 0.88))
    cut = Cut(
        cut.neck + 0.04,
        cut.shoulder,
        cut.chest,
        cut.chest + 0.01,
        cut.chest - 0.03,
        -0.58,
        0.1,
        -0.16,
        cut.bottom,
    )
    _hood(canvas, cut)
    cuffs = sleeves(
        canvas,
        cut,
        length=canvas.uniform(1.1, 1.25),
        angle=canvas.uniform(60, 80),
        cuff=canvas.uniform(0.16, 0.2),
    )
    finish_cuffs(canvas, cuffs, 0.12, ribbed=True)
    torso(canvas, cut, dip=0.2)
    creases(canvas, cut)
    _hood_front(canvas, cut)
    y, w = cut.bottom, cut.hem
    canvas.rect(canvas.trim(), -w + 0.01, y - 0.1, w - 0.01, y + 0.02, 0.03)
    rib(canvas, [(-w, y), (w, y), (w, y - 0.09), (-w, y - 0.09)], 18)
    zipped = canvas.chance(0.4)
    _pouch(canvas, cut)
    if zipped:
        canvas.line(canvas.trim(Role.GREY), [(0, cut.top + 0.22), (0, y)], 0.035)
    _strings(canvas, cut)


def _hood(canvas: Canvas, cut: Cut) -> None:
    n, y = cut.neck + 0.1, cut.top
    up = canvas.uniform(0.3, 0.37)
    canvas.polygon(
        Role.BODY,
        symmetric(
            [
                (0, y - up),
                (0.62 * n, y - 0.9 * up),
                (1.02 * n, y - 0.4 * up),
                (n, y + 0.08),
                (0.3 * n, y + 0.25),
                (0, y + 0.28),
            ]
        ),
    )
    inside(
        canvas,
        symmetric(
            [
                (0, y - 0.72 * up),
                (0.55 * n, y - 0.6 * up),
                (0.72 * n, y - 0.2 * up),
                (0.6 * n, y + 0.08),
                (0, y + 0.22),
            ]
        ),
    )
    if canvas.trimmed:
        rim = [(-0.6 * n, y + 0.08), (-0.72 * n, y - 0.2 * up), (-0.55 * n, y - 0.6 * up), (0, y - 0.72 * up)]
        canvas.curve(Role.TRIM, rim + mirrored(rim[:3])[::-1], 0.055)


def _hood_front(canvas: Canvas, cut: Cut) -> None:
    n, y = cut.neck, cut.top
    for side in (-1, 1):
        fold = [
            (n + 0.1, y - 0.06),
            (n + 0.08, y + 0.1),
            (0.0, y + 0.3),
            (-0.03, y + 0.2),
            (0.55 * n, y + 0.06),
            (0.75 * n, y - 0.06),
        ]
        canvas.smooth(Role.BODY, mirrored(fold, side))


def _pouch(canvas: Canvas, cut: Cut) -> None:
    w, y = canvas.uniform(0.27, 0.33), cut.bottom - 0.11
    right = (
        [(0, y - 0.4), (0.62 * w, y - 0.4)],
        [(0.62 * w, y - 0.4), (0.75 * w, y - 0.26), (w, y - 0.16)],
        [(w, y - 0.16), (w, y), (0, y)],
    )
    canvas.polygon(Role.BODY, symmetric(*right))
    for side in (-1, 1):
        slit = [(0.6 * w, y - 0.4), (0.73 * w, y - 0.26), (0.98 * w, y - 0.16)]
        canvas.curve(Role.SHADE, mirrored(slit, side), 0.028)


def _strings(canvas: Canvas, cut: Cut) -> None:
    y, role = cut.top + 0.2, canvas.trim(Role.WHITE if canvas.chance(0.6) else Role.DARK)
    for side in (-1, 1):
        x, drop = side * 0.08, canvas.uniform(0.26, 0.4)
        canvas.curve(role, [(x, y), (x + 0.02, y + 0.5 * drop), (x * 1.2, y + drop)], 0.026)


DRAWINGS: dict[str, Callable[[Canvas], None]] = {
    "t-shirt": t_shirt, "shirt": shirt, "longsleeve": longsleeve, "hoodie": hoodie,
}  # fmt: skip
