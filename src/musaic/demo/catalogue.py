"""The sample catalogue: about 300 drawn pictures of about 110 products, and a CSV that says what they show.

The CSV follows from the seed alone, byte for byte. Pictures are drawn in parallel; one that exists
is left as it is, so that an interrupted catalogue is completed by the next run.
"""

import csv
import io
import multiprocessing
import os
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from musaic.demo.render import Look, Style, photograph, plausible, possible_trim
from musaic.demo.vocabulary import ACCESSORIES, COLOURS, KINDS, SETTINGS, WEAR

COLUMNS = ("file", "product", "kind", "colour", "material", "trim", "season", "drop", "price")

_SEASONS = ("spring", "summer", "autumn", "winter")
_DROPS = {
    "spring": ("Blossom", "Meadow"),
    "summer": ("Solstice", "Harbour"),
    "autumn": ("Lunar", "Ember"),
    "winter": ("Frost", "Northern"),
}
_NAMES = (
    "Aurelia", "Linden", "Marlow", "Odette", "Cassia", "Bristol", "Juno", "Tamsin", "Ferrand", "Isola", "Perrin",
    "Wren", "Soren", "Calla", "Devon", "Elowen", "Fable", "Garnet", "Halden", "Ines", "Jasper", "Kestrel", "Lumen",
    "Mirabel", "Nocturne", "Orla", "Pascal", "Quill", "Rowan", "Sable", "Thea", "Umber", "Vesper", "Willa", "Yara",
    "Zephyr", "Alder", "Briar", "Clover", "Dune", "Esme", "Flint", "Hazel", "Indigo", "Kit", "Larkin", "Maren",
    "Nell", "Otis", "Piper",
)  # fmt: skip
# What the example searches look for: kind, colour, material, trim, season, drop, pictures, and the seed
# of a shape that shows the kind well, chosen by eye.
_WANTED: tuple[tuple[str, str, str, str, str, str, int, int], ...] = (
    ("watch", "gold", "metallic", "", "winter", "Northern", 4, 10),
    ("watch", "gold", "plain", "", "autumn", "Lunar", 3, 9),
    ("watch", "gold", "metallic", "black", "spring", "Blossom", 2, 5),
    ("watch", "blue", "leather", "", "summer", "Harbour", 3, 3),
    ("watch", "blue", "metallic", "silver", "winter", "Frost", 2, 10),
    ("watch", "silver", "metallic", "", "winter", "Frost", 2, 6),
    ("cape", "red", "silk", "gold", "autumn", "Lunar", 4, 6),
    ("cape", "red", "plain", "", "winter", "Northern", 2, 5),
    ("cape", "blue", "silk", "silver", "autumn", "Lunar", 2, 9),
    ("halter dress", "black", "plain", "", "summer", "Solstice", 3, 5),
    ("halter dress", "black", "silk", "gold", "autumn", "Lunar", 2, 8),
    ("necklace", "silver", "metallic", "", "winter", "Frost", 4, 4),
    ("necklace", "gold", "metallic", "", "summer", "Solstice", 2, 9),
    ("high heels", "red", "leather", "", "spring", "Blossom", 3, 1),
    ("high heels", "red", "plain", "gold", "autumn", "Lunar", 2, 9),
    ("high heels", "black", "leather", "", "winter", "Northern", 2, 8),
    ("pendant", "gold", "metallic", "", "winter", "Frost", 3, 4),
    ("pendant", "purple", "plain", "silver", "spring", "Meadow", 2, 8),
    ("convertible car", "red", "plain", "", "summer", "Harbour", 4, 1),
    ("convertible car", "blue", "metallic", "silver", "summer", "Harbour", 2, 4),
    ("car", "green", "plain", "", "spring", "Meadow", 2, 4),
    ("figure", "blue", "plain", "gold", "winter", "Northern", 3, 3),
    ("figure", "red", "plain", "", "autumn", "Ember", 2, 9),
    ("packaging box", "pink", "plain", "", "spring", "Blossom", 3, 2),
    ("packaging box", "black", "plain", "gold", "winter", "Frost", 2, 4),
    ("suit", "white", "plain", "", "summer", "Solstice", 3, 2),
    ("suit", "blue", "checked", "", "autumn", "Ember", 2, 10),
    ("dress", "green", "silk", "", "spring", "Meadow", 2, 8),
    ("kimono", "purple", "silk", "gold", "autumn", "Lunar", 2, 6),
    ("scarf", "red", "knitted", "", "winter", "Northern", 2, 13),
    ("dress", "red", "silk", "", "summer", "Solstice", 4, 11),
    ("sneakers", "blue", "plain", "", "spring", "Meadow", 3, 4),
)
_PLAIN_FINISHES = ("plain", "metallic", "leather")
_SIZES = ((640, 640), (640, 640), (640, 640), (640, 768), (640, 768), (768, 640))
_ENDINGS = (".jpg", ".jpg", ".jpg", ".jpg", ".jpg", ".jpg", ".jpg", ".png", ".webp")


@dataclass(frozen=True, slots=True)
class _Product:
    name: str
    look: tuple[str, str, str, str | None]  # kind, colour, material, trim
    season: str
    drop: str
    price: str
    seed: int
    pictures: int

    @property
    def slug(self) -> str:
        return "-".join("".join(c if c.isalnum() else " " for c in self.name.lower()).split())


@dataclass(frozen=True, slots=True)
class _Picture:
    """One file to draw; `file` is relative to the catalogue's folder, with forward slashes."""

    file: str
    look: Look
    seed: int
    shot: int
    size_px: tuple[int, int]


def draw_catalogue(folder: Path, *, seed: int = 7, workers: int | None = None) -> Iterator[tuple[int, int]]:
    """Draw the pictures that are missing in `folder/catalogue` and write `folder/catalogue.csv`.

    Args:
        folder: Where the catalogue goes; made if there is none.
        seed: Another seed is another catalogue.
        workers: Processes to draw with; by default as many as this process has cores.

    Yields:
        How many pictures are there, and how many there will be: once at the start, then after each.

    Raises:
        OSError: The folder cannot be written.
    """
    products = _products(seed)
    pictures = [picture for product in products for picture in _pictures_of(product)]
    _write_atomically(folder / "catalogue.csv", _table(products).encode())
    yield from _draw_missing(folder / "catalogue", pictures, workers or _cores())


def _cores() -> int:
    # Fewer than the machine has where the process is pinned; only Linux tells.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _draw_missing(folder: Path, pictures: Sequence[_Picture], workers: int) -> Iterator[tuple[int, int]]:
    missing = [picture for picture in pictures if not (folder / picture.file).exists()]
    done, total = len(pictures) - len(missing), len(pictures)
    yield done, total
    if not missing:
        return
    # Spawned, so that the workers hold no lock or thread of a larger program's.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(missing)), mp_context=context) as pool:
        drawn = [pool.submit(_draw, folder, picture) for picture in missing]
        try:
            for future in as_completed(drawn):
                future.result()
                done += 1
                yield done, total
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _draw(folder: Path, picture: _Picture) -> None:
    width, height = picture.size_px
    pixels = photograph(picture.look, picture.seed, shot=picture.shot, width_px=width, height_px=height)
    encoded = io.BytesIO()
    form = {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP"}[Path(picture.file).suffix]
    Image.fromarray(pixels).save(encoded, form, quality=90)
    _write_atomically(folder / picture.file, encoded.getvalue())


def _write_atomically(path: Path, content: bytes) -> None:
    """Write a file that is either whole or not there, whenever the program is stopped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(content)
    unfinished.replace(path)


# --- what there is ---------------------------------------------------------------------------
def _products(seed: int) -> list[_Product]:
    """The products wanted by the example searches, then one or two of every other kind."""
    rng = np.random.default_rng(seed)
    taken: set[str] = set()
    products = [
        _product((kind, colour, material, trim or None), (season, drop), pictures, rng, taken, shape=shape)
        for kind, colour, material, trim, season, drop, pictures, shape in _WANTED
    ]
    shown = {product.look[0] for product in products}
    others = [kind for kind in KINDS if kind not in shown]
    for kind in (*others, *(others[int(i)] for i in rng.permutation(len(others))[:24])):
        season = _SEASONS[int(rng.integers(4))]
        drop = _DROPS[season][int(rng.integers(2))]
        products.append(_product(_choice(kind, rng), (season, drop), int(rng.integers(2, 5)), rng, taken))
    return products


def _choice(kind: str, rng: np.random.Generator) -> tuple[str, str, str, str | None]:
    colour = list(COLOURS)[int(rng.integers(len(COLOURS)))]
    material = plausible(kind, rng)
    trim = possible_trim(colour, rng) if rng.random() < 0.3 else None
    return kind, colour, material, trim


def _product(
    look: tuple[str, str, str, str | None], launch: tuple[str, str], pictures: int, rng: np.random.Generator,
    taken: set[str], *, shape: int | None = None,
) -> _Product:  # fmt: skip
    name = _name(look, rng, taken)
    low, high = _prices(look[0])
    price = f"{round(float(rng.uniform(low, high)) / 5) * 5 - 0.1:.2f}"
    seed = int(rng.integers(2**31)) if shape is None else shape
    return _Product(name, look, *launch, price, seed, pictures)


def _name(look: tuple[str, str, str, str | None], rng: np.random.Generator, taken: set[str]) -> str:
    """A name that no other product has, such as "Aurelia watch, gold"."""
    kind, colour, material, trim = look
    finish = colour if material in _PLAIN_FINISHES else f"{colour} {material}"
    ending = f" and {trim}" if trim else ""
    free = [f"{name} {kind}, {finish}{ending}" for name in _NAMES]
    free = [name for name in free if name not in taken and name.split()[0] not in _first_words(taken, kind)]
    taken.add(chosen := free[int(rng.integers(len(free)))])
    return chosen


def _first_words(taken: set[str], kind: str) -> set[str]:
    """First names that another product of the same kind already bears."""
    return {name.split()[0] for name in taken if f" {kind}," in name}


def _prices(kind: str) -> tuple[float, float]:
    if kind in ("car", "convertible car"):
        return 28_000, 64_000
    if kind in (
        "watch",
        "necklace",
        "ring",
        "pendant",
        "laptop",
        "phone",
        "camera",
        "sofa",
        "guitar",
        "bicycle",
    ):
        return 180, 1900
    return (35, 420) if kind in WEAR or kind in ACCESSORIES else (15, 240)


# --- its pictures ----------------------------------------------------------------------------
def _pictures_of(product: _Product) -> list[_Picture]:
    # From the name, not the product's seed: products that share a shape are still shown differently.
    rng = np.random.default_rng(zlib.crc32(product.slug.encode()))
    kind, colour, material, trim = product.look
    scenes = ["studio", *(str(scene) for scene in rng.permutation(SETTINGS[1:]))]
    pictures = []
    for number in range(product.pictures):
        drawn = number == product.pictures - 1 and rng.random() < 0.35
        style: Style = "illustration" if drawn else "studio"
        look = Look(kind, colour, material, trim, scenes[number], style)
        ending = _ENDINGS[int(rng.integers(len(_ENDINGS)))]
        size = _SIZES[int(rng.integers(len(_SIZES)))]
        file = f"{product.slug}/{product.slug}-{number + 1:02}-{scenes[number]}{ending}"
        pictures.append(_Picture(file, look, product.seed, int(rng.integers(2**20)), size))
    return pictures


def _table(products: Sequence[_Product]) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for product in products:
        kind, colour, material, trim = product.look
        for picture in _pictures_of(product):
            of_product = (product.season, product.drop, product.price)
            rows.writerow((picture.file, product.name, kind, colour, material, trim or "", *of_product))
    return text.getvalue()
