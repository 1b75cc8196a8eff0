"""One batch of training: pictures, captions of them, and which caption is true of which picture.

Everything drawn by chance depends on the seed and the step alone, so that a resumed run sees the
same batches as one that never stopped.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.captions import caption, match, perturb
from training.dataset import UNKNOWN_COLOUR, Labelled, Pictures, Rows

_TRIPLE = 3
RECOLOURED_SHARE = 0.25


@dataclass(frozen=True)
class Batch:
    """Pictures and captions of one step.

    Attributes:
        drawn: Drawings, shape ``(d, 128, 128, 3)``.
        photos: Photos, shape ``(p, 160, 160, 3)``.
        recoloured: Which photos are to change colour, shape ``(p,)``.
        rows: Traits of drawings, then photos, shape ``(d + p, 5)``.
        texts: Captions of those pictures, then captions with one trait changed.
        fits: 1 true, 0 false, -1 unknown, shape ``(texts, d + p)``.
    """

    drawn: Pictures
    photos: Pictures
    recoloured: NDArray[np.bool_]
    rows: Rows
    texts: list[str]
    fits: NDArray[np.int8]


class Sampler:
    """Chooses the batch of any step.

    Args:
        drawings: Drawn pictures.
        photos: Photos, or None to learn from drawings alone.
        seed: Of all choices.
        size: Pictures in a batch.
        photo_count: How many of them are photos.
        extra: Captions with one trait changed.
    """

    def __init__(
        self,
        drawings: Labelled,
        photos: Labelled | None,
        *,
        seed: int,
        size: int,
        photo_count: int,
        extra: int,
    ) -> None:
        self._drawings, self._photos, self._seed, self._extra = drawings, photos, seed, extra
        self._photo_count = photo_count if photos else 0
        self._drawn_count = size - self._photo_count
        alike: dict[tuple[int, int], list[int]] = {}
        for index, row in enumerate(drawings.rows):
            alike.setdefault((int(row[0]), int(row[1])), []).append(index)
        self._alike = [np.array(group) for group in alike.values() if len(group) >= _TRIPLE]
        self._photo_odds = _rare_more_often(photos.rows[:, 0]) if photos else np.zeros(0)

    def batch(self, step: int) -> Batch:
        """Return the batch of a step."""
        rng = np.random.default_rng((self._seed, 1, step))
        drawn = self._pick_drawings(rng)
        pictures, rows = [self._drawings.pictures[drawn]], [self._drawings.rows[drawn]]
        recoloured = rng.random(self._photo_count) < RECOLOURED_SHARE
        if self._photos:
            chosen = rng.choice(len(self._photos), self._photo_count, p=self._photo_odds)
            traits = self._photos.rows[chosen].copy()
            traits[recoloured, 1] = UNKNOWN_COLOUR
            pictures.append(self._photos.pictures[chosen])
            rows.append(traits)
        seen = np.concatenate(rows)
        texts, fits = self._captions(seen, rng)
        photos = pictures[1] if self._photos else np.zeros((0, 1, 1, 3), np.uint8)
        return Batch(pictures[0], photos, recoloured, seen, texts, fits)

    def _pick_drawings(self, rng: np.random.Generator) -> NDArray[np.intp]:
        # Half of them come in threes of one kind and colour, so that trim and material must be looked at.
        triples = self._drawn_count // 2 // _TRIPLE if self._alike else 0
        groups = rng.integers(len(self._alike), size=triples).tolist() if triples else list[int]()
        loose = rng.integers(len(self._drawings), size=self._drawn_count - _TRIPLE * triples)
        return np.concatenate(
            [loose, *(rng.choice(self._alike[group], _TRIPLE, replace=False) for group in groups)]
        )

    def _captions(self, rows: Rows, rng: np.random.Generator) -> tuple[list[str], NDArray[np.int8]]:
        changed = [perturb(rows[index], rng) for index in rng.permutation(len(rows))[: self._extra]]
        said = [caption(row, rng) for row in [*rows, *changed]]
        return [text for text, _ in said], match(np.array([mentioned for _, mentioned in said]), rows)


def _rare_more_often(labels: NDArray[np.int16]) -> NDArray[np.float64]:
    counts = np.bincount(labels)
    odds: NDArray[np.float64] = 1 / np.sqrt(counts[labels])
    odds /= odds.sum()
    return odds
