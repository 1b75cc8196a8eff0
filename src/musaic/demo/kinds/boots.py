"""Drawings of boots; toes point right."""

from collections.abc import Callable

from musaic.demo.canvas import Canvas, Role
from musaic.demo.kinds.lasts import Last, stand


def boots(canvas: Canvas) -> None:
    """Draw boots: laced, chelsea, knee-high, heeled ankle boots or wellingtons."""
    style = int(canvas.pick(0, 0, 1, 2, 3, 4))
    low, high = ((0.9, 1.15), (0.78, 0.95), (1.2, 1.45), (0.8, 0.95), (1.1, 1.35))[style]
    shaft = canvas.uniform(low, high)
    heel = canvas.uniform(0.25, 0.4) if style == 3 or (style == 2 and canvas.chance(0.5)) else 0.1
    size = min(1.3, 1.8 / (shaft + 0.15))
    middle = -0.5 * (0.85 + 0.7 - shaft)

    def draw(last: Last) -> None:
        grown = last.size * size
        _boot(
            Last(canvas, (last.by[0] - 0.18 * grown, last.by[1] + middle * grown), grown), style, shaft, heel
        )

    stand(canvas, draw, alone=0.3, size=0.82, apart=(0.26, 0.06))


def _boot(last: Last, style: int, shaft: float, heel: float) -> None:
    ground, w = 0.85, 0.3 if shaft > 1 else 0.29
    bed, top = ground - 0.1, ground - 0.1 - shaft
    hb = bed - (heel - 0.1)
    wide = w + (0.05 if shaft > 1 else 0.0)
    last.shade(
        [(-wide - 0.05, top), (-0.05, top - 0.05), (wide - 0.05, top)],
        [(wide - 0.05, top + 0.06), (-0.05, top + 0.1), (-wide - 0.05, top + 0.06)],
    )
    back = [
        (-wide - 0.05, top),
        (-w - 0.08, top + 0.4 * shaft),
        (-w + 0.02, hb - 0.32),
        (-w - 0.06, hb - 0.12),
        (-w - 0.04, hb),
    ]
    under = [(-w - 0.04, hb), (0.0, 0.5 * (hb + bed)), (0.25, bed)]
    toe = [
        (0.25, bed),
        (0.72, bed),
        (0.8, bed - 0.08),
        (0.7, bed - 0.22),
        (0.45, bed - 0.3),
        (0.24, bed - 0.42),
    ]
    front = [(0.24, bed - 0.42), (0.2, bed - 0.55), (wide - 0.08, top + 0.3 * shaft), (wide - 0.05, top)]
    last.fill(
        Role.BODY, back, under, toe, front, [(wide - 0.05, top), (-0.05, top + 0.045), (-wide - 0.05, top)]
    )
    _boot_sole(last, style, (hb, bed, ground, w))
    for dy in (0.0, 0.09):
        last.stroke(
            Role.SHADE, [(0.22, bed - 0.46 - dy), (0.05, bed - 0.4 - dy), (-0.08, bed - 0.44 - dy)], 0.018
        )
    last.stroke(Role.LIGHT, [(-0.2, top + 0.2), (-0.2, top + 0.5 * shaft), (-0.16, bed - 0.45)], 0.03)
    (_laced, _chelsea, _knee_high, _zipped, _wellington)[style](last, top, bed, wide)


def _boot_sole(last: Last, style: int, measures: tuple[float, ...]) -> None:
    hb, bed, ground, w = measures
    role = last.canvas.trim(Role.DARK) if style in (1, 4) else Role.DARK
    last.fill(
        role,
        [(0.02, bed - 0.01), (0.25, bed - 0.025), (0.7, bed - 0.03), (0.8, bed - 0.1)],
        [(0.84, bed + 0.0), (0.74, ground - 0.02)],
        [(0.2, ground - 0.02), (0.02, bed + 0.03)],
    )
    last.fill(
        role,
        [(-w - 0.06, hb - 0.02), (-0.1, hb), (0.12, 0.7 * bed + 0.3 * hb)],
        [(0.0, 0.5 * (hb + ground) + 0.03), (-0.02, ground)],
        [(-w + 0.0, ground), (-w - 0.03, 0.5 * (hb + ground)), (-w - 0.06, hb - 0.02)],
    )


def _laced(last: Last, top: float, bed: float, wide: float) -> None:
    role = last.canvas.trim(Role.DARK if last.canvas.chance(0.6) else Role.WHITE)
    rows = 7
    for i in range(rows):
        u = i / (rows - 1)
        x, y = wide - 0.07 + (0.24 - wide) * u + 0.12 * u**4, top + 0.12 + (bed - 0.47 - top) * u
        last.stroke(role, [(x - 0.01, y + 0.015), (x - 0.15, y - 0.025)], 0.04)
        last.dot(Role.GREY, x - 0.17, y - 0.03, 0.022)
    last.stroke(
        Role.SHADE,
        [(0.05, top + 0.06), (0.03, 0.5 * (top + bed)), (0.1, bed - 0.36), (0.28, bed - 0.2)],
        0.014,
    )
    last.stroke(Role.SHADE, [(0.42, bed - 0.02), (0.38, bed - 0.14), (0.44, bed - 0.28)], 0.016)
    last.stroke(
        last.canvas.trim(Role.SHADE),
        [(-wide - 0.04, top + 0.05), (-0.1, top + 0.09), (wide - 0.14, top + 0.06)],
        0.09 if last.canvas.trimmed else 0.03,
    )
    if last.canvas.trimmed:
        last.stroke(Role.TRIM, [(-0.33, bed - 0.03), (0.2, bed - 0.03), (0.78, bed - 0.03)], 0.06)


def _chelsea(last: Last, top: float, bed: float, wide: float) -> None:
    gusset = (
        [(-0.16, top + 0.04), (-0.13, 0.5 * (top + bed)), (-0.03, bed - 0.34)],
        [(0.04, bed - 0.34), (0.09, 0.5 * (top + bed)), (0.11, top + 0.04)],
    )
    last.fill(last.canvas.trim(Role.DARK), *gusset)
    if last.canvas.trimmed:
        last.stroke(Role.SHADE, [(-0.03, top + 0.06), (0.0, bed - 0.36)], 0.014)
    last.stroke(
        last.canvas.trim(), [(-wide - 0.06, top + 0.1), (-wide - 0.1, top - 0.06), (-wide, top + 0.02)], 0.045
    )
    last.stroke(Role.SHADE, [(0.0, bed - 0.34), (0.2, bed - 0.22), (0.3, bed - 0.02)], 0.014)


def _knee_high(last: Last, top: float, bed: float, wide: float) -> None:
    role = last.canvas.trim()
    fold = (
        [(-wide - 0.06, top - 0.01), (-0.05, top + 0.04), (wide - 0.04, top - 0.01)],
        [(wide - 0.06, top + 0.15), (-0.05, top + 0.2), (-wide - 0.06, top + 0.15)],
    )
    last.fill(role, *fold)
    last.stroke(Role.SHADE, [(-0.05, top + 0.2), (-0.1, 0.5 * (top + bed)), (-0.12, bed)], 0.014)
    if last.canvas.chance(0.6):
        last.stroke(role, [(-0.3, bed - 0.28), (-0.05, bed - 0.34), (0.26, bed - 0.44)], 0.09)
        last.dot(Role.GREY, 0.0, bed - 0.35, 0.06)


def _zipped(last: Last, top: float, bed: float, wide: float) -> None:
    last.stroke(
        last.canvas.trim(Role.GREY),
        [(-0.06, top + 0.03), (-0.08, 0.5 * (top + bed)), (-0.06, bed - 0.12)],
        0.05 if last.canvas.trimmed else 0.03,
    )
    last.stroke(
        last.canvas.trim(Role.SHADE),
        [(-wide - 0.04, top + 0.04), (-0.05, top + 0.09), (wide - 0.06, top + 0.04)],
        0.1 if last.canvas.trimmed else 0.03,
    )
    last.stroke(
        last.canvas.trim(Role.SHADE),
        [(-0.32, bed - 0.22), (0.0, bed - 0.26), (0.25, bed - 0.38)],
        0.07 if last.canvas.trimmed else 0.02,
    )


def _wellington(last: Last, top: float, bed: float, wide: float) -> None:
    role, deep = last.canvas.trim(Role.SHADE), 0.13 if last.canvas.trimmed else 0.04
    last.stroke(role, [(-wide - 0.05, top + 0.06), (-0.05, top + 0.11), (wide - 0.05, top + 0.06)], deep)
    last.stroke(role, [(-0.34, bed - 0.05), (0.2, bed - 0.05), (0.8, bed - 0.07)], 0.7 * deep)
    last.stroke(Role.WHITE, [(0.02, top + 0.28), (0.14, top + 0.28)], 0.06)
    last.stroke(Role.LIGHT, [(0.5, bed - 0.25), (0.65, bed - 0.18), (0.7, bed - 0.1)], 0.03)


DRAWINGS: dict[str, Callable[[Canvas], None]] = {"boots": boots}
