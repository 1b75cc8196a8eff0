"""The encoder of one library: chosen, loaded when it is first needed, and remembered."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from musaic.config import Settings
from musaic.errors import ConfigError, ModelMismatchError
from musaic.ledger import Ledger
from musaic.schemas import Fingerprint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from musaic.embed import Ask, Embedder, OnDownload
    from musaic.store import Store


class LibraryEncoder:
    """Gives a library the encoder it was built with, and refuses another.

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

    def of(self, store: "Store") -> "Embedder":
        """Return the library's encoder; make the collection for it if there is none.

        Raises:
            ModelMismatchError: The settings name another one.
            EmbedError: It cannot be loaded.
        """
        if self._loaded is None:
            built_with = store.fingerprint()
            self._refuse_other(built_with)
            embedder = self._load(built_with)
            if built_with is None:
                store.create(embedder.fingerprint)
            elif embedder.fingerprint != built_with:
                raise ModelMismatchError(
                    collection=self._settings.store.collection,
                    built_with=_words(built_with),
                    configured=_words(embedder.fingerprint),
                )
            self.keep(embedder)
        assert self._loaded is not None
        return self._loaded

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
            image = self._open(Path(image).expanduser(), embedder.image_size)
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
        self.remember_place(embedder.fingerprint)
        self._ledger.remember("fingerprint", embedder.fingerprint.model_dump_json())
        self._loaded = embedder

    def remember_place(self, fingerprint: Fingerprint) -> None:
        """Remember where a model folder is, so that it need not be named again."""
        if fingerprint.revision == "local" and self._settings.embed.model != "auto":
            folder = Path(self._settings.embed.model).expanduser().resolve()
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
            updates["model"] = self._ledger.note(_place_key(built_with)) or built_with.model
        if "precision" not in wanted.model_fields_set and built_with is not None:
            updates["precision"] = built_with.precision
        loaded = load_embedder(
            wanted.model_copy(update=updates),
            revision=built_with.revision if built_with is not None else None,
            ask=self._ask,
            on_download=self._on_download,
        )
        self._tell(loaded.notices)
        return loaded.embedder

    def _tell(self, notices: Sequence[str]) -> None:
        for notice in notices:
            if notice not in self._told:
                self._told.add(notice)
                self._notify(notice)


def _place_key(fingerprint: Fingerprint) -> str:
    return f"folder of {fingerprint.weights_sha256}"


def _words(fingerprint: Fingerprint) -> str:
    short = f"{fingerprint.revision[:12]}, weights {fingerprint.weights_sha256[:8]}"
    return f"{fingerprint.model!r} ({fingerprint.precision}, {short})"
