"""Why ingest is built as it is: threads for encoding, and decoding at a reduced size."""

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.pictures import CAMERA, SHOP, folder_of
from benchmarks.report import Report, cores
from benchmarks.vit import FREE_BATCH, model_folder
from benchmarks.work import measure
from musaic import media
from musaic.config import EmbedSettings
from musaic.embed import Embedder, load_embedder

_BATCH = 16


def built(quick: bool) -> Report:
    """Two choices, each against what would be simpler."""
    files = {kind.name: folder_of(kind, 16) for kind in (SHOP, CAMERA)}
    rounds = 1 if quick else 4
    got = measure("choices", model=model_folder(FREE_BATCH), rounds=rounds, **files)
    one, many = got["one call"], got["several calls"]
    threads = [
        ["encode fp32: one call with every core", f"{one:.1f} pictures/s", "1.00", ""],
        [
            f"encode fp32: {cores()} calls at once, one core each",
            f"{many:.1f} pictures/s",
            f"{many / one:.2f}",
            "",
        ],
    ]
    decoding = [row for name in files for row in _decode_rows(name, got[name])]
    return Report(
        "Why ingest is built as it is",
        f"Best of {rounds} round(s), in one process. Decode: CPU time of one thread, with the "
        "preprocessing to 224 pixels; the difference is the mean of all pixels of 16 such squares, levels of 255.",
        ("choice", "figure", "ratio", "mean difference"),
        [*threads, *decoding],
        (),
    )


def _decode_rows(name: str, got: dict[str, float]) -> list[list[str]]:
    full, reduced = got["full"], got["reduced"]
    return [
        [f"decode {name}: all pixels", f"{full:.1f} ms", "1.00", ""],
        [f"decode {name}: reduced", f"{reduced:.1f} ms", f"{full / reduced:.2f}", f"{got['difference']:.2f}"],
    ]


def _measure(model: str, rounds: int, **folders: str) -> dict[str, object]:
    alone = load_embedder(EmbedSettings(model=model, threads=cores()), callers=1).embedder
    shared = load_embedder(EmbedSettings(model=model, threads=cores())).embedder
    pixels = np.random.default_rng(0).standard_normal((_BATCH, 3, 224, 224), np.float32)
    batches = [pixels] * 2 * cores()
    ways: dict[str, Callable[[], object]] = {
        "one call": lambda: [alone.embed_prepared(batch) for batch in batches],
        "several calls": lambda: _at_once(shared, batches),
    }
    for way in ways.values():
        way()
    best = {name: min(_seconds(way) for _ in range(rounds)) for name, way in ways.items()}
    found: dict[str, object] = {name: _BATCH * len(batches) / seconds for name, seconds in best.items()}
    return found | {name: _decoding(shared, Path(folder), rounds) for name, folder in folders.items()}


def _at_once(embedder: Embedder, batches: list[np.ndarray]) -> None:
    with ThreadPoolExecutor(cores()) as callers:
        list(callers.map(embedder.embed_prepared, batches))


def _seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    start = clock()
    work()
    return clock() - start


def _decoding(embedder: Embedder, folder: Path, rounds: int) -> dict[str, float]:
    files = sorted(folder.glob("*.jpg"))

    def full() -> list[np.ndarray]:
        return [embedder.prepare(Image.open(file).convert("RGB")) for file in files]

    def reduced() -> list[np.ndarray]:
        size, most = embedder.image_size, 10**9
        opened = (
            media.open_picture(file, min_side_px=size, max_pixels=most, max_bytes=most) for file in files
        )
        return [embedder.prepare(picture.image) for picture in opened]

    def milliseconds(way: Callable[[], object]) -> float:
        return min(_seconds(way, time.process_time) for _ in range(rounds)) * 1000 / len(files)

    # Normalised pixels, back in levels: CLIP divides each channel by about 0.27.
    levels = np.array((0.26862954, 0.26130258, 0.27577711)).reshape(3, 1, 1) * 255
    difference = np.abs((np.stack(full()) - np.stack(reduced())) * levels).mean()
    return {"full": milliseconds(full), "reduced": milliseconds(reduced), "difference": float(difference)}


if __name__ == "__main__":
    print(json.dumps(_measure(**json.loads(sys.argv[1]))))
