"""A plan's shots, several at a time: begun, asked for, kept, recorded, also when interrupted."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

from pydantic import JsonValue

from musaic import plan as money
from musaic.errors import BudgetError, ExportError, LibraryError, MediaError, MusaicError, PlanError
from musaic.generate.base import Attachment, Generator, Request
from musaic.ledger import Ledger
from musaic.lineage import Run, open_run
from musaic.making.attach import attach, sent_of
from musaic.making.blobs import pictures_in, words_in
from musaic.making.brake import Brake
from musaic.making.loop import Loop, together, whole
from musaic.making.records import as_reference, begun, ended, generation_of, with_note
from musaic.making.save import Signer, check_out, exported, hand_out, note_down
from musaic.making.shots import Asker, Limits, Outcome
from musaic.schemas import Generation, ImageModel, Plan, Record, Sent, Shot

_UNSENT = "interrupted before it was asked for"
_IN_FLIGHT = "interrupted while waiting for the answer; it may have been billed"


class Making:
    """Makes the pictures of one plan.

    Args:
        library: The library folder.
        ledger: Open.
        engine: What makes them; closed at the end.
        model: Its prices and limits.
        limits: How the run may behave.
        turns: Conversation to go on from; then the references are in it and are not sent again.
        earlier: The pictures in that conversation.
        stop: Set from outside: what was sent is waited for, the rest is cancelled.
        out: Where copies go; None for nowhere.
        signer: Signs copies with content credentials.
        on_done: Told of each picture as it ends.
    """

    def __init__(
        self,
        library: Path,
        *,
        ledger: Ledger,
        engine: Generator,
        model: ImageModel,
        limits: Limits,
        turns: Sequence[JsonValue] = (),
        earlier: Sequence[Sent] = (),
        stop: threading.Event | None = None,
        out: Path | None = None,
        signer: Signer | None = None,
        on_done: Callable[[Generation], None] | None = None,
    ) -> None:
        self._library, self._ledger, self._engine, self._model = library, ledger, engine, model
        self._limits, self._turns, self._out = limits, tuple(turns), out
        self._earlier, self._signer = tuple(earlier), signer
        self._stop = stop or threading.Event()
        self._brake = Brake(self._stop)
        self._on_done = on_done or (lambda _: None)
        self._trouble: Exception | None = None
        self._sent: tuple[Attachment, ...] = ()
        self._done: dict[int, Generation] = {}

    def run(self, plan: Plan) -> list[Generation]:
        """Return what came of each shot, in the plan's order.

        Raises:
            BudgetError: The plan could cost more than the run's limit, or than is left of the month's.
            ExportError: The folder for copies cannot be written; nothing was sent.
            PlanError: A reference is gone.
            MediaError: A reference cannot be read.
            LibraryError: The library folder cannot be written; nothing was sent.
            KeyboardInterrupt: One came; calls in flight were abandoned, and everything is recorded.
            Exception: What `on_done` raised; nothing more was sent after it, and everything is recorded.
        """
        self._check(plan)
        # With a conversation to go on from, the references are in it already.
        if not self._turns:
            self._sent = attach(plan.references, model=self._model, folder=self._library)
        with open_run(self._ledger, self._library) as run:
            Loop(self._stop).run(self._all(plan, run))
        if self._trouble is not None:
            raise self._trouble
        return [self._done[number] for number in sorted(self._done)]

    def _check(self, plan: Plan) -> None:
        """Refuse beforehand what could go beyond a limit on the way; the ledger watches each call besides."""
        bound = plan.cost_bound_usd or 0.0
        month_usd = self._ledger.spent_in_month()
        limits = (
            ("max_cost_usd", self._limits.run_usd, 0.0),
            ("monthly budget", self._limits.month_usd, month_usd),
        )
        for name, limit, spent in limits:
            if limit is not None and bound and round(spent + bound, 6) > limit:
                raise BudgetError(limit=name, limit_usd=limit, spent_usd=spent, bound_usd=bound)
        if self._out is not None:
            check_out(self._out)

    async def _all(self, plan: Plan, run: Run) -> None:
        sent = self._all_sent(self._sent)
        records = {shot.number: begun(shot, plan, run.id, sent=sent) for shot in plan.shots}
        for record in records.values():
            run.begin(record)
        asker = Asker(
            self._library,
            run=run,
            engine=self._engine,
            model=self._model,
            limits=self._limits,
            brake=self._brake,
        )
        work = _Work(self, run, asker, records)
        try:
            pictures = groupby(plan.shots, key=lambda shot: shot.picture)
            await together(*(work.picture(list(shots)) for _, shots in pictures))
        finally:
            # An interrupt before a shot's own task began leaves it to be ended here.
            for shot in plan.shots:
                if shot.number not in self._done:
                    work.cut_off(shot)
            with contextlib.suppress(Exception):  # the pictures are there; a connection may end as it likes
                await self._engine.aclose()

    # --- for the work on one shot -------------------------------------------------------------------
    @property
    def brake(self) -> Brake:
        """Says when nothing more is to be sent."""
        return self._brake

    def prepared(
        self, record: Record, shot: Shot, lead: Record | None
    ) -> tuple[Record, Request, float | None]:
        """Return the record of a shot as it is sent, the request, and what one call may cost.

        Args:
            record: As it was begun.
            shot: What is asked for.
            lead: A picture of another ratio that it is to follow.

        Raises:
            LibraryError: The sidecar cannot be written, and so no picture could be.
        """
        sent, prompt = self._sent, shot.prompt
        if lead is not None and shot.follow_prompt is not None:
            reference = as_reference(lead, number=len(record.references) + 1)
            # Without the picture it is to follow, it is a picture of its own.
            with contextlib.suppress(MediaError, PlanError):
                (extra,) = attach([reference], model=self._model, folder=self._library)
                sent, prompt = (*sent, extra), shot.follow_prompt
                record = record.model_copy(update={"references": (*record.references, reference)})
        record = record.model_copy(update={"sent_prompt": prompt, "sent": self._all_sent(sent)})
        # What is known only now survives a kill too.
        note_down(record, self._library)
        request = Request(
            model=self._model.id,
            prompt=prompt,
            attachments=sent,
            ratio=shot.ratio,
            size=shot.size,
            turns=self._turns,
            most_output_tokens=money.most_output_tokens(self._model, shot.size),
            # The words of a grid differ too: an engine without chance gives each of them another layout.
            variant=shot.picture,
            caption=", ".join([record.prompt, *record.values.values()]),
        )
        return record, request, self._call_bound(request)

    def _all_sent(self, attachments: Sequence[Attachment]) -> tuple[Sent, ...]:
        return (*self._earlier, *(sent_of(each) for each in attachments))

    def _call_bound(self, request: Request) -> float | None:
        return money.call_bound_usd(
            self._model,
            prompt_bytes=len(request.prompt.encode()) + words_in(request.turns),
            pictures=len(request.attachments) + pictures_in(request.turns),
            size=request.size,
        )

    def finished(self, record: Record) -> tuple[Record, str | None]:
        """Write the copies of a picture; return the record, and where the copy is that the user asked for."""
        record = exported(record, self._library, self._signer)
        if self._out is None or record.state != "picture":
            return record, record.path
        try:
            return record, str(hand_out(record, self._out))
        except ExportError as exc:
            return with_note(record, str(exc)), record.path

    def note_down(self, record: Record) -> None:
        """Write the sidecar."""
        note_down(record, self._library)

    def tell(self, shot: Shot, record: Record, path: str | None) -> None:
        """Pass the recorded end of a shot on."""
        self._done[shot.number] = generation_of(record, path)
        try:
            self._on_done(self._done[shot.number])
        except Exception as exc:
            # Nobody is left to make pictures for; those that were sent for are still kept.
            self._trouble = self._trouble or exc
            self._brake.pull(f"the pictures before it could not be passed on ({exc})")


class _Work:
    """Works on the shots of a plan; those of one picture follow the first that comes."""

    def __init__(self, making: Making, run: Run, asker: Asker, records: dict[int, Record]) -> None:
        self._making, self._run, self._asker, self._records = making, run, asker, records
        self._outcomes: dict[int, Outcome] = {}
        self._gate = asyncio.Semaphore(making._limits.concurrency)

    async def picture(self, shots: list[Shot]) -> None:
        """Make the shots of one picture: until one has come each leads, then the rest follow it."""
        left = list(shots)
        lead: Record | None = None
        while left and lead is None:
            record = await self._shot(left.pop(0), None)
            lead = record if record.state == "picture" else None
        await together(*(self._shot(shot, lead) for shot in left))

    async def _shot(self, shot: Shot, lead: Record | None) -> Record:
        """Make one picture; raises nothing but its own cancelling, since its siblings go on."""
        record, outcome = self._records[shot.number], Outcome("cancelled", _UNSENT)
        self._outcomes[shot.number] = outcome
        brake, started = self._making.brake, time.monotonic()
        try:
            async with self._gate:
                started = time.monotonic()
                if brake.on:
                    outcome.fail("cancelled" if brake.interrupted else "failed", brake.why)
                else:
                    preparing = asyncio.to_thread(self._making.prepared, record, shot, lead)
                    record, request, bound = await whole(preparing)
                    self._records[shot.number] = record
                    await self._asker.ask(record, shot, request, bound_usd=bound, outcome=outcome)
        except asyncio.CancelledError:
            _cut_off(outcome)
            self.end(shot, record, outcome, seconds=time.monotonic() - started)
            raise
        except Exception as exc:
            if isinstance(exc, LibraryError):
                brake.pull(str(exc))
            if outcome.state != "picture":
                outcome.fail("failed", _said(exc))
        return self.end(shot, record, outcome, seconds=time.monotonic() - started)

    def end(self, shot: Shot, record: Record, outcome: Outcome, *, seconds: float) -> Record:
        """Record how a shot ended, with its sidecar and the copy to hand on; raises nothing."""
        record, path = self._finished(ended(record, outcome, seconds=seconds))
        # The ledger last: an end that is in it is looked at by nobody again, and its sidecar would stay open.
        for write in (self._making.note_down, self._run.end):
            try:
                write(record)
            except Exception as exc:
                # An end that is not in the ledger is written by the next command, from what is on disk.
                record = with_note(record, _said(exc))
                self._making.brake.pull(_said(exc))
        self._making.tell(shot, record, path)
        return record

    def _finished(self, record: Record) -> tuple[Record, str | None]:
        try:
            return self._making.finished(record)
        except Exception as exc:
            return with_note(record, f"no copy to hand on could be written: {_said(exc)}"), record.path

    def cut_off(self, shot: Shot) -> None:
        """Record the end of a shot that did not come to it by itself, with the calls it had made."""
        outcome = self._outcomes.get(shot.number) or Outcome("cancelled", _UNSENT)
        _cut_off(outcome)
        self.end(shot, self._records[shot.number], outcome, seconds=0.0)


def _said(exc: Exception) -> str:
    return str(exc) if isinstance(exc, MusaicError) else f"{type(exc).__name__}: {exc}"


def _cut_off(outcome: Outcome) -> None:
    """Say how a shot ended that was cancelled; an answer that came just before stands."""
    if outcome.answer is None:
        billed = any(call.billed != "no" for call in outcome.calls)
        outcome.fail("cancelled", _IN_FLIGHT if billed else _UNSENT)
