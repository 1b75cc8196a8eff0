"""What was made: records, lineage, costs; and pictures made here becoming assets."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from musaic.errors import LibraryBusyError, LibraryError, MusaicError
from musaic.library.places import located, located_tree, own_path
from musaic.library.wanted import WantingLibrary
from musaic.schemas import CostLine, Lineage, Record

if TYPE_CHECKING:
    from musaic.ledger import Heading
    from musaic.store import Store


# A filter has no use for more of it; the record has all.
_MOST_PROMPT = 1000
_UNSEARCHABLE = "the new pictures cannot be searched yet: {}"


class RecordsLibrary(WantingLibrary):
    """A library that knows what it made."""

    def record(self, generation: str) -> Record:
        """Return everything known of a generation, by its id or the first 6 characters or more.

        Raises:
            UnknownGenerationError: No record has this id.
        """
        from musaic.lineage import record_of

        self._recover()
        return located(record_of(self._ledger, generation), self.folder)

    def lineage(self, name: str) -> Lineage:
        """Return what a picture was made from and what was made from it, all generations deep.

        Args:
            name: Id of a generation or asset, or the path of an asset.

        Raises:
            UnknownAssetError: The library knows nothing of that name.
        """
        from musaic.lineage import lineage_of

        self._recover()
        tree = lineage_of(self._ledger, self._known_id(name) or name)
        return located_tree(tree, ledger=self._ledger, library=self.folder)

    def recent(self, limit: int = 20) -> list[Record]:
        """Return the latest pictures that were asked for, newest first."""
        from musaic.lineage import record_of

        self._recover()
        latest = (record_of(self._ledger, generation) for generation in self._ledger.recent(limit))
        return [located(record, self.folder) for record in latest]

    def thread(self, generation: str) -> list[Record]:
        """Return the refinements that led to a generation, the first picture first and it last.

        Raises:
            UnknownGenerationError: No record has this id.
        """
        from musaic.lineage import thread_of

        self._recover()
        return [located(record, self.folder) for record in thread_of(self._ledger, generation)]

    def costs(self, *, by: "Heading" = "day") -> list[CostLine]:
        """Return what was spent by day (UTC), model or recipe."""
        from musaic.lineage import costs

        self._recover()
        return costs(self._ledger, by=by)

    def spent_this_month(self) -> float:
        """Return what was spent or is reserved in this calendar month (UTC), in US dollars."""
        self._recover()
        return self._ledger.spent_in_month()

    def _recover(self) -> None:
        """End what processes left open that are gone. What cannot be written now is done by a later command."""
        from musaic.making import recover, restore

        if self._ledger.unwritable is not None:
            return
        restored = restore(self.folder, self._ledger, notify=self._notify)
        if restored:
            self._notify(
                f"the ledger was new; the records of {restored} pictures made here were read back from outputs/, "
                "with what they cost"
            )
        try:
            recovered = recover(self.folder, self._ledger)
        except LibraryError as exc:
            self._notify(f"what an earlier process left open stays so for now: {exc}")
            return
        for record in recovered:
            if record.state == "picture":
                self._notify(f"{record.id} was saved from a process that had ended: {record.path}")
            elif record.calls:
                self._notify(f"{record.id}: {record.reason}")

    # --- pictures made here become assets -------------------------------------------------------------
    def _encode_made(self) -> None:
        """Take pictures that were made into the store, if it is free; else they wait in the ledger."""
        if not self._ledger.waiting():
            return
        try:
            with self._opened(patiently=False) as store:
                self._take_in_waiting(store)
        except LibraryBusyError as exc:
            self._notify(
                f"the new pictures can be searched after the next command that opens the store: {exc}"
            )
        except MusaicError as exc:
            self._notify(_UNSEARCHABLE.format(exc))

    def _take_in_made(self, store: "Store") -> None:
        # An empty library has no encoder yet, and a picture made without references does not choose one.
        if store.fingerprint() is None:
            return
        # They are saved and recorded; searching must not fail what was paid for, nor the other way round.
        try:
            for asset_id, generation in self._ledger.waiting():
                self._take_one_in(store, asset_id, generation)
        except MusaicError as exc:
            self._notify(_UNSEARCHABLE.format(exc))

    def _take_one_in(self, store: "Store", asset_id: str, generation: str) -> None:
        try:
            self._take_in(store, generation)
            self._ledger.encoded(asset_id)
        except MusaicError:
            raise
        except Exception as exc:  # what nobody foresaw of one picture keeps no other waiting
            self._notify(f"{generation} cannot be searched yet ({type(exc).__name__}: {exc})")

    def _take_in(self, store: "Store", generation: str) -> None:
        from musaic.ingest import Made, take_in

        made = _made(self._ledger.latest(generation), self.folder)
        if made is None or not made[0].is_file():
            return
        take_in(
            self.folder,
            [Made(*made)],
            ledger=self._ledger,
            store=store,
            embedder=lambda: self._encoder.of(store),
            settings=self.settings.ingest,
        )


def _made(record: Record | None, library: Path) -> tuple[Path, dict[str, JsonValue]] | None:
    if record is None or record.path is None:
        return None
    path = Path(own_path(library, record.path))
    words: dict[str, JsonValue] = {
        "generation": record.id,
        "prompt": record.prompt[:_MOST_PROMPT],
        "recipe": record.recipe,
        "engine": record.engine,
        "model": record.model,
    }
    return path, words
