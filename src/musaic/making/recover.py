"""What a process left behind that was killed: ended honestly, and its pictures saved."""

from pathlib import Path

from musaic.ledger import Ledger
from musaic.lineage import abandoned, end_abandoned
from musaic.making.attach import asset_id_of
from musaic.making.save import folder_of, note_down
from musaic.schemas import Record
from musaic.verify import examine

_SENT = "the process ended while waiting for the answer; it may have been billed"
_UNSENT = "the process ended before it was asked for"


def recover(library: Path, ledger: Ledger) -> list[Record]:
    """End the generations of dead processes; return their records, with pictures where they had come."""
    records = [_ended(library, record) for record in abandoned(ledger, library)]
    for record in records:
        end_abandoned(ledger, record)
        if record.asset_id is not None:
            ledger.wait_to_encode(record.asset_id, record.id)
        note_down(record, library)
    return records


def _ended(library: Path, record: Record) -> Record:
    known = [call.cost_usd for call in record.calls if call.cost_usd is not None]
    cost = round(sum(known), 6) if known else None
    path = next(folder_of(library, record.id).glob("picture.*"), None)
    content = path.read_bytes() if path is not None else b""
    examined = examine(content, ratio=record.ratio, references=()) if path is not None else None
    if path is None or examined is None or examined.state != "picture":
        state, reason = ("failed", _SENT) if record.calls else ("cancelled", _UNSENT)
        return record.model_copy(update={"state": state, "reason": reason, "cost_usd": cost})
    return record.model_copy(
        update={
            "state": "picture",
            "path": str(path),
            "asset_id": asset_id_of(content),
            "findings": examined.findings,
            "mime": examined.mime,
            "width": examined.width,
            "height": examined.height,
            "cost_usd": cost,
        }
    )
