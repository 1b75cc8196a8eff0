"""Cuts of cloth shared by the garments: outlines with corners, torsos, sleeves, hems."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from musaic.demo.canvas import Canvas, Point, Role, spline


@dataclass(frozen=True)
class Cut:
    """The right half of a garment's upper part; lengths in canvas units."""

    neck: float
    shoulder: float
    chest: float
    waist: float
    hem: float
    top: float
    slope: float
    armpit: float
    bottom: float

    @property
    def tip(self) -> Point:
        """Where the shoulder ends."""
        return self.shoulder, self.top + self.slope


@dataclass(frozen=True)
class Cuff:
    """The open end of a sleeve: its outer and inner corner, and the way the sleeve points there."""

    outer: Point
    inner: Point
    along: Point

    def band(self, depth: float) -> list[Point]:
        """Return the outline of the sleeve's last stretch, `depth` units long."""
        (ox, oy), (ix, iy), (dx, dy) = self.outer, self.inner, self.along
        return [(ox, oy), (ix, iy), (ix - dx * depth, iy - dy * depth), (ox - dx * depth, oy - dy * depth)]


def outline(*edges: Sequence[Point]) -> list[Point]:
    """Return one outline of smooth edges that meet in corners."""
    return [p for edge in edges for p in (spline(edge, closed=False) if len(edge) > 2 else edge)]


def mirrored(points: Sequence[Point], side: float = -1) -> list[Point]:
    """Return the points on the other side of the middle line (or on the same, for side 1)."""
    return [(x * side, y) for x, y in points]


def symmetric(*right: Sequence[Point]) -> list[Point]:
    """Return a closed outline from its right-hand edges, told from top to bottom."""
    half = outline(*right)
    return half + mirrored(half)[::-1]


def moved(points: Sequence[Point], by: Point, scale: float = 1) -> list[Point]:
    """Return the points scaled about the origin, then shifted."""
    return [(x * scale + by[0], y * scale + by[1]) for x, y in points]


def inside(canvas: Canvas, points: Sequence[Point]) -> None:
    """Draw a visible inner side: part of the product, but in its shadow."""
    canvas.polygon(Role.BODY, points)
    canvas.polygon(Role.SHADE, points)


def rippled(canvas: Canvas, half_width: float, y: float, *, sag: float, waves: int) -> list[Point]:
    """Return a hem from right to left that sags in the middle and ripples."""
    if waves == 0:
        return spline([(half_width, y), (0.55 * half_width, y + 0.8 * sag), (0, y + sag),
                       (-0.55 * half_width, y + 0.8 * sag), (-half_width, y)], closed=False)  # fmt: skip
    phase, depth, count = canvas.uniform(0, 6), canvas.uniform(0.015, 0.035), 6 * waves
    turns = [math.pi * i / count for i in range(count + 1)]
    ripple = [depth * math.sin(2 * waves * t + phase) * math.sin(t) ** 0.3 for t in turns]
    return [(half_width * math.cos(t), y + sag * math.sin(t) + r) for t, r in zip(turns, ripple, strict=True)]


def edging(canvas: Canvas, edge: Sequence[Point], rise: float, *, squeeze: float = 1) -> None:
    """Draw the trim along a hem, or only its stitching where the product has none.

    Args:
        canvas: What to draw on.
        edge: The hem.
        rise: How deep the band is, in units; negative for an upper edge.
        squeeze: How much narrower the garment is at the other side of the band.
    """
    upper = [(x * squeeze, y - rise) for x, y in edge]
    if canvas.trimmed:
        canvas.polygon(Role.TRIM, [*edge, *upper[::-1]])
    else:
        canvas.line(Role.SHADE, moved(upper, (0, rise * 0.45)), 0.012)


def torso(canvas: Canvas, cut: Cut, *, dip: float, pointed: bool = False, tail: float = 0.0) -> list[Point]:
    """Draw a torso and return its hem, right to left.

    `dip` is the depth of the neckline, `pointed` makes it a V, `tail` rounds the hem like a shirt's.
    """
    neckline = [(0.0, cut.top + dip), (0.72 * cut.neck, cut.top + 0.62 * dip), (cut.neck, cut.top)]
    x, y = cut.tip
    armhole = [(x, y), (0.9 * x + 0.02, 0.5 * (y + cut.armpit)), (cut.chest, cut.armpit)]
    middle = 0.45 * cut.armpit + 0.55 * cut.bottom
    side = [(cut.chest, cut.armpit), (cut.waist, middle), (cut.hem, cut.bottom - tail)]
    half = outline(neckline[::2] if pointed else neckline, armhole, side)
    hem = spline([(cut.hem, cut.bottom - tail), (0.62 * cut.hem, cut.bottom), (0, cut.bottom + 0.012),
                  (-0.62 * cut.hem, cut.bottom), (-cut.hem, cut.bottom - tail)], closed=False)  # fmt: skip
    canvas.polygon(Role.BODY, [*half, *hem, *mirrored(half)[::-1]])
    return hem


def sleeve(canvas: Canvas, cut: Cut, side: int, *, length: float, angle: float, cuff: float, bend: float = 0,
           role: Role = Role.BODY) -> Cuff:  # fmt: skip
    """Draw a sleeve behind the torso and return its end.

    Args:
        canvas: What to draw on.
        cut: The torso it is set into.
        side: 1 for the right of the picture, -1 for the left.
        length: From shoulder to cuff.
        angle: Degrees below horizontal.
        cuff: Half of the way round the cuff, its visible width.
        bend: Degrees by which the forearm turns further down.
        role: What it is painted with.
    """
    a, b = math.radians(angle), math.radians(angle + bend)
    (x, y), half, mid = cut.tip, 0.5 * length, math.radians(angle + 0.5 * bend)
    ex, ey = x + half * math.cos(a), y + half * math.sin(a)
    ox, oy = ex + half * math.cos(b), ey + half * math.sin(b)
    ix, iy = ox - cuff * math.sin(b), oy + cuff * math.cos(b)
    depth = cuff + 0.45 * max(0.0, cut.armpit - y - cuff)
    jx, jy = ex - depth * math.sin(mid), ey + depth * math.cos(mid)
    top, outer = [(0.7 * x, y), (x, y)], [(x, y), (ex, ey), (ox, oy)]
    inner = [(ix, iy), (jx, jy), (cut.chest - 0.02, cut.armpit), (0.6 * cut.chest, cut.armpit)]
    canvas.polygon(role, mirrored(outline(top, outer, inner), side))
    crease = [
        (jx, jy),
        (0.6 * jx + 0.4 * ex, 0.6 * jy + 0.4 * ey - 0.02),
        (0.35 * jx + 0.65 * ex, 0.35 * jy + 0.65 * ey),
    ]
    if length > 0.6:
        canvas.curve(Role.SHADE, mirrored(crease, side), 0.018)
    canvas.line(
        Role.SHADE, mirrored([(cut.chest, cut.armpit), (0.4 * jx + 0.6 * x, 0.4 * jy + 0.6 * y)], side), 0.016
    )
    return Cuff((side * ox, oy), (side * ix, iy), (side * math.cos(b), math.sin(b)))


def sleeves(
    canvas: Canvas, cut: Cut, *, length: float, angle: float, cuff: float, role: Role = Role.BODY
) -> list[Cuff]:
    """Draw both sleeves, each hanging its own way, and return their ends."""
    reach = 0.95 - cut.shoulder
    if length * math.cos(math.radians(angle)) > reach:
        angle = math.degrees(math.acos(max(0.0, min(1.0, reach / length))))
    bend = canvas.uniform(-4, 10) if length > 0.6 else 0.0
    return [
        sleeve(
            canvas,
            cut,
            side,
            length=length,
            angle=angle + canvas.uniform(0, 4),
            cuff=cuff,
            bend=bend + canvas.uniform(-3, 3),
            role=role,
        )
        for side in (-1, 1)
    ]


def finish_cuffs(canvas: Canvas, cuffs: Sequence[Cuff], depth: float, *, ribbed: bool = False) -> None:
    """Draw the cuffs: trimmed, set off, or only stitched."""
    for cuff in cuffs:
        band = cuff.band(depth)
        if canvas.trimmed or ribbed:
            canvas.polygon(canvas.trim(), band)
        else:
            canvas.line(Role.SHADE, band[2:], 0.014)
        if ribbed:
            rib(canvas, band, 5)


def rib(canvas: Canvas, quad: Sequence[Point], count: int) -> None:
    """Draw the ribs of a knitted band between the first and the opposite side of a quadrilateral."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = quad
    for i in range(1, count):
        u = i / count
        ends = [(ax + (bx - ax) * u, ay + (by - ay) * u), (dx + (cx - dx) * u, dy + (cy - dy) * u)]
        canvas.line(Role.SHADE, ends, 0.012)


def back_of_neck(canvas: Canvas, cut: Cut, dip: float) -> None:
    """Draw the inner back of a garment, seen through the neckline."""
    n, y = cut.neck, cut.top
    edge = [
        (-n, y),
        (-0.5 * n, y + 0.035),
        (0.5 * n, y + 0.035),
        (n, y),
        (0.8 * n, y + dip),
        (-0.8 * n, y + dip),
    ]
    inside(canvas, outline(edge[:4], edge[4:]))


def creases(canvas: Canvas, cut: Cut) -> None:
    """Draw the folds of a worn or laid torso: at the armpits and above the hem."""
    for side in (-1, 1):
        x, y = side * cut.chest, cut.armpit
        canvas.curve(
            Role.SHADE, [(x, y + 0.02), (0.8 * x, y + 0.1), (0.62 * x, y + canvas.uniform(0.12, 0.25))], 0.016
        )
        low, w = cut.bottom - canvas.uniform(0.3, 0.5), side * cut.waist
        role = Role.SHADE if canvas.chance(0.7) else Role.LIGHT
        canvas.curve(
            role, [(0.94 * w, low), (0.8 * w, low + 0.06), (0.5 * w, low + canvas.uniform(0.03, 0.2))], 0.018
        )


def buttons(
    canvas: Canvas, columns: Sequence[float], rows: Sequence[float], *, radius: float = 0.024
) -> None:
    """Draw buttons of one colour where columns and rows cross."""
    role = canvas.trim(Role.DARK if canvas.chance(0.6) else Role.WHITE)
    for x in columns:
        for y in rows:
            canvas.ellipse(role, x, y, radius, radius)


def spaced(first: float, last: float, count: int) -> list[float]:
    """Return evenly spaced numbers, both ends included."""
    return [first + (last - first) * i / max(1, count - 1) for i in range(count)]


def lapels(canvas: Canvas, cut: Cut, *, low: float, width: float, opening: Role | None) -> None:
    """Draw a turned-down collar with notched lapels that meet at height `low`.

    What the opening between them shows is painted first, unless it is None.
    """
    role = canvas.trim()
    if opening is not None:
        n, y = cut.neck, cut.top
        inside(
            canvas,
            outline([(-n, y - 0.03), (-0.5 * n, y - 0.05), (0.5 * n, y - 0.05), (n, y - 0.03)], [(0, low)]),
        )
        canvas.polygon(
            opening, outline([(-0.9 * n, y + 0.04), (0, y + 0.09), (0.9 * n, y + 0.04)], [(0, low)])
        )
    n, y, notch = cut.neck, cut.top, cut.top + 0.36 * (low - cut.top)
    for side in (-1, 1):
        lapel = [(n, y), (0.02, low), (n + width, notch + 0.04), (n + 0.35 * width, notch)]
        canvas.polygon(role, mirrored(lapel, side))
        collar = [
            (0.55 * n, y - 0.05),
            (n + 0.05, y - 0.03),
            (n + 0.85 * width, notch - 0.03),
            (n + 0.3 * width, notch),
            (n - 0.03, y + 0.03),
        ]
        canvas.polygon(role, mirrored(collar, side))


def collar_points(canvas: Canvas, cut: Cut, *, spread: float, drop: float) -> None:
    """Draw a shirt's turned-down collar: its band and two points."""
    n, y, role = cut.neck, cut.top, canvas.trim()
    back = [(-n, y), (-0.8 * n, y - 0.07), (0.8 * n, y - 0.07), (n, y), (0, y + 0.1)]
    inside(canvas, outline(back[:4], back[4:]))
    for side in (-1, 1):
        leaf = [
            (0.8 * n, y - 0.075),
            (n + 0.05, y + 0.0),
            (spread, y + drop),
            (0.015, y + 0.13),
            (0.55 * n, y + 0.04),
        ]
        canvas.polygon(role, mirrored(leaf, side))
        canvas.line(Role.SHADE, mirrored([leaf[2], leaf[3]], side), 0.012)


def slit_pockets(canvas: Canvas, y: float, *, x: float = 0.2, flap: bool = False) -> None:
    """Draw a pair of pockets: slanted slits, or level flaps."""
    for side in (-1, 1):
        if flap:
            canvas.polygon(
                canvas.trim(),
                mirrored(
                    [(x - 0.04, y), (x + 0.17, y - 0.01), (x + 0.17, y + 0.07), (x - 0.03, y + 0.08)], side
                ),
            )
        else:
            canvas.line(canvas.trim(Role.SHADE), mirrored([(x, y), (x + 0.12, y - 0.2)], side), 0.03)


DRAWINGS: dict[str, Callable[[Canvas], None]] = {}  # cuts only, no kind of its own
