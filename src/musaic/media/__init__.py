"""Opening pictures safely and fast: what a file is, its pixels as sRGB, its thumbnail, its hash.

What a file is called never counts, only its bytes. Everything here may be called from many threads
at once; decoding releases the interpreter lock.
"""

from musaic.media.picture import Picture, open_picture, thumbnail
from musaic.media.sniff import sniff
from musaic.media.source import content_id, hash_file

__all__ = ["Picture", "content_id", "hash_file", "open_picture", "sniff", "thumbnail"]
