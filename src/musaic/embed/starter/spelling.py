"""Slips of the keyboard: which taught word was meant by one that is not taught."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce
from typing import Final

SWAPPED, MISSED, WRONG = range(3)
"""What went wrong, in the order in which it is believed: "rde", "dres" (or a letter too many), "drass"."""

# Least letters in which each is looked for: in shorter words a slip makes another word too easily (bike, nike).
_LEAST_LETTERS: Final = (3, 4, 5)


def meant(word: str, taught: Mapping[str, frozenset[str]], *, real: Collection[str]) -> str | None:
    """Return the taught word that was plainly meant, or None.

    Args:
        word: One that was not taught, in small letters and without accents.
        taught: Words, each with the concepts that it is said of; words of other concepts are rivals.
        real: Words that look like slips and are none.

    Example:
        >>> taught = {"dress": frozenset({"dress"}), "red": frozenset({"red"})}
        >>> [meant(word, taught, real={"bred"}) for word in ("dres", "rde", "bred", "floral")]
        ['dress', 'red', None, None]
    """
    if word in taught or word in real or not word.isalpha():
        return None
    slips = {other: kind for other in taught if (kind := slip(word, other)) is not None}
    likely = [other for other, kind in slips.items() if kind == min(slips.values())]
    shared = reduce(frozenset.intersection, (taught[other] for other in likely)) if likely else ()
    return likely[0] if shared else None


def slip(typed: str, word: str) -> int | None:
    """Return which slip makes the one of the other (`SWAPPED`, `MISSED`, `WRONG`); None: more than one, or none.

    Source:
        F. Damerau, A technique for computer detection and correction of spelling errors, 1964: four out of five
        misspellings are one of these.
    """
    if typed == word or abs(len(typed) - len(word)) > 1:
        return None
    start = next((i for i, (a, b) in enumerate(zip(typed, word, strict=False)) if a != b), -1)
    if start < 0:
        start = min(len(typed), len(word))
    ours, theirs = typed[start:], word[start:]
    if len(ours) != len(theirs):
        kind = MISSED if ours[1:] == theirs or ours == theirs[1:] else None
    elif ours[1:] == theirs[1:]:
        kind = WRONG
    else:
        kind = SWAPPED if ours[:2] == theirs[1::-1] and ours[2:] == theirs[2:] else None
    return kind if kind is not None and len(typed) >= _LEAST_LETTERS[kind] else None
