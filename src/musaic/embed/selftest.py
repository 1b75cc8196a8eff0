"""Does a model's picture tower speak the language of its word tower?

Six plain colours against "a red square" and so on. A model that mixes up its towers, its tokenizer, its channels or
its preprocessing loses this; every CLIP that was trained wins it.
"""

import numpy as np
from PIL import Image, ImageDraw

from musaic.embed.base import Embedder

COLOURS = {
    "red": (220, 20, 20),
    "green": (20, 160, 40),
    "blue": (25, 50, 220),
    "yellow": (250, 220, 20),
    "black": (10, 10, 10),
    "white": (250, 250, 250),
}
# By chance a model gets 4 of 6 right once in 125 times; red and blue swapped leave 3.
NEEDED = 4
_SIDE = 256


def colours_found(embedder: Embedder) -> int:
    """Return for how many of the six pictures its own words win; `NEEDED` or more is a pass."""
    pictures = embedder.embed_pictures([_square(colour) for colour in COLOURS.values()])
    words = embedder.embed_texts([f"a {name} square" for name in COLOURS])
    cosines = pictures @ words.T
    # Some words are near to every picture; what counts is how much nearer they are to this one.
    fair = cosines - cosines.mean(0, keepdims=True)
    return int((fair.argmax(1) == np.arange(len(COLOURS))).sum())


def _square(colour: tuple[int, int, int]) -> Image.Image:
    picture = Image.new("RGB", (_SIDE, _SIDE), (128, 128, 128))
    ImageDraw.Draw(picture).rectangle((24, 24, _SIDE - 25, _SIDE - 25), fill=colour)
    return picture
