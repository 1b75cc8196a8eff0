"""What a process left behind that was killed: ended honestly, and its pictures saved."""

import contextlib
from pathlib import Path
from typing import cast, get_args

from musaic.errors import LibraryError
from musaic.ledger import Ledger
from musaic.lineage import abandoned, end_abandoned, take_back
from musaic.making.attach import asset_id_of
from musaic.making.save import exported, folder_of, note_down, noted_down
from musaic.schemas import Record, State
from musaic.verify import examine

_SENT = "the process ended while waiting for the answer; it may have been billed"
_UNSENT = "the process ended before it was asked for"


def recover(library: Path, ledger: Ledger) -> list[Record]:
    """End the generations of dead processes; return their records, with pictures where they had come.

    Raises:
        LibraryError: The ledger cannot be written.
    """
    records = [_ended(library, record) for record in abandoned(ledger, library)]
    for record in records:
        end_abandoned(ledger, record)
        # The ledger has it all; the sidecar is for people.
        with contextlib.suppress(LibraryError):
            note_down(record, library)
    return records


def _ended(library: Path, begun: Record) -> Record:
    record = noted_down(begun, library)
    known = [call.cost_usd for call in record.calls if call.cost_usd is not None]
    record = record.model_copy(update={"cost_usd": round(sum(known), 6) if known else None})
    pictured = _pictured(library, record)
    if pictured is not None:
        return exported(pictured, library, None)
    state, reason = _without_picture(record)
    return record.model_copy(update={"state": state, "reason": reason})


def _pictured(library: Path, record: Record) -> Record | None:
    """Return a record with the picture that had come; None where none is on disk."""
    path = next(folder_of(library, record.id).glob("picture.*"), None)
    try:
        content = path.read_bytes() if path is not None else b""
    except OSError:
        return None
    examined = examine(content, ratio=record.ratio, references=())
    if path is None or examined.state != "picture":
        return None
    return record.model_copy(
        update={
            "state": "picture",
            "path": str(path),
            "asset_id": asset_id_of(content),
            "findings": examined.findings,
            "mime": examined.mime,
            "width": examined.width,
            "height": examined.height,
        }
    )


def _without_picture(record: Record) -> tuple[State, str]:
    if not record.calls:
        return "cancelled", _UNSENT
    last = record.calls[-1]
    if last.billed == "yes" and last.outcome in get_args(State) and last.outcome != "picture":
        return cast("State", last.outcome), last.reason or ""
    if any(call.billed != "no" for call in record.calls):
        return "failed", _SENT
    return "cancelled", f"the process ended before it was asked for again: {last.reason}"


def restore(library: Path, ledger: Ledger) -> int:
    """Read records back from their sidecars into a ledger that has none, because it was lost; return how many.

    A sidecar that cannot be read is passed over, and so is one that is no record of its own folder.
    """
    if ledger.recent(1):
        return 0
    records = [record for path in (library / "outputs").glob("g-*/record.json") if (record := _sidecar(path))]
    for record in sorted(records, key=lambda record: record.created_at):
        take_back(ledger, record)
    return len(records)


def _sidecar(path: Path) -> Record | None:
    try:
        record = Record.model_validate_json(path.read_bytes())
    except (OSError, ValueError):
        return None
    return record if record.id == path.parent.name else None
