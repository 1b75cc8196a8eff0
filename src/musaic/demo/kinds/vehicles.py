"""Vehicles: cars with a roof, cars without one, bicycles."""

import math
from collections.abc import Callable, Sequence

from musaic.demo.canvas import Canvas, Point, Role, ellipse_points, spline
from musaic.demo.kinds.forms import dot, hoop, ribbon

# The upper outline of a side view (x to the right is forward), then the cabin's glass.
_SEDAN = ([(-0.95, -0.02), (-0.6, -0.08), (-0.38, -0.42), (0.12, -0.44), (0.42, -0.1), (0.86, 0.0), (0.96, 0.14)],
          [(-0.48, -0.1), (-0.32, -0.36), (0.09, -0.38), (0.32, -0.1)])  # fmt: skip
_HATCH = ([(-0.88, -0.02), (-0.84, -0.2), (-0.62, -0.48), (0.08, -0.5), (0.42, -0.14), (0.8, -0.04), (0.92, 0.14)],
          [(-0.74, -0.14), (-0.55, -0.41), (0.05, -0.43), (0.32, -0.13)])  # fmt: skip
_SUV = ([(-0.92, -0.06), (-0.9, -0.3), (-0.78, -0.56), (0.16, -0.58), (0.4, -0.2), (0.86, -0.13), (0.94, 0.1)],
        [(-0.8, -0.2), (-0.72, -0.48), (0.12, -0.5), (0.31, -0.2)])  # fmt: skip
_SPORT = ([(-0.96, -0.1), (-0.86, -0.1), (-0.45, -0.24), (-0.1, -0.36), (0.16, -0.33), (0.5, -0.06), (0.97, 0.1)],
          [(-0.42, -0.14), (-0.1, -0.3), (0.12, -0.28), (0.38, -0.06)])  # fmt: skip
_SHAPES: tuple[tuple[list[Point], list[Point]], ...] = (_SEDAN, _HATCH, _SUV, _SPORT)
_SILL = 0.32


def _car(canvas: Canvas) -> None:
    if canvas.chance(0.18):
        _car_from_front(canvas)
        return
    upper, glass = _SHAPES[int(canvas.rng.integers(len(_SHAPES)))]
    wheel, axle, tall = canvas.uniform(0.19, 0.23), canvas.uniform(0.54, 0.6), canvas.uniform(0.95, 1.25)
    upper, glass = [(x, y * tall) for x, y in upper], [(x, y * tall) for x, y in glass]
    _hull(canvas, upper, wheel, axle)
    _side_windows(canvas, glass)
    _side_details(canvas, wheel, axle)
    for x in (-axle, axle):
        _wheel(canvas, (x, _SILL), wheel)


def _hull(canvas: Canvas, upper: Sequence[Point], wheel: float, axle: float) -> None:
    roof = spline([(upper[0][0] - 0.01, 0.2), *upper], closed=False)
    canvas.polygon(Role.BODY, [*roof, (0.94, _SILL), (-0.94, _SILL)])
    for x in (-axle, axle):
        canvas.ellipse(Role.DARK, x, _SILL, wheel * 1.16, wheel * 1.16, 180, 360)


def _side_windows(canvas: Canvas, glass: list[Point]) -> None:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = glass
    pillar = (ax + dx) / 2 + 0.02
    canvas.polygon(Role.GLASS, [(ax, ay), (bx, by), (pillar - 0.03, (by + cy) / 2), (pillar - 0.03, ay)])
    canvas.polygon(Role.GLASS, [(pillar + 0.03, ay), (pillar + 0.03, (by + cy) / 2), (cx, cy), (dx, dy)])
    canvas.line(Role.SHADE, [(pillar, ay + 0.03), (pillar, 0.28)], 0.018)
    canvas.line(Role.SHADE, [(dx - 0.02, dy + 0.03), (dx, 0.26)], 0.018)
    canvas.line(canvas.trim(Role.SHADE), [(pillar - 0.16, ay + 0.12), (pillar - 0.06, ay + 0.12)], 0.03)
    if canvas.trimmed:
        canvas.line(Role.TRIM, [(ax - 0.02, ay + 0.02), (dx + 0.02, dy + 0.02)], 0.04)


def _side_details(canvas: Canvas, wheel: float, axle: float) -> None:
    canvas.line(
        canvas.trim(Role.SHADE), [(-axle + wheel, 0.2), (axle - wheel, 0.2)], 0.07 if canvas.trimmed else 0.03
    )
    canvas.line(Role.LIGHT, [(-0.88, 0.03), (0.8, 0.05)], 0.02)
    canvas.smooth(Role.WHITE, [(0.82, 0.04), (0.92, 0.07), (0.93, 0.14), (0.84, 0.12)])
    canvas.rect(Role.ACCENT, -0.95, 0.04, -0.9, 0.14, 0.02)
    bumper = canvas.trim(Role.SHADE)
    canvas.line(bumper, [(0.8, 0.27), (0.95, 0.27)], 0.06)
    canvas.line(bumper, [(-0.95, 0.27), (-0.8, 0.27)], 0.06)


def _wheel(canvas: Canvas, centre: Point, radius: float) -> None:
    canvas.ellipse(Role.DARK, *centre, radius, radius)
    canvas.ellipse(canvas.trim(Role.GREY), *centre, radius * 0.64, radius * 0.64)
    spokes = int(canvas.pick(5, 6, 8))
    with canvas.part():
        for i in range(spokes):
            angle = 2 * math.pi * i / spokes
            x, y = centre[0] + radius * 0.42 * math.cos(angle), centre[1] + radius * 0.42 * math.sin(angle)
            dot(canvas, Role.DARK, (x, y), radius * 0.11, 6)


def _car_from_front(canvas: Canvas) -> None:
    w, roof = canvas.uniform(0.66, 0.76), canvas.uniform(-0.62, -0.5)
    for side in (-1, 1):
        canvas.rect(Role.DARK, side * w * 0.82 - 0.13, 0.2, side * w * 0.82 + 0.13, 0.68, 0.05)
        canvas.ellipse(Role.BODY, side * (w + 0.03), -0.12, 0.1, 0.08)
    cabin = [
        (w * 0.6, roof),
        (w * 0.72, -0.3),
        (w * 0.85, -0.05),
        (w, 0.05),
        (w * 1.03, 0.35),
        (w * 0.95, 0.56),
    ]
    canvas.polygon(
        Role.BODY, [*spline(cabin, closed=False), *[(-x, y) for x, y in spline(cabin, closed=False)[::-1]]]
    )
    canvas.polygon(
        Role.GLASS, [(-w * 0.55, roof + 0.08), (w * 0.55, roof + 0.08), (w * 0.74, -0.08), (-w * 0.74, -0.08)]
    )
    canvas.curve(Role.SHADE, [(-w * 0.8, 0.02), (0, 0.08), (w * 0.8, 0.02)], 0.02)
    _front_details(canvas, w)


def _front_details(canvas: Canvas, w: float) -> None:
    canvas.rect(canvas.trim(Role.GREY), -w * 0.42, 0.14, w * 0.42, 0.36, 0.06)
    canvas.rect(Role.DARK, -w * 0.36, 0.18, w * 0.36, 0.32, 0.04)
    for side in (-1, 1):
        canvas.ellipse(canvas.trim(Role.GREY), side * w * 0.72, 0.2, 0.16, 0.12)
        canvas.ellipse(Role.WHITE, side * w * 0.72, 0.2, 0.12, 0.085)
    canvas.rect(canvas.trim(Role.SHADE), -w, 0.42, w, 0.5, 0.03)
    canvas.rect(Role.WHITE, -0.17, 0.4, 0.17, 0.52, 0.02)


# --- convertible -----------------------------------------------------------------------------
def _convertible(canvas: Canvas) -> None:
    if canvas.chance(0.3):
        _open_from_front(canvas)
        return
    wheel, axle = canvas.uniform(0.19, 0.23), canvas.uniform(0.54, 0.6)
    belt = canvas.uniform(-0.14, -0.08)
    retro = canvas.chance(0.4)
    tail = [(-0.96, belt - 0.06), (-0.8, belt - 0.04)] if retro else [(-0.95, belt), (-0.7, belt - 0.07)]
    _cabin(canvas, belt)
    upper = [
        *tail,
        (-0.5, belt - 0.02),
        (0.0, belt + 0.05),
        (0.26, belt),
        (0.82, belt + 0.09),
        (0.96, belt + 0.22),
    ]
    _hull(canvas, upper, wheel, axle)
    canvas.smooth(
        canvas.trim(Role.BODY),
        [(-0.72, belt), (-0.6, belt - 0.09), (-0.4, belt - 0.04), (-0.42, belt + 0.04)],
    )
    canvas.line(Role.SHADE, [(-0.28, belt + 0.04), (-0.25, 0.26), (0.24, 0.26), (0.26, belt + 0.04)], 0.018)
    canvas.line(canvas.trim(Role.SHADE), [(-0.22, belt + 0.12), (-0.1, belt + 0.12)], 0.03)
    _side_details(canvas, wheel, axle)
    for x in (-axle, axle):
        _wheel(canvas, (x, _SILL), wheel)


def _cabin(canvas: Canvas, belt: float) -> None:
    """Seats, steering wheel and windscreen, partly hidden by the doors drawn after them."""
    seat = canvas.trim(Role.DARK) if canvas.chance(0.35) else Role.DARK
    for x in (-0.36, -0.02):
        canvas.rect(seat, x - 0.25, belt - 0.29, x - 0.11, belt - 0.15, 0.05)
        back = [
            (x - 0.17, belt + 0.1),
            (x - 0.25, belt - 0.13),
            (x - 0.16, belt - 0.19),
            (x - 0.04, belt - 0.13),
        ]
        canvas.smooth(seat, [*back, (x + 0.1, belt + 0.1)])
    canvas.line(Role.DARK, [(0.12, belt + 0.02), (0.2, belt - 0.18)], 0.045)
    screen = [(0.42, belt + 0.04), (0.18, belt - 0.36), (0.25, belt - 0.37), (0.52, belt + 0.04)]
    canvas.polygon(Role.GLASS, screen)
    canvas.line(canvas.trim(Role.BODY), [screen[0], screen[1], screen[2]], 0.045)


def _open_from_front(canvas: Canvas) -> None:
    """An open car head on: nothing above the windscreen's frame but the headrests."""
    w, sill = canvas.uniform(0.7, 0.8), canvas.uniform(-0.1, 0.0)
    high = sill - canvas.uniform(0.32, 0.4)
    for side in (-1, 1):
        canvas.rect(Role.DARK, side * w * 0.82 - 0.13, 0.25, side * w * 0.82 + 0.13, 0.7, 0.06)
    canvas.polygon(
        Role.GLASS, [(-w * 0.6, high), (w * 0.6, high), (w * 0.78, sill + 0.05), (-w * 0.78, sill + 0.05)]
    )
    seat = canvas.trim(Role.DARK)
    for x in (-w * 0.34, w * 0.34):
        canvas.rect(seat, x - 0.1, high - 0.13, x + 0.1, high + 0.06, 0.05)
        canvas.smooth(
            seat,
            [
                (x - 0.17, sill + 0.06),
                (x - 0.14, high + 0.06),
                (x + 0.14, high + 0.06),
                (x + 0.17, sill + 0.06),
            ],
        )
    hoop(canvas, Role.GREY, (w * 0.34, sill - 0.05), (0.12, 0.12), 0.035)
    frame = [(-w * 0.78, sill + 0.05), (-w * 0.6, high), (w * 0.6, high), (w * 0.78, sill + 0.05)]
    canvas.line(canvas.trim(Role.BODY), frame, 0.06)
    for side in (-1, 1):
        canvas.ellipse(Role.BODY, side * (w + 0.06), sill, 0.1, 0.075)
    half = spline(
        [(0.0, sill - 0.02), (w * 0.8, sill), (w * 1.02, sill + 0.18), (w * 1.04, 0.4), (w * 0.92, 0.6)],
        closed=False,
    )
    canvas.polygon(Role.BODY, [*half, *[(-x, y) for x, y in half[::-1]]])
    canvas.curve(
        Role.SHADE,
        [(-w * 0.55, sill + 0.05), (-w * 0.4, 0.24), (0, 0.28), (w * 0.4, 0.24), (w * 0.55, sill + 0.05)],
        0.025,
    )
    _front_details(canvas, w)


# --- bicycle ---------------------------------------------------------------------------------
def _bicycle(canvas: Canvas) -> None:
    r, rear, front = canvas.uniform(0.36, 0.42), (-0.54, 0.36), (0.54, 0.36)
    for centre in (rear, front):
        _spoked(canvas, centre, r)
    crank, seat, head = (-0.1, 0.38), (-0.26, canvas.uniform(-0.36, -0.24)), (0.36, -0.32)
    thick = canvas.uniform(0.085, 0.11)
    step_through = canvas.chance(0.35)
    low = (-0.18, 0.05) if step_through else (seat[0] + 0.02, seat[1] + 0.06)
    mid = (0.1, 0.2)
    for path in ([rear, crank], [rear, low], [crank, seat], [crank, (head[0] + 0.02, head[1] + 0.1)]):
        canvas.line(Role.BODY, path, thick)
    path = [low, mid, (head[0], head[1] + 0.04)] if step_through else [low, (head[0], head[1] + 0.04)]
    ribbon(canvas, Role.BODY, path, thick)
    ribbon(canvas, Role.BODY, [(head[0] - 0.03, head[1] - 0.12), head, (0.45, 0.1), front], thick)
    for x, y in (rear, front) if canvas.chance(0.5) else ():
        ribbon(canvas, canvas.trim(Role.BODY), ellipse_points(x, y, r + 0.07, r + 0.07, 190, 330)[::6], 0.07)
    _bicycle_details(canvas, crank, seat, head)


def _bicycle_details(canvas: Canvas, crank: Point, seat: Point, head: Point) -> None:
    canvas.line(Role.GREY, [seat, (seat[0] - 0.03, seat[1] - 0.16)], 0.05)
    x, y = seat[0] - 0.03, seat[1] - 0.18
    saddle = [(x - 0.17, y - 0.05), (x + 0.02, y - 0.06), (x + 0.2, y), (x, y + 0.04), (x - 0.15, y + 0.05)]
    canvas.smooth(canvas.trim(Role.DARK), saddle)
    bar = (head[0] - 0.05, head[1] - 0.2)
    canvas.line(Role.GREY, [head, bar], 0.05)
    if canvas.chance(0.5):
        grip = [bar, (bar[0] + 0.16, bar[1]), (bar[0] + 0.24, bar[1] + 0.12), (bar[0] + 0.12, bar[1] + 0.2)]
    else:
        grip = [(bar[0] - 0.16, bar[1] - 0.06), (bar[0], bar[1] - 0.04), (bar[0] + 0.08, bar[1] + 0.02)]
    canvas.curve(canvas.trim(Role.DARK), grip, 0.075)
    dot(canvas, canvas.trim(Role.GREY), crank, 0.12, 14)
    canvas.line(
        Role.DARK, [(crank[0] - 0.08, crank[1] - 0.16), crank, (crank[0] + 0.08, crank[1] + 0.16)], 0.04
    )
    canvas.line(Role.DARK, [(crank[0], crank[1] + 0.17), (crank[0] + 0.17, crank[1] + 0.17)], 0.05)
    if canvas.chance(0.3):
        canvas.polygon(Role.BODY, [(0.42, -0.3), (0.78, -0.3), (0.72, -0.06), (0.5, -0.06)])
        canvas.line(Role.SHADE, [(0.44, -0.2), (0.76, -0.2)], 0.025)


def _spoked(canvas: Canvas, centre: Point, radius: float) -> None:
    with canvas.part():
        for i in range(5):
            angle = math.pi * i / 5 + 0.2
            dx, dy = radius * math.cos(angle), radius * math.sin(angle)
            canvas.line(
                Role.GREY, [(centre[0] - dx, centre[1] - dy), (centre[0] + dx, centre[1] + dy)], 0.015
            )
    hoop(canvas, Role.DARK, centre, (radius, radius), 0.06)
    hoop(canvas, Role.BODY, centre, (radius * 0.86, radius * 0.86), 0.06)


DRAWINGS: dict[str, Callable[[Canvas], None]] = {
    "car": _car,
    "convertible car": _convertible,
    "bicycle": _bicycle,
}
