"""What a drawn picture shows, in the words of the vocabulary."""

from dataclasses import dataclass
from typing import Literal

Style = Literal["studio", "illustration"]


@dataclass(frozen=True, slots=True)
class Look:
    """What a picture shows, in the words of the vocabulary.

    Attributes:
        kind: One of `vocabulary.KINDS`.
        colour: One of `vocabulary.COLOURS`, the product's own.
        material: One of `vocabulary.MATERIALS`.
        trim: The trim's colour, or None for a product without trim.
        setting: One of `vocabulary.SETTINGS`.
        style: Soft light as in a photo studio, or flat colours with outlines.
    """

    kind: str
    colour: str
    material: str
    trim: str | None
    setting: str
    style: Style
