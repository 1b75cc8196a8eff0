"""Forms of nouns and adjectives in the starter's languages, by rule.

A noun is a row of slots: singular and plural; in Russian case by case (nominative, genitive, dative, accusative,
instrumental, prepositional), singular and plural each. For every slot it says which form of an adjective agrees.
"""

from __future__ import annotations

from dataclasses import dataclass

VELAR, HUSH = "гкх", "жшчщ"
SIBILANT_ENDINGS = ("s", "x", "z", "ch", "sh")
SPANISH_STOPS = frozenset(("de", "con", "a", "al", "para", "sin", "en"))
ITALIAN_STOPS = frozenset(("di", "da", "con", "a", "al", "alla", "all'americana", "per", "in", "col"))


@dataclass(frozen=True, slots=True)
class Flags:
    """What stands behind the bar of a table entry."""

    gender: str = ""
    plural_only: bool = False
    mostly_plural: bool = False
    singular_only: bool = False
    animate: bool = False
    indeclinable: bool = False
    narrow: bool = False
    plural: str = ""
    genitive_plural: str = ""
    stem: str = ""


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun in all its slots; `agree[i]` is the index of the adjective form that goes with `forms[i]`."""

    forms: tuple[str, ...]
    agree: tuple[int, ...]
    flags: Flags

    @property
    def main(self) -> str:
        """The form that names it: plural where that is the usual one."""
        return self.forms[1 if self.flags.mostly_plural else 0]


@dataclass(frozen=True, slots=True)
class Modifier:
    """An adjective (one form for each agreement) or an unchanging phrase; `after` the noun or before it."""

    forms: tuple[str, ...]
    after: bool


def english_noun(text: str, flags: Flags) -> Noun:
    """Return singular and plural."""
    if flags.plural_only or flags.indeclinable:
        return Noun((text, text), (0, 0), flags)
    return Noun((text, flags.plural or english_plural(text)), (0, 0), flags)


def english_plural(text: str) -> str:
    """Return the regular plural of a phrase whose last word is its head."""
    if text.endswith(SIBILANT_ENDINGS):
        return text + "es"
    if text.endswith("y") and text[-2] not in "aeiou":
        return text[:-1] + "ies"
    return text + "s"


def romance_noun(text: str, flags: Flags, language: str) -> Noun:
    """Return singular and plural of a Spanish or Italian noun; adjectives have ms, fs, mp, fp."""
    feminine = flags.gender == "f"
    if flags.plural_only:
        return Noun((text, text), (2 + feminine, 2 + feminine), flags)
    if flags.singular_only or flags.indeclinable:
        return Noun((text, text), (0 + feminine, 0 + feminine), flags)
    plural = flags.plural or _romance_plural(text, feminine, language)
    return Noun((text, plural), (0 + feminine, 2 + feminine), flags)


def _romance_plural(text: str, feminine: bool, language: str) -> str:
    words, stops = text.split(), SPANISH_STOPS if language == "es" else ITALIAN_STOPS
    end = next((i for i, word in enumerate(words) if word in stops), len(words))
    if language == "es":
        return " ".join([*(spanish_plural(word) for word in words[:end]), *words[end:]])
    return " ".join([*(italian_plural(word, feminine) for word in words[:end]), *words[end:]])


def spanish_plural(word: str) -> str:
    """Return the plural of a Spanish noun or adjective: cinturón, cinturones; luz, luces."""
    for accented, plain in (("ón", "ones"), ("án", "anes"), ("ín", "ines"), ("és", "eses")):
        if word.endswith(accented):
            return word[:-2] + plain
    if word[-1] in "aeiouáéó":
        return word + "s"
    return word[:-1] + "ces" if word.endswith("z") else word + "es"


def italian_plural(word: str, feminine: bool) -> str:
    """Return the plural of an Italian noun or adjective: giacca, giacche; vestito, vestiti."""
    if word[-1] not in "aeo":
        return word
    if word.endswith("a") and feminine:
        if word.endswith(("cia", "gia")) and word[-4] not in "aeiou":
            return word[:-2] + "e"
        if word.endswith(("cia", "gia")):
            return word[:-1] + "e"
        return word[:-1] + ("he" if word[-2] in "cg" else "e")
    if word.endswith("io"):
        return word[:-1]
    if word.endswith(("co", "go")):
        return word[:-1] + ("i" if word.endswith("ico") else "hi")
    return word[:-1] + "i"


def spanish_adjective(text: str) -> Modifier:
    """Return ms, fs, mp, fp of a Spanish adjective; what follows its first word stays."""
    word, _, rest = text.partition(" ")
    feminine = word[:-1] + "a" if word.endswith("o") else word
    forms = (word, feminine, spanish_plural(word), spanish_plural(feminine))
    return Modifier(tuple(f"{form} {rest}".strip() for form in forms), after=True)


def italian_adjective(text: str) -> Modifier:
    """Return ms, fs, mp, fp of an Italian adjective; what follows its first word stays."""
    word, _, rest = text.partition(" ")
    feminine = word[:-1] + "a" if word.endswith("o") else word
    forms = (word, feminine, italian_plural(word, False), italian_plural(feminine, feminine.endswith("a")))
    return Modifier(tuple(f"{form} {rest}".strip() for form in forms), after=True)


_HARD = (
    ("ый", "ая", "ое", "ые"), ("ого", "ой", "ого", "ых"), ("ому", "ой", "ому", "ым"),
    ("ый", "ую", "ое", "ые"), ("ым", "ой", "ым", "ыми"), ("ом", "ой", "ом", "ых"),
)  # fmt: skip
_SOFT = (
    ("ий", "яя", "ее", "ие"), ("его", "ей", "его", "их"), ("ему", "ей", "ему", "им"),
    ("ий", "юю", "ее", "ие"), ("им", "ей", "им", "ими"), ("ем", "ей", "ем", "их"),
)  # fmt: skip
_HUSHING = {"ый": "ий", "ое": "ее", "ые": "ие", "ого": "его", "ой": "ей", "ых": "их", "ому": "ему", "ым": "им",
            "ыми": "ими", "ом": "ем"}  # fmt: skip
_VELAR_ENDING = {"ый": "ий", "ые": "ие", "ых": "их", "ым": "им", "ыми": "ими"}
ADJECTIVE_ENDINGS = ("ый", "ий", "ой", "ая", "яя", "ое", "ее", "ые", "ие")


def russian_adjective(text: str) -> Modifier:
    """Return the 24 forms of a Russian adjective: six cases of m, f, n, plural each."""
    stem, ending = text[:-2], text[-2:]
    table = _SOFT if stem[-1] == "н" and ending in ("ий", "яя", "ее", "ие") else _HARD
    change = _HUSHING if stem[-1] in HUSH else _VELAR_ENDING if stem[-1] in VELAR else {}
    forms = [stem + change.get(end, end) for case in table for end in case]
    if ending == "ой":
        forms[0] = forms[12] = text
    return Modifier(tuple(forms), after=False)


def russian_noun(text: str, flags: Flags) -> Noun:
    """Return the twelve slots; adjectives before the head decline with it."""
    words = text.split()
    head = next(
        i for i, word in enumerate(words) if not word.endswith(ADJECTIVE_ENDINGS) or i == len(words) - 1
    )
    agree = _russian_agreement(flags)
    forms = _russian_head(words[head], flags)
    for word in reversed(words[:head]):
        adjective = russian_adjective(word).forms
        forms = tuple(f"{adjective[agree[slot]]} {form}" for slot, form in enumerate(forms))
    tail = "".join(" " + word for word in words[head + 1 :])
    return Noun(tuple(form + tail for form in forms), agree, flags)


def _russian_agreement(flags: Flags) -> tuple[int, ...]:
    gender = 3 if flags.plural_only else "mfn".index(flags.gender)
    many = gender if flags.singular_only else 3
    agree = [case * 4 + form for case in range(6) for form in (gender, many)]
    if flags.animate:  # The accusative is the genitive.
        agree[6], agree[7] = (4 + gender if gender == 0 else agree[6]), 7
    return tuple(agree)


def _russian_head(word: str, flags: Flags) -> tuple[str, ...]:
    if flags.indeclinable:
        return (word,) * 12
    if flags.plural_only:
        one = many = _russian_plural(word, flags, word)
    else:
        one = _russian_singular(word, flags)
        many = one if flags.singular_only else _russian_plural(word, flags, _nominative_plural(word, flags))
    return tuple(form for pair in zip(one, many, strict=True) for form in pair)


def _russian_singular(word: str, flags: Flags) -> tuple[str, ...]:
    stem = flags.stem or (word[:-1] if word[-1] in "аяоеьй" else word)
    if word[-1] == "а":
        ins = "ей" if stem[-1] in HUSH + "ц" else "ой"
        return word, stem + _y(stem), stem + "е", stem + "у", stem + ins, stem + "е"
    if word[-1] == "я":
        prep = "и" if stem.endswith("и") else "е"
        return word, stem + "и", stem + prep, stem + "ю", stem + "ей", stem + prep
    if word[-1] == "ь" and flags.gender == "f":
        return word, stem + "и", stem + "и", word, stem + "ью", stem + "и"
    soft = word[-1] in "еьй"
    gen, dat, ins = ("я", "ю", "ем") if soft else ("а", "у", "ом")
    if word.endswith(("ц", "тренч", "клатч")):
        ins = "ем"  # Unstressed.
    prep = "и" if word.endswith("ие") else "е"
    accusative = stem + gen if flags.animate else word
    return word, stem + gen, stem + dat, accusative, stem + ins, stem + prep


def _y(stem: str) -> str:
    return "и" if stem[-1] in VELAR + HUSH else "ы"


def _nominative_plural(word: str, flags: Flags) -> str:
    stem = flags.stem or (word[:-1] if word[-1] in "аяоеьй" else word)
    if word == "пояс":
        return "пояса"
    if flags.gender == "n":
        return stem + ("я" if word.endswith("е") else "а")
    return stem + ("и" if word[-1] in "яьй" else _y(stem))


def _russian_plural(word: str, flags: Flags, nominative: str) -> tuple[str, ...]:
    stem, last = nominative[:-1], nominative[-1]
    soft = last == "я" or (last == "и" and stem[-1] not in VELAR + HUSH)
    a = "я" if soft else "а"
    genitive = flags.genitive_plural or _genitive_plural(word, stem)
    accusative = genitive if flags.animate else nominative
    return nominative, genitive, f"{stem}{a}м", accusative, f"{stem}{a}ми", f"{stem}{a}х"


def _genitive_plural(word: str, stem: str) -> str:
    if word.endswith(("ия", "ие")):
        return stem[:-1] + "ий"
    if word.endswith("ка") and word[-3] not in "аеёиоуыэюя":
        if word[-3] in "ьй":
            return word[:-3] + "ек"
        return word[:-2] + ("ек" if word[-3] in HUSH else "ок")
    if word.endswith(("а", "о")):
        return word[:-1]
    if word.endswith("ь") or word[-1] in HUSH:
        return stem + "ей"
    return stem + ("ев" if word[-1] in "йц" else "ов")
