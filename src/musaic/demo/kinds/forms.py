"""Forms that many drawings share: turned bodies, bands, beads, gems, stars."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from musaic.demo.canvas import Canvas, Point, Role, spline

_TURN = 2 * math.pi


def dot(canvas: Canvas, role: Role, centre: Point, radius: float, sides: int = 12) -> None:
    """Fill a small disc; cheaper than `Canvas.ellipse`, with few sides a nut or a gem."""
    canvas.polygon(role, star(centre, radius, radius, sides))


def star(centre: Point, outer: float, inner: float, spikes: int) -> list[Point]:
    """Return the outline of a star (or of a polygon, if both radii are equal), first spike up."""
    radii = [outer] * spikes if outer == inner else [outer, inner] * spikes
    step = _TURN / len(radii)
    return [
        (centre[0] + r * math.sin(i * step), centre[1] - r * math.cos(i * step)) for i, r in enumerate(radii)
    ]


def around(centre: Point, rx: float, ry: float, count: int, start: float = 0.0) -> list[Point]:
    """Return points evenly around an ellipse; start in degrees (0 right, 90 down)."""
    angles = [math.radians(start) + _TURN * i / count for i in range(count)]
    return [(centre[0] + rx * math.cos(a), centre[1] + ry * math.sin(a)) for a in angles]


def along(points: Sequence[Point], count: int, *, closed: bool = False) -> list[Point]:
    """Return points evenly spaced on the smooth curve through some points."""
    path = spline(points, closed=closed)
    if closed:
        path.append(path[0])
    lengths = [math.dist(a, b) for a, b in pairwise(path)]
    step = sum(lengths) / (count if closed else count - 1)
    found: list[Point] = []
    travelled, target = 0.0, 0.0
    for (ax, ay), (bx, by), length in zip(path, path[1:], lengths, strict=False):
        while length > 0 and target <= travelled + length + 1e-9 and len(found) < count:
            u = (target - travelled) / length
            found.append((ax + (bx - ax) * u, ay + (by - ay) * u))
            target += step
        travelled += length
    return found


def turned(canvas: Canvas, role: Role, profile: Sequence[Point], centre: float = 0.0) -> None:
    """Fill a body of revolution from its right-hand profile, given from top to bottom."""
    right = spline(profile, closed=False)
    left = [(-x, y) for x, y in reversed(right)]
    canvas.polygon(role, [(centre + x, y) for x, y in right + left])


def ribbon(canvas: Canvas, role: Role, points: Sequence[Point], width: float) -> None:
    """Stroke a smooth open curve as one outline: a thick `Canvas.curve`, several times cheaper."""
    path = np.asarray(spline(points, closed=False, steps=5))
    along_path = np.gradient(path, axis=0)
    along_path /= np.maximum(np.hypot(along_path[:, 0], along_path[:, 1]), 1e-9)[:, None]
    across = np.stack([-along_path[:, 1], along_path[:, 0]], axis=1) * (width / 2)
    canvas.polygon(role, [(float(x), float(y)) for x, y in np.vstack([path + across, (path - across)[::-1]])])


def hoop(canvas: Canvas, role: Role, centre: Point, radii: Point, width: float) -> None:
    """Fill a whole ring; its middle stays as it was."""
    (rx, ry), half = radii, width / 2
    with canvas.part():
        for start in (0, 180):  # two halves that overlap a little: one outline would leave a slit
            outer = _arc(centre, (rx + half, ry + half), start, start + 182)
            canvas.polygon(role, outer + _arc(centre, (rx - half, ry - half), start + 182, start))


def mirrored(right: Sequence[Point]) -> list[Point]:
    """Return a closed outline from its right half, given from top to bottom."""
    return [*right, *[(-x, y) for x, y in reversed(right)]]


def band(canvas: Canvas, role: Role, centre: Point, radii: Point, height: float) -> None:
    """Draw a short open cylinder seen from above: a bangle, a coiled belt, a watch's strap."""
    (cx, cy), (rx, ry) = centre, radii
    top, low = (cx, cy), (cx, cy + height)
    canvas.polygon(role, _arc(top, radii, 180, 360) + _arc(low, radii, 0, 180))
    canvas.polygon(Role.SHADE, _arc(top, (rx * 0.95, ry * 0.93), 0, 360))
    if height < 2 * ry:
        angle = math.degrees(math.asin(height / (2 * ry)))
        inner = (rx * 0.95, ry * 0.95)
        hole = _arc(low, inner, 180 + angle, 360 - angle) + _arc(top, inner, angle, 180 - angle)
        canvas.polygon(Role.BACKGROUND, hole)


def gem(canvas: Canvas, role: Role, centre: Point, radius: float, sides: int = 8) -> None:
    """Draw a cut stone from above: a girdle, facets and a table."""
    if role == Role.TRIM:
        dot(canvas, role, centre, radius, sides)
        dot(canvas, role, centre, radius * 0.58, sides)
        return
    dot(canvas, role, centre, radius, sides)
    ring = star(centre, radius, radius, sides)
    table = star(centre, radius * 0.58, radius * 0.58, sides)
    facet = Role.GLASS if role == Role.WHITE else Role.LIGHT if role == Role.BODY else Role.WHITE
    with canvas.part():
        for i in range(0, sides - 1, 3):
            canvas.polygon(facet, [ring[i], ring[i + 1], table[i + 1], table[i]])
    canvas.polygon(role, table)


def beads(canvas: Canvas, role: Role, centres: Sequence[Point], radius: float, sides: int = 10) -> None:
    """Draw a row of round beads, each with a spark of light if it is of the body's colour."""
    for x, y in centres:
        dot(canvas, role, (x, y), radius, sides)
        if role == Role.BODY and radius > 0.04:
            dot(canvas, Role.LIGHT, (x - radius * 0.3, y - radius * 0.3), radius * 0.35, 6)


def _arc(centre: Point, radii: Point, start: float, end: float) -> list[Point]:
    angles = [math.radians(start + (end - start) * i / 29) for i in range(30)]
    return [(centre[0] + radii[0] * math.cos(a), centre[1] + radii[1] * math.sin(a)) for a in angles]


# The package gathers the drawings of all its modules; this one holds only parts of drawings.
DRAWINGS: dict[str, Callable[[Canvas], None]] = {}
