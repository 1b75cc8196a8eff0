"""Times in filters: words to seconds, where a bare day means the whole day."""

from datetime import UTC, datetime, timedelta

from musaic.filters.conditions import Compare, Condition, Not, Operator, Several, Target

_DAY_LENGTH = len("2026-03-01")
# What an ordering means beside a whole day: the bound that counts, and how.
_DAY_BOUNDS: dict[Operator, tuple[str, Operator]] = {
    "<": ("start", "<"),
    ">=": ("start", ">="),
    "<=": ("end", "<"),
    ">": ("end", ">="),
}


def compare_time(target: Target, operator: Operator, text: str) -> Condition:
    """Return the comparison of a time field with a day or time of ISO 8601; UTC unless it says otherwise.

    Raises:
        ValueError: The text is no time.
    """
    start, end = _span(text)
    if start == end:
        return Compare(target, operator, start)
    if operator in _DAY_BOUNDS:
        bound, with_operator = _DAY_BOUNDS[operator]
        return Compare(target, with_operator, start if bound == "start" else end)
    within = Several("and", (Compare(target, ">=", start), Compare(target, "<", end)))
    return within if operator == "==" else Not(within)


def _span(text: str) -> tuple[int, int]:
    moment = datetime.fromisoformat(text.strip())
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    length = timedelta(days=1) if len(text.strip()) <= _DAY_LENGTH else timedelta()
    return int(moment.timestamp()), int((moment + length).timestamp())
