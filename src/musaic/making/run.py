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
from musaic.errors import BudgetError, LibraryError, MediaError, MusaicError, PlanError
from musaic.generate.base import Attachment, Generator, Request
from musaic.ledger import Ledger
from musaic.lineage import Run, open_run
from musaic.making.attach import attach, sent_of
from musaic.making.blobs import pictures_in, words_in
from musaic.making.loop import Loop
from musaic.making.records import as_reference, begun, ended, generation_of, with_note
from musaic.making.save import Signer, export, hand_out, note_down
from musaic.making.shots import Asker, Limits, Outcome
from musaic.schemas import Generation, ImageModel, Plan, Record, Shot

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
        stop: threading.Event | None = None,
        out: Path | None = None,
        signer: Signer | None = None,
        on_done: Callable[[Generation], None] | None = None,
    ) -> None:
        self._library, self._ledger, self._engine, self._model = library, ledger, engine, model
        self._limits, self._turns, self._out = limits, tuple(turns), out
        self._signer = signer
        self._stop = stop or threading.Event()
        self._on_done = on_done or (lambda _: None)
        self._sent: tuple[Attachment, ...] = ()
        self._done: dict[int, Generation] = {}

    def run(self, plan: Plan) -> list[Generation]:
        """Return what came of each shot, in the plan's order.

        Raises:
            BudgetError: The plan could cost more than the run's limit.
            PlanError: A reference is gone.
            MediaError: A reference cannot be read.
            KeyboardInterrupt: One came; calls in flight were abandoned, and everything is recorded.
        """
        self._check(plan)
        # With a conversation to go on from, the references are in it already.
        if not self._turns:
            self._sent = attach(plan.references, model=self._model, folder=self._library)
        with open_run(self._ledger, self._library) as run:
            Loop(self._stop).run(self._all(plan, run))
        return [self._done[number] for number in sorted(self._done)]

    def _check(self, plan: Plan) -> None:
        limit, bound = self._limits.run_usd, plan.cost_bound_usd or 0.0
        if limit is not None and bound > limit:
            raise BudgetError(limit="--max-cost", limit_usd=limit, spent_usd=0.0, bound_usd=bound)

    async def _all(self, plan: Plan, run: Run) -> None:
        records = {shot.number: begun(shot, plan, run.id) for shot in plan.shots}
        for record in records.values():
            run.begin(record)
        asker = Asker(self._library, run=run, engine=self._engine, model=self._model, limits=self._limits)
        work = _Work(self, run, asker, records)
        try:
            pictures = groupby(plan.shots, key=lambda shot: shot.picture)
            await asyncio.gather(*(work.picture(list(shots)) for _, shots in pictures))
        finally:
            # An interrupt before a shot's own task began leaves it to be ended here.
            for shot in plan.shots:
                if shot.number not in self._done:
                    work.end(shot, records[shot.number], Outcome("cancelled", _UNSENT), seconds=0.0)
            await self._engine.aclose()

    # --- for the work on one shot -------------------------------------------------------------------
    @property
    def stopped(self) -> bool:
        """Whether nothing more is to be sent."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Send nothing more."""
        self._stop.set()

    def prepared(
        self, record: Record, shot: Shot, lead: Record | None
    ) -> tuple[Record, Request, float | None]:
        """Return the record of a shot as it is sent, the request, and what one call may cost.

        Args:
            record: As it was begun.
            shot: What is asked for.
            lead: A picture of another ratio that it is to follow.
        """
        sent, prompt = self._sent, shot.prompt
        if lead is not None and shot.follow_prompt is not None:
            reference = as_reference(lead, number=len(record.references) + 1)
            # Without the picture it is to follow, it is a picture of its own.
            with contextlib.suppress(MediaError, PlanError):
                (extra,) = attach([reference], model=self._model, folder=self._library)
                sent, prompt = (*sent, extra), shot.follow_prompt
                record = record.model_copy(update={"references": (*record.references, reference)})
        seen = tuple(sent_of(each) for each in sent)
        record = record.model_copy(update={"sent_prompt": prompt, "sent": seen})
        request = Request(
            model=self._model.id,
            prompt=prompt,
            attachments=sent,
            ratio=shot.ratio,
            size=shot.size,
            turns=self._turns,
            most_output_tokens=money.most_output_tokens(self._model, shot.size),
            variant=shot.variant,
            caption=", ".join([record.prompt, *record.values.values()]),
        )
        return record, request, self._call_bound(request)

    def _call_bound(self, request: Request) -> float | None:
        return money.call_bound_usd(
            self._model,
            prompt_bytes=len(request.prompt.encode()) + words_in(request.turns),
            pictures=len(request.attachments) + pictures_in(request.turns),
            size=request.size,
        )

    def finish(self, shot: Shot, record: Record) -> None:
        """Take the recorded end of a shot: pass it on, and hand its picture out."""
        path = record.path
        if self._out is not None and record.state == "picture":
            path = str(hand_out(record, self._out))
        if record.asset_id is not None:
            self._ledger.wait_to_encode(record.asset_id, record.id)
        self._done[shot.number] = generation_of(record, path)
        self._on_done(self._done[shot.number])

    def exported(self, record: Record) -> Path | None:
        """Write the copy to hand on; None without a picture."""
        return export(record, self._library, sent=self._sent, signer=self._signer)

    def noted(self, record: Record) -> None:
        """Write the sidecar."""
        note_down(record, self._library)


class _Work:
    """Works on the shots of a plan; those of one picture follow the first that comes."""

    def __init__(self, making: Making, run: Run, asker: Asker, records: dict[int, Record]) -> None:
        self._making, self._run, self._asker, self._records = making, run, asker, records
        self._gate = asyncio.Semaphore(making._limits.concurrency)

    async def picture(self, shots: list[Shot]) -> None:
        """Make the shots of one picture: until one has come each leads, then the rest follow it."""
        left = list(shots)
        lead: Record | None = None
        while left and lead is None:
            record = await self._shot(left.pop(0), None)
            lead = record if record.state == "picture" else None
        await asyncio.gather(*(self._shot(shot, lead) for shot in left))

    async def _shot(self, shot: Shot, lead: Record | None) -> Record:
        record, outcome = self._records[shot.number], Outcome("cancelled", _UNSENT)
        started = time.monotonic()
        try:
            async with self._gate:
                if self._making.stopped:
                    return self.end(shot, record, outcome, seconds=0.0)
                started = time.monotonic()
                record, request, bound = await asyncio.to_thread(self._making.prepared, record, shot, lead)
                outcome = Outcome("failed")
                await self._asker.ask(record, shot, request, bound_usd=bound, outcome=outcome)
        except asyncio.CancelledError:
            outcome.state, outcome.reason = "cancelled", _IN_FLIGHT if outcome.calls else _UNSENT
            self.end(shot, record, outcome, seconds=time.monotonic() - started)
            raise
        except MusaicError as exc:
            if isinstance(exc, LibraryError):
                self._making.stop()  # nothing more can be kept, so nothing more is paid for
            outcome.state, outcome.reason = "failed", str(exc)
        return self.end(shot, record, outcome, seconds=time.monotonic() - started)

    def end(self, shot: Shot, record: Record, outcome: Outcome, *, seconds: float) -> Record:
        """Record how a shot ended, with its sidecar and the copy to hand on."""
        record = ended(record, outcome, seconds=seconds)
        try:
            exported = self._making.exported(record)
            record = record.model_copy(update={"export_path": str(exported) if exported else None})
        except MusaicError as exc:
            record = with_note(record, f"no copy with its marks could be written: {exc}")
        self._run.end(record)
        try:
            self._making.noted(record)
            self._making.finish(shot, record)
        except MusaicError as exc:
            self._making.finish(shot, with_note(record, str(exc)))
        return record
