"""Records, by id: of one generation, of a conversation, and what all of them cost."""

from musaic.errors import GenerateError, InvalidArgumentError, UnknownGenerationError
from musaic.ledger import CallRow, Heading, Ledger
from musaic.schemas import Call, CostLine, Record

# A prefix of an id must have as many characters.
_LEAST_PREFIX = 6


def record_of(ledger: Ledger, generation: str) -> Record:
    """Return everything known of a generation, with its calls so far.

    Args:
        ledger: Open.
        generation: Its id, or the first 6 characters or more, if no other begins with them.

    Raises:
        UnknownGenerationError: There is none.
        GenerateError: Several ids begin so.
    """
    return _record(ledger, resolved(ledger, generation))


def thread_of(ledger: Ledger, generation: str) -> list[Record]:
    """Return the conversation that led to a generation: the first picture, each refinement, and it last.

    Raises:
        UnknownGenerationError: There is none.
        GenerateError: Several ids begin so.
    """
    name: str | None = resolved(ledger, generation)
    thread: list[Record] = []
    seen: set[str] = set()
    while name is not None and name not in seen and ledger.latest(name) is not None:
        seen.add(name)
        thread.append(_record(ledger, name))
        name = thread[-1].parent
    return thread[::-1]


def costs(ledger: Ledger, *, by: Heading) -> list[CostLine]:
    """Return what was spent by day (UTC), model or recipe; headings in order.

    Raises:
        InvalidArgumentError: `by` is none of them.
    """
    if by not in ("day", "model", "recipe"):
        raise InvalidArgumentError(f"costs come by day, model or recipe, and not by {by!r}")
    return ledger.cost_lines(by)


def _record(ledger: Ledger, generation: str) -> Record:
    record = ledger.latest(generation)
    if record is None:
        raise UnknownGenerationError(generation=generation)
    calls = ledger.calls_of(generation)
    if not calls:
        return record
    told = (call.outcome or unanswered(call, outcome="open", reason="no answer yet") for call in calls)
    return record.model_copy(update={"calls": tuple(told)})


def unanswered(call: CallRow, *, outcome: str, reason: str, seconds: float = 0.0) -> Call:
    """Return what can be said of a call whose answer nobody has: it may be billed."""
    return Call(
        sent_at=call.at,
        seconds=seconds,
        outcome=outcome,
        reason=reason,
        bound_usd=call.bound_usd,
        billed="unknown",
    )


def resolved(ledger: Ledger, name: str) -> str:
    """Return the id that a name stands for, which may be anything a user typed.

    Raises:
        UnknownGenerationError: There is none.
        GenerateError: Several ids begin so.
    """
    found = ledger.generations_like(name) if len(name) >= _LEAST_PREFIX and name.isascii() else []
    if name in found or len(found) == 1:
        return found[0]
    if not found:
        raise UnknownGenerationError(generation=name)
    raise GenerateError(f"several pictures begin with {name!r}: {', '.join(found)}; type more of the id")
