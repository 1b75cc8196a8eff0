"""Ingest: scan, decode, embed, store; resumable, and yields `Progress`.

Identity is the content: the same bytes at two paths are one asset, a moved file is not encoded
again, a changed one is. Sources are only ever read.
"""

from musaic.ingest.generated import Made, take_in
from musaic.ingest.pipeline import Pools
from musaic.ingest.reindex import Reindex
from musaic.ingest.run import Ingest
from musaic.ingest.thumbs import thumb_path

__all__ = ["Ingest", "Made", "Pools", "Reindex", "take_in", "thumb_path"]
