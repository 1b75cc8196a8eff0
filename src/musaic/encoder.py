"""The encoder of one library: chosen, loaded when it is first needed, and remembered."""

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from musaic.config import Settings
from musaic.errors import ConfigError, ModelFilesError, ModelMismatchError
from musaic.home import expanded
from musaic.ledger import Ledger
from musaic.schemas import Fingerprint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from musaic.embed import Ask, Embedder, OnDownload
    from musaic.store import Store


class LibraryEncoder:
    """Gives a library the encoder it was built with, and refuses another. Thread-safe.

    Attributes:
        ready: Whether one was loaded.

    Args:
        settings: Of the process.
        ledger: Remembers which encoder, and where a model folder is.
        notify: Takes warnings in plain words, each once.
        ask: Asked whether weights may be downloaded.
        on_download: Told how a download goes.
    """

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        *,
        notify: Callable[[str], None],
        ask: "Ask | None",
        on_download: "OnDownload | None",
    ) -> None:
        self._settings, self._ledger = settings, ledger
        self._notify, self._ask, self._on_download = notify, ask, on_download
        self._loaded: Embedder | None = None
        self._told: set[str] = set()
        self._turn = threading.RLock()
        self.ready = False

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
        self._refuse_other(built_with)
        embedder = self._load(built_with)
        if built_with is None:
            store.create(embedder.fingerprint)
        elif not is_same_encoder(embedder.fingerprint, built_with):
            raise ModelMismatchError(
                collection=self._settings.store.collection,
                built_with=_words(built_with),
                configured=_words(embedder.fingerprint),
            )
        # What the library says of itself stays, also where a model folder is called otherwise now.
        self._note(built_with or embedder.fingerprint)
        return embedder

    def _refuse_other(self, built_with: Fingerprint | None) -> None:
        """Refuse another row of the table before its weights are looked for, or even fetched."""
        from musaic.embed import MODELS

        wanted = self._settings.embed.model
        if (
            built_with is not None
            and wanted in MODELS
            and built_with.model in MODELS
            and wanted != built_with.model
        ):
            raise ModelMismatchError(
                collection=self._settings.store.collection,
                built_with=_words(built_with),
                configured=repr(wanted),
            )

    def text_vector(self, store: "Store", text: str) -> "NDArray[np.float32]":
        """Return the vector of a query in words, shape ``(dim,)``.

        Raises:
            UnknownWordsError: The encoder was taught none of the words.
        """
        embedder = self.of(store)
        unknown = embedder.unknown_words(text)
        if unknown:
            words = ", ".join(repr(word) for word in unknown)
            self._notify(
                f"the {embedder.fingerprint.model} encoder does not know {words}; it went by the other words"
            )
        vector: NDArray[np.float32] = embedder.embed_texts([text])[0]
        return vector

    def picture_vector(
        self, store: "Store", image: "Path | str | Image.Image | None"
    ) -> "NDArray[np.float32]":
        """Return the vector of a picture, shape ``(dim,)``.

        Raises:
            ConfigError: There is no file.
            MediaError: It cannot be read.
        """
        embedder = self.of(store)
        if isinstance(image, (str, Path)):
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

    def configured(self) -> "Embedder":
        """Return the encoder that the settings name, whatever the library was built with.

        Raises:
            EmbedError: It cannot be loaded.
        """
        return self._load(None)

    def keep(self, embedder: "Embedder") -> None:
        """Remember an encoder as the library's own."""
        with self._turn:
            self._note(embedder.fingerprint)
            self._loaded = embedder

    def _note(self, fingerprint: Fingerprint) -> None:
        self.remember_place(fingerprint)
        self._ledger.remember("fingerprint", fingerprint.model_dump_json())

    def remember_place(self, fingerprint: Fingerprint) -> None:
        """Remember where a model folder is, so that it need not be named again."""
        if fingerprint.revision == "local" and self._settings.embed.model != "auto":
            folder = expanded(self._settings.embed.model).resolve()
            self._ledger.remember(_place_key(fingerprint), str(folder))

    def noted(self) -> Fingerprint | None:
        """Return which encoder the library was built with, as the ledger remembers it."""
        noted = self._ledger.note("fingerprint")
        return None if noted is None else Fingerprint.model_validate_json(noted)

    def _load(self, built_with: Fingerprint | None) -> "Embedder":
        from musaic.embed import load_embedder

        wanted = self._settings.embed
        updates: dict[str, object] = {}
        if wanted.model == "auto" and built_with is not None:
            updates["model"] = self._place(built_with) or built_with.model
        if wanted.precision is None and built_with is not None:
            updates["precision"] = built_with.precision
        loaded = load_embedder(
            wanted.model_copy(update=updates),
            revision=built_with.revision if built_with is not None else None,
            ask=self._ask,
            on_download=self._on_download,
        )
        self._tell(loaded.notices)
        self.ready = True
        return loaded.embedder

    def _place(self, fingerprint: Fingerprint) -> str | None:
        """Return the folder of an encoder that is none of the table.

        Raises:
            ModelFilesError: It is not there any more.
        """
        folder = self._ledger.note(_place_key(fingerprint))
        if folder is not None and not Path(folder).is_dir():
            raise ModelFilesError(
                "it is not there any more; name its new place with --model PATH", folder=Path(folder)
            )
        return folder

    def _tell(self, notices: Sequence[str]) -> None:
        for notice in notices:
            if notice not in self._told:
                self._told.add(notice)
                self._notify(notice)


def is_same_encoder(one: Fingerprint, other: Fingerprint) -> bool:
    """Say whether two encoders give the same vectors. A model folder may be called anything: its weights count."""
    if one.revision == other.revision == "local":
        return one.model_copy(update={"model": other.model}) == other
    return one == other


def _place_key(fingerprint: Fingerprint) -> str:
    return f"folder of {fingerprint.weights_sha256}"


def _words(fingerprint: Fingerprint) -> str:
    short = f"{fingerprint.revision[:12]}, weights {fingerprint.weights_sha256[:8]}"
    return f"{fingerprint.model!r} ({fingerprint.precision}, {short})"
