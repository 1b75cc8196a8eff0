"""Ingest: scan, decode, embed, store; resumable, and yields `Progress`.

Identity is the content: the same bytes at two paths are one asset, a moved file is not encoded
again, a changed one is. Sources are only ever read.
"""

from musaic.ingest.run import Ingest, Options
from musaic.ingest.thumbs import thumb_path

__all__ = ["Ingest", "Options", "thumb_path"]
