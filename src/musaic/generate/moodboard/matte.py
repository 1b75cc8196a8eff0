"""A sharper outline from an uncertain one.

A pixel on the edge is a mix of product and background: how much of each it is, the colours near by tell.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Field = NDArray[np.float32]

# Of levels from 0 to 255: between these the mask does not know.
_INSIDE, _OUTSIDE = 248, 12
# How far product and background must be apart, in levels, for their mix to be told.
_UNSURE, _SURE = 18.0, 70.0


def matted(image: Image.Image, mask: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Return a picture whose edge pixels have the product's own colours, and its alpha.

    Args:
        image: Mode RGB.
        mask: Mode L, the same size: 255 on the product, 0 off it, between where uncertain.

    Source:
        The compositing equation, colour = alpha * product + (1 - alpha) * background, solved for alpha with the
        colours near by.
    """
    radius = max(1.5, max(image.size) / 150)
    levels, pixels = np.asarray(mask), np.asarray(image, np.float32)
    inner, known_inner = _nearby(image, mask.point([255 * (level > _INSIDE) for level in range(256)]), radius)
    outer, known_outer = _nearby(
        image, mask.point([255 * (level < _OUTSIDE) for level in range(256)]), radius
    )
    band = (levels <= _INSIDE) & (levels >= _OUTSIDE)
    span = inner - outer
    length = np.einsum("yxc,yxc->yx", span, span)
    mix = np.einsum("yxc,yxc->yx", pixels - outer, span) / np.maximum(length, 1)
    trust = np.clip((np.sqrt(length) - _UNSURE) / (_SURE - _UNSURE), 0, 1) * (known_inner & known_outer)
    plain = np.clip((levels.astype(np.float32) - 96) / 96, 0, 1)
    sharp = np.clip((mix - 0.12) / 0.76, 0, 1)
    alpha = np.where(band, trust * sharp + (1 - trust) * plain, (levels > _INSIDE).astype(np.float32))
    edge = (band & known_inner & (alpha < 0.98))[..., None]
    colours = np.where(edge, inner, pixels)
    return _image(colours), _image(alpha * 255).filter(ImageFilter.GaussianBlur(0.6))


def _nearby(image: Image.Image, where: Image.Image, radius: float) -> tuple[Field, NDArray[np.bool_]]:
    """Return the mean colours near each pixel of those in a mask, and where there are any."""
    kept = Image.new("RGB", image.size)
    kept.paste(image, mask=where)
    blur = ImageFilter.BoxBlur(radius)
    sums = np.asarray(kept.filter(blur).filter(blur), np.float32)
    weight = np.asarray(where.filter(blur).filter(blur), np.float32) / np.float32(255)
    means: Field = sums / np.maximum(weight, np.float32(0.01))[..., None]
    return means, weight > 0.03


def _image(levels: Field) -> Image.Image:
    return Image.fromarray(np.asarray(np.clip(np.rint(levels), 0, 255), np.uint8))
