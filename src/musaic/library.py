"""Library: owns what is open; one method a stage."""

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from musaic import config
from musaic.errors import (
    ConfigError,
    LibraryError,
    LibraryNotFoundError,
    ModelMismatchError,
    UnknownAssetError,
)
from musaic.ledger import Ledger
from musaic.schemas import Asset, DoneEvent, Fingerprint, Hit, Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from musaic.embed import Ask, Embedder, OnDownload
    from musaic.store import Store

FOLDER = ".musaic"
_logger = logging.getLogger("musaic")

_CONFIG_TEMPLATE = """\
# Settings of this library. A flag or a MUSAIC_* variable beats what is written here.
# [store]
# uri = "http://localhost:19530"   # a Milvus server instead of the embedded one
# collection = "musaic"
# The token belongs in the environment: MUSAIC_STORE__TOKEN
# [ingest]
# settle_s = 2.0                   # a file changed this recently may still be being written
"""


class Library:
    """A library on disk, by `Library.open`.

    Inside a ``with`` block the embedded store stays open, and so is closed to other processes; without
    one it is open only while a method runs.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: config.Settings,
        notify: Callable[[str], None],
        ask: "Ask | None",
        on_download: "OnDownload | None",
    ) -> None:
        self.folder, self.settings = folder, settings
        self._notify, self._ask, self._on_download = notify, ask, on_download
        self._ledger = Ledger(folder / "ledger.sqlite")
        self._embedder: Embedder | None = None
        self._store: Store | None = None
        self._held = False
        self._told: set[str] = set()

    @classmethod
    def open(
        cls,
        path: Path | str | None = None,
        *,
        create: bool = False,
        store: Mapping[str, object] | None = None,
        embed: Mapping[str, object] | None = None,
        ingest: Mapping[str, object] | None = None,
        notify: Callable[[str], None] | None = None,
        ask: "Ask | None" = None,
        on_download: "OnDownload | None" = None,
    ) -> Self:
        """Return the library at a path, or the one here or above.

        Args:
            path: A ``.musaic`` folder or the folder that holds it; None looks at MUSAIC_LIBRARY, then here
                and above, as git does.
            create: Make the library if there is none.
            store: Settings that beat environment and config.toml, e.g. ``{"uri": "http://localhost:19530"}``.
            embed: The same, e.g. ``{"model": "starter"}``.
            ingest: The same.
            notify: Takes warnings in plain words; by default they are logged.
            ask: Asked once whether weights may be downloaded; by default nothing is.
            on_download: Told how a download goes.

        Raises:
            LibraryNotFoundError: There is none, and `create` is False.
            ConfigError: A setting cannot be used.
            LibraryError: The library is damaged or cannot be written to.
        """
        folder = find(path) or (_make(path) if create else None)
        if folder is None:
            raise LibraryNotFoundError(start=Path(path) if path else Path.cwd())
        settings = config.load(folder / "config.toml", store=store, embed=embed, ingest=ingest)
        return cls(
            folder, settings=settings, notify=notify or _logger.warning, ask=ask, on_download=on_download
        )

    def __enter__(self) -> Self:
        self._held = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close everything; a second call does nothing."""
        self._held = False
        if self._store is not None:
            self._store.close()
            self._store = None
        self._ledger.close()

    # --- stages ----------------------------------------------------------------------------------
    def ingest(
        self,
        *sources: Path | str,
        prune: bool = False,
        on_progress: Callable[[Progress], None] | None = None,
        stop: threading.Event | None = None,
    ) -> DoneEvent:
        """Bring files, folders and globs into the library; return the sum of the run.

        Args:
            *sources: What to ingest; never written to.
            prune: Forget files at these sources that have vanished.
            on_progress: Told of progress and of each failed or skipped file.
            stop: Set it to end early; what is in hand is finished, and the next run goes on.

        Raises:
            ConfigError: A source does not exist.
            LibraryBusyError: Another process holds the library.
            ModelMismatchError: The library was built with another encoder.
        """
        from musaic.ingest import Ingest, Options

        with self._opened() as store:
            # A wrong model is refused before the first file is read.
            if self.settings.embed.model != "auto":
                self._encoder(store)
            run = Ingest(
                self.folder,
                ledger=self._ledger,
                store=store,
                embedder=lambda: self._encoder(store),
                settings=self.settings.ingest,
                stop=stop,
            )
            return _last(
                run.run(sources, Options(prune=prune, callers=self.settings.embed.threads)), on_progress
            )

    def search(
        self,
        text: str | None = None,
        *,
        image: "Path | str | Image.Image | None" = None,
        limit: int = 3,
        offset: int = 0,
        where: str | None = None,
    ) -> list[Hit]:
        """Return the assets nearest to words or to a picture, best first.

        Args:
            text: What to look for, in words.
            image: A picture to look for instead.
            limit: Most hits.
            offset: How many of the best to pass over.
            where: A filter, e.g. ``kind == "image" and width > 800``.

        Raises:
            ValueError: Neither or both of `text` and `image` are given, or a number is out of range.
            FilterError: The filter cannot be used.
            UnknownWordsError: The encoder was taught none of the words.
            MediaError: The picture cannot be read.
        """
        _check_query(text, image, limit, offset)
        with self._opened() as store:
            if self._is_empty(store):
                return []
            embedder = self._encoder(store)
            vector = (
                self._text_vector(embedder, text)
                if text is not None
                else _picture_vector(embedder, image, self)
            )
            return self._nearest(store, vector, limit=limit, offset=offset, where=where)

    def similar(
        self, asset: str | Path, *, limit: int = 3, offset: int = 0, where: str | None = None
    ) -> list[Hit]:
        """Return the assets nearest to one of the library, by id or path, or to any picture file.

        Raises:
            UnknownAssetError: Neither an asset nor a file.
        """
        _check_query(None, asset, limit, offset)
        with self._opened() as store:
            if self._is_empty(store):
                return []
            row_id = self._asset_id(str(asset), store)
            if row_id is None:
                if not Path(asset).is_file():
                    raise UnknownAssetError(asset=str(asset))
                vector = _picture_vector(self._encoder(store), Path(asset), self)
                return self._nearest(store, vector, limit=limit, offset=offset, where=where)
            (row,) = store.get([row_id])
            return self._nearest(
                store, row.vector, limit=limit, offset=offset, where=where, leave_out=row.asset.asset_id
            )

    def show(self, asset: str | Path) -> Asset:
        """Return what is known of an asset, by id or path.

        Raises:
            UnknownAssetError: The library does not hold it.
        """
        with self._opened() as store:
            row_id = self._asset_id(str(asset), store)
            if row_id is None:
                raise UnknownAssetError(asset=str(asset))
            return store.get([row_id])[0].asset

    def reindex(
        self,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        stop: threading.Event | None = None,
    ) -> DoneEvent:
        """Encode every asset with the encoder now configured, beside the old vectors; switch when done.

        An interrupted run goes on where it was; until it is done the library answers as before.

        Raises:
            LibraryError: There is nothing to reindex.
        """
        from musaic.embed import load_embedder
        from musaic.ingest.reindex import reindex

        stop = stop or threading.Event()
        with self._opened() as store:
            built_with = store.fingerprint()
            if built_with is None:
                raise LibraryError(f"the library {self.folder} is empty; there is nothing to reindex")
            loaded = load_embedder(self.settings.embed, ask=self._ask, on_download=self._on_download)
            embedder = self._tell(loaded.embedder, loaded.notices)
            if embedder.fingerprint == built_with:
                return DoneEvent(
                    added=0, updated=0, unchanged=store.count(), failed=0, skipped=0, seconds=0.0
                )
            new = store.beside(embedder.fingerprint)
            events = reindex(
                self.folder, old=store, new=new, embedder=embedder, settings=self.settings.ingest, stop=stop
            )
            done = _last(events, on_progress)
            if not done.interrupted:
                store.switch_to(new)
                self._remember(embedder.fingerprint)
                self._embedder = embedder
            return done

    def sheet(self, hits: Sequence[Hit], path: Path | str | None = None, *, title: str = "") -> Path:
        """Write hits as a contact sheet: pictures with file name and score, the title above.

        Args:
            hits: From `search` or `similar`.
            path: Where to; by default ``outputs/sheet.png`` in the library.
            title: For instance the query.

        Raises:
            ExportError: The file cannot be written.
        """
        from musaic.export import Tile, write_sheet

        tiles = [Tile(self._shown(hit), Path(hit.path).name, f"{hit.cosine:.3f}") for hit in hits]
        return write_sheet(tiles, Path(path) if path else self.folder / "outputs" / "sheet.png", title=title)

    def _shown(self, hit: Hit) -> Path:
        """Return what to draw of a hit: its thumbnail, which is quick to read, else the original."""
        return self.thumbnail(hit.asset_id) or Path(hit.path)

    def thumbnail(self, asset_id: str) -> Path | None:
        """Return the path of an asset's thumbnail, if there is one."""
        from musaic.ingest.thumbs import thumb_path

        path = thumb_path(self.folder, asset_id)
        return path if path.exists() else None

    def counts(self) -> tuple[int, int, int]:
        """Return how many assets, files and vanished files there are, without opening the store."""
        return self._ledger.counts()

    def built_with(self) -> Fingerprint | None:
        """Return which encoder the library was built with, without opening the store."""
        noted = self._ledger.note("fingerprint")
        return None if noted is None else Fingerprint.model_validate_json(noted)

    def check_store(self) -> tuple[str, list[str], int]:
        """Return the store's version, what it cannot do in words, and how many rows it holds."""
        with self._opened() as store:
            rows = 0 if store.fingerprint() is None else store.count()
            return store.capabilities.server, store.capabilities.missing(), rows

    # --- what is open ----------------------------------------------------------------------------
    @contextmanager
    def _opened(self) -> Iterator["Store"]:
        from musaic.store import Store

        if self._store is None:
            self._store = Store.open(self.settings.store, self.folder)
        try:
            yield self._store
        finally:
            if not self._held:
                self._store.close()
                self._store = None

    def _encoder(self, store: "Store") -> "Embedder":
        """Return the library's encoder; make the collection for it if there is none."""
        if self._embedder is None:
            built_with = store.fingerprint()
            embedder = self._load(built_with)
            if built_with is None:
                store.create(embedder.fingerprint)
            elif embedder.fingerprint != built_with:
                raise ModelMismatchError(
                    collection=self.settings.store.collection,
                    built_with=_words(built_with),
                    configured=_words(embedder.fingerprint),
                )
            self._remember(embedder.fingerprint)
            self._embedder = embedder
        return self._embedder

    def _load(self, built_with: Fingerprint | None) -> "Embedder":
        from musaic.embed import load_embedder

        wanted = self.settings.embed
        updates: dict[str, object] = {}
        if wanted.model == "auto" and built_with is not None:
            updates["model"] = self._ledger.note("model_path") or built_with.model
        if "precision" not in wanted.model_fields_set and built_with is not None:
            updates["precision"] = built_with.precision
        loaded = load_embedder(
            wanted.model_copy(update=updates),
            revision=built_with.revision if built_with is not None else None,
            ask=self._ask,
            on_download=self._on_download,
        )
        return self._tell(loaded.embedder, loaded.notices)

    def _remember(self, fingerprint: Fingerprint) -> None:
        self._ledger.remember("fingerprint", fingerprint.model_dump_json())
        if self.settings.embed.model != "auto" and Path(self.settings.embed.model).is_dir():
            self._ledger.remember("model_path", str(Path(self.settings.embed.model).resolve()))

    def _tell(self, embedder: "Embedder", notices: Sequence[str]) -> "Embedder":
        for notice in notices:
            self._tell_once(notice)
        return embedder

    def _tell_once(self, notice: str) -> None:
        if notice not in self._told:
            self._told.add(notice)
            self._notify(notice)

    def _is_empty(self, store: "Store") -> bool:
        if store.fingerprint() is None:
            self._notify(f"the library {self.folder} is empty; `musaic ingest FOLDER` brings pictures into it")
        return store.fingerprint() is None

    # --- queries ---------------------------------------------------------------------------------
    def _text_vector(self, embedder: "Embedder", text: str) -> "NDArray[np.float32]":
        unknown = embedder.unknown_words(text)
        if unknown:
            words = ", ".join(repr(word) for word in unknown)
            self._notify(
                f"the {embedder.fingerprint.model} encoder does not know {words}; it went by the other words"
            )
        vector: NDArray[np.float32] = embedder.embed_texts([text])[0]
        return vector

    def _nearest(
        self,
        store: "Store",
        vector: "NDArray[np.float32]",
        *,
        limit: int,
        offset: int,
        where: str | None,
        leave_out: str | None = None,
    ) -> list[Hit]:
        from musaic import filters, search

        parsed = filters.parse(where) if where else None
        if parsed is not None:
            for key in search.missing_keys(store, parsed):
                self._notify(
                    f"no asset has metadata.{key}, so the filter {where!r} lets nothing through on it"
                )
        return search.nearest(store, vector, limit=limit, offset=offset, where=parsed, leave_out=leave_out)

    def _asset_id(self, name: str, store: "Store") -> str | None:
        """Return the row id that an id, the beginning of one, or a path stands for."""
        path = Path(os.path.abspath(Path(name).expanduser()))  # noqa: PTH100  links stay
        state = self._ledger.known_in(str(path.parent)).get(path.name)
        if state is not None and state.asset_id:
            return state.asset_id
        return name if store.fingerprint() is not None and store.get([name]) else None


def find(path: Path | str | None = None) -> Path | None:
    """Return the library folder that a path names, or the one here or above; None if there is none."""
    named = path or os.environ.get("MUSAIC_LIBRARY")
    if named:
        given = Path(named).expanduser().absolute()
        candidates = [given if given.name == FOLDER else given / FOLDER]
    else:
        here = Path.cwd()
        candidates = [each / FOLDER for each in (here, *here.parents)]
    return next((each for each in candidates if (each / "config.toml").is_file()), None)


def _make(path: Path | str | None) -> Path:
    """Make an empty library; its config.toml comes last and marks it whole."""
    named = path or os.environ.get("MUSAIC_LIBRARY")
    given = Path(named).expanduser().absolute() if named else Path.cwd()
    folder = given if given.name == FOLDER else given / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("thumbs", "outputs"):
            (folder / name).mkdir(exist_ok=True)
        (folder / "config.toml").write_text(_CONFIG_TEMPLATE, encoding="utf-8")
    except OSError as exc:
        raise LibraryError(
            f"a library cannot be made in {folder} ({exc.strerror or exc}); name another place with --library DIR"
        ) from exc
    return folder


def _check_query(text: str | None, image: object, limit: int, offset: int) -> None:
    if (text is None) == (image is None):
        raise ValueError("search needs either words or a picture, and not both")
    if text is not None and not text.strip():
        raise ValueError("the query is empty; say what to look for")
    if limit < 1 or offset < 0:
        raise ValueError(f"limit must be 1 or more and offset 0 or more, not {limit} and {offset}")


def _picture_vector(
    embedder: "Embedder", image: "Path | str | Image.Image | None", library: Library
) -> "NDArray[np.float32]":
    from musaic import media

    if isinstance(image, (str, Path)):
        path = Path(image).expanduser()
        if not path.is_file():
            raise ConfigError(f"there is no picture at {str(image)!r}")
        limits = library.settings.ingest
        opened = media.open_picture(
            path, min_side_px=embedder.image_size, max_pixels=limits.max_pixels, max_bytes=limits.max_bytes
        )
        image = opened.image
    assert image is not None
    vector: NDArray[np.float32] = embedder.embed_pictures([image.convert("RGB")])[0]
    return vector


def _last(events: Iterator[Progress], on_progress: Callable[[Progress], None] | None) -> DoneEvent:
    done: DoneEvent | None = None
    for event in events:
        if isinstance(event, DoneEvent):
            done = event
        if on_progress is not None:
            on_progress(event)
    assert done is not None
    return done


def _words(fingerprint: Fingerprint) -> str:
    short = f"{fingerprint.revision[:12]}, weights {fingerprint.weights_sha256[:8]}"
    return f"{fingerprint.model!r} ({fingerprint.precision}, {short})"
