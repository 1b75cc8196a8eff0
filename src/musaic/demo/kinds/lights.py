"""Lights: lamps and candles."""

from collections.abc import Callable

from musaic.demo.canvas import Canvas, Role
from musaic.demo.kinds.forms import dot, turned


# --- lamp ------------------------------------------------------------------------------------
def _lamp(canvas: Canvas) -> None:
    style = canvas.uniform(0, 1)
    if style < 0.3:
        _desk_lamp(canvas)
        return
    standing = style > 0.7
    top, w, shade_low = canvas.uniform(0.26, 0.42), canvas.uniform(0.5, 0.66), canvas.uniform(-0.2, -0.02)
    if standing:
        w, top, shade_low = w * 0.75, top * 0.8, -0.36
    canvas.ellipse(canvas.trim(Role.BODY), 0, 0.87, 0.34, 0.08)
    if standing:
        canvas.line(canvas.trim(Role.GREY), [(0, shade_low - 0.1), (0, 0.86)], 0.055)
        canvas.ellipse(Role.BODY, 0, 0.85, 0.3, 0.06)
    else:
        belly = canvas.uniform(0.16, 0.34)
        turned(
            canvas,
            Role.BODY,
            [(0.06, shade_low - 0.05), (0.08, shade_low + 0.1), (belly, 0.35), (0.14, 0.74), (0.28, 0.86)],
        )
        canvas.line(Role.LIGHT, [(-belly * 0.5, 0.2), (-belly * 0.55, 0.45)], 0.05)
    canvas.polygon(Role.BODY, [(-top, -0.9), (top, -0.9), (w, shade_low), (-w, shade_low)])
    canvas.folds(
        ((-top, -0.88), (top, -0.88)), ((-w * 0.97, shade_low), (w * 0.97, shade_low)), int(canvas.pick(3, 6))
    )
    if canvas.trimmed:
        canvas.line(Role.TRIM, [(-w * 0.985, shade_low - 0.03), (w * 0.985, shade_low - 0.03)], 0.08)
        canvas.line(Role.TRIM, [(-top * 1.02, -0.88), (top * 1.02, -0.88)], 0.06)
    if canvas.chance(0.5):
        canvas.line(Role.GREY, [(w * 0.5, shade_low), (w * 0.5, shade_low + 0.24)], 0.02)
        dot(canvas, canvas.trim(Role.GREY), (w * 0.5, shade_low + 0.26), 0.04, 8)


def _desk_lamp(canvas: Canvas) -> None:
    x, y = canvas.uniform(-0.5, -0.36), canvas.uniform(-0.2, 0.0)
    canvas.ellipse(Role.BODY, -0.1, 0.84, 0.42, 0.1)
    canvas.ellipse(canvas.trim(Role.BODY), -0.1, 0.8, 0.34, 0.07)
    canvas.line(Role.BODY, [(-0.1, 0.8), (x, y), (0.1, -0.62)], 0.09)
    for centre in ((-0.1, 0.78), (x, y), (0.1, -0.62)):
        dot(canvas, canvas.trim(Role.GREY), centre, 0.085)
    k = canvas.uniform(0.9, 1.1)
    canvas.ellipse(Role.WHITE, 0.52, -0.16, 0.16 * k, 0.16 * k)
    head = [(0.02, -0.72), (0.24, -0.86), (0.46, -0.74), (0.86 * k, -0.3), (0.24, 0.06), (0.1, -0.5)]
    canvas.polygon(Role.BODY, head)
    canvas.line(canvas.trim(Role.BODY), [(0.86 * k, -0.3), (0.24, 0.06)], 0.08)
    canvas.line(Role.LIGHT, [(0.34, -0.68), (0.66, -0.34)], 0.06)


# --- candle ----------------------------------------------------------------------------------
def _candle(canvas: Canvas) -> None:
    style = canvas.uniform(0, 1)
    if style < 0.4:
        w, top = canvas.uniform(0.3, 0.42), canvas.uniform(-0.4, -0.15)
    elif style < 0.7:
        w, top = canvas.uniform(0.13, 0.19), -0.5
    else:
        w, top = canvas.uniform(0.42, 0.55), canvas.uniform(-0.15, 0.05)
    _flame(canvas, top)
    low = 0.66 if style < 0.7 else 0.8
    canvas.polygon(
        Role.BODY, [(-w, top), (w, top), (w, low), (w * 0.6, low + 0.05), (-w * 0.6, low + 0.05), (-w, low)]
    )
    melt = min(0.09, w * 0.3)
    canvas.ellipse(Role.BODY, 0, top, w, melt)
    canvas.ellipse(Role.LIGHT, 0, top, w * 0.93, melt * 0.8)
    canvas.line(Role.DARK, [(0, top + 0.02), (0.01, top - 0.13)], 0.035)
    if style < 0.7:
        drip = canvas.uniform(0.3, 0.6)
        canvas.smooth(
            Role.LIGHT,
            [(-w * 0.98, top + 0.04), (-w * 0.5, top + 0.1), (-w * 0.6, top + drip), (-w * 0.8, top + drip)],
        )
        _holder(canvas, w)
    else:
        canvas.rect(canvas.trim(Role.WHITE), -w * 0.7, top + 0.28, w * 0.7, low - 0.12, 0.04)
        canvas.line(Role.DARK, [(-w * 0.4, top + 0.42), (w * 0.4, top + 0.42)], 0.035)
        canvas.line(Role.DARK, [(-w * 0.25, top + 0.52), (w * 0.25, top + 0.52)], 0.025)
    if style < 0.4:
        canvas.line(canvas.trim(Role.SHADE), [(-w, 0.3), (w, 0.3)], 0.12 if canvas.trimmed else 0.03)


def _flame(canvas: Canvas, top: float) -> None:
    lean = canvas.uniform(-0.05, 0.05)
    y = top - 0.12
    with canvas.part():
        outline = [(lean, y - 0.42), (0.12, y - 0.08), (0.06, y + 0.06), (-0.06, y + 0.06), (-0.12, y - 0.08)]
        canvas.smooth(Role.WHITE, outline)
        canvas.smooth(Role.ACCENT, [(x * 0.5, y + (v - y) * 0.5) for x, v in outline])


def _holder(canvas: Canvas, w: float) -> None:
    metal = canvas.trim(Role.GREY)
    if w < 0.25 and canvas.chance(0.6):
        turned(canvas, Role.BODY, [(w + 0.1, 0.42), (0.1, 0.56), (0.08, 0.72), (0.36, 0.9), (0.3, 0.94)])
        canvas.line(metal, [(-w - 0.1, 0.44), (w + 0.1, 0.44)], 0.07)
    else:
        canvas.arc(metal, w + 0.34, 0.68, 0.12, 0.12, 0, 372, 0.055)
        turned(canvas, Role.BODY, [(w + 0.3, 0.64), (w + 0.18, 0.82), (w * 0.5, 0.88)])
        canvas.line(metal, [(-w - 0.3, 0.66), (w + 0.3, 0.66)], 0.06)


DRAWINGS: dict[str, Callable[[Canvas], None]] = {
    "lamp": _lamp,
    "candle": _candle,
}
