"""A reference as a piece of the board: the whole picture, or a grey card where it cannot be read."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from musaic.colors import Swatch, dominant_colours, oklab
from musaic.generate.base import Attachment
from musaic.generate.moodboard.reading import Photo, read_photo
from musaic.schemas import Role

# A place or a mood has no background to be left out of the palette.
_WHOLE: tuple[Role, ...] = ("style", "setting")
_LINE: dict[Role, int] = {
    "subject": 0, "base": 0, "product": 1, "garment": 1, "accessory": 2, "setting": 3, "style": 3, "logo": 4,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """One reference, ready to be placed.

    Attributes:
        number: As the prompt says.
        role: What it is for.
        name: Words of its file's name; "" where it has none.
        picture: Mode RGBA, all of it; of a transparent one, what is seen.
        readable: Whether the picture is that of the file, and no grey card.
        cut: Whether the file itself has no background.
        swatches: Its own colours, without its background.
        lightness: Mean of what is seen, 0 to 1.
        draft: Whether it is an earlier board: pasting a board into a board helps nobody.
    """

    number: int
    role: Role
    name: str
    picture: Image.Image
    readable: bool = True
    cut: bool = False
    swatches: tuple[Swatch, ...] = ()
    lightness: float = 0.78
    draft: bool = False

    @property
    def aspect(self) -> float:
        """Width by height."""
        return self.picture.width / self.picture.height

    @property
    def rank(self) -> tuple[int, int]:
        """Where it stands in line: the hero first."""
        return _LINE[self.role], self.number

    @property
    def caption(self) -> str:
        """What stands below it: its number, and its name or what it is for."""
        return f"{self.number} {self.name or self.role}"


def piece_of(attachment: Attachment, *, longer_px: int) -> Piece:
    """Make a piece of an attachment, whatever its bytes are."""
    number, role, name = attachment.number, attachment.role, attachment.name
    photo = read_photo(attachment.content, longer_px=longer_px)
    if photo is None:
        grey = Image.new("RGBA", (400, 300), (188, 188, 190, 255))
        return Piece(number, role, name, grey, readable=False)
    picture, cut = _seen(photo), photo.alpha is not None
    pixels = np.asarray(picture)
    own = pixels[pixels[..., 3] > 200][:, :3] if cut or role in _WHOLE else _subject(pixels[..., :3])
    own = own if len(own) else np.full((1, 3), 255, np.uint8)
    lightness = float(oklab(own[:: max(1, len(own) // 4000)])[:, 0].mean())
    return Piece(
        number, role, name, picture, cut=cut, swatches=dominant_colours(own, 6), lightness=lightness,
        draft=photo.draft,
    )  # fmt: skip


def _seen(photo: Photo) -> Image.Image:
    picture = photo.image.convert("RGBA")
    if photo.alpha is None:
        return picture
    picture.putalpha(photo.alpha)
    box = photo.alpha.point([0] * 24 + [255] * 232).getbbox()
    return picture.crop(box) if box else picture


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
