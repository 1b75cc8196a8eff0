"""A reference as a piece of the board: cut out, framed, or a grey card where it cannot be read."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from musaic.colors import Swatch, dominant_colours, oklab
from musaic.generate.base import Attachment
from musaic.generate.moodboard.cutout import cut_out
from musaic.generate.moodboard.matte import matted
from musaic.generate.moodboard.reading import Photo, read_photo
from musaic.schemas import Role

Look = Literal["cut", "card", "unreadable"]

# The hero first; what is worn or carried is smaller than who wears it.
_WEIGHTS: dict[Role, float] = {
    "base": 1.0, "subject": 1.0, "product": 0.62, "garment": 0.62, "accessory": 0.34, "logo": 0.3, "style": 0.3,
    "setting": 0.3,
}  # fmt: skip
# A place or a mood has no background to be rid of.
_WHOLE: tuple[Role, ...] = ("style", "setting")
_LINE: dict[Role, int] = {
    "subject": 0, "base": 0, "product": 1, "garment": 1, "accessory": 2, "logo": 3, "style": 4, "setting": 4,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """One reference, ready to be placed.

    Attributes:
        number: As the prompt says.
        role: What it is for.
        asset: The beginning of its asset id.
        look: Cut from its background, a whole picture in a frame, or a sign that it cannot be read.
        picture: Mode RGBA, cropped to what is seen of it.
        swatches: Its own colours, without its background where it is cut out.
        lightness: Mean of what is seen, 0 to 1.
        draft: Whether it is an earlier board: pasting a board into a board helps nobody.
    """

    number: int
    role: Role
    asset: str
    look: Look
    picture: Image.Image
    swatches: tuple[Swatch, ...]
    lightness: float
    draft: bool = False

    @property
    def aspect(self) -> float:
        """Width by height."""
        return self.picture.width / self.picture.height

    @property
    def weight(self) -> float:
        """How large it should appear beside others; the area of the largest is 1."""
        return _WEIGHTS[self.role]

    @property
    def rank(self) -> tuple[int, int]:
        """Where it stands in line: the hero first."""
        return _LINE[self.role], self.number


def piece_of(attachment: Attachment, *, longer_px: int) -> Piece:
    """Make a piece of an attachment, whatever its bytes are."""
    photo = read_photo(attachment.content, longer_px=longer_px)
    asset = attachment.asset_id[:8]
    if photo is None:
        grey = Image.new("RGBA", (400, 300), (188, 188, 190, 255))
        return Piece(attachment.number, attachment.role, asset, "unreadable", grey, (), 0.78)
    look, picture = _cropped(photo, whole=attachment.role in _WHOLE)
    whole = np.asarray(picture)
    seen = (
        whole[whole[..., 3] > 200][:, :3]
        if look == "cut" or attachment.role in _WHOLE
        else _subject(whole[..., :3])
    )
    seen = seen if len(seen) else np.full((1, 3), 255, np.uint8)
    swatches = dominant_colours(seen, 6)
    lightness = float(oklab(seen[:: max(1, len(seen) // 4000)])[:, 0].mean())
    return Piece(attachment.number, attachment.role, asset, look, picture, swatches, lightness, photo.draft)


def _cropped(photo: Photo, *, whole: bool) -> tuple[Look, Image.Image]:
    """Return the product without its background where that is known or plain, else the picture as it is."""
    if photo.alpha is not None:
        return "cut", _trimmed(photo.image, photo.alpha)
    mask = None if whole else cut_out(photo.image)
    if mask is None:
        return "card", photo.image.convert("RGBA")
    return "cut", _trimmed(*matted(photo.image, mask))


def _subject(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the pixels near the middle of a photo whose colours are not those of its border."""
    pixels = pixels[:: max(1, pixels.shape[0] // 160), :: max(1, pixels.shape[1] // 160)]
    y, x = np.linspace(-1, 1, pixels.shape[0])[:, None], np.linspace(-1, 1, pixels.shape[1])[None]
    middle = pixels[(x / 0.55) ** 2 + (y / 0.6) ** 2 < 1]
    border = pixels[np.maximum(np.abs(x), np.abs(y)) > 0.9]
    around = [swatch.rgb for swatch in dominant_colours(border, 6) if swatch.share > 0.04]
    labs = oklab(middle)
    gaps = [np.linalg.norm(labs - oklab(rgb), axis=1) for rgb in around]
    own = middle[np.min(gaps or [np.ones(len(middle))], axis=0) > 0.085]
    return own if len(own) > 0.12 * len(middle) else pixels.reshape(-1, 3)


def _trimmed(image: Image.Image, alpha: Image.Image) -> Image.Image:
    picture = image.convert("RGBA")
    picture.putalpha(alpha)
    box = alpha.point([0] * 24 + [255] * 232).getbbox()
    return picture.crop(box) if box else picture
