"""Records that are written again into a ledger that was lost: all of them, or none."""

from collections.abc import Sequence

from musaic.ledger.calls import Calls, bound_micros
from musaic.ledger.generations import Generations
from musaic.schemas import Call, Record

# In `meta` once nothing is missing: from then on every record is written here first.
_MARK, _WHOLE = "records", "whole"


class Losses(Generations, Calls):
    """What a `Ledger` was told before it was lost."""

    def is_whole(self) -> bool:
        """Say whether records made before this file are in it, as far as they were found."""
        return self.note(_MARK) == _WHOLE

    def take_back(self, records: Sequence[Record]) -> int:
        """Write those records that are not there, with their calls, and that nothing is missing now; once.

        In one transaction: others see all of it or nothing, and a kill in the middle leaves nothing. Whoever comes
        second waits, and writes nothing.

        Args:
            records: With amounts and times that can be.

        Returns:
            How many were written.

        Raises:
            ValueError: An amount is no amount; nothing was written.
        """
        with self._transaction("power cut"):
            if self.is_whole():
                return 0
            there = "SELECT 1 FROM generations WHERE id = ?"
            missing = [record for record in records if not self._rows(there, (record.id,))]
            for record in missing:
                self._take_back(record)
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_MARK, _WHOLE))
        return len(missing)

    def _take_back(self, record: Record) -> None:
        self._write_begun(record.model_copy(update={"state": "open"}))
        share = _share_usd(record)
        for call in record.calls:
            bound = bound_micros(share if call.bound_usd is None else call.bound_usd)
            number = self._write_call(record.id, run=record.run, at=call.sent_at, bound=bound)
            self._write_settled(number, call, at=call.sent_at + call.seconds)
        if record.state != "open":
            self._write_ended(record, at=record.created_at + (record.seconds or 0.0))
        elif not record.calls:
            # The file is written the moment before the request is sent, and again only at the end.
            bound = bound_micros(record.cost_bound_usd)
            self._write_call(record.id, run=record.run, at=record.created_at, bound=bound)


def _share_usd(record: Record) -> float | None:
    """Return the bound of a call that does not know its own: what the others leave of the shot's; in US dollars.

    Older records have only that of the shot, which covers all its calls together.
    """
    if record.cost_bound_usd is None:
        return None
    left = record.cost_bound_usd - sum(call.cost_usd or 0.0 for call in record.calls)
    return max(0.0, left) / max(1, sum(map(_is_unconfirmed, record.calls)))


def _is_unconfirmed(call: Call) -> bool:
    return call.billed == "unknown" or (call.billed == "yes" and call.cost_usd is None)
