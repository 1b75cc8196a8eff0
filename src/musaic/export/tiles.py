"""The pictures of a contact sheet: originals as long as that is quick, else their thumbnails."""

import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from musaic import media
from musaic.errors import MediaError

# A small picture is enlarged no further: an icon stays an icon.
_MOST_ENLARGED = 2.0
_MOST_PIXELS, _MOST_BYTES = 400_000_000, 1_000_000_000
# Two cores read 48 JPEGs of 12 MP in 0.9 s; what is larger than this is not quick to read.
_MOST_ORIGINALS, _PATIENCE_S = 48, 1.0
_QUICK_PIXELS, _QUICK_BYTES = 50_000_000, 64 << 20
# More than one, as a drive that does not answer must leave some for the other drives; and so many in the whole
# process, because such a drive may hold its threads for ever.
_THREADS, _MOST_THREADS = 4, 8

_free = threading.BoundedSemaphore(_MOST_THREADS)


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture of a sheet.

    Attributes:
        picture: Where to read it; None: there is none.
        name: Stands under it.
        caption: A line under the name.
        thumbnail: Shown in its place if the picture is not read within a second, or there are more than 48 of them.
            None: the picture is waited for.
        asset_id: Of the bytes that the thumbnail was made from. A file that holds others by now is not shown: it is
            not what was found. None: any.
    """

    picture: Path | None
    name: str
    caption: str
    thumbnail: Path | None = None
    asset_id: str | None = None


def read_originals(tiles: Sequence[Tile], *, side_px: int) -> dict[int, Image.Image]:
    """Return the originals of those tiles that have a thumbnail too, as far as they are read within a second.

    A drive that does not answer keeps nobody waiting for longer: its files are read in threads that are left behind.

    Args:
        tiles: In the order in which they are read.
        side_px: What the longer side is scaled to.

    Returns:
        Pictures by the place of their tile, RGB; those that are slow, gone, changed, broken or very large are missing.
    """
    wanted = {
        place: tile
        for place, tile in enumerate(tiles)
        if tile.picture is not None and tile.thumbnail is not None
    }
    return {} if len(wanted) > _MOST_ORIGINALS else _Readers(wanted, side_px).read()


def read_waiting(tile: Tile, *, side_px: int) -> Image.Image | None:
    """Return the thumbnail of a tile, or its picture if it has none; None where that cannot be read."""
    path = tile.thumbnail or tile.picture
    try:
        return None if path is None else _scaled(_opened(path, side_px, _MOST_PIXELS, _MOST_BYTES), side_px)
    except MediaError:
        return None


class _Readers:
    """Threads that read originals, the first tiles first, until the time is over."""

    def __init__(self, wanted: dict[int, Tile], side_px: int) -> None:
        self._count, self._side_px = len(wanted), side_px
        self._waiting: queue.SimpleQueue[tuple[int, Tile]] = queue.SimpleQueue()
        self._ready: queue.SimpleQueue[tuple[int, Image.Image | None]] = queue.SimpleQueue()
        self._over = threading.Event()
        for each in wanted.items():
            self._waiting.put(each)

    def read(self) -> dict[int, Image.Image]:
        ends = time.monotonic() + _PATIENCE_S
        started = sum(self._start() for _ in range(min(_THREADS, self._count)))
        found: dict[int, Image.Image] = {}
        try:
            for _ in range(self._count if started else 0):
                place, picture = self._ready.get(timeout=max(0.0, ends - time.monotonic()))
                if picture is not None:
                    found[place] = picture
        except queue.Empty:
            pass
        finally:
            self._over.set()
        return found

    def _start(self) -> bool:
        if not _free.acquire(blocking=False):
            return False
        try:
            # A daemon: the program ends although a drive has not answered.
            threading.Thread(target=self._work, name="musaic-sheet", daemon=True).start()
        except RuntimeError:  # the system gives no more threads
            _free.release()
            return False
        return True

    def _work(self) -> None:
        try:
            while not self._over.is_set():
                place, tile = self._waiting.get_nowait()
                picture = None
                try:
                    picture = _original(tile, self._side_px)
                finally:
                    self._ready.put((place, picture))
        except queue.Empty:
            pass
        finally:
            _free.release()


def _original(tile: Tile, side_px: int) -> Image.Image | None:
    assert tile.picture is not None
    try:
        opened = _opened(tile.picture, side_px, _QUICK_PIXELS, _QUICK_BYTES)
    except MediaError:
        return None
    if tile.asset_id is not None and media.content_id(opened.sha256) != tile.asset_id:
        return None
    return _scaled(opened, side_px)


def _opened(path: Path, side_px: int, max_pixels: int, max_bytes: int) -> media.Picture:
    # The longer side decides how large a picture comes out; twice that hides that it was reduced in two steps.
    return media.open_picture(
        path, min_side_px=1, thumbnail_px=2 * side_px, max_pixels=max_pixels, max_bytes=max_bytes
    )


def _scaled(opened: media.Picture, side_px: int) -> Image.Image:
    picture = opened.image.convert("RGB")
    scale = min(side_px / max(picture.size), _MOST_ENLARGED)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS)
