"""An open library: folder, settings, ledger, encoder, store."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from musaic import config
from musaic.encoder import LibraryEncoder
from musaic.home import find_or_make
from musaic.ledger import Ledger

if TYPE_CHECKING:
    from musaic.embed import Ask, OnDownload
    from musaic.store import Store

_logger = logging.getLogger("musaic")


class OpenLibrary:
    """What a library keeps open; see `Library`.

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
        self._notify = notify
        self._ledger = Ledger(folder / "ledger.sqlite")
        self._encoder = LibraryEncoder(
            settings, self._ledger, notify=notify, ask=ask, on_download=on_download
        )
        self._store: Store | None = None
        self._held = False

    @classmethod
    def open(
        cls,
        path: Path | str | None = None,
        *,
        create: bool = False,
        store: Mapping[str, object] | None = None,
        embed: Mapping[str, object] | None = None,
        ingest: Mapping[str, object] | None = None,
        generate: Mapping[str, object] | None = None,
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
            generate: The same, e.g. ``{"engine": "moodboard"}``.
            notify: Takes warnings in plain words; by default they are logged.
            ask: Asked once whether weights may be downloaded; by default nothing is.
            on_download: Told how a download goes.

        Raises:
            LibraryNotFoundError: There is none, and `create` is False.
            ConfigError: A setting cannot be used.
            LibraryError: The library is damaged or cannot be written to.
        """
        folder = find_or_make(path, create=create)
        settings = config.load(
            folder / "config.toml", store=store, embed=embed, ingest=ingest, generate=generate
        )
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

    # --- what is open ----------------------------------------------------------------------------
    @contextmanager
    def _opened(self) -> Iterator["Store"]:
        from musaic.store import Store

        opened_here = self._store is None
        if self._store is None:
            self._store = Store.open(self.settings.store, self.folder)
        try:
            yield self._store
        finally:
            if opened_here and not self._held:
                self._store.close()
                self._store = None

    def _known_id(self, name: Path | str) -> str | None:
        """Return the asset that a path stands for."""
        path = Path(os.path.abspath(Path(name).expanduser()))  # noqa: PTH100  links stay
        state = self._ledger.known_in(str(path.parent)).get(path.name)
        return state.asset_id if state is not None else None


def is_text(text: str) -> bool:
    """Say whether a text is one: Python also holds bytes of names and arguments that are no characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
