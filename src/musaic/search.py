"""Search: words, a picture or an asset as the query; hits, best first."""

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musaic.filters import Filter
from musaic.schemas import Asset, Hit
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


def missing_keys(store: Store, where: Filter) -> list[str]:
    """Return metadata keys of a filter that no asset has: likely typing errors, and no hit."""
    return [key for key in where.metadata_keys if not store.has_metadata(key)]


def _hit(asset: Asset, cosine: float) -> Hit:
    return Hit(
        asset_id=asset.asset_id,
        path=readable_path(asset.paths),
        kind=asset.kind,
        # One list of one kind of vector: the order is the cosine's own.
        score=round(cosine, 6),
        cosine=round(cosine, 6),
        metadata=asset.metadata,
    )


def readable_path(paths: Sequence[str]) -> str:
    """Return the first path that is there, or the first of all."""
    there = (path for path in paths if os.path.exists(path))  # noqa: PTH110  Path.exists raises where a folder may not be looked into
    return next(there, paths[0])
