"""The words the starter encoder was taught.

The starter has a closed vocabulary: outside of it, its answers mean nothing and its scores do not show that. `WordList`
says which words of a query it knows. The bundled list is made from the tables of the training captions, so a known word
is one that the encoder has seen.
"""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

GROUPS = ("kind", "group", "colour", "material", "trim", "setting")
"""What the words are about, in the order of a listing; "group" are wider terms, such as shoes."""

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
class Known:
    """What the starter knows of a query, in the query's own words, lower-cased.

    Attributes:
        known: Words and phrases that it was taught.
        unknown: Content words that it was not. Function words ("with", "фото", "的") and numbers are in neither.
    """

    known: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class _Token:
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class WordList:
    """The starter's words in all its languages. Immutable; get it from `WordList.load`."""

    languages: tuple[str, ...]
    _content: frozenset[str]
    _function: frozenset[str]
    _longest: int
    _listings: Mapping[str, Mapping[str, tuple[str, ...]]]

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

    def check(self, query: str) -> Known:
        """Say which words of a query the starter was taught, in any mix of its languages.

        Case, accents, ё or е, hyphens and punctuation do not matter; the longest phrase wins.

        Example:
            >>> WordList.load().check("a dog with a hat")
            Known(known=('hat',), unknown=('dog',))
        """
        plain = unicodedata.normalize("NFKC", query).lower()
        known: list[str] = []
        unknown: list[str] = []
        found = _tokens(plain)
        i = 0
        while i < len(found):
            if _HAN.search(found[i].text):
                self._check_han(found[i].text, known, unknown)
                i += 1
                continue
            count = self._phrase_at(found, i)
            if count:
                known.append(plain[found[i].start : found[i + count - 1].end])
            elif found[i].text not in self._function and not found[i].text.isdecimal():
                unknown.append(plain[found[i].start : found[i].end])
            i += count or 1
        return Known(tuple(dict.fromkeys(known)), tuple(dict.fromkeys(unknown)))

    def near(self, unknown: Sequence[str]) -> tuple[str, ...]:
        """Return taught words that are spelt nearly like some that were not, at most one for each.

        Example:
            >>> WordList.load().near(["waatch", "zzzz"])
            ('watch',)
        """
        near = (
            difflib.get_close_matches(word, self._content, n=1, cutoff=0.8) for word in unknown[:_MOST_NEAR]
        )
        return tuple(dict.fromkeys(word for words in near for word in words))

    def _phrase_at(self, found: list[_Token], i: int) -> int:
        """Return how many tokens from the i-th make the longest known phrase; 0: none."""
        for count in range(min(self._longest, len(found) - i), 0, -1):
            if " ".join(token.text for token in found[i : i + count]) in self._content:
                return count
        return 0

    def _check_han(self, text: str, known: list[str], unknown: list[str]) -> None:
        """Cut a text without spaces so that the fewest characters are left over, then into the fewest pieces."""
        sizes = self._cut(text)
        i, rest = 0, 0  # Between `rest` and `i` lies what no piece has matched.
        while i < len(text):
            if not sizes[i]:
                i += 1
                continue
            self._leave(text[rest:i], unknown)
            if text[i : i + sizes[i]] in self._content:
                known.append(text[i : i + sizes[i]])
            i = rest = i + sizes[i]
        self._leave(text[rest:], unknown)

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

    @staticmethod
    def _leave(text: str, unknown: list[str]) -> None:
        if text and not text.isdecimal():
            unknown.append(text)


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
    table = json.loads(files(__package__).joinpath("words.json").read_text(encoding="utf-8"))["languages"]
    content = frozenset(
        form
        for words in table.values()
        for group in GROUPS
        for entry in words[group].values()
        for form in entry["forms"]
    )
    return WordList(
        languages=tuple(table),
        _content=content,
        _function=frozenset(word for words in table.values() for word in words["function"]),
        _longest=max(form.count(" ") for form in content) + 1,
        _listings={
            language: {
                group: tuple(w for entry in words[group].values() for w in entry["words"]) for group in GROUPS
            }
            for language, words in table.items()
        },
    )
