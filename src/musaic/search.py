"""Search: words, a picture or an asset as the query; hits, best first."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musaic.filters import UNKNOWN_TIME, Filter, decode_text
from musaic.schemas import Asset, Hit, Order
from musaic.store import MAX_WINDOW, Store, check_window


def nearest(
    store: Store,
    vector: NDArray[np.float32],
    *,
    limit: int = 3,
    offset: int = 0,
    where: Filter | None = None,
    leave_out: str | None = None,
) -> list[Hit]:
    """Return the assets whose vectors are nearest to a unit vector, best first.

    Args:
        store: Open.
        vector: Shape ``(dim,)``, of the library's own encoder.
        limit: Most hits.
        offset: How many of the best to pass over.
        where: Only assets that fit.
        leave_out: An asset id that is no hit: the query itself.

    Raises:
        StoreLimitError: `limit` + `offset` is more than a server allows.
    """
    if leave_out is None:
        return [
            _hit(asset, cosine)
            for asset, cosine in store.search(vector, limit=limit, offset=offset, where=where)
        ]
    check_window(limit, offset)
    # At the end of what one search reaches there is no room for the asset itself: the last page is one short there.
    found = store.search(vector, limit=min(limit + offset + 1, MAX_WINDOW), where=where)
    others = [(asset, cosine) for asset, cosine in found if asset.asset_id != leave_out]
    return [_hit(asset, cosine) for asset, cosine in others[offset : offset + limit]]


def listed(
    store: Store, *, order: Order = "newest", limit: int = 3, offset: int = 0, where: Filter | None = None
) -> list[Hit]:
    """Return assets without a query, in an order that no tie leaves open.

    All rows that match are looked at, a few fields of each: 0.8 s for 10,000 and 4 s for 50,000 in an embedded store.

    Args:
        store: Open.
        order: See `musaic.schemas.Order`.
        limit: Most hits; any number, as no window of a server is asked for.
        offset: How many of the first to pass over.
        where: Only assets that fit.
    """
    rank, fields = _RANKS[order]
    found = sorted(
        store.values(["id", *fields], where), key=lambda record: (*rank(record), str(record["id"]))
    )
    page = [str(record["id"]) for record in found[offset : offset + limit]]
    return [_hit(row.asset, None) for row in store.get(page)]


def _taken(record: Mapping[str, Any]) -> int:
    """Return when a picture was taken, or where nothing says so, when its file was last changed."""
    captured = int(record["captured_at"])
    return int(record["modified_at"]) if captured == UNKNOWN_TIME else captured


_Rank = Callable[[Mapping[str, Any]], tuple[Any, ...]]
_RANKS: dict[Order, tuple[_Rank, tuple[str, ...]]] = {
    "newest": (lambda record: (-_taken(record),), ("captured_at", "modified_at")),
    "oldest": (lambda record: (_taken(record),), ("captured_at", "modified_at")),
    "name": (
        lambda record: (decode_text(record["filename"]).casefold(), record["folder"]),
        ("filename", "folder"),
    ),
    "largest": (lambda record: (-int(record["size_bytes"]),), ("size_bytes",)),
}


def missing_keys(store: Store, where: Filter) -> list[str]:
    """Return metadata keys of a filter that no asset has: likely typing errors, and no hit."""
    return [key for key in where.metadata_keys if not store.has_metadata(key)]


def _hit(asset: Asset, cosine: float | None) -> Hit:
    near = None if cosine is None else round(cosine, 6)
    return Hit(
        asset_id=asset.asset_id,
        path=readable_path(asset.paths),
        kind=asset.kind,
        # One list of one kind of vector: the order is the cosine's own.
        score=near,
        cosine=near,
        metadata=asset.metadata,
    )


def readable_path(paths: Sequence[str]) -> str:
    """Return the first path that is there, or the first of all."""
    there = (path for path in paths if os.path.exists(path))  # noqa: PTH110  Path.exists raises where a folder may not be looked into
    return next(there, paths[0])
