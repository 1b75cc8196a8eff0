"""What a process left behind that was killed: ended honestly, and its pictures saved."""

import contextlib
from pathlib import Path
from typing import cast, get_args

from musaic.errors import LibraryError
from musaic.ledger import Ledger
from musaic.lineage import abandoned, end_abandoned
from musaic.making.arrived import left_behind
from musaic.making.records import with_kept
from musaic.making.save import exported, note_down, noted_down
from musaic.schemas import Record, State

_SENT = "the process ended while waiting for the answer; it may have been billed"
_UNSENT = "the process ended before it was asked for"


def recover(library: Path, ledger: Ledger) -> list[Record]:
    """End the generations of dead processes; return their records, with pictures where they had come.

    Raises:
        LibraryError: The ledger cannot be written, or nothing could be ended.
    """
    records, trouble = [], None
    for begun in abandoned(ledger, library):
        try:
            record = _ended(library, begun)
        except LibraryError as exc:
            # It stays open: a later command may be able to read what came.
            trouble = exc
            continue
        # The ledger has it all; the sidecar is for people, and is written while the record still counts as open.
        with contextlib.suppress(LibraryError):
            note_down(record, library)
        end_abandoned(ledger, record)
        records.append(record)
    if trouble is not None and not records:
        raise trouble
    return records


def _ended(library: Path, begun: Record) -> Record:
    record = noted_down(begun, library)
    known = [call.cost_usd for call in record.calls if call.cost_usd is not None]
    record = record.model_copy(update={"cost_usd": round(sum(known), 6) if known else None})
    kept = left_behind(library, record)
    if kept is not None and kept.examined.state == "picture":
        return exported(with_kept(record, kept), library, None)
    if kept is not None and not _is_judged(record):
        return with_kept(record, kept)
    state, reason = _without_picture(record)
    return record.model_copy(update={"state": state, "reason": reason})


def _is_judged(record: Record) -> bool:
    """Return whether the ledger has what the last answer was."""
    last = record.calls[-1] if record.calls else None
    return last is not None and last.billed == "yes" and last.outcome in get_args(State)


def _without_picture(record: Record) -> tuple[State, str]:
    if not record.calls:
        return "cancelled", _UNSENT
    last = record.calls[-1]
    if _is_judged(record) and last.outcome != "picture":
        return cast("State", last.outcome), last.reason or ""
    if any(call.billed != "no" for call in record.calls):
        return "failed", _SENT
    return "cancelled", f"the process ended before it was asked for again: {last.reason}"
