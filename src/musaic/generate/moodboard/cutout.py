"""Cutting a product out of a plain background, and knowing when not to.

The background is flooded from the borders: a smooth surface is fitted to the colours at the edge of the picture (studio
walls get darker towards the corners), and what differs little from it, or is only a shadow on it, is background as
far as it hangs together. A cut that does not look like one thing on a plain ground is refused: a framed picture is
honest, half a shirt is not.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from musaic.colors import Lab, oklab
from musaic.generate.moodboard.doubts import doubts
from musaic.generate.moodboard.fields import (
    Field,
    blurred,
    border_ring,
    coarsely_blurred,
    grown,
    lengths,
    opened,
    shrunk,
    slopes,
    widest,
)
from musaic.generate.moodboard.regions import Labels, Mask, border_labels, regions, sizes

# At this size outlines are found, of small pictures at a smaller one; they are enlarged with the picture.
_SIDE_PX, _LEAST_SIDE_PX = 352, 240
# Differences in OKLab: what film grain and gradients make, and what no background makes.
_LEAST_TOLERANCE, _MOST_TOLERANCE = 0.03, 0.085
# A shadow leaves the hue of its ground, takes its lightness down to a part of it, and has no edges: how dark and how
# steep, in the order in which they are tried.
_SHADES = ((0.60, 0.014), (0.45, 0.026))
_SMOOTH = 0.014  # no edge, in OKLab per pixel
# An outline is steeper than this somewhere within two pixels.
_STEEP = 0.024
_PASSES = 3
_SAMPLES = 3000


def cut_out(image: Image.Image) -> Image.Image | None:
    """Return the alpha of the product in a picture, or None where the background is not plain.

    Args:
        image: Mode RGB.

    Returns:
        Mode L, the size of the picture: 255 on the product, 0 off it, and between for about as far as the outline
        is uncertain.
    """
    side = min(_SIDE_PX, max(_LEAST_SIDE_PX, 0.62 * max(image.size)))
    scale = min(1.0, side / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    if min(size) < 24:
        return None
    small = image.resize(size, Image.Resampling.BOX) if scale < 1 else image
    lab = oklab(np.asarray(small.filter(ImageFilter.MedianFilter(3))))
    product = _product(lab)
    return None if product is None else _softened(product, image.size)


def _product(lab: Lab) -> Mask | None:
    ground = _Ground(lab)
    if not ground.plain:
        return None
    for shade in _SHADES:
        product = _left_over(ground, shade)
        if not doubts(product, ground):
            return product
    return None


def _left_over(ground: "_Ground", shade: tuple[float, float]) -> Mask:
    for _ in range(_PASSES):
        reached = ground.flooded(*shade)
        ground.fit(reached)
        ground.follow(reached)
    product = _without_specks(opened(~ground.flooded(*shade)), ground)
    product &= ~_shaded_parts(product, ground)
    product = _without_crumbs(_evened(product, ground))
    return product & ~_holes(product, ground)


class _Ground:
    """A guess at what the picture would be without the product."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        height, width = lab.shape[:2]
        self._x = np.linspace(-1, 1, width, dtype=np.float32)
        self._y = np.linspace(-1, 1, height, dtype=np.float32)
        self.slope = slopes(lab)
        self.steep = widest(self.slope) > _STEEP
        self.edge = grown(self.slope > 0.6 * _STEEP, 1)
        self.tolerance = _MOST_TOLERANCE
        ring = border_ring(height, width)
        self.fit(ring, degree=2)
        self.plain = float((self.distance[ring] < self.tolerance).mean()) > 0.86

    def fit(self, where: Mask, degree: int = 3) -> None:
        """Fit the surface to the pixels of a mask, then again to those that lie near it."""
        rows, columns = np.nonzero(where)
        step = max(1, len(rows) // _SAMPLES)
        rows, columns = rows[::step], columns[::step]
        powers = [(i, j) for j in range(degree + 1) for i in range(degree + 1 - j)]
        terms = np.stack([self._x[columns] ** i * self._y[rows] ** j for i, j in powers])
        colours = self.lab[rows, columns].T
        kept = np.ones(len(rows), bool)
        for _ in range(4):
            weights = _solved(terms[:, kept], colours[:, kept])
            off = lengths(colours - (weights[:, :, None] * terms[:, None]).sum(axis=0), axis=0)
            spread = float(np.median(off[kept]))
            kept = off < max(0.015, 2.5 * spread)
        self.tolerance = min(_MOST_TOLERANCE, max(_LEAST_TOLERANCE, 0.018 + 3.0 * spread))
        # What a ground of one hue lacks is another hue, however faint: a gray buckle on a gray-green wall.
        tints = (colours - (weights[:, :, None] * terms[:, None]).sum(axis=0))[1:, kept]
        self._tint = max(0.0075, 0.003 + 3.5 * float(np.median(np.hypot(*tints))))
        self.surface = np.zeros_like(self.lab)
        for j in range(degree + 1):
            across = sum(
                self._x[:, None] ** i * weight
                for (i, down), weight in zip(powers, weights, strict=True)
                if down == j
            )
            self.surface += self._y[:, None, None] ** j * across
        self._measure()

    def _measure(self) -> None:
        off = self.lab - self.surface
        self.distance = lengths(off)
        self.tinted = np.hypot(off[..., 1], off[..., 2])
        # A strong colour varies more with the light than a gray.
        chroma = np.hypot(self.surface[..., 1], self.surface[..., 2])
        self.tint = np.float32(self._tint) + np.float32(0.16) * chroma
        # On a coloured ground the hue alone tells a shadow, even a deep fold; grey on grey it does not.
        self._sure = np.clip(chroma / np.float32(0.12), 0, 1) ** 2

    def follow(self, where: Mask) -> None:
        """Bend the surface to the colours of a mask: a horizon or a corner in shade is no polynomial."""
        weight = where.astype(np.float32)
        near = coarsely_blurred(weight)
        off = (self.lab - self.surface) * weight[..., None]
        bend = np.stack([coarsely_blurred(off[..., axis]) for axis in range(3)], axis=2)
        # Far from any ground that is known, the surface alone is the better guess.
        self.surface += bend / (near + np.float32(0.02))[..., None]
        self._measure()

    def near(self, darkest: float, steepest: float) -> tuple[Mask, Mask]:
        """Say which pixels may be background, and which of it in shadow."""
        # A weave or a floor has edges of its own; on a smooth wall an edge belongs to the product.
        even = self.slope < (2.5 * _SMOOTH if self.tolerance < 0.045 else 1)
        plain = (self.distance < self.tolerance) & (self.tinted < self.tint) & even
        return plain, self._shaded(darkest, steepest)

    def _shaded(self, darkest: float, steepest: float) -> Mask:
        shaded: Mask = self.shade_of(darkest) & (self.slope < steepest * (1 + 2 * self._sure))
        return shaded

    def shade_of(self, darkest: float) -> Mask:
        """Say which pixels have the hue of the ground, and its lightness or less down to a part of it."""
        along = (self.lab * self.surface).sum(axis=2) / np.maximum((self.surface**2).sum(axis=2), 1e-6)
        off = lengths(self.lab - along[..., None] * self.surface)
        sure = self._sure
        dim = (along > darkest * (1 - np.float32(0.35) * sure)) & (along < 1.04 + np.float32(0.1) * sure)
        most = np.minimum(np.float32(0.5 * self.tolerance + 0.006), self.tint)
        dim &= off < most + np.float32(0.02) * sure
        return np.asarray(dim)

    def flooded(self, darkest: float, steepest: float) -> Mask:
        """Return what may be background and hangs together with the border."""
        plain, shaded = self.near(darkest, steepest)
        # A shadow keeps off edges, so that none leaks through a gap in an outline; what it lost it gets back after.
        labels = regions(plain | (shaded & ~self.edge))
        reached = np.isin(labels, border_labels(labels))
        for _ in range(2):
            reached |= grown(reached, 1) & (plain | shaded)
        return reached


def _solved(terms: Field, colours: Lab) -> Field:
    """Return the weights of terms that come nearest to colours: least squares by the normal equations.

    Args:
        terms: Shape ``(terms, pixels)``.
        colours: Shape ``(3, pixels)``.

    Returns:
        Shape ``(terms, 3)``.
    """
    # Sums without a BLAS: its threads take longer to meet on a busy machine than these small products do alone.
    exact = terms.astype(np.float64)
    square = np.einsum("in,jn->ij", exact, exact) + 1e-9 * np.eye(len(terms))
    weights: Field = np.linalg.solve(square, np.einsum("in,cn->ic", exact, colours)).astype(np.float32)
    return weights


def _evened(mask: Mask, ground: "_Ground") -> Mask:
    """Smooth an outline where it is faint; where it is clear, thin and pointed things stay as they are."""
    clear = ground.distance > 3 * ground.tolerance
    return (mask & clear) | ((blurred(mask, 3) > 127) & ~(clear & ~mask))


def _without_specks(product: Mask, ground: _Ground) -> Mask:
    """Keep the regions that are large and, where they touch the border, as large as the product itself."""
    labels = regions(product & _reachable(product, ground))
    counts = sizes(labels)
    if len(counts) < 2:
        return product
    counts[0] = 0
    inner = counts.copy()
    inner[border_labels(labels)] = 0
    least = np.where(inner == counts, 0.04 * counts.max(), 0.5 * inner.max())
    return np.asarray(((counts >= least) & (counts > 0))[labels])


def _without_crumbs(product: Mask) -> Mask:
    """Drop what is much smaller than the largest part."""
    labels = regions(product)
    counts = sizes(labels)
    if len(counts) < 3:
        return product
    counts[0] = 0
    return np.asarray((counts > 0.01 * counts.max())[labels])


def _reachable(product: Mask, ground: _Ground) -> Mask:
    """Return what lies near pixels that differ clearly: remains of shadows and floor lines do not."""
    differing = ground.distance[product]
    if not len(differing):
        return product
    clear = ground.distance > min(2.2 * ground.tolerance, 0.5 * float(np.median(differing)))
    clear = product & (clear | (ground.tinted > 1.3 * ground.tint))
    # Only what lies open to the outside is in doubt: a pale dial inside a watch is the watch.
    labels = regions(~(product & grown(opened(clear), 4)))
    return ~np.isin(labels, border_labels(labels))


def _vivid(product: Mask, ground: _Ground) -> bool:
    colours = ground.lab[product]
    return bool(len(colours)) and float(np.median(np.hypot(colours[:, 1], colours[:, 2]))) > 0.07


def _shaded_parts(product: Mask, ground: _Ground) -> Mask:
    """Return the parts that have the hue of the ground and its shade: puddles of shadow, gaps, insides of rings.

    Where much of the product has that hue, none of it is taken away: it is a gray thing on a gray ground.
    """
    shade = product & ground.shade_of(0.45)
    labels = regions(shade)
    counts = sizes(labels)
    total = int(product.sum())
    around = widest(~product)
    outer = np.bincount(labels.ravel(), around.ravel(), minlength=len(counts)) > 0
    light = np.bincount(labels.ravel(), ground.shade_of(0.62).ravel(), minlength=len(counts)) > 0.6 * counts
    ringed = ~outer & light & (counts > 0.06 * total) & (_outlined(labels, ground.steep) > 0.9)
    taken = ringed | (outer & (counts < 0.06 * total))
    if _vivid(product, ground):
        # A slit between sleeve and body is long, narrow and pale; what is round or dark is a button or a hand.
        pale = product & ground.shade_of(0.62)
        wide = np.bincount(labels.ravel(), shrunk(shrunk(shrunk(shade))).ravel(), minlength=len(counts)) > 0
        dark = np.bincount(labels.ravel(), pale.ravel(), minlength=len(counts)) < 0.7 * counts
        slit = ~wide & ~dark & (counts > 0.0015 * total) & (_outlined(labels, ground.steep) > 0.9)
        taken |= slit
    taken[0] = False
    kept = shade.sum() - counts[ringed].sum()
    return taken[labels] if kept < 0.10 * total else np.zeros_like(product)


def _holes(product: Mask, ground: _Ground) -> Mask:
    """Return the places inside the outline through which the background is seen."""
    holes = np.zeros_like(product)
    # Far from the border the ground is only guessed: a large place may differ more from the guess than a small one,
    # and a very small one must be the very colour of the ground. White is too common for that: buttons, soles.
    for least, nearness, steep in ((0.0002, 0.45, 0.55), (0.002, 0.6, 1.0), (0.006, 1.3, 1.0)):
        near = (ground.distance < nearness * ground.tolerance) & (ground.tinted < ground.tint)
        near &= (ground.surface[..., 0] < 0.88) | (least > 0.001)
        labels = regions(product & near & (ground.slope < 2 * _SMOOTH))
        counts = sizes(labels)
        off = np.bincount(labels.ravel(), ground.distance.ravel()) / np.maximum(counts, 1)
        seen = (counts > least * labels.size) & (off < 0.7 * nearness * ground.tolerance)
        seen &= _outlined(labels, widest(ground.slope) > steep * _STEEP) > 0.85
        seen[0] = False
        holes |= grown(seen[labels], 1)
    return holes


def _outlined(labels: Labels, steep: Mask) -> NDArray[np.float64]:
    """Return for each region how much of what surrounds it is an edge: a white dot that fades is no hole."""
    around = widest(labels)
    ring = (around > 0) & (labels == 0)
    lengths = np.bincount(around[ring], minlength=int(labels.max()) + 1)
    edges = np.bincount(around[ring], steep[ring], minlength=len(lengths))
    return edges / np.maximum(lengths, 1)


def _softened(product: Mask, size: tuple[int, int]) -> Image.Image:
    """Return a mask at full size with soft edges."""
    small = Image.fromarray(product.astype(np.uint8) * 255).filter(ImageFilter.GaussianBlur(0.9))
    return small.resize(size, Image.Resampling.BICUBIC)
