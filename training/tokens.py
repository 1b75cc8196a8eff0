"""The starter's tokenizer: byte-pair pieces of its own captions."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

LENGTH = 28
PAD = "[PAD]"
_CJK = Regex(r"[\u3400-\u9fff]")


def train_tokenizer(texts: Sequence[str], *, pieces: int = 3500) -> Tokenizer:
    """Return a tokenizer made for texts; id 0 pads to `LENGTH` ids.

    Case and accents are dropped, so that "Pantalón" and "pantalon" are one. Chinese characters stand
    alone: words unseen in training are then read character by character.
    """
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Whitespace(),
            pre_tokenizers.Split("-", "removed"),
            pre_tokenizers.Split(_CJK, "isolated"),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=pieces,
        special_tokens=[PAD, "[UNK]"],
        initial_alphabet=list("abcdefghijklmnopqrstuvwxyz0123456789"),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.enable_padding(length=LENGTH, pad_token=PAD)
    tokenizer.enable_truncation(LENGTH)
    return tokenizer


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> NDArray[np.int64]:
    """Return token ids, shape ``(texts, LENGTH)``."""
    return np.array([encoding.ids for encoding in tokenizer.encode_batch(list(texts))], np.int64)
