"""The vector store: one collection of Milvus, embedded (Milvus Lite) or on a server.

`Store` is the same on both. What a server would refuse is refused here first, on Milvus Lite too,
so that a library moves to a server without surprises. No other package imports pymilvus, and this
one does so only when a store is opened.
"""

from musaic.store.capabilities import Capabilities
from musaic.store.lock import FolderLock
from musaic.store.rows import MAX_WINDOW, Row, check_window
from musaic.store.vectors import Store

__all__ = ["MAX_WINDOW", "Capabilities", "FolderLock", "Row", "Store", "check_window"]
