"""The tables of one language, read and inflected: what captions are made of."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from musaic.demo.vocabulary import KINDS
from training.words import inflect
from training.words.inflect import Flags, Modifier, Noun
from training.words.relations import GROUPS

LANGUAGES = ("en", "es", "it", "ru", "zh")

_AGREEMENT = {"words": 0, "long": 0, "short": 0, "m": 0, "f": 1, "mp": 2, "fp": 3}
_RUSSIAN_TRIM = {
    "m": 16,
    "f": 17,
    "p": 19,
    "m_bare": 0,
    "f_bare": 1,
    "p_bare": 3,
}  # Instrumental, nominative.


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All words of one language; concepts, colours, materials and settings by their numbers.

    Attributes:
        nouns: For each of `CONCEPTS`, its nouns, the main one first; a narrow concept may have none.
        trims: Templates of a trim phrase with the agreement its colour needs.
        jewel: Colour words that are only said of jewellery, by colour number.
        words: The loaded table itself, for what is not inflected.
    """

    language: str
    nouns: tuple[tuple[Noun, ...], ...]
    colours: tuple[tuple[Modifier, ...], ...]
    jewel: dict[int, tuple[Modifier, ...]]
    materials: tuple[tuple[Modifier, ...], ...]
    trims: tuple[tuple[str, int], ...]
    settings: tuple[tuple[str, ...], ...]
    generic: tuple[Noun, ...]
    colour_only: tuple[str, ...]
    prefixes: tuple[str, ...]
    genitive_prefixes: tuple[str, ...]
    accusative_prefixes: tuple[str, ...]
    function: tuple[str, ...]
    trim_content: tuple[str, ...]
    setting_content: tuple[str, ...]
    classifiers: dict[str, str]


def parse_flags(text: str, language: str) -> tuple[str, Flags]:
    """Split a table entry into its words and what stands behind the bar."""
    narrow = "~" in text
    words, _, rest = text.replace("~", "").partition("|")
    rest, _, plural = rest.partition("=")
    marks, *more = rest.split(" ")
    stem = next((word[:-1] for word in more if word.endswith("-")), "")
    genitive = next((word for word in more if word and not word.endswith("-")), "")
    zero = "0" in marks
    flags = Flags(
        gender=next((mark for mark in marks if mark in "mfn"), ""),
        plural_only="p" in marks,
        mostly_plural="P" in marks,
        singular_only="s" in marks or (zero and language != "ru"),
        animate="a" in marks,
        indeclinable=zero,
        narrow=narrow,
        plural=plural,
        genitive_plural=genitive,
        stem=stem,
    )
    return words, flags


def _noun(entry: str, language: str) -> Noun:
    if language == "zh":
        text, _, classifier = entry.replace("~", "").partition("|")
        return Noun((text,), (0,), Flags(narrow="~" in entry, stem=classifier))
    text, flags = parse_flags(entry, language)
    if language == "en":
        return inflect.english_noun(text, flags)
    if language == "ru":
        return inflect.russian_noun(text, flags)
    return inflect.romance_noun(text, flags, language)


_ADJECTIVE: dict[str, Callable[[str], Modifier]] = {
    "es": inflect.spanish_adjective,
    "it": inflect.italian_adjective,
    "ru": inflect.russian_adjective,
}
_FORMS = {"en": 1, "zh": 1, "es": 4, "it": 4, "ru": 24}


def _modifier(entry: str, language: str) -> Modifier:
    if entry.startswith("+"):
        return Modifier((entry[1:],) * _FORMS[language], after=True)
    if language in ("en", "zh") or (language == "ru" and not entry.endswith(inflect.ADJECTIVE_ENDINGS)):
        return Modifier((entry,) * _FORMS[language], after=language == "ru")
    return _ADJECTIVE[language](entry)


def _nouns(table: dict[str, Any], language: str) -> tuple[tuple[Noun, ...], ...]:
    kinds = [[_noun(entry, language) for entry in table["kinds"][kind]] for kind in KINDS]
    groups = [[_noun(entry, language) for entry in table["groups"][group]] for group in GROUPS]
    broad = [[noun for noun in nouns if not noun.flags.narrow] for nouns in kinds]
    narrow = [[noun for noun in nouns if noun.flags.narrow] for nouns in kinds]
    return tuple(tuple(words) for words in (*broad, *groups, *narrow))


def _modifiers(table: dict[str, list[str]], language: str) -> tuple[tuple[Modifier, ...], ...]:
    return tuple(tuple(_modifier(entry, language) for entry in entries) for entries in table.values())


def _trims(table: dict[str, list[str]], language: str) -> tuple[tuple[str, int], ...]:
    agreement = _RUSSIAN_TRIM if language == "ru" else _AGREEMENT
    return tuple(
        (template, agreement[key])
        for key, templates in table.items()
        if key != "content"
        for template in templates
    )


@cache
def lexicon(language: str) -> Lexicon:
    """Return the lexicon of one of `LANGUAGES`."""
    table = tomllib.loads((Path(__file__).parent / f"{language}.toml").read_text(encoding="utf-8"))
    speech = table["speech"]
    nouns = _nouns(table, language)
    return Lexicon(
        language=language,
        nouns=nouns,
        colours=_modifiers(table["colours"], language),
        jewel={
            list(table["colours"]).index(c): _modifiers({c: w}, language)[0]
            for c, w in table["jewel"].items()
        },
        materials=_modifiers(table["materials"], language),
        trims=_trims(table["trims"], language),
        settings=tuple(tuple(phrases) for phrases in table["settings"].values()),
        generic=tuple(_noun(entry, language) for entry in speech["generic"]),
        colour_only=tuple(speech["colour_only"]),
        prefixes=tuple(speech["prefixes"]),
        genitive_prefixes=tuple(speech.get("prefixes_genitive", ())),
        accusative_prefixes=tuple(speech.get("prefixes_accusative", ())),
        function=tuple(speech["function"].split()),
        trim_content=tuple(table["trims"]["content"]),
        setting_content=tuple(table["setting_content"]["words"]),
        classifiers={noun.forms[0]: noun.flags.stem or "件" for words in nouns for noun in words}
        if language == "zh"
        else {},
    )
