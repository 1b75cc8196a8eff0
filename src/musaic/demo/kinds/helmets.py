"""Drawings of helmets."""

from collections.abc import Callable

from musaic.demo.canvas import Canvas, Role, ellipse_points
from musaic.demo.kinds.tailoring import mirrored, outline, symmetric


def helmet(canvas: Canvas) -> None:
    """Draw a helmet: motorcycle, bicycle, knight's or builder's."""
    (_motor_helmet, _cycle_helmet, _knight_helmet, _hard_hat)[int(canvas.pick(0, 1, 2, 3))](canvas)


def _motor_helmet(canvas: Canvas) -> None:
    shell = [
        (-0.7, 0.3),
        (-0.82, -0.15),
        (-0.6, -0.68),
        (0.0, -0.86),
        (0.52, -0.66),
        (0.76, -0.2),
        (0.8, 0.2),
    ]
    jaw = [(0.8, 0.2), (0.86, 0.5), (0.62, 0.78), (0.1, 0.82), (-0.45, 0.78), (-0.64, 0.6), (-0.7, 0.3)]
    canvas.polygon(Role.BODY, outline(shell, jaw))
    stripe = outline(
        [(-0.78, -0.08), (-0.3, -0.3), (0.3, -0.52), (0.5, -0.66)],
        [(0.34, -0.78), (0.1, -0.72), (-0.4, -0.48), (-0.82, -0.2)],
    )
    canvas.polygon(canvas.trim(Role.SHADE), stripe)
    visor = outline(
        [(0.82, -0.06), (0.3, -0.3), (-0.14, -0.26)],
        [(-0.14, -0.26), (-0.26, -0.02), (-0.12, 0.26)],
        [(-0.12, 0.26), (0.4, 0.32), (0.84, 0.22)],
    )
    canvas.polygon(Role.GLASS if canvas.chance(0.5) else Role.DARK, visor)
    canvas.curve(Role.WHITE, [(0.0, -0.16), (0.25, -0.2), (0.5, -0.12)], 0.03)
    canvas.ellipse(canvas.trim(Role.GREY), -0.2, 0.0, 0.09, 0.09)
    for dy in (0.0, 0.1):
        canvas.line(Role.DARK, [(0.46, 0.5 + dy), (0.72, 0.46 + dy)], 0.035)
    canvas.curve(
        canvas.trim(Role.SHADE),
        [(-0.6, 0.66), (-0.2, 0.72), (0.3, 0.75), (0.64, 0.72)],
        0.07 if canvas.trimmed else 0.025,
    )


def _cycle_helmet(canvas: Canvas) -> None:
    for s in (-1, 1):
        canvas.curve(Role.DARK, [(s * 0.55, 0.2), (s * 0.36, 0.6), (0.0, 0.86)], 0.05)
    shell = [(-0.9, 0.22), (-0.9, -0.1), (-0.6, -0.52), (0, -0.68), (0.6, -0.52), (0.9, -0.1), (0.9, 0.22)]
    canvas.polygon(
        Role.BODY, outline(shell, [(0.9, 0.22), (0.5, 0.28), (0, 0.18), (-0.5, 0.28), (-0.9, 0.22)])
    )
    for x, bend in ((-0.58, -0.16), (-0.2, -0.05), (0.2, 0.05), (0.58, 0.16)):
        vent = [(x, 0.08), (x + 0.07, -0.18), (x * 0.72 - bend * 0.2, -0.46), (x - 0.07 + bend * 0.2, -0.18)]
        canvas.smooth(Role.DARK, vent)
    rim = outline(
        [(-0.92, 0.2), (-0.5, 0.25), (0, 0.15), (0.5, 0.25), (0.92, 0.2)],
        [(0.9, 0.34), (0.5, 0.38), (0, 0.28), (-0.5, 0.38), (-0.9, 0.34)],
    )
    canvas.polygon(canvas.trim(), rim)
    if canvas.trimmed:
        canvas.curve(Role.TRIM, [(0, 0.14), (0, -0.3), (0, -0.66)], 0.14)
    canvas.curve(Role.LIGHT, [(-0.5, -0.5), (-0.2, -0.6), (0.15, -0.62)], 0.03)


def _knight_helmet(canvas: Canvas) -> None:
    if canvas.chance(0.6):
        plume = [
            (-0.02, -0.7),
            (0.0, -0.95),
            (-0.4, -0.92),
            (-0.78, -0.6),
            (-0.85, -0.1),
            (-0.6, -0.45),
            (-0.3, -0.62),
        ]
        canvas.smooth(canvas.trim(Role.ACCENT), plume)
    dome = [(-0.56, 0.1), (-0.58, -0.35), (-0.3, -0.7), (0, -0.76), (0.3, -0.7), (0.58, -0.35), (0.56, 0.1)]
    canvas.polygon(
        Role.BODY,
        outline(
            dome, [(0.56, 0.1), (0.5, 0.6), (0.3, 0.85), (0, 0.94), (-0.3, 0.85), (-0.5, 0.6), (-0.56, 0.1)]
        ),
    )
    canvas.polygon(Role.BODY, symmetric([(0, -0.28), (0.6, -0.2)], [(0.62, 0.1), (0.42, 0.48), (0, 0.72)]))
    for s in (-1, 1):
        canvas.polygon(Role.DARK, mirrored([(0.05, -0.1), (0.5, -0.12), (0.5, -0.02), (0.05, 0.01)], s))
        for i in range(4):
            canvas.line(
                Role.DARK,
                mirrored([(0.1 + 0.1 * i, 0.16 + 0.01 * i), (0.1 + 0.09 * i, 0.44 - 0.05 * i)], s),
                0.03,
            )
        canvas.ellipse(canvas.trim(Role.GREY), s * 0.58, -0.08, 0.07, 0.07)
    canvas.line(canvas.trim(), [(0, -0.76), (0, 0.7)], 0.09)
    canvas.curve(
        canvas.trim(Role.SHADE), [(-0.6, -0.22), (0, -0.3), (0.6, -0.22)], 0.07 if canvas.trimmed else 0.025
    )
    canvas.curve(Role.LIGHT, [(-0.4, -0.35), (-0.3, -0.5), (-0.16, -0.6)], 0.045)


def _hard_hat(canvas: Canvas) -> None:
    w, high, y = canvas.uniform(0.66, 0.74), canvas.uniform(0.7, 0.8), 0.25
    canvas.polygon(Role.BODY, ellipse_points(0, y + 0.02, w, high, 180, 360))
    for s in (-1, 1):
        canvas.polygon(
            Role.BODY,
            mirrored(
                outline(
                    [(0.14, y - high + 0.02), (0.4, y - 0.72 * high), (0.48, y - 0.05)],
                    [(0.36, y - 0.05), (0.3, y - 0.65 * high), (0.12, y - 0.92 * high)],
                ),
                s,
            ),
        )
    ridge = [(-0.1, y - high - 0.04), (0.1, y - high - 0.04), (0.15, y), (-0.15, y)]
    canvas.polygon(canvas.trim(), ridge)
    brim = outline(
        [(-w - 0.05, y), (0, y - 0.08), (w + 0.05, y)],
        [(w + 0.2, y + 0.14), (0.5, y + 0.24), (0, y + 0.27), (-0.5, y + 0.24), (-w - 0.2, y + 0.14)],
    )
    edged = canvas.chance(0.5)
    canvas.polygon(canvas.trim() if edged else Role.BODY, brim)
    if canvas.trimmed and not edged:
        canvas.curve(Role.TRIM, [(-w - 0.04, y + 0.02), (0, y - 0.06), (w + 0.04, y + 0.02)], 0.06)
    canvas.curve(Role.LIGHT, [(-0.75 * w, y - 0.25), (-0.6 * w, y - 0.5), (-0.4 * w, y - 0.62)], 0.05)


DRAWINGS: dict[str, Callable[[Canvas], None]] = {"helmet": helmet}
