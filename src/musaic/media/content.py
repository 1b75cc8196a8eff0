"""Opening a picture whose bytes are in memory already, with the limits and words of `open_picture`."""

import hashlib
import io
from pathlib import Path

from musaic.errors import FailedFileError, SkippedFileError
from musaic.media.decode import Wanted, decode
from musaic.media.picture import _HEADROOM, Picture, _no_picture, _picture, _reason
from musaic.media.sniff import HEAD_BYTES, sniff
from musaic.media.source import Source


def open_content(
    content: bytes, *, path: Path, min_side_px: int, max_pixels: int, thumbnail_px: int = 320
) -> Picture:
    """Decode a picture that was read, or received, whole.

    Args:
        content: The bytes of the file.
        path: Where they are from: what an error names. It is not opened.
        min_side_px: As in `open_picture`.
        max_pixels: As in `open_picture`.
        thumbnail_px: As in `open_picture`.

    Raises:
        SkippedFileError: No picture: another kind of file, or empty.
        FailedFileError: A picture that cannot be decoded, or is beyond the limit.
    """
    if not content:
        raise SkippedFileError("is empty", path=path)
    head = content[:HEAD_BYTES]
    mime = sniff(head)
    if mime is None:
        raise _no_picture(path, head)
    source = Source(io.BytesIO(content), head, len(content), hashlib.sha256(content).hexdigest())
    wanted = Wanted(shorter_px=min_side_px * _HEADROOM, longer_px=thumbnail_px)
    try:
        decoded = decode(source, mime, wanted=wanted, max_pixels=max_pixels)
    except Exception as exc:  # decoders raise nearly every type there is on broken files
        raise FailedFileError(_reason(exc, mime), path=path) from exc
    return _picture(source, mime, decoded)
