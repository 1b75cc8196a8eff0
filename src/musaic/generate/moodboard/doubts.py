"""What speaks against a cut: a photo that stays whole is better than a ragged piece."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from musaic.colors import Lab
from musaic.generate.moodboard.fields import Field, blurred, border_ring, grown, lengths, shrunk
from musaic.generate.moodboard.regions import Mask, regions, sizes

# How many pixels a smoother outline would change, per pixel of outline.
_FRAYED = 0.34


class Ground(Protocol):
    """What is known about the background of a picture, and how the picture differs from it."""

    lab: Lab
    distance: Field
    tolerance: float
    steep: Mask


def doubts(product: Mask, ground: Ground) -> list[str]:
    """Return what speaks against a cut; a photo in a frame is better than a ragged piece."""
    area = float(product.mean())
    edge = product ^ shrunk(product)
    if not 0.015 < area < 0.86 or not edge.any():
        return ["area"]
    counts = np.sort(sizes(regions(product))[1:])[::-1] / float(product.sum())
    lesser = counts[1:][counts[1:] < 0.3 * counts[0]]
    found = {
        "border": float(product[border_ring(*product.shape)].mean()) >= 0.03,
        # A pair of earrings has two parts; a lamp whose shade was taken for wall has, too, but blurred ones.
        "blurred": float(ground.steep[edge].mean()) <= (0.80 if counts[0] > 0.8 else 0.95),
        "faint": float((ground.distance[product] > ground.tolerance).mean()) <= 0.55,
        "ragged": float(edge.sum()) ** 2 / (4 * np.pi * max(1, int(product.sum()))) >= 14,
        "frayed": float((product ^ (blurred(product, 4) > 127)).sum()) / float(edge.sum()) > _FRAYED,
        "parts": float(lesser.sum()) > 0.012 or len(counts) > 6,
        "backdrop": _on_disc(product, edge, ground),
    }
    return [name for name, holds in found.items() if holds]


def _on_disc(product: Mask, edge: Mask, ground: Ground) -> bool:
    """Say whether much of the outline is an arc of an exact circle of one colour: a disc behind the product."""
    rows, columns = np.nonzero(edge)
    y, x = rows - rows.mean(), columns - columns.mean()
    inner = shrunk(shrunk(shrunk(product)))
    for colour in _flat_colours(ground.lab[grown(edge, 3) & inner]):
        beside = grown(inner & (lengths(ground.lab - colour) < 0.035), 4)[rows, columns]
        if beside.mean() > 0.18 and _is_arc(x[beside], y[beside], len(rows)):
            return True
    return False


def _flat_colours(colours: Lab) -> list[Lab]:
    """Return the commonest colours, up to three, coarsely."""
    if not len(colours):
        return []
    _, place, counts = np.unique(
        np.floor(colours / 0.05).astype(np.int64), axis=0, return_inverse=True, return_counts=True
    )
    order = np.argsort(-counts, kind="stable")[:3]
    return [colours[place.reshape(-1) == each].mean(axis=0) for each in order]


def _is_arc(x: NDArray[np.float64], y: NDArray[np.float64], whole: int) -> bool:
    """Say whether most of some points lie on one circle, and these are a good part of a whole."""
    kept = np.ones(len(x), bool)
    off = np.zeros(len(x))
    for room in (8.0, 4.0, 2.0, 1.2):
        terms = np.stack([x, y, np.ones_like(x)])
        square = np.einsum("in,jn->ij", terms[:, kept], terms[:, kept]) + 1e-6 * np.eye(3)
        along = np.linalg.solve(square, np.einsum("in,n->i", terms[:, kept], (x**2 + y**2)[kept]))
        middle = along[:2] / 2
        radius = np.sqrt(max(0.0, along[2] + (middle**2).sum()))
        off = np.abs(np.hypot(x - middle[0], y - middle[1]) - radius)
        kept = off < room
        if kept.sum() < 24:
            return False
    return bool(kept.sum() > 0.16 * whole and kept.mean() > 0.6)
