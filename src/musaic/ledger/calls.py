"""What was sent, what it may cost, and what it did cost. Inside, amounts are whole millionths of a dollar.

What is spent is the sum over all calls: of what the service reported; of nothing for a call that was
not billed; and of its bound for one whose answer is out, or was lost.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Literal

from musaic.errors import BudgetError
from musaic.ledger.database import Database, Value
from musaic.schemas import Call, CostLine

Heading = Literal["day", "model", "recipe"]

_KNOWN = "billed = 'yes' AND cost IS NOT NULL"
_REPORTED = f"CASE WHEN {_KNOWN} THEN cost ELSE 0 END"
_UNCONFIRMED = f"CASE WHEN billed = 'no' OR ({_KNOWN}) THEN 0 ELSE coalesce(bound, 0) END"
_UNPRICED = f"CASE WHEN billed = 'no' OR ({_KNOWN}) OR bound IS NOT NULL THEN 0 ELSE 1 END"
_ALL = "calls LEFT JOIN settlements ON call = seq"

# By heading: of a call, and of a picture.
_HEADINGS = {
    "day": ("date(calls.at, 'unixepoch')", "date(created_at, 'unixepoch')"),
    "model": ("model", "model"),
    "recipe": ("recipe", "recipe"),
}
# SQLite counts to 2^63; a sum of many calls must stay below it.
_MOST_USD = 1_000_000_000


@dataclass(frozen=True, slots=True)
class CallRow:
    """A request that was, or was about to be, sent.

    Attributes:
        number: As `reserve` gave it.
        generation: What it was for.
        at: When it was reserved, in seconds since 1970.
        bound_usd: The most it can cost; None where the price is unknown.
        outcome: How it went; None while nobody knows.
    """

    number: int
    generation: str
    at: float
    bound_usd: float | None
    outcome: Call | None


class Calls(Database):
    """The calls of a `Ledger`, and the money."""

    def reserve(
        self,
        generation: str,
        *,
        run: str,
        at: float,
        bound_usd: float | None,
        run_limit_usd: float | None,
        month_limit_usd: float | None,
    ) -> int:
        """Set the most that a call can cost aside, before it is sent; return the call's number.

        Nobody else can reserve between the sum and this. Survives a power cut.

        Args:
            generation: What the call is for; begun and not ended.
            run: Whose limit counts.
            at: When, in seconds since 1970; the month is UTC's.
            bound_usd: The most it can cost. None where that is unknown and the user allowed it: no limit
                can then hold for this call, and it is in no sum until its cost is reported.
            run_limit_usd: The most that the run may cost; None: no limit.
            month_limit_usd: The most that all runs of the calendar month may cost; None: no limit.

        Raises:
            BudgetError: It could go beyond a limit; nothing was written.
            ValueError: An amount is no amount, or the generation is not open.
        """
        bound = bound_micros(bound_usd)
        open_one = """SELECT 1 FROM generations
                      WHERE id = ? AND run = ? AND id NOT IN (SELECT id FROM outcomes)"""
        with self._transaction("power cut"):
            if not self._rows(open_one, (generation, run)):
                raise ValueError(f"{generation} is not open in {run}")
            if bound:
                self._check("max_cost_usd", run_limit_usd, bound, spent=self._spent("run = ?", run))
                month = self._spent("calls.at >= ? AND calls.at < ?", *_month(at))
                self._check("monthly budget", month_limit_usd, bound, spent=month)
            return self._write_call(generation, run=run, at=at, bound=bound)

    def _write_call(self, generation: str, *, run: str, at: float, bound: int | None) -> int:
        """Write a call down, its bound in millionths of a dollar; return its number."""
        ((number,),) = self._rows("SELECT coalesce(max(seq), 0) + 1 FROM calls")
        self._db.execute("INSERT INTO calls VALUES (?, ?, ?, ?, ?)", (number, generation, run, at, bound))
        return int(number)

    def _check(self, name: str, limit_usd: float | None, bound: int, *, spent: int) -> None:
        if limit_usd is not None and spent + bound > _limit(limit_usd):
            raise BudgetError(limit=name, limit_usd=limit_usd, spent_usd=_usd(spent), bound_usd=_usd(bound))

    def settle(self, number: int, outcome: Call, *, at: float) -> bool:
        """Write down how a call went, once; return False, and write nothing, if that was known.

        A `billed` of "no" frees what was reserved, "yes" puts the cost in its place, and "unknown", or a
        cost that was not reported, leaves the bound.

        Raises:
            ValueError: There is no such call, or the cost is no amount.
        """
        with self._transaction():
            if not self._rows("SELECT 1 FROM calls WHERE seq = ?", (number,)):
                raise ValueError(f"call {number} was never reserved")
            if self._rows("SELECT 1 FROM settlements WHERE call = ?", (number,)):
                return False
            self._write_settled(number, outcome, at=at)
        return True

    def _write_settled(self, number: int, outcome: Call, *, at: float) -> None:
        cost = None if outcome.cost_usd is None else _micros(outcome.cost_usd, ROUND_HALF_EVEN)
        values = (number, at, cost, outcome.billed, outcome.model_dump_json())
        self._db.execute("INSERT INTO settlements VALUES (?, ?, ?, ?, ?)", values)

    # --- reading -------------------------------------------------------------------------------
    def calls_of(self, generation: str) -> list[CallRow]:
        """Return every call of a generation, in order."""
        return self._calls("calls.generation = ?", generation)

    def unsettled_in(self, run: str) -> list[CallRow]:
        """Return the calls of a run whose outcome nobody has written."""
        return self._calls("run = ? AND call IS NULL", run)

    def _calls(self, where: str, value: str) -> list[CallRow]:
        query = f"SELECT seq, generation, calls.at, bound, body FROM {_ALL} WHERE {where} ORDER BY seq"  # noqa: S608
        return [
            CallRow(
                number=int(number),
                generation=str(generation),
                at=float(at),
                bound_usd=None if bound is None else _usd(bound),
                outcome=None if body is None else self._parsed(Call, body, of=f"a call of {generation}"),
            )
            for number, generation, at, bound, body in self._rows(query, (value,))
        ]

    def spent_by(self, run: str) -> float:
        """Return what a run has spent or reserved, in US dollars."""
        return _usd(self._spent("run = ?", run))

    def spent_in_month(self, at: float | None = None) -> float:
        """Return what all runs have spent or reserved in the calendar month (UTC) of a time, by default now."""
        return _usd(self._spent("calls.at >= ? AND calls.at < ?", *_month(time.time() if at is None else at)))

    def spent(self) -> float:
        """Return what was ever spent or is reserved, in US dollars."""
        return _usd(self._spent("1"))

    def _spent(self, where: str, *values: Value) -> int:
        query = f"SELECT coalesce(sum({_REPORTED} + {_UNCONFIRMED}), 0) FROM {_ALL} WHERE {where}"  # noqa: S608
        ((total,),) = self._rows(query, values)
        return int(total)

    def cost_lines(self, by: Heading) -> list[CostLine]:
        """Return what was spent under each heading, headings in order; days are UTC's.

        A picture counts for the day on which it was asked for, a call for the day on which it was sent.
        """
        of_call, of_picture = _HEADINGS[by]
        # S608: all names are of our own.
        calls = f"""SELECT {of_call} AS heading, 0 AS pictures, 1 AS calls, {_REPORTED} AS reported,
                           {_UNCONFIRMED} AS unconfirmed, {_UNPRICED} AS unpriced
                    FROM {_ALL} JOIN generations ON generations.id = calls.generation"""  # noqa: S608
        pictures = f"""SELECT {of_picture}, 1, 0, 0, 0, 0
                       FROM outcomes JOIN generations USING (id) WHERE state = 'picture'"""  # noqa: S608
        query = f"""SELECT heading, sum(pictures), sum(calls), sum(reported), sum(unconfirmed),
                           sum(unpriced)
                    FROM ({calls} UNION ALL {pictures}) GROUP BY heading ORDER BY heading"""  # noqa: S608
        return [
            CostLine(
                heading=str(heading),
                pictures=int(pictured),
                calls=int(called),
                cost_usd=_usd(reported),
                unconfirmed_usd=_usd(unconfirmed),
                unpriced=int(unpriced),
            )
            for heading, pictured, called, reported, unconfirmed, unpriced in self._rows(query)
        ]


def bound_micros(usd: float | None) -> int | None:
    """Return a bound in whole millionths of a dollar, never rounded down; None where it is unknown.

    Raises:
        ValueError: It is no amount.
    """
    return None if usd is None else _micros(usd, ROUND_CEILING)


def _micros(usd: float, rounding: str) -> int:
    """Return an amount in whole millionths of a dollar.

    Example:
        >>> _micros(0.1 + 0.2, ROUND_CEILING), _micros(0.0000001, ROUND_CEILING)
        (300000, 1)
    """
    if not 0 <= usd <= _MOST_USD:
        raise ValueError(f"{usd!r} is no amount in US dollars between 0 and {_MOST_USD:,}")
    # The tail of a sum of floats is no money.
    plain = Decimal(usd).quantize(Decimal("1e-12"), ROUND_HALF_EVEN)
    return int((plain * 1_000_000).to_integral_value(rounding))


def _limit(usd: float) -> int:
    return _micros(min(usd, _MOST_USD), ROUND_FLOOR)


def _usd(micros: int) -> float:
    return round(micros / 1_000_000, 6)


def _month(at: float) -> tuple[float, float]:
    """Return the first moments of the calendar month (UTC) of a time, and of the next."""
    first = datetime.fromtimestamp(at, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return first.timestamp(), following.timestamp()
