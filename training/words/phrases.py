"""How a language puts noun, colour, material, trim and setting into one phrase."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from training.words.inflect import Modifier, Noun
from training.words.lexicon import Lexicon

Word = TypeVar("Word")
Uniform = Callable[[], float]
"""A source of uniform random numbers in [0, 1)."""

_UNACCENT = str.maketrans("áéíóúüñàèìòùé", "aeiouunaeioue")
_PREPOSITIONS = ("de ", "en ", "con ", "di ", "in ", "d'")
_RUSSIAN_CASES = (1, 1, 1, 3, 3, 4, 4, 5, 5, 2)


@dataclass(frozen=True, slots=True)
class Said:
    """What a caption says, in words but not yet in order; None or empty: left out."""

    noun: Noun
    colour: Modifier | None = None
    material: Modifier | None = None
    trim: str = ""
    setting: str = ""


def pick(u: Uniform, words: Sequence[Word], main: float = 0.45) -> Word:
    """Return the first word with probability `main`, else any."""
    return words[0] if u() < main else words[int(u() * len(words))]


def one_of(u: Uniform, words: Sequence[Word]) -> Word:
    """Return any of the words."""
    return words[int(u() * len(words))]


def trim_phrase(template: str, agreement: int, colour: Modifier) -> str:
    """Return a trim in a colour: "with gold trim", "con bordi dorati", "с золотой отделкой"."""
    form = colour.forms[agreement if len(colour.forms) > 1 else 0]
    if colour.after and "{} " in template:
        return template.replace("{} ", "") + " " + form
    return template.replace("{}", form)


def phrase(u: Uniform, lexicon: Lexicon, said: Said) -> str:
    """Return what is said in a random natural order, with a random frame such as "a photo of"."""
    text = _PHRASES[lexicon.language](u, lexicon, said)
    if lexicon.language == "ru" and u() < 0.5:
        text = text.replace("ё", "е")
    elif lexicon.language in ("es", "it") and u() < 0.2:
        text = text.translate(_UNACCENT)
    return text[:1].upper() + text[1:] if u() < 0.1 else text


def _plural(u: Uniform, noun: Noun, often: float = 0.15) -> int:
    return int(u() < (0.75 if noun.flags.mostly_plural else often))


def _tail(u: Uniform, text: str, said: Said) -> str:
    if said.trim:
        text += " " + said.trim
    if said.setting:
        text = f"{said.setting}, {text}" if u() < 0.05 else f"{text} {said.setting}"
    return text


def _shuffled(u: Uniform, parts: list[str]) -> str:
    """Keyword style: "cape red silk"."""
    for i in range(len(parts) - 1, 0, -1):
        j = int(u() * (i + 1))
        parts[i], parts[j] = parts[j], parts[i]
    return " ".join(parts)


def english_article(text: str) -> str:
    """Return the phrase behind "a" or "an"."""
    return ("an " if text[0] in "aeiou" else "a ") + text


def _english(u: Uniform, lexicon: Lexicon, said: Said) -> str:
    slot = _plural(u, said.noun)
    noun = said.noun.forms[slot]
    colour, material = said.colour, said.material
    words = [m.forms[0] for m in (colour, material) if m]
    if words and u() < 0.06:
        return _tail(u, _shuffled(u, [noun, *words]), said)
    in_colour = colour is not None and not colour.after and u() < 0.12
    before = [m.forms[0] for m in (colour, material) if m and not m.after and not (m is colour and in_colour)]
    if len(before) == 2 and u() < 0.15:
        before.reverse()
    text = " ".join([*before, noun, *(m.forms[0] for m in (colour, material) if m and m.after)])
    countable = slot == 0 and not (said.noun.flags.plural_only or said.noun.flags.singular_only)
    if countable and u() < 0.55:
        text = english_article(text) if u() < 0.9 else "the " + text
    elif said.noun.flags.plural_only and "pair" not in noun and u() < 0.1:
        text = "a pair of " + text
    if in_colour and colour:
        text += " in " + colour.forms[0]
    text = _tail(u, text, said)
    return one_of(u, lexicon.prefixes) + text if u() < 0.45 else text


def romance_article(text: str, agree: int, language: str) -> str:
    """Return a singular phrase behind its indefinite article: un reloj, una capa, un'auto, uno zaino."""
    if language == "es":
        return ("una " if agree == 1 else "un ") + text
    if agree == 1:
        return ("un'" if text[0] in "aeiouàè" else "una ") + text
    uno = (
        text[0] in "zxy" or text[:2] in ("gn", "ps", "pn") or (text[0] == "s" and text[1] not in "aeiouàèìòù")
    )
    return ("uno " if uno else "un ") + text


def _romance(u: Uniform, lexicon: Lexicon, said: Said) -> str:
    slot = _plural(u, said.noun)
    noun, agree = said.noun.forms[slot], said.noun.agree[slot]
    words = [m.forms[agree] for m in (said.colour, said.material) if m]
    if words and u() < 0.06:
        return _tail(u, _shuffled(u, [noun, *words]), said)
    if len(words) == 2 and u() < 0.4:
        words.reverse()
    if said.colour and not said.colour.forms[0].startswith(_PREPOSITIONS) and u() < 0.08:
        noun = f"{noun} {'en' if lexicon.language == 'es' else 'in'} {said.colour.forms[0]}"
        words = [said.material.forms[agree]] if said.material else []
    text = " ".join([noun, *words])
    if agree < 2 and not said.noun.flags.singular_only and u() < 0.4:
        text = romance_article(text, agree, lexicon.language)
    text = _tail(u, text, said)
    return one_of(u, lexicon.prefixes) + text if u() < 0.4 else text


def _russian(u: Uniform, lexicon: Lexicon, said: Said) -> str:
    frame, prefix, case = u(), "", 0
    if frame < 0.12:
        prefix, case = one_of(u, lexicon.genitive_prefixes), 1
    elif frame < 0.2:
        prefix, case = one_of(u, lexicon.accusative_prefixes), 3
    elif frame < 0.28:
        prefix = one_of(u, lexicon.prefixes)
    elif frame < 0.45:
        case = one_of(u, _RUSSIAN_CASES)
    slot = case * 2 + _plural(u, said.noun)
    noun, agree = said.noun.forms[slot], said.noun.agree[slot]
    modifiers = [m for m in (said.colour, said.material) if m]
    if modifiers and u() < 0.08:
        return prefix + _tail(u, _shuffled(u, [noun, *(m.forms[agree] for m in modifiers)]), said)
    before = [m.forms[agree] for m in modifiers if not m.after]
    if len(before) == 2 and u() < 0.25:
        before.reverse()
    return prefix + _tail(u, " ".join([*before, noun, *(m.forms[agree] for m in modifiers if m.after)]), said)


def _chinese(u: Uniform, lexicon: Lexicon, said: Said) -> str:
    noun = said.noun.forms[0]
    words = [m.forms[0] for m in (said.colour, said.material) if m]
    if words and u() < 0.08:
        return _shuffled(u, [part for part in (noun, *words, said.trim, said.setting) if part])
    if len(words) == 2 and u() < 0.15:
        words.reverse()
    if words and len(words[-1]) > 1 and u() < 0.3:
        words[-1] += "的"
    text = "".join([*words, noun])
    if said.trim:
        text = (
            f"带{said.trim}的{text}"
            if u() < 0.5
            else f"{text}{one_of(u, (',带', ' ', '带', '配'))}{said.trim}"
        )
    if said.setting:
        text = f"{said.setting}的{text}" if u() < 0.6 else f"{text},{said.setting}"
    frame = u()
    if frame < 0.15:
        return f"一{lexicon.classifiers.get(noun, '件')}{text}"
    return one_of(u, lexicon.prefixes).replace("{}", text) if frame < 0.5 else text


def colour_phrase(u: Uniform, lexicon: Lexicon, colour: Modifier) -> str:
    """Return a phrase that says a colour and nothing else: "something red", "что-то красное"."""
    template = one_of(u, lexicon.colour_only)
    if "{n}" in template:
        return template.replace("{n}", colour.forms[2])
    return template.replace("{m}", colour.forms[0]).replace("{}", colour.forms[0])


_PHRASES: dict[str, Callable[[Uniform, Lexicon, Said], str]] = {
    "en": _english,
    "es": _romance,
    "it": _romance,
    "ru": _russian,
    "zh": _chinese,
}
