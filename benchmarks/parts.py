"""What one picture costs in CPU time, part by part: Musaic's own functions, one thread, batches of 16."""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from musaic import media
from musaic.config import EmbedSettings
from musaic.embed import load_embedder
from musaic.ingest.thumbs import write_thumb

_BATCH = 16
_ROUNDS = 3


def main(pictures: str, model: str, precision: str, most: int) -> dict[str, float]:
    """Return milliseconds of CPU time a picture, the best of three rounds."""
    embedder = load_embedder(EmbedSettings(model=model, precision=precision)).embedder
    files = sorted(Path(pictures).glob("*.jpg"))[:most]

    def decode(path: Path) -> tuple[media.Picture, np.ndarray]:
        limits = {"max_pixels": 10**9, "max_bytes": 10**9}
        picture = media.open_picture(path, min_side_px=embedder.image_size, **limits)
        return picture, embedder.prepare(picture.image)

    decoded = [decode(path) for path in files]
    pixels = np.stack([each for _, each in decoded])
    batches = [pixels[start : start + _BATCH] for start in range(0, len(pixels), _BATCH)]
    embedder.embed_prepared(batches[0])
    costs = {
        "decode": _best(lambda: _each(decode, files)),
        "hash": _best(lambda: _each(media.hash_file, files)),
        "thumbnail": _best(lambda: _thumbnails([picture for picture, _ in decoded])),
        "encode": _best(lambda: _each(embedder.embed_prepared, batches)),
    }
    return {name: 1000 * seconds / len(files) for name, seconds in costs.items()}


def _each(work: Callable[..., object], things: Iterable[object]) -> None:
    for thing in things:
        work(thing)


def _thumbnails(pictures: list[media.Picture]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for picture in pictures:
            write_thumb(Path(folder), media.content_id(picture.sha256), picture.image, 384)


def _best(work: Callable[[], None]) -> float:
    times = []
    for _ in range(_ROUNDS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
