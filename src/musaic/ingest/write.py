"""The one writer: rows to the store first, then files to the ledger.

In this order a kill in between leaves rows that the ledger does not know. The next run takes them
up, or, where their files are gone, removes them.
"""

import os
import time
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musaic.errors import MusaicError, StoreLimitError
from musaic.ingest.plan import Job
from musaic.ingest.thumbs import remove_thumb
from musaic.ledger import FileState, Ledger, bounded
from musaic.schemas import Asset, FileEvent
from musaic.store import Row, Store

# A row holds no more of them; the ledger knows all.
_MOST_PATHS = 4_096
_SETTLED_ROWS = 500

Files = Mapping[str, Sequence[FileState]]


@dataclass(frozen=True, slots=True)
class _Taken:
    """A file whose content is known; a new asset comes with its row's values and vector."""

    job: Job
    asset_id: str
    asset: Asset | None
    vector: NDArray[np.float32] | None


class Writer:
    """Collects files with their vectors; `flush` makes them safe. One thread calls all but `skip`.

    Attributes:
        held: Ids of the assets whose rows are in the store, so that they need no encoding.
        added: New assets.
        updated: Files that changed an asset: other bytes at a known path, or another path.
        touched: Files that changed, or came back, with the bytes they had.
        vanished: Files found to be gone in this run whose asset lies nowhere else.
    """

    def __init__(self, library: Path, *, ledger: Ledger, store: Store) -> None:
        self._library, self._ledger, self._store = library, ledger, store
        self._pending: list[_Taken] = []
        self._skipped: deque[tuple[Job, str]] = deque()
        # Assets that may have no file left. They go at the end only: a later file may hold them.
        self._doomed: set[str] = set()
        self.held: set[str] = set()
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

    # --- before the run ---------------------------------------------------------------------------
    def reconcile(self, place: str) -> None:
        """Bring ledger and store together, whatever happened to either.

        What the store lacks the ledger forgets, so that it is done again. Of rows that the ledger does
        not know (it was lost, or a run was killed) it takes up the paths, so that their files are read
        again and not encoded again; rows without such a path are dropped at the end of the run.

        Args:
            place: Which store this is; another one than in the last run is compared row by row.
        """
        known = self._ledger.asset_ids()
        same = self._ledger.note("store") == self._whole(place)
        if same and self._agrees(known):
            self.held = known
            return
        self.held = set() if self._store.fingerprint() is None else set(self._store.ids())
        self._wait_again(known - self.held)
        self._ledger.forget_assets(known - self.held)
        if self._embedded:
            self._adopt(self.held - known)
            self._doomed = self.held - self._ledger.asset_ids()
        elif not same:
            # Another machine that rebuilt the collection knew of this one's files what was written before it began.
            self._settle(self._ledger.states_of(known & self.held))
        self.remember(place)

    def remember(self, place: str) -> None:
        """Note that ledger and store are together, as `reconcile` brought them."""
        self._ledger.remember("store", self._whole(place))

    def _whole(self, place: str) -> str:
        # A shared collection may have been rebuilt by another machine, under another real name.
        return place if self._embedded else f"{place} {self._store.collection}"

    def _agrees(self, known: set[str]) -> bool:
        """Say whether the store has a row for each asset that the ledger knows."""
        if self._store.fingerprint() is None:
            return not known
        if self._embedded:
            return self._store.count() == len(known)
        # A shared collection holds other libraries' rows too, so that their number says nothing.
        return self._store.among(known) == known

    def _wait_again(self, asset_ids: Collection[str]) -> None:
        """Let pictures that were made here be encoded again: their folder is never scanned."""
        for asset_id in sorted(set(asset_ids) & self._ledger.generated_ids()):
            for generation in self._ledger.makers_of(asset_id):
                self._ledger.wait_to_encode(asset_id, generation)

    def _adopt(self, asset_ids: Collection[str]) -> None:
        for some in _chunks(sorted(asset_ids)):
            rows = self._store.get(some)
            try:
                self._ledger.adopt([_adopted(row.asset, path) for row in rows for path in row.asset.paths])
            except (ValueError, OverflowError):
                # What cannot be taken up goes at the end, and its file is done again.
                for row in rows:
                    with suppress(ValueError, OverflowError):
                        self._ledger.adopt([_adopted(row.asset, path) for path in row.asset.paths])

    # --- during the run ---------------------------------------------------------------------------
    def add(
        self, job: Job, asset_id: str, *, asset: Asset | None, vector: NDArray[np.float32] | None
    ) -> None:
        """Take a file; nothing is safe until `flush`.

        Args:
            job: The file.
            asset_id: What it holds.
            asset: None for an asset that is `held`.
            vector: The same.
        """
        self._pending.append(_Taken(job, asset_id, asset, vector))

    def skip(self, job: Job, reason: str) -> None:
        """Note a file that is no picture, so that it is not opened again while it is unchanged. Thread-safe."""
        self._skipped.append((job, reason))

    def flush(self) -> list[FileEvent]:
        """Write everything collected: rows, then files. Return the files whose rows the store refuses."""
        pending, self._pending = self._pending, []
        skipped = [self._skipped.popleft() for _ in range(len(self._skipped))]
        if not (pending or skipped):
            return []
        states = [_state(taken.job, asset_id=taken.asset_id) for taken in pending]
        states += [_state(job, reason=reason) for job, reason in skipped]
        jobs = [*(taken.job for taken in pending), *(job for job, _ in skipped)]
        before, after = self._around(jobs, states)
        refused = self._upsert([*self._new_rows(pending, after), *self._moved_rows(pending, after)])
        refused |= self._record([state for state in states if state.asset_id not in refused])
        kept = [taken for taken in pending if taken.asset_id not in refused]
        self.held.update(taken.asset_id for taken in kept)
        self._doomed.update(asset_id for asset_id, files in after.items() if not files)
        self._tally(kept, before)
        return [
            FileEvent(event="failed", path=taken.job.path, reason=refused[taken.asset_id])
            for taken in pending
            if taken.asset_id in refused
        ]

    def _around(self, jobs: Sequence[Job], states: Sequence[FileState]) -> tuple[Files, Files]:
        """Return the files of every asset that these states touch, as they are and as they will be."""
        asset_ids = {state.asset_id for state in states} | {job.prior.asset_id for job in jobs if job.prior}
        before = self._ledger.states_of(each for each in asset_ids if each)
        changed = {(state.folder, state.name) for state in states}
        after = {
            asset_id: [file for file in before.get(asset_id, ()) if (file.folder, file.name) not in changed]
            for asset_id in asset_ids
            if asset_id
        }
        for state in states:
            if state.asset_id:
                after[state.asset_id].append(state)
        return before, after

    def _new_rows(self, pending: Sequence[_Taken], after: Files) -> list[Row]:
        new = {
            t.asset_id: (t.asset, t.vector) for t in pending if t.asset is not None and t.vector is not None
        }
        # Another library may have written the same asset to a shared collection.
        shared = () if self._embedded else self._store.get(list(new))
        elsewhere = {row.asset.id: self._foreign(row.asset) for row in shared}
        rows = []
        for asset_id, (asset, vector) in new.items():
            placed = _placed(asset, after[asset_id], elsewhere.get(asset_id, ()))
            assert placed is not None
            rows.append(Row(placed, vector))
        return rows

    def _moved_rows(self, pending: Sequence[_Taken], after: Files) -> list[Row]:
        new = {taken.asset_id for taken in pending if taken.vector is not None}
        moved = {asset_id: files for asset_id, files in after.items() if files and asset_id not in new}
        return [
            Row(asset, row.vector) for row, asset in self._places(moved) if asset not in (None, row.asset)
        ]

    def _places(self, files: Files) -> Iterator[tuple[Row, Asset | None]]:
        """Yield the rows of assets, each with what it should say; None where no file is left."""
        for row in self._store.get(sorted(files)) if files else ():
            foreign = () if self._embedded else self._foreign(row.asset)
            yield row, _placed(row.asset, files[row.asset.id], foreign)

    def _foreign(self, asset: Asset) -> tuple[str, ...]:
        return tuple(path for path in asset.paths if not self._ledger.knows(path))

    def _upsert(self, rows: Sequence[Row]) -> dict[str | None, str]:
        """Write rows; return why some of them cannot be stored, by asset."""
        if not rows:
            return {}
        try:
            self._store.upsert(rows)
        except StoreLimitError as exc:
            if len(rows) == 1:
                return {rows[0].asset.id: str(exc)}
        except MusaicError:
            raise
        except Exception as exc:  # a row that nobody foresaw takes no other down
            if len(rows) == 1:
                return {rows[0].asset.id: f"cannot be stored ({type(exc).__name__}: {exc})"}
        else:
            return {}
        return {asset_id: why for row in rows for asset_id, why in self._upsert([row]).items()}

    def _record(self, states: Sequence[FileState]) -> dict[str | None, str]:
        """Write files to the ledger; return why some of them cannot be, by asset.

        Their rows stay behind. If they were an error of the whole run, every later run would meet it again.
        """
        try:
            self._ledger.record(states)
        except MusaicError:
            raise
        except Exception as exc:  # what a column cannot hold, in Python's own words
            if len(states) == 1:
                return {states[0].asset_id: f"cannot be written down: {exc}"}
            return {asset_id: why for state in states for asset_id, why in self._record([state]).items()}
        return {}

    def _tally(self, pending: Sequence[_Taken], before: Files) -> None:
        new = {taken.asset_id for taken in pending if not before.get(taken.asset_id)}
        for taken in pending:
            prior = taken.job.prior.asset_id if taken.job.prior is not None else None
            if prior == taken.asset_id:
                self.touched += 1
            elif prior is None and taken.asset_id in new:
                new.discard(taken.asset_id)
                self.added += 1
            else:
                self.updated += 1

    # --- what is gone ---------------------------------------------------------------------------
    def vanish(self, states: Sequence[FileState]) -> None:
        """Mark files as gone, and take their paths off assets that have others.

        An asset whose files have all vanished stays as it was; one without any (other bytes at its
        path, or a row of a killed run) is removed.
        """
        fresh = [state for state in states if state.asset_id and not state.vanished]
        gone = {(state.folder, state.name) for state in fresh}
        files = self._ledger.states_of({str(state.asset_id) for state in fresh} | self._doomed)
        after: dict[str, list[FileState]] = {asset_id: [] for asset_id in self._doomed}
        for asset_id, some in files.items():
            after[asset_id] = [replace(s, vanished=s.vanished or (s.folder, s.name) in gone) for s in some]
        self._settle(
            {
                id_: some
                for id_, some in after.items()
                if id_ in self._doomed or not all(s.vanished for s in some)
            }
        )
        self._doomed = set()
        self._ledger.mark_vanished(fresh, now=int(time.time()))
        self._ledger.forget([state for state in states if not state.asset_id])
        lost = {id_ for id_, some in after.items() if all(state.vanished for state in some)}
        self.vanished = sum(state.asset_id in lost for state in fresh)

    def prune(self, states: Sequence[FileState]) -> int:
        """Forget files that are gone; return how many assets went with them."""
        dropped = {(state.folder, state.name) for state in states}
        files = self._ledger.states_of({state.asset_id for state in states if state.asset_id})
        after = {id_: [s for s in some if (s.folder, s.name) not in dropped] for id_, some in files.items()}
        self._settle(after)
        self._ledger.forget(states)
        return sum(not some for some in after.values())

    def _settle(self, files: Files) -> None:
        """Make rows say where their files are; remove those that have none, with their thumbnails."""
        for some in _chunks(sorted(files)):
            places = list(self._places({asset_id: files[asset_id] for asset_id in some}))
            moved = [Row(asset, row.vector) for row, asset in places if asset not in (None, row.asset)]
            dead = [row.asset.id for row, asset in places if asset is None]
            if moved:
                self._store.upsert(moved)
            # Thumbnails first: a kill in between leaves rows, which the next run meets again.
            for asset_id in dead:
                remove_thumb(self._library, asset_id)
            if dead:
                self._store.delete(dead)
            self.held.difference_update(dead)


def _state(job: Job, *, asset_id: str | None = None, reason: str | None = None) -> FileState:
    found = job.found
    return FileState(found.folder, found.name, found.size_bytes, found.mtime_ns, asset_id, reason)


def _adopted(asset: Asset, path: str) -> FileState:
    folder, name = os.path.split(path)
    # No file's own time, in all likelihood, so that its bytes are read and compared.
    mtime_ns = bounded(asset.modified_at * 1_000_000_000 + 999_999_999)
    return FileState(folder, name, asset.size_bytes, mtime_ns, asset.asset_id)


def _placed(asset: Asset, files: Sequence[FileState], elsewhere: Sequence[str]) -> Asset | None:
    """Return an asset that says where it is: at its living files, else where its vanished ones were."""
    ordered = sorted(files, key=lambda file: file.path)
    shown = [file for file in ordered if not file.vanished] or ordered
    paths = sorted({*(file.path for file in shown), *elsewhere})[:_MOST_PATHS]
    if not paths:
        return None
    folder, name = os.path.split(paths[0])
    modified_at = shown[0].mtime_ns // 1_000_000_000 if shown else asset.modified_at
    return asset.model_copy(
        update={"paths": tuple(paths), "filename": name, "folder": folder, "modified_at": modified_at}
    )


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _SETTLED_ROWS):
        yield values[start : start + _SETTLED_ROWS]
