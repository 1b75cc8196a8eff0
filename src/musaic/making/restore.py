"""A ledger that was lost: read back from the sidecars that lie beside the pictures."""

import logging
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from musaic.errors import LibraryError
from musaic.ledger import Ledger
from musaic.schemas import Record

_GENERATION, _RUN, _ASSET = (
    re.compile(each) for each in ("g-[0-9a-f]{12}", "r-[0-9a-f]{12}", "[0-9a-f]{32}")
)
# The largest that are written have some hundred references and some kilobytes of words.
_MOST_BYTES = 16_000_000
# 1 January 2100; and no call of ours can have cost so much.
_LATEST_S, _MOST_USD = 4_102_444_800.0, 1_000_000.0
_MOST_REFERENCES = 10_000

_logger = logging.getLogger("musaic")


def restore(library: Path, ledger: Ledger, *, notify: Callable[[str], None] = _logger.warning) -> int:
    """Write the records that a new ledger lacks into it, from their sidecars, once; return how many.

    Several processes may be at it at once: one does it, all of it or nothing, and the others wait.

    Args:
        library: The library folder.
        ledger: Open.
        notify: Told of each sidecar that is passed over, since it cannot be right.

    Raises:
        LibraryError: The ledger cannot be written, and there is something to write.
    """
    if ledger.is_whole():
        return 0
    records = sorted(_records(library, notify), key=lambda record: (record.created_at, record.id))
    try:
        return ledger.take_back(records)
    except LibraryError:
        if records:
            raise
        return 0  # nothing is missing in a ledger that can only be read


def _records(library: Path, notify: Callable[[str], None]) -> Iterator[Record]:
    for path in sorted((library / "outputs").glob("g-*/record.json")):
        try:
            yield _sidecar(path)
        except (OSError, ValueError, RecursionError) as exc:
            notify(f"{path} is passed over: {_why(exc)}")


def _sidecar(path: Path) -> Record:
    """Return what a sidecar says.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no record, or one that cannot be right.
    """
    if not os.path.isfile(path):  # noqa: PTH113  a pipe has no end
        raise _OddError("it is no regular file")
    if path.stat().st_size > _MOST_BYTES:
        raise _OddError("it is too large")
    record = Record.model_validate_json(path.read_bytes())
    fault = next(_faults(record, path.parent.name), None)
    if fault is not None:
        raise _OddError(fault)
    return record


class _OddError(ValueError):
    """A sidecar that cannot be right, in words."""


def _why(exc: Exception) -> str:
    if isinstance(exc, _OddError):
        return str(exc)
    return exc.strerror or str(exc) if isinstance(exc, OSError) else "it is no record that can be read"


def _faults(record: Record, folder: str) -> Iterator[str]:
    """Yield what cannot be right in a record: the ledger and its sums must be able to take all of it."""
    if record.id != folder:
        yield f"it is the record of {record.id}"
    if not _GENERATION.fullmatch(record.id) or not _RUN.fullmatch(record.run):
        yield "its id or run is none"
    if record.parent is not None and not _GENERATION.fullmatch(record.parent):
        yield "its parent is none"
    if any(each.number > _MOST_REFERENCES for each in record.references):
        yield "it numbers more references than there can be"
    if not all(0 <= each <= _LATEST_S for each in _times(record)):
        yield "it tells a time that cannot be"
    if not all(0 <= each <= _MOST_USD for each in _amounts(record)):
        yield "it tells an amount of money that cannot be"
    if not _is_consistent(record):
        yield "its state does not fit the picture it tells of"


def _times(record: Record) -> Iterator[float]:
    yield from (record.created_at, record.seconds or 0.0)
    for call in record.calls:
        yield from (call.sent_at, call.seconds)


def _amounts(record: Record) -> Iterator[float]:
    own = (record.cost_bound_usd, record.cost_usd)
    of_calls = (each for call in record.calls for each in (call.bound_usd, call.cost_usd))
    yield from (each for each in (*own, *of_calls) if each is not None)


def _is_consistent(record: Record) -> bool:
    if record.state != "picture":
        return record.asset_id is None and record.path is None
    return bool(record.path) and bool(_ASSET.fullmatch(record.asset_id or ""))
