"""The store itself: rows in, nearest rows out, the same on Milvus Lite and on a server."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from musaic.config import StoreSettings
from musaic.errors import ModelMismatchError, StoreError
from musaic.filters import Filter, has_key, quote
from musaic.schemas import Asset, Fingerprint
from musaic.store.capabilities import Capabilities
from musaic.store.collection import (
    NAME_SUFFIX_LENGTH,
    Collection,
    collection_names,
    drop_alias,
    drop_collections,
    find_collection,
    make_collection,
    point_alias,
    real_name,
)
from musaic.store.connection import Connection, is_not_loaded, open_server
from musaic.store.embedded import open_in
from musaic.store.rows import (
    ASSET_FIELDS,
    MAX_NAME_BYTES,
    MAX_WINDOW,
    Row,
    check_collection_name,
    check_id,
    check_vector,
    check_window,
    to_asset,
    to_record,
    to_row,
)

_UPSERT_ROWS = 1_000
# A server takes 64 MB a call, and its message queue less at a time.
_UPSERT_BYTES = 16 * 1024 * 1024
_GET_ROWS = 500
_AMONG_IDS = 5_000
_LEAST_EF = 128
# float32 cannot tell cosines apart that differ by less.
_COSINE_DIGITS = 6

_Answer = TypeVar("_Answer")


class Store:
    """The rows of one library.

    Attributes:
        unwritable: Why it can only be read, in the system's words; None where it can be written.

    Open it with `Store.open`; close it, or use it as a context manager: an embedded store is held for
    this process alone until then. Calls may come from several threads.

    Rows are upserted only: a row with an id that is there takes its place. What `upsert` and `delete`
    have returned from survives the death of the process, and the next read sees it.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        alias: str,
        collection: Collection | None,
        behind: ExitStack | None = None,
        unwritable: str | None = None,
    ) -> None:
        self._connection, self._alias, self._collection = connection, alias, collection
        self._behind = behind or ExitStack()
        self.unwritable = unwritable
        self._writing = threading.Lock()  # Milvus Lite allows one writer at a time
        self._owns_connection = True

    @classmethod
    def open(cls, settings: StoreSettings, folder: Path) -> Self:
        """Open the store of a library.

        Args:
            settings: Without a uri, Milvus Lite in `folder / "vectors.db"`; else that server.
            folder: The library's `.musaic` folder; it exists.

        Raises:
            ConfigError: `settings.uri` is no address.
            LibraryBusyError: Another process holds the embedded store.
            StoreLimitError: `settings.collection` is no name for a collection.
            StoreUnavailableError: No server there.
            StoreAuthError: It refused the token.
            StoreError: What is there cannot be read.
        """
        check_collection_name(settings.collection, most=MAX_NAME_BYTES - NAME_SUFFIX_LENGTH)
        behind, unwritable = ExitStack(), None
        if settings.uri is None:
            connection, behind, unwritable = open_in(folder)
        else:
            connection = open_server(settings)
        alias = settings.collection
        store = cls(connection, alias=alias, collection=None, behind=behind, unwritable=unwritable)
        try:
            store._collection = find_collection(connection, settings.collection)
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Write what is in memory and let go of the library. Repeated calls do nothing."""
        if self._owns_connection:
            self._owns_connection = False
            self._connection.close()
        self._behind.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def check_writable(self) -> None:
        """Refuse a store that can only be read.

        Raises:
            StoreError: It is one; the message says why.
        """
        if self.unwritable is not None:
            raise StoreError(
                f"the store {self._connection.uri} cannot be written ({self.unwritable}); free space or fix its "
                "rights, and run again"
            )

    @property
    def capabilities(self) -> Capabilities:
        """What the Milvus behind this store can do; asked of it once."""
        return self._connection.capabilities

    def fingerprint(self) -> Fingerprint | None:
        """Return which encoder made the vectors; None while there is no collection."""
        return self._collection.fingerprint if self._collection else None

    @property
    def collection(self) -> str | None:
        """The real name of the collection, another one after each rebuild; None while there is none."""
        return self._collection.name if self._collection else None

    def create(self, fingerprint: Fingerprint) -> None:
        """Make the collection for the vectors of an encoder. Does nothing if it is there.

        Raises:
            ModelMismatchError: There is one with the vectors of another encoder.
            StoreLimitError: Vectors of this length cannot be stored.
        """
        if self._collection is None:
            self.check_writable()
            name = real_name(self._alias, fingerprint, taken=None)
            made = make_collection(self._connection, name, fingerprint)
            point_alias(self._connection, self._alias, made)
            self._collection = made
        elif self._collection.fingerprint != fingerprint:
            raise ModelMismatchError(
                collection=self._alias,
                built_with=self._collection.fingerprint.model,
                configured=fingerprint.model,
            )

    def upsert(self, rows: Sequence[Row]) -> None:
        """Write rows; of rows with the same id the last one counts.

        When this returns, all rows are kept. When it raises, some may be; writing them again is safe.

        Raises:
            StoreLimitError: A value that a server would refuse; nothing was sent.
        """
        self.check_writable()
        collection = self._present()
        dim = collection.fingerprint.dim
        records = {row.asset.id: to_record(row, dim=dim) for row in rows}
        for batch in _batches(records.values()):
            with self._writing, self._connection.errors(), self._connection.values():
                self._connection.client.upsert(collection.name, batch, timeout=self._connection.timeout_s)

    def get(self, ids: Sequence[str]) -> list[Row]:
        """Return the rows with these ids, in their order; ids that are not there are left out."""
        found: dict[str, Row] = {}
        wanted = list(dict.fromkeys(check_id(row_id) for row_id in ids))
        for start in range(0, len(wanted), _GET_ROWS):
            some = wanted[start : start + _GET_ROWS]
            expression = f"id in [{', '.join(map(quote, some))}]"
            rows = map(to_row, self._query(expression, [*ASSET_FIELDS, "vector"], limit=len(some)))
            found |= {row.asset.id: row for row in rows}
        return [found[row_id] for row_id in wanted if row_id in found]

    def among(self, ids: Iterable[str]) -> set[str]:
        """Return those of these ids that are there; no more than ids goes over the wire."""
        wanted, found = sorted(set(map(check_id, ids))), set[str]()
        for start in range(0, len(wanted), _AMONG_IDS):
            some = wanted[start : start + _AMONG_IDS]
            records = self._query(f"id in [{', '.join(map(quote, some))}]", ["id"], limit=len(some))
            found.update(str(record["id"]) for record in records)
        return found

    def delete(self, ids: Sequence[str]) -> None:
        """Remove the rows with these ids; ids that are not there do not matter."""
        self.check_writable()
        collection = self._present()
        wanted = list(dict.fromkeys(check_id(row_id) for row_id in ids))
        for start in range(0, len(wanted), _UPSERT_ROWS):
            some = wanted[start : start + _UPSERT_ROWS]
            with self._writing, self._connection.errors():
                self._connection.client.delete(collection.name, ids=some, timeout=self._connection.timeout_s)

    def count(self, where: Filter | None = None) -> int:
        """Return how many rows there are, or how many match.

        Raises:
            FilterError: The filter asks for what this Milvus cannot do.
        """
        return int(self._query(self._expression(where), ["count(*)"], limit=None)[0]["count(*)"])

    def has_metadata(self, key: str) -> bool:
        """Tell whether any asset has this metadata key."""
        return self.count(has_key(key)) > 0

    def search(
        self, vector: NDArray[np.float32], *, limit: int, offset: int = 0, where: Filter | None = None
    ) -> list[tuple[Asset, float]]:
        """Return the nearest assets with their cosines, -1 to 1, best first, ties by id.

        Args:
            vector: Of the encoder that made the library, shape ``(dim,)``; its length does not matter.
            limit: Most assets to return.
            offset: How many of the nearest to leave out.
            where: Only assets that match.

        Raises:
            StoreLimitError: A page beyond `MAX_WINDOW`, or a vector that is none of this library.
            FilterError: The filter asks for what this Milvus cannot do.
        """
        check_window(limit, offset)
        query = check_vector(vector, dim=self._present().fingerprint.dim)
        expression, wanted = self._expression(where), offset + limit
        reach = min(wanted + 1, MAX_WINDOW)
        found = self._nearest(query, expression, reach)
        # Rows as near as the last one wanted may lie behind it, and the lowest ids of them come first.
        while len(found) == reach < MAX_WINDOW and found[wanted - 1][0] == found[-1][0]:
            reach = min(reach * 4, MAX_WINDOW)
            found = self._nearest(query, expression, reach)
        found.sort(key=lambda hit: (-hit[0], hit[1]["id"]))
        return [(to_asset(record), cosine) for cosine, record in found[offset:wanted]]

    def ids(self) -> Iterator[str]:
        """Yield the id of every row, in no order."""
        for batch in self._batches_of(["id"], size=MAX_WINDOW // 4):
            yield from (str(record["id"]) for record in batch)

    def values(self, fields: Sequence[str], where: Filter | None = None) -> Iterator[dict[str, Any]]:
        """Yield some fields of every row that matches, in no order.

        Raises:
            FilterError: The filter asks for what this Milvus cannot do.
        """
        expression = self._expression(where)
        if (
            self._connection.embedded
        ):  # Milvus Lite sets no limit to what one query returns, and is quicker so
            yield from self._query(expression or 'id != ""', list(fields), limit=None)
            return
        for batch in self._batches_of(list(fields), size=MAX_WINDOW // 4, expression=expression):
            yield from batch

    def rows(self, batch_size: int = 256) -> Iterator[list[Row]]:
        """Yield every row with its vector, in lists of at most `batch_size`, in no order.

        Rows written or deleted meanwhile may or may not be among them.
        """
        for batch in self._batches_of([*ASSET_FIELDS, "vector"], size=batch_size):
            yield [to_row(record) for record in batch]

    def flush(self) -> None:
        """Let an embedded store write its buffer to data files, so that the next opening is quick.

        Not needed for safety. A server does so by itself.
        """
        if self._connection.embedded and self._collection and self.unwritable is None:
            with self._writing, self._connection.errors():
                self._connection.client.flush(self._collection.name, timeout=self._connection.timeout_s)

    def drop(self) -> None:
        """Remove the collection and all rows, also what an interrupted rebuild left. Pictures are not touched."""
        self.check_writable()
        if self._collection:
            drop_alias(self._connection, self._alias)
            self._collection = None
        drop_collections(self._connection, collection_names(self._connection, self._alias))

    def beside(self, fingerprint: Fingerprint) -> "Store":
        """Return a second store, next to this one, for the vectors of another encoder.

        This store stays as it is until `switch_to`. If a rebuild for the same encoder was interrupted,
        the rows that it wrote are still there (less those that are gone from this store), so ids that
        `ids` of the second store yields need no encoding again; leftovers for other encoders are dropped.
        Closing the second store does nothing; close this one.
        """
        self.check_writable()
        live = self._present()
        name = real_name(self._alias, fingerprint, taken=live.name)
        leftovers = [
            other
            for other in collection_names(self._connection, self._alias)
            if other not in (live.name, name)
        ]
        drop_collections(self._connection, leftovers)
        second = Store(
            self._connection,
            alias=self._alias,
            collection=make_collection(self._connection, name, fingerprint),
        )
        second._owns_connection = False
        if second.count():
            second.delete(sorted(set(second.ids()) - set(self.ids())))
        return second

    def switch_to(self, second: "Store") -> None:
        """Take the rows of a store made by `beside` for this library's, and drop the old ones.

        The alias moves in one step: after a crash the library has all its old rows or all its new ones.
        """
        old, new = self._present(), second._present()
        point_alias(self._connection, self._alias, new)
        self._collection = new
        drop_collections(self._connection, [old.name])

    def _present(self) -> Collection:
        if self._collection is None:
            raise StoreError("the library is empty: nothing was ingested yet")
        return self._collection

    def _expression(self, where: Filter | None) -> str:
        return where.to_milvus(self.capabilities.dialect, self._stored) if where else ""

    def _stored(self, expression: str, fields: Sequence[str]) -> list[dict[str, Any]]:
        # Asked on Milvus Lite only, which sets no limit to what one query returns.
        return self._query(expression, list(fields), limit=None)

    def _query(self, expression: str, fields: list[str], *, limit: int | None) -> list[dict[str, Any]]:
        connection, name = self._connection, self._present().name
        reach = {} if limit is None else {"limit": limit}
        return self._read(
            lambda: list(
                connection.client.query(
                    name, filter=expression, output_fields=fields, timeout=connection.timeout_s, **reach
                )
            )
        )

    def _nearest(
        self, query: NDArray[np.float32], expression: str, reach: int
    ) -> list[tuple[float, dict[str, Any]]]:
        connection, name = self._connection, self._present().name
        # An HNSW search looks at `ef` candidates, and finds no more than that.
        hnsw = not connection.embedded and not connection.hosted
        (hits,) = self._read(
            lambda: connection.client.search(
                name,
                data=[query],
                limit=reach,
                filter=expression,
                output_fields=list(ASSET_FIELDS),
                search_params={
                    "metric_type": "COSINE",
                    "params": {"ef": max(_LEAST_EF, reach)} if hnsw else {},
                },
                timeout=connection.timeout_s,
            )
        )
        return [(_cosine(hit["distance"]), hit["entity"]) for hit in hits]

    def _batches_of(
        self, fields: list[str], *, size: int, expression: str = ""
    ) -> Iterator[list[dict[str, Any]]]:
        connection, name = self._connection, self._present().name
        iterator = self._read(
            lambda: connection.client.query_iterator(
                name, filter=expression, batch_size=size, output_fields=fields, timeout=connection.timeout_s
            )
        )
        try:
            while batch := self._next(iterator):
                yield batch
        finally:
            with connection.errors():
                iterator.close()

    def _read(self, call: Callable[[], _Answer]) -> _Answer:
        """Return what a reading call returns; a server that was started anew may have to load the rows first."""
        connection, name = self._connection, self._present().name
        with connection.errors():
            try:
                return call()
            except Exception as exc:
                if not is_not_loaded(exc):
                    raise
            connection.client.load_collection(name, timeout=connection.timeout_s)
            return call()

    def _next(self, iterator: Any) -> list[dict[str, Any]]:
        with self._connection.errors():
            return list(iterator.next())


def _cosine(distance: float) -> float:
    return round(min(1.0, max(-1.0, float(distance))), _COSINE_DIGITS)


def _batches(records: Iterable[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    """Split records so that no call carries more than a server takes."""
    batch: list[dict[str, object]] = []
    size = 0
    for record in records:
        weight = _weight(record)
        if batch and (len(batch) == _UPSERT_ROWS or size + weight > _UPSERT_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += weight
    if batch:
        yield batch


def _weight(record: dict[str, object]) -> int:
    """Return roughly how many bytes a record takes on the wire."""
    vector = record["vector"]
    assert isinstance(vector, np.ndarray)
    texts = sum(len(str(value)) for name, value in record.items() if name != "vector")
    return int(vector.nbytes) + 4 * texts
