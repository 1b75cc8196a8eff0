"""From a shot to its record: as it begins, and as it ends."""

import secrets
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from musaic.making.attach import asset_id_of
from musaic.schemas import Finding, Generation, Plan, Record, Reference, Sent, Shot

if TYPE_CHECKING:
    from musaic.making.shots import Outcome


def begun(shot: Shot, plan: Plan, run: str, *, sent: Sequence[Sent]) -> Record:
    """Return the record of a shot before anything is sent, with its new id."""
    return Record(
        id=f"g-{secrets.token_hex(6)}",
        run=run,
        created_at=time.time(),
        prompt=plan.prompt,
        sent_prompt=shot.prompt,
        recipe=plan.recipe,
        engine=plan.engine,
        model=plan.model,
        ratio=shot.ratio,
        size=shot.size,
        values=shot.values,
        variant=shot.variant,
        parent=plan.parent,
        references=plan.references,
        sent=tuple(sent),
        cost_bound_usd=shot.cost_bound_usd,
    )


def ended(record: Record, outcome: "Outcome", *, seconds: float) -> Record:
    """Return a record with how it ended."""
    changes: dict[str, object] = {
        "state": outcome.state,
        "reason": outcome.reason,
        "calls": tuple(outcome.calls),
        "cost_usd": outcome.cost_usd,
        "seconds": round(seconds, 3),
        "findings": (*(outcome.kept.examined.findings if outcome.kept else ()), *outcome.notes),
    }
    if outcome.answer is not None:
        changes["model_version"] = outcome.answer.model_version
        changes["text"] = getattr(outcome.answer, "text", None) or None
    if outcome.kept is not None:
        examined = outcome.kept.examined
        changes |= {"mime": examined.mime, "width": examined.width, "height": examined.height}
    if outcome.kept is not None and outcome.state == "picture":
        changes |= {"path": str(outcome.kept.path), "asset_id": asset_id_of(outcome.kept.content)}
    return record.model_copy(update=changes)


def with_note(record: Record, message: str) -> Record:
    """Return a record with one more finding, which is about what came after the picture."""
    finding = Finding(check="saving", severity="warning", message=message)
    return record.model_copy(update={"findings": (*record.findings, finding)})


def as_reference(lead: Record, *, number: int) -> Reference:
    """Return a picture just made, as a reference for another ratio of it."""
    assert lead.path is not None
    assert lead.asset_id is not None
    return Reference(number=number, asset_id=lead.asset_id, path=lead.path, role="base")


def generation_of(record: Record, path: str | None = None) -> Generation:
    """Return what is printed of a record."""
    return Generation(
        id=record.id,
        path=path or record.path,
        state="failed" if record.state == "open" else record.state,
        reason=record.reason,
        engine=record.engine,
        model=record.model,
        references=record.references,
        findings=record.findings,
        cost_usd=record.cost_usd,
        seconds=round(record.seconds or 0.0, 3),
    )
