"""Which encoder answers for a library, and where its files are."""

import os
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from musaic.config import Settings
from musaic.encoder.kinds import nearer_kind
from musaic.encoder.likeness import gives_same_vectors
from musaic.encoder.mismatch import asked, mismatch
from musaic.encoder.origin import Origins
from musaic.errors import ConfigError, ModelFilesError, ModelMismatchError
from musaic.home import expanded
from musaic.ledger import Ledger
from musaic.schemas import Fingerprint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from musaic.embed import Ask, Embedder, OnDownload
    from musaic.embed.base import Understood
    from musaic.store import Store


class LibraryEncoder:
    """Gives a library the encoder it was built with, and refuses another. Thread-safe.

    Attributes:
        ready: Whether one was loaded.

    Args:
        settings: Of the process.
        ledger: Remembers which encoder, and where a model folder is.
        flags: Which of its settings were named for this opening, and are not merely set somewhere.
        config_file: The library's config.toml.
        notify: Takes warnings in plain words, each once.
        ask: Asked whether weights may be downloaded.
        on_download: Told how a download goes.
    """

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        *,
        flags: Collection[str],
        config_file: Path,
        notify: Callable[[str], None],
        ask: "Ask | None",
        on_download: "OnDownload | None",
    ) -> None:
        self._settings, self._ledger = settings, ledger
        self._origins = Origins(flags, config_file)
        self._notify, self._ask, self._on_download = notify, ask, on_download
        self._loaded: Embedder | None = None
        self._kind_vectors: NDArray[np.float32] | None = None
        self._told: set[str] = set()
        self._turn = threading.RLock()
        self.ready = False

    @property
    def is_named(self) -> bool:
        """Whether the settings say anything of the encoder that may not hold for this library or machine."""
        wanted = self._settings.embed
        return wanted.model != "auto" or wanted.precision is not None or wanted.provider != "auto"

    def of(self, store: "Store") -> "Embedder":
        """Return the library's encoder; make the collection for it if there is none.

        Raises:
            ModelMismatchError: The settings name another one.
            EmbedError: It cannot be loaded.
        """
        with self._turn:
            if self._loaded is None:
                self._loaded = self._fitting(store)
            return self._loaded

    def _fitting(self, store: "Store") -> "Embedder":
        built_with = store.fingerprint()
        if built_with is None:
            embedder = self._load(None)
            store.create(embedder.fingerprint)
            self._note(embedder.fingerprint, found=embedder.fingerprint)
            return embedder
        self._refuse_other(built_with)
        embedder = self._load(built_with)
        if not gives_same_vectors(embedder.fingerprint, built_with):
            raise self._mismatch(built_with, embedder.fingerprint)
        # What the library says of itself stays, also where a model folder is called otherwise now.
        self._note(built_with, found=embedder.fingerprint)
        return embedder

    def _refuse_other(self, built_with: Fingerprint) -> None:
        """Refuse what cannot fit before its weights are looked for, or even fetched or quantised."""
        from musaic.embed import MODELS

        wanted = self._settings.embed
        other_row = wanted.model in MODELS and built_with.model in MODELS and wanted.model != built_with.model
        # Of the bundled encoder there is but one precision, and a notice says so.
        smaller = (built_with.precision, wanted.precision) == ("fp32", "int8")
        if other_row or (smaller and built_with.revision != "bundled"):
            raise self._mismatch(built_with, None)

    def _mismatch(self, built_with: Fingerprint, configured: Fingerprint | None) -> ModelMismatchError:
        place = self._noted_place(built_with) if built_with.revision != "bundled" else None
        wanted = self._settings.embed.model
        folder = built_with.model if place is None else place
        own = wanted in ("auto", folder) or (place is not None and _absolute(wanted) == place)
        return mismatch(
            built_with, configured, settings=self._settings, origins=self._origins, own=own, place=place
        )

    def understood(self, store: "Store", text: str) -> "Understood":
        """Return what the encoder makes of a query, and tell what it left out or read otherwise.

        Raises:
            UnknownWordsError: The encoder was taught none of the words.
        """
        embedder = self.of(store)
        made = embedder.understand(text)
        for told in _left_out(made, embedder.fingerprint.model):
            self._notify(told)
        return made

    def text_vector(self, store: "Store", understood: "Understood") -> "NDArray[np.float32]":
        """Return the vector of a query in words, shape ``(dim,)``."""
        vector: NDArray[np.float32] = self.of(store).embed_texts([understood.text])[0]
        return vector

    def taken_for(
        self, store: "Store", understood: "Understood", vectors: "Sequence[NDArray[np.float32]]"
    ) -> list[str | None]:
        """Say of pictures whether they look more like another kind of thing than like what is asked for.

        Args:
            store: Open.
            understood: The query.
            vectors: Of the pictures, each of shape ``(dim,)``.

        Returns:
            For each picture the other kind, or None, as always where the query names no kind or the vocabulary is open.
        """
        import numpy as np

        embedder = self.of(store)
        asked = [kind in understood.kinds for kind in embedder.kinds]
        if not any(asked) or not len(vectors):
            return [None] * len(vectors)
        if self._kind_vectors is None:
            self._kind_vectors = embedder.embed_texts(embedder.kinds)
        pictures = np.stack(vectors)
        own = pictures @ self.text_vector(store, understood)
        return nearer_kind(pictures @ self._kind_vectors.T, asked=asked, names=embedder.kinds, own=own)

    def picture_vector(
        self, store: "Store", image: "Path | str | Image.Image | None"
    ) -> "NDArray[np.float32]":
        """Return the vector of a picture, shape ``(dim,)``.

        Raises:
            ConfigError: There is no file.
            MediaError: It cannot be read.
        """
        embedder = self.of(store)
        if isinstance(image, (str, os.PathLike)):
            image = self._open(expanded(image), embedder.image_size)
        assert image is not None
        vector: NDArray[np.float32] = embedder.embed_pictures([image.convert("RGB")])[0]
        return vector

    def _open(self, path: Path, side_px: int) -> "Image.Image":
        from musaic import media

        if not os.path.isfile(path):  # noqa: PTH113  Path.is_file raises for names that no file can have
            raise ConfigError(f"there is no picture at {str(path)!r}")
        limits = self._settings.ingest
        return media.open_picture(
            path, min_side_px=side_px, max_pixels=limits.max_pixels, max_bytes=limits.max_bytes
        ).image

    def configured(self, built_with: Fingerprint) -> "Embedder":
        """Return the encoder that the settings name: another model, or only another precision of the library's own.

        Raises:
            EmbedError: It cannot be loaded.
        """
        wanted = self._settings.embed
        own = wanted.model == "auto" and wanted.precision is not None
        return self._load(built_with if own else None)

    def keep(self, embedder: "Embedder") -> None:
        """Remember an encoder as the library's own."""
        with self._turn:
            self._note(embedder.fingerprint, found=embedder.fingerprint)
            self._loaded, self._kind_vectors = embedder, None

    def _note(self, built_with: Fingerprint, *, found: Fingerprint) -> None:
        if self._ledger.unwritable is not None:
            return
        self.remember_place(found)
        self._ledger.remember("fingerprint", built_with.model_dump_json())

    def remember_place(self, found: Fingerprint) -> None:
        """Remember where a model folder was found, so that it need not be named again."""
        if found.revision == "local" and self._settings.embed.model != "auto":
            self._ledger.remember(_place_key(found), _absolute(self._settings.embed.model))

    def noted(self) -> Fingerprint | None:
        """Return which encoder the library was built with, as the ledger remembers it."""
        noted = self._ledger.note("fingerprint")
        return None if noted is None else Fingerprint.model_validate_json(noted)

    def missing(self) -> str | None:
        """Return why the library's encoder cannot be loaded now, as far as a look at its files tells."""
        built_with = self.noted()
        if built_with is None:
            return None
        try:
            source = self._source(built_with)
        except ModelFilesError as exc:
            return str(exc)
        if source != built_with.model or _is_here(built_with):
            return None
        return f"the weights of {source} are not on this machine; they are fetched at the next search"

    def _load(self, built_with: Fingerprint | None) -> "Embedder":
        from musaic.embed import Hub, load_embedder

        wanted = self._settings.embed
        updates: dict[str, object] = {}
        if wanted.model == "auto" and built_with is not None:
            updates["model"] = self._source(built_with)
        if wanted.precision is None and built_with is not None:
            updates["precision"] = asked(built_with)
        loaded = load_embedder(
            wanted.model_copy(update=updates),
            revision=built_with.revision if built_with is not None else None,
            ask=self._ask,
            on_download=self._on_download,
            hub=Hub(notify=self._notify),
        )
        self._tell(loaded.notices)
        self.ready = True
        return loaded.embedder

    def _source(self, built_with: Fingerprint) -> str:
        """Return what a library's encoder is loaded from: a row of the table, or a folder.

        Raises:
            ModelFilesError: The folder is not there any more.
        """
        place = self._noted_place(built_with)
        if built_with.revision == "local":
            return self._present(place, built_with.model)
        # A copy of the table's weights was named once; it is for machines that have not got these.
        if place is not None and Path(place).is_dir() and not _is_here(built_with):
            return place
        return built_with.model

    def _noted_place(self, built_with: Fingerprint) -> str | None:
        return self._ledger.note(_place_key(built_with))

    def _present(self, place: str | None, name: str) -> str:
        if place is not None and Path(place).is_dir():
            return place
        lost = "it is not there any more" if place else "nothing is known of where it is"
        raise ModelFilesError(
            f"{lost}; name its place with embed={{'model': 'PATH'}}, once: it is remembered",
            folder=Path(place or name),
        )

    def _tell(self, notices: Sequence[str]) -> None:
        for notice in notices:
            if notice not in self._told:
                self._told.add(notice)
                self._notify(notice)


def _left_out(made: "Understood", model: str) -> Iterator[str]:
    """Yield in words what of a query was read otherwise than typed, or not at all."""
    if made.corrected:
        yield "read " + ", ".join(f"{typed!r} as {meant!r}" for typed, meant in made.corrected)
    if made.unknown:
        words = ", ".join(repr(word) for word in made.unknown)
        yield f"the {model} encoder does not know {words}; it went by {made.text!r} alone"
    if made.excluded:
        words = ", ".join(repr(words) for words in made.excluded)
        yield f"the {model} encoder cannot leave things out: {words} was passed over"


def _absolute(folder: str) -> str:
    return str(expanded(folder).resolve())


def _is_here(built_with: Fingerprint) -> bool:
    """Say whether the weights of a row of the table are on this machine."""
    from musaic.embed import MODELS, is_downloaded

    spec = MODELS.get(built_with.model)
    return spec is not None and is_downloaded(spec, precision=asked(built_with), revision=built_with.revision)


def _place_key(fingerprint: Fingerprint) -> str:
    return f"folder of {fingerprint.weights_sha256}"
