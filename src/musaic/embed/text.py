"""A text as a text tower wants it: cleaned, in token ids, padded and cut as the model's config says."""

import string
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from musaic.errors import ModelFilesError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True)
class TextRules:
    """How a model's texts become ids.

    Attributes:
        tokenizer: The model's tokenizer.json.
        context_length: Most ids of one text, with those of start and end.
        pad_token: What fills up short texts; None: what tokenizer.json itself names, or id 0.
        canonicalise: Lower-case and drop ASCII punctuation, as SigLIP was trained.
        pad_to_longest: Fill up to the longest text of the batch only, where the graph allows it: right for
            towers that look back only (CLIP), as padding comes after all they read.
    """

    tokenizer: Path
    context_length: int
    pad_token: str | None
    canonicalise: bool = False
    pad_to_longest: bool = False


@dataclass(frozen=True)
class Ids:
    """Token ids and what of them is text (1) or padding (0); both int64, shape ``(n, length)``."""

    ids: NDArray[np.int64]
    mask: NDArray[np.int64]


def clean(text: str, *, canonicalise: bool) -> str:
    r"""Return a text with single spaces, and in SigLIP's canonical form if asked.

    Example:
        >>> clean("  A red,\n silk cape! ", canonicalise=True)
        'a red silk cape'
    """
    if canonicalise:
        text = text.translate(_PUNCTUATION).lower()
    return " ".join(text.split())


class TextReader:
    """Turns texts into ids; thread-safe.

    Args:
        rules: What the model's config says.
        length: Fixed length of the graph's input; None where it is free.

    Raises:
        ModelFilesError: The tokenizer cannot be read, or does not know its own padding.
    """

    def __init__(self, rules: TextRules, length: int | None) -> None:
        self._rules = rules
        self._length = length or (None if rules.pad_to_longest else rules.context_length)
        self._tokenizer = _open(rules.tokenizer)
        self._pad = _pad_id(self._tokenizer, rules)
        self._tokenizer.no_padding()
        # The end token stays last: tokenizers cuts the words, then adds start and end.
        self._tokenizer.enable_truncation(min(length or rules.context_length, rules.context_length))

    def read(self, texts: Sequence[str]) -> Ids:
        """Return the ids of texts."""
        cleaned = [clean(text, canonicalise=self._rules.canonicalise) for text in texts]
        found = [encoding.ids for encoding in self._tokenizer.encode_batch(cleaned)]
        length = self._length or max(len(ids) for ids in found)
        ids = np.full((len(found), length), self._pad, np.int64)
        mask = np.zeros((len(found), length), np.int64)
        for row, some in enumerate(found):
            ids[row, : len(some)], mask[row, : len(some)] = some, 1
        return Ids(ids, mask)


def _open(file: Path) -> "Tokenizer":
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(file))
    except Exception as exc:  # tokenizers raises bare Exception
        raise ModelFilesError(
            f"{file.name} cannot be read ({exc}); copy or fetch the folder again", folder=file.parent
        ) from exc


def _pad_id(tokenizer: "Tokenizer", rules: TextRules) -> int:
    if rules.pad_token is None:
        return int((tokenizer.padding or {}).get("pad_id", 0))
    found = tokenizer.token_to_id(rules.pad_token)
    if found is None:
        raise ModelFilesError(
            f"tokenizer.json lacks the padding token {rules.pad_token!r} that tokenizer_config.json names",
            folder=rules.tokenizer.parent,
        )
    return int(found)
