"""The library's SQLite file: what was ingested from where, and what was made from it. The only module with SQL.

A file is written here only after its vector is in the store, so a run that is killed in between
does that file again, under the same id: nothing is lost and nothing is doubled. Of pictures that
are made it is the other way round: a request is written here before it is sent, so that a paid call
cannot vanish. What is known of them is only ever added to; the file itself refuses anything else.
"""

from musaic.ledger.calls import CallRow, Heading
from musaic.ledger.files import Files, FileState, bounded
from musaic.ledger.generations import Edge
from musaic.ledger.losses import Losses

__all__ = ["CallRow", "Edge", "FileState", "Heading", "Ledger", "bounded"]


class Ledger(Files, Losses):
    """An open ledger; use it as a context manager. Threads take turns, and so do processes.

    Raises:
        LibraryError: From any method: the file is damaged, was written by a newer Musaic, is closed, or
            cannot be written to (a full disk, say).
    """
