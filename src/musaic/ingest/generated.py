"""Pictures that were made here become assets: encoded, searchable, marked as generated."""

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from musaic import media
from musaic.config import IngestSettings
from musaic.embed.base import Embedder
from musaic.errors import MediaError
from musaic.ingest.thumbs import write_thumb
from musaic.ledger import FileState, Ledger, bounded
from musaic.schemas import Asset
from musaic.store import Row, Store


@dataclass(frozen=True, slots=True)
class Made:
    """A picture that was made: where it is, and what a filter can ask of it as ``metadata``."""

    path: Path
    metadata: dict[str, JsonValue]


def take_in(
    library: Path,
    made: Sequence[Made],
    *,
    ledger: Ledger,
    store: Store,
    embedder: Callable[[], Embedder],
    settings: IngestSettings,
) -> int:
    """Encode pictures into the store; return how many are there now.

    One that is gone, or cannot be read, is passed over: its record says what it was.

    Args:
        library: The library folder, for thumbnails.
        made: The pictures; the same bytes twice are one asset with two paths.
        ledger: Learns their files after their rows are stored.
        store: Open.
        embedder: Called once there is something to encode.
        settings: Limits.
    """
    done = 0
    for each in made:
        try:
            done += _take_one(library, each, ledger, store, embedder(), settings)
        except (MediaError, FileNotFoundError):
            continue
    return done


def _take_one(
    library: Path, made: Made, ledger: Ledger, store: Store, embedder: Embedder, settings: IngestSettings
) -> int:
    picture = media.open_picture(
        made.path,
        min_side_px=embedder.image_size,
        max_pixels=settings.max_pixels,
        max_bytes=settings.max_bytes,
        thumbnail_px=settings.thumbnail_px,
    )
    asset_id = media.content_id(picture.sha256)
    held = store.get([asset_id])
    if held:
        row = Row(_also_at(held[0].asset, made.path), held[0].vector)
    else:
        write_thumb(library, asset_id, picture.image, settings.thumbnail_px)
        (vector,) = embedder.embed_pictures([picture.image])
        row = Row(_asset(made, asset_id, picture), vector)
    store.upsert([row])
    ledger.record([_state(made.path, asset_id)])
    return 1


def picture_again(
    library: Path, asset_ids: Collection[str], *, ledger: Ledger, settings: IngestSettings
) -> None:
    """Write the thumbnails of pictures that were made here, where they are missing and can be.

    Raises:
        LibraryError: The library folder cannot be written to.
    """
    for asset_id, files in ledger.states_of(asset_ids).items():
        for file in files:
            with suppress(MediaError):
                picture = media.open_picture(
                    Path(file.path),
                    min_side_px=1,
                    max_pixels=settings.max_pixels,
                    max_bytes=settings.max_bytes,
                    thumbnail_px=settings.thumbnail_px,
                )
                if media.content_id(picture.sha256) == asset_id:
                    write_thumb(library, asset_id, picture.image, settings.thumbnail_px)
                    break


def _also_at(asset: Asset, path: Path) -> Asset:
    paths = sorted({*asset.paths, str(path)})
    first = Path(paths[0])
    return asset.model_copy(
        update={"paths": tuple(paths), "folder": str(first.parent), "filename": first.name}
    )


def _asset(made: Made, asset_id: str, picture: media.Picture) -> Asset:
    return Asset(
        id=asset_id,
        asset_id=asset_id,
        kind="generated",
        filename=made.path.name,
        folder=str(made.path.parent),
        paths=(str(made.path),),
        mime=picture.mime,
        size_bytes=picture.size_bytes,
        width=picture.width,
        height=picture.height,
        modified_at=int(made.path.stat().st_mtime),
        ingested_at=int(time.time()),
        metadata={**picture.metadata, **made.metadata},
    )


def _state(path: Path, asset_id: str) -> FileState:
    status = path.stat()
    return FileState(str(path.parent), path.name, status.st_size, bounded(status.st_mtime_ns), asset_id)
