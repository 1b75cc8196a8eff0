"""TIFFs of 9 to 15 bits a tone, packed without gaps, of which Pillow reads few: unpacked, as TIFFs it reads.

Pillow is asked for the packed rows as if they were greys of 8 bits, whatever they are compressed with.

Source:
    TIFF, Revision 6.0, "BitsPerSample", "FillOrder", "PlanarConfiguration".
"""

import io
from itertools import accumulate
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, TiffImagePlugin

from musaic.media import codecs, limits, tiff

_Tag = ExifTags.Base
_BAND_BYTES = 1 << 20
_KINDS = {(0, 1), (1, 1), (2, 3)}  # photometric interpretation and samples a pixel
_PLAIN = {_Tag.FillOrder: 1, _Tag.PlanarConfiguration: 1, _Tag.Predictor: 1, _Tag.SampleFormat: 1}
_KEPT = (_Tag.Orientation, _Tag.DateTime, 34675)


def unpacked(stream: BinaryIO, *, max_pixels: int) -> BinaryIO | None:
    """Return a TIFF of odd depth as one of 8 bits of colour or 16 of grey; None of any other, or of a rare kind.

    Args:
        stream: The file; it is left where it was.
        max_pixels: More are refused before they are unpacked.

    Raises:
        limits.Refusal: It declares more pixels.
    """
    place = stream.tell()
    try:
        tags = tiff.directory(stream)
    except Exception:  # broken tags make their reader raise whatever it trips over; the decoder will say it
        stream.seek(place)
        return None
    try:
        samples = int(tags.get(_Tag.SamplesPerPixel, 1))
        bits = {int(value) for value in tags.get(_Tag.BitsPerSample, (1,))}
        if len(bits) != 1 or not 8 < min(bits) < 16 or not _is_plain(tags, samples):
            return None
        limits.check_size((int(tags[_Tag.ImageWidth]), int(tags[_Tag.ImageLength])), max_pixels)
        return _as_tiff(_tones(stream, tags, samples, min(bits)), tags, min(bits))
    except (KeyError, TypeError, ValueError, SyntaxError):
        return None
    finally:
        stream.seek(place)


def _is_plain(tags: TiffImagePlugin.ImageFileDirectory_v2, samples: int) -> bool:
    if (tags.get(_Tag.PhotometricInterpretation), samples) not in _KINDS or _Tag.StripOffsets not in tags:
        return False
    return all(tags.get(tag, value) in (value, (value,) * samples) for tag, value in _PLAIN.items())


def _tones(
    stream: BinaryIO, tags: TiffImagePlugin.ImageFileDirectory_v2, samples: int, bits: int
) -> NDArray[np.uint16]:
    """Return tones of the shape (height, width, samples)."""
    width, height = int(tags[_Tag.ImageWidth]), int(tags[_Tag.ImageLength])
    packed = np.asarray(_rows(stream, tags, -(-width * samples * bits // 8)))
    if packed.shape[0] != height:
        raise ValueError("rows are missing")
    tones = np.empty((height, width * samples), np.uint16)
    weights = (1 << np.arange(bits)[::-1]).astype(np.uint16)
    step = max(1, _BAND_BYTES // packed.shape[1])
    for top in range(0, height, step):
        ones = np.unpackbits(packed[top : top + step], axis=1)[:, : width * samples * bits]
        tones[top : top + step] = ones.reshape(len(ones), -1, bits) @ weights
    return tones.reshape(height, width, samples)


def _rows(stream: BinaryIO, tags: TiffImagePlugin.ImageFileDirectory_v2, row_bytes: int) -> Image.Image:
    """Return the packed rows as a grey picture."""
    strips = []
    for at, length in zip(tags[_Tag.StripOffsets], tags[_Tag.StripByteCounts], strict=True):
        stream.seek(at)
        strips.append(stream.read(length))
    as_greys = TiffImagePlugin.ImageFileDirectory_v2(prefix=b"II")
    as_greys.update(
        {
            _Tag.ImageWidth: row_bytes,
            _Tag.ImageLength: tags[_Tag.ImageLength],
            _Tag.BitsPerSample: 8,
            _Tag.Compression: tags.get(_Tag.Compression, 1),
            _Tag.PhotometricInterpretation: 1,
            _Tag.SamplesPerPixel: 1,
            _Tag.RowsPerStrip: tags.get(_Tag.RowsPerStrip, tags[_Tag.ImageLength]),
            _Tag.StripByteCounts: tuple(len(strip) for strip in strips),
            _Tag.StripOffsets: tuple(accumulate((len(strip) for strip in strips[:-1]), initial=0)),
        }
    )
    # Pillow counts the strips' places from the end of its directory.
    whole = b"II*\0\x08\0\0\0" + as_greys.tobytes(8) + b"".join(strips)
    with codecs.size_limit_lifted():  # the size was checked, and rows are longer in bytes than in pixels
        started = codecs.start(io.BytesIO(whole), "image/tiff")
        started.load()
    return started


def _as_tiff(tones: NDArray[np.uint16], tags: TiffImagePlugin.ImageFileDirectory_v2, bits: int) -> BinaryIO:
    most = (1 << bits) - 1
    if tags[_Tag.PhotometricInterpretation] == 0:
        tones = most - tones
    if tones.shape[2] == 1:
        image = Image.fromarray((tones[..., 0].astype(np.uint32) * 65535 // most).astype(np.uint16))
    else:
        image = Image.fromarray(((tones.astype(np.uint32) * 510 + most) // (2 * most)).astype(np.uint8))
    out = io.BytesIO()
    image.save(out, "TIFF", tiffinfo={tag: tags[tag] for tag in _KEPT if tag in tags})
    out.seek(0)
    return out
