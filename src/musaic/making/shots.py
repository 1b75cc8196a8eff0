"""One shot: asked for, asked again where that is free or covered, checked, kept, settled."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from musaic import plan as money
from musaic.errors import (
    BudgetError,
    EngineAuthError,
    EngineError,
    EngineQuotaError,
    EngineSetupError,
    MusaicError,
)
from musaic.generate.base import (
    Answer,
    Blocked,
    Generator,
    Malformed,
    NoPicture,
    Pictured,
    Request,
)
from musaic.lineage import Run
from musaic.making.arrived import Kept, keep, keep_body
from musaic.making.brake import Brake
from musaic.making.loop import whole
from musaic.making.records import plain
from musaic.making.save import folder_of
from musaic.schemas import Call, Finding, ImageModel, Record, Shot, State, Usage

# Waits between attempts when the service does not say: seconds, doubled each time, with jitter.
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0
# A service that asks for longer is as good as down.
_MOST_PATIENCE_S = 120.0
_TINY = 1e-9
_ABSURD = "the service reports tokens that one call cannot have used, so its cost is unknown and counts with its bound"


@dataclass(frozen=True, slots=True)
class Limits:
    """How a run may behave.

    Attributes:
        concurrency: Most calls at a time.
        attempts: Most requests for one picture that were not billed.
        ask_again: Whether an answer without a picture is asked for once more, inside the cost bound.
        run_usd: Most that the run may cost; None for no limit.
        month_usd: The same of the library's calendar month.
    """

    concurrency: int = 4
    attempts: int = 4
    ask_again: bool = True
    run_usd: float | None = None
    month_usd: float | None = None


@dataclass(slots=True)
class Outcome:
    """How a shot ended.

    Attributes:
        state: Its state; `failed` until something better is known.
        reason: Why there is no picture.
        answer: Of the last call; None where it brought none.
        kept: What of it is on disk.
        calls: All of them, in order.
        notes: What there is to say besides what the checks found in the picture.
    """

    state: State
    reason: str | None = None
    answer: Answer | None = None
    kept: Kept | None = None
    calls: list[Call] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)

    @property
    def cost_usd(self) -> float | None:
        """What the service reported in all; None where nothing is known."""
        known = [call.cost_usd for call in self.calls if call.cost_usd is not None]
        return round(sum(known), 6) if known else None

    def fail(self, state: State, reason: str) -> None:
        """Say why there is no picture."""
        self.state, self.reason = state, reason


class Asker:
    """Asks an engine for the pictures of one run.

    Args:
        library: The library folder.
        run: Reserves and settles money.
        engine: What makes the pictures.
        model: Its prices and limits.
        limits: How it may behave.
        brake: Ends it between two requests.
    """

    def __init__(
        self, library: Path, *, run: Run, engine: Generator, model: ImageModel, limits: Limits, brake: Brake
    ) -> None:
        self._library, self._run, self._engine = library, run, engine
        self._model, self._limits, self._brake = model, limits, brake

    async def ask(
        self, record: Record, shot: Shot, request: Request, *, bound_usd: float | None, outcome: Outcome
    ) -> None:
        """Ask for one picture until there is an answer that stands.

        Args:
            record: Begun already.
            shot: Its own cost bound covers one more call after an answer without a picture.
            request: What is sent, each time the same.
            bound_usd: Most that one call may cost; None where the price is unknown.
            outcome: Takes what happens, call by call, also when this is cut off.

        Raises:
            LibraryError: The ledger cannot be written; nothing was sent.
        """
        while True:
            try:
                await self._call(record, request, bound_usd, outcome)
            except EngineError as exc:
                if not await self._may_try_later(exc, outcome):
                    return
            except BudgetError as exc:
                if outcome.answer is None:
                    outcome.fail("failed", str(exc))
                return
            else:
                if not self._may_ask_again(outcome, shot, bound_usd):
                    return

    async def _may_try_later(self, exc: EngineError, outcome: Outcome) -> bool:
        """Wait as long as it takes, or say in the outcome why not."""
        calls = len(outcome.calls)
        outcome.fail("failed", str(exc) if calls < 2 else f"{exc} ({calls} attempts)")
        if isinstance(exc, EngineAuthError | EngineSetupError) or (
            isinstance(exc, EngineQuotaError) and not exc.retryable
        ):
            # The other pictures would be refused in the same words.
            self._brake.pull(str(exc))
        wait_s = self._wait_s(exc, sum(call.billed == "no" for call in outcome.calls))
        if wait_s is None:
            return False
        await self._brake.wait(wait_s)
        if self._brake.interrupted:
            outcome.fail("cancelled", f"interrupted before it was asked for again: {exc}")
        return not self._brake.on

    def _wait_s(self, exc: EngineError, attempts: int) -> float | None:
        """Return how long to wait before the next attempt; None where there is to be none."""
        if not exc.retryable or exc.billed != "no" or attempts >= self._limits.attempts:
            return None
        if exc.wait_s is not None:
            # A little later than asked, so that concurrent shots do not all come back at once.
            return None if exc.wait_s > _MOST_PATIENCE_S else exc.wait_s * random.uniform(1.0, 1.2)  # noqa: S311
        longest = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * float(2 ** (attempts - 1)))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311

    def _may_ask_again(self, outcome: Outcome, shot: Shot, bound_usd: float | None) -> bool:
        billed = [call for call in outcome.calls if call.billed != "no"]
        if outcome.state != "no_picture" or not self._limits.ask_again or len(billed) > 1 or self._brake.on:
            return False
        if outcome.kept is not None or shot.cost_bound_usd is None or bound_usd is None:
            return False
        spent = outcome.cost_usd
        return spent is not None and spent + bound_usd <= shot.cost_bound_usd + _TINY

    async def _call(
        self, record: Record, request: Request, bound_usd: float | None, outcome: Outcome
    ) -> None:
        number = self._run.reserve(
            record.id,
            bound_usd=bound_usd,
            run_limit_usd=self._limits.run_usd,
            month_limit_usd=self._limits.month_usd,
        )
        clock = _Clock(bound_usd)
        outcome.answer = None
        try:
            answer = await self._engine.generate(request)
        except EngineError as exc:
            # In the error itself: its words go into the call, the record and on the screen.
            exc.args = (str(exc) + self._body_kept(record, exc.came, outcome),)
            self._settle(number, clock.call(type(exc).__name__, str(exc), billed=exc.billed), outcome)
            raise
        except BaseException as exc:
            # Cancelled, or a bug: nobody knows how far the request got, so it may have been billed.
            reason = "interrupted" if isinstance(exc, asyncio.CancelledError) else str(exc)
            self._settle(number, clock.call(type(exc).__name__, reason, billed="unknown"), outcome)
            if not isinstance(exc, Exception):
                raise
            raise self._bug(exc) from exc
        # It is paid for: an interrupt waits until it is on disk and in the ledger.
        await whole(self._take(number, clock, record, request, bound_usd, answer, outcome))

    def _bug(self, exc: Exception) -> EngineError:
        name = self._engine.name
        return EngineError(
            f"the {name} engine failed in a way that it should not ({type(exc).__name__}: {exc})",
            engine=name,
            billed="unknown",
        )

    async def _take(
        self,
        number: int,
        clock: "_Clock",
        record: Record,
        request: Request,
        bound_usd: float | None,
        answer: Answer,
        outcome: Outcome,
    ) -> None:
        """Judge an answer; a picture is on disk before its call is settled."""
        outcome.answer, outcome.kept = answer, None
        try:
            if isinstance(answer, Pictured):
                await self._keep(record, request, answer, outcome)
            else:
                outcome.fail(*_judged(answer))
            kept = self._body_kept(record, answer.came, outcome)
            if isinstance(answer, Malformed):
                outcome.fail("malformed", answer.reason + kept)
            cost = self._cost_usd(answer.usage, request.size, bound_usd, outcome)
            # What is made on this machine is billed by nobody.
            billed: Literal["yes", "no"] = "no" if self._model.call_usd == 0 else "yes"
            call = clock.call(outcome.state, outcome.reason, billed=billed, usage=answer.usage, cost_usd=cost)
        except Exception as exc:
            # No answer as it should be, but one that came: it counts with its bound.
            self._not_understood(exc, outcome)
            call = clock.call(outcome.state, outcome.reason, billed="yes")
        self._settle(number, call, outcome)

    def _not_understood(self, exc: Exception, outcome: Outcome) -> None:
        why = f"the {self._engine.name} engine's answer is not what it should be ({_said(exc)})"
        if outcome.state == "picture":
            outcome.notes.append(Finding(check="usage", severity="warning", message=plain(why)))
        else:
            outcome.fail("malformed", why)

    def _cost_usd(
        self, usage: Usage | None, size: str, bound_usd: float | None, outcome: Outcome
    ) -> float | None:
        """Return what a call cost; unknown, and said to be, where the report cannot be true."""
        cost = money.cost_usd(self._model, usage, size=size, bound_usd=bound_usd)
        if (
            cost is None
            and usage is not None
            and (not money.is_plausible(usage) or money.cost_usd(self._model, usage, size=size) is not None)
        ):
            outcome.notes.append(Finding(check="usage", severity="warning", message=_ABSURD))
        return cost

    async def _keep(self, record: Record, request: Request, answer: Pictured, outcome: Outcome) -> None:
        try:
            kept = await asyncio.to_thread(keep, self._library, record, answer, sent=request.attachments)
        except Exception as exc:
            why = _said(exc)
            folder = folder_of(self._library, record.id)
            raw = f"; its bytes lie in {folder}" if any(folder.glob("answer-*.bin")) else ""
            outcome.fail("failed", f"a picture came and could not be kept: {why}{raw}")
            # Nothing more is paid for that cannot be kept.
            self._brake.pull(why)
            return
        outcome.kept, outcome.state, outcome.reason = kept, kept.examined.state, kept.examined.reason

    def _body_kept(self, record: Record, came: bytes, outcome: Outcome) -> str:
        """Keep an answer that could not all be read, and note where; return what to add to a sentence."""
        if not came:
            return ""
        try:
            path = keep_body(self._library, record, came)
        except Exception as exc:
            self._brake.pull(_said(exc))
            return f"; and what came could not be kept: {_said(exc)}"
        message = f"what came is kept as it came, in {path}"
        outcome.notes.append(Finding(check="answer", severity="note", message=plain(message)))
        return "; what came is kept beside its record"

    def _settle(self, number: int, call: Call, outcome: Outcome) -> None:
        outcome.calls.append(call)
        try:
            self._run.settle(number, call)
        except Exception as exc:
            # The next command counts it as possibly billed; what came is not lost over this.
            self._brake.pull(_said(exc))


class _Clock:
    def __init__(self, bound_usd: float | None) -> None:
        self._at, self._started, self._bound_usd = time.time(), time.monotonic(), bound_usd

    def call(
        self,
        outcome: str,
        reason: str | None,
        *,
        billed: str,
        usage: Usage | None = None,
        cost_usd: float | None = None,
    ) -> Call:
        return Call.model_validate(
            {
                "sent_at": self._at,
                "seconds": round(time.monotonic() - self._started, 3),
                "outcome": outcome,
                "reason": None if reason is None else plain(reason),
                "usage": usage,
                "bound_usd": self._bound_usd,
                "cost_usd": cost_usd,
                "billed": billed,
            }
        )


def _said(exc: Exception) -> str:
    return str(exc) if isinstance(exc, MusaicError) else f"{type(exc).__name__}: {exc}"


def _judged(answer: Blocked | NoPicture | Malformed) -> tuple[State, str]:
    if isinstance(answer, Blocked):
        return ("prompt_blocked" if answer.what == "prompt" else "output_blocked"), answer.reason
    return ("no_picture" if isinstance(answer, NoPicture) else "malformed"), answer.reason
