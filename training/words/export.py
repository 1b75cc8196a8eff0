"""The word list that ships with the starter, made from the tables that its captions were made from."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from musaic.demo.vocabulary import COLOURS, KINDS, MATERIALS
from musaic.embed.starter.words import tokens
from training.words.inflect import Modifier, Noun
from training.words.lexicon import LANGUAGES, Lexicon, lexicon
from training.words.relations import CONCEPTS, GROUPS, NARROW_START, concept_table

Entry = dict[str, list[str]]
Concepts = dict[str, Entry]


def write(path: Path) -> None:
    """Write the word list as JSON, always the same bytes from the same tables."""
    lists = {language: _language(lexicon(language)) for language in LANGUAGES}
    table = {"languages": lists, "fits": _fits()}
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":"))
    path.write_text(text.replace("},", "},\n") + "\n", encoding="utf-8")


def _language(words: Lexicon) -> dict[str, Concepts | list[str]]:
    generic = (form for noun in words.generic for form in noun.forms)
    function = {word for text in (*words.function, *generic) for word in tokens(text)}
    kinds = [(*words.nouns[i], *words.nouns[NARROW_START + i]) for i in range(len(KINDS))]
    groups = words.nouns[len(KINDS) : NARROW_START]
    colours = [(*modifiers, *words.jewel.get(i, ())) for i, modifiers in enumerate(words.colours)]
    return {
        "function": sorted(function),
        "kind": {name: _nouns(nouns) for name, nouns in zip(KINDS, kinds, strict=True)},
        "group": {name: _nouns(nouns) for name, nouns in zip(GROUPS, groups, strict=True)},
        "colour": {name: _modifiers(m, function) for name, m in zip(COLOURS, colours, strict=True)},
        "material": {
            name: _modifiers(m, function) for name, m in zip(MATERIALS, words.materials, strict=True)
        },
        "trim": {"trim": _phrases(words.trim_content)},
        "setting": {"setting": _phrases(words.setting_content)},
    }


def _fits() -> dict[str, list[str]]:
    """Return of which drawn kinds each kind or group is true, or may be: "dress" also of a halter dress.

    Kinds that one category of photos may show are let pass for each other: of shoes in photos no more was taught.
    """
    table = concept_table()[:NARROW_START] != 0
    drawn, photos = table[:, : len(KINDS)], table[:, len(KINDS) :]
    fits = drawn | (photos.astype(int) @ photos[: len(KINDS)].T.astype(int) > 0)
    return {
        name: [kind for kind, fit in zip(KINDS, row, strict=True) if fit]
        for name, row in zip(CONCEPTS, fits, strict=False)
    }


def _nouns(nouns: Iterable[Noun]) -> Entry:
    nouns = tuple(nouns)
    return {
        "words": _once(noun.main for noun in nouns),
        "forms": _forms(form for noun in nouns for form in noun.forms),
    }


def _modifiers(modifiers: Iterable[Modifier], function: set[str]) -> Entry:
    modifiers = tuple(modifiers)
    forms = [_stripped(form, function) for modifier in modifiers for form in modifier.forms]
    return {
        "words": _once(modifier.forms[0] for modifier in modifiers),
        "forms": _once(form for form in forms if form),
    }


def _phrases(phrases: Iterable[str]) -> Entry:
    phrases = tuple(phrases)
    return {"words": _once(phrases), "forms": _forms(phrases)}


def _forms(texts: Iterable[str]) -> list[str]:
    return _once(" ".join(tokens(text)) for text in texts)


def _stripped(text: str, function: set[str]) -> str:
    """The phrase without the function words around it: "made of silk" teaches "silk"."""
    words = tokens(text)
    while words and words[0] in function:
        words = words[1:]
    while words and words[-1] in function:
        words = words[:-1]
    return " ".join(words)


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
