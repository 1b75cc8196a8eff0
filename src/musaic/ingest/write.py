"""The one writer: rows to the store first, then files to the ledger.

In this order a kill in between leaves rows that the ledger does not know. The next run writes the
same rows under the same ids, or, where their files are gone, removes them.
"""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from musaic.ingest.plan import Job
from musaic.ingest.thumbs import thumb_path
from musaic.ledger import FileState, Ledger
from musaic.schemas import Asset
from musaic.store import Row, Store


class _Decoded(Protocol):
    @property
    def job(self) -> Job: ...
    @property
    def asset_id(self) -> str: ...
    @property
    def asset(self) -> Asset | None: ...


class Writer:
    """Collects decoded files with their vectors; `flush` makes them safe.

    Attributes:
        added: New assets.
        updated: Files that changed an asset: other bytes at a known path, or another path.
        touched: Files whose time changed but not their bytes.
        vanished: Files found to be gone in this run.
    """

    def __init__(self, library: Path, *, ledger: Ledger, store: Store) -> None:
        self._library, self._ledger, self._store = library, ledger, store
        self._pending: list[tuple[_Decoded, NDArray[np.float32] | None]] = []
        self._skipped: list[FileState] = []
        self._ghosts: set[str] = set()
        self._replaced: set[str] = set()
        self.added = self.updated = self.touched = self.vanished = 0

    @property
    def _embedded(self) -> bool:
        return self._store.capabilities.embedded

    @property
    def waiting(self) -> int:
        """Files collected since the last flush."""
        return len(self._pending)

    @property
    def worked(self) -> int:
        """Files that are safe in store and ledger."""
        return self.added + self.updated + self.touched

    def reconcile(self) -> None:
        """Make the ledger forget what the store does not hold, and note rows it does not know."""
        known = self._ledger.asset_ids()
        if not self._embedded:
            return
        empty = self._store.fingerprint() is None
        if (0 if empty else self._store.count()) == len(known):
            return
        held: set[str] = set() if empty else set(self._store.ids())
        self._ledger.forget_assets(known - held)
        self._ghosts = held - known

    def add(self, decoded: _Decoded, vector: NDArray[np.float32] | None) -> None:
        """Take a file; nothing is safe until `flush`."""
        self._pending.append((decoded, vector))

    def remember_skipped(self, state: FileState) -> None:
        """Note a file that is no picture, so that it is not opened again while it is unchanged."""
        self._skipped.append(state)

    def flush(self) -> None:
        """Write everything collected: rows, then files."""
        pending, self._pending = self._pending, []
        skipped, self._skipped = self._skipped, []
        states = [_state(decoded.job, decoded.asset_id) for decoded, _ in pending]
        known = self._ledger.states_of(state.asset_id for state in states if state.asset_id)
        paths = _living_paths([*(s for some in known.values() for s in some), *states])
        rows = self._new_rows(pending, paths)
        rows += self._moved_rows(
            {d.asset_id for d, v in pending if v is None} - {r.asset.id for r in rows}, paths
        )
        if rows:
            self._store.upsert(rows)
        if states or skipped:
            self._ledger.record([*states, *skipped])
        self._tally(pending, known)

    def _new_rows(
        self,
        pending: Sequence[tuple[_Decoded, NDArray[np.float32] | None]],
        paths: dict[str, tuple[str, ...]],
    ) -> list[Row]:
        fresh = {d.asset_id: (d.asset, v) for d, v in pending if d.asset is not None and v is not None}
        shared = (
            {} if self._embedded else {row.asset.id: row.asset for row in self._store.get(list(fresh))}
        )
        rows = []
        for asset_id, (asset, vector) in fresh.items():
            elsewhere = shared[asset_id].paths if asset_id in shared else ()
            rows.append(Row(_placed(asset, tuple(sorted({*paths[asset_id], *elsewhere}))), vector))
        return rows

    def _moved_rows(self, asset_ids: set[str], paths: dict[str, tuple[str, ...]]) -> list[Row]:
        if not asset_ids:
            return []
        rows = self._store.get(sorted(asset_ids))
        return [Row(_placed(row.asset, paths[row.asset.id]), row.vector) for row in rows]

    def _tally(
        self,
        pending: Sequence[tuple[_Decoded, NDArray[np.float32] | None]],
        known: dict[str, list[FileState]],
    ) -> None:
        new = {decoded.asset_id for decoded, _ in pending} - set(known)
        for decoded, _ in pending:
            prior = decoded.job.prior
            before = prior.asset_id if prior is not None else None
            if before == decoded.asset_id:
                self.touched += 1
            elif before is None and decoded.asset_id in new:
                new.discard(decoded.asset_id)
                self.added += 1
            else:
                self.updated += 1
            if before is not None and before != decoded.asset_id:
                self._replaced.add(before)

    # --- what is gone ---------------------------------------------------------------------------
    def vanish(self, states: Sequence[FileState]) -> None:
        """Mark files as gone, and take their paths off assets that have others.

        Assets without any file left (other bytes at their path, or rows of a killed run) are removed.
        """
        fresh = [state for state in states if not state.vanished]
        self.vanished = len(fresh)
        gone = {(state.folder, state.name) for state in fresh}
        asset_ids = {s.asset_id for s in fresh if s.asset_id} | self._replaced | self._ghosts
        left = self._ledger.states_of(asset_ids)
        still = {id_: [s for s in some if (s.folder, s.name) not in gone] for id_, some in left.items()}
        paths = _living_paths([s for some in still.values() for s in some])
        if paths:
            self._store.upsert(self._moved_rows(set(paths), paths))
        self._remove(asset_ids - set(left))
        self._ledger.mark_vanished(fresh, now=int(time.time()))

    def prune(self, roots: Iterable[str]) -> int:
        """Forget vanished files at or below the roots; return how many assets went with them."""
        states = [state for root in roots for state in self._ledger.vanished_under(root)]
        dropped = {(state.folder, state.name) for state in states}
        left = self._ledger.states_of({state.asset_id for state in states if state.asset_id})
        dead = {id_ for id_, some in left.items() if all((s.folder, s.name) in dropped for s in some)}
        self._remove(dead)
        self._ledger.forget(states)
        return len(dead)

    def _remove(self, asset_ids: set[str]) -> None:
        if asset_ids:
            self._store.delete(sorted(asset_ids))
        for asset_id in asset_ids:
            thumb_path(self._library, asset_id).unlink(missing_ok=True)


def _state(job: Job, asset_id: str) -> FileState:
    found = job.found
    return FileState(found.folder, found.name, found.size_bytes, found.mtime_ns, asset_id)


def _living_paths(states: Sequence[FileState]) -> dict[str, tuple[str, ...]]:
    """Return each asset's paths, in order, without vanished files."""
    paths: dict[str, set[str]] = {}
    for state in states:
        if state.asset_id and not state.vanished:
            paths.setdefault(state.asset_id, set()).add(state.path)
    return {asset_id: tuple(sorted(some)) for asset_id, some in paths.items()}


def _placed(asset: Asset, paths: tuple[str, ...]) -> Asset:
    first = Path(paths[0])
    return asset.model_copy(update={"paths": paths, "filename": first.name, "folder": str(first.parent)})
