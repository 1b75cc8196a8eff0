"""The canvas on which products are drawn: what is where, not yet in which colour.

A drawing function paints *roles* (body, shade, trim, ...) in unit coordinates: x to the right, y
downwards, both from -1 to 1, the product filling most of that square. `render` later turns roles
and parts into a lit, coloured picture of any size, so that one drawing serves 128 px training
pictures and 768 px catalogue pictures alike.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Point = tuple[float, float]
Points = Iterable[Point]


class Role(IntEnum):
    """What a pixel of a drawing is; `render` gives each role its colour."""

    BACKGROUND = 0  # a hole: the setting shows through
    BODY = 1  # the product's own colour and material
    SHADE = 2  # the body, darker: folds, seams, insides
    LIGHT = 3  # the body, lighter: highlights
    TRIM = 4  # the trim's colour; drawn only where `Canvas.trimmed`
    DARK = 5  # near black whatever the product's colour: soles, tyres, screens
    SKIN = 6
    WHITE = 7
    GREY = 8  # neutral metal: buckles, rims
    ACCENT = 9  # a second colour, never the product's
    GLASS = 10  # bluish, glossy: windows, lenses, screens


_DETAILS = (Role.SHADE, Role.LIGHT)


class Canvas:
    """A square drawing of roles and parts.

    Args:
        size_px: Width and height.
        rng: Source of every variation in shape.
        trimmed: Whether the product has a trim to draw.
        matrix: Linear part of unit coordinates to pixels, shape ``(2, 2)``.
        offset: Where unit (0, 0) lands, in pixels, shape ``(2,)``.
    """

    def __init__(
        self,
        size_px: int,
        rng: np.random.Generator,
        *,
        trimmed: bool,
        matrix: NDArray[np.float64],
        offset: NDArray[np.float64],
    ) -> None:
        self.rng = rng
        self.trimmed = trimmed
        self._matrix, self._offset = matrix, offset
        self._unit_px = math.sqrt(abs(float(np.linalg.det(matrix))))
        self._images = tuple(Image.new("L", (size_px, size_px), 0) for _ in range(2))
        self._role_pen, self._part_pen = (ImageDraw.Draw(image) for image in self._images)
        self._part, self._grouped = 0, False

    @property
    def roles(self) -> NDArray[np.uint8]:
        """The `Role` of each pixel, shape ``(size_px, size_px)``."""
        return np.asarray(self._images[0])

    @property
    def parts(self) -> NDArray[np.uint8]:
        """Which part (sleeve, collar, wheel ...) each pixel belongs to; 0 outside the product."""
        return np.asarray(self._images[1])

    # --- choices -----------------------------------------------------------------------------
    def uniform(self, low: float, high: float) -> float:
        """Return a random number between two bounds."""
        return float(self.rng.uniform(low, high))

    def chance(self, probability: float) -> bool:
        """Return True with a probability."""
        return bool(self.rng.random() < probability)

    def pick(self, *choices: float) -> float:
        """Return one of the numbers."""
        return choices[int(self.rng.integers(len(choices)))]

    def trim(self, otherwise: Role = Role.BODY) -> Role:
        """Return TRIM on a trimmed product, else another role."""
        return Role.TRIM if self.trimmed else otherwise

    # --- strokes -----------------------------------------------------------------------------
    @contextmanager
    def part(self) -> Iterator[None]:
        """Make all strokes inside one part: no crease or outline between them."""
        self._part = self._part % 255 + 1
        self._grouped = True
        try:
            yield
        finally:
            self._grouped = False

    def polygon(self, role: Role, points: Points) -> None:
        """Fill a closed polygon."""
        pixels = self._pixels(points)
        self._role_pen.polygon(pixels, fill=int(role))
        if role not in _DETAILS:
            self._part_pen.polygon(pixels, fill=self._next_part(role))

    def line(self, role: Role, points: Points, width: float) -> None:
        """Stroke an open line; width in units (0.05 is a thin strap)."""
        pixels, width_px = self._pixels(points), max(1, round(width * self._unit_px))
        self._role_pen.line(pixels, fill=int(role), width=width_px, joint="curve")
        if role not in _DETAILS:
            self._part_pen.line(pixels, fill=self._next_part(role), width=width_px, joint="curve")

    def smooth(self, role: Role, points: Points) -> None:
        """Fill a closed Catmull-Rom curve through the points."""
        self.polygon(role, spline(list(points), closed=True))

    def curve(self, role: Role, points: Points, width: float) -> None:
        """Stroke an open Catmull-Rom curve through the points."""
        self.line(role, spline(list(points), closed=False), width)

    def rect(self, role: Role, x0: float, y0: float, x1: float, y1: float, radius: float = 0.0) -> None:
        """Fill a rectangle, with rounded corners if a radius is given."""
        self.polygon(role, rounded(x0, y0, x1, y1, radius))

    def ellipse(
        self, role: Role, cx: float, cy: float, rx: float, ry: float, start: float = 0, end: float = 360
    ) -> None:
        """Fill an ellipse, or its segment between two angles in degrees (0 right, 90 down)."""
        self.polygon(role, ellipse_points(cx, cy, rx, ry, start, end))

    def arc(
        self, role: Role, cx: float, cy: float, rx: float, ry: float, start: float, end: float, width: float
    ) -> None:
        """Stroke an elliptic arc; a whole ring is 0 to 372, so that its ends meet."""
        self.line(role, ellipse_points(cx, cy, rx, ry, start, end), width)

    def folds(self, top: tuple[Point, Point], bottom: tuple[Point, Point], count: int) -> None:
        """Draw falls of cloth from one edge to another, mostly dark, some light."""
        (ax, ay), (bx, by) = top
        (cx, cy), (dx, dy) = bottom
        for index in range(count):
            u = (index + 0.5) / count + self.uniform(-0.03, 0.03)
            role = Role.SHADE if self.chance(0.7) else Role.LIGHT
            ends = [(ax + (bx - ax) * u, ay + (by - ay) * u), (cx + (dx - cx) * u, cy + (dy - cy) * u)]
            self.line(role, ends, self.uniform(0.015, 0.035))

    def _next_part(self, role: Role) -> int:
        if role == Role.BACKGROUND:
            return 0
        if not self._grouped:
            self._part = self._part % 255 + 1
        return self._part

    def _pixels(self, points: Points) -> list[Point]:
        return _pairs(np.asarray(list(points), dtype=np.float64) @ self._matrix.T + self._offset)


def ellipse_points(cx: float, cy: float, rx: float, ry: float, start: float, end: float) -> list[Point]:
    """Return points of an elliptic arc between two angles in degrees."""
    angles = np.radians(np.linspace(start, end, 40))
    return list(zip(cx + rx * np.cos(angles), cy + ry * np.sin(angles), strict=True))


def rounded(x0: float, y0: float, x1: float, y1: float, radius: float) -> list[Point]:
    """Return the outline of a rectangle with rounded corners."""
    if radius <= 0:
        return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    corners = [(x1 - radius, y1 - radius, 0), (x0 + radius, y1 - radius, 90)]
    corners += [(x0 + radius, y0 + radius, 180), (x1 - radius, y0 + radius, 270)]
    angles = np.linspace(0, 90, 8)
    return [
        (cx + radius * math.cos(math.radians(turn + a)), cy + radius * math.sin(math.radians(turn + a)))
        for cx, cy, turn in corners
        for a in angles
    ]


def spline(points: Sequence[Point], *, closed: bool, steps: int = 7) -> list[Point]:
    """Return a Catmull-Rom curve through the points (Catmull and Rom, 1974)."""
    p = np.asarray(points, dtype=np.float64)
    padded = np.vstack([p[-1:], p, p[:2]]) if closed else np.vstack([p[:1], p, p[-1:]])
    u = (np.arange(steps) / steps)[:, None]
    a, b, c, d = padded[:-3, None], padded[1:-2, None], padded[2:-1, None], padded[3:, None]
    pieces = 0.5 * (2 * b + (c - a) * u + (2 * a - 5 * b + 4 * c - d) * u**2 + (3 * b - a - 3 * c + d) * u**3)
    curve = pieces.reshape(-1, 2)
    return _pairs(curve if closed else np.concatenate([curve, p[-1:]]))


def _pairs(array: NDArray[np.float64]) -> list[Point]:
    return list(map(tuple, array.tolist()))
