"""What an encoder is to the rest of Musaic."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from musaic.schemas import Fingerprint


class Embedder(Protocol):
    """Turns pictures and words into L2-normalised float32 vectors of one space.

    `prepare` runs in the decoding threads, one picture at a time; `embed_prepared` runs in the
    encoding threads on stacked batches. Both are thread-safe.
    """

    @property
    def fingerprint(self) -> Fingerprint:
        """What made the vectors: model id, revision, precision, hash of the weights, dim."""
        ...

    @property
    def image_size(self) -> int:
        """Side of the square the vision tower sees, in pixels."""
        ...

    def prepare(self, picture: Image.Image) -> NDArray[np.float32]:
        """Return an RGB picture as the vision tower wants it, shape ``(3, image_size, image_size)``."""
        ...

    def embed_prepared(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return unit vectors, shape ``(n, dim)``, of prepared pictures, shape ``(n, 3, size, size)``."""
        ...

    def embed_pictures(self, pictures: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Return unit vectors, shape ``(n, dim)``."""
        ...

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape ``(n, dim)``."""
        ...

    def unknown_words(self, text: str) -> tuple[str, ...]:
        """Return words of a query that a closed-vocabulary encoder was not taught.

        Empty for an open vocabulary.

        Raises:
            UnknownWordsError: The query holds no known word at all.
        """
        ...
