"""What the starter learns from: drawn products of known traits, and photos of clothes of known category.

A picture's traits are a row ``[kind, colour, material, trim, setting]`` of indices, as in
`training.captions`: kinds below 70 are drawn, 70 to 79 are the photos' categories.
"""

import csv
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from musaic.demo.render import Look, plausible, possible_trim, render
from musaic.demo.vocabulary import COLOURS, KINDS, MATERIALS, SETTINGS

DRAWN_PX, PHOTO_PX = 128, 160
CATEGORIES = (
    "dress",
    "hat",
    "longsleeve",
    "outwear",
    "pants",
    "shirt",
    "shoes",
    "shorts",
    "skirt",
    "t-shirt",
)
UNKNOWN_COLOUR, UNKNOWN, NO_TRIM = 13, -2, -1
HELD_OUT_SHARE = 300 / 3459
ALIKE_BITS = 4

_COLOUR_NAMES = tuple(COLOURS)
_CHUNK = 200

Pictures = NDArray[np.uint8]
Rows = NDArray[np.int16]


@dataclass(frozen=True)
class Labelled:
    """Pictures ``(n, px, px, 3)``, sRGB, and their rows ``(n, 5)``."""

    pictures: Pictures
    rows: Rows

    def __len__(self) -> int:
        return len(self.rows)


# --- drawings --------------------------------------------------------------------------------
def held_out(kind: int, colour: int) -> bool:
    """Say whether a drawn kind is never shown in this colour in training: two of 13 colours for each kind."""
    return (7 * kind + 4 * colour) % 13 in (0, 6)


def combinations(*, untrained: bool) -> list[tuple[int, int]]:
    """Return the (kind, colour) pairs kept out of training, or all the others."""
    pairs = [(kind, colour) for kind in range(len(KINDS)) for colour in range(len(COLOURS))]
    return [pair for pair in pairs if held_out(*pair) is untrained]


def random_row(kind: int, colour: int, rng: np.random.Generator) -> list[int]:
    """Return a row of a kind and colour with a plausible material, a trim in four of ten, and any setting."""
    name = _COLOUR_NAMES[colour]
    material = MATERIALS.index(plausible(KINDS[kind], rng))
    trim = _COLOUR_NAMES.index(possible_trim(name, rng)) if rng.random() < 0.4 else NO_TRIM
    setting = int(rng.integers(len(SETTINGS))) if rng.random() < 0.75 else SETTINGS.index("studio")
    return [kind, colour, material, trim, setting]


def picture(row: Sequence[int], seed: int, size_px: int = DRAWN_PX) -> Pictures:
    """Draw a row, in one of both styles by the seed; shape ``(size_px, size_px, 3)``."""
    kind, colour, material, trim, setting = (int(value) for value in row)
    look = Look(
        kind=KINDS[kind],
        colour=_COLOUR_NAMES[colour],
        material=MATERIALS[material],
        trim=None if trim == NO_TRIM else _COLOUR_NAMES[trim],
        setting=SETTINGS[setting],
        style="studio" if (seed * 2654435761) % 100 < 65 else "illustration",
    )
    return render(look, seed, size_px)


def training_row(index: int, seed: int) -> list[int]:
    """Return the row of one training drawing: kinds in turn, only trained combinations."""
    rng = np.random.default_rng((seed, index))
    kind = index % len(KINDS)
    colours = [colour for colour in range(len(COLOURS)) if not held_out(kind, colour)]
    return random_row(kind, int(rng.choice(colours)), rng)


def draw(
    folder: Path, count: int, *, seed: int, workers: int = 2, report: Callable[[int], None] | None = None
) -> Labelled:
    """Draw the training pictures into a memory-mapped file, or take those already there.

    An interrupted call goes on where it stopped; another seed or count starts afresh. A changed
    renderer is not noticed: delete the folder then.

    Args:
        folder: Holds `drawn.npy` (about 49 kB a picture).
        count: Number of pictures.
        seed: Of the traits and shapes.
        workers: Processes that draw.
        report: Told how many pictures there are so far, chunk by chunk.
    """
    rows = np.array([training_row(index, seed) for index in range(count)], np.int16)
    name, marks = folder / "drawn.npy", folder / "drawn.txt"
    folder.mkdir(parents=True, exist_ok=True)
    first = f"seed {seed} count {count}"
    if not (marks.exists() and marks.read_text().splitlines()[:1] == [first]):
        np.lib.format.open_memmap(name, "w+", np.uint8, (count, DRAWN_PX, DRAWN_PX, 3)).flush()
        marks.write_text(first + "\n")
    done = {int(line) for line in marks.read_text().splitlines()[1:]}
    missing = [start for start in range(0, count, _CHUNK) if start not in done]
    if missing:
        _draw_chunks(
            name, marks, [(start, rows[start : start + _CHUNK]) for start in missing], seed, workers, report
        )
    return Labelled(np.load(name, mmap_mode="r"), rows)


def _draw_chunks(
    name: Path, marks: Path, chunks: Sequence[tuple[int, Rows]], seed: int, workers: int,
    report: Callable[[int], None] | None,
) -> None:  # fmt: skip
    # Spawned, not forked: the caller may hold torch's threads, which do not survive a fork.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool, marks.open("a") as log:
        for start in pool.map(partial(_draw_chunk, name, seed), chunks):
            log.write(f"{start}\n")
            log.flush()
            if report:
                report(start + _CHUNK)


def _draw_chunk(name: Path, seed: int, chunk: tuple[int, Rows]) -> int:
    start, rows = chunk
    pictures = np.load(name, mmap_mode="r+")
    for offset, row in enumerate(rows):
        pictures[start + offset] = picture(row, drawing_seed(seed, start + offset))
    pictures.flush()
    return start


def drawing_seed(seed: int, index: int) -> int:
    """Return the renderer's seed of one training drawing; below 2**40, where evaluation's begin."""
    return seed * 1_000_000 + index


# --- photos ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Photo:
    """One line of the photos' `labels.csv`."""

    file: str
    category: int


def split_photos(folder: Path) -> tuple[list[Photo], list[Photo]]:
    """Return the photos to learn from and those held out (about 300 of 3,459, by category).

    A photo is held out by the hash of its name alone, so that the split never moves. Photos that
    nearly equal a held-out one (difference hash within 4 bits) are in neither list.

    Raises:
        FileNotFoundError: The folder has no `labels.csv`.
    """
    with (folder / "labels.csv").open(newline="") as lines:
        photos = [Photo(line["file"], CATEGORIES.index(line["category"])) for line in csv.DictReader(lines)]
    kept: list[Photo] = []
    apart: list[Photo] = []
    for category in range(len(CATEGORIES)):
        own = sorted((photo for photo in photos if photo.category == category), key=_name_hash)
        count = round(len(own) * HELD_OUT_SHARE)
        apart, kept = apart + own[:count], kept + own[count:]
    with ThreadPoolExecutor() as pool:
        hashes = dict(
            zip(photos, pool.map(lambda photo: difference_hash(folder / photo.file), photos), strict=True)
        )
    held = [hashes[photo] for photo in apart]
    clear = [
        photo for photo in kept if all((hashes[photo] ^ other).bit_count() > ALIKE_BITS for other in held)
    ]
    return clear, apart


def _name_hash(photo: Photo) -> str:
    return hashlib.sha256(Path(photo.file).name.encode()).hexdigest()


def difference_hash(file: Path) -> int:
    """Return 64 bits: whether each of 8 x 8 patches is brighter than its right neighbour."""
    with Image.open(file) as image:
        image.draft("L", (64, 64))
        grey = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX), np.int16)
    return int("".join("01"[int(bit)] for bit in (grey[:, :-1] > grey[:, 1:]).ravel()), 2)


def read_photos(folder: Path, photos: Sequence[Photo], size_px: int = PHOTO_PX) -> Labelled:
    """Read photos, squashed to a square; their colour is guessed from their middle."""
    with ThreadPoolExecutor() as pool:
        pictures = list(pool.map(lambda photo: _read(folder / photo.file, size_px), photos))
    rows = [
        [len(KINDS) + photo.category, middle_colour(pixels), UNKNOWN, UNKNOWN, UNKNOWN]
        for photo, pixels in zip(photos, pictures, strict=True)
    ]
    return Labelled(np.stack(pictures), np.array(rows, np.int16))


def _read(file: Path, size_px: int) -> Pictures:
    with Image.open(file) as image:
        image.draft("RGB", (2 * size_px, 2 * size_px))
        upright = ImageOps.exif_transpose(image).convert("RGB")
        return np.asarray(upright.resize((size_px, size_px), Image.Resampling.BICUBIC))


def middle_colour(picture: Pictures) -> int:
    """Return the colour of more than half of the picture's middle, or `UNKNOWN_COLOUR`.

    A rule of thumb on hue, saturation and value; gold and silver are never named.
    """
    size = len(picture)
    middle = picture[size // 4 : size - size // 4, size // 3 : size - size // 3]
    hsv = np.asarray(Image.fromarray(middle).convert("HSV"), np.int16).reshape(-1, 3)
    counts = np.bincount(_colour_of(hsv), minlength=len(_COLOUR_NAMES) + 1)
    best = int(counts[:UNKNOWN_COLOUR].argmax())
    return best if 2 * counts[best] > len(hsv) else UNKNOWN_COLOUR


# Upper ends of hue, 0 to 255 for a full turn.
_HUES = (
    (10, "red"),
    (27, "orange"),
    (47, "yellow"),
    (117, "green"),
    (181, "blue"),
    (212, "purple"),
    (240, "pink"),
    (256, "red"),
)


def _colour_of(hsv: NDArray[np.int16]) -> NDArray[np.intp]:
    hue, saturation, value = hsv.T
    names = np.array([_COLOUR_NAMES.index(name) for _, name in _HUES])
    found: NDArray[np.intp] = names[np.searchsorted([end for end, _ in _HUES], hue, side="right")]
    index = _COLOUR_NAMES.index
    found[(found == index("red")) & (saturation < 130) & (value > 170)] = index("pink")
    found[
        np.isin(found, (index("orange"), index("red"))) & (hue < 30) & (value < 150) & (saturation < 190)
    ] = index("brown")
    found[np.isin(found, (index("orange"), index("yellow"))) & (saturation < 110)] = UNKNOWN_COLOUR  # beige
    grey = saturation < 45
    found[grey] = index("gray")
    found[grey & (value > 185)] = index("white")
    found[(value < 60) | ((value < 85) & grey)] = index("black")
    return found
