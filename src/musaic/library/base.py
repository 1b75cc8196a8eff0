"""An open library: folder, settings, ledger, encoder, store."""

import logging
import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from types import FunctionType, TracebackType
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Self, TypeVar

from musaic import config
from musaic.encoder import LibraryEncoder
from musaic.errors import LibraryBusyError, LibraryError
from musaic.home import expanded, find_or_make
from musaic.ledger import Ledger
from musaic.ledger.database import CLOSED
from musaic.library.arguments import check_name, is_text
from musaic.library.gate import Gate
from musaic.library.patience import Patience

if TYPE_CHECKING:
    from musaic.embed import Ask, OnDownload
    from musaic.store import Store

__all__ = ["OpenLibrary", "is_text"]

_logger = logging.getLogger("musaic")
_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")


def _while_open(
    method: "Callable[Concatenate[OpenLibrary, _Given], _Answer]",
) -> "Callable[Concatenate[OpenLibrary, _Given], _Answer]":
    """Return a method that refuses a closed library before it does anything."""

    @wraps(method)
    def checked(library: "OpenLibrary", /, *args: _Given.args, **kwargs: _Given.kwargs) -> _Answer:
        with library._inside():
            return method(library, *args, **kwargs)

    return checked


class OpenLibrary:
    """What a library keeps open; see `Library`.

    Inside a ``with`` block the embedded store stays open, and so is closed to other processes; without
    one it is open only while a method runs. Methods may be called from several threads at once: the first
    opens the store for all of them, the last closes it, and those that write wait for each other.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: config.Settings,
        notify: Callable[[str], None],
        ask: "Ask | None",
        on_download: "OnDownload | None",
        by_hand: Mapping[str, object] | None = None,
        embed_flags: Collection[str] = (),
    ) -> None:
        self.folder, self.settings = folder, settings
        # Which of `generate` were named for this opening, and are not merely set somewhere.
        self._by_hand = dict(by_hand or {})
        self._notify = notify
        self._ledger = Ledger(folder / "ledger.sqlite", notify=notify)
        self._told_unwritable = False
        self._tell_unwritable(self._ledger.unwritable)
        self._encoder = LibraryEncoder(
            settings,
            self._ledger,
            flags=embed_flags,
            config_file=folder / "config.toml",
            notify=notify,
            ask=ask,
            on_download=on_download,
        )
        self._store: Store | None = None
        # Whoever is using the store now, and in how many ``with`` blocks it is to stay open; both change under `_turn`.
        self._users = self._holders = 0
        # How many public methods run now, those that others of them call included; of one thread in `_own`.
        self._running, self._own = 0, threading.local()
        self._closed = False
        self._turn = threading.RLock()
        # Ingest, reindex, and taking in what was made: each reads rows and writes them back changed.
        self._writing = threading.RLock()
        # Queries go by one encoder and one collection from end to end; a reindex switches both.
        self._gate = Gate()

    def __init_subclass__(cls) -> None:
        """Let every public method refuse a closed library, those of later classes too."""
        super().__init_subclass__()
        for name, member in list(vars(cls).items()):
            if isinstance(member, FunctionType) and not name.startswith("_"):
                setattr(cls, name, _while_open(member))

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
            generate: The same, e.g. ``{"engine": "moodboard"}``; an engine and a model that are named here beat
                also those that made a picture which is refined.
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
            folder,
            settings=settings,
            notify=notify or _logger.warning,
            ask=ask,
            on_download=on_download,
            by_hand=generate,
            embed_flags=tuple(embed or ()),
        )

    def __enter__(self) -> Self:
        with self._turn:
            if self._closed:
                raise LibraryError(CLOSED)
            self._holders += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._turn:
            self._holders = max(0, self._holders - 1)
            if not self._holders:
                self.close()

    def close(self) -> None:
        """Close everything; a second call does nothing.

        A method that another thread is still in goes on to its end; then it is closed.
        """
        with self._turn:
            self._holders, self._closed = 0, True
            self._let_go()

    def _let_go(self) -> None:
        """Close what nobody needs any more. Called in turn."""
        if self._users:
            return
        if not self._holders and self._store is not None:
            store, self._store = self._store, None
            store.close()
        if self._closed and not self._running:
            self._ledger.close()

    @property
    def unwritable(self) -> str | None:
        """Why nothing new can be kept in the library, in the system's words; None where it can."""
        return self._ledger.unwritable

    @property
    def has_encoder(self) -> bool:
        """Whether an encoder was loaded; before that no file is in hand."""
        return self._encoder.ready

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """Keep open what a method needs, also when another thread closes the library meanwhile."""
        depth: int = getattr(self._own, "depth", 0)
        with self._turn:
            if self._closed and not depth:
                raise LibraryError(CLOSED)
            self._running += 1
        self._own.depth = depth + 1
        try:
            yield
        finally:
            self._own.depth = depth
            with self._turn:
                self._running -= 1
                self._let_go()

    # --- what is open ----------------------------------------------------------------------------
    @contextmanager
    def _opened(self, *, patiently: bool = True) -> Iterator["Store"]:
        """Open the store, or use the one that is open; another process that holds it is waited for."""
        with self._inside():
            store = self._taken(Patience(self.settings.store.wait_s if patiently else 0.0, self._notify))
            try:
                yield store
            finally:
                with self._turn:
                    self._users -= 1
                    self._let_go()

    def _taken(self, patience: Patience) -> "Store":
        from musaic.store import Store

        while True:
            try:
                with self._turn:
                    if self._store is None:
                        self._store = Store.open(self.settings.store, self.folder)
                        self._tell_unwritable(self._store.unwritable)
                    self._users += 1
                    return self._store
            except LibraryBusyError as exc:
                patience.wait(exc)  # not in turn: other threads need no store

    def _tell_unwritable(self, why: str | None) -> None:
        if why is not None and not self._told_unwritable:
            self._told_unwritable = True
            self._notify(
                f"the library {self.folder} cannot be written ({why}): it can be searched, and nothing new is kept"
            )

    def _known_id(self, name: Path | str) -> str | None:
        """Return the asset that a path stands for.

        Raises:
            InvalidArgumentError: It is no name at all.
        """
        check_name(name)
        path = Path(os.path.abspath(expanded(name)))  # noqa: PTH100  links stay
        state = self._ledger.known_in(str(path.parent)).get(path.name)
        return state.asset_id if state is not None else None
