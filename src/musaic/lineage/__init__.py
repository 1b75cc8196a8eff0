"""What came from what: every picture asked for, written down before it is sent, and never changed after."""

from musaic.lineage.records import costs, record_of, thread_of
from musaic.lineage.runs import Run, abandoned, end_abandoned, open_run
from musaic.lineage.tree import lineage_of

__all__ = [
    "Run",
    "abandoned",
    "costs",
    "end_abandoned",
    "lineage_of",
    "open_run",
    "record_of",
    "thread_of",
]
