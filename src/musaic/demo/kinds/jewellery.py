"""Jewellery worn around something: necklaces, pendants, rings, bracelets."""

from collections.abc import Callable, Sequence

from musaic.demo.canvas import Canvas, Point, Role
from musaic.demo.kinds.forms import along, around, band, beads, dot, gem, hoop, mirrored, ribbon, star

_HALF_HEART = [(0.2, -0.68), (0.48, -0.74), (0.7, -0.46), (0.62, -0.02), (0.34, 0.42)]
_HEART = [(0, -0.5), *_HALF_HEART, (0, 0.8), *[(-x, y) for x, y in reversed(_HALF_HEART)]]


# --- necklace --------------------------------------------------------------------------------
def _necklace(canvas: Canvas) -> None:
    w, top, low = canvas.uniform(0.6, 0.82), canvas.uniform(-0.9, -0.75), canvas.uniform(0.5, 0.8)
    path = [(-0.12, top), (-w * 0.8, -0.45), (-w, 0.0), (-w * 0.6, low * 0.72), (0, low)]
    path += [(-x, y) for x, y in reversed(path[:-1])]
    style = canvas.uniform(0, 1)
    if style < 0.35:
        _chain(canvas, path, canvas.uniform(0.045, 0.075))
    elif style < 0.6:
        _pearls(canvas, path)
    elif style < 0.8:
        _collar(canvas, w)
        return
    else:
        ribbon(canvas, Role.BODY, path, 0.09)
        centres = along(path, 27)
        for i, centre in enumerate(centres):
            role = canvas.trim(Role.BODY) if i % 3 == 1 else Role.BODY
            dot(canvas, role, centre, 0.05 + 0.035 * (1 - abs(i - 13) / 13), 8)
            dot(canvas, Role.WHITE if role == Role.BODY else role, centre, 0.022, 4)
    if canvas.chance(0.55):
        _drop(canvas, path[4])
    if top > -0.95:
        dot(canvas, canvas.trim(Role.GREY), (0, top), 0.06)
        canvas.line(canvas.trim(Role.GREY), [path[0], path[-1]], 0.04)


def _chain(canvas: Canvas, path: Sequence[Point], radius: float) -> None:
    ribbon(canvas, Role.BODY, path, radius * 0.7)
    count = int(3.9 / (radius * 2.2))
    for i, (x, y) in enumerate(along(path, count)):
        role = canvas.trim(Role.BODY) if i % 6 == 3 else Role.BODY
        dot(canvas, role, (x, y), radius * (1.15 if i % 2 else 0.8), 10)
        if i % 2:
            dot(canvas, Role.BACKGROUND, (x, y), radius * 0.5, 6)


def _pearls(canvas: Canvas, path: Sequence[Point]) -> None:
    big = canvas.uniform(0.02, 0.06)
    count = int(canvas.pick(25, 29, 33))
    ribbon(canvas, Role.BODY, path, 0.025)
    for i, centre in enumerate(along(path, count)):
        middle = 1 - abs(2 * i / (count - 1) - 1)
        role = canvas.trim(Role.BODY) if i % 5 == 2 else Role.BODY
        beads(canvas, role, [centre], 0.052 + big * middle)


def _collar(canvas: Canvas, w: float) -> None:
    """A choker or an Egyptian collar: a wide open crescent."""
    drop = canvas.uniform(0.36, 0.52)
    outer = [(-0.25, -0.72), (-w * 0.85, -0.5), (-w, 0.05), (-w * 0.55, 0.5), (0, 0.3 + drop)]
    inner = [(-0.22, -0.62), (-w * 0.68, -0.4), (-w * 0.8, 0.05), (-w * 0.5, 0.36), (0, 0.52)]
    outer += [(-x, y) for x, y in reversed(outer[:-1])]
    inner += [(-x, y) for x, y in reversed(inner[:-1])]
    canvas.polygon(Role.BODY, along(outer, 50) + along(inner, 50)[::-1])
    if canvas.trimmed:
        ribbon(canvas, Role.TRIM, outer, 0.045)
    middle = [((a + c) / 2, (b + d) / 2) for (a, b), (c, d) in zip(outer, inner, strict=True)]
    for centre in along(middle, 17)[1:-1]:
        dot(canvas, canvas.trim(Role.LIGHT), centre, 0.045, 8)
    ribbon(canvas, Role.SHADE, [(x * 1.07, y + 0.03) for x, y in inner], 0.025)
    canvas.curve(canvas.trim(Role.GREY), [(-0.24, -0.67), (0, -0.74), (0.24, -0.67)], 0.03)


def _drop(canvas: Canvas, at: Point) -> None:
    x, y = at
    size = canvas.uniform(0.1, 0.15)
    if canvas.chance(0.5):
        gem(canvas, canvas.trim(Role.BODY), (x, y + size * 0.9), size)
    else:
        tear = mirrored([(0, y - 0.02), (size * 0.7, y + size), (size * 0.4, y + size * 1.9)])
        canvas.smooth(canvas.trim(Role.BODY), tear)


# --- pendant ---------------------------------------------------------------------------------
def _pendant(canvas: Canvas) -> None:
    hanger = canvas.trim(Role.BODY)
    if canvas.chance(0.7):
        reach = canvas.uniform(0.3, 0.6)
        links = along([(-reach, -0.96), (-0.12, -0.72), (0, -0.66)], 8)
        canvas.line(Role.BODY, links, 0.03)
        canvas.line(Role.BODY, [(-x, y) for x, y in links], 0.03)
        for x, y in links[:-1:2]:
            dot(canvas, Role.BODY, (x, y), 0.04, 8)
            dot(canvas, Role.BODY, (-x, y), 0.04, 8)
    else:
        hoop(canvas, Role.BODY, (0, -0.82), (0.13, 0.13), 0.045)
    hoop(canvas, hanger, (0, -0.6), (0.08, 0.11), 0.05)
    _ORNAMENTS[int(canvas.rng.integers(len(_ORNAMENTS)))](canvas)


def _heart(canvas: Canvas) -> None:
    k = canvas.uniform(0.85, 1.0)
    outline = [(x * k, y * 0.9 + 0.14) for x, y in _HEART]
    canvas.line(canvas.trim(Role.BODY), [(0, -0.5), (0, -0.2)], 0.08)
    canvas.smooth(canvas.trim(Role.BODY), outline)
    canvas.smooth(Role.BODY, [(x * 0.89, 0.14 + (y - 0.14) * 0.88) for x, y in outline])
    canvas.curve(Role.LIGHT, [(-0.42 * k, 0.0), (-0.42 * k, -0.2), (-0.25 * k, -0.28)], 0.06)
    if canvas.chance(0.5):
        gem(canvas, canvas.trim(Role.LIGHT), (0, 0.1), 0.13)


def _medal(canvas: Canvas) -> None:
    r = canvas.uniform(0.55, 0.66)
    canvas.ellipse(canvas.trim(Role.BODY), 0, 0.2, r, r)
    canvas.ellipse(Role.BODY, 0, 0.2, r * 0.9, r * 0.9)
    canvas.arc(Role.SHADE, 0, 0.2, r * 0.74, r * 0.74, 0, 372, 0.02)
    inner = canvas.uniform(0.2, 0.3)
    canvas.polygon(canvas.trim(Role.LIGHT), star((0, 0.2), r * 0.5, r * inner, int(canvas.pick(4, 5, 6, 8))))


def _tear(canvas: Canvas) -> None:
    w, low = canvas.uniform(0.4, 0.52), canvas.uniform(0.75, 0.9)
    outline = mirrored([(0.02, -0.5), (w * 0.5, -0.05), (w, 0.38), (w * 0.55, low)])
    canvas.smooth(canvas.trim(Role.BODY), outline)
    canvas.smooth(Role.BODY, [(x * 0.87, 0.3 + (y - 0.3) * 0.87) for x, y in outline])
    low_facets = [(0, 0.85 * low), (-w * 0.45, 0.3), (w * 0.45, 0.3)]
    canvas.polygon(Role.SHADE, low_facets)
    canvas.polygon(Role.LIGHT, [(0, -0.22), (-w * 0.45, 0.3), (w * 0.45, 0.3)])
    canvas.polygon(Role.BODY, [(0, 0.02), (w * 0.24, 0.3), (0, 0.55), (-w * 0.24, 0.3)])


def _cross(canvas: Canvas) -> None:
    a, w = canvas.uniform(0.13, 0.18), canvas.uniform(0.4, 0.52)
    with canvas.part():
        canvas.rect(Role.BODY, -a, -0.5, a, 0.92, 0.06)
        canvas.rect(Role.BODY, -w, -0.16 - a, w, -0.16 + a, 0.06)
    canvas.line(canvas.trim(Role.SHADE), [(0, -0.4), (0, 0.82)], 0.06)
    canvas.line(canvas.trim(Role.SHADE), [(-w + 0.08, -0.16), (w - 0.08, -0.16)], 0.06)
    gem(canvas, canvas.trim(Role.LIGHT), (0, -0.16), a * 0.9)


def _moon(canvas: Canvas) -> None:
    r = canvas.uniform(0.58, 0.68)
    canvas.ellipse(Role.BODY, 0, 0.2, r, r)
    canvas.ellipse(Role.BACKGROUND, 0.3, 0.06, r * 0.72, r * 0.72)
    canvas.curve(Role.LIGHT, [(-0.3, -0.25), (-0.52, 0.2), (-0.25, 0.65)], 0.05)
    canvas.polygon(canvas.trim(Role.BODY), star((0.2, 0.12), 0.28, 0.12, 5))


def _stone(canvas: Canvas) -> None:
    r = canvas.uniform(0.5, 0.62)
    sides = int(canvas.pick(6, 8, 10))
    dot(canvas, canvas.trim(Role.BODY), (0, 0.16), r * 1.06, sides)
    ring, table = star((0, 0.16), r * 0.94, r * 0.94, sides), star((0, 0.16), r * 0.55, r * 0.55, sides)
    for i in range(sides):
        j = (i + 1) % sides
        canvas.polygon(Role.BODY, [ring[i], ring[j], table[j], table[i]])
    canvas.polygon(Role.LIGHT, [table[i] for i in range(sides // 2, sides)])


_ORNAMENTS: tuple[Callable[[Canvas], None], ...] = (_heart, _medal, _tear, _cross, _moon, _stone)


# --- ring ------------------------------------------------------------------------------------
def _ring(canvas: Canvas) -> None:
    if canvas.chance(0.3):
        _band_ring(canvas)
        return
    r, thick = canvas.uniform(0.55, 0.64), canvas.uniform(0.13, 0.22)
    squash = canvas.uniform(0.86, 1.0)
    hoop(canvas, Role.BODY, (0, 0.28), (r * squash, r), thick)
    canvas.arc(Role.SHADE, 0, 0.28, r * squash - thick * 0.3, r - thick * 0.3, 200, 340, thick * 0.25)
    canvas.arc(Role.LIGHT, 0, 0.28, r * squash + thick * 0.1, r + thick * 0.1, 100, 170, thick * 0.2)
    top = 0.28 - r
    if canvas.chance(0.25):
        _signet(canvas, top)
    else:
        _solitaire(canvas, top, canvas.uniform(0.2, 0.33))


def _signet(canvas: Canvas, top: float) -> None:
    w = canvas.uniform(0.3, 0.4)
    canvas.smooth(
        Role.BODY, mirrored([(w * 0.6, top - 0.26), (w, top), (w * 0.85, top + 0.2), (0.2, top + 0.28)])
    )
    canvas.ellipse(canvas.trim(Role.BODY), 0, top - 0.02, w * 0.78, 0.2)
    canvas.polygon(Role.SHADE, star((0, top - 0.02), 0.12, 0.06, 5))


def _solitaire(canvas: Canvas, top: float, size: float) -> None:
    stone = canvas.trim(Role.BODY)
    crown, girdle, tip = top - size * 0.9, top - size * 0.4, top + size * 0.7
    for side in (-1, 1):
        canvas.line(Role.BODY, [(side * size * 0.8, girdle - 0.06), (side * 0.06, tip + 0.05)], 0.06)
    w = size * 1.05
    canvas.polygon(stone, [(-w * 0.6, crown), (w * 0.6, crown), (w, girdle), (0, tip), (-w, girdle)])
    canvas.polygon(stone, [(-w * 0.3, girdle), (w * 0.3, girdle), (0, tip)])
    canvas.polygon(stone, [(-w * 0.3, girdle), (0, crown), (w * 0.3, girdle)])
    if stone == Role.BODY:
        canvas.polygon(Role.LIGHT, [(-w * 0.6, crown), (0, crown), (-w * 0.3, girdle), (-w, girdle)])
    for side in (-1, 1) if canvas.chance(0.5) else ():
        dot(canvas, canvas.trim(Role.LIGHT), (side * (w + 0.09), top + 0.12), 0.065, 8)


def _band_ring(canvas: Canvas) -> None:
    height = canvas.uniform(0.3, 0.5)
    band(canvas, Role.BODY, (0, -0.3), (0.78, 0.42), height)
    front = around((0, -0.3 + height / 2), 0.78, 0.42, 40)
    if canvas.chance(0.6):
        for x, y in front[3:18:2]:
            gem(canvas, canvas.trim(Role.WHITE), (x, y), 0.075)
    else:
        canvas.line(canvas.trim(Role.SHADE), front[1:20], 0.09)
        canvas.line(Role.LIGHT, [(x, y + height * 0.3) for x, y in front[10:18]], 0.04)


# --- bracelet --------------------------------------------------------------------------------
def _bracelet(canvas: Canvas) -> None:
    rx, ry = canvas.uniform(0.78, 0.9), canvas.uniform(0.42, 0.62)
    style = canvas.uniform(0, 1)
    if style < 0.4:
        height = canvas.uniform(0.16, 0.36)
        band(canvas, Role.BODY, (0, -height / 2), (rx, ry), height)
        edge = around((0, -height / 2), rx, ry, 40)
        for k in (0.12, 0.88):
            canvas.line(canvas.trim(Role.LIGHT), [(x, y + height * k) for x, y in edge[1:20]], 0.05)
        for x, y in edge[4:18:4] if canvas.chance(0.6) else ():
            gem(canvas, canvas.trim(Role.LIGHT), (x, y + height / 2), height * 0.26)
    elif style < 0.7:
        count = int(canvas.pick(22, 26))
        for i, centre in enumerate(around((0, 0), rx, ry, count, 270)):
            role = canvas.trim(Role.BODY) if i % 4 == 2 else Role.BODY
            beads(canvas, role, [centre], canvas.pick(0.1, 0.105), 12)
    else:
        _charm_chain(canvas, rx, ry)


def _charm_chain(canvas: Canvas, rx: float, ry: float) -> None:
    hoop(canvas, Role.BODY, (0, -0.1), (rx, ry), 0.07)
    for i, (x, y) in enumerate(around((0, -0.1), rx, ry, 26, 270)):
        dot(canvas, Role.BODY, (x, y), 0.085 if i % 2 else 0.06, 10)
        if i % 2:
            dot(canvas, Role.BACKGROUND, (x, y), 0.035, 6)
    charms = around((0, -0.1), rx, ry, 26, 270)
    for i in (9, 13, 17) if canvas.chance(0.7) else (13,):
        x, y = charms[i]
        canvas.line(Role.BODY, [(x, y), (x, y + 0.14)], 0.035)
        role = canvas.trim(Role.BODY)
        spikes = int(canvas.pick(4, 5, 12))
        canvas.polygon(role, star((x, y + 0.24), 0.15, 0.15 if spikes == 12 else 0.07, spikes))


DRAWINGS: dict[str, Callable[[Canvas], None]] = {
    "necklace": _necklace,
    "pendant": _pendant,
    "ring": _ring,
    "bracelet": _bracelet,
}
