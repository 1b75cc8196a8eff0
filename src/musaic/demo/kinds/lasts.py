"""The last: what every drawn shoe is built on."""

from collections.abc import Callable

from musaic.demo.canvas import Canvas, Point, Role, spline
from musaic.demo.kinds.tailoring import (
    outline,
)


class Last:
    """Where one shoe of a drawing stands: strokes in the shoe's own units, shrunk and shifted."""

    def __init__(self, canvas: Canvas, by: Point, size: float) -> None:
        self.canvas, self.by, self.size = canvas, by, size

    def put(self, points: list[Point]) -> list[Point]:
        """Return points of the shoe as points of the canvas."""
        return [(x * self.size + self.by[0], y * self.size + self.by[1]) for x, y in points]

    def fill(self, role: Role, *edges: list[Point]) -> None:
        """Fill an outline of smooth edges that meet in corners."""
        self.canvas.polygon(role, self.put(outline(*edges)))

    def shade(self, *edges: list[Point]) -> None:
        """Fill a visible inner side."""
        self.fill(Role.BODY, *edges)
        self.fill(Role.SHADE, *edges)

    def stroke(self, role: Role, points: list[Point], width: float) -> None:
        """Stroke a smooth line."""
        edge = spline(points, closed=False) if len(points) > 2 else points
        self.canvas.line(role, self.put(edge), width * self.size)

    def dot(self, role: Role, x: float, y: float, radius: float) -> None:
        """Fill a small circle."""
        (cx, cy), r = self.put([(x, y)])[0], radius * self.size
        self.canvas.ellipse(role, cx, cy, r, r)


def stand(canvas: Canvas, draw: Callable[[Last], None], *, alone: float, size: float, apart: Point) -> None:
    """Draw one shoe, or a pair, the farther one first."""
    if canvas.chance(alone):
        draw(Last(canvas, (0.0, 0.0), 1.0))
        return
    dx, dy = apart[0] * canvas.uniform(0.8, 1.2), apart[1] * canvas.uniform(0.8, 1.2)
    for sign in (-1, 1):
        draw(Last(canvas, (sign * dx, sign * dy), size))


DRAWINGS: dict[str, Callable[[Canvas], None]] = {}  # strokes only, no kind of its own
