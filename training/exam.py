"""What the starter is measured on, and the measures.

No torch here, so that exported files and nets in training sit the same exam.

Every picture is drawn anew, from seeds that training never uses.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from musaic.demo.materials import alike
from musaic.demo.vocabulary import COLOURS, KINDS, MATERIALS
from training.captions import LANGUAGES, UNSAID, kind_query, match, query, trim_query
from training.dataset import (
    CATEGORIES,
    DRAWN_PX,
    NO_TRIM,
    Labelled,
    Pictures,
    combinations,
    picture,
    random_row,
)

Vectors = NDArray[np.float32]
# Above every seed of training's drawings.
_FIRST_SEED = 1 << 40
_NAMES = tuple(COLOURS)
GOLD, SILVER = _NAMES.index("gold"), _NAMES.index("silver")


@dataclass(frozen=True)
class Encoder:
    """Two functions to unit vectors ``(n, dim)``: from uint8 pictures ``(n, px, px, 3)`` and from texts."""

    pictures: Callable[[Pictures], Vectors]
    texts: Callable[[Sequence[str]], Vectors]


@dataclass(frozen=True)
class Catalogue:
    """A drawn catalogue, and the (kind, colour) pairs asked for in it: four pictures of each."""

    shown: Labelled
    trained: list[tuple[int, int]]
    untrained: list[tuple[int, int]]


def catalogue(number: int, *, size: int = 500, size_px: int = DRAWN_PX) -> Catalogue:
    """Draw a catalogue: half of it combinations trained on, half never drawn in training."""
    rng = np.random.default_rng((number, 77))
    asked = [
        [pairs[int(index)] for index in rng.permutation(len(pairs))[: size // 8]]
        for pairs in (combinations(untrained=False), combinations(untrained=True))
    ]
    rows = [random_row(kind, colour, rng) for kind, colour in (*asked[0], *asked[1]) for _ in range(4)]
    return Catalogue(_drawn(rows, _FIRST_SEED + number * 100_000, size_px), *asked)


def trim_triples(number: int, *, count: int = 200, size_px: int = DRAWN_PX) -> Labelled:
    """Draw triples of one kind and colour, each another shape: gold trim, no trim, silver trim."""
    rng = np.random.default_rng((number, 78))
    pairs = [
        pair
        for pair in combinations(untrained=False)
        if not any(alike(_NAMES[pair[1]], trim) for trim in ("gold", "silver"))
    ]
    rows = []
    for index in rng.integers(len(pairs), size=count):
        row = random_row(*pairs[int(index)], rng)
        rows += [[*row[:3], trim, row[4]] for trim in (GOLD, NO_TRIM, SILVER)]
    return _drawn(rows, _FIRST_SEED + 50_000_000 + number * 100_000, size_px)


def _drawn(rows: Sequence[Sequence[int]], first_seed: int, size_px: int) -> Labelled:
    pictures = [picture(row, first_seed + index, size_px) for index, row in enumerate(rows)]
    return Labelled(np.stack(pictures), np.array(rows, np.int16))


def prepared(pictures: Pictures, size_px: int, mean: Sequence[float], std: Sequence[float]) -> Vectors:
    """Return an image tower's input as the program makes it: squashed (bicubic), normalised, channels first."""
    small = [
        np.asarray(Image.fromarray(pixels).resize((size_px, size_px), Image.Resampling.BICUBIC))
        for pixels in pictures
    ]
    scaled = (np.stack(small).astype(np.float32) / 255 - np.array(mean, np.float32)) / np.array(
        std, np.float32
    )
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2), np.float32)


# --- measures --------------------------------------------------------------------------------
def precision_at_3(
    encoder: Encoder, catalogue: Catalogue, vectors: Vectors, pairs: Sequence[tuple[int, int]], *,
    language: str, synonyms: bool,
) -> float:  # fmt: skip
    """Return the share of right pictures among the first three for "a {colour} {kind}"."""
    rng = np.random.default_rng(79)
    texts = [query(kind, colour, language, synonyms=synonyms, rng=rng) for kind, colour in pairs]
    said = np.array([(kind, colour, UNSAID, UNSAID, UNSAID) for kind, colour in pairs])
    right = match(said, catalogue.shown.rows) == 1
    first = np.argsort(-(encoder.texts(texts) @ vectors.T), axis=1)[:, :3]
    return float(np.take_along_axis(right, first, 1).mean())


def kind_accuracy(
    encoder: Encoder, shown: Labelled, vectors: Vectors, language: str = "en"
) -> NDArray[np.bool_]:
    """Say for each drawing whether the kind whose words are nearest is true of it."""
    texts = [kind_query(kind, language) for kind in range(len(KINDS))]
    nearest = (vectors @ encoder.texts(texts).T).argmax(1)
    said = np.full((len(KINDS), 5), UNSAID)
    said[:, 0] = np.arange(len(KINDS))
    right: NDArray[np.bool_] = match(said, shown.rows)[nearest, np.arange(len(shown))] == 1
    return right


def colour_accuracy(encoder: Encoder, shown: Labelled, vectors: Vectors) -> NDArray[np.bool_]:
    """Say for each drawing whether "something {its colour}" is nearest of the 13."""
    nearest = (vectors @ encoder.texts([f"something {name}" for name in _NAMES]).T).argmax(1)
    right: NDArray[np.bool_] = nearest == shown.rows[:, 1]
    return right


def material_precision(
    encoder: Encoder, shown: Labelled, vectors: Vectors, first: int = 20
) -> dict[str, float]:
    """Return precision among the first pictures for "something {material}", material by material."""
    scores = encoder.texts([f"something {name}" for name in MATERIALS]) @ vectors.T
    order = np.argsort(-scores, axis=1)[:, :first]
    return {
        name: float((shown.rows[order[index], 2] == index).mean()) for index, name in enumerate(MATERIALS)
    }


def trim_told_apart(
    encoder: Encoder, triples: Labelled, vectors: Vectors, language: str = "en"
) -> tuple[float, float]:
    """Return how often the gold-trimmed picture is above the untrimmed, and above the silver-trimmed one."""
    golden = triples.rows[::3]
    texts = [trim_query(int(row[0]), int(row[1]), GOLD, language) for row in golden]
    scores = np.einsum("nd,nkd->nk", encoder.texts(texts), vectors.reshape(len(golden), 3, -1))
    return float((scores[:, 0] > scores[:, 1]).mean()), float((scores[:, 0] > scores[:, 2]).mean())


def photo_ranks(encoder: Encoder, photos: Labelled, vectors: Vectors) -> NDArray[np.intp]:
    """Return the rank, from 0, of each photo's own category for "a photo of a dress" and nine others."""
    first = len(KINDS)
    texts = [f"a photo of {kind_query(first + index, 'en')}" for index in range(len(CATEGORIES))]
    scores = vectors @ encoder.texts(texts).T
    own = np.take_along_axis(scores, photos.rows[:, :1].astype(np.intp) - first, 1)
    ranks: NDArray[np.intp] = (scores > own).sum(1)
    return ranks


def photo_precision(encoder: Encoder, photos: Labelled, vectors: Vectors, *, before: str = "") -> float:
    """Return P@3 of the words for nine categories on photos, each behind other words; longsleeve counts as a shirt."""
    first = len(KINDS)
    names = [name for name in CATEGORIES if name != "longsleeve"]
    texts = [f"{before} {kind_query(first + CATEGORIES.index(name), 'en')}".strip() for name in names]
    shirt, longsleeve = (first + CATEGORIES.index(name) for name in ("shirt", "longsleeve"))
    shown = np.where(photos.rows[:, 0] == longsleeve, shirt, photos.rows[:, 0])
    asked = np.array([first + CATEGORIES.index(name) for name in names])
    top = np.argsort(-(encoder.texts(texts) @ vectors.T), axis=1)[:, :3]
    return float((shown[top] == asked[:, None]).mean())


@dataclass(frozen=True)
class Quick:
    """A short exam for a net in training."""

    catalogue: Catalogue
    triples: Labelled
    photos: Labelled | None

    def sit(self, encoder: Encoder) -> dict[str, float]:
        """Return the measures by name."""
        vectors = encoder.pictures(self.catalogue.shown.pictures)
        shown, results = self.catalogue.shown, dict[str, float]()
        for language in LANGUAGES:
            for name, pairs in (("trained", self.catalogue.trained), ("untrained", self.catalogue.untrained)):
                results[f"p3_{name}_{language}"] = precision_at_3(
                    encoder, self.catalogue, vectors, pairs, language=language, synonyms=False
                )
        results["kind"] = float(kind_accuracy(encoder, shown, vectors).mean())
        results["colour"] = float(colour_accuracy(encoder, shown, vectors).mean())
        trims = trim_told_apart(encoder, self.triples, encoder.pictures(self.triples.pictures))
        results["trim_none"], results["trim_silver"] = trims
        if self.photos:
            ranks = photo_ranks(encoder, self.photos, encoder.pictures(self.photos.pictures))
            results["photo_top1"], results["photo_top3"] = (
                float((ranks == 0).mean()),
                float((ranks < 3).mean()),
            )
        return {name: round(value, 3) for name, value in results.items()}
