"""From a shot to its record: as it begins, and as it ends."""

import secrets
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, JsonValue

from musaic.making.attach import asset_id_of
from musaic.schemas import Finding, Generation, Plan, Record, Reference, Sent, Shot

if TYPE_CHECKING:
    from musaic.making.arrived import Kept
    from musaic.making.shots import Outcome

_Shape = TypeVar("_Shape", bound=BaseModel)


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
    """Return a record with how it ended, its texts such that they can be written."""
    changes: dict[str, object] = {
        "state": outcome.state,
        "reason": outcome.reason,
        "calls": tuple(outcome.calls),
        "cost_usd": outcome.cost_usd,
        "seconds": round(seconds, 3),
        "findings": (*(outcome.kept.examined.findings if outcome.kept else ()), *outcome.notes),
    }
    if outcome.answer is not None:
        changes["model_version"] = _words(outcome.answer, "model_version")
        changes["text"] = _words(outcome.answer, "text")
    if outcome.kept is not None:
        changes |= _of_kept(outcome.kept, pictured=outcome.state == "picture")
    return writable(record.model_copy(update=changes))


def with_kept(record: Record, kept: "Kept") -> Record:
    """Return a record that ends with what was found on disk."""
    examined = kept.examined
    changes: dict[str, object] = {
        "state": examined.state,
        "reason": examined.reason,
        "findings": (*record.findings, *examined.findings),
    }
    return writable(record.model_copy(update=changes | _of_kept(kept, pictured=examined.state == "picture")))


def _of_kept(kept: "Kept", *, pictured: bool) -> dict[str, object]:
    examined = kept.examined
    known: dict[str, object] = {"mime": examined.mime, "width": examined.width, "height": examined.height}
    return known | ({"path": str(kept.path), "asset_id": asset_id_of(kept.content)} if pictured else {})


def _words(answer: object, name: str) -> str | None:
    """Return what an answer says under a name; None where it says nothing, or what are no words."""
    said = getattr(answer, name, None)
    return said if isinstance(said, str) and said else None


# --- texts that can be written -----------------------------------------------------------------------
def plain(text: str) -> str:
    r"""Return a text that UTF-8 can hold: half a surrogate pair, which JSON can spell, is spelled out.

    Example:
        >>> plain("caf\u00e9 \ud83d") == "caf\u00e9 \\ud83d"
        True
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def writable(shape: _Shape) -> _Shape:
    """Return a shape whose texts are `plain`, so that it can be written as JSON.

    Raises:
        ValueError: A field holds what it cannot hold.
    """
    return type(shape).model_validate(_plain(shape.model_dump(warnings=False)))


def _plain(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {plain(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def with_note(record: Record, message: str) -> Record:
    """Return a record with one more finding, which is about what came after the picture."""
    finding = Finding(check="saving", severity="warning", message=plain(message))
    return record.model_copy(update={"findings": (*record.findings, finding)})


def as_reference(lead: Record, *, number: int) -> Reference:
    """Return a picture that was made, as the reference to start from: for another ratio of it, or to change it."""
    # A record that ended as a picture has both.
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
