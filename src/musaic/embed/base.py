"""What an encoder is to the rest of Musaic."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from musaic.schemas import Fingerprint


@dataclass(frozen=True)
class Understood:
    """What an encoder makes of a query. An open vocabulary takes all of it; the rest stays empty.

    Attributes:
        text: What is encoded.
        known: Words and phrases that a closed vocabulary holds, as typed, lower-cased.
        unknown: Content words that it does not hold. Function words ("with", "фото", "的") and numbers are in neither.
        corrected: Words that were typed otherwise than meant, and what was meant.
        excluded: What is not wanted ("without a belt") and so is not encoded either.
        phrases: Parts that each name one thing, where there are several: "leather jacket", "jeans".
        kinds: The kinds of thing, of `Embedder.kinds`, that what is asked for may be.
    """

    text: str
    known: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    corrected: tuple[tuple[str, str], ...] = ()
    excluded: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ClosedVocabulary:
    """All that an encoder with a closed vocabulary was taught.

    Attributes:
        kinds: Names of the kinds of thing.
        understand: See `Embedder.understand`.
    """

    kinds: tuple[str, ...]
    understand: Callable[[str], Understood]


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

    @property
    def kinds(self) -> tuple[str, ...]:
        """Names of all kinds of thing that a closed vocabulary tells apart; empty for an open one."""
        ...

    def understand(self, text: str) -> Understood:
        """Return what is made of a query; of a closed vocabulary, only `Understood.text` may be encoded.

        Raises:
            UnknownWordsError: The query holds no known word at all.
        """
        ...
