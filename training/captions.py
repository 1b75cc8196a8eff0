"""Captions for the starter's training: random texts in five languages that are true of a picture's attributes.

A picture is a row ``(kind, colour, material, trim, setting)``; a caption mentions some of it, in words drawn from
`training/words`. `match` says which captions are true of which pictures.

``python -m training.captions --words PATH`` writes the word list that ships with the model.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musaic.demo.vocabulary import COLOURS, KINDS, MATERIALS, SETTINGS
from training.words import export
from training.words.inflect import Modifier, Noun
from training.words.lexicon import LANGUAGES, Lexicon, lexicon
from training.words.phrases import (
    Said,
    Uniform,
    colour_phrase,
    english_article,
    one_of,
    phrase,
    pick,
    romance_article,
    trim_phrase,
)
from training.words.relations import (
    CONCEPTS,
    IMAGE_KINDS,
    MEMBERS,
    NARROW_START,
    PHOTO_CATEGORIES,
    PHOTO_START,
    colour_tables,
    concept_table,
)

__all__ = [
    "LANGUAGES", "PHOTO_CATEGORIES", "UNSAID", "Attributes", "Mentioned", "caption", "kind_query", "match",
    "perturb", "query", "trim_query",
]  # fmt: skip

UNKNOWN_COLOUR = len(COLOURS)
UNKNOWN = -2
NO_TRIM = -1
UNSAID = -9

Mentioned = tuple[int, int, int, int, int]
"""What a caption mentions: concept (an index of `CONCEPTS`), colour, material, trim, setting; else `UNSAID`."""


@dataclass(frozen=True)
class Attributes:
    """What is known of a picture.

    Attributes:
        kind: 0 to 69 a drawn kind, 70 to 79 a photo category.
        colour: Index of a colour; 13: unknown.
        material: Index of a material; -2: unknown.
        trim: Colour index of the trim; -1: none; -2: unknown.
        setting: Index of a setting; -2: unknown.
    """

    kind: int
    colour: int = UNKNOWN_COLOUR
    material: int = UNKNOWN
    trim: int = UNKNOWN
    setting: int = UNKNOWN

    def row(self) -> NDArray[np.int16]:
        """Return ``[kind, colour, material, trim, setting]``, shape ``(5,)``."""
        return np.array([self.kind, self.colour, self.material, self.trim, self.setting], np.int16)


_FITS = concept_table()
_COLOUR_FITS, _COLOUR_DOUBT = colour_tables()
_ALSO_CALLED = {"halter dress": ("dress",), "convertible car": ("car",)}
_WIDER: tuple[tuple[int, ...], ...] = tuple(
    tuple(
        CONCEPTS.index(name)
        for name in (
            *(group for group, kinds in MEMBERS.items() if kind in kinds),
            *_ALSO_CALLED.get(kind, ()),
        )
    )
    for kind in KINDS
)
_PHOTO_CONCEPTS = tuple(tuple(CONCEPTS.index(name) for name in names) for names in PHOTO_CATEGORIES.values())
_JEWELS = frozenset(KINDS.index(kind) for kind in (*MEMBERS["jewellery"], "crown", "watch"))
_PERTURB_TRIM_GOLD = tuple(COLOURS).index("gold")


def draw_language(u: Uniform) -> str:
    """Return English in 44 % of draws and each other language in 14 %."""
    value = u()
    return "en" if value < 0.44 else LANGUAGES[1 + min(3, int((value - 0.44) / 0.14))]


def caption(
    attributes: Sequence[int] | NDArray[np.int16], rng: np.random.Generator, language: str | None = None
) -> tuple[str, Mentioned]:
    """Return a random caption that is true of a picture, and what it mentions.

    Args:
        attributes: The picture's row.
        rng: Where chance comes from.
        language: One of `LANGUAGES`; drawn when None.
    """
    kind, colour, material, trim, setting = (int(value) for value in attributes)
    u: Uniform = rng.random
    words = lexicon(language or draw_language(u))
    with_kind = u() < 0.93
    with_colour = colour < UNKNOWN_COLOUR and u() < (0.75 if with_kind else 0.95)
    with_material = material >= 0 and u() < (0.15 if material == 0 else 0.45)
    with_trim = trim >= 0 and u() < 0.6
    with_setting = setting >= 0 and u() < 0.15
    with_kind = with_kind or not (with_colour or with_material or with_trim or with_setting)
    concept, noun = _name(u, words, kind) if with_kind else (UNSAID, one_of(u, words.generic))
    mentioned = (
        concept,
        colour if with_colour else UNSAID,
        material if with_material else UNSAID,
        trim if with_trim else UNSAID,
        setting if with_setting else UNSAID,
    )
    if mentioned[0] == UNSAID and mentioned[2:] == (UNSAID,) * 3 and with_colour and u() < 0.6:
        return colour_phrase(u, words, pick(u, words.colours[colour])), mentioned
    said = Said(
        noun,
        _colour(u, words, kind, colour) if with_colour else None,
        pick(u, words.materials[material]) if with_material else None,
        trim_phrase(*one_of(u, words.trims), pick(u, words.colours[trim], 0.6)) if with_trim else "",
        one_of(u, words.settings[setting]) if with_setting else "",
    )
    return phrase(u, words, said), mentioned


def _name(u: Uniform, words: Lexicon, kind: int) -> tuple[int, Noun]:
    if kind >= PHOTO_START:
        concept = pick(u, _PHOTO_CONCEPTS[kind - PHOTO_START], 0.6)
        return concept, pick(u, words.nouns[concept])
    wider, narrow = _WIDER[kind], words.nouns[NARROW_START + kind]
    chance = u()
    if wider and chance < 0.12:
        concept = one_of(u, wider)
        return concept, pick(u, words.nouns[concept])
    if narrow and chance > 0.85:
        return NARROW_START + kind, one_of(u, narrow)
    return kind, pick(u, words.nouns[kind])


def _colour(u: Uniform, words: Lexicon, kind: int, colour: int) -> Modifier:
    if kind in _JEWELS and colour in words.jewel and u() < 0.25:
        return one_of(u, words.jewel[colour])
    return pick(u, words.colours[colour])


def match(mentioned: NDArray[np.integer], images: NDArray[np.integer]) -> NDArray[np.int8]:
    """Say which captions are true of which pictures.

    Args:
        mentioned: What captions mention, shape ``(B, 5)``.
        images: Rows of pictures, shape ``(N, 5)``.

    Returns:
        Shape ``(B, N)``: 1 where every mentioned attribute agrees, 0 where one does not, -1 where it cannot be told.
    """
    said, seen = np.asarray(mentioned, np.int64), np.asarray(images, np.int64)
    concept = np.where(said[:, 0] == UNSAID, len(CONCEPTS), said[:, 0])
    colour = np.where(said[:, 1] == UNSAID, UNKNOWN_COLOUR, said[:, 1])
    by_kind = _FITS[concept[:, None], seen[None, :, 0]]
    by_colour = _COLOUR_FITS[colour[:, None], seen[None, :, 1]]
    doubt = _COLOUR_DOUBT[colour[:, None], seen[None, :, 1]] & (seen[None, :, 0] >= PHOTO_START)
    by_colour = np.where(doubt, np.int8(-1), by_colour)
    no, unknown = (by_kind == 0) | (by_colour == 0), (by_kind == -1) | (by_colour == -1)
    for column in (2, 3, 4):
        want, have = said[:, None, column], seen[None, :, column]
        told = want != UNSAID
        unknown |= told & (have == UNKNOWN)
        no |= told & (have != UNKNOWN) & (want != have)
    return np.where(no, 0, np.where(unknown, -1, 1)).astype(np.int8)


def perturb(attributes: Sequence[int] | NDArray[np.int16], rng: np.random.Generator) -> list[int]:
    """Return the row with one attribute drawn anew: a caption of it is a hard negative for the picture."""
    row = [int(value) for value in attributes]
    u: Uniform = rng.random
    chance = u()
    if row[0] >= PHOTO_START:
        return _perturb_photo(u, row, chance)
    if chance < 0.3:
        row[0] = int(u() * len(KINDS))
    elif chance < 0.5:
        row[1] = int(u() * len(COLOURS))
    elif chance < 0.8:
        row[3] = _other_trim(u, row)
    elif chance < 0.95:
        row[2] = int(u() * len(MATERIALS))
    else:
        row[4] = int(u() * len(SETTINGS))
    return row


def _perturb_photo(u: Uniform, row: list[int], chance: float) -> list[int]:
    if chance < 0.8 or row[1] == UNKNOWN_COLOUR:
        row[0] = PHOTO_START + int(u() * (IMAGE_KINDS - PHOTO_START))
    else:
        row[1] = int(u() * (len(COLOURS) - 2))  # Gold and silver are no colours of a photo.
    return row


def _other_trim(u: Uniform, row: list[int]) -> int:
    if row[3] >= 0 and u() < 0.5:
        return NO_TRIM
    gold = row[1] != _PERTURB_TRIM_GOLD and u() < 0.3
    return _PERTURB_TRIM_GOLD if gold else int(u() * len(COLOURS))


def query(kind: int, colour: int, language: str, *, synonyms: bool, rng: np.random.Generator) -> str:
    """Return "a {colour} {kind}" in a language, agreeing; with synonyms both words are drawn, else the main ones."""
    words = lexicon(language)
    nouns, colours = words.nouns[kind], words.colours[colour]
    noun = one_of(rng.random, nouns) if synonyms else nouns[0]
    return _plain(noun, one_of(rng.random, colours) if synonyms else colours[0], language)


def kind_query(kind: int, language: str) -> str:
    """Return "a {kind}" in a language, in its main word; photo categories count on from the drawn kinds."""
    concept = kind if kind < PHOTO_START else _PHOTO_CONCEPTS[kind - PHOTO_START][0]
    return _plain(lexicon(language).nouns[concept][0], None, language)


def trim_query(kind: int, colour: int, trim: int, language: str) -> str:
    """Return "a {colour} {kind} with {trim} trim" in a language."""
    words = lexicon(language)
    edge = trim_phrase(*words.trims[0], words.colours[trim][0])
    text = _plain(words.nouns[kind][0], words.colours[colour][0], language)
    return f"带{edge}的{text}" if language == "zh" else f"{text} {edge}"


def _plain(noun: Noun, colour: Modifier | None, language: str) -> str:
    slot = int(noun.flags.mostly_plural and len(noun.forms) > 1)
    agree = noun.agree[slot]
    parts = [noun.forms[slot]]
    if colour:
        after = colour.after or language in ("es", "it")
        parts.insert(1 if after else 0, colour.forms[agree])
    text = ("" if language == "zh" else " ").join(parts)
    if slot or noun.flags.plural_only or noun.flags.singular_only or language in ("ru", "zh"):
        return text
    return english_article(text) if language == "en" else romance_article(text, agree, language)


def main() -> None:
    """Write the word list that ships with the starter."""
    parser = argparse.ArgumentParser(description="Write the starter's word list from the caption tables.")
    parser.add_argument("--words", type=Path, required=True, help="The JSON file to write.")
    export.write(parser.parse_args().words)


if __name__ == "__main__":
    main()
