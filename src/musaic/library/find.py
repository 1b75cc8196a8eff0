"""Finding: ingest, search, similar, show, reindex, contact sheets."""

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from musaic.encoder import is_same_record
from musaic.errors import LibraryError, StoreLimitError, UnknownAssetError
from musaic.library.arguments import check_name, check_query, check_sources, checked_window
from musaic.library.base import OpenLibrary
from musaic.library.captions import label_of
from musaic.library.doubts import Doubt, Near, Part, in_words, near_of
from musaic.library.events import last_of, nothing_to_do
from musaic.library.places import located_asset, located_hit
from musaic.schemas import Asset, DoneEvent, Fingerprint, Hit, Order, Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from musaic.embed import Embedder
    from musaic.embed.base import Understood
    from musaic.filters import Filter
    from musaic.ingest import Pools
    from musaic.store import Row, Store


class FindingLibrary(OpenLibrary):
    """A library that answers."""

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
            InvalidArgumentError: A source is no path.
            ConfigError: A source does not exist.
            LibraryBusyError: Another process holds the library.
            ModelMismatchError: The library was built with another encoder.
        """
        from musaic.ingest import Ingest

        check_sources(sources)
        self._ledger.check_writable()
        with self._writing, self._opened() as store:
            store.check_writable()
            # What cannot hold is refused before the first file is read, and also where there is none to encode.
            if self._encoder.is_named:
                self._encoder.of(store)
            run = Ingest(
                self.folder,
                ledger=self._ledger,
                store=store,
                place=f"{self.settings.store.uri or 'embedded'} {self.settings.store.collection}",
                embedder=lambda: self._encoder.of(store),
                settings=self.settings.ingest,
                pools=self._pools(),
                stop=stop,
            )
            done = last_of(run.run(sources, prune=prune), on_progress)
            self._take_in_made(store)
            return done

    def search(
        self,
        text: str | None = None,
        *,
        image: "Path | str | Image.Image | None" = None,
        limit: int = 3,
        offset: int = 0,
        where: str | None = None,
        order: Order | None = None,
    ) -> list[Hit]:
        """Return the assets nearest to words or to a picture, best first; without either, list all that fit.

        Args:
            text: What to look for, in words.
            image: A picture to look for instead.
            limit: Most hits.
            offset: How many of the first to pass over.
            where: A filter, e.g. ``kind == "image" and width > 800``.
            order: Of a listing, which has no scores: ``newest`` (the default), ``oldest``, ``name`` or ``largest``.

        Raises:
            InvalidArgumentError: Both `text` and `image` are given, or `order` with one of them, the text is none, or a
                number is out of range.
            FilterError: The filter cannot be used.
            UnknownWordsError: The encoder was taught none of the words.
            MediaError: The picture cannot be read.
        """
        check_query(text, image, where=where, order=order)
        limit, offset = checked_window(limit, offset)
        with self._gate.asking(), self._opened() as store:
            if self._is_empty(store):
                return []
            self._take_in_waiting(store)
            if text is None and image is None:
                return self._listed(store, order or "newest", limit=limit, offset=offset, where=where)
            if text is None:
                vector = self._encoder.picture_vector(store, image)
                return self._nearest(store, vector, limit=limit, offset=offset, where=where)
            query = self._encoder.understood(store, text)
            hits = self._by_words(store, query, limit=limit, offset=offset, where=where)
            self._tell_doubts(text, self._doubts(store, query, hits[:1]))
            self._tell_parts(self._parts(store, query, where=where))
            return hits

    def _near(self, text: str, *, limit: int, where: str | None) -> Near:
        """Return the nearest assets to words, best first: those near enough to be right, and the others."""
        check_query(text, None, where=where)
        with self._gate.asking(), self._opened() as store:
            if self._is_empty(store):
                return Near()
            self._take_in_waiting(store)
            query = self._encoder.understood(store, text)
            hits = self._by_words(store, query, limit=limit, where=where)
            doubts = self._doubts(store, query, hits)
            return Near(
                hits=[hit for hit, doubt in zip(hits, doubts, strict=True) if doubt is None],
                doubts=[doubt for doubt in doubts if doubt is not None],
                parts=self._parts(store, query, where=where),
            )

    def _by_words(
        self, store: "Store", query: "Understood", *, limit: int, offset: int = 0, where: str | None
    ) -> list[Hit]:
        vector = self._encoder.text_vector(store, query)
        return self._nearest(store, vector, limit=limit, offset=offset, where=where)

    def _doubts(self, store: "Store", query: "Understood", hits: Sequence[Hit]) -> list[Doubt | None]:
        """Say of each hit what speaks against it; only encoders for which that was measured do.

        See `ModelSpec.weak_below` and `musaic.encoder.kinds`.
        """
        from musaic.embed import MODELS

        built_with = store.fingerprint()
        spec = None if built_with is None else MODELS.get(built_with.model)
        if not hits or spec is None or spec.weak_below is None:
            return [None] * len(hits)
        rows = store.get([hit.asset_id for hit in hits])
        kinds = self._encoder.taken_for(store, query, [row.vector for row in rows])
        other = {row.asset.asset_id: kind for row, kind in zip(rows, kinds, strict=True)}
        doubts = [Doubt(hit, other.get(hit.asset_id), is_far=near_of(hit) < spec.weak_below) for hit in hits]
        return [doubt if doubt.is_far or doubt.kind else None for doubt in doubts]

    def _parts(self, store: "Store", query: "Understood", *, where: str | None) -> list[Part]:
        """Return what each part of a query that names several things would find alone."""
        parts: list[Part] = []
        for phrase in query.phrases:
            made = self._encoder.of(store).understand(phrase)
            hits = self._by_words(store, made, limit=1, where=where)
            near = hits and self._doubts(store, made, hits) == [None]
            parts.append(Part(phrase, hits[0] if near else None))
        return parts

    def _tell_doubts(self, text: str, doubts: Sequence[Doubt | None]) -> None:
        for doubt in doubts:
            if doubt is not None:
                self._notify(f"the nearest picture to {text!r} {doubt.why}: nothing in this library may fit")

    def _tell_parts(self, parts: Sequence[Part]) -> None:
        if parts:
            self._notify(f"{in_words(parts)}; search for one at a time")

    def similar(
        self, asset: str | Path, *, limit: int = 3, offset: int = 0, where: str | None = None
    ) -> list[Hit]:
        """Return the assets nearest to one of the library, by id or path, or to any picture file.

        Raises:
            InvalidArgumentError: A number is out of range, or something is of another type.
            UnknownAssetError: Neither an asset nor a file.
        """
        check_name(asset)
        check_query(None, asset, where=where)
        limit, offset = checked_window(limit, offset)
        with self._gate.asking(), self._opened() as store:
            if self._is_empty(store):
                return []
            self._take_in_waiting(store)
            row = self._row(str(asset), store)
            if row is not None:
                own = row.asset.asset_id
                return self._nearest(
                    store, row.vector, limit=limit, offset=offset, where=where, leave_out=own
                )
            if not os.path.isfile(asset):  # noqa: PTH113  Path.is_file raises for names that no file can have
                raise UnknownAssetError(asset=str(asset))
            vector = self._encoder.picture_vector(store, Path(asset))
            return self._nearest(store, vector, limit=limit, offset=offset, where=where)

    def show(self, asset: str | Path) -> Asset:
        """Return what is known of an asset, by id or path.

        Raises:
            InvalidArgumentError: The asset is named by something else.
            UnknownAssetError: The library does not hold it.
        """
        check_name(asset)
        with self._gate.asking(), self._opened() as store:
            row = self._row(str(asset), store)
            if row is None:
                raise UnknownAssetError(asset=str(asset))
            return located_asset(row.asset, self.folder)

    def reindex(
        self,
        *,
        drop_failed: bool = False,
        on_progress: Callable[[Progress], None] | None = None,
        stop: threading.Event | None = None,
    ) -> DoneEvent:
        """Encode every asset with the encoder now configured, beside the old vectors; switch when done.

        An asset whose original cannot be read is encoded from its thumbnail. An interrupted run goes on
        where it was; until it is done the library answers as before.

        Args:
            drop_failed: On a shared server: switch even if some pictures could not be read here, which takes them
                out of the collection for everyone.
            on_progress: Called with each event of the run.
            stop: Set it to end the run after the batch in hand.

        Raises:
            LibraryError: There is nothing to reindex, not one picture could be read, or some of a shared collection
                could not be read here.
            EmbedError: The encoder cannot be loaded.
        """
        from musaic.ingest import Reindex

        with self._writing, self._opened() as store:
            built_with = store.fingerprint()
            if built_with is None:
                raise LibraryError(f"the library {self.folder} is empty; there is nothing to reindex")
            embedder = self._encoder.configured(built_with)
            if is_same_record(embedder.fingerprint, built_with):
                self._encoder.remember_place(embedder.fingerprint)
                return last_of(nothing_to_do(store.count()), on_progress)
            self._ledger.check_writable()
            new = store.beside(embedder.fingerprint)
            run = Reindex(
                self.folder,
                old=store,
                new=new,
                embedder=embedder,
                settings=self.settings.ingest,
                pools=self._pools(),
                stop=stop or threading.Event(),
                drop_failed=drop_failed,
            )
            done = last_of(run.run(), on_progress)
            if not done.interrupted:
                self._switch(store, new, embedder, done)
            if run.from_thumbnails:
                self._notify(
                    f"{run.from_thumbnails} pictures were encoded from their thumbnails, because their originals could "
                    "not be read"
                )
            return done

    def _switch(self, store: "Store", new: "Store", embedder: "Embedder", done: DoneEvent) -> None:
        if done.failed and not (done.updated or done.unchanged):
            raise LibraryError(
                f"not one of {done.failed} pictures could be read; is the drive mounted? The library stays as it was"
            )
        # Before the switch: a kill in between must not leave a library that cannot find its encoder.
        self._encoder.remember_place(embedder.fingerprint)
        with self._gate.alone():
            store.switch_to(new)
            self._encoder.keep(embedder)

    def _pools(self) -> "Pools":
        from musaic.embed.providers import cores
        from musaic.ingest import Pools

        wanted = self.settings.ingest
        return Pools(
            batch_size=wanted.batch_size,
            decoders=wanted.decoders or cores(),
            callers=self.settings.embed.threads or cores(),
        )

    def sheet(
        self,
        hits: Sequence[Hit] | Hit,
        path: Path | str | None = None,
        *,
        title: str = "",
        scores: bool = False,
    ) -> Path:
        """Write hits as a contact sheet: pictures with the words of their file names, the title above.

        Args:
            hits: From `search` or `similar`.
            path: Where to; by default ``outputs/sheet.png`` in the library.
            title: For instance the query.
            scores: Whether the cosine of each stands below it.

        Raises:
            ExportError: The file cannot be written, or is a picture of the library.
        """
        from musaic.export import Tile, write_sheet

        target = self.folder / "outputs" / "sheet.png" if path is None else self._sheet_target(path)
        tiles = [
            Tile(Path(hit.path), *label_of(hit, scores=scores), self.thumbnail(hit.asset_id), hit.asset_id)
            for hit in ([hits] if isinstance(hits, Hit) else hits)
        ]
        return write_sheet(tiles, target, title=title, notify=self._notify)

    def _sheet_target(self, path: Path | str) -> Path:
        """Return where a contact sheet will be written; refuse a place that is not ours to write to."""
        from musaic.export import sheet_path

        target = sheet_path(Path(path)) if str(path) else ""
        self._check_target(target, what="a contact sheet")
        return Path(target)

    def _check_target(self, path: Path | str, *, what: str) -> None:
        """Refuse to write over what is not ours to write over; see `musaic.library.targets.check_target`."""
        from musaic.library.targets import check_target

        check_target(path, what=what, library=self.folder, ledger=self._ledger)

    def thumbnail(self, asset_id: str) -> Path | None:
        """Return the path of an asset's thumbnail, if there is one."""
        from musaic.ingest.thumbs import thumb_path

        path = thumb_path(self.folder, asset_id)
        there = os.path.exists(path)  # noqa: PTH110  Path.exists raises where a folder may not be looked into
        return path if there else None

    def counts(self) -> tuple[int, int, int]:
        """Return how many assets, files and vanished files there are, without opening the store."""
        return self._ledger.counts()

    def built_with(self) -> Fingerprint | None:
        """Return which encoder the library was built with, without opening the store."""
        return self._encoder.noted()

    def missing_encoder(self) -> str | None:
        """Return why the encoder of this library cannot be loaded on this machine; None where nothing is missing."""
        return self._encoder.missing()

    def check_agreement(self) -> str | None:
        """Return how store and ledger disagree, in words; None where they do not."""
        with self._gate.asking(), self._opened() as store:
            known = self._ledger.asset_ids()
            if store.fingerprint() is None:
                rows = 0
            # A shared collection holds other libraries' rows too.
            elif store.capabilities.embedded:
                rows = store.count()
            else:
                rows = len(store.among(known))
        return None if rows == len(known) else f"{rows:,} rows, but the ledger knows {len(known):,} assets"

    def check_store(self) -> tuple[str, list[str], int]:
        """Return the store's version, what it cannot do in words, and how many rows it holds."""
        with self._gate.asking(), self._opened() as store:
            rows = 0 if store.fingerprint() is None else store.count()
            return store.capabilities.server, store.capabilities.missing(), rows

    def _take_in_made(self, store: "Store") -> None:
        """Take pictures in that were made while another process held the store."""

    def _take_in_waiting(self, store: "Store") -> None:
        """Take pictures in that wait, unless another thread is writing: then they wait for the next call."""
        readable_only = store.unwritable is not None or self._ledger.unwritable is not None
        if not readable_only and self._writing.acquire(blocking=False):
            try:
                self._take_in_made(store)
            finally:
                self._writing.release()

    def _is_empty(self, store: "Store") -> bool:
        if store.fingerprint() is None:
            self._notify(
                f"the library {self.folder} is empty; `musaic ingest FOLDER` brings pictures into it"
            )
        return store.fingerprint() is None

    # --- queries ---------------------------------------------------------------------------------
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
        from musaic import search

        parsed = self._parsed(store, where)
        hits = search.nearest(store, vector, limit=limit, offset=offset, where=parsed, leave_out=leave_out)
        return [located_hit(hit, self.folder) for hit in hits]

    def _listed(
        self, store: "Store", order: Order, *, limit: int, offset: int, where: str | None
    ) -> list[Hit]:
        from musaic import search

        parsed = self._parsed(store, where)
        hits = search.listed(store, order=order, limit=limit, offset=offset, where=parsed)
        return [located_hit(hit, self.folder) for hit in hits]

    def _parsed(self, store: "Store", where: str | None) -> "Filter | None":
        """Return a filter, and tell of keys that it asks for and no asset has."""
        from musaic import filters, search

        parsed = filters.parse(where) if where is not None else None
        for key in search.missing_keys(store, parsed) if parsed is not None else ():
            self._notify(
                f"no asset has metadata.{key}: the filter {where!r} asks about a key that is nowhere in this library"
            )
        return parsed

    def _row(self, name: str, store: "Store") -> "Row | None":
        """Return the row that an id or a path stands for."""
        try:
            found = store.get([self._known_id(name) or name]) if store.fingerprint() is not None else []
        except StoreLimitError:  # what cannot be an id is none
            return None
        return found[0] if found else None
