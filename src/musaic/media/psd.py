"""What Pillow does not know about Photoshop files: 16-bit composites, and what a fourth channel is.

Source:
    Adobe Photoshop File Formats Specification, "Photoshop File Format": header, four sections with
    their lengths in front, then the flattened composite.
"""

import io
import struct
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image, ImageChops

from musaic.media.limits import Refusal

_HEADER = struct.Struct(">4sH6xHIIHH")
_ALPHA_NAMES, _ALPHA_IDS = 1006, 1053
_ROUNDING = 2  # levels of 255


@dataclass(frozen=True, slots=True)
class Composite:
    """A Photoshop file's flattened picture, as a stream Pillow can read.

    Attributes:
        stream: 8 bits a channel.
        stride: How many columns of the stream make one of the picture: 2 where 16-bit tones were split.
        merged_alpha: Whether a fourth channel is the transparency of the layers, and not a saved selection.
    """

    stream: BinaryIO
    stride: int
    merged_alpha: bool


def composite(stream: BinaryIO) -> Composite:
    """Return the flattened picture of a Photoshop file.

    A 16-bit row is read as an 8-bit row of twice the length, of which every other column is the high
    byte: that holds for raw and packed rows alike.

    Raises:
        Refusal: It is of a kind that is not read here.
    """
    _, version, channels, height, width, depth, mode = _HEADER.unpack(stream.read(_HEADER.size))
    if version != 1:
        raise Refusal("is a large Photoshop document (PSB), which is not read here; save it as PSD or TIFF")
    if depth == 32:
        raise Refusal(
            "is a Photoshop file of 32 bits a channel, which is not read here; save it with 16 or 8"
        )
    colours, resources, layers = (_section(stream, keep) for keep in (1 << 16, 64 << 20, 6))
    merged_alpha = _merged_alpha(layers, resources)
    if depth != 16:
        stream.seek(0)
        return Composite(stream, 1, merged_alpha)
    header = _HEADER.pack(b"8BPS", 1, channels, height, 2 * width, 8, mode)
    sections = b"".join(struct.pack(">I", len(part)) + part for part in (colours, resources, b""))
    return Composite(io.BytesIO(header + sections + stream.read()), 2, merged_alpha)


def without_matte(image: Image.Image, *, merged_alpha: bool) -> Image.Image:
    """Return an RGBA composite with what is there in its own colours; as RGB where its alpha hides nothing.

    A saved selection hides nothing. And Photoshop has already put the merged layers on white, which is taken
    off again: doing it twice would leave pale rims. Where any pixel is darker than that allows, the writer
    has not done it.
    """
    if image.mode != "RGBA":
        return image
    colour = image.convert("RGB")
    if not merged_alpha:
        return colour
    alpha = image.getchannel("A")
    white_share = ImageChops.invert(alpha)
    darker = [ImageChops.subtract(white_share, band, offset=-_ROUNDING) for band in colour.split()]
    if any(band.getbbox() for band in darker):
        return image
    own = (ImageChops.subtract(band, white_share) for band in colour.split())
    return Image.merge("RGBa", (*own, alpha)).convert("RGBA")


def _section(stream: BinaryIO, keep: int) -> bytes:
    """Return up to `keep` bytes of a section and go on to its end."""
    (length,) = struct.unpack(">I", stream.read(4))
    end = stream.tell() + length
    kept = stream.read(min(length, keep))
    stream.seek(end)
    return kept


def _merged_alpha(layers: bytes, resources: bytes) -> bool:
    # A negative number of layers says that the first alpha channel is the merged transparency.
    count = struct.unpack(">h", layers[4:6])[0] if len(layers) >= 6 and layers[:4] != b"\0\0\0\0" else 0
    named = any(b"8BIM" + struct.pack(">H", number) in resources for number in (_ALPHA_NAMES, _ALPHA_IDS))
    return count < 0 or (count == 0 and not named)
