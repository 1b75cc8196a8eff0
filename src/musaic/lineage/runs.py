"""Runs: one command that makes pictures each.

A run holds a lock of its own while it lives, so that the next one can tell what was left by a process
that died from what is still going on.
"""

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from musaic.errors import LibraryError
from musaic.ledger import Ledger
from musaic.lineage.records import record_of, unanswered
from musaic.schemas import Call, Record

_LEFT_OVER_S = 3600.0
_LOST = "the process ended while it waited for the answer"


class Run:
    """One command that makes pictures, by `open_run`; use it as a context manager. Thread-safe.

    Attributes:
        id: What its records share.
    """

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        self._ledger, self.id = ledger, f"r-{secrets.token_hex(6)}"
        lock = _take(_lock_path(folder, self.id))
        if lock is None:
            raise LibraryError(f"{_lock_path(folder, self.id)} cannot be locked; is its file system shared?")
        self._lock = lock

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go; what has not ended by now counts as abandoned. A second call does nothing."""
        _drop(self._lock)

    def begin(self, record: Record) -> None:
        """Write an open record down, with what it is made from; it survives a power cut from here on.

        Raises:
            ValueError: It is of another run, not open, or its id is taken.
        """
        if record.run != self.id:
            raise ValueError(f"{record.id} is of the run {record.run}, and not of {self.id}")
        self._ledger.begin(record)

    def reserve(
        self,
        generation: str,
        *,
        bound_usd: float | None,
        run_limit_usd: float | None,
        month_limit_usd: float | None,
    ) -> int:
        """Set the most that a call can cost aside, before it is sent; return the call's number.

        Args:
            generation: Begun in this run and not ended.
            bound_usd: The most it can cost. None where that is unknown and the user allowed it: no limit
                can then hold for this call.
            run_limit_usd: The most that this run may cost; None: no limit.
            month_limit_usd: The most that the library may cost in a calendar month (UTC); None: no limit.

        Raises:
            BudgetError: It could go beyond a limit, with all that this and other processes have spent or
                reserved; nothing was written.
            ValueError: An amount is no amount, or the generation is not open.
        """
        return self._ledger.reserve(
            generation,
            run=self.id,
            at=time.time(),
            bound_usd=bound_usd,
            run_limit_usd=run_limit_usd,
            month_limit_usd=month_limit_usd,
        )

    def settle(self, call: int, outcome: Call) -> None:
        """Write down how a call went: its cost takes the place of what was reserved.

        Raises:
            ValueError: There is no such call, or it was settled before.
        """
        if not self._ledger.settle(call, outcome, at=time.time()):
            raise ValueError(f"call {call} was settled before")

    def end(self, record: Record) -> None:
        """Write down what became of a generation, once.

        Raises:
            ValueError: It has ended before, was never begun in this run, or is still open.
        """
        if not self._ledger.end(record, at=time.time()):
            raise ValueError(f"{record.id} has ended before")


def open_run(ledger: Ledger, folder: Path) -> Run:
    """Return a new run, to be used as a context manager.

    Args:
        ledger: Open.
        folder: The library's; the run's lock is in its `runs`.

    Raises:
        LibraryError: The folder cannot be written to.
    """
    return Run(ledger, folder)


def abandoned(ledger: Ledger, folder: Path) -> list[Record]:
    """Return the open records of runs whose process is gone, oldest run first.

    What those runs had sent and nobody answered is settled as possibly billed. The records stay open until
    `end_abandoned`.

    Raises:
        LibraryError: The folder cannot be written to.
    """
    left: list[Record] = []
    for run in ledger.open_runs():
        lock = _take(_lock_path(folder, run))
        if lock is None:
            continue
        try:
            _settle_lost(ledger, run)
            left += [record_of(ledger, generation) for generation in ledger.open_in(run)]
        finally:
            _drop(lock)
    _sweep(folder / "runs")
    return sorted(left, key=lambda record: (record.created_at, record.id))


def _settle_lost(ledger: Ledger, run: str) -> None:
    now = time.time()
    for call in ledger.unsettled_in(run):
        lost = unanswered(call, outcome="failed", seconds=max(0.0, now - call.at), reason=_LOST)
        ledger.settle(call.number, lost, at=now)


def end_abandoned(ledger: Ledger, record: Record) -> None:
    """Write down what became of a generation whose process is gone; one that has ended stays as it is."""
    ledger.end(record, at=time.time())


# --- locks ---------------------------------------------------------------------------------------------
def _lock_path(folder: Path, run: str) -> Path:
    return folder / "runs" / f"{run}.lock"


def _take(path: Path) -> FileLock | None:
    """Return a lock that is now ours; None where a living process holds it."""
    # Any thread may let go of what another took.
    lock = FileLock(path, thread_local=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(blocking=False)
    except Timeout:
        return None
    except (OSError, NotImplementedError) as exc:
        raise LibraryError(f"{path} cannot be locked ({exc}); free space or fix the folder's rights") from exc
    return lock


def _sweep(runs: Path) -> None:
    """Remove the locks of runs that were killed when all they made had ended, which nobody looks for any more."""
    for path in runs.glob("*.lock"):
        with suppress(OSError, LibraryError):
            # Not a fresh one: its run may be about to take it, and would then hold one without a name.
            if time.time() - path.stat().st_mtime > _LEFT_OVER_S and (lock := _take(path)) is not None:
                _drop(lock)


def _drop(lock: FileLock) -> None:
    """Let go of a lock. The name of a run never comes again, so that its file can go too."""
    if lock.is_locked:
        lock.release()
        try:
            os.unlink(lock.lock_file)  # noqa: PTH108
        except OSError:  # another process is looking at it, and removes it
            return
