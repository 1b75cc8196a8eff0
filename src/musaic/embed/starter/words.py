"""The words the starter encoder was taught.

The starter has a closed vocabulary: outside of it, its answers mean nothing and its scores do not show that. `WordList`
says which words of a query it knows. The bundled list is made from the tables of the training captions, so a known word
is one that the encoder has seen. What is made of a query is in `reading`.
"""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from musaic.embed.starter import spelling

GROUPS = ("kind", "group", "colour", "material", "trim", "setting")
"""What the words are about, in the order of a listing; "group" are wider terms, such as shoes."""
NAMING = ("kind", "group")
"""The groups of words that name a thing."""
NEGATIONS = frozenset((
    "without", "no", "not", "except", "excluding", "sin", "excepto", "senza", "tranne", "eccetto", "без", "кроме",
    "не", "没有", "不带", "不要", "不是", "无",
))  # fmt: skip
"""Words behind which stands what is not wanted."""

# One character for one, so that a place in the folded text is the same place in the query.
_FOLD = str.maketrans("áéíóúüñàèìòùâêîôûäöçё", "aeiouunaeiouaeiouaocе")
# The second letter stands for every mark and joiner; see `_words_in`.
_MARK, _JOINERS = "\u0301", "\u200c\u200d"
_WORD = re.compile(rf"[^\W_](?:[^\W_]|{_MARK})*")
# Accents that no single letter holds, such as the stress in a Russian textbook. Vowel signs of Hindi are no accents.
_ACCENTS = dict.fromkeys(range(0x0300, 0x0370))
_HAN = re.compile(r"[㐀-鿿]")
_LATIN = re.compile(r"[^㐀-鿿]+")
_LONGEST_PIECE = 12
# A slip of the keyboard is in one word or two; a foreign sentence is not worth the search.
_MOST_NEAR = 4


@dataclass(frozen=True)
class Piece:
    """A word or phrase of a query.

    Attributes:
        typed: As it stands in the query, lower-cased.
        form: As the word list spells it.
        group: One of `GROUPS`, or "function", "number" or "unknown".
        start: Where it begins in the query, lower-cased and in NFKC.
        end: Where it ends.
    """

    typed: str
    form: str
    group: str
    start: int
    end: int

    @property
    def is_known(self) -> bool:
        """Whether the starter was taught it, and it says something of a picture."""
        return self.group in GROUPS

    @property
    def is_corrected(self) -> bool:
        """Whether it was typed otherwise than it was taught, by more than accents, hyphens and spaces."""
        return self.is_known and "".join(tokens(self.typed)) != self.form.replace(" ", "")


@dataclass(frozen=True)
class _Meaning:
    group: str
    concept: str
    languages: frozenset[str]


@dataclass(frozen=True)
class _Token:
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class WordList:
    """The starter's words in all its languages. Immutable; get it from `WordList.load`.

    Attributes:
        languages: Two letters each.
        kinds: Names of the kinds of product, in English.
    """

    languages: tuple[str, ...]
    kinds: tuple[str, ...]
    _content: Mapping[str, _Meaning]
    _function: frozenset[str]
    _longest: int
    _listings: Mapping[str, Mapping[str, tuple[str, ...]]]
    _fits: Mapping[str, frozenset[str]]

    @classmethod
    def load(cls) -> WordList:
        """Return the bundled list; read once."""
        return _bundled()

    def listing(self, language: str) -> dict[str, tuple[str, ...]]:
        """Return the words of a language by what they are about, keys in the order of `GROUPS`.

        Raises:
            ValueError: The starter was not taught this language.
        """
        if language not in self._listings:
            raise ValueError(
                f"the starter knows no words in {language!r}; it has {', '.join(self.languages)}"
            )
        return dict(self._listings[language])

    def kinds_of(self, piece: Piece) -> frozenset[str]:
        """Return the kinds that a word for a kind or group may be true of; empty for any other piece."""
        return self._fits[self._content[piece.form].concept] if piece.group in NAMING else frozenset()

    def pieces(self, query: str) -> list[Piece]:
        """Cut a query in any mix of languages into what the starter was taught and what it was not.

        Case, accents, ё or е, hyphens and punctuation do not matter; the longest phrase wins. A slip of the keyboard is
        mended where it is plain what was meant; see `Piece.is_corrected`.
        """
        plain = unicodedata.normalize("NFKC", query).lower()
        found = _tokens(plain)
        pieces = self._cut_up(plain, found)
        slips = self._slips(pieces)
        if slips:
            mended = [replace(token, text=slips.get(token.text, token.text)) for token in found]
            pieces = self._cut_up(plain, mended)
        return list(_compounds(plain, pieces))

    def near(self, unknown: Sequence[str]) -> tuple[str, ...]:
        """Return taught words that are spelt nearly like some that were not, at most one for each.

        Example:
            >>> WordList.load().near(["waattch", "zzzz"])
            ('watch',)
        """
        near = (
            difflib.get_close_matches(word, self._content, n=1, cutoff=0.8) for word in unknown[:_MOST_NEAR]
        )
        return tuple(dict.fromkeys(word for words in near for word in words))

    def _slips(self, pieces: Sequence[Piece]) -> dict[str, str]:
        """Return what was meant by words that the list does not hold, by the word."""
        spoken = [self._content[piece.form].languages for piece in pieces if piece.is_known]
        # A Spanish word is not what someone meant who writes English; "collar" is a word of both.
        taught = single_words(frozenset({"en"}).union(*spoken) if spoken else frozenset(self.languages))
        unknown = [piece.form for piece in pieces if piece.group == "unknown" and not _HAN.search(piece.form)]
        meant = {word: spelling.meant(word, taught, real=_neighbours()) for word in unknown[:_MOST_NEAR]}
        return {word: form for word, form in meant.items() if form is not None}

    def _cut_up(self, plain: str, found: Sequence[_Token]) -> list[Piece]:
        pieces: list[Piece] = []
        i = 0
        while i < len(found):
            token, count = found[i], 1
            if _HAN.search(token.text):
                pieces += self._cut_han(token)
            else:
                count = self._phrase_at(found, i) or 1
                form = " ".join(each.text for each in found[i : i + count])
                end = found[i + count - 1].end
                pieces.append(Piece(plain[token.start : end], form, self._group(form), token.start, end))
            i += count
        return pieces

    def _group(self, form: str) -> str:
        if form in self._content:
            return self._content[form].group
        if form in self._function:
            return "function"
        return "number" if form.isdecimal() else "unknown"

    def _phrase_at(self, found: Sequence[_Token], i: int) -> int:
        """Return how many tokens from the i-th make the longest known phrase; 0: none."""
        for count in range(min(self._longest, len(found) - i), 0, -1):
            if " ".join(token.text for token in found[i : i + count]) in self._content:
                return count
        return 0

    def _cut_han(self, token: _Token) -> Iterator[Piece]:
        """Cut a text without spaces so that the fewest characters are left over, then into the fewest pieces."""
        text, sizes = token.text, self._cut(token.text)
        end = 0
        while end < len(text):
            start, end = end, end + max(sizes[end], 1)
            # What no piece matches stays in one piece.
            while not sizes[start] and end < len(text) and not sizes[end]:
                end += 1
            form = text[start:end]
            yield Piece(form, form, self._group(form), token.start + start, token.start + end)

    def _cut(self, text: str) -> list[int]:
        """Return how long the piece is that begins at each place of the best cut; 0: none begins there."""
        costs, sizes = [(0, 0)] * (len(text) + 1), [0] * len(text)
        for i in range(len(text) - 1, -1, -1):
            left, pieces = costs[i + 1]
            costs[i] = (left + 1, pieces)
            for size in range(min(_LONGEST_PIECE, len(text) - i), 0, -1):
                left, pieces = costs[i + size]
                if (left, pieces + 1) < costs[i] and self._is_piece(text, i, i + size):
                    costs[i], sizes[i] = (left, pieces + 1), size
        return sizes

    def _is_piece(self, text: str, start: int, end: int) -> bool:
        """Whether a span is a taught or function word that does not cut into a Latin word."""
        piece = text[start:end]
        if piece not in self._content and piece not in self._function:
            return False
        inside = _LATIN.fullmatch(text[start - 1 : start + 1]) if start else None
        return not inside and not (end < len(text) and _LATIN.fullmatch(text[end - 1 : end + 1]))


def _compounds(plain: str, pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Yield pieces; a compound whose head is unknown is one unknown piece: a red-carpet dress is not red."""
    run: list[Piece] = []
    for i, piece in enumerate(pieces):
        run.append(piece)
        if i + 1 < len(pieces) and plain[piece.end : pieces[i + 1].start] == "-":
            continue
        if len(run) > 1 and run[-1].group == "unknown":
            typed = plain[run[0].start : piece.end]
            yield Piece(typed, typed, "unknown", run[0].start, piece.end)
        else:
            yield from run
        run = []


def _tokens(plain: str) -> list[_Token]:
    """Return the folded words of a lower-cased text, and where they stand; a possessive s is dropped."""
    folded = plain.translate(_FOLD)
    return [
        _Token(folded[start:end].translate(_ACCENTS), start, end)
        for start, end in _words_in(folded)
        if not (folded[start:end] == "s" and start and folded[start - 1] in "'’")
    ]


def _words_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where words begin and end. Vowel signs (हिन्दी), other marks and joiners are part of their word."""
    alike = "".join(
        _MARK if letter in _JOINERS or unicodedata.category(letter).startswith("M") else letter
        for letter in text
    )
    for match in _WORD.finditer(alike):
        yield match.span()


def tokens(text: str) -> list[str]:
    """Return the words of a text as the list compares them: lower case, accents and ё folded, cut at punctuation."""
    return [token.text for token in _tokens(unicodedata.normalize("NFKC", text).lower())]


@cache
def _bundled() -> WordList:
    table = json.loads(files(__package__).joinpath("words.json").read_text(encoding="utf-8"))
    languages = table["languages"]
    content = _meanings(languages)
    return WordList(
        languages=tuple(languages),
        kinds=tuple(languages["en"]["kind"]),
        _content=content,
        _function=frozenset(word for words in languages.values() for word in words["function"]) | NEGATIONS,
        _longest=max(form.count(" ") for form in content) + 1,
        _listings={
            language: {
                group: tuple(w for entry in words[group].values() for w in entry["words"]) for group in GROUPS
            }
            for language, words in languages.items()
        },
        _fits={concept: frozenset(kinds) for concept, kinds in table["fits"].items()},
    )


def _meanings(
    table: Mapping[str, Mapping[str, Mapping[str, Mapping[str, list[str]]]]],
) -> dict[str, _Meaning]:
    """Return what each form means. Of several meanings the first in the order of `GROUPS` counts."""
    meanings: dict[str, _Meaning] = {}
    for group in GROUPS:
        for language, words in table.items():
            for concept, entry in words[group].items():
                for form in entry["forms"]:
                    first = meanings.get(form, _Meaning(group, concept, frozenset()))
                    meanings[form] = replace(first, languages=first.languages | {language})
    return meanings


@cache
def single_words(languages: frozenset[str]) -> Mapping[str, frozenset[str]]:
    """Return the single words of all phrases of some languages, each with the concepts that it is said of."""
    concepts: dict[str, set[str]] = {}
    for form, meaning in WordList.load()._content.items():
        if meaning.languages & languages:
            for word in form.split():
                concepts.setdefault(word, set()).add(meaning.concept)
    return {word: frozenset(of) for word, of in concepts.items()}


@cache
def _neighbours() -> frozenset[str]:
    """Return English words that are a slip away from a taught one, and are none."""
    return frozenset(files(__package__).joinpath("neighbours.txt").read_text(encoding="utf-8").split())
