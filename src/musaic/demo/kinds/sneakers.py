"""Drawings of sneakers; toes point right."""

from collections.abc import Callable

from musaic.demo.canvas import Canvas, Point, Role
from musaic.demo.kinds.lasts import Last, stand


def sneakers(canvas: Canvas) -> None:
    """Draw sneakers: low, high-topped, running or slip-on."""
    style = int(canvas.pick(0, 0, 1, 2, 3))
    laces = Role.WHITE if canvas.chance(0.65) else Role.DARK
    sole = canvas.trim() if canvas.chance(0.4) else Role.WHITE if canvas.chance(0.7) else Role.DARK
    look, top = (
        (int(canvas.pick(0, 1, 2)), laces, Role.WHITE if sole == Role.BODY else sole),
        canvas.uniform(-0.44, -0.34),
    )

    def draw(last: Last) -> None:
        _sneaker(last, style, -0.72 if style == 1 else top, look)

    stand(canvas, draw, alone=0.4, size=0.8, apart=(0.12, 0.21 if style != 1 else 0.16))


def _sneaker(last: Last, style: int, top: float, look: tuple[int, Role, Role]) -> None:
    motif, laces, sole = look
    tip = (-0.2, top + 0.02) if style == 1 else (-0.12, top + 0.06)  # where the throat begins
    _sneaker_inside(last, style, top, tip)
    back = [(-0.84, 0.36), (-0.9, 0.16), (-0.86, -0.06), (-0.82, top + 0.1), (-0.86, top)]
    collar = [(-0.86, top), (-0.72, top + 0.03), (-0.5, top + (0.08 if style == 1 else 0.2)), tip]
    throat = [tip, (tip[0] + 0.12, 0.45 * tip[1]), (0.3, 0.02), (0.56, 0.03)]
    toe = [(0.56, 0.03), (0.78, 0.09), (0.92, 0.24), (0.93, 0.36)]
    last.fill(Role.BODY, back, collar, throat, toe)
    _sneaker_panels(last, style, top)
    _motif(last, style, motif)
    _sneaker_sole(last, style, sole)
    if style == 3:
        last.fill(
            last.canvas.trim(Role.SHADE),
            [(tip[0], tip[1]), (tip[0] + 0.12, 0.45 * tip[1]), (0.16, -0.04)],
            [(0.08, 0.12), (-0.16, 0.08), (-0.3, top + 0.16)],
        )
    else:
        _laces(last, tip, 7 if style == 1 else 5, laces)


def _sneaker_inside(last: Last, style: int, top: float, tip: Point) -> None:
    last.shade(
        [(-0.86, top), (-0.6, top - 0.02), (-0.3, top + 0.02), tip],
        [(tip[0], tip[1] + 0.15), (-0.5, top + 0.28), (-0.82, top + 0.1)],
    )
    if style != 3:  # the tongue
        x, y = tip
        last.fill(
            Role.BODY,
            [(x - 0.12, y + 0.12), (x - 0.1, y - 0.08), (x - 0.02, y - 0.14), (x + 0.09, y - 0.08)],
            [(0.34, -0.02), (0.3, 0.1)],
        )


def _sneaker_panels(last: Last, style: int, top: float) -> None:
    heel = (
        [(-0.86, top + 0.01), (-0.82, top + 0.1), (-0.86, -0.06), (-0.9, 0.16), (-0.84, 0.36)],
        [(-0.6, 0.36), (-0.64, 0.1), (-0.74, -0.04)],
    )
    last.fill(last.canvas.trim(), *heel, [(-0.74, -0.04), (-0.76, top + 0.05)])
    cap = [(0.5, 0.36), (0.48, 0.2), (0.56, 0.03)], [(0.56, 0.03), (0.78, 0.09), (0.92, 0.24), (0.93, 0.36)]
    last.fill(Role.WHITE if style == 1 else Role.BODY, *cap)
    if style != 1:
        for x, y in ((0.62, 0.13), (0.7, 0.17), (0.64, 0.21), (0.74, 0.24)):
            last.dot(Role.SHADE, x, y, 0.014)
    eyestay = [(-0.22, 0.5 * top), (0.0, 0.1), (0.2, 0.17), (0.48, 0.2)]
    last.stroke(Role.SHADE, eyestay, 0.014)


def _motif(last: Last, style: int, motif: int) -> None:
    role, wide = last.canvas.trim(Role.LIGHT), 0.08 if last.canvas.trimmed else 0.05
    if style == 1:
        last.dot(last.canvas.trim(Role.WHITE), -0.5, -0.32, 0.12)
        last.dot(Role.BODY, -0.5, -0.32, 0.07)
    elif motif == 0:
        last.stroke(role, [(-0.6, 0.1), (-0.42, 0.25), (-0.1, 0.17), (0.16, 0.06)], wide)
    elif motif == 1:
        for x in (-0.44, -0.29, -0.14):
            last.stroke(role, [(x, 0.31), (x + 0.14, 0.02)], wide * 0.8)
    else:
        last.fill(
            role, [(-0.52, 0.31), (-0.4, 0.14), (-0.2, 0.08)], [(-0.08, 0.12), (-0.18, 0.2), (-0.22, 0.31)]
        )


def _sneaker_sole(last: Last, style: int, role: Role) -> None:
    if style == 2:  # a running shoe's wedge
        last.fill(
            role,
            [(-0.96, 0.22), (-0.6, 0.3), (0.0, 0.33), (0.5, 0.33), (0.95, 0.22)],
            [(0.99, 0.32), (0.86, 0.44), (0.4, 0.48)],
            [(-0.1, 0.45), (-0.4, 0.5), (-0.86, 0.5), (-0.99, 0.38), (-0.96, 0.22)],
        )
        last.stroke(Role.DARK, [(-0.86, 0.5), (-0.4, 0.5), (-0.1, 0.455), (0.4, 0.48), (0.86, 0.44)], 0.035)
        last.stroke(Role.GREY, [(-0.9, 0.36), (-0.4, 0.4), (0.3, 0.4), (0.88, 0.34)], 0.016)
        return
    last.fill(
        role,
        [(-0.89, 0.31), (0, 0.33), (0.94, 0.29)],
        [(0.98, 0.38), (0.93, 0.46)],
        [(-0.86, 0.46), (-0.93, 0.39), (-0.89, 0.31)],
    )
    last.stroke(Role.GREY, [(-0.9, 0.4), (0.0, 0.41), (0.95, 0.39)], 0.018)
    last.stroke(Role.DARK, [(-0.86, 0.47), (0.92, 0.47)], 0.03)


def _laces(last: Last, tip: Point, rows: int, role: Role) -> None:
    x0, y0 = tip
    for i in range(rows):
        u = i / (rows - 1)
        x, y = (
            x0 + 0.02 + (0.27 - x0) * u,
            y0 + 0.03 - 0.2 * u * (1 - u) * (y0 < -0.5) + (-0.02 - y0) * u**0.8,
        )
        last.stroke(role, [(x + 0.04, y - 0.05), (x - 0.08, y + 0.1)], 0.036)
    for bend in (-0.17, 0.15):
        loop = [
            (x0, y0 + 0.02),
            (x0 + bend, y0 + 0.0),
            (x0 + bend * 1.1, y0 + 0.13),
            (x0 + 0.2 * bend, y0 + 0.07),
        ]
        last.stroke(role, loop, 0.026)


DRAWINGS: dict[str, Callable[[Canvas], None]] = {"sneakers": sneakers}
