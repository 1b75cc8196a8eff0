"""Connected regions of a mask, found with whole-array operations: there is no pixel loop."""

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Labels = NDArray[np.int32]


def regions(mask: Mask) -> Labels:
    """Number the regions of a mask whose pixels touch side by side.

    Args:
        mask: Shape ``(height, width)``.

    Returns:
        0 outside the mask, and 1, 2, … inside, in the order in which regions are met row by row.
    """
    height, width = mask.shape
    # A column of False after each row keeps runs of pixels from going on into the next row.
    padded = np.zeros((height, width + 1), np.int8)
    padded[:, :width] = mask
    steps = np.diff(padded.ravel(), prepend=np.int8(0))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    above, below = _touching(starts, ends, width + 1)
    roots = _joined(above, below, len(starts))
    numbers = np.unique(roots, return_inverse=True)[1].reshape(-1).astype(np.int32) + 1
    labels = np.zeros(height * (width + 1), np.int32)
    labels[padded.ravel() == 1] = np.repeat(numbers, ends - starts)
    return labels.reshape(height, width + 1)[:, :width]


def sizes(labels: Labels) -> NDArray[np.int64]:
    """Return the number of pixels of each label, 0 (outside) first."""
    return np.bincount(labels.ravel())


def border_labels(labels: Labels) -> NDArray[np.int32]:
    """Return the numbers of the regions that touch an edge of the picture."""
    edges = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    found = np.unique(edges)
    return found[found > 0]


def _touching(
    starts: NDArray[np.intp], ends: NDArray[np.intp], stride: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs of runs, by number, that lie below each other and share a column."""
    first = np.searchsorted(ends, starts + stride, "right")
    counts = np.maximum(np.searchsorted(starts, ends + stride, "left") - first, 0)
    above = np.repeat(np.arange(len(starts)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return above, np.repeat(first, counts) + within


def _joined(above: NDArray[np.intp], below: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Return for each run the lowest number among the runs it hangs together with."""
    roots = np.arange(count)
    while True:
        lowest = np.minimum(roots[above], roots[below])
        before = roots.copy()
        np.minimum.at(roots, before[above], lowest)
        np.minimum.at(roots, before[below], lowest)
        np.minimum.at(roots, above, lowest)
        np.minimum.at(roots, below, lowest)
        roots = roots[roots]
        if np.array_equal(roots, before):
            return roots
