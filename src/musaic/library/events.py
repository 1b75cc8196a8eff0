"""The events of a long run, passed on, and its sum."""

from collections.abc import Callable, Generator
from contextlib import closing

from musaic.schemas import DoneEvent, Progress


def last_of(
    events: Generator[Progress, None, None], on_progress: Callable[[Progress], None] | None
) -> DoneEvent:
    """Tell of each event of a run; return its last."""
    done: DoneEvent | None = None
    # Closed, so that no thread of a run that ends early outlives it.
    with closing(events):
        for event in events:
            if isinstance(event, DoneEvent):
                done = event
            if on_progress is not None:
                on_progress(event)
    assert done is not None
    return done


def nothing_to_do(unchanged: int) -> Generator[Progress, None, None]:
    """Yield the sum of a run that had nothing to do."""
    yield DoneEvent(added=0, updated=0, unchanged=unchanged, failed=0, skipped=0, seconds=0.0)
