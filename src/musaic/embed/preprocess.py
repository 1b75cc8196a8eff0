"""A picture as a vision tower wants it, exactly as the model's own config says."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Resize = Literal["shortest", "squash"]
# A strip of 30,000 by 4 pixels would become a picture of a gigabyte before the cut.
_LONGEST = 8


@dataclass(frozen=True)
class Preprocessing:
    """What happens to a picture before it is encoded.

    Attributes:
        side: Of the square that comes out, in pixels.
        resize: ``shortest`` brings the short side to `resize_side` and cuts out the centre, ``squash``
            makes a square of `resize_side` whatever the picture's shape.
        resize_side: In pixels; what lies outside the central square of `side` is cut off.
        resampling: PIL's filter. PIL widens it when it makes pictures smaller, which is antialiasing.
        mean: Taken off each channel, whose values are 0 to 1.
        std: What is left is divided by it.
        rescale: Factor that brings 0 to 255 to the scale of `mean`.
    """

    side: int
    resize: Resize
    resize_side: int
    resampling: Image.Resampling
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    rescale: float = 1 / 255

    def square(self, picture: Image.Image) -> Image.Image:
        """Return the RGB square of `side` pixels that the tower sees."""
        rgb = picture if picture.mode == "RGB" else picture.convert("RGB")
        width, height = self._resized(rgb.width, rgb.height)
        # On half a pixel transformers rounds down, torchvision to the nearest even number.
        left, top = (width - self.side) // 2, (height - self.side) // 2
        if max(width, height) > _LONGEST * self.side:
            across, down = rgb.width / width, rgb.height / height
            box = (left * across, top * down, (left + self.side) * across, (top + self.side) * down)
            return rgb.resize((self.side, self.side), self.resampling, box=box)
        resized = rgb.resize((width, height), self.resampling)
        return resized.crop((left, top, left + self.side, top + self.side))

    def pixels(self, picture: Image.Image) -> NDArray[np.float32]:
        """Return the normalised square, shape ``(3, side, side)``."""
        out = np.empty((3, self.side, self.side), np.float32)
        scale = np.array([self.rescale / std for std in self.std], np.float32)[:, None, None]
        shift = np.array([-m / s for m, s in zip(self.mean, self.std, strict=True)], np.float32)[
            :, None, None
        ]
        np.multiply(np.asarray(self.square(picture)).transpose(2, 0, 1), scale, out=out)
        out += shift
        return out

    def _resized(self, width: int, height: int) -> tuple[int, int]:
        if self.resize == "squash":
            return self.resize_side, self.resize_side
        short = min(width, height)
        # Both torchvision and transformers cut the fraction of the long side off.
        return self.resize_side * width // short, self.resize_side * height // short
